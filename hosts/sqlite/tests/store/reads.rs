//! The read side: bounded pages in a fixed order.

use super::common::{Disk, commit, journal, load, plan};
use kalends_core::cursor::{ClockWord, Run};
use kalends_core::ids::{GraphId, RunId};
use kalends_core::journal::{Cause, CauseKind, Entry, Payload};
use kalends_core::mirror::{ParkReason, Part, PartKey, PartStatus};
use kalends_core::plan::{Plan, Row};
use kalends_core::presence::{AsideKind, Guests, Pending, Presence};
use kalends_core::slice::{GraphVersion, ReadSet};
use kalends_core::time::{Rule, Timestamp};
use kalends_sql::queries::{
    AsideFilter, AsidesPage, Counts, CountsOf, HeadOf, HeadsPage, JournalFilter, JournalPage, Left,
    LeftIn, OpenByCalendar, OpenOf, ParkedOrigin, ParkedOriginsPage, PartFilter, PartsPage,
    PresencesPage, RunsPage, Stir, Stirred,
};
use kalends_sqlite::SqliteStore;
use kalends_testkit::block_on::block_on;
use kalends_testkit::contract::queue::job;
use kalends_testkit::contract::rows::{
    AT, GRAPH, RUN, aside, calendar_id, event, event_id, mirror, part, part_ref, part_value,
    presence, presence_gone, presence_row, stray,
};

const HOUR_MS: i64 = 3_600_000;
/// When event 0 of the rows starts.
const START_MS: i64 = 1_772_355_600_000;

/// A deletion that waits to be written.
const fn pending() -> Pending {
    Pending {
        want: None,
        base: None,
        from: None,
        joined: false,
        guests: Guests::Untold,
        before: Vec::new(),
        attempts: 1,
        retry_at: None,
        parked: None,
    }
}

fn in_time(store: &SqliteStore, from_hour: i64, to_hour: i64) -> Vec<u32> {
    let mut page = PresencesPage {
        graph: GRAPH,
        calendar: calendar_id(1),
        from: Timestamp::from_millis(START_MS + from_hour * HOUR_MS),
        to: Timestamp::from_millis(START_MS + to_hour * HOUR_MS),
        after: None,
        limit: 2,
    };
    let mut events = Vec::new();
    loop {
        let found = block_on(store.query(page.clone())).unwrap();
        let Some(last) = found.last() else { return events };
        page.after = Some((last.starts, last.event));
        for row in &found {
            events.extend((0..50).find(|n| event_id(*n) == row.event));
            assert!(row.presence.body.content.title.starts_with("event"));
        }
    }
}

#[test]
fn presences_are_found_by_time_in_pages() {
    let disk = Disk::new();
    let store = disk.open();
    commit(&store, &plan((0..8).map(|n| presence_row(n, 1)).chain([presence_row(3, 2)])));
    assert_eq!(in_time(&store, 0, 100), [0, 1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(in_time(&store, 3, 5), [2, 3, 4]);
    assert!(in_time(&store, -9, 0).is_empty());
    assert!(in_time(&store, 9, 10).is_empty());
}

#[test]
fn a_series_is_found_as_long_as_it_may_last() {
    let disk = Disk::new();
    let store = disk.open();
    let series = |n, rule: &str| {
        let mut presence = presence(n, 1);
        let rules = vec![Rule::parse(rule).unwrap()];
        presence.body.recurrence =
            Some(kalends_core::event::Recurrence { rules, ..Default::default() });
        Row::Presence(event_id(n), calendar_id(1), Box::new(presence))
    };
    commit(
        &store,
        &plan([
            series(1, "FREQ=DAILY"),
            series(2, "FREQ=DAILY;COUNT=3"),
            series(3, "FREQ=DAILY;UNTIL=20260310T000000Z"),
        ]),
    );
    assert_eq!(in_time(&store, 24 * 5, 24 * 6), [1, 2, 3]);
    assert_eq!(in_time(&store, 24 * 100, 24 * 101), [1, 2]);
}

#[test]
fn the_journal_is_paged_whole_by_event_and_by_run() {
    let disk = Disk::new();
    let store = disk.open();
    journal(&store, &["[1]", "[2]"]);
    let head = load(&store, &ReadSet::default()).head;
    let payload = Payload(b"[3]".to_vec());
    let other = RunId::from_bytes([7; 16]);
    let cause = Cause::of(CauseKind::Wrote).in_calendar(calendar_id(1));
    let entry = Entry::after(head, (AT, other), cause, Some(event_id(1)), &payload);
    let entries = vec![(entry, payload)];
    commit(&store, &Plan { entries: entries.clone(), ..Plan::default() });
    let page = |filter, after, limit| {
        let page = JournalPage { graph: GRAPH, filter, after, limit };
        block_on(store.query(page)).unwrap()
    };
    let numbers = |found: Vec<(Entry, Option<Payload>)>| {
        found.into_iter().map(|(entry, _)| entry.seq).collect::<Vec<_>>()
    };
    assert_eq!(numbers(page(JournalFilter::All, 0, 2)), [1, 2]);
    assert_eq!(numbers(page(JournalFilter::All, 2, 2)), [3]);
    assert_eq!(numbers(page(JournalFilter::Run(RUN), 1, 9)), [2]);
    let (entry, payload) = entries.into_iter().next().unwrap();
    assert_eq!(page(JournalFilter::Event(event_id(1)), 0, 9), [(entry, Some(payload))]);
}

#[test]
fn parts_are_found_by_status() {
    let disk = Disk::new();
    let store = disk.open();
    let parked = |n| {
        let status = PartStatus::Parked(ParkReason::Contended);
        Row::Part(part_ref(n, 1, PartKey::Whole), calendar_id(n), Part { status, ..part_value() })
    };
    commit(&store, &plan([part(1, 1, PartKey::Whole), parked(2), parked(3), parked(4)]));
    let page = |filter, after, limit| {
        let page = PartsPage { graph: GRAPH, filter, after, limit };
        let found = block_on(store.query(page)).unwrap();
        found.into_iter().map(|row| row.key).collect::<Vec<_>>()
    };
    let key = |n| part_ref(n, 1, PartKey::Whole);
    assert_eq!(page(PartFilter::Due, None, 9), [key(1)]);
    assert_eq!(page(PartFilter::Parked, None, 2), [key(2), key(3)]);
    assert_eq!(page(PartFilter::Parked, Some(key(3)), 2), [key(4)]);
    assert_eq!(page(PartFilter::Unsure, None, 2), []);
    let counted = block_on(store.query(OpenByCalendar { graph: GRAPH })).unwrap();
    let open = |calendar, open, parked| OpenOf { calendar: calendar_id(calendar), open, parked };
    assert_eq!(counted, [open(2, 1, 1), open(3, 0, 1), open(4, 0, 1)]);
}

#[test]
fn objects_set_aside_are_found_by_reason() {
    let disk = Disk::new();
    let store = disk.open();
    let foreign = |object| aside(1, object, AsideKind::ForeignManaged { product: "p".to_owned() });
    commit(&store, &plan([stray(1, 1, "/s"), foreign("/a"), foreign("/b"), foreign("/c")]));
    let page = |filter, after: Option<&str>| {
        let after = after.map(|id| (calendar_id(1), kalends_core::ids::ProviderId(id.to_owned())));
        let page = AsidesPage { graph: GRAPH, filter, after, limit: 2 };
        let found = block_on(store.query(page)).unwrap();
        found.into_iter().map(|aside| aside.object.0).collect::<Vec<_>>()
    };
    assert_eq!(page(AsideFilter::ForeignManaged, None), ["/a", "/b"]);
    assert_eq!(page(AsideFilter::ForeignManaged, Some("/b")), ["/c"]);
    assert_eq!(page(AsideFilter::Stray, None), ["/s"]);
    assert_eq!(page(AsideFilter::Quarantined, None), Vec::<String>::new());
}

#[test]
fn runs_are_listed_last_first() {
    let disk = Disk::new();
    let store = disk.open();
    let run = |n: u8| Run {
        id: RunId::from_bytes([n; 16]),
        started: Timestamp::from_millis(i64::from(n)),
        read: Vec::new(),
        searched: Vec::new(),
        released: Vec::new(),
        clock: ClockWord::None,
    };
    commit(&store, &plan((1..=3).map(|n| Row::Run(run(n)))));
    let page = |before| block_on(store.query(RunsPage { graph: GRAPH, before, limit: 2 })).unwrap();
    assert_eq!(page(None), [run(3), run(2)]);
    assert_eq!(page(Some((run(2).started, run(2).id))), [run(1)]);
}

#[test]
fn rows_are_counted() {
    let disk = Disk::new();
    let store = disk.open();
    let rows = [
        event(1),
        presence_row(1, 1),
        presence_gone(1, 2),
        mirror(1, 1),
        part(1, 1, PartKey::Whole),
        stray(1, 1, "/s"),
    ];
    commit(&store, &Plan { jobs: vec![job(1, 1)], ..plan(rows) });
    let counts = block_on(store.query(CountsOf { graph: GRAPH })).unwrap();
    let expected = Counts {
        events: 1,
        presences: 2,
        gone: 1,
        mirrors: 1,
        parts: 1,
        open: 1,
        parked: 0,
        strays: 1,
        foreign: 0,
        quarantined: 0,
        jobs: 1,
    };
    assert_eq!(counts, expected);
    let left = block_on(store.query(LeftIn { graph: GRAPH })).unwrap();
    assert_eq!(left, Left { gone: 1, open: 1, parked: 0, quarantined: 0, jobs: 1 });
}

/// Catches a glance that costs as much as there are graphs, and one that misses a graph that moved.
#[test]
fn of_many_graphs_those_alone_are_looked_at_that_moved_since() {
    let disk = Disk::new();
    let store = disk.open();
    let others = (0..50).map(|n| GraphId::from_bytes([n + 100; 16]));
    others.for_each(|graph| block_on(store.create(graph)).unwrap());
    let look = |after| block_on(store.query(HeadsPage { after, limit: 100 })).unwrap();
    let last = |heads: &[HeadOf]| heads.last().map(|head| head.moved);
    let all = look(None);
    assert_eq!(all.len(), 51);
    assert_eq!(look(last(&all)), []);
    journal(&store, &["[]"]);
    let moved = look(last(&all));
    let [HeadOf { graph: GRAPH, version: GraphVersion(1), seq: 1, .. }] = moved[..] else {
        unreachable!("{moved:?}")
    };
    assert_eq!(look(last(&moved)), []);
    commit(&store, &plan([event(1)]));
    let again = look(last(&moved));
    assert_eq!(again.len(), 1, "one that leaves the journal as it is");
    let made = GraphId::from_bytes([99; 16]);
    block_on(store.create(made)).unwrap();
    assert_eq!(look(last(&again)).iter().map(|head| head.graph).collect::<Vec<_>>(), [made]);
}

/// Catches a list of what waits for a person that costs a look at all that is held.
#[test]
fn of_many_origins_those_alone_are_read_whose_change_is_parked() {
    let disk = Disk::new();
    let store = disk.open();
    let with = |n, calendar, parked: Option<&str>| {
        let parked = parked.map(str::to_owned);
        let pending = Pending { parked, ..pending() };
        let presence = Presence { pending: Some(pending), ..presence(n, calendar) };
        Row::Presence(event_id(n), calendar_id(calendar), Box::new(presence))
    };
    let rows = (0..50).map(|n| presence_row(n, 1));
    let parked = [with(3, 2, Some("a")), with(5, 1, Some("b")), with(5, 2, Some("c"))];
    commit(&store, &plan(rows.chain(parked).chain([with(7, 1, None)])));
    let look = |after, limit| {
        let found =
            block_on(store.query(ParkedOriginsPage { graph: GRAPH, after, limit })).unwrap();
        let why =
            |row: &ParkedOrigin| row.presence.pending.as_ref().unwrap().parked.clone().unwrap();
        let keys = found.iter().map(|row| (row.event, row.calendar)).collect::<Vec<_>>();
        (keys, found.iter().map(why).collect::<String>())
    };
    let (keys, why) = look(None, 9);
    assert_eq!((keys.len(), &*why), (3, "abc"));
    assert_eq!(look(Some(keys[0]), 1), (vec![keys[1]], "b".to_owned()));
    commit(&store, &plan([with(5, 1, None), presence_row(5, 2)]));
    assert_eq!(look(None, 9).1, "a", "what is tried again waits for nobody");
}

/// Catches a stamp that stands still while another process commits, or moves while nobody does, and
/// a graph that seems changed by people because its providers showed something.
#[test]
fn what_another_process_commits_shows_and_who_changed_it() {
    let disk = Disk::new();
    let (store, other) = (disk.open(), disk.open());
    let stamp = || block_on(store.stamp()).unwrap();
    let before = stamp();
    assert_eq!(stamp(), before, "nobody committed");
    journal(&other, &["[]"]);
    assert_ne!(stamp(), before);
    let changed = |after| block_on(store.query(Stirred { graph: GRAPH, after })).unwrap();
    assert_eq!(changed(0), Stir::None, "it was seen at a provider");
    let payload = Payload(b"[]".to_vec());
    let head = load(&other, &ReadSet::default()).head;
    let entry = Entry::after(head, (AT, RUN), Cause::of(CauseKind::Met), None, &payload);
    commit(&other, &Plan { entries: vec![(entry, payload)], ..Plan::default() });
    assert_eq!(changed(0), Stir::Met, "another graph said something");
    let payload = Payload(b"[]".to_vec());
    let head = load(&other, &ReadSet::default()).head;
    let entry = Entry::after(head, (AT, RUN), Cause::of(CauseKind::Authored), None, &payload);
    commit(&other, &Plan { entries: vec![(entry, payload)], ..Plan::default() });
    assert_eq!([0, 2, 3].map(changed), [Stir::Changed, Stir::Changed, Stir::None]);
}
