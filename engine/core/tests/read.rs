//! The read side: what takes place, when time is taken, why, and whether the journal holds.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

use std::collections::BTreeSet;

use kalends_core::cursor::{Review, Verdict};
use kalends_core::event::{Body, Busy, Content, Exception, Recurrence, Response, Span, Status};
use kalends_core::graph::{
    Calendar, CalendarRole, Capabilities, Edge, EdgeOptions, Lifecycle, ScopeKind, SeriesShape,
    Sweep,
};
use kalends_core::ids::{
    AccountId, CalendarId, EdgeId, EventId, ProviderId, RuleId, RunId, Version,
};
use kalends_core::journal::{Cause, CauseKind, Entry, Head, Payload};
use kalends_core::mirror::{
    Ack, AckFields, FieldHashes, Filtered, Mirror, MirrorMode, ParkReason, Part, PartKey,
    PartObject, PartStatus, Unwanted, Wanted,
};
use kalends_core::presence::{ContentHash, Event, Evidence, Gone, Presence};
use kalends_core::read::{self, Chain, Fault};
use kalends_core::schedule;
use kalends_core::slice::{Bundle, Config, MirrorBundle};
use kalends_core::time::{Length, Rule, Timestamp, When, Zone};

const EVENT: EventId = EventId::from_bytes([1; 16]);
const HOME: CalendarId = CalendarId::from_bytes([2; 16]);
const WORK: CalendarId = CalendarId::from_bytes([3; 16]);
const EDGE: EdgeId = EdgeId::from_bytes([4; 16]);

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn content(title: &str, start: When) -> Content {
    let length = match start {
        When::Date(_) => Length::Nominal { days: 2, seconds: 0 },
        When::Zoned(..) | When::Floating(_) => Length::Exact(3_600),
    };
    Content { title: title.into(), ..Content::at(Span { start, length, end_zone: None }) }
}

fn berlin(civil: &str) -> When {
    When::Zoned(civil.parse().unwrap(), Zone::resolve("Europe/Berlin").unwrap())
}

fn single(title: &str, civil: &str) -> Body {
    Body::single(content(title, berlin(civil)))
}

fn daily() -> Body {
    let rules = vec![Rule::parse("FREQ=DAILY;COUNT=3").unwrap()];
    let recurrence = Recurrence { rules, ..Recurrence::default() };
    Body { recurrence: Some(recurrence), ..single("Standup", "2026-03-10T09:00:00") }
}

fn held(bodies: &[(CalendarId, Body)]) -> Bundle {
    let presence = |body: &Body| Presence {
        object: ProviderId("/a.ics".into()),
        version: None,
        body: body.clone(),
        doubts: Vec::new(),
        instances: Vec::new(),
        gone: None,
        pending: None,
    };
    Bundle {
        event: Some(Event { id: EVENT, uid: "a@x".into() }),
        presences: bodies.iter().map(|(id, body)| (*id, presence(body))).collect(),
        ..Bundle::default()
    }
}

fn config() -> Config {
    let calendar = |id| Calendar {
        id,
        account: AccountId::from_bytes([9; 16]),
        provider_id: None,
        name: String::new(),
        kind: ScopeKind::Calendar,
        on: true,
        capabilities: Capabilities::default(),
        role: CalendarRole::Theirs,
    };
    let edge = Edge {
        id: EDGE,
        from: HOME,
        to: WORK,
        options: EdgeOptions::default(),
        state: Lifecycle::Active,
        pair: None,
    };
    Config {
        calendars: [HOME, WORK].map(|id| (id, calendar(id))).into(),
        edges: [(EDGE, edge)].into(),
        ..Config::default()
    }
}

fn march() -> std::ops::Range<Timestamp> {
    at("2026-03-01T00:00:00Z")..at("2026-04-01T00:00:00Z")
}

#[test]
fn a_series_shows_each_instance_with_its_original_start() {
    let mut body = daily();
    let original = berlin("2026-03-11T09:00:00");
    let moved = content("Moved", berlin("2026-03-11T15:00:00"));
    body.exceptions.push(Exception { original, this_and_future: false, content: moved });
    let list = read::agenda(&config(), EVENT, &held(&[(HOME, body)]), &march()).list;
    let shown: Vec<_> = list
        .iter()
        .map(|one| (one.title.as_str(), one.start.to_string(), one.original.unwrap().0.to_string()))
        .collect();
    let line = |title, start: &str, original: &str| (title, start.to_owned(), original.to_owned());
    assert_eq!(
        shown,
        [
            line("Standup", "2026-03-10T08:00:00Z", "2026-03-10T08:00:00Z"),
            line("Moved", "2026-03-11T14:00:00Z", "2026-03-11T08:00:00Z"),
            line("Standup", "2026-03-12T08:00:00Z", "2026-03-12T08:00:00Z"),
        ]
    );
}

#[test]
fn an_event_in_two_calendars_takes_place_once_as_the_one_that_goes_has_it() {
    let mut declined = single("As invited", "2026-03-10T09:00:00");
    declined.content.response = Response::Declined;
    let bundle = held(&[(HOME, declined), (WORK, single("As organised", "2026-03-10T09:00:00"))]);
    let list = read::agenda(&config(), EVENT, &bundle, &march()).list;
    assert_eq!(list.len(), 1);
    assert_eq!((list[0].title.as_str(), list[0].calendar), ("As organised", WORK));
    assert_eq!((list[0].uid.as_str(), list[0].original), ("a@x", None));
}

#[test]
fn whole_days_are_days_and_cancelled_events_do_not_take_place() {
    let days = Body::single(content("Trip", When::Date("2026-03-28".parse().unwrap())));
    let list = read::agenda(&config(), EVENT, &held(&[(HOME, days)]), &march()).list;
    let range = list[0].days.clone().unwrap();
    assert_eq!(
        (range.start.to_string(), range.end.to_string()),
        ("2026-03-28".into(), "2026-03-30".into())
    );
    let mut off = single("Off", "2026-03-10T09:00:00");
    off.content.status = Status::Cancelled;
    assert!(read::agenda(&config(), EVENT, &held(&[(HOME, off)]), &march()).list.is_empty());
}

#[test]
fn days_of_a_calendar_without_a_zone_are_days_at_home() {
    let day = |zone: Option<&str>, home: Option<&str>| {
        let body = Body::single(content("Trip", When::Date("2026-03-28".parse().unwrap())));
        let mut config = config();
        let capabilities = &mut config.calendars.get_mut(&HOME).unwrap().capabilities;
        capabilities.zone = zone.map_or_else(Zone::utc, |zone| Zone::resolve(zone).unwrap());
        let home = home.map(|zone| schedule::Rule::Home(Zone::resolve(zone).unwrap()));
        config.rules = home.map(|rule| (RuleId::from_bytes([0; 16]), rule)).into_iter().collect();
        read::busy(&config, &held(&[(HOME, body)]), &march())[0].start.to_string()
    };
    assert_eq!(day(None, None), "2026-03-28T00:00:00Z");
    assert_eq!(day(None, Some("Europe/Berlin")), "2026-03-27T23:00:00Z");
    assert_eq!(day(Some("America/New_York"), Some("Europe/Berlin")), "2026-03-28T04:00:00Z");
}

#[test]
fn time_is_taken_by_busy_and_tentative_events_and_by_no_others() {
    let taken = |change: fn(&mut Content)| {
        let mut body = single("x", "2026-03-10T09:00:00");
        change(&mut body.content);
        !read::busy(&config(), &held(&[(HOME, body)]), &march()).is_empty()
    };
    assert!(taken(|_| {}));
    assert!(taken(|c| c.busy = Busy::Tentative));
    assert!(taken(|c| c.status = Status::Tentative));
    assert!(!taken(|c| c.busy = Busy::Free));
    assert!(!taken(|c| c.response = Response::Declined));
    assert!(!taken(|c| c.status = Status::Cancelled));
}

#[test]
fn ranges_that_touch_are_one_and_are_cut_to_the_window() {
    let bundle = held(&[
        (HOME, single("a", "2026-03-10T09:00:00")),
        (WORK, single("a", "2026-03-10T10:00:00")),
    ]);
    let window = at("2026-03-10T08:30:00Z")..at("2026-03-10T09:45:00Z");
    let merged = read::merge(read::busy(&config(), &bundle, &window));
    assert_eq!(merged, [window]);
}

#[test]
fn what_repeats_too_often_to_be_followed_takes_the_rest_of_the_time() {
    let every_second = |busy| {
        let rules = vec![Rule::parse("FREQ=SECONDLY").unwrap()];
        let recurrence = Some(Recurrence { rules, ..Recurrence::default() });
        let mut body = Body { recurrence, ..single("Bomb", "2026-03-10T09:00:00") };
        (body.content.busy, body.content.span.length) = (busy, Length::Exact(1));
        read::merge(read::busy(&config(), &held(&[(HOME, body)]), &march()))
    };
    assert_eq!(every_second(Busy::Busy), [at("2026-03-10T08:00:00Z")..march().end]);
    assert_eq!(every_second(Busy::Free), []);
}

fn mirrored(wanted: Wanted, mode: MirrorMode, status: PartStatus) -> Bundle {
    let part = Part {
        generation: 0,
        want: None,
        object: None,
        acks: Vec::new(),
        before: Vec::new(),
        status,
        reverts: Vec::new(),
        attempts: 0,
        stale: 0,
        starts: at("2026-03-10T08:00:00Z"),
        gone: None,
    };
    let mirror = Mirror { calendar: WORK, wanted, mode };
    let parts = [(PartKey::Whole, part)].into();
    let mut bundle = held(&[(HOME, single("x", "2026-03-10T09:00:00"))]);
    bundle.mirrors.insert(EDGE, MirrorBundle { mirror, parts });
    bundle
}

fn codes(bundle: &Bundle) -> Vec<String> {
    let found = read::explain((&config(), &BTreeSet::new()), EVENT, bundle, []);
    let line = &found.mirrors[0];
    let parts = line.parts.iter().map(|part| part.state.code.clone());
    line.reasons.iter().map(|reason| reason.code.clone()).chain(parts).collect()
}

#[test]
fn every_state_of_a_mirror_has_its_reason() {
    use PartStatus::{Due, Parked, Settled};
    let (kept, yes) = (MirrorMode::Kept, Wanted::Yes);
    let other = EdgeId::from_bytes([5; 16]);
    for (wanted, mode, status, expected) in [
        (yes, kept, Due, vec!["due"]),
        (yes, kept, Parked(ParkReason::TooLarge), vec!["parked.too-large"]),
        (yes, MirrorMode::Paused, Settled, vec!["paused", "absent"]),
        (yes, MirrorMode::Detached, Settled, vec!["detached", "absent"]),
        (yes, MirrorMode::Frozen, Settled, vec!["frozen", "absent"]),
        (Wanted::CoveredBy(other), kept, Settled, vec!["covered", "absent"]),
        (
            Wanted::No(Unwanted::Filtered(Filtered::NoSync)),
            kept,
            Settled,
            vec!["filtered.nosync", "absent"],
        ),
        (Wanted::No(Unwanted::HeldByTarget), kept, Settled, vec!["held-by-target", "absent"]),
    ] {
        assert_eq!(codes(&mirrored(wanted, mode, status)), expected);
    }
    assert_eq!(codes(&held(&[(HOME, daily())])), ["not-projected"]);
}

/// Why the series of a mirror is not written, where an instance of it was cancelled in the mirror or not, its
/// calendar fails to be read or not, and so many deletions there are held.
fn series_of(
    status: PartStatus,
    shape: SeriesShape,
    (cancelled, fails, held): (bool, bool, u32),
) -> String {
    let mut config = config();
    config.calendars.get_mut(&WORK).unwrap().capabilities.series = shape;
    let run = RunId::from_bytes([6; 16]);
    let (verdict, unseen) = (Verdict::Waiting, None);
    let review = Review { calendar: WORK, run, count: held, total: 40, verdict, unseen };
    config.reviews.extend((held > 0).then_some((WORK, review)));
    let mut bundle = mirrored(Wanted::Yes, MirrorMode::Kept, status);
    bundle.presences.extend(self::held(&[(HOME, daily())]).presences);
    let parts = &mut bundle.mirrors.get_mut(&EDGE).unwrap().parts;
    let none = Part { status: PartStatus::Settled, ..parts[&PartKey::Whole].clone() };
    let series = parts.get_mut(&PartKey::Whole).unwrap();
    series.want = Some(ContentHash([1; 32]));
    let mut written = daily();
    "Busy".clone_into(&mut written.content.title);
    let fields = FieldHashes::of(&written, &Capabilities::default());
    let (want, content) = (ContentHash([2; 32]), ContentHash([2; 32]));
    let fields = Some(AckFields { want: fields, content: fields });
    series.acks = vec![Ack { want, content, fields }];
    series.object = Some(PartObject {
        id: ProviderId("series".into()),
        version: Some(Version("v1".into())),
        deleting: false,
        edited: false,
        replaced: None,
        succeeded: false,
    });
    let at = at("2026-03-11T08:00:00Z");
    let gone = Gone { run, at, evidence: Evidence::Absent, confirmed: false };
    let instance = Part { gone: Some(gone), ..none };
    parts.extend(cancelled.then_some((PartKey::Override(at), instance)));
    let failing = fails.then_some(WORK).into_iter().collect();
    let found = read::explain((&config, &failing), EVENT, &bundle, []);
    found.mirrors[0].parts[0].state.code.clone()
}

/// Catches a series that rests for a reason that nobody is told.
#[test]
fn a_series_that_waits_says_for_what() {
    use PartStatus::{Due, Settled, Unsure};
    use SeriesShape::{Parts, Whole};
    for (status, shape, of, expected) in [
        (Settled, Parts, (true, false, 0), "waits-for-release"),
        (Settled, Parts, (true, false, 9), "waits-for-held"),
        (Settled, Parts, (false, false, 9), "live"),
        (Due, Parts, (false, true, 0), "waits-for-reading"),
        (Due, Whole, (false, true, 0), "due"),
        (Due, Parts, (false, false, 0), "due"),
        (Unsure, Parts, (true, true, 9), "unsure"),
    ] {
        assert_eq!(series_of(status, shape, of), expected);
    }
}

/// Catches calling an event unseen that a filter, the window or another edge leaves out.
#[test]
fn an_event_without_a_mirror_has_its_reason_once_the_edge_has_looked() {
    let looked = |body: Body, now: &str| {
        let mut config = config();
        config.sweeps.insert(EDGE, Sweep::Done(at(now)));
        let found = read::explain((&config, &BTreeSet::new()), EVENT, &held(&[(HOME, body)]), []);
        found.mirrors[0].reasons[0].code.clone()
    };
    let (mut free, spring) = (single("x", "2026-03-10T09:00:00"), "2026-03-01T00:00:00Z");
    free.content.busy = Busy::Free;
    assert_eq!(looked(free, spring), "filtered.free");
    assert_eq!(looked(single("x #nosync", "2026-03-10T09:00:00"), spring), "filtered.nosync");
    assert_eq!(looked(single("x", "2028-03-10T09:00:00"), spring), "out-of-window");
    assert_eq!(looked(single("x", "2025-03-10T09:00:00"), spring), "out-of-window");
    assert_eq!(looked(single("x", "2026-03-10T09:00:00"), spring), "not-projected");
}

fn chain_of(texts: &[&str]) -> Vec<(Entry, Payload)> {
    let mut head = Head::default();
    let run = RunId::from_bytes([6; 16]);
    let entry = |text: &&str| {
        let payload = Payload(text.as_bytes().to_vec());
        let when = (at("2026-03-10T08:00:00Z"), run);
        let entry = Entry::after(head, when, Cause::of(CauseKind::Seen), None, &payload);
        head = entry.head();
        (entry, payload)
    };
    texts.iter().map(entry).collect()
}

fn follow(entries: &[(Entry, Payload)]) -> Result<Chain, (u64, Fault)> {
    let mut chain = Chain::default();
    for (entry, payload) in entries {
        chain.follow(entry, Some(payload)).map_err(|broken| (broken.seq, broken.fault))?;
    }
    Ok(chain)
}

#[test]
fn a_whole_journal_holds_and_an_erased_payload_is_counted() {
    let entries = chain_of(&["a", "b", "c"]);
    let mut chain = Chain::default();
    chain.follow(&entries[0].0, Some(&entries[0].1)).unwrap();
    chain.follow(&entries[1].0, None).unwrap();
    chain.follow(&entries[2].0, Some(&entries[2].1)).unwrap();
    assert_eq!(chain.end(&entries[2].0.head()), Ok((3, 1)));
    assert_eq!(chain.end(&entries[1].0.head()).unwrap_err().fault, Fault::End);
}

#[test]
fn every_change_of_a_journal_is_found_at_its_entry() {
    let whole = chain_of(&["a", "b", "c"]);
    let mut payload = whole.clone();
    payload[1].1 = Payload(b"x".to_vec());
    assert_eq!(follow(&payload), Err((2, Fault::Payload)));
    let mut field = whole.clone();
    field[1].0.event = Some(EVENT);
    assert_eq!(follow(&field), Err((2, Fault::Link)));
    let mut missing = whole.clone();
    missing.remove(1);
    assert_eq!(follow(&missing), Err((2, Fault::Number)));
    assert!(follow(&whole).is_ok());
}

/// Catches a mirror that shows less than its edge would, and nobody is told.
#[test]
fn what_a_mirror_cannot_show_is_among_its_reasons() {
    let mut config = config();
    config.sweeps.insert(EDGE, Sweep::Done(at("2026-03-01T00:00:00Z")));
    let mut bundle = mirrored(Wanted::Yes, MirrorMode::Kept, PartStatus::Due);
    bundle.presences.extend(held(&[(HOME, daily())]).presences);
    let mut codes = |series| {
        config.calendars.get_mut(&WORK).unwrap().capabilities.series = series;
        let found = read::explain((&config, &BTreeSet::new()), EVENT, &bundle, []);
        found.mirrors[0].reasons.iter().map(|reason| reason.code.clone()).collect::<Vec<_>>()
    };
    assert_eq!(codes(SeriesShape::Singles), ["lost.series"]);
    assert!(codes(SeriesShape::Whole).is_empty());
}

#[test]
fn what_a_rule_gives_beyond_one_look_is_said_to_be_missing() {
    let rules = vec![Rule::parse("FREQ=SECONDLY").unwrap()];
    let body = Body { recurrence: Some(Recurrence { rules, ..Recurrence::default() }), ..daily() };
    assert!(read::agenda(&config(), EVENT, &held(&[(HOME, body)]), &march()).cut);
    assert!(!read::agenda(&config(), EVENT, &held(&[(HOME, daily())]), &march()).cut);
}
