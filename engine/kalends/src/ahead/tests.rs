//! What is kept is never older than the graph, and saves what it is for.

use core::cell::Cell;
use core::ops::Range;

use kalends_core::author::author;
use kalends_core::event::{Body, Content, Recurrence, Span};
use kalends_core::ids::{EventId, RunId, StepSeed};
use kalends_core::keys::GraphKeys;
use kalends_core::plan::Plan;
use kalends_core::schedule::{HoldEdit, Hours, Rule, Weekdays};
use kalends_core::slice::{GraphVersion, Slice, TimePage};
use kalends_core::step::{Env, EventEdit, UserEdit};
use kalends_core::time::{Length, Rule as Repeat, When, Zone};
use kalends_testkit::block_on::block_on;
use kalends_testkit::memory::MemoryStore;

use super::kept::ENTRIES_MAX;
use super::*;

const GRAPH: GraphId = GraphId::from_bytes([1; 16]);
const NOW: Timestamp = Timestamp::from_seconds(1_772_000_000);

/// A store that counts the presences that are read.
#[derive(Default)]
struct Counting(MemoryStore, Cell<usize>);

impl GraphStore for Counting {
    async fn load(&self, graph: GraphId, want: &ReadSet) -> Result<Slice, StoreError> {
        let slice = self.0.load_now(graph, want)?;
        let read = slice.events.values().flatten().map(|bundle| bundle.presences.len());
        self.1.set(self.1.get() + read.sum::<usize>());
        Ok(slice)
    }

    async fn commit(
        &self,
        graph: GraphId,
        base: GraphVersion,
        plan: &Plan,
    ) -> Result<GraphVersion, StoreError> {
        self.0.commit_now(graph, base, plan)
    }
}

impl Counting {
    fn read(&self) -> usize {
        self.1.replace(0)
    }

    fn does(&self, edit: UserEdit, seed: u8) {
        let keys = GraphKeys { graph: GRAPH, secret: [7; 32] };
        let run = RunId::from_bytes([seed; 16]);
        let env = Env { now: NOW, seed: StepSeed([seed; 32]), run, keys };
        let mut want = ReadSet::default();
        let (slice, plan) = loop {
            let slice = self.0.load_now(GRAPH, &want).unwrap();
            match author(&slice, core::slice::from_ref(&edit), &env) {
                Ok(plan) => break (slice, plan),
                Err(missing) => want.merge(*missing.0),
            }
        };
        assert!(!plan.changes.is_empty(), "{edit:?}");
        self.0.commit_now(GRAPH, slice.version, &plan).unwrap();
    }
}

fn after(hours: i64) -> Timestamp {
    NOW.saturating_add_millis(hours * 3_600_000)
}

fn body(hour: i64) -> Box<Body> {
    let start = When::Zoned(Zone::utc().civil(after(hour)), Zone::utc());
    let span = Span { start, length: Length::Exact(3_600), end_zone: None };
    Box::new(Body::single(Content::at(span)))
}

fn event(hour: i64) -> UserEdit {
    UserEdit::PutEvent { event: None, body: body(hour) }
}

fn week(now: Timestamp) -> Inquiry {
    Inquiry { now, range: NOW..after(168), waived: BTreeSet::new() }
}

/// What is said now, which must be what the events say; how many presences were read for it.
fn asked(ahead: &Ahead, store: &Counting, inquiry: &Inquiry) -> usize {
    store.read();
    let (_, time) = block_on(ahead.own_time(store, GRAPH, inquiry)).unwrap();
    let read = store.read();
    let (_, own) = block_on(own_time(store, GRAPH, inquiry)).unwrap();
    assert_eq!(time, own);
    read
}

/// Catches a second question that reads all events again, and an answer that is older than the
/// graph: after an event, a rule, a hold, and the end of a hold.
#[test]
fn a_second_question_reads_no_presence_and_is_never_answered_from_before_a_change() {
    let (store, ahead) = (Counting::default(), Ahead::default());
    store.0.create(GRAPH);
    (0..20).for_each(|n| store.does(event(2 + 3 * i64::from(n)), 10 + n));
    let renew = || block_on(ahead.renew(&store, GRAPH, NOW)).unwrap();
    assert_eq!(ahead.due(NOW), [], "nobody asked yet");
    assert_eq!(asked(&ahead, &store, &week(NOW)), 20);
    assert_eq!(ahead.due(NOW), [GRAPH]);
    renew();
    assert_eq!(ahead.due(NOW), []);
    assert_eq!(asked(&ahead, &store, &week(NOW)), 0);
    let hold = HoldEdit::Place { hold: None, body: body(100), expires: after(3), despite: false };
    let changes = [
        event(90),
        UserEdit::Hold(hold),
        UserEdit::SetRule { rule: Rule::Notice(1).into(), base: None },
    ];
    // Each reads what changed alone: an event, the event of a hold, and none.
    for ((change, seed), read) in changes.into_iter().zip(40..).zip([1, 1, 0]) {
        store.does(change, seed);
        assert_eq!(asked(&ahead, &store, &week(NOW)), read, "it moved");
        assert_eq!(asked(&ahead, &store, &week(NOW)), 0);
    }
    store.does(event(91), 43);
    ahead.moved(GRAPH);
    store.read();
    renew();
    assert_eq!(store.read(), 1, "nor is all read to work it out anew");
    assert_eq!(asked(&ahead, &store, &week(NOW)), 0);
    // A hold ends by itself, and nobody commits anything.
    assert_eq!(asked(&ahead, &store, &week(after(4))), 0);
    assert_eq!(ahead.counts(), AheadCounts { ahead: 9, events: 1 });
    // Another zone has days begin elsewhere.
    let home = Rule::Home(Zone::resolve("Asia/Tokyo").unwrap());
    store.does(UserEdit::SetRule { rule: home.into(), base: None }, 50);
    assert_eq!(asked(&ahead, &store, &week(NOW)), 23);
    renew();
    // Nor is a journal followed that went on for long.
    for n in 0..=ENTRIES_MAX {
        let (seed, rule) = (60 + u8::try_from(n % 100).unwrap(), Rule::Notice(2 + n as i64));
        store.does(UserEdit::SetRule { rule: rule.into(), base: None }, seed);
    }
    assert_eq!(asked(&ahead, &store, &week(NOW)), 23);
}

/// Catches an answer that holds on to an event which was deleted, or to where a series took place.
#[test]
fn what_went_and_what_moved_is_not_where_it_was() {
    let (store, ahead) = (Counting::default(), Ahead::default());
    store.0.create(GRAPH);
    let mut weekly = body(30);
    let rules = vec![Repeat::parse("FREQ=DAILY").unwrap()];
    weekly.recurrence = Some(Recurrence { rules, ..Recurrence::default() });
    store.does(UserEdit::PutEvent { event: None, body: weekly }, 1);
    store.does(event(50), 2);
    let page = TimePage { from: NOW, to: after(300) };
    let want = ReadSet { times: [page].into(), ..ReadSet::default() };
    let events: Vec<EventId> =
        store.0.load_now(GRAPH, &want).unwrap().events.keys().copied().collect();
    asked(&ahead, &store, &week(NOW));
    block_on(ahead.renew(&store, GRAPH, NOW)).unwrap();
    let config = store.0.load_now(GRAPH, &want).unwrap().config.clone();
    let calendar = *config.calendars.keys().next().unwrap();
    for (n, event) in events.into_iter().enumerate() {
        let put = UserEdit::PutEvent { event: Some(event), body: body(70) };
        store.does(put, 10 + u8::try_from(n).unwrap());
        assert_eq!(asked(&ahead, &store, &week(NOW)), 1);
        let (base, want) = (None, None);
        let gone = EventEdit { event, calendar, base, want, may_notify: false };
        store.does(UserEdit::ChangeEvent(gone), 20 + u8::try_from(n).unwrap());
        assert_eq!(asked(&ahead, &store, &week(NOW)), 0);
    }
    assert_eq!(ahead.counts().events, 1);
}

/// Catches a first question that reads all, though there was time to work it out, and somebody whom
/// somebody asked for who has to wait for those that nobody did.
#[test]
fn a_graph_is_worked_out_before_the_first_question() {
    let (store, ahead) = (Counting::default(), Ahead::default());
    store.0.create(GRAPH);
    store.does(event(5), 1);
    let other = GraphId::from_bytes([0; 16]);
    ahead.keep(&[GRAPH, other].into());
    assert_eq!(ahead.due(NOW), [other, GRAPH]);
    block_on(ahead.renew(&store, GRAPH, NOW)).unwrap();
    assert_eq!(ahead.due(after(24)), [other, GRAPH], "it was worked out a day ago");
    assert_eq!(ahead.due(NOW), [other]);
    store.does(event(6), 2);
    ahead.moved(GRAPH);
    store.read();
    block_on(ahead.renew(&store, GRAPH, NOW)).unwrap();
    assert_eq!(store.read(), 0, "nobody asked, and little changed");
    assert_eq!(asked(&ahead, &store, &week(NOW)), 1);
    assert_eq!(asked(&ahead, &store, &week(NOW)), 0);
    ahead.moved(GRAPH);
    assert_eq!(ahead.due(NOW), [GRAPH, other]);
    assert_eq!(ahead.due(after(25)), [other, GRAPH], "nobody asked for a day");
    let many = (0..=u16::MAX).map(|n| {
        let mut id = [2; 16];
        id[..2].copy_from_slice(&n.to_be_bytes());
        GraphId::from_bytes(id)
    });
    ahead.keep(&many.chain([GRAPH]).collect());
    assert_eq!(ahead.due(NOW).len(), GRAPHS_MAX);
}

/// Catches a year that is read as a whole for each part of it, and a part that is left out or
/// answered otherwise than when it is asked for alone, as on the days on which clocks are set.
#[test]
fn a_year_is_one_question_that_reads_each_event_about_once() {
    const SINGLES: usize = 60;
    let store = Counting::default();
    store.0.create(GRAPH);
    store.does(
        UserEdit::SetRule {
            rule: Rule::Home(Zone::resolve("Europe/Berlin").unwrap()).into(),
            base: None,
        },
        1,
    );
    let (days, minutes) = (Weekdays::WORKING, 540..1_020);
    let hours = Rule::Hours(Hours { zone: None, days, minutes });
    store.does(UserEdit::SetRule { rule: hours.into(), base: None }, 2);
    for n in 0..SINGLES {
        store.does(event(146 * i64::try_from(n).unwrap()), 10 + u8::try_from(n).unwrap());
    }
    let mut weekly = body(30);
    let rules = vec![Repeat::parse("FREQ=WEEKLY").unwrap()];
    weekly.recurrence = Some(Recurrence { rules, ..Recurrence::default() });
    store.does(UserEdit::PutEvent { event: None, body: weekly }, 3);
    let asked = |range: Range<Timestamp>| {
        let inquiry = Inquiry { now: NOW, range, waived: BTreeSet::new() };
        block_on(own_time(&store, GRAPH, &inquiry)).unwrap().1
    };
    store.read();
    let year = asked(NOW..after(366 * 24));
    // A series is read for each four weeks, and an event at the seam of two of them twice.
    let (read, parts) = (store.read(), 14);
    assert!((SINGLES + parts..=SINGLES + 2 * parts).contains(&read), "{read}");
    // Among them the end of March and of October, by Berlin's clock.
    for day in [0, 27, 28, 31, 32, 241, 242, 365] {
        for alone in asked(after(24 * day)..after(24 * (day + 1))) {
            let at = year.partition_point(|one| one.range.end <= alone.range.start);
            let one = &year[at];
            assert!(one.range.end >= alone.range.end, "{alone:?} {one:?}");
            let said = (one.free_permille, &one.why);
            assert_eq!(said, (alone.free_permille, &alone.why), "{alone:?}");
        }
    }
}

/// Catches a graph with a series that is too much to be followed, all of which is read after each change
/// though nothing is ever answered from that.
#[test]
fn what_is_too_much_to_be_followed_is_not_worked_out_again_and_again() {
    let (store, ahead) = (Counting::default(), Ahead::default());
    store.0.create(GRAPH);
    let mut often = body(-300);
    let rules = vec![Repeat::parse("FREQ=SECONDLY").unwrap()];
    often.recurrence = Some(Recurrence { rules, ..Recurrence::default() });
    store.does(UserEdit::PutEvent { event: None, body: often }, 1);
    assert_eq!(asked(&ahead, &store, &week(NOW)), 1);
    block_on(ahead.renew(&store, GRAPH, NOW)).unwrap();
    for seed in 2..5 {
        store.does(event(5 + i64::from(seed)), seed);
        ahead.moved(GRAPH);
        store.read();
        block_on(ahead.renew(&store, GRAPH, NOW)).unwrap();
        assert_eq!(store.read(), 0);
        assert_eq!(asked(&ahead, &store, &week(NOW)), usize::from(seed), "all of it is read once");
    }
    assert_eq!(ahead.counts().ahead, 0);
}

/// Catches an answer about a time that was not looked at, and a graph that is gone and worked for.
#[test]
fn what_lies_farther_ahead_is_read_and_who_is_gone_is_forgotten() {
    let (store, ahead) = (Counting::default(), Ahead::default());
    store.0.create(GRAPH);
    store.does(event(24 * 40), 1);
    asked(&ahead, &store, &week(NOW));
    block_on(ahead.renew(&store, GRAPH, NOW)).unwrap();
    let far = Inquiry { range: NOW..after(24 * 41), ..week(NOW) };
    assert_eq!(asked(&ahead, &store, &far), 1);
    assert_eq!(ahead.due(NOW), [], "it did not move");
    ahead.moved(GRAPH);
    assert_eq!(ahead.due(NOW), [GRAPH]);
    ahead.keep(&BTreeSet::new());
    assert_eq!(ahead.due(NOW), [], "the graph is gone");
}
