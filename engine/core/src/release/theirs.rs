//! Mirrors that a person made theirs, by editing or by deleting something of them.

use super::parts::forget_object;
use crate::ids::EdgeId;
use crate::mirror::{MirrorMode, Part, PartKey, PartStatus};
use crate::presence::{Aside, AsideKind, ContentHash};
use crate::slice::{Bundle, MirrorBundle};

/// The mirror is the person's from now on, by what they made of a part. What is on its way out of it, and
/// no person touched, still goes: parts of a shape that the event no longer has, but for instances of a
/// series that stays.
pub(crate) fn become_theirs(mirror: &mut MirrorBundle, by: PartKey) {
    let stays = |key: PartKey, part: &Part| {
        let untouched = part.object.as_ref().is_some_and(|object| !object.edited);
        key == by || part.want.is_some() || !untouched
    };
    mirror.mirror.mode = MirrorMode::Detached;
    let whole = mirror.parts.get(&PartKey::Whole);
    let series_stays = whole.is_some_and(|whole| stays(PartKey::Whole, whole));
    for (key, part) in &mut mirror.parts {
        let within = series_stays && matches!(key, PartKey::Override(_));
        if within || stays(*key, part) {
            part.status = PartStatus::Settled;
        }
    }
}

/// Leaves what a person made theirs beside the mirror, which has nothing to do with it any more.
pub(crate) fn leave_theirs(bundle: &mut Bundle, edge: EdgeId) {
    let Some(MirrorBundle { mirror, parts }) = bundle.mirrors.get_mut(&edge) else {
        return;
    };
    for (key, part) in parts {
        let content = part.acks.last().map_or(ContentHash([0; 32]), |ack| ack.content);
        let generation = part.generation;
        let Some(object) = part.object.take() else { continue };
        forget_object(part);
        let (calendar, theirs) = (mirror.calendar, true);
        let event = bundle.event.as_ref().map(|event| event.id);
        let Some(event) = event else { continue };
        let what = AsideKind::Stray { event, edge, part: *key, generation, content, theirs };
        let aside = Aside { calendar, object: object.id.clone(), version: object.version, what };
        bundle.strays.insert((calendar, object.id), aside);
    }
}
