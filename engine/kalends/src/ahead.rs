//! Free times of people who are asked for often, worked out before the next question.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kalends_core::ids::GraphId;
use kalends_core::journal::Head;
use kalends_core::ports::{GraphStore, StoreError};
use kalends_core::schedule::{Inquiry, Rules, Stretch, Taking, reach};
use kalends_core::slice::{Config, ReadSet, TimePage};
use kalends_core::time::Timestamp;

use crate::time::own_time;

const DAY_MS: i64 = 86_400_000;
/// A graph is active for so long after a question about it, in milliseconds: a day.
const ACTIVE_MS: i64 = DAY_MS;
/// How far back and ahead of now is worked out, in milliseconds: the week now and the four after it, in any zone.
const BACK_MS: i64 = 8 * DAY_MS;
const AHEAD_MS: i64 = 36 * DAY_MS;
/// Graphs that are remembered; of more, those go that were asked for longest ago.
const GRAPHS_MAX: usize = 1_000;

/// What events take of the time of active people: those somebody asked for within a day. Clones are
/// the same one.
///
/// What is kept is bound to the last entry of the graph's journal, which every change of an event, a
/// rule or a hold moves; each question reads that entry, so that no answer is older than the graph. A
/// question costs the set-up alone where what is kept is of that entry, and all events of its time where
/// it is not. The host calls [`Ahead::renew`] for each of [`Ahead::due`] when a graph has come to rest.
#[derive(Debug, Clone, Default)]
pub struct Ahead(Arc<Mutex<All>>);

/// How many questions about free times there were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AheadCounts {
    /// Answered from what was worked out before.
    pub ahead: u64,
    /// Answered from events.
    pub events: u64,
}

#[derive(Debug, Default)]
struct All {
    graphs: BTreeMap<GraphId, Active>,
    counts: AheadCounts,
}

#[derive(Debug)]
struct Active {
    asked: Timestamp,
    /// Whether it is to be worked out anew.
    due: bool,
    kept: Option<Arc<Kept>>,
}

#[derive(Debug)]
struct Kept {
    /// When it was worked out, and by which entry of the journal.
    at: Timestamp,
    head: Head,
    taking: Taking,
}

impl Ahead {
    /// As [`own_time`], from what was worked out before where that is still so.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn own_time<S: GraphStore>(
        &self,
        store: &S,
        graph: GraphId,
        inquiry: &Inquiry,
    ) -> Result<(Arc<Config>, Vec<Stretch>), StoreError> {
        if let Some(kept) = self.asked(graph, inquiry.now) {
            let slice = store.load(graph, &ReadSet::default()).await?;
            let rules = Rules::of(slice.config.rules.values());
            let is_current = kept.head == slice.head;
            if is_current && kept.taking.covers(&rules, &inquiry.range) {
                self.all().counts.ahead += 1;
                let time = kept.taking.availability(&slice.config, &rules, inquiry);
                return Ok((slice.config, time));
            }
            if !is_current || inquiry.now.millis_since(kept.at) >= DAY_MS {
                self.moved(graph);
            }
        }
        self.all().counts.events += 1;
        own_time(store, graph, inquiry).await
    }

    /// How many questions there were.
    #[must_use]
    pub fn counts(&self) -> AheadCounts {
        self.all().counts
    }

    /// A graph moved, or may have: what is kept of it is to be worked out anew.
    pub fn moved(&self, graph: GraphId) {
        if let Some(active) = self.all().graphs.get_mut(&graph) {
            active.due = true;
        }
    }

    /// Nothing is kept of other graphs than these.
    pub fn keep(&self, there: &BTreeSet<GraphId>) {
        self.all().graphs.retain(|graph, _| there.contains(graph));
    }

    /// The active graphs that are to be worked out anew; those that are active no more are forgotten.
    #[must_use]
    pub fn due(&self, now: Timestamp) -> Vec<GraphId> {
        let mut all = self.all();
        all.graphs.retain(|_, active| now.millis_since(active.asked) < ACTIVE_MS);
        all.graphs.iter().filter(|(_, active)| active.due).map(|(graph, _)| *graph).collect()
    }

    /// Works out what events take of a graph's time around now, unless it is known already.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn renew<S: GraphStore>(
        &self,
        store: &S,
        graph: GraphId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        // What moves from here on is due again.
        if let Some(active) = self.all().graphs.get_mut(&graph) {
            active.due = false;
        }
        let around = now.saturating_add_millis(-BACK_MS)..now.saturating_add_millis(AHEAD_MS);
        let config = store.load(graph, &ReadSet::default()).await?.config;
        let reach = reach(&Rules::of(config.rules.values()), &around);
        let times = [TimePage { from: reach.start, to: reach.end }].into();
        let slice = store.load(graph, &ReadSet { times, ..ReadSet::default() }).await?;
        let found = slice.events.into_iter().filter_map(|(id, bundle)| Some((id, bundle?)));
        let rules = Rules::of(slice.config.rules.values());
        let taking = Taking::of(&slice.config, &found.collect(), &rules, &reach);
        if let Some(active) = self.all().graphs.get_mut(&graph) {
            active.kept = Some(Arc::new(Kept { at: now, head: slice.head, taking }));
        }
        Ok(())
    }

    /// Marks a graph as active: what is kept of it.
    fn asked(&self, graph: GraphId, now: Timestamp) -> Option<Arc<Kept>> {
        let graphs = &mut self.all().graphs;
        if graphs.len() >= GRAPHS_MAX && !graphs.contains_key(&graph) {
            let oldest = graphs.iter().min_by_key(|(_, active)| active.asked);
            let oldest = oldest.map(|(graph, _)| *graph);
            oldest.map(|oldest| graphs.remove(&oldest));
        }
        let active = graphs.entry(graph).or_insert(Active { asked: now, due: true, kept: None });
        active.asked = now;
        active.kept.clone()
    }

    fn all(&self) -> MutexGuard<'_, All> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use core::cell::Cell;
    use core::ops::Range;

    use kalends_core::author::author;
    use kalends_core::event::{Body, Content, Recurrence, Span};
    use kalends_core::ids::{RunId, StepSeed};
    use kalends_core::keys::GraphKeys;
    use kalends_core::plan::Plan;
    use kalends_core::schedule::{HoldEdit, Hours, Rule, Weekdays};
    use kalends_core::slice::{GraphVersion, Slice};
    use kalends_core::step::{Env, UserEdit};
    use kalends_core::time::{Length, Rule as Repeat, When, Zone};
    use kalends_testkit::block_on::block_on;
    use kalends_testkit::memory::MemoryStore;

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
        let hold =
            HoldEdit::Place { hold: None, body: body(100), expires: after(3), despite: false };
        let changes =
            [event(90), UserEdit::Hold(hold), UserEdit::SetRule { rule: Rule::Notice(1).into() }];
        for (change, seed) in changes.into_iter().zip(40..) {
            store.does(change, seed);
            assert!(asked(&ahead, &store, &week(NOW)) > 20, "it moved");
            renew();
            assert_eq!(asked(&ahead, &store, &week(NOW)), 0);
        }
        // A hold ends by itself, and nobody commits anything.
        assert_eq!(asked(&ahead, &store, &week(after(4))), 0);
        let counts = AheadCounts { ahead: 5, events: 4 };
        assert_eq!(ahead.counts(), counts);
    }

    /// Catches a year that is read as a whole for each part of it, and a part that is left out or
    /// answered otherwise than when it is asked for alone, as on the days on which clocks are set.
    #[test]
    fn a_year_is_one_question_that_reads_each_event_about_once() {
        const SINGLES: usize = 60;
        let store = Counting::default();
        store.0.create(GRAPH);
        store.does(
            UserEdit::SetRule { rule: Rule::Home(Zone::resolve("Europe/Berlin").unwrap()).into() },
            1,
        );
        let (days, minutes) = (Weekdays::WORKING, 540..1_020);
        let hours = Rule::Hours(Hours { zone: None, days, minutes });
        store.does(UserEdit::SetRule { rule: hours.into() }, 2);
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

    /// Catches an answer about a time that was not looked at, and somebody who is worked for long
    /// after the last question.
    #[test]
    fn what_lies_farther_ahead_is_read_and_who_asks_no_more_is_forgotten() {
        let (store, ahead) = (Counting::default(), Ahead::default());
        store.0.create(GRAPH);
        store.does(event(24 * 40), 1);
        asked(&ahead, &store, &week(NOW));
        block_on(ahead.renew(&store, GRAPH, NOW)).unwrap();
        let far = Inquiry { range: NOW..after(24 * 41), ..week(NOW) };
        assert_eq!(asked(&ahead, &store, &far), 1);
        assert_eq!(ahead.due(NOW), [], "it did not move");
        ahead.moved(GRAPH);
        assert_eq!(ahead.due(after(23)), [GRAPH]);
        assert_eq!(ahead.due(after(24)), []);
        ahead.moved(GRAPH);
        assert_eq!(ahead.due(NOW), [], "nobody remembers it");
        asked(&ahead, &store, &week(NOW));
        ahead.keep(&BTreeSet::new());
        assert_eq!(ahead.due(NOW), [], "the graph is gone");
    }
}
