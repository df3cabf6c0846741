//! Edges whose source calendar is read again, and what an edit does to their wait.

use std::collections::BTreeMap;

use super::replace::stays;
use crate::draft::Draft;
use crate::graph::{Edge, Sweep};
use crate::ids::{CalendarId, EdgeId};
use crate::policy::{self, Disclosure};

/// The edges that keep mirrors of what they do not see, as they were before an edit.
pub(super) struct Waits(BTreeMap<EdgeId, Wait>);

struct Wait {
    from: CalendarId,
    sweep: Sweep,
    shows: Disclosure,
}

impl Waits {
    pub(super) fn of(draft: &Draft<'_>) -> Self {
        let edges = draft.config().edges.values().filter_map(|edge| {
            let sweep = draft.sweep(edge.id);
            let wait = || Wait { from: edge.from, sweep, shows: shows(draft, edge) };
            sweep.keeps_unseen().then(|| (edge.id, wait()))
        });
        Self(edges.collect())
    }

    /// What was asked for is done to all that is known, and no answer to what is not. An edge that may
    /// show less from now on does not wait: what it showed goes (L6).
    pub(super) fn go_on(self, draft: &mut Draft<'_>) {
        for (id, wait) in self.0 {
            let Some(edge) = draft.config().edges.get(&id) else { continue };
            let shows = shows(draft, edge);
            let is_less = wait.shows.meet(shows) != wait.shows;
            let is_moved = edge.from != wait.from;
            if stays(edge) && !is_less && !is_moved && !draft.sweep(id).keeps_unseen() {
                draft.set_sweep(id, Some(wait.sweep.again()));
            }
        }
    }
}

fn shows(draft: &Draft<'_>, edge: &Edge) -> Disclosure {
    policy::disclosure(&edge.options, &draft.config().policies)
}
