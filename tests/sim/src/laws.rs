//! What holds after every history.

use std::collections::{BTreeMap, BTreeSet};

use kalends_core::journal::Head;
use kalends_core::plan::RowKey;
use kalends_core::wire;
use kalends_testkit::lint;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::history::History;
use crate::keep::Keep;
use crate::world::World;

/// Nothing was sent that a careful client does not send, nobody got mail, and nothing was written
/// to an object that people made or carried away, but for what their own edits of mirrors ask for
/// (L4, L5, L7, L13).
pub fn check_wire<S: Keep>(world: &World<S>, history: &History) {
    for site in world.http.sites() {
        assert!(site.violations().is_empty(), "{:?}", site.violations());
    }
    let paths = |keys: &BTreeSet<(usize, String)>| -> BTreeSet<(String, String)> {
        keys.iter().map(|(place, name)| (world.calendars[*place].1.clone(), name.clone())).collect()
    };
    let (told, written) = (paths(&history.talk.told), paths(&history.talk.written));
    let strays: BTreeSet<(String, String)> = paths(&history.strays);
    for site in world.http.sites() {
        let unasked = site.mailed().into_iter().find(|object| !told.contains(object));
        assert!(unasked.is_none(), "mail for {unasked:?}");
        for object in site.written() {
            let theirs = object.1.starts_with("person") || strays.contains(&object);
            let script = || history.script.join("\n");
            assert!(!theirs || written.contains(&object), "{object:?} is written\n{}", script());
        }
    }
}

/// The rows are in order, and nothing waits (L1, L8).
pub fn check_rows<S: Keep>(world: &World<S>) {
    let Some(memory) = world.store.memory() else { return };
    let rows = memory.rows(world.keys.graph);
    let wrong: Vec<String> = [lint::always(&rows), lint::at_rest(&rows)].concat();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The rows are in order, whatever waits.
pub(crate) fn check_rows_on_the_way<S: Keep>(world: &World<S>) {
    let Some(memory) = world.store.memory() else { return };
    let wrong = lint::always(&memory.rows(world.keys.graph));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The chain of the journal holds, and its replay gives the recorded rows (L11).
pub fn check_journal<S: Keep>(world: &World<S>) {
    let Some(memory) = world.store.memory() else { return };
    let (mut head, mut replayed) = (Head::default(), BTreeMap::new());
    for (entry, payload) in memory.journal(world.keys.graph) {
        let payload = payload.expect("no payload was erased");
        assert_eq!(entry.seq, head.seq + 1);
        assert_eq!(entry.hash, entry.link(&head.hash));
        assert_ne!(payload.0, b"[]", "an entry {entry:?} without a change");
        assert_eq!(entry.payload_hash, <[u8; 32]>::from(Sha256::digest(&payload.0)));
        wire::replay(&payload, &mut replayed).unwrap();
        head = entry.head();
    }
    let rows = memory.rows(world.keys.graph);
    let recorded = rows.iter().filter(|(key, _)| is_recorded(key));
    let recorded: BTreeMap<String, Value> = recorded
        .map(|(key, row)| (wire::key(key), serde_json::from_slice(&wire::encode(row)).unwrap()))
        .collect();
    assert_eq!(recorded, replayed);
}

const fn is_recorded(key: &RowKey) -> bool {
    match key {
        RowKey::Account(_)
        | RowKey::Calendar(_)
        | RowKey::Edge(_)
        | RowKey::Policy(_)
        | RowKey::Review(_)
        | RowKey::Rule(_)
        | RowKey::Hold(_)
        | RowKey::Session(_)
        | RowKey::Event(_)
        | RowKey::Presence(..)
        | RowKey::Mirror(..)
        | RowKey::Part(_)
        | RowKey::Aside(..)
        | RowKey::Meeting(_) => true,
        RowKey::Object(..)
        | RowKey::Sweep(_)
        | RowKey::Cursor(_)
        | RowKey::Run(_)
        | RowKey::Received(_)
        | RowKey::Watch(_)
        | RowKey::Health(_) => false,
    }
}
