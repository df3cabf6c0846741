//! A calendar takes the place of another that shows the same events.

use super::{authored, edges};
use crate::draft::Draft;
use crate::graph::{Edge, Lifecycle, OnDelete, OnEdit};
use crate::ids::{CalendarId, EdgeId};
use crate::slice::Missing;

/// The edges that start at `calendar` start at `by` from now on, under their ids: what they mirror
/// stays where it lies, since an event has one id in both calendars. One that leads to `by` itself
/// has nothing left to show there. `calendar` is read no more.
pub(super) fn replace(
    draft: &mut Draft<'_>,
    calendar: CalendarId,
    by: CalendarId,
) -> Result<(), Missing> {
    let config = draft.config();
    let writes = config.calendars.get(&by).is_some_and(|by| by.capabilities.write);
    let staying = config.edges.values().filter(|edge| edge.from == calendar && stays(edge));
    let (ends, moves): (Vec<&Edge>, Vec<&Edge>) = staying.partition(|edge| edge.to == by);
    let id = |edge: &&Edge| edge.id;
    let ends: Vec<EdgeId> = ends.iter().map(id).collect();
    let moves: Vec<EdgeId> = moves.iter().map(id).collect();
    for id in ends {
        edges::remove(draft, id, false);
    }
    let config = draft.config_mut(authored().in_calendar(calendar));
    for id in &moves {
        if let Some(edge) = config.edges.get_mut(id) {
            edge.from = by;
            if !writes {
                only_shows(edge);
            }
        }
    }
    if let Some(calendar) = config.calendars.get_mut(&calendar) {
        calendar.on = false;
    }
    draft.set_cursor(calendar.into(), None);
    edges::sweep_all(draft, &moves);
    edges::wait_for_reading(draft, |edge| moves.contains(&edge.id))
}

/// What happens to a mirror cannot go to an origin that cannot be written.
fn only_shows(edge: &mut Edge) {
    let options = &mut edge.options;
    if options.on_edit == OnEdit::Propagate {
        options.on_edit = OnEdit::default();
    }
    if options.on_delete == OnDelete::Propagate {
        options.on_delete = OnDelete::default();
    }
}

/// Whether an edge is there to stay.
pub(super) const fn stays(edge: &Edge) -> bool {
    match edge.state {
        Lifecycle::Active | Lifecycle::Paused(_) => true,
        Lifecycle::Retiring | Lifecycle::Abandoned => false,
    }
}
