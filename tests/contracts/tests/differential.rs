//! Random plans and read sets: SQLite and the memory store give the same slices, and the same
//! queues.
#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use kalends_contracts::{Memory, SqliteMemory};
use kalends_core::cursor::{ClockWord, Cursor, Health, Run};
use kalends_core::ids::{GraphId, ProviderId};
use kalends_core::mirror::{Part, PartKey, PartStatus};
use kalends_core::plan::{Change, Job, Plan, Row};
use kalends_core::ports::{Entropy as _, JobQueue as _};
use kalends_core::presence::AsideKind;
use kalends_core::slice::{AnyCalendar, AsidePage, MirrorPage, ObjectRange, PresencePage, ReadSet};
use kalends_core::time::Timestamp;
use kalends_core::watch::Watch;
use kalends_core::wire;
use kalends_testkit::block_on::block_on;
use kalends_testkit::clock::SeededEntropy;
use kalends_testkit::contract::Subject;
use kalends_testkit::contract::queue::job;
use kalends_testkit::contract::rows::*;

#[test]
fn slices_of_random_graphs_are_the_same() {
    for seed in 0..12 {
        let mut random = Random::new(seed);
        let (memory, sqlite) = (Memory::default().ready(), SqliteMemory::default().ready());
        memory.create(OTHER);
        sqlite.create(OTHER);
        for round in 0..25 {
            let graph = if random.below(4) == 0 { OTHER } else { GRAPH };
            let plan = random.plan(&memory, graph);
            assert_eq!(memory.commit(graph, &plan), sqlite.commit(graph, &plan));
            let want = random.read_set();
            let slices = (memory.load(graph, &want), sqlite.load(graph, &want));
            let (one, two) = (format!("{:#?}", slices.0), format!("{:#?}", slices.1));
            let differ = one.lines().zip(two.lines()).find(|(one, two)| one != two);
            assert!(one == two, "seed {seed}, round {round}: {differ:?}\n{want:#?}");
        }
    }
}

#[test]
fn queues_of_random_jobs_are_the_same() {
    for seed in 0..12 {
        let mut random = Random::new(100 + seed);
        let (memory, sqlite) = (Memory::default().ready(), SqliteMemory::default().ready());
        let mut open = Vec::new();
        let mut now = AT;
        for round in 0..80 {
            now = now.saturating_add_millis(i64::from(random.below(400)));
            match random.below(3) {
                0 => {
                    let jobs: Vec<Job> = (0..random.below(4)).map(|_| random.job(now)).collect();
                    memory.queue(GRAPH, &jobs);
                    sqlite.queue(GRAPH, &jobs);
                }
                1 => {
                    let max = random.below(4) as usize;
                    let one = block_on(memory.store().claim(GRAPH, now, max, 700)).unwrap();
                    let two = block_on(sqlite.store().claim(GRAPH, now, max, 700)).unwrap();
                    assert_eq!(one, two, "seed {seed}, round {round}");
                    open.extend(one);
                }
                _ if open.is_empty() => {}
                _ => {
                    let claim = open.swap_remove(random.below(open.len() as u32) as usize);
                    let later = now.saturating_add_millis(i64::from(random.below(900)));
                    let again = (random.below(2) == 0).then_some(later);
                    block_on(memory.store().finish(GRAPH, &claim, again)).unwrap();
                    block_on(sqlite.store().finish(GRAPH, &claim, again)).unwrap();
                }
            }
            let due = block_on(memory.store().next_due(GRAPH)).unwrap();
            let other = block_on(sqlite.store().next_due(GRAPH)).unwrap();
            assert_eq!(due, other, "seed {seed}, round {round}");
        }
    }
}

struct Random(SeededEntropy);

impl Random {
    fn new(seed: u64) -> Self {
        Self(SeededEntropy::new(seed))
    }

    fn below(&mut self, n: u32) -> u32 {
        let seed = self.0.seed().0;
        u32::from_be_bytes([seed[8], seed[9], seed[10], seed[11]]) % n
    }

    fn plan(&mut self, memory: &Memory, graph: GraphId) -> Plan {
        let mut plan = Plan::default();
        for _ in 0..self.below(30) {
            let row = self.row();
            let form = wire::encode(&row);
            let key = row.key();
            plan.changes.retain(|change| match change {
                Change::Put(row, _) => row.key() != key,
                Change::Delete(other) => *other != key,
            });
            plan.changes.push(match self.below(4) {
                0 => Change::Delete(key),
                _ => Change::Put(row, form),
            });
        }
        let mut head = memory.load(graph, &ReadSet::default()).head;
        for n in 0..self.below(3) {
            use kalends_core::journal::{Cause, CauseKind, Entry, Payload};
            let payload = Payload(format!("[{n}]").into_bytes());
            let cause = Cause::of(CauseKind::Wrote).for_edge(edge_id(1));
            let entry = Entry::after(head, (AT, RUN), cause, Some(event_id(n)), &payload);
            head = entry.head();
            plan.entries.push((entry, payload));
        }
        plan
    }

    fn row(&mut self) -> Row {
        let (n, calendar, edge) = (self.below(12), 1 + self.below(2), 1 + self.below(2));
        let object = format!("/{}", self.below(9));
        match self.below(16) {
            0 => self.pick(&set_up()),
            1 => self.pick(&operational()),
            2 | 3 => event(n),
            4 | 5 => presence_row(n, calendar),
            6 => presence_gone(n, calendar),
            7 => instance_gone(n, calendar),
            8 => mirror(n, edge),
            9 => part(n, edge, PartKey::Whole),
            10 => part_gone(n, edge, PartKey::Override(Timestamp::from_millis(-3))),
            11 => {
                let settled = Part { status: PartStatus::Settled, ..part_value() };
                let key = part_ref(n, edge, PartKey::Single(AT));
                Row::Part(key, calendar_id(calendar), settled)
            }
            12 => stray(n, calendar, &object),
            13 => aside(calendar, &object, AsideKind::ForeignManaged { product: "p".to_owned() }),
            14 => self::object(calendar, &object, n),
            _ => match self.below(4) {
                2 => Row::Watch(calendar_id(n).into(), Watch::default()),
                0 => Row::Cursor(calendar_id(n).into(), Cursor::default()),
                1 => Row::Health(account_id(n), Health::default()),
                _ => Row::Run(Run {
                    id: RUN,
                    started: AT,
                    read: Vec::new(),
                    searched: Vec::new(),
                    released: Vec::new(),
                    clock: ClockWord::None,
                }),
            },
        }
    }

    fn pick(&mut self, rows: &[Row]) -> Row {
        rows[self.below(rows.len() as u32) as usize].clone()
    }

    fn read_set(&mut self) -> ReadSet {
        let mut want = ReadSet::default();
        let id = |n: u32| ProviderId(format!("/{n}"));
        for _ in 0..self.below(8) {
            let (n, calendar, edge) =
                (self.below(14), calendar_id(1 + self.below(2)), edge_id(1 + self.below(2)));
            let after = (self.below(2) == 0).then(|| event_id(n));
            let limit = 1 + self.below(5);
            match self.below(13) {
                10 => drop(want.watches.insert(calendar_id(n).into())),
                0 => drop(want.events.insert(event_id(n))),
                1 => drop(want.objects.insert((calendar, id(n)))),
                2 => {
                    let after = (self.below(2) == 0).then(|| id(self.below(9)));
                    let until = (self.below(2) == 0).then(|| id(self.below(9)));
                    want.ranges.insert(ObjectRange { calendar, after, until, limit });
                }
                3 => drop(want.presences.insert(PresencePage { calendar, after, limit })),
                4 => drop(want.mirrors.insert(MirrorPage { edge, after, limit })),
                5 => drop(want.gone.insert(calendar)),
                6 => drop(want.cursors.insert(calendar_id(n).into())),
                7 => drop(want.health.insert(account_id(n))),
                11 => drop(want.evidence.insert(AnyCalendar)),
                9 => drop(want.aside_pages.insert(AsidePage { calendar, limit })),
                8 => drop(want.entries.insert(u64::from(n))),
                _ => {
                    want.runs.insert(RUN);
                    want.journal.insert(RUN);
                }
            }
        }
        want
    }

    fn job(&mut self, now: Timestamp) -> Job {
        let run_at = now.saturating_add_millis(i64::from(self.below(500)));
        let n = self.below(6);
        let starts = AT.saturating_add_millis(i64::from(self.below(3)));
        Job { run_at, starts, ..job(n, n % 3) }
    }
}
