//! A plan as statements.

use kalends_core::ids::{CalendarId, EdgeId, EventId, GraphId};
use kalends_core::journal::{Entry, Payload};
use kalends_core::plan::{Change, Plan, Row, RowKey};
use kalends_core::ports::Vault;
use kalends_core::slice::GraphVersion;

use crate::value::{Statement, Value};
use crate::{SqlError, many, outbox, put, queue, seal};

/// A plan as statements for one transaction. All of it was encoded before the first one runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Runs first, and must change exactly one row. If it changes none, nothing else may run: the
    /// graph is at another version, or there is no such graph.
    pub check: Statement,
    /// Run after it, in order: one table after the other, so that like statements are neighbours.
    pub writes: Vec<Statement>,
    /// The version the graph then has.
    pub version: GraphVersion,
}

/// The statements that commit a plan on a graph at `base`.
///
/// # Errors
/// [`SqlError::TooLarge`] for a row above the limit, [`SqlError::Vault`] where no key is at hand.
pub fn commit(
    graph: GraphId,
    base: GraphVersion,
    plan: &Plan,
    vault: &dyn Vault,
) -> Result<Commit, SqlError> {
    let mut writes = Vec::with_capacity(plan.changes.len() + plan.entries.len() + plan.jobs.len());
    let mut changes: Vec<&Change> = plan.changes.iter().collect();
    // Stable: what is done to one row stays in its order.
    changes.sort_by_key(|change| table(change));
    for change in changes {
        writes.push(match change {
            Change::Put(row, form) => put::put(graph, row, form, vault)?,
            Change::Delete(key) => put::delete(graph, key),
        });
    }
    for of_run in plan.entries.chunk_by(|(a, _), (b, _)| (a.at, a.run) == (b.at, b.run)) {
        writes.extend(journal(graph, of_run));
    }
    writes.extend(sealed_payloads(graph, &plan.entries, vault)?);
    for message in &plan.messages {
        writes.push(outbox::push(graph, message)?);
    }
    writes.extend(plan.jobs.iter().map(|job| queue::push(graph, job)));
    Ok(Commit { check: check(graph, base, plan), writes, version: GraphVersion(base.0 + 1) })
}

fn check(graph: GraphId, base: GraphVersion, plan: &Plan) -> Statement {
    let graph = Value::Id(*graph.as_bytes());
    let setup = Value::Integer(i64::from(plan.changes.iter().any(is_set_up)));
    let (Some((first, _)), Some((last, _))) = (plan.entries.first(), plan.entries.last()) else {
        return Statement::new(
            "UPDATE graphs SET version = version + 1, setup = setup + ?3, \
             moved = (SELECT max(moved) + 1 FROM graphs) WHERE graph = ?1 AND version = ?2",
            [graph, Value::count(base.0), setup],
        );
    };
    Statement::new(
        "UPDATE graphs SET version = version + 1, setup = setup + ?3, head_seq = ?4, \
         head_hash = ?5, moved = (SELECT max(moved) + 1 FROM graphs) WHERE graph = ?1 AND version = ?2 AND head_seq = ?6",
        [
            graph,
            Value::count(base.0),
            setup,
            Value::count(last.seq),
            Value::Blob(last.hash.to_vec()),
            Value::count(first.seq.saturating_sub(1)),
        ],
    )
}

/// The table that a change is to, as a number.
const fn table(change: &Change) -> u8 {
    match change {
        Change::Put(Row::Account(_), _) | Change::Delete(RowKey::Account(_)) => 0,
        Change::Put(Row::Calendar(_), _) | Change::Delete(RowKey::Calendar(_)) => 1,
        Change::Put(Row::Edge(_), _) | Change::Delete(RowKey::Edge(_)) => 2,
        Change::Put(Row::Policy(..), _) | Change::Delete(RowKey::Policy(_)) => 3,
        Change::Put(Row::Review(_), _) | Change::Delete(RowKey::Review(_)) => 4,
        Change::Put(Row::Event(_), _) | Change::Delete(RowKey::Event(_)) => 5,
        Change::Put(Row::Presence(..), _) | Change::Delete(RowKey::Presence(..)) => 6,
        Change::Put(Row::Mirror(..), _) | Change::Delete(RowKey::Mirror(..)) => 7,
        Change::Put(Row::Part(..), _) | Change::Delete(RowKey::Part(_)) => 8,
        Change::Put(Row::Aside(_), _) | Change::Delete(RowKey::Aside(..)) => 9,
        Change::Put(Row::Meeting(_), _) | Change::Delete(RowKey::Meeting(_)) => 10,
        Change::Put(Row::Object(..), _) | Change::Delete(RowKey::Object(..)) => 11,
        Change::Put(Row::Sweep(..), _) | Change::Delete(RowKey::Sweep(_)) => 12,
        Change::Put(Row::Cursor(..), _) | Change::Delete(RowKey::Cursor(_)) => 13,
        Change::Put(Row::Run(_), _) | Change::Delete(RowKey::Run(_)) => 14,
        Change::Put(Row::Health(..), _) | Change::Delete(RowKey::Health(_)) => 15,
        Change::Put(Row::Received(..), _) | Change::Delete(RowKey::Received(_)) => 16,
        Change::Put(Row::Watch(..), _) | Change::Delete(RowKey::Watch(_)) => 17,
        Change::Put(Row::Rule(..), _) | Change::Delete(RowKey::Rule(_)) => 18,
        Change::Put(Row::Hold(_), _) | Change::Delete(RowKey::Hold(_)) => 19,
        Change::Put(Row::Session(_), _) | Change::Delete(RowKey::Session(_)) => 20,
    }
}

/// Whether a change is to what every slice brings along.
fn is_set_up(change: &Change) -> bool {
    let key = match change {
        Change::Put(row, _) => {
            return match row {
                Row::Account(_)
                | Row::Calendar(_)
                | Row::Edge(_)
                | Row::Policy(..)
                | Row::Sweep(..)
                | Row::Review(_)
                | Row::Rule(..)
                | Row::Hold(_)
                | Row::Session(_) => true,
                Row::Event(_)
                | Row::Presence(..)
                | Row::Mirror(..)
                | Row::Part(..)
                | Row::Aside(_)
                | Row::Meeting(_)
                | Row::Received(..)
                | Row::Object(..)
                | Row::Cursor(..)
                | Row::Run(_)
                | Row::Health(..)
                | Row::Watch(..) => false,
            };
        }
        Change::Delete(key) => key,
    };
    match key {
        RowKey::Account(_)
        | RowKey::Calendar(_)
        | RowKey::Edge(_)
        | RowKey::Policy(_)
        | RowKey::Sweep(_)
        | RowKey::Review(_)
        | RowKey::Rule(_)
        | RowKey::Hold(_)
        | RowKey::Session(_) => true,
        RowKey::Event(_)
        | RowKey::Presence(..)
        | RowKey::Mirror(..)
        | RowKey::Part(_)
        | RowKey::Aside(..)
        | RowKey::Meeting(_)
        | RowKey::Received(_)
        | RowKey::Object(..)
        | RowKey::Cursor(_)
        | RowKey::Run(_)
        | RowKey::Health(_)
        | RowKey::Watch(_) => false,
    }
}

/// Entries of one run and time.
fn journal(graph: GraphId, entries: &[(Entry, Payload)]) -> Vec<Statement> {
    let Some((first, _)) = entries.first() else { return Vec::new() };
    let shared =
        [Value::Id(*graph.as_bytes()), Value::millis(first.at), Value::Id(*first.run.as_bytes())];
    let row = |(entry, _): &(Entry, Payload)| {
        [
            Value::count(entry.seq),
            Value::Text(entry.cause.what.code().to_owned()),
            Value::id(entry.cause.calendar.as_ref().map(CalendarId::as_bytes)),
            Value::id(entry.cause.edge.as_ref().map(EdgeId::as_bytes)),
            Value::id(entry.event.as_ref().map(EventId::as_bytes)),
            Value::Blob(entry.payload_hash.to_vec()),
            Value::Blob(entry.hash.to_vec()),
        ]
    };
    let head = "INSERT OR FAIL INTO journal \
        (graph, at, run, seq, cause, calendar, edge, event, payload_hash, hash) VALUES ";
    many::insert(head, &shared, entries.iter().map(row).collect())
}

fn sealed_payloads(
    graph: GraphId,
    entries: &[(Entry, Payload)],
    vault: &dyn Vault,
) -> Result<Vec<Statement>, SqlError> {
    let row = |(entry, payload): &(Entry, Payload)| {
        let sealed = vault.seal(&seal::payload(graph, entry.seq), &payload.0)?;
        Ok([Value::count(entry.seq), Value::sealed(sealed)?])
    };
    let rows = entries.iter().map(row).collect::<Result<_, SqlError>>()?;
    let head = "INSERT OR FAIL INTO payloads (graph, seq, sealed) VALUES ";
    Ok(many::insert(head, &[Value::Id(*graph.as_bytes())], rows))
}
