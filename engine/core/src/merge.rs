//! An origin changed by its own people while a change of ours waits to be written to it.

use crate::compile::merge3;
use crate::event::Body;
use crate::graph::OnConflict;
use crate::normalize;
use crate::presence::{Pending, Presence};
use crate::slice::Config;

/// Works the waiting change out anew against what the provider shows now. Gone where the provider
/// shows just that already.
pub(crate) fn merge_pending(presence: &mut Presence, shown: &Body, config: &Config) {
    let Some(pending) = presence.pending.take() else {
        return;
    };
    let Some(want) = &pending.want else {
        // We were about to delete it, and someone changed it: the change wins (L14).
        return;
    };
    let plain = crate::graph::Capabilities::default();
    if normalize::hash(want, &plain) == normalize::hash(shown, &plain) {
        return;
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
    let merged = merge3(&presence.body, shown, want, policy).body;
    if normalize::hash(&merged, &plain) == normalize::hash(shown, &plain) {
        return;
    }
    presence.pending = Some(Pending {
        want: Some(merged),
        base: presence.version.clone(),
        attempts: 0,
        retry_at: None,
        parked: None,
        ..pending
    });
}
