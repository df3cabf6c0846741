//! What a commit costs inside the object.

use std::rc::Rc;

use kalends::core::journal::{Cause, CauseKind, Entry, Head, Payload};
use kalends::core::plan::{Change, Plan, Row};
use kalends::core::ports::GraphStore as _;
use kalends::core::slice::ReadSet;
use kalends::core::wire;
use kalends_cloudflare::{BoundVault, ObjectStore};
use kalends_testkit::contract::rows::{AT, GRAPH, RUN, event, object, presence_row};
use worker::{Date, Storage};

/// Events; each comes with a presence, an object, and three halves of an entry and its payload.
const EVENTS: u32 = 250;
/// Bytes of what an entry says.
const PAYLOAD_BYTES: usize = 500;
const ROUNDS: usize = 15;

/// What a commit of 1,500 rows takes, in milliseconds of the runtime's clock, which stands still
/// between two waits on Cloudflare, but not in workerd at home: as statements, encoded and sealed,
/// and in all; at best and in the middle.
pub(crate) async fn commit_ms(storage: &Storage, vault: Rc<BoundVault>) -> worker::Result<String> {
    let told = |error: kalends::core::ports::StoreError| error.to_string();
    let store = ObjectStore::open(storage, vault.clone()).map_err(told)?;
    store.create(GRAPH).map_err(told)?;
    let (mut made, mut whole) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let slice = store.load(GRAPH, &ReadSet::default()).await.map_err(told)?;
        let plan = plan(&slice.head);
        let start = Date::now().as_millis();
        let statements = kalends_sql::commit(GRAPH, slice.version, &plan, &*vault);
        made.push(Date::now().as_millis() - start);
        drop(statements.map_err(|error| error.to_string())?);
        let start = Date::now().as_millis();
        store.commit(GRAPH, slice.version, &plan).await.map_err(told)?;
        whole.push(Date::now().as_millis() - start);
    }
    made.sort_unstable();
    whole.sort_unstable();
    Ok(format!(
        "{} ms at best, {} in the middle of {ROUNDS}; of that {} and {} to make and seal it",
        whole[0],
        whole[ROUNDS / 2],
        made[0],
        made[ROUNDS / 2]
    ))
}

fn plan(head: &Head) -> Plan {
    let put = |row: Row| {
        let form = wire::encode(&row);
        Change::Put(row, form)
    };
    let rows = (0..EVENTS)
        .flat_map(|n| [event(n), presence_row(n, 1), object(1, &format!("/c/1/{n:03}"), n)]);
    let entries = entries(*head, 3 * EVENTS / 2, PAYLOAD_BYTES);
    Plan { entries, changes: rows.map(put).collect(), ..Plan::default() }
}

/// So many entries behind a head, each with a payload of so many bytes.
pub(crate) fn entries(mut head: Head, count: u32, bytes: usize) -> Vec<(Entry, Payload)> {
    let entry = |_| {
        let payload = Payload(vec![b' '; bytes]);
        let entry = Entry::after(head, (AT, RUN), Cause::of(CauseKind::Seen), None, &payload);
        head = entry.head();
        (entry, payload)
    };
    (0..count).map(entry).collect()
}
