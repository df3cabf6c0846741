//! What single rules mean, in cases that a person can check by a calendar on the wall.

use std::collections::BTreeSet;

use kalends_core::event::{Body, Content, Person, Recurrence, Response, Span};
use kalends_core::ids::{CalendarId, EventId};
use kalends_core::schedule::{
    Hours, Inquiry, Limits, Rules, Stretch, Trip, Weekdays, Why, availability, reach, turns,
};
use kalends_core::time::{Length, Rule, Timestamp, When};

use crate::support::{config, events, zone};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn office(zone_of: &str) -> Rules {
    let nine_to_five = Hours { zone: None, days: Weekdays::WORKING, minutes: 9 * 60..17 * 60 };
    Rules { hours: vec![nine_to_five], ..Rules::none(zone(zone_of)) }
}

fn asked(rules: &Rules, bodies: Vec<Body>, from: &str, to: &str) -> Vec<Stretch> {
    asked_in("Europe/Berlin", rules, bodies, from, to)
}

fn asked_in(
    calendar: &str,
    rules: &Rules,
    bodies: Vec<Body>,
    from: &str,
    to: &str,
) -> Vec<Stretch> {
    let now = at("2026-01-01T00:00:00Z");
    let inquiry = Inquiry { now, range: at(from)..at(to), waived: BTreeSet::new() };
    availability(&config(calendar), &events(bodies), rules, &inquiry)
}

fn free(stretches: &[Stretch]) -> Vec<String> {
    let free = stretches.iter().filter(|stretch| stretch.is_free());
    free.map(|one| format!("{} {}", one.range.start, one.range.end)).collect()
}

fn meeting(civil: &str, minutes: i64) -> Body {
    let start = When::Zoned(civil.parse().unwrap(), zone("Europe/Berlin"));
    Body::single(Content::at(Span { start, length: Length::Exact(minutes * 60), end_zone: None }))
}

#[test]
fn a_day_of_a_calendar_without_a_zone_is_one_at_home() {
    let length = Length::Nominal { days: 1, seconds: 0 };
    let start = When::Date("2026-06-02".parse().unwrap());
    let day =
        || vec![Body::single(Content::at(Span { start: start.clone(), length, end_zone: None }))];
    let rules = Rules::none(zone("Europe/Berlin"));
    let (from, to) = ("2026-06-01T20:00:00Z", "2026-06-02T23:00:00Z");
    let at_home =
        ["2026-06-01T20:00:00Z 2026-06-01T22:00:00Z", "2026-06-02T22:00:00Z 2026-06-02T23:00:00Z"];
    assert_eq!(free(&asked_in("UTC", &rules, day(), from, to)), at_home);
    let elsewhere = ["2026-06-01T20:00:00Z 2026-06-02T04:00:00Z"];
    assert_eq!(free(&asked_in("America/New_York", &rules, day(), from, to)), elsewhere);
}

#[test]
fn hours_keep_to_the_clock_on_the_wall_when_it_is_set_forward() {
    let week =
        asked(&office("Europe/Berlin"), Vec::new(), "2026-03-27T00:00:00Z", "2026-03-31T00:00:00Z");
    let expected =
        ["2026-03-27T08:00:00Z 2026-03-27T16:00:00Z", "2026-03-30T07:00:00Z 2026-03-30T15:00:00Z"];
    assert_eq!(free(&week), expected);
}

#[test]
fn hours_go_along_on_a_trip() {
    let range = at("2026-06-02T00:00:00Z")..at("2026-06-03T00:00:00Z");
    let trip = Trip { range, zone: zone("America/New_York"), blocks: false };
    let rules = Rules { trips: vec![trip], ..office("Europe/Berlin") };
    let days = asked(&rules, Vec::new(), "2026-06-01T00:00:00Z", "2026-06-03T00:00:00Z");
    let expected =
        ["2026-06-01T07:00:00Z 2026-06-01T15:00:00Z", "2026-06-02T13:00:00Z 2026-06-02T21:00:00Z"];
    assert_eq!(free(&days), expected);
}

#[test]
fn the_way_to_a_meeting_after_the_range_is_seen() {
    let rules = Rules { before_ms: 30 * 60_000, ..Rules::none(zone("UTC")) };
    let seen = asked(
        &rules,
        vec![meeting("2026-06-01T12:00:00", 60)],
        "2026-06-01T09:00:00Z",
        "2026-06-01T10:00:00Z",
    );
    assert_eq!(free(&seen), ["2026-06-01T09:00:00Z 2026-06-01T09:30:00Z"]);
    assert_eq!(seen[1].why, [Why::Buffer].into());
}

#[test]
fn an_event_in_two_calendars_takes_time_once() {
    let mut once = events(vec![meeting("2026-06-01T12:00:00", 60)]);
    let tentative = {
        let mut body = meeting("2026-06-01T12:00:00", 60);
        body.content.status = kalends_core::event::Status::Tentative;
        body
    };
    let (_, mut other) = events(vec![tentative]).pop_first().unwrap();
    let mut presence = other.presences.pop_first().unwrap().1;
    let bundle = once.values_mut().next().unwrap();
    bundle.presences.values_mut().next().unwrap().body = presence.body.clone();
    presence.object = kalends_core::ids::ProviderId("/other/a.ics".into());
    bundle.presences.insert(CalendarId::from_bytes([3; 16]), presence);
    let range = at("2026-06-01T10:00:00Z")..at("2026-06-01T11:00:00Z");
    let now = at("2026-01-01T00:00:00Z");
    let inquiry = Inquiry { now, range, waived: BTreeSet::new() };
    let rules = Rules::none(zone("UTC"));
    let seen = availability(&config("Europe/Berlin"), &once, &rules, &inquiry);
    assert_eq!(seen.iter().map(|one| one.free_permille).collect::<Vec<_>>(), [500]);
}

#[test]
fn a_day_that_holds_exactly_as_much_as_is_wanted_is_full() {
    let seen = |wanted_minutes: i64| {
        let limits = Limits { day_ms: Some(wanted_minutes * 60_000), week_ms: None };
        let rules = Rules { limits, ..Rules::none(zone("Europe/Berlin")) };
        let bodies = vec![meeting("2026-06-01T12:00:00", 90), meeting("2026-06-01T13:00:00", 60)];
        free(&asked(&rules, bodies, "2026-05-31T21:00:00Z", "2026-06-01T23:00:00Z"))
    };
    let outside =
        ["2026-05-31T21:00:00Z 2026-05-31T22:00:00Z", "2026-06-01T22:00:00Z 2026-06-01T23:00:00Z"];
    assert_eq!(seen(120), outside, "two hours, though the meetings are two and a half one by one");
    assert_eq!(seen(121).len(), 2);
    assert_ne!(seen(121), outside);
}

/// Breakage: dates widened by a day on each side, which makes three weeks of events of one.
#[test]
fn limits_look_at_whole_weeks_and_no_further() {
    let limits = Limits { day_ms: Some(1), week_ms: Some(1) };
    let rules = Rules { limits, ..Rules::none(zone("Europe/Berlin")) };
    let reached = |from: &str, to: &str| {
        let reach = reach(&rules, &(at(from)..at(to)));
        format!("{} {}", reach.start, reach.end)
    };
    // The clock is set back on the Sunday.
    let week = "2026-10-18T22:00:00Z 2026-10-25T23:00:00Z";
    assert_eq!(reached("2026-10-18T22:00:00Z", "2026-10-25T23:00:00Z"), week);
    assert_eq!(reached("2026-10-21T10:00:00Z", "2026-10-21T10:30:00Z"), week);
    let two = "2026-10-18T22:00:00Z 2026-11-01T23:00:00Z";
    assert_eq!(reached("2026-10-25T22:59:00Z", "2026-10-25T23:01:00Z"), two);
}

/// Catches a turn that is counted for a meeting of everybody, for one that does not take place, for
/// one before the time asked for or on every calendar that holds it, and a name whose case differs.
#[test]
fn a_turn_is_a_meeting_that_names_some_of_the_group() {
    let with = |civil: &str, who: &[&str]| {
        let mut body = meeting(civil, 30);
        let person = |who: &&str| Person { name: String::new(), email: (*who).to_owned() };
        body.content.attendees = who.iter().map(person).collect();
        body
    };
    let mut declined = with("2026-06-03T10:00:00", &["ann@x"]);
    declined.content.response = Response::Declined;
    let mut weekly = with("2026-05-27T09:00:00", &["Bob@X", "other@x"]);
    let rule = vec![Rule::parse("FREQ=WEEKLY").unwrap()];
    weekly.recurrence = Some(Recurrence { rules: rule, ..Recurrence::default() });
    let bodies = vec![
        with("2026-06-02T10:00:00", &["ann@x"]),
        with("2026-06-02T11:00:00", &["ann@x", "bob@x", "carl@x"]),
        with("2026-06-02T12:00:00", &["other@x"]),
        with("2026-05-31T23:45:00", &["carl@x"]),
        declined,
        weekly,
        with("2026-06-09T09:00:00", &["ann@x", "carl@x"]),
    ];
    let group = ["ann@x", "bob@x", "carl@x"].map(str::to_owned).into();
    let range = at("2026-05-31T22:00:00Z")..at("2026-06-10T00:00:00Z");
    let mut events = events(bodies);
    let twice = events.get_mut(&EventId::from_bytes([1; 16])).unwrap();
    let again = twice.presences.values().next().unwrap().clone();
    twice.presences.insert(CalendarId::from_bytes([9; 16]), again);
    let found = turns(&config("Europe/Berlin"), &events, &group, &range);
    let said = found.iter().map(|turn| {
        let who: Vec<&str> = turn.who.iter().map(String::as_str).collect();
        format!("{} {}", turn.start, who.join(" "))
    });
    let expected = [
        "2026-06-02T08:00:00Z ann@x",
        "2026-06-03T07:00:00Z bob@x",
        "2026-06-09T07:00:00Z ann@x carl@x",
    ];
    assert_eq!(said.collect::<Vec<_>>(), expected);
}
