//! Extra dates with a length of their own.

use kalends_core::event::{Body, Exception};
use kalends_core::graph::{Capabilities, DetailLevel, SeriesShape};
use kalends_core::instances::{View, occurrences};
use kalends_core::time::{Extra, Gap, Length, Timestamp, When};

use crate::support::{
    at, berlin, content, daily, day, edge, exception, floating, instant, parts, series, utc, whole,
};

fn period(start: When, seconds: i64) -> Extra {
    Extra::Period { start, length: Length::Exact(seconds) }
}

fn with(mut body: Body, extras: Vec<Extra>) -> Body {
    body.recurrence.as_mut().unwrap().extras = extras;
    body
}

fn times(body: &Body) -> Vec<(Timestamp, Timestamp)> {
    let zone = berlin();
    let view = View { zone: &zone, gap: Gap::Shift };
    let range = instant("2026-01-01T00:00:00Z")..instant("2027-01-01T00:00:00Z");
    occurrences(body, range, view).list.iter().map(|one| (one.start, one.end)).collect()
}

/// Alone, at the start, at a time of the rule, twice at one time, excluded, written in another
/// zone, beside a changed instance, behind a change of all later ones, and on a day that is excluded as
/// such.
fn bodies() -> Vec<Body> {
    let plain = vec![
        period(at("2026-04-02T09:00:00"), 7_200),
        period(at("2026-03-10T09:00:00"), 60),
        period(at("2026-03-12T09:00:00"), 14_400),
        Extra::At(at("2026-04-03T09:00:00")),
        period(at("2026-04-03T09:00:00"), 600),
        period(utc("2026-04-04T10:00:00"), 1_200),
        period(at("2026-04-05T09:00:00"), 0),
        period(at("2026-04-06T09:00:00"), 3_600),
    ];
    let alone = with(daily(), plain.clone());
    let mut excluded = alone.clone();
    excluded.recurrence.as_mut().unwrap().excluded =
        vec![at("2026-04-02T09:00:00"), at("2026-03-12T09:00:00")];
    let mut changed = alone.clone();
    let there = at("2026-04-02T09:00:00");
    changed.exceptions =
        vec![exception(there.clone(), content("Elsewhere", at("2026-04-02T12:00:00")))];
    let mut later = alone.clone();
    let from = at("2026-03-13T09:00:00");
    let tail = exception(from, content("Later", at("2026-03-13T11:00:00")));
    later.exceptions = vec![Exception { this_and_future: true, ..tail }];
    let mut of_day = with(daily(), vec![Extra::At(at("2026-03-12T15:00:00"))]);
    of_day.recurrence.as_mut().unwrap().excluded = vec![day("2026-03-12"), day("2026-03-14")];
    of_day.exceptions =
        vec![exception(at("2026-03-12T15:00:00"), content("Never", at("2026-03-12T16:00:00")))];
    let float = series("Float", floating("2026-03-10T09:00:00"), "FREQ=WEEKLY;COUNT=3");
    let days = series("Days", day("2026-03-10"), "FREQ=WEEKLY;COUNT=3");
    vec![
        alone,
        excluded,
        changed,
        later,
        of_day,
        with(float, vec![period(floating("2026-03-20T10:00:00"), 900)]),
        with(days, vec![period(day("2026-03-20"), 2 * 86_400)]),
    ]
}

#[test]
fn a_mirror_takes_place_when_its_origin_does_and_holds_no_period() {
    for (nth, body) in bodies().iter().enumerate() {
        let shown = whole(body, &edge(DetailLevel::Full)).body;
        assert_eq!(times(&shown), times(body), "{nth}");
        let extras = &shown.recurrence.as_ref().unwrap().extras;
        assert!(extras.iter().all(|extra| matches!(extra, Extra::At(_))), "{nth} {extras:?}");
    }
}

#[test]
fn targets_without_whole_series_get_the_lengths_too() {
    for shape in [SeriesShape::Parts, SeriesShape::Singles] {
        let body = &bodies()[0];
        let target = Capabilities { series: shape, zone: berlin(), ..Capabilities::default() };
        let parts = parts(body, &edge(DetailLevel::Full), &target);
        let length = |start: &str| {
            let found = parts.values().find(|part| {
                part.body.recurrence.is_none() && part.body.content.span.start == at(start)
            });
            found.map(|part| part.body.content.span.length)
        };
        assert_eq!(length("2026-04-02T09:00:00"), Some(Length::Exact(7_200)), "{shape:?}");
        assert_eq!(length("2026-03-12T09:00:00"), Some(Length::Exact(14_400)), "{shape:?}");
    }
}

#[test]
fn a_period_as_long_as_the_series_is_a_plain_extra_date() {
    let body = with(daily(), vec![period(at("2026-04-06T09:00:00"), 3_600)]);
    let plain = with(daily(), vec![Extra::At(at("2026-04-06T09:00:00"))]);
    let edge = edge(DetailLevel::Busy);
    assert_eq!(whole(&body, &edge).hash, whole(&plain, &edge).hash);
}
