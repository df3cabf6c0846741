//! An origin changed by its own people while a change of ours waits to be written to it.

use crate::compile::{Merged, merge3};
use crate::event::Body;
use crate::graph::{Capabilities, OnConflict};
use crate::ids::EdgeId;
use crate::normalize;
use crate::presence::{ContentHash, Guests, Pending, Presence};
use crate::slice::Config;

/// How many changes that were replaced are remembered.
const BEFORE_MAX: usize = 4;

/// Tells one waiting change from another; `None`: a deletion.
pub(crate) fn change_hash(pending: &Pending) -> Option<ContentHash> {
    pending.want.as_ref().map(|want| normalize::hash(want, &Capabilities::default()))
}

/// Puts a change on its way to the origin; it takes the place of one that waits.
pub(crate) fn put_change(presence: &mut Presence, want: Option<Body>, from: Option<EdgeId>) {
    let older = presence.pending.take();
    let mut before = older.as_ref().map(|older| older.before.clone()).unwrap_or_default();
    before.extend(older.as_ref().and_then(change_hash));
    before.drain(..before.len().saturating_sub(BEFORE_MAX));
    let base = presence.version.clone();
    presence.pending = Some(Pending {
        want,
        base,
        from,
        guests: Guests::Untold,
        before,
        attempts: 0,
        retry_at: None,
        parked: None,
    });
}

/// Works the waiting change out anew against what the provider shows now. Gone where the provider
/// shows just that already. Whether something of what the provider shows loses against the change:
/// then it is to be kept where it can be brought back.
pub(crate) fn merge_pending(presence: &mut Presence, shown: &Body, config: &Config) -> bool {
    let Some(pending) = presence.pending.take() else {
        return false;
    };
    let Some(want) = &pending.want else {
        // We were about to delete it, and someone changed it: the change wins (L14).
        return false;
    };
    let plain = Capabilities::default();
    let seen = normalize::hash(shown, &plain);
    if normalize::hash(want, &plain) == seen {
        return false;
    }
    if pending.before.contains(&seen) {
        // An older change of ours was written after all: the newer one stands on it.
        presence.pending = Some(Pending { base: presence.version.clone(), ..pending });
        return false;
    }
    let policy = pending
        .from
        .and_then(|edge| config.edges.get(&edge))
        .map_or(OnConflict::LastSeen, |edge| edge.options.on_conflict);
    // The provider's change is the one seen last.
    let policy = match policy {
        OnConflict::LastSeen | OnConflict::Origin => OnConflict::Origin,
        OnConflict::Mirror => OnConflict::Mirror,
    };
    let Merged { body, lost } = merge3(&presence.body, shown, want, policy);
    if normalize::hash(&body, &plain) == seen {
        return false;
    }
    presence.pending = Some(Pending {
        want: Some(body),
        base: presence.version.clone(),
        attempts: 0,
        retry_at: None,
        parked: None,
        ..pending
    });
    policy == OnConflict::Mirror && !lost.is_empty()
}
