//! The text of row keys, for the journal, and of job keys, for the queue.

use std::fmt::{self, Display, Formatter};

use super::text::{Shown, Text};
use crate::graph::PolicyOwner;
use crate::ids::ProviderId;
use crate::mirror::{PartKey, PartRef};
use crate::plan::{JobKey, RowKey};

/// A row's key as text: its kind and its ids with slashes between, a provider's id last and as it
/// is. Stable: it stands in the journal.
#[must_use]
pub fn key(key: &RowKey) -> String {
    Shown(key).to_string()
}

/// Reads what [`key`] wrote.
#[must_use]
pub fn read_key(text: &str) -> Option<RowKey> {
    RowKey::read(text)
}

/// A job's key as text; two jobs with one text are one job.
#[must_use]
pub fn job_key(key: &JobKey) -> String {
    Shown(key).to_string()
}

/// Reads what [`job_key`] wrote.
#[must_use]
pub fn read_job_key(text: &str) -> Option<JobKey> {
    JobKey::read(text)
}

impl Text for RowKey {
    const WHAT: &'static str = "the key of a row";

    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(id) => one(f, "account", id),
            Self::Calendar(id) => one(f, "calendar", id),
            Self::Edge(id) => one(f, "edge", id),
            Self::Policy(PolicyOwner::Person) => one(f, "policy", &"person"),
            Self::Policy(PolicyOwner::Organization) => one(f, "policy", &"organization"),
            Self::Review(id) => one(f, "review", id),
            Self::Rule(id) => one(f, "rule", id),
            Self::Hold(id) => one(f, "hold", id),
            Self::Session(id) => one(f, "session", id),
            Self::Sweep(id) => one(f, "sweep", id),
            Self::Event(id) => one(f, "event", id),
            Self::Presence(event, calendar) => two(f, "presence", event, calendar),
            Self::Mirror(event, edge) => two(f, "mirror", event, edge),
            Self::Part(part) => part.write(f),
            Self::Aside(calendar, object) => two(f, "aside", calendar, object),
            Self::Meeting(id) => one(f, "meeting", id),
            Self::Object(calendar, object) => two(f, "object", calendar, object),
            Self::Cursor(id) => one(f, "cursor", id),
            Self::Run(id) => one(f, "run", id),
            Self::Health(id) => one(f, "health", id),
            Self::Watch(id) => one(f, "watch", id),
            Self::Received(id) => one(f, "received", id),
        }
    }

    fn read(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once('/')?;
        let pair = || rest.split_once('/');
        Some(match kind {
            "account" => Self::Account(rest.parse().ok()?),
            "calendar" => Self::Calendar(rest.parse().ok()?),
            "edge" => Self::Edge(rest.parse().ok()?),
            "policy" => Self::Policy(match rest {
                "person" => PolicyOwner::Person,
                "organization" => PolicyOwner::Organization,
                _ => return None,
            }),
            "review" => Self::Review(rest.parse().ok()?),
            "rule" => Self::Rule(rest.parse().ok()?),
            "hold" => Self::Hold(rest.parse().ok()?),
            "session" => Self::Session(rest.parse().ok()?),
            "sweep" => Self::Sweep(rest.parse().ok()?),
            "event" => Self::Event(rest.parse().ok()?),
            "presence" => Self::Presence(pair()?.0.parse().ok()?, pair()?.1.parse().ok()?),
            "mirror" => Self::Mirror(pair()?.0.parse().ok()?, pair()?.1.parse().ok()?),
            "part" => Self::Part(PartRef::read(text)?),
            "aside" => Self::Aside(pair()?.0.parse().ok()?, ProviderId(pair()?.1.to_owned())),
            "meeting" => Self::Meeting(rest.parse().ok()?),
            "object" => Self::Object(pair()?.0.parse().ok()?, ProviderId(pair()?.1.to_owned())),
            "cursor" => Self::Cursor(rest.parse().ok()?),
            "run" => Self::Run(rest.parse().ok()?),
            "health" => Self::Health(rest.parse().ok()?),
            "watch" => Self::Watch(rest.parse().ok()?),
            "received" => Self::Received(rest.parse().ok()?),
            _ => return None,
        })
    }
}

impl Text for JobKey {
    const WHAT: &'static str = "the key of a job";

    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Part(part) => part.write(f),
            Self::Origin(event, calendar) => two(f, "origin", event, calendar),
            Self::Overlay(calendar) => one(f, "overlay", calendar),
            Self::Pull(scope) => one(f, "pull", scope),
        }
    }

    fn read(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once('/')?;
        Some(match kind {
            "part" => Self::Part(PartRef::read(text)?),
            "origin" => {
                let (event, calendar) = rest.split_once('/')?;
                Self::Origin(event.parse().ok()?, calendar.parse().ok()?)
            }
            "overlay" => Self::Overlay(rest.parse().ok()?),
            "pull" => Self::Pull(rest.parse().ok()?),
            _ => return None,
        })
    }
}

/// A row and a job of one part have the same key.
impl Text for PartRef {
    const WHAT: &'static str = "the name of a part";

    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        two(f, "part", &self.event, &self.edge)?;
        f.write_str("/")?;
        self.part.write(f)
    }

    fn read(text: &str) -> Option<Self> {
        let (event, rest) = text.strip_prefix("part/")?.split_once('/')?;
        let (edge, part) = rest.split_once('/')?;
        let part = PartKey::read(part)?;
        Some(Self { event: event.parse().ok()?, edge: edge.parse().ok()?, part })
    }
}

fn one(f: &mut Formatter<'_>, kind: &str, id: &dyn Display) -> fmt::Result {
    f.write_str(kind)?;
    f.write_str("/")?;
    id.fmt(f)
}

fn two(f: &mut Formatter<'_>, kind: &str, a: &dyn Display, b: &dyn Display) -> fmt::Result {
    one(f, kind, a)?;
    f.write_str("/")?;
    b.fmt(f)
}
