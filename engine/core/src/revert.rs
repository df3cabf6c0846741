//! Writing a mirror back after a person changed it, and whether its origin may change instead.

use crate::graph::{CalendarRole, Edge};
use crate::mirror::{ParkReason, Part, PartStatus};
use crate::slice::{Bundle, Config};
use crate::time::Timestamp;

/// After this many reverts within a day a part is parked.
const REVERTS_MAX: usize = 3;
const DAY_MILLIS: i64 = 86_400_000;

/// The part is due because a person changed or deleted its object; parked where that keeps
/// happening, so that two programs do not fight for ever (L5, L9).
pub(crate) fn reverted(part: &mut Part, now: Timestamp) {
    part.reverts.push(now);
    let over = part.reverts.len().saturating_sub(REVERTS_MAX);
    part.reverts.drain(..over);
    let since = now.saturating_add_millis(-DAY_MILLIS);
    let recent = part.reverts.iter().filter(|at| **at > since).count();
    part.status = if part.reverts.len() == REVERTS_MAX && recent == REVERTS_MAX {
        PartStatus::Parked(ParkReason::Contended)
    } else {
        PartStatus::Due
    };
}

/// Whether a mirror of this edge may change its origin: the calendar can be written, and nobody
/// would be mailed because of it, unless the edge grants that (L5, L13).
pub(crate) fn may_change_origin(bundle: &Bundle, config: &Config, edge: &Edge) -> bool {
    let Some(presence) = bundle.presences.get(&edge.from) else {
        return false;
    };
    let Some(source) = config.calendars.get(&edge.from) else {
        return false;
    };
    let contents = std::iter::once(&presence.body.content)
        .chain(presence.body.exceptions.iter().map(|exception| &exception.content));
    let quiet = contents.into_iter().all(|content| {
        content.organized && content.attendees.is_empty() && content.organizer.is_none()
    });
    let reachable = match source.role {
        CalendarRole::Theirs | CalendarRole::Own => true,
        CalendarRole::Subscribed | CalendarRole::Overlay(_) | CalendarRole::Lost => false,
    };
    reachable && source.capabilities.write && (quiet || edge.options.may_notify)
}
