//! What the objects of a listing are taken for: somebody's own, a mirror of ours, a copy of one, another
//! graph's, another product's, gone.

use kalends_core::ids::{CalendarId, EdgeId, GraphId, ProviderId, RunId, StepSeed, Version};
use kalends_core::ingest::ingest;
use kalends_core::keys::GraphKeys;
use kalends_core::mark::{Mark, sign};
use kalends_core::mirror::PartKey;
use kalends_core::plan::{Change, Plan};
use kalends_core::presence::Evidence;
use kalends_core::provider::{Batch, Broken, EventItem, Item, Message, Payload};
use kalends_core::slice::{GraphVersion, Missing, ReadSet, Slice};
use kalends_core::step::Env;
use kalends_core::wire;
use kalends_testkit::bulk;
use kalends_testkit::memory::MemoryStore;
use sha2::{Digest, Sha256};

use crate::draw::{self, Dice};

/// How many graphs are listed, how often each, and how many objects at once.
const GRAPHS: u64 = 80;
const LISTINGS: u32 = 6;
const OBJECTS: u32 = 12;

/// Where the first edge of what `bulk` sets up leads.
const TARGET: CalendarId = CalendarId::from_bytes([2; 16]);

pub(crate) fn decide(all: &mut Sha256) {
    for seed in 0..GRAPHS {
        let dice = &mut Dice::new(seed ^ 0xc1a5_0000);
        let keys = keys(1);
        let store = MemoryStore::new();
        store.create(keys.graph);
        let mut version = commit(&store, &keys, GraphVersion(0), &bulk::set_up());
        for listing in 0..LISTINGS {
            let items = (0..OBJECTS).map(|n| item(dice, n, listing)).collect();
            // The calendar that is shown, and the one that shows it.
            let calendar = if listing % 2 == 0 { bulk::SOURCE } else { TARGET };
            let batch = Batch { scope: calendar.into(), items, unfinished: dice.one_in(4) };
            let run = RunId::from_bytes([listing as u8; 16]);
            let seed = StepSeed([listing as u8; 32]);
            let env = Env { now: bulk::AT, seed, run, keys: keys.clone() };
            let plan = decided(&store, &batch, &env);
            put(all, &plan);
            version = commit(&store, &keys, version, &plan);
        }
    }
}

fn keys(graph: u8) -> GraphKeys {
    GraphKeys { graph: GraphId::from_bytes([graph; 16]), secret: [graph; 32] }
}

/// An object as one listing has it: most are there from the first one on, and change.
fn item(dice: &mut Dice, n: u32, listing: u32) -> Item {
    let id = ProviderId(format!("/alice/1/{n}.ics"));
    let version = Some(Version(format!("\"{}\"", listing / (1 + n % 3))));
    let code = "ical.syntax".to_owned();
    match dice.below(14) {
        0 => Item::Removed { id, evidence: Evidence::Tombstone },
        1 => Item::Removed { id, evidence: Evidence::Absent },
        2 => Item::Removed { id, evidence: Evidence::ReadAlone },
        3 => Item::Broken(Broken { id, version, code, reason: String::new(), raw: vec![0; 9] }),
        4 => Item::Message(Message { id, version, title: "Invitation".to_owned(), at: bulk::AT }),
        _ => {
            let native = format!("uid-{n}@example.org");
            let mut body = draw::body(dice);
            draw::say(dice, &mut body.content);
            Item::Event(Box::new(EventItem {
                id,
                version,
                mark: mark(dice, &native),
                // Two objects may have one UID.
                uid: if dice.one_in(9) { "uid-0@example.org".to_owned() } else { native.clone() },
                changed_at: None,
                native,
                payload: Payload::Whole(body),
                foreign: dice.one_in(9).then(|| "another".to_owned()),
                fresh: dice.one_in(2),
                doubts: Vec::new(),
            }))
        }
    }
}

fn mark(dice: &mut Dice, native: &str) -> Option<String> {
    let of = |n: u32| keys(1).event(&format!("uid-{n}@example.org"), "", 0);
    let mark = Mark {
        event: of(dice.below(OBJECTS)),
        edge: EdgeId::from_bytes([2 + dice.below(3) as u8; 16]),
        part: PartKey::Whole,
        generation: dice.below(3),
    };
    match dice.below(8) {
        0 | 1 => Some(sign(&keys(1), &mark, native)),
        2 => Some(sign(&keys(1), &mark, "another name")),
        3 => Some(sign(&keys(2), &mark, native)),
        4 => Some("no mark".to_owned()),
        _ => None,
    }
}

/// What a step decides once it has all that it wants.
fn decided(store: &MemoryStore, batch: &Batch, env: &Env) -> Plan {
    let mut want = ReadSet::default();
    loop {
        let slice: Slice = match store.load_now(env.keys.graph, &want) {
            Ok(slice) => slice,
            Err(error) => panic!("the graph is there: {error}"),
        };
        match ingest(&slice, batch, env) {
            Ok(plan) => return plan,
            Err(Missing(more)) => want.merge(*more),
        }
    }
}

fn commit(store: &MemoryStore, keys: &GraphKeys, base: GraphVersion, plan: &Plan) -> GraphVersion {
    match store.commit_now(keys.graph, base, plan) {
        Ok(version) => version,
        Err(error) => panic!("nobody else writes here: {error}"),
    }
}

fn put(all: &mut Sha256, plan: &Plan) {
    all.update((plan.taken as u64).to_be_bytes());
    for change in &plan.changes {
        match change {
            Change::Put(row, form) => {
                all.update(wire::key(&row.key()));
                all.update(form);
            }
            Change::Delete(key) => all.update(format!("delete {}", wire::key(key))),
        }
    }
    for job in &plan.jobs {
        all.update(wire::job_key(&job.key));
        all.update(job.run_at.as_millis().to_be_bytes());
    }
    plan.fetch.iter().for_each(|object| all.update(&object.0));
    plan.notes.iter().for_each(|note| all.update(note.code));
}
