//! What an operation of a [`Preview`](crate::Preview) does, in words.

use kalends_core::event::Body;
use kalends_core::ids::{EdgeId, EventId};
use kalends_core::provider::ProviderOp;
use kalends_core::step::{Action, Operation, Subject};

/// An operation, as people and programs read it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Planned<'a> {
    /// A stable word for what is done: `create`, `update`, `delete`, `read`, `change-origin`,
    /// `delete-origin`, `make-calendar` or `delete-calendar`.
    pub action: &'static str,
    /// Why, for people.
    pub why: &'static str,
    /// The event, if it is about one.
    pub event: Option<EventId>,
    /// The edge, if it is a mirror's.
    pub edge: Option<EdgeId>,
    /// What is written, if something is.
    pub body: Option<&'a Body>,
}

impl<'a> Planned<'a> {
    /// Reads an operation.
    #[must_use]
    pub const fn of(operation: &'a Operation) -> Self {
        let (event, edge) = match operation.sent.subject {
            Subject::Part(part) => (Some(part.event), Some(part.edge)),
            Subject::Origin(event, _) => (Some(event), None),
            Subject::Overlay(_) => (None, None),
        };
        let (action, why) = words(operation.sent.subject, operation.sent.action);
        Self { action, why, event, edge, body: written(&operation.op) }
    }
}

const fn words(subject: Subject, action: Action) -> (&'static str, &'static str) {
    match (subject, action) {
        (Subject::Overlay(_), Action::Delete) => {
            ("delete-calendar", "no edge needs the overlay any more")
        }
        (Subject::Overlay(_), _) => ("make-calendar", "an edge needs the account's overlay"),
        (Subject::Origin(..), Action::Delete) => ("delete-origin", "its mirror was deleted"),
        (Subject::Origin(..), _) => ("change-origin", "its mirror was edited"),
        (Subject::Part(_), Action::Create) => ("create", "the edge wants it and it is not there"),
        (Subject::Part(_), Action::Delete) => ("delete", "the edge does not want it any more"),
        (Subject::Part(_), Action::Replace | Action::Patch) => {
            ("update", "it differs from what the edge wants")
        }
        (Subject::Part(_), Action::Read) => ("read", "it is not known what is there"),
    }
}

const fn written(op: &ProviderOp) -> Option<&Body> {
    match op {
        ProviderOp::Create { doc, .. } | ProviderOp::Replace { doc, .. } => Some(&doc.body),
        ProviderOp::Patch { want, .. } => Some(want),
        ProviderOp::Discover
        | ProviderOp::List { .. }
        | ProviderOp::Fetch { .. }
        | ProviderOp::Delete { .. }
        | ProviderOp::MakeCalendar { .. }
        | ProviderOp::DeleteCalendar { .. }
        | ProviderOp::Watch(_)
        | ProviderOp::FreeBusy { .. } => None,
    }
}
