//! Every zone of the CLDR table, and every change of its clock from 2024 to 2030: what one provider
//! holds takes place at the same instants once it was read there, written to another one and read
//! back, for each pair of Google, Graph and CalDAV.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "what is not as expected ends a test"
)]

use std::collections::BTreeSet;

use kalends_contracts::{Calendars, Dav, Graph};
use kalends_core::event::{Body, Content, Recurrence, Span};
use kalends_core::instances::{View, occurrences};
use kalends_core::provider::{Done, Item, MirrorDoc, ObjectName, Output, Payload, ProviderOp};
use kalends_core::time::{Civil, Date, Gap, Length, Rule, Timestamp, When, Zone};
use kalends_testkit::caldav_sim::Profile;
use kalends_testkit::contract::provider::{Talks, talk};
use kalends_testkit::graph_sim;

/// Windows names, the zone of each, and every other zone that is shown by it.
const TABLE: &str = include_str!("../../../engine/testkit/src/graph_sim/data/windows_zones.txt");
const HOUR_MILLIS: i64 = 3_600_000;
const NAMES: [&str; 3] = ["Google", "Graph", "CalDAV"];

/// A provider that keeps what it is told, and what its discovery wanted to be remembered.
struct Kept<'a> {
    subject: &'a dyn Carry,
    remember: String,
    made: u32,
}

/// [`Talks`] without its type.
trait Carry {
    fn carry(&self, remember: &str, op: &ProviderOp) -> (Vec<Output>, Done);
    fn place(&self) -> kalends_core::ids::ProviderId;
}

impl<S: Talks> Carry for S {
    fn carry(&self, remember: &str, op: &ProviderOp) -> (Vec<Output>, Done) {
        talk(self, remember, op)
    }

    fn place(&self) -> kalends_core::ids::ProviderId {
        self.scope()
    }
}

impl<'a> Kept<'a> {
    fn new(subject: &'a dyn Carry) -> Self {
        let Done::Discovered { remember, .. } = subject.carry("", &ProviderOp::Discover).1 else {
            panic!("a discovery works")
        };
        Self { subject, remember, made: 0 }
    }

    /// What is read there of what was written.
    fn through(&mut self, body: &Body) -> Body {
        self.made += 1;
        let derived = format!("t{:025}", self.made);
        let mark = format!("mark{}", self.made);
        let doc = Box::new(MirrorDoc { derived, mark, body: body.clone(), instance: None });
        let calendar = self.subject.place();
        let create = ProviderOp::Create { calendar: calendar.clone(), doc };
        let (_, done) = self.subject.carry(&self.remember, &create);
        let Done::Stored(stored) = done else { panic!("{done:?}") };
        let names = vec![ObjectName::Known(stored.id)];
        let (outputs, _) =
            self.subject.carry(&self.remember, &ProviderOp::Fetch { calendar, names });
        match &outputs[..] {
            [Output::Item(Item::Event(item))] => match &item.payload {
                Payload::Whole(body) => body.clone(),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }
}

/// All zones, the names of Windows too; with whether it is the first of a line.
fn zones() -> Vec<(&'static str, bool)> {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let mut seen = BTreeSet::new();
    lines
        .flat_map(|line| {
            let mut parts = line.split('\t');
            let (windows, first) = (parts.next().unwrap(), parts.next().unwrap());
            let others = parts.next().unwrap_or_default().split(' ');
            let names = [(windows, true), (first, false)].into_iter();
            names.chain(others.map(|name| (name, false))).collect::<Vec<_>>()
        })
        .filter(|(name, _)| !name.is_empty() && seen.insert(*name))
        .collect()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The changes of a zone's clock; of one that has none, some moment.
fn changes(zone: &Zone) -> Vec<Timestamp> {
    let all = zone.transitions(at("2024-01-01T00:00:00Z"), at("2031-01-01T00:00:00Z"));
    let mut all: Vec<Timestamp> = all.into_iter().map(|(at, _)| at).collect();
    if all.is_empty() {
        all.push(at("2026-06-01T12:00:00Z"));
    }
    all
}

/// When it takes place, around each of these moments.
fn instants(body: &Body, around: &[Timestamp]) -> Vec<(Timestamp, Timestamp)> {
    let zone = Zone::utc();
    let view = View { zone: &zone, gap: Gap::Shift };
    let around = around.iter().map(|at| {
        at.saturating_add_millis(-60 * HOUR_MILLIS)..at.saturating_add_millis(60 * HOUR_MILLIS)
    });
    around.flat_map(|range| occurrences(body, range, view).list).map(|o| (o.start, o.end)).collect()
}

fn content(start: When) -> Content {
    let mut content = Content::at(Span { start, length: Length::Exact(2 * 3_600), end_zone: None });
    content.title = "x".to_owned();
    content
}

/// Writes it to each provider, and what is read there to each other one.
fn through_each_pair(kept: &mut [Kept<'_>], (body, around): (&Body, &[Timestamp]), name: &str) {
    let expected = instants(body, around);
    assert!(!expected.is_empty());
    for first in 0..kept.len() {
        let there = kept[first].through(body);
        assert_eq!(instants(&there, around), expected, "{name} at {}", NAMES[first]);
        for second in (0..kept.len()).filter(|second| *second != first) {
            let back = kept[second].through(&there);
            let pair = format!("{name} from {} to {}", NAMES[first], NAMES[second]);
            assert_eq!(instants(&back, around), expected, "{pair}");
        }
    }
}

fn with_all(each: impl FnOnce(&mut [Kept<'_>])) {
    let google = Calendars::default();
    let graph = Graph::of(graph_sim::Profile::default());
    let dav = Dav::of(Profile::plain());
    each(&mut [Kept::new(&google), Kept::new(&graph), Kept::new(&dav)]);
}

/// A series that takes place every day of the seven years.
#[test]
fn pitfall_12_series_keep_their_instants_in_every_zone_through_each_pair() {
    let zones = zones();
    assert!(zones.len() > 550, "{}", zones.len());
    for some in zones.chunks(32) {
        with_all(|kept| {
            for (name, _) in some {
                let zone = Zone::resolve(name).unwrap_or_else(|| panic!("{name}"));
                let start = When::Zoned("2023-12-31T02:30:00".parse().unwrap(), zone.clone());
                let rules = vec![Rule::parse("FREQ=DAILY;COUNT=2600").unwrap()];
                let recurrence = Some(Recurrence { rules, ..Recurrence::default() });
                let body = Body { recurrence, ..Body::single(content(start)) };
                through_each_pair(kept, (&body, &changes(&zone)), name);
            }
        });
    }
}

/// What walls show around a change: before it, at it and after it, half an hour after where they stood
/// before it. That is a time that they skip, or one that they show twice, as are others of these.
fn walls(zone: &Zone, change: Timestamp) -> Vec<Civil> {
    let shown = |minutes: i64| zone.civil(change.saturating_add_millis(minutes * 60_000));
    let before = zone.civil(change.saturating_add_millis(-1_000));
    [shown(-45), shown(0), shown(45), before.add_seconds(1 + 30 * 60)].into()
}

/// Events that begin around changes, and last over them: around each one in the zones by the names
/// of Windows, and around the first two, of which one goes forward and one back, in all others.
#[test]
fn pitfall_12_singles_keep_their_instants_in_every_zone_through_each_pair() {
    for (name, is_windows) in zones() {
        let zone = Zone::resolve(name).unwrap();
        let mut changes = changes(&zone);
        changes.truncate(if is_windows { usize::MAX } else { 2 });
        with_all(|kept| {
            for change in changes {
                for wall in walls(&zone, change) {
                    let start = content(When::Zoned(wall, zone.clone()));
                    through_each_pair(kept, (&Body::single(start), &[change]), name);
                }
            }
        });
    }
}

/// The days on which some zone's clock changes, by that zone; and a leap day.
fn days_of_change() -> BTreeSet<Date> {
    let of = |name: &str| {
        let zone = Zone::resolve(name).unwrap();
        changes(&zone).into_iter().map(|at| zone.civil(at).date()).collect::<Vec<_>>()
    };
    let all = zones().into_iter().filter(|(_, is_windows)| *is_windows);
    all.flat_map(|(name, _)| of(name)).chain([Date::new(2028, 2, 29).unwrap()]).collect()
}

/// Whole days have no zone: one, three of them, and a series of them from there on. Catches days that
/// begin or end an hour or a day away from where they stood.
#[test]
fn pitfall_14_whole_days_stay_the_days_they_are_through_each_pair() {
    let days: Vec<Date> = days_of_change().into_iter().collect();
    assert!(days.len() > 60, "{}", days.len());
    for some in days.chunks(16) {
        with_all(|kept| {
            for day in some {
                let length = |days| Length::Nominal { days, seconds: 0 };
                let of = |days| {
                    let span =
                        Span { start: When::Date(*day), length: length(days), end_zone: None };
                    Content { title: "x".to_owned(), ..Content::at(span) }
                };
                let rules = vec![Rule::parse("FREQ=WEEKLY;COUNT=60").unwrap()];
                let recurrence = Some(Recurrence { rules, ..Recurrence::default() });
                let series = Body { recurrence, ..Body::single(of(1)) };
                let around = Civil::from(*day);
                let around = Zone::utc().instant(around, Gap::Shift);
                let later = around.saturating_add_millis(52 * 7 * 24 * HOUR_MILLIS);
                for body in [Body::single(of(1)), Body::single(of(3)), series] {
                    through_each_pair(kept, (&body, &[around, later]), &day.to_string());
                    for each in kept.iter_mut() {
                        let back = each.through(&body);
                        assert_eq!(back.content.span, body.content.span, "{day}");
                    }
                }
            }
        });
    }
}
