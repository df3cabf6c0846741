//! Origins whose place another object of their calendar takes: what a person did to a mirror before they did
//! to the one, and the other stays (L7).

use super::mirror;
use crate::draft::Draft;
use crate::graph::OnDelete;
use crate::ids::CalendarId;
use crate::mirror::{MirrorMode, PartKey, PartRef, PartStatus};
use crate::presence::Presence;
use crate::provider::EventItem;
use crate::slice::{Bundle, Config, Missing};

/// Puts what a calendar holds of an event. Where that is another object than before, and deletions go to
/// origins, mirrors are read alone: one that is gone may have been deleted before.
pub(super) fn put(bundle: &mut Bundle, (calendar, presence): (CalendarId, Presence), of: &Config) {
    let object = presence.object.clone();
    let before = bundle.presences.insert(calendar, presence);
    if before.is_none_or(|before| before.object == object) {
        return;
    }
    for (edge, mirror) in &mut bundle.mirrors {
        let Some(edge) = of.edges.get(edge).filter(|edge| edge.from == calendar) else { continue };
        let is_kept = mirror.mirror.mode == MirrorMode::Kept;
        let propagates = edge.options.on_delete == OnDelete::Propagate;
        let alone = mirror.parts.iter_mut().filter(|(key, _)| !matches!(key, PartKey::Override(_)));
        for (_, part) in alone {
            let Some(object) = &mut part.object else { continue };
            object.succeeded = true;
            if is_kept && propagates && part.status == PartStatus::Settled {
                part.status = PartStatus::Unsure;
            }
        }
    }
}

/// A mirror that is read alone, and is there, is the present origin's from now on.
pub(super) fn known_there(
    draft: &mut Draft<'_>,
    calendar: CalendarId,
    part_ref: PartRef,
    item: &EventItem,
) -> Result<(), Missing> {
    if !item.fresh || mirror::shown(item).is_none() {
        return Ok(());
    }
    let cause = Draft::seen_in(calendar).for_edge(part_ref.edge);
    mirror::with_part(draft, part_ref, cause, |part| {
        part.object.iter_mut().for_each(|object| object.succeeded = false);
    })
}
