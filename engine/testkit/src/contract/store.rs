//! Loading and committing.

use kalends_core::journal::{Entry, Head};
use kalends_core::plan::{Change, Plan, Row, RowKey};
use kalends_core::ports::{GraphStore as _, StoreError};
use kalends_core::slice::{Bundle, Config, GraphVersion, MirrorBundle, ReadSet, Slice};
use kalends_core::wire;

use super::Subject;
use super::rows::*;
use super::subject::{entries, put};
use crate::block_on::block_on;

fn events(numbers: impl IntoIterator<Item = u32>) -> ReadSet {
    ReadSet { events: numbers.into_iter().map(event_id).collect(), ..ReadSet::default() }
}

fn bundle(slice: &Slice, n: u32) -> Option<&Bundle> {
    slice.events.get(&event_id(n)).and_then(Option::as_ref)
}

/// A new graph is at version 0, with an empty set-up and journal.
pub fn a_new_graph_is_empty<S: Subject>(subject: &S) {
    let slice = subject.load(GRAPH, &events([1]));
    assert_eq!(slice.version, GraphVersion(0));
    assert_eq!(slice.head, Head::default());
    assert_eq!(*slice.config, Config::default());
    assert_eq!(slice.events.len(), 1);
    assert!(bundle(&slice, 1).is_none());
}

/// A graph that was not made is neither read nor written.
pub fn a_graph_that_was_not_made_is_refused<S: Subject>(subject: &S) {
    let store = subject.store();
    let loaded = block_on(store.load(OTHER, &ReadSet::default()));
    assert_eq!(loaded.map(|slice| slice.version), Err(StoreError::NoGraph));
    let committed = block_on(store.commit(OTHER, GraphVersion(0), &Plan::default()));
    assert!(matches!(committed, Err(StoreError::NoGraph | StoreError::Conflict)));
}

/// Everything recorded of an event comes with it, as it was put.
pub fn an_event_comes_with_all_that_is_recorded_of_it<S: Subject>(subject: &S) {
    let rows = whole_event(1);
    subject.put(GRAPH, &rows);
    let slice = subject.load(GRAPH, &events([1, 2]));
    assert!(bundle(&slice, 2).is_none());
    assert_eq!(bundle(&slice, 1), Some(&expected_bundle(&rows)));
}

/// A bundle from rows, without a store.
fn expected_bundle(rows: &[Row]) -> Bundle {
    let mut bundle = Bundle::default();
    for row in rows {
        match row.clone() {
            Row::Event(event) => bundle.event = Some(event),
            Row::Presence(_, calendar, presence) => {
                bundle.presences.insert(calendar, *presence);
            }
            Row::Mirror(_, edge, mirror) => {
                bundle.mirrors.insert(edge, MirrorBundle { mirror, parts: Default::default() });
            }
            Row::Part(part, _, value) => {
                if let Some(mirror) = bundle.mirrors.get_mut(&part.edge) {
                    mirror.parts.insert(part.part, value);
                }
            }
            Row::Aside(aside) => {
                bundle.strays.insert((aside.calendar, aside.object.clone()), aside);
            }
            Row::Account(_)
            | Row::Calendar(_)
            | Row::Edge(_)
            | Row::Policy(..)
            | Row::Sweep(..)
            | Row::Review(_)
            | Row::Rule(..)
            | Row::Hold(_)
            | Row::Session(_)
            | Row::Object(..)
            | Row::Cursor(..)
            | Row::Run(_)
            | Row::Meeting(_)
            | Row::Received(..)
            | Row::Health(..)
            | Row::Watch(..) => {}
        }
    }
    bundle
}

/// The set-up comes along unasked, and shows its last change at the next load.
pub fn the_set_up_always_comes_along<S: Subject>(subject: &S) {
    subject.put(GRAPH, &set_up());
    let config = subject.load(GRAPH, &ReadSet::default()).config;
    assert_eq!(config.accounts[&account_id(1)], account(1, "work"));
    let counts = [config.calendars.len(), config.edges.len(), config.policies.len()];
    assert_eq!((counts, config.sweeps.len(), config.reviews.len()), ([1, 1, 2], 1, 1));
    subject.put(GRAPH, &[Row::Account(account(1, "home")), Row::Account(account(2, "play"))]);
    let config = subject.load(GRAPH, &ReadSet::default()).config;
    assert_eq!(config.accounts[&account_id(1)].name, "home");
    assert_eq!(config.accounts.len(), 2);
    subject.delete(GRAPH, &set_up().iter().map(Row::key).collect::<Vec<_>>());
    let config = subject.load(GRAPH, &ReadSet::default()).config;
    assert_eq!(config.accounts.len(), 1);
    let counts = [config.calendars.len(), config.edges.len(), config.policies.len()];
    assert_eq!((counts, config.sweeps.len(), config.reviews.len()), ([0, 0, 0], 0, 0));
}

/// Operational rows read back, and absent ones are there as absent.
pub fn operational_rows_read_back<S: Subject>(subject: &S) {
    subject.put(GRAPH, &operational());
    let want = ReadSet {
        cursors: [calendar_id(1).into(), calendar_id(2).into()].into(),
        runs: [RUN, kalends_core::ids::RunId::from_bytes([8; 16])].into(),
        health: [account_id(1), account_id(2)].into(),
        watches: [calendar_id(1).into(), calendar_id(2).into()].into(),
        ..ReadSet::default()
    };
    let slice = subject.load(GRAPH, &want);
    let mut found: Vec<Row> = Vec::new();
    for (scope, cursor) in &slice.cursors {
        found.extend(cursor.clone().map(|cursor| Row::Cursor(*scope, cursor)));
    }
    found.extend(slice.runs.values().flatten().cloned().map(Row::Run));
    for (account, health) in &slice.health {
        found.extend(health.clone().map(|health| Row::Health(*account, health)));
    }
    for (scope, watch) in &slice.watches {
        found.extend(watch.clone().map(|watch| Row::Watch(*scope, watch)));
    }
    assert_eq!(found, operational());
    assert_eq!((slice.watches.len(), &slice.watches[&calendar_id(2).into()]), (2, &None));
    assert_eq!(slice.cursors[&calendar_id(2).into()], None);
    assert_eq!((slice.cursors.len(), slice.runs.len(), slice.health.len()), (2, 2, 2));
}

/// Objects come with what is set aside under the same key.
pub fn objects_come_with_what_is_set_aside<S: Subject>(subject: &S) {
    let rows = [object(1, "/a", 1), object(1, "/b", 2), stray(2, 1, "/b"), object(2, "/a", 3)];
    subject.put(GRAPH, &rows);
    let key = |text: &str| (calendar_id(1), object_id(text));
    let objects = [key("/a"), key("/b"), key("/c")].into();
    let slice = subject.load(GRAPH, &ReadSet { objects, ..ReadSet::default() });
    let (Row::Object(_, _, first), Row::Aside(aside)) = (&rows[0], &rows[2]) else {
        unreachable!("those are the rows above")
    };
    assert_eq!(slice.objects[&key("/a")].as_ref(), Some(first));
    assert_eq!(slice.asides[&key("/a")], None);
    assert_eq!(slice.asides[&key("/b")].as_ref(), Some(aside));
    assert_eq!((slice.objects[&key("/c")].as_ref(), slice.objects.len()), (None, 3));
}

/// A row put again is replaced whole, and found where it is now.
pub fn a_row_put_again_is_replaced<S: Subject>(subject: &S) {
    subject.put(GRAPH, &whole_event(1));
    subject.put(GRAPH, &[presence_gone(1, 1), stray(5, 2, "/c/2/stray-1")]);
    let want = ReadSet { gone: [calendar_id(1)].into(), ..events([1, 5]) };
    let slice = subject.load(GRAPH, &want);
    assert_eq!(slice.gone[&calendar_id(1)].events, [event_id(1)]);
    assert!(bundle(&slice, 1).is_some_and(|bundle| bundle.strays.is_empty()));
    assert!(bundle(&slice, 5).is_some_and(|bundle| bundle.strays.len() == 1));
    subject.put(GRAPH, &[presence_row(1, 1)]);
    let slice = subject.load(GRAPH, &want);
    assert_eq!(slice.gone[&calendar_id(1)].events, []);
}

/// Deleted rows are absent, and deleting what is not there is nothing.
pub fn a_deleted_row_is_absent<S: Subject>(subject: &S) {
    let rows = [whole_event(1), operational()].concat();
    subject.put(GRAPH, &rows);
    let mut keys: Vec<RowKey> = rows.iter().map(Row::key).collect();
    keys.push(RowKey::Event(event_id(77)));
    subject.delete(GRAPH, &keys);
    let want = ReadSet {
        objects: [(calendar_id(1), object_id("/c/1/1.ics"))].into(),
        cursors: [calendar_id(1).into()].into(),
        ..events([1])
    };
    let slice = subject.load(GRAPH, &want);
    assert!(bundle(&slice, 1).is_none());
    assert!(slice.objects.values().all(Option::is_none));
    assert!(slice.cursors.values().all(Option::is_none));
}

/// A commit moves the version by one; one on an older version changes nothing.
pub fn a_commit_on_an_old_version_changes_nothing<S: Subject>(subject: &S) {
    let before = subject.load(GRAPH, &ReadSet::default()).version;
    subject.put(GRAPH, &[event(1)]);
    let after = subject.load(GRAPH, &ReadSet::default()).version;
    assert_eq!(after, GraphVersion(before.0 + 1));
    let late = Plan { changes: vec![put(event(2))], ..Plan::default() };
    let entries = entries(&subject.load(GRAPH, &ReadSet::default()), &["[]"]);
    let with_entries = Plan { entries, ..late.clone() };
    for base in [before, GraphVersion(after.0 + 1)] {
        for plan in [&late, &with_entries] {
            let refused = block_on(subject.store().commit(GRAPH, base, plan));
            assert_eq!(refused, Err(StoreError::Conflict));
        }
    }
    let slice = subject.load(GRAPH, &events([1, 2]));
    assert_eq!(slice.version, after);
    assert!(bundle(&slice, 1).is_some() && bundle(&slice, 2).is_none());
}

/// A commit that fails midway leaves nothing of itself, and the store goes on.
pub fn a_failed_commit_leaves_nothing<S: Subject>(subject: &S) {
    subject.put(GRAPH, &[event(1)]);
    let slice = subject.load(GRAPH, &ReadSet::default());
    let twice = [entries(&slice, &["[1]"]), entries(&slice, &["[2]"])].concat();
    let job = super::queue::job(1, 1);
    let plan = Plan {
        changes: vec![put(event(2)), Change::Delete(RowKey::Event(event_id(1)))],
        entries: twice,
        jobs: vec![job],
        ..Plan::default()
    };
    let refused = block_on(subject.store().commit(GRAPH, slice.version, &plan));
    assert!(refused.is_err());
    let now = subject.load(GRAPH, &ReadSet { entries: [1].into(), ..events([1, 2]) });
    assert_eq!((now.version, now.head), (slice.version, slice.head));
    assert!(bundle(&now, 1).is_some() && bundle(&now, 2).is_none());
    assert_eq!(now.entries[&1], None);
    assert_eq!(super::queue::claim(subject, GRAPH, AT), []);
    subject.put(GRAPH, &[event(3)]);
}

/// Entries that do not follow the journal's last are refused, with the rows beside them.
pub fn a_gap_in_the_journal_is_refused<S: Subject>(subject: &S) {
    let mut slice = subject.load(GRAPH, &ReadSet::default());
    slice.head.seq += 1;
    let entries = entries(&slice, &["[]"]);
    let plan = Plan { changes: vec![put(event(1))], entries, ..Plan::default() };
    assert!(block_on(subject.store().commit(GRAPH, slice.version, &plan)).is_err());
    let now = subject.load(GRAPH, &events([1]));
    assert_eq!((now.version, now.head), (slice.version, Head::default()));
    assert!(bundle(&now, 1).is_none());
}

/// Entries come with their payloads, by run and by number, and move the head.
pub fn the_journal_reads_back<S: Subject>(subject: &S) {
    for payloads in [&["[1]", "[2]"][..], &["[]"]] {
        let slice = subject.load(GRAPH, &ReadSet::default());
        let entries = entries(&slice, payloads);
        subject.commit(GRAPH, &Plan { entries, ..Plan::default() });
    }
    let want = ReadSet {
        journal: [RUN, kalends_core::ids::RunId::from_bytes([8; 16])].into(),
        entries: [2, 4].into(),
        ..ReadSet::default()
    };
    let slice = subject.load(GRAPH, &want);
    let all = &slice.journal[&RUN];
    let texts: Vec<_> = all.iter().filter_map(|(_, payload)| payload.as_ref()).collect();
    assert_eq!(
        texts.iter().map(|payload| &*payload.0).collect::<Vec<_>>(),
        [&b"[1]"[..], b"[2]", b"[]"]
    );
    assert_eq!(slice.head, all[2].0.head());
    assert_eq!(slice.entries[&2].as_ref(), Some(&all[1]));
    assert_eq!(slice.entries[&4], None);
    assert_eq!(slice.journal.values().map(Vec::len).sum::<usize>(), 3);
    let mut before = [0; 32];
    for (entry, _) in all {
        assert_eq!(Entry::link(entry, &before), entry.hash);
        before = entry.hash;
    }
}

/// Two graphs with the same ids, written in turn, do not see each other.
pub fn two_graphs_in_one_store_stay_apart<S: Subject>(subject: &S) {
    subject.create(OTHER);
    for n in 0..6 {
        let graph = if n % 2 == 0 { GRAPH } else { OTHER };
        subject.put(graph, &whole_event(n));
        subject.put(graph, &[Row::Account(account(1, &format!("of {n}")))]);
    }
    for (graph, mine, theirs) in [(GRAPH, [0, 2, 4], [1, 3, 5]), (OTHER, [1, 3, 5], [0, 2, 4])] {
        let slice = subject.load(graph, &events(0..6));
        assert!(mine.iter().all(|n| bundle(&slice, *n).is_some()));
        assert!(theirs.iter().all(|n| bundle(&slice, *n).is_none()));
        assert_eq!(slice.config.accounts[&account_id(1)].name, format!("of {}", mine[2]));
        assert_eq!(slice.version, GraphVersion(6));
    }
    subject.delete(GRAPH, &[RowKey::Event(event_id(0)), RowKey::Event(event_id(1))]);
    let slice = subject.load(OTHER, &events([1]));
    assert!(bundle(&slice, 1).is_some_and(|bundle| bundle.event.is_some()));
}

/// A plan of the largest size, and a load of all it wrote, more keys than a statement takes.
pub fn a_large_plan_is_taken_whole<S: Subject>(subject: &S) {
    let rows: Vec<Row> = (0..300)
        .flat_map(|n| [event(n), presence_row(n, 1), object(1, &format!("/c/1/{n:03}"), n)])
        .collect();
    subject.put(GRAPH, &rows);
    let objects = (0..300).map(|n| (calendar_id(1), object_id(&format!("/c/1/{n:03}"))));
    let want = ReadSet { objects: objects.collect(), ..events(0..300) };
    let slice = subject.load(GRAPH, &want);
    assert!((0..300).all(|n| bundle(&slice, n).is_some_and(|found| found.presences.len() == 1)));
    assert!(slice.objects.values().all(Option::is_some));
    assert_eq!(slice.objects.len(), 300);
}

/// A row of 1.5 MB, with every kind of character, comes back as it was.
pub fn a_row_of_one_and_a_half_megabytes_reads_back<S: Subject>(subject: &S) {
    let mut large = presence(1, 1);
    large.body.content.description = "a\u{0}\u{1F600}\u{e9}\"\\\n".repeat(100_000);
    let row = Row::Presence(event_id(1), calendar_id(1), Box::new(large.clone()));
    assert!(wire::encode(&row).len() > 1_500_000);
    subject.put(GRAPH, &[row]);
    let slice = subject.load(GRAPH, &events([1]));
    assert_eq!(
        bundle(&slice, 1).and_then(|found| found.presences.get(&calendar_id(1))),
        Some(&large)
    );
}
