//! The digest of a graph: one hash over all that is recorded of it, by which hosts are compared.

use sha2::{Digest as _, Sha256};

use crate::ids::{RunId, Version};
use crate::mirror::Part;
use crate::plan::{Row, RowKey};
use crate::presence::{Aside, AsideKind, Gone, Presence, Quarantine};
use crate::slice::Config;
use crate::time::Timestamp;
use crate::wire;

const NO_TIME: Timestamp = Timestamp::from_millis(0);
const NO_RUN: RunId = RunId::from_bytes([0; 16]);

/// Takes the recorded rows of a graph, one after the other in the order of their keys.
///
/// Two graphs have one digest where all that is recorded of them is the same but for which runs
/// saw it and when, and for the versions that their servers drew. Operational rows, the index of objects and the journal are passed over: they
/// tell how a graph came to be as it is.
#[derive(Debug, Clone, Default)]
pub struct GraphDigest {
    hasher: Sha256,
    last: Option<RowKey>,
}

/// A row came that does not follow the one before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("row {0} does not follow the row before: give the rows in the order of their keys")]
pub struct OutOfOrder(pub String);

impl GraphDigest {
    /// Takes the rows of the set-up, which come before all others.
    ///
    /// # Errors
    /// [`OutOfOrder`] where other rows were taken before.
    pub fn take_set_up(&mut self, config: &Config) -> Result<(), OutOfOrder> {
        let Config {
            accounts,
            calendars,
            edges,
            policies,
            sweeps: _,
            reviews,
            rules,
            holds,
            sessions,
        } = config;
        let accounts = accounts.values().cloned().map(Row::Account);
        let calendars = calendars.values().cloned().map(Row::Calendar);
        let edges = edges.values().cloned().map(Row::Edge);
        let policies = policies.iter().map(|(owner, policy)| Row::Policy(*owner, policy.clone()));
        let reviews = reviews.values().cloned().map(Row::Review);
        let rules = rules.iter().map(|(id, rule)| Row::Rule(*id, rule.clone()));
        let holds = holds.values().cloned().map(Row::Hold);
        let sessions = sessions.values().cloned().map(Row::Session);
        let before = accounts.chain(calendars).chain(edges).chain(policies).chain(reviews);
        before.chain(rules).chain(holds).chain(sessions).try_for_each(|row| self.take(row))
    }

    /// Takes the next row.
    ///
    /// # Errors
    /// [`OutOfOrder`] where it does not follow the row before.
    pub fn take(&mut self, row: Row) -> Result<(), OutOfOrder> {
        let Some(row) = timeless(row) else { return Ok(()) };
        let key = row.key();
        let name = wire::key(&key);
        if self.last.as_ref().is_some_and(|last| *last >= key) {
            return Err(OutOfOrder(name));
        }
        self.last = Some(key);
        self.put(name.as_bytes());
        self.put(&wire::encode(&row));
        Ok(())
    }

    /// The digest of all rows taken.
    #[must_use]
    pub fn end(self) -> [u8; 32] {
        self.hasher.finalize().into()
    }

    /// With its length before it, so that no two sequences of rows are one sequence of bytes.
    fn put(&mut self, bytes: &[u8]) {
        self.hasher.update((bytes.len() as u64).to_be_bytes());
        self.hasher.update(bytes);
    }
}

/// A recorded row without what differs from host to host: the runs and the times in which
/// something was seen or tried, and the versions that a server drew, which often hang on the time
/// of the write. `None` for rows that are not recorded.
fn timeless(row: Row) -> Option<Row> {
    Some(match row {
        Row::Review(review) => Row::Review(crate::cursor::Review { run: NO_RUN, ..review }),
        Row::Presence(event, calendar, presence) => {
            Row::Presence(event, calendar, Box::new(timeless_presence(*presence)))
        }
        Row::Part(key, calendar, part) => Row::Part(key, calendar, timeless_part(part)),
        Row::Aside(aside) => Row::Aside(timeless_aside(aside)),
        Row::Account(_)
        | Row::Calendar(_)
        | Row::Edge(_)
        | Row::Policy(..)
        | Row::Rule(..)
        | Row::Hold(_)
        | Row::Session(_)
        | Row::Event(_)
        | Row::Mirror(..)
        | Row::Meeting(_) => row,
        Row::Object(..)
        | Row::Sweep(..)
        | Row::Cursor(..)
        | Row::Run(_)
        | Row::Health(..)
        | Row::Received(..)
        | Row::Watch(..) => return None,
    })
}

fn timeless_presence(mut presence: Presence) -> Presence {
    undrawn(&mut presence.version);
    presence.gone = presence.gone.map(timeless_gone);
    for instance in &mut presence.instances {
        undrawn(&mut instance.version);
        instance.gone = instance.gone.take().map(timeless_gone);
    }
    if let Some(pending) = &mut presence.pending {
        undrawn(&mut pending.base);
        pending.retry_at = None;
    }
    presence
}

fn timeless_part(mut part: Part) -> Part {
    if let Some(object) = &mut part.object {
        undrawn(&mut object.version);
        object.replaced = None;
    }
    part.reverts.fill(NO_TIME);
    part.gone = part.gone.map(timeless_gone);
    part
}

/// Whether there is a version stays.
fn undrawn(version: &mut Option<Version>) {
    if let Some(version) = version {
        version.0.clear();
    }
}

fn timeless_gone(gone: Gone) -> Gone {
    Gone { run: NO_RUN, at: NO_TIME, ..gone }
}

fn timeless_aside(aside: Aside) -> Aside {
    let what = match aside.what {
        AsideKind::Quarantined(found) => {
            AsideKind::Quarantined(Quarantine { at: NO_TIME, ..found })
        }
        AsideKind::Stray { .. }
        | AsideKind::ForeignManaged { .. }
        | AsideKind::NotEvent
        | AsideKind::Message { .. } => aside.what,
    };
    let mut version = aside.version;
    undrawn(&mut version);
    Aside { what, version, ..aside }
}
