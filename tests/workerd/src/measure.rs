//! What a commit costs inside the object.

use std::rc::Rc;

use kalends::core::journal::{Cause, CauseKind, Entry, Payload};
use kalends::core::plan::{Change, Plan, Row};
use kalends::core::ports::GraphStore as _;
use kalends::core::slice::ReadSet;
use kalends::core::wire;
use kalends_cloudflare::{BoundVault, ObjectStore};
use kalends_testkit::contract::rows::{AT, GRAPH, RUN, event, object, presence_row};
use worker::{Date, Storage};

/// Events; each comes with a presence, an object, and three entries of the journal.
const EVENTS: u32 = 250;
/// Bytes of what an entry says.
const PAYLOAD_BYTES: usize = 500;
const ROUNDS: usize = 15;

/// The median time of a commit of 1,500 rows, in milliseconds of the runtime's clock, which stands
/// still between two waits on Cloudflare, but not in workerd at home.
pub(crate) async fn commit_ms(storage: &Storage, vault: Rc<BoundVault>) -> worker::Result<u64> {
    let told = |error: kalends::core::ports::StoreError| error.to_string();
    let store = ObjectStore::open(storage, vault).map_err(told)?;
    store.create(GRAPH).map_err(told)?;
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let slice = store.load(GRAPH, &ReadSet::default()).await.map_err(told)?;
        let plan = plan(&slice.head);
        let start = Date::now().as_millis();
        store.commit(GRAPH, slice.version, &plan).await.map_err(told)?;
        times.push(Date::now().as_millis() - start);
    }
    times.sort_unstable();
    Ok(times[ROUNDS / 2])
}

fn plan(head: &kalends::core::journal::Head) -> Plan {
    let put = |row: Row| {
        let form = wire::encode(&row);
        Change::Put(row, form)
    };
    let rows = (0..EVENTS)
        .flat_map(|n| [event(n), presence_row(n, 1), object(1, &format!("/c/1/{n:03}"), n)]);
    let mut head = *head;
    let entries = (0..3 * EVENTS).map(|_| {
        let payload = Payload(vec![b' '; PAYLOAD_BYTES]);
        let entry = Entry::after(head, (AT, RUN), Cause::of(CauseKind::Seen), None, &payload);
        head = entry.head();
        (entry, payload)
    });
    Plan { entries: entries.collect(), changes: rows.map(put).collect(), ..Plan::default() }
}
