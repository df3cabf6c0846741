//! What people alone take back: with the set-up that was before, tools could open what people closed.

use kalends::core::journal::{CauseKind, Entry, Payload};
use kalends::core::plan::RowKey;
use kalends::core::wire;
use kalends::queries::{JournalPage, Queries as _};
use serde_json::Value;

use crate::graph::Object;
use crate::problem::Problem;
use crate::runs;

/// Entries that are read together.
const PAGE: u32 = 500;

/// How many entries a run has. One in which people changed accounts, calendars or edges that were there,
/// or a policy or rule, is refused.
pub(super) async fn run_is_open(object: &Object, text: &str) -> Result<u64, Problem> {
    let run = runs::known(object, text).await?;
    let (mut page, mut count) = (runs::page(object, run, PAGE), 0);
    loop {
        let entries = object.driver().ports().store.query(page.clone()).await?;
        if entries.iter().any(|(entry, payload)| is_of_people(entry, payload.as_ref())) {
            let text = "it changed what people alone set: a person takes it back";
            return Err(Problem::new(403, "tools.people", text));
        }
        let Some((last, _)) = entries.last() else { return Ok(count) };
        page = JournalPage { after: last.seq, ..page };
        count += entries.len() as u64;
    }
}

/// Whether an entry is one that a tool leaves alone. What cannot be read is.
fn is_of_people(entry: &Entry, payload: Option<&Payload>) -> bool {
    let by_people = matches!(entry.cause.what, CauseKind::Authored | CauseKind::Undone);
    if !by_people || entry.event.is_some() {
        return false;
    }
    let changes = payload.and_then(|it| serde_json::from_slice::<Vec<Value>>(&it.0).ok());
    changes.is_none_or(|changes| changes.iter().any(is_set_up))
}

fn is_set_up(change: &Value) -> bool {
    let Some(key) = change["k"].as_str().and_then(wire::read_key) else { return true };
    let was_there = !change["b"].is_null();
    matches!(key, RowKey::Policy(_) | RowKey::Rule(_))
        || was_there && matches!(key, RowKey::Account(_) | RowKey::Calendar(_) | RowKey::Edge(_))
}
