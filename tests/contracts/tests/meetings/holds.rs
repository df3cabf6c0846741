//! Times that are held, from the first word to the last, and what a clock may do to them.

use std::collections::BTreeSet;

use kalends_contracts::{HostileMemory, Memory, SqliteMemory};
use kalends_core::cursor::{ClockWord, Run};
use kalends_core::event::{Body, Content, Kind, Span, Status};
use kalends_core::graph::CalendarRole;
use kalends_core::ids::{HoldId, RunId};
use kalends_core::plan::{Change, Plan, Row};
use kalends_core::ports::GraphStore as _;
use kalends_core::schedule::{
    HoldEdit, Inquiry, Rule, Rules, Stretch, Trip, Why, availability, next_end,
};
use kalends_core::slice::{ReadSet, TimePage};
use kalends_core::step::UserEdit;
use kalends_core::time::{Length, Timestamp, When, Zone};
use kalends_core::wire;
use kalends_testkit::block_on::block_on;
use kalends_testkit::contract::Subject;
use kalends_testkit::contract::rows::{AT, set_up};

use crate::crash::Fate;
use crate::host::Host;
use crate::town::{ANN, Town};

const HOLD: HoldId = HoldId::from_bytes([42; 16]);
const HOUR_MS: i64 = 3_600_000;

fn at(hours: i64) -> Timestamp {
    AT.saturating_add_millis(hours * HOUR_MS)
}

fn body(hour: i64) -> Box<Body> {
    let start = When::Zoned(Zone::utc().civil(at(hour)), Zone::utc());
    let mut content = Content::at(Span { start, length: Length::Exact(3_600), end_zone: None });
    content.title = "Call".to_owned();
    Box::new(Body::single(content))
}

fn place(hold: HoldId, hour: i64, until: i64) -> UserEdit {
    let (hold, expires, despite) = (Some(hold), at(until), false);
    UserEdit::Hold(HoldEdit::Place { hold, body: body(hour), expires, despite })
}

fn codes<S: Subject>(town: &Town<S>, edit: UserEdit) -> Vec<&'static str> {
    let fate = Fate::none();
    let notes = Host::new(town.store(), &fate).noted(ANN, edit).unwrap();
    notes.iter().map(|note| note.code).collect()
}

/// The time from now on for a day, as it is recorded, looked at at some hour.
fn time<S: Subject>(town: &Town<S>, now: i64) -> Vec<Stretch> {
    let page = TimePage { from: at(0), to: at(24) };
    let slice = town.load(ANN, &ReadSet { times: [page].into(), ..ReadSet::default() });
    let events = slice.events.into_iter().filter_map(|(id, bundle)| Some((id, bundle?))).collect();
    let rules = Rules::of(slice.config.rules.values());
    let inquiry = Inquiry { now: at(now), range: at(0)..at(24), waived: BTreeSet::new() };
    availability(&slice.config, &events, &rules, &inquiry)
}

fn why<S: Subject>(town: &Town<S>, (now, hour): (i64, i64)) -> Vec<Why> {
    let stretches = time(town, now);
    let found = stretches.iter().find(|one| one.range.contains(&at(hour))).unwrap();
    found.why.iter().copied().filter(|why| *why != Why::Notice).collect()
}

/// Statuses of what the own calendar holds.
fn events<S: Subject>(town: &Town<S>) -> Vec<Status> {
    let page = TimePage { from: at(-100), to: at(500) };
    let slice = town.load(ANN, &ReadSet { times: [page].into(), ..ReadSet::default() });
    let presences = slice.events.values().flatten().flat_map(|bundle| bundle.presences.values());
    presences.map(|presence| presence.body.content.status).collect()
}

#[test]
fn a_hold_is_placed_once_extended_and_released() {
    let town = Town::<HostileMemory>::new();
    assert_eq!(codes(&town, place(HOLD, 3, 10)), [""; 0]);
    assert_eq!(codes(&town, place(HOLD, 3, 10)), [""; 0], "the same again changes nothing");
    assert_eq!((events(&town), why(&town, (0, 3))), (vec![Status::Tentative], vec![Why::Held]));
    assert_eq!(codes(&town, place(HoldId::from_bytes([1; 16]), 3, 10)), ["hold.taken"]);
    let extend = |hours| HoldEdit::Extend { hold: HOLD, expires: at(hours) };
    assert_eq!(codes(&town, UserEdit::Hold(extend(20))), [""; 0]);
    assert_eq!(codes(&town, UserEdit::Hold(extend(-1))), ["hold.expired"]);
    assert_eq!(codes(&town, UserEdit::Hold(HoldEdit::Release { hold: HOLD })), [""; 0]);
    assert_eq!((events(&town), why(&town, (0, 3))), (vec![], vec![]));
}

#[test]
fn a_hold_becomes_an_event_unless_something_came_into_its_time() {
    let town = Town::<SqliteMemory>::new();
    let convert = |despite| UserEdit::Hold(HoldEdit::Convert { hold: HOLD, despite });
    assert_eq!(codes(&town, place(HOLD, 3, 10)), [""; 0]);
    assert_eq!(codes(&town, UserEdit::PutEvent { event: None, body: body(3) }), [""; 0]);
    assert_eq!(codes(&town, convert(false)), ["hold.taken"]);
    assert_eq!(codes(&town, convert(true)), [""; 0]);
    assert_eq!(events(&town), [Status::Confirmed, Status::Confirmed]);
    assert_eq!(why(&town, (0, 3)), [Why::Busy]);
    assert_eq!(codes(&town, place(HOLD, 3, 10)), ["hold.over"]);
}

#[test]
fn a_hold_that_ran_out_takes_no_time_and_then_goes() {
    let town = Town::<Memory>::new();
    codes(&town, place(HOLD, 3, 2));
    assert_eq!(why(&town, (1, 3)), [Why::Held]);
    assert_eq!(why(&town, (2, 3)), [], "it counts no more, though its event is still there");
    let config = town.load(ANN, &ReadSet::default()).config;
    assert_eq!((next_end(&config, at(1)), next_end(&config, at(2))), (Some(at(2)), None));
    let config = town.load(ANN, &ReadSet::default()).config;
    assert_eq!((next_end(&config, at(1)), next_end(&config, at(2))), (Some(at(2)), None));
    let fate = Fate::none();
    Host::at(town.store(), &fate, at(1)).tick(ANN).unwrap();
    assert_eq!(events(&town), [Status::Tentative]);
    Host::at(town.store(), &fate, at(2)).tick(ANN).unwrap();
    assert_eq!(events(&town), []);
    assert!(town.load(ANN, &ReadSet::default()).config.holds.is_empty());
}

/// What the providers say of the clock in the run whose steps follow.
fn said<S: Subject>(town: &Town<S>, clock: ClockWord) {
    let id = RunId::from_bytes([9; 16]);
    let run = Run {
        id,
        started: AT,
        read: Vec::new(),
        searched: Vec::new(),
        released: Vec::new(),
        clock,
    };
    let row = Row::Run(run);
    let bytes = wire::encode(&row);
    let plan = Plan { changes: vec![Change::Put(row, bytes)], ..Plan::default() };
    let base = town.load(ANN, &ReadSet::default()).version;
    block_on(town.store().commit(ANN, base, &plan)).unwrap();
}

#[test]
fn a_clock_that_jumped_lets_no_hold_go_until_a_provider_agrees() {
    let town = Town::<Memory>::new();
    let is_theirs = |row: &Row| {
        let Row::Calendar(calendar) = row else { return matches!(row, Row::Account(_)) };
        calendar.role == CalendarRole::Theirs
    };
    let theirs = set_up().into_iter().filter(is_theirs);
    let put = |row: Row| {
        let bytes = wire::encode(&row);
        Change::Put(row, bytes)
    };
    let plan = Plan { changes: theirs.map(put).collect(), ..Plan::default() };
    let base = town.load(ANN, &ReadSet::default()).version;
    block_on(town.store().commit(ANN, base, &plan)).unwrap();
    codes(&town, place(HOLD, 3, 10));
    let fate = Fate::none();
    for doubtful in [ClockWord::None, ClockWord::Jumped, ClockWord::Differs] {
        said(&town, doubtful);
        Host::at(town.store(), &fate, at(1_000)).tick(ANN).unwrap();
        assert_eq!(events(&town), [Status::Tentative], "{doubtful:?}");
        assert!(town.load(ANN, &ReadSet::default()).config.holds.contains_key(&HOLD));
    }
    said(&town, ClockWord::Agrees);
    Host::at(town.store(), &fate, at(1_000)).tick(ANN).unwrap();
    assert_eq!(events(&town), []);
}

#[test]
fn a_trip_blocks_its_time_by_an_event_that_goes_with_it() {
    let town = Town::<HostileMemory>::new();
    let zone = Zone::resolve("Asia/Tokyo").unwrap();
    let trip = |hours| Trip { range: at(5)..at(hours), zone: zone.clone(), blocks: true };
    let rule = |hours| Rule::Trip(trip(hours), "Tokyo".to_owned());
    let set = |hours| UserEdit::SetRule { rule: Box::new(rule(hours)), base: None };
    assert_eq!(codes(&town, set(8)), [""; 0]);
    assert_eq!(codes(&town, set(8)), [""; 0], "the same again changes nothing");
    assert_eq!(why(&town, (0, 6)), [Why::Busy, Why::Trip]);
    let page = TimePage { from: at(5), to: at(8) };
    let slice = town.load(ANN, &ReadSet { times: [page].into(), ..ReadSet::default() });
    let presences = slice.events.values().flatten().flat_map(|bundle| bundle.presences.values());
    let contents: Vec<_> = presences.map(|one| &one.body.content).collect();
    assert_eq!(contents.len(), 1);
    assert_eq!((contents[0].kind, contents[0].title.as_str()), (Kind::OutOfOffice, "Tokyo"));
    // Other dates: another trip, and the first is taken back.
    assert_eq!(codes(&town, set(10)), [""; 0]);
    let first = rule(8).id(&crate::town::keys(ANN));
    assert_eq!(codes(&town, UserEdit::RemoveRule { rule: first }), [""; 0]);
    assert_eq!((why(&town, (0, 9)), events(&town).len()), (vec![Why::Busy, Why::Trip], 1));
    let second = rule(10).id(&crate::town::keys(ANN));
    assert_eq!(codes(&town, UserEdit::RemoveRule { rule: second }), [""; 0]);
    assert_eq!((why(&town, (0, 6)), events(&town).len()), (vec![], 0));
}

#[test]
fn an_undo_takes_rules_and_holds_back_with_what_they_put_down() {
    let town = Town::<HostileMemory>::new();
    let fate = Fate::none();
    let host = Host::new(town.store(), &fate);
    let rule = Box::new(Rule::Notice(HOUR_MS));
    let zone = Zone::utc();
    let trip = Trip { range: at(5)..at(8), zone, blocks: true };
    let trip = Box::new(Rule::Trip(trip, "Tokyo".to_owned()));
    for edit in [
        UserEdit::SetRule { rule, base: None },
        UserEdit::SetRule { rule: trip, base: None },
        place(HOLD, 3, 10),
    ] {
        let run = host.run(ANN, edit).unwrap();
        host.edit(ANN, UserEdit::Undo { run }).unwrap();
        let config = town.load(ANN, &ReadSet::default()).config;
        assert_eq!((config.rules.len(), config.holds.len(), events(&town)), (0, 0, vec![]));
    }
}
