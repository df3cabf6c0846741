//! Edits of an origin that its mirror did not show yet when a person deleted that: the edit wins, and
//! the mirror comes back. Of an instance that was cancelled there the edit loses, and is kept (L14).

use super::parts::{After, fates};
use crate::event::Body;
use crate::form;
use crate::ids::{CalendarId, EdgeId};
use crate::mirror::{Part, PartKey, PartStatus};
use crate::project::shown_body;
use crate::slice::{Bundle, Config, MirrorBundle};

/// Two sides that changed the same.
#[derive(Default)]
pub(super) struct Conflict {
    /// The edge of the mirror that was deleted, or of which an instance was cancelled.
    pub(super) edge: Option<EdgeId>,
    /// What origins say that loses.
    pub(super) lost: Vec<(CalendarId, Body)>,
}

impl Conflict {
    /// What the confirmed deletions of an event's mirrors in a calendar have against them.
    pub(super) fn of(bundle: &Bundle, calendar: CalendarId, config: &Config) -> Self {
        let mut conflict = Self::default();
        for ((edge, key), part, after) in fates(bundle, calendar, config) {
            let overrules = after == After::Propagate && part.is_cancelled(key);
            let origin = if overrules { edited(bundle, config, (edge, key)) } else { None };
            if after == After::Outlived || origin.is_some() {
                conflict.edge.get_or_insert(edge);
            }
            let is_new = |(from, _): &(CalendarId, Body)| {
                conflict.lost.iter().all(|(known, _)| known != from)
            };
            let origin = origin.filter(is_new);
            conflict.lost.extend(origin);
        }
        conflict
    }
}

/// What an origin says that has changed an instance, where the mirror in which a person cancelled it did
/// not show all that the origin says.
fn edited(
    bundle: &Bundle,
    config: &Config,
    (edge, key): (EdgeId, PartKey),
) -> Option<(CalendarId, Body)> {
    let PartKey::Override(at) = key else { return None };
    let series = bundle.mirrors.get(&edge)?.parts.get(&PartKey::Whole)?;
    let edge = config.edges.get(&edge)?;
    let origin = shown_body(bundle, edge).filter(|_| lags(series))?;
    let start = &origin.content.span.start;
    let changed = origin.exceptions.iter().any(|one| form::key_in(start, &one.original) == at);
    changed.then(|| (edge.from, origin.clone()))
}

/// Whether what was deleted said less than its origin does by now, so that the person who deleted it
/// did not know. A series is known with its instances, but for those that its calendar does not take.
pub(super) fn is_outlived(mirror: &MirrorBundle, key: PartKey, part: &Part) -> bool {
    match key {
        PartKey::Whole => {
            let is_open = |(key, instance): (&PartKey, &Part)| {
                matches!(key, PartKey::Override(_))
                    && !matches!(instance.status, PartStatus::Parked(_))
                    && lags(instance)
            };
            lags(part) || mirror.parts.iter().any(is_open)
        }
        PartKey::Override(_) | PartKey::Single(_) => part.want.is_some() && lags(part),
    }
}

/// Whether something else is wanted than was acknowledged last, whatever a person made of that; or its
/// event is another object by now, even one that says the same.
fn lags(part: &Part) -> bool {
    part.want != part.acks.last().map(|ack| ack.want)
        || part.object.as_ref().is_some_and(|object| object.succeeded)
}
