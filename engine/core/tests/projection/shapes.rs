//! Series on targets that hold them whole, in parts, or not at all.

use kalends_core::compile::{Compiled, Loss, SINGLES_MAX, losses};
use kalends_core::event::{Body, Busy, Content, Exception, Privacy};
use kalends_core::graph::{Capabilities, DetailLevel, EdgeOptions, SeriesShape, Window};
use kalends_core::mirror::{Filtered, PartKey, Unwanted};
use kalends_core::time::{Extra, Timestamp};

use crate::support::{
    at, berlin, compiled, content, daily, day, edge, edge_with, exception, instant, parts, series,
    utc, whole, with_compile,
};

fn target(series: SeriesShape) -> Capabilities {
    Capabilities { series, zone: berlin(), ..Capabilities::default() }
}

/// The second day moved to the afternoon, the third retitled, the fourth free, the fifth private.
fn changed() -> Body {
    let mut body = daily();
    let on = |day: u8, time: &str| at(&format!("2026-03-{day}T{time}:00"));
    body.exceptions = vec![
        exception(on(11, "09:00"), content("Standup", on(11, "15:00"))),
        exception(on(12, "09:00"), content("Standup with guests", on(12, "09:00"))),
        exception(
            on(13, "09:00"),
            Content { busy: Busy::Free, ..content("Standup", on(13, "09:00")) },
        ),
        exception(
            on(14, "09:00"),
            Content { privacy: Privacy::Private, ..content("Secret", on(14, "09:00")) },
        ),
    ];
    body
}

fn originals(exceptions: &[Exception]) -> Vec<String> {
    exceptions.iter().map(|e| e.original.civil().to_string()).collect()
}

#[test]
fn a_whole_series_holds_what_differs_at_the_level() {
    let full = whole(&changed(), &edge(DetailLevel::Full)).body;
    let recurrence = full.recurrence.as_ref().unwrap();
    assert_eq!(recurrence.rules[0].text(), "FREQ=DAILY;COUNT=10");
    assert_eq!(recurrence.excluded, vec![at("2026-03-13T09:00:00")]);
    assert_eq!(
        originals(&full.exceptions),
        ["2026-03-11T09:00:00", "2026-03-12T09:00:00", "2026-03-14T09:00:00"]
    );
    let private = &full.exceptions[2].content;
    assert_eq!((private.title.as_str(), private.description.as_str()), ("Busy", ""));

    let busy = whole(&changed(), &edge(DetailLevel::Busy)).body;
    assert_eq!(originals(&busy.exceptions), ["2026-03-11T09:00:00"]);
    assert_eq!(busy.recurrence.unwrap().excluded, vec![at("2026-03-13T09:00:00")]);
}

#[test]
fn a_target_in_parts_gets_the_master_and_each_changed_instance() {
    let parts = parts(&changed(), &edge(DetailLevel::Title), &target(SeriesShape::Parts));
    let keys: Vec<PartKey> = parts.keys().copied().collect();
    let over = |text| PartKey::Override(instant(text));
    assert_eq!(
        keys,
        [
            PartKey::Whole,
            over("2026-03-11T08:00:00Z"),
            over("2026-03-12T08:00:00Z"),
            over("2026-03-14T08:00:00Z"),
        ]
    );
    assert!(parts[&PartKey::Whole].body.exceptions.is_empty());
    let moved = &parts[&keys[1]];
    assert_eq!(moved.instance, Some(at("2026-03-11T09:00:00")));
    assert_eq!(moved.body.content.span.start, at("2026-03-11T15:00:00"));
    assert!(moved.body.recurrence.is_none());
}

#[test]
fn a_target_without_series_gets_the_instances_of_the_window() {
    let options = EdgeOptions {
        level: DetailLevel::Title,
        window: Window { past_days: 5, future_days: 14 },
        ..EdgeOptions::default()
    };
    let parts = parts(&changed(), &edge_with(options), &target(SeriesShape::Singles));
    // The window ends on 15 March, 0:00 UTC: the 10th to the 14th, without the free 13th.
    let starts: Vec<String> = parts.values().map(|part| part.starts.to_string()).collect();
    assert_eq!(
        starts,
        [
            "2026-03-10T08:00:00Z",
            "2026-03-11T14:00:00Z",
            "2026-03-12T08:00:00Z",
            "2026-03-14T08:00:00Z",
        ]
    );
    let titles: Vec<&str> = parts.values().map(|part| part.body.content.title.as_str()).collect();
    assert_eq!(titles, ["Standup", "Standup", "Standup with guests", "Busy"]);
    let keys: Vec<PartKey> = parts.keys().copied().collect();
    assert_eq!(keys[1], PartKey::Single(instant("2026-03-11T08:00:00Z")));
    assert!(parts.values().all(|part| part.instance.is_none() && part.of.is_some()));
}

/// Catches a whole series written one by one for one instance of it, an instance that its target
/// refuses, and one that is there twice.
#[test]
fn an_instance_on_the_day_of_another_stands_beside_its_pattern() {
    let mut body = daily();
    let on = |day: u8, time: &str| at(&format!("2026-03-{day}T{time}:00"));
    let moved =
        |from: u8, to: u8| exception(on(from, "09:00"), content("Standup", on(to, "15:00")));
    // To a free evening, onto its neighbour, far past others, and back before some.
    body.exceptions = vec![moved(11, 11), moved(12, 13), moved(14, 30), moved(18, 16)];
    let target = target(SeriesShape::Patterns);
    let edge = edge(DetailLevel::Title);
    let parts = parts(&body, &edge, &target);
    let instant = |day: u8| instant(&format!("2026-03-{day}T08:00:00Z"));
    let keys: Vec<PartKey> = parts.keys().copied().collect();
    let singles = [12, 14, 18].map(|day| PartKey::Single(instant(day)));
    assert_eq!(keys[..2], [PartKey::Whole, PartKey::Override(instant(11))]);
    assert_eq!(keys[2..], singles);
    let holes = parts[&PartKey::Whole].body.recurrence.as_ref().unwrap();
    assert_eq!(holes.excluded, [12, 14, 18].map(|day| on(day, "09:00")));
    let apart = &parts[&singles[1]];
    assert_eq!((&apart.instance, &apart.of), (&None, &Some(on(14, "09:00"))));
    assert_eq!(apart.body.content.span.start, on(30, "15:00"));
    assert_eq!(with_compile(&body, &edge, &target, losses), [Loss::Apart].into());
    body.exceptions.truncate(1);
    assert_eq!(with_compile(&body, &edge, &target, losses), [].into());
}

/// Catches what a month's end means being taken for known: a pattern with a day that some months
/// lack may take their last day or leave them out.
#[test]
fn a_series_on_a_day_that_months_lack_is_a_pattern_only_on_their_last_one() {
    let (edge, patterns) = (edge(DetailLevel::Title), target(SeriesShape::Patterns));
    let told = |day: &str, rule: &str| {
        let body = series("Rent", at(&format!("{day}T09:00:00")), rule);
        (parts(&body, &edge, &patterns).len(), with_compile(&body, &edge, &patterns, losses))
    };
    for (day, rule) in [
        ("2026-01-31", "FREQ=MONTHLY;BYMONTHDAY=-1"),
        ("2026-01-31", "FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1"),
        ("2024-02-29", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28,29;BYSETPOS=-1"),
        ("2026-01-28", "FREQ=MONTHLY"),
    ] {
        assert_eq!(told(day, rule), (1, [].into()), "{rule}");
    }
    for (day, rule, instances) in [
        ("2026-01-31", "FREQ=MONTHLY", 9),
        ("2026-01-30", "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1", 15),
        ("2026-01-29", "FREQ=MONTHLY;BYMONTHDAY=28,29;BYSETPOS=-1", 14),
    ] {
        assert_eq!(told(day, rule), (instances, [Loss::NoPattern].into()), "{rule}");
    }
}

/// Catches an instance that its target has no place for, since its rule does not give it; and one
/// that stands beside its series though that has it.
#[test]
fn an_instance_that_its_rule_does_not_give_stands_beside_its_series() {
    let mut body = daily();
    let on = |day: u8, time: &str| at(&format!("2026-03-{day}T{time}:00"));
    let changed = |day: u8| exception(on(day, "09:00"), content("Other", on(day, "15:00")));
    body.exceptions = vec![changed(11), changed(25)];
    let (target, edge) = (target(SeriesShape::Parts), edge(DetailLevel::Title));
    let parts = parts(&body, &edge, &target);
    let single = PartKey::Single(instant("2026-03-25T08:00:00Z"));
    let keys: Vec<PartKey> = parts.keys().copied().collect();
    assert_eq!(keys, [PartKey::Whole, PartKey::Override(instant("2026-03-11T08:00:00Z")), single]);
    assert_eq!(parts[&PartKey::Whole].body.recurrence.as_ref().unwrap().excluded, []);
    assert_eq!(parts[&single].of, Some(on(25, "09:00")));
    assert_eq!(with_compile(&body, &edge, &target, losses), [Loss::Apart].into());
    body.exceptions.truncate(1);
    assert_eq!(with_compile(&body, &edge, &target, losses), [].into());
}

/// Catches a dear rule that is followed anew for each of its changed instances, and not once for all.
#[test]
fn of_a_rule_that_is_too_dear_no_changed_instance_stands_beside_it() {
    let start = at("2026-03-10T09:00:00");
    let days: Vec<String> = (1..=31).map(|day| day.to_string()).collect();
    let rule = format!("FREQ=MINUTELY;BYMONTHDAY={};COUNT=5000000", days.join(","));
    let mut body = series("Pulse", start, &rule);
    let changed = |when: &str| exception(at(when), content("Other", at(when)));
    body.exceptions = vec![changed("2026-03-10T09:00:30"), changed("2027-03-10T09:00:00")];
    let parts = parts(&body, &edge(DetailLevel::Title), &target(SeriesShape::Parts));
    let singles = parts.keys().filter(|key| matches!(key, PartKey::Single(_)));
    assert_eq!((singles.count(), parts.len()), (0, 3));
}

#[test]
fn singles_are_the_next_ones_up_to_a_bound_and_the_loss_is_said() {
    let target = target(SeriesShape::Singles);
    let edge = edge(DetailLevel::Busy);
    let told = |body: &Body| with_compile(body, &edge, &target, losses);
    let days = series("Standup", at("2026-01-01T09:00:00"), "FREQ=DAILY");
    assert_eq!(parts(&days, &edge, &target).len(), 430, "a day's one fits into the usual window");
    assert_eq!(told(&days), [Loss::NoSeries].into());

    let hours = series("Shift", at("2026-01-01T09:00:00"), "FREQ=HOURLY");
    let some = parts(&hours, &edge, &target);
    assert_eq!(some.len(), SINGLES_MAX);
    let first = some.values().next().unwrap().starts;
    assert_eq!(first, instant("2026-03-01T00:00:00Z"), "none of the past, while more is to come");
    assert_eq!(told(&hours), [Loss::NoSeries, Loss::Instances].into());

    let ended = series("Shift", at("2026-01-01T09:00:00"), "FREQ=HOURLY;UNTIL=20260301T010000Z");
    let rest = parts(&ended, &edge, &target);
    assert_eq!(rest.len(), SINGLES_MAX);
    let last = rest.values().next_back().unwrap().starts;
    assert_eq!(
        last,
        instant("2026-03-01T01:00:00Z"),
        "the latest of the past, where there is room"
    );
}

#[test]
fn what_a_target_cuts_is_said() {
    let edge = edge(DetailLevel::Full);
    let short = Capabilities { description_chars_max: Some(3), ..Capabilities::default() };
    let body = daily();
    assert_eq!(with_compile(&body, &edge, &short, losses), [Loss::Texts].into());
    assert_eq!(with_compile(&body, &edge, &Capabilities::default(), losses), [].into());
    let mut unravelled = changed();
    unravelled.content.busy = Busy::Free;
    let told = with_compile(&unravelled, &edge, &Capabilities::default(), losses);
    assert_eq!(told, [Loss::Unravelled].into());
    let mut free = daily();
    free.content.busy = Busy::Free;
    let told = with_compile(&free, &edge, &short, losses);
    assert_eq!(told, [].into(), "what has no mirror loses nothing");
}

#[test]
fn a_series_left_out_shows_the_changed_instances_that_pass_one_by_one() {
    let mut body = changed();
    body.content.busy = Busy::Free;
    let parts = parts(&body, &edge(DetailLevel::Title), &target(SeriesShape::Whole));
    assert_eq!(parts.len(), 3);
    assert!(parts.keys().all(|key| matches!(key, PartKey::Single(_))));
    body.exceptions.retain(|exception| exception.content.busy == Busy::Free);
    assert_eq!(
        compiled(&body, &edge(DetailLevel::Title), &target(SeriesShape::Whole)),
        Compiled::No(Unwanted::Filtered(Filtered::Free))
    );
}

#[test]
fn a_change_of_all_later_instances_is_kept_or_written_out() {
    let mut body = daily();
    let later = content("Standup", at("2026-03-12T10:00:00"));
    let original = at("2026-03-12T09:00:00");
    body.exceptions.push(Exception { this_and_future: true, ..exception(original, later) });
    let kept = whole(&body, &edge(DetailLevel::Busy)).body;
    assert!(kept.exceptions[0].this_and_future);
    let parts = parts(&body, &edge(DetailLevel::Busy), &target(SeriesShape::Parts));
    let overrides = parts.keys().filter(|key| matches!(key, PartKey::Override(_)));
    assert_eq!(overrides.count(), 8);
    // A later instance that is back at its old time is a change again.
    let back = content("Standup", at("2026-03-15T09:00:00"));
    body.exceptions.push(exception(at("2026-03-15T09:00:00"), back));
    assert_eq!(whole(&body, &edge(DetailLevel::Busy)).body.exceptions.len(), 2);
    // One that says what the change says is none.
    let same = content("Standup", at("2026-03-16T10:00:00"));
    body.exceptions.push(exception(at("2026-03-16T09:00:00"), same));
    assert_eq!(whole(&body, &edge(DetailLevel::Busy)).body.exceptions.len(), 2);
    // Left out from there on: no series can say it.
    body.exceptions[0].content.busy = Busy::Free;
    let parts = crate::support::parts(&body, &edge(DetailLevel::Busy), &target(SeriesShape::Whole));
    let starts: Vec<Timestamp> = parts.values().map(|part| part.starts).collect();
    assert_eq!(starts.len(), 4, "{starts:?}");
}

#[test]
fn a_whole_day_series_and_its_exclusions_keep_their_days() {
    let mut body = series("Leave", day("2026-03-10"), "FREQ=DAILY;COUNT=3");
    body.recurrence.as_mut().unwrap().excluded = vec![utc("2026-03-11T00:00:00")];
    let whole = whole(&body, &edge(DetailLevel::Busy)).body;
    assert_eq!(whole.recurrence.unwrap().excluded, vec![day("2026-03-11")]);
    let singles = parts(&body, &edge(DetailLevel::Busy), &target(SeriesShape::Singles));
    let days: Vec<_> = singles.values().map(|part| part.body.content.span.start.clone()).collect();
    assert_eq!(days, [day("2026-03-10"), day("2026-03-12")]);
}

#[test]
fn extras_and_exclusions_are_written_in_the_form_of_the_series_once() {
    let mut body = daily();
    let recurrence = body.recurrence.as_mut().unwrap();
    recurrence.extras =
        vec![Extra::At(utc("2026-03-25T08:00:00")), Extra::At(at("2026-03-25T09:00:00"))];
    recurrence.excluded = vec![utc("2026-03-11T08:00:00"), at("2026-03-11T09:00:00")];
    let shown = whole(&body, &edge(DetailLevel::Busy)).body.recurrence.unwrap();
    assert_eq!(shown.extras, [Extra::At(at("2026-03-25T09:00:00"))]);
    assert_eq!(shown.excluded, [at("2026-03-11T09:00:00")]);
}

#[test]
fn nothing_in_the_window_is_no_mirror() {
    let past = series("x", at("2020-01-01T09:00:00"), "FREQ=DAILY;COUNT=3");
    assert_eq!(
        compiled(&past, &edge(DetailLevel::Busy), &target(SeriesShape::Singles)),
        Compiled::No(Unwanted::OutOfWindow)
    );
}

#[test]
fn the_next_instance_decides_when_a_series_is_urgent() {
    let old = series("x", at("2020-01-01T09:00:00"), "FREQ=DAILY");
    assert_eq!(whole(&old, &edge(DetailLevel::Busy)).starts, instant("2026-03-01T08:00:00Z"));
}

#[test]
fn a_changed_instance_that_the_rules_do_not_give_stays_as_an_extra_date() {
    let mut body = series("x", at("2026-03-10T09:00:00"), "FREQ=WEEKLY;COUNT=3");
    let original = at("2026-03-12T09:00:00");
    body.exceptions.push(exception(original.clone(), content("y", original.clone())));
    let busy = whole(&body, &edge(DetailLevel::Busy)).body;
    assert!(busy.exceptions.is_empty());
    assert_eq!(busy.recurrence.unwrap().extras, [Extra::At(original)]);
}

#[test]
fn an_exclusion_wins_over_a_change_of_the_same_instance() {
    let mut body = changed();
    body.recurrence.as_mut().unwrap().excluded = vec![at("2026-03-11T09:00:00")];
    let full = whole(&body, &edge(DetailLevel::Full)).body;
    assert_eq!(originals(&full.exceptions), ["2026-03-12T09:00:00", "2026-03-14T09:00:00"]);
}
