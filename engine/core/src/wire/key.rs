//! The text of row keys, for the journal, and of job keys, for the queue.

use std::fmt::Display;

use super::text::Text as _;
use crate::graph::PolicyOwner;
use crate::ids::ProviderId;
use crate::mirror::{PartKey, PartRef};
use crate::plan::{JobKey, RowKey};

/// A row's key as text: its kind and its ids with slashes between, a provider's id last and as it
/// is. Stable: it stands in the journal.
#[must_use]
pub fn key(key: &RowKey) -> String {
    match key {
        RowKey::Account(id) => one("account", id),
        RowKey::Calendar(id) => one("calendar", id),
        RowKey::Edge(id) => one("edge", id),
        RowKey::Policy(PolicyOwner::Person) => one("policy", &"person"),
        RowKey::Policy(PolicyOwner::Organization) => one("policy", &"organization"),
        RowKey::Review(id) => one("review", id),
        RowKey::Rule(id) => one("rule", id),
        RowKey::Hold(id) => one("hold", id),
        RowKey::Session(id) => one("session", id),
        RowKey::Sweep(id) => one("sweep", id),
        RowKey::Event(id) => one("event", id),
        RowKey::Presence(event, calendar) => two("presence", event, calendar),
        RowKey::Mirror(event, edge) => two("mirror", event, edge),
        RowKey::Part(part) => part_text(part),
        RowKey::Aside(calendar, object) => two("aside", calendar, object),
        RowKey::Meeting(id) => one("meeting", id),
        RowKey::Object(calendar, object) => two("object", calendar, object),
        RowKey::Cursor(id) => one("cursor", id),
        RowKey::Run(id) => one("run", id),
        RowKey::Health(id) => one("health", id),
        RowKey::Watch(id) => one("watch", id),
        RowKey::Received(id) => one("received", id),
    }
}

/// Reads what [`key`] wrote.
#[must_use]
pub fn read_key(text: &str) -> Option<RowKey> {
    let (kind, rest) = text.split_once('/')?;
    let pair = || rest.split_once('/');
    Some(match kind {
        "account" => RowKey::Account(rest.parse().ok()?),
        "calendar" => RowKey::Calendar(rest.parse().ok()?),
        "edge" => RowKey::Edge(rest.parse().ok()?),
        "policy" => RowKey::Policy(match rest {
            "person" => PolicyOwner::Person,
            "organization" => PolicyOwner::Organization,
            _ => return None,
        }),
        "review" => RowKey::Review(rest.parse().ok()?),
        "rule" => RowKey::Rule(rest.parse().ok()?),
        "hold" => RowKey::Hold(rest.parse().ok()?),
        "session" => RowKey::Session(rest.parse().ok()?),
        "sweep" => RowKey::Sweep(rest.parse().ok()?),
        "event" => RowKey::Event(rest.parse().ok()?),
        "presence" => RowKey::Presence(pair()?.0.parse().ok()?, pair()?.1.parse().ok()?),
        "mirror" => RowKey::Mirror(pair()?.0.parse().ok()?, pair()?.1.parse().ok()?),
        "part" => RowKey::Part(read_part(rest)?),
        "aside" => RowKey::Aside(pair()?.0.parse().ok()?, ProviderId(pair()?.1.to_owned())),
        "meeting" => RowKey::Meeting(rest.parse().ok()?),
        "object" => RowKey::Object(pair()?.0.parse().ok()?, ProviderId(pair()?.1.to_owned())),
        "cursor" => RowKey::Cursor(rest.parse().ok()?),
        "run" => RowKey::Run(rest.parse().ok()?),
        "health" => RowKey::Health(rest.parse().ok()?),
        "watch" => RowKey::Watch(rest.parse().ok()?),
        "received" => RowKey::Received(rest.parse().ok()?),
        _ => return None,
    })
}

/// A job's key as text; two jobs with one text are one job.
#[must_use]
pub fn job_key(key: &JobKey) -> String {
    match key {
        JobKey::Part(part) => part_text(part),
        JobKey::Origin(event, calendar) => two("origin", event, calendar),
        JobKey::Overlay(calendar) => one("overlay", calendar),
        JobKey::Pull(scope) => one("pull", scope),
    }
}

/// Reads what [`job_key`] wrote.
#[must_use]
pub fn read_job_key(text: &str) -> Option<JobKey> {
    let (kind, rest) = text.split_once('/')?;
    Some(match kind {
        "part" => JobKey::Part(read_part(rest)?),
        "origin" => {
            let (event, calendar) = rest.split_once('/')?;
            JobKey::Origin(event.parse().ok()?, calendar.parse().ok()?)
        }
        "overlay" => JobKey::Overlay(rest.parse().ok()?),
        "pull" => JobKey::Pull(rest.parse().ok()?),
        _ => return None,
    })
}

fn one(kind: &str, id: &dyn Display) -> String {
    format!("{kind}/{id}")
}

fn two(kind: &str, first: &dyn Display, second: &dyn Display) -> String {
    format!("{kind}/{first}/{second}")
}

fn part_text(part: &PartRef) -> String {
    format!("part/{}/{}/{}", part.event, part.edge, part.part.text())
}

fn read_part(text: &str) -> Option<PartRef> {
    let (event, rest) = text.split_once('/')?;
    let (edge, part) = rest.split_once('/')?;
    Some(PartRef {
        event: event.parse().ok()?,
        edge: edge.parse().ok()?,
        part: PartKey::read(part)?,
    })
}
