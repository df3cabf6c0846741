//! The numbers and bytes that stand in columns.

use kalends_core::graph::PolicyOwner;
use kalends_core::ids::{CalendarId, EdgeId, EventId, ScopeId};
use kalends_core::mirror::{PartKey, PartRef, PartStatus};
use kalends_core::plan::JobKey;
use kalends_core::presence::{AsideKind, Presence};

use crate::SqlError;

/// Of a policy's owner.
pub(crate) const fn owner(owner: PolicyOwner) -> i64 {
    match owner {
        PolicyOwner::Person => 0,
        PolicyOwner::Organization => 1,
    }
}

pub(crate) const fn read_owner(code: i64) -> Result<PolicyOwner, SqlError> {
    match code {
        0 => Ok(PolicyOwner::Person),
        1 => Ok(PolicyOwner::Organization),
        _ => Err(SqlError::Shape("the owner of a policy")),
    }
}

/// Of the evidence against a presence.
pub(crate) fn gone(presence: &Presence) -> i64 {
    let instance = presence.instances.iter().any(|instance| instance.gone.is_some());
    match (presence.gone.is_some(), instance) {
        (true, _) => 2,
        (false, true) => 1,
        (false, false) => 0,
    }
}

/// Whether a change of the origin is tried no more.
pub(crate) fn is_parked(presence: &Presence) -> bool {
    presence.pending.as_ref().is_some_and(|pending| pending.parked.is_some())
}

/// Of a part's status.
pub(crate) const fn status(status: &PartStatus) -> i64 {
    match status {
        PartStatus::Settled => 0,
        PartStatus::Due => 1,
        PartStatus::ReadBack => 2,
        PartStatus::Unsure => 3,
        PartStatus::Parked(_) => 4,
    }
}

/// Of what an object set aside is, with the event of a stray.
pub(crate) const fn aside(what: &AsideKind) -> (i64, Option<&EventId>) {
    match what {
        AsideKind::Stray { event, .. } => (0, Some(event)),
        AsideKind::ForeignManaged { .. } => (1, None),
        AsideKind::Quarantined(_) => (2, None),
        AsideKind::Message { .. } => (3, None),
        AsideKind::NotEvent => (4, None),
    }
}

/// The bytes of a job's key; they sort like the key.
pub(crate) fn job(key: &JobKey) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(42);
    match key {
        JobKey::Part(part) => {
            bytes.push(0);
            bytes.extend_from_slice(part.event.as_bytes());
            bytes.extend_from_slice(part.edge.as_bytes());
            bytes.extend_from_slice(&part.part.to_bytes());
        }
        JobKey::Origin(event, calendar) => {
            bytes.push(1);
            bytes.extend_from_slice(event.as_bytes());
            bytes.extend_from_slice(calendar.as_bytes());
        }
        JobKey::Overlay(calendar) => {
            bytes.push(2);
            bytes.extend_from_slice(calendar.as_bytes());
        }
        JobKey::Pull(scope) => {
            bytes.push(3);
            bytes.extend_from_slice(scope.as_bytes());
        }
    }
    bytes
}

pub(crate) fn read_job(bytes: &[u8]) -> Result<JobKey, SqlError> {
    let key = bytes.split_first().and_then(|(kind, rest)| match kind {
        0 => {
            let (event, rest) = rest.split_first_chunk()?;
            let (edge, part) = rest.split_first_chunk()?;
            Some(JobKey::Part(PartRef {
                event: EventId::from_bytes(*event),
                edge: EdgeId::from_bytes(*edge),
                part: PartKey::from_bytes(part.try_into().ok()?)?,
            }))
        }
        1 => {
            let (event, calendar) = rest.split_first_chunk()?;
            let calendar = CalendarId::from_bytes(calendar.try_into().ok()?);
            Some(JobKey::Origin(EventId::from_bytes(*event), calendar))
        }
        2 => Some(JobKey::Overlay(CalendarId::from_bytes(rest.try_into().ok()?))),
        3 => Some(JobKey::Pull(ScopeId::from_bytes(rest.try_into().ok()?))),
        _ => None,
    });
    key.ok_or(SqlError::Shape("the key of a job"))
}
