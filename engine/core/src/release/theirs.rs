//! Mirrors that a person made theirs, by editing or by deleting something of them.

use super::parts::forget_object;
use crate::graph::OnEdit;
use crate::ids::EdgeId;
use crate::mirror::{MirrorMode, Part, PartKey, PartObject, PartStatus};
use crate::presence::{Aside, AsideKind, ContentHash};
use crate::slice::{Bundle, MirrorBundle};

/// The mirror is the person's from now on, by what they made of a part. What is on its way out of it, and
/// no person touched, still goes: parts of a shape that the event no longer has, but for instances of a
/// series that stays. A series stays with an instance that a person changed in it. Where edits go back or
/// on to the origin, they make nothing theirs.
pub(crate) fn become_theirs(mirror: &mut MirrorBundle, by: PartKey, on_edit: OnEdit) {
    let is_edited = |object: &PartObject| match on_edit {
        OnEdit::Detach => object.edited,
        OnEdit::Revert | OnEdit::Propagate => false,
    };
    let is_changed =
        |key: PartKey, part: &Part| key == by || part.object.as_ref().is_none_or(is_edited);
    let stays = |key: PartKey, part: &Part| part.want.is_some() || is_changed(key, part);
    mirror.mirror.mode = MirrorMode::Detached;
    let series_stays = mirror.parts.iter().any(|(key, part)| match key {
        PartKey::Whole => stays(*key, part),
        PartKey::Override(_) => {
            part.object.is_some() && part.gone.is_none() && is_changed(*key, part)
        }
        PartKey::Single(_) => false,
    });
    for (key, part) in &mut mirror.parts {
        let within = series_stays && !matches!(key, PartKey::Single(_));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;
    use crate::transitions::{EDGE, bundle, gone, part};

    const CHANGED: PartKey = PartKey::Override(Timestamp::MIN);
    const SINGLE: PartKey = PartKey::Single(Timestamp::MIN);

    /// How a series, an instance changed in it and one written singly, all on their way out, stand once the
    /// mirror became a person's by a part that they edited.
    fn after(by: PartKey, change: impl Fn(&mut Part)) -> [PartStatus; 3] {
        beside(by, by, OnEdit::Detach, change)
    }

    /// The same where they edited another part, too, and edits are dealt with so.
    fn beside(
        by: PartKey,
        also: PartKey,
        on_edit: OnEdit,
        change: impl Fn(&mut Part),
    ) -> [PartStatus; 3] {
        let leaving = part("to delete", &PartStatus::Due);
        let mut bundle = bundle(MirrorMode::Kept, PartKey::Whole, leaving.clone());
        let mut mirror = bundle.mirrors.remove(&EDGE).unwrap_or_else(|| unreachable!());
        mirror.parts.extend([(CHANGED, leaving.clone()), (SINGLE, leaving)]);
        for key in [by, also] {
            mirror.parts.entry(key).and_modify(|part| {
                part.object.iter_mut().for_each(|object| object.edited = true);
                change(part);
            });
        }
        become_theirs(&mut mirror, by, on_edit);
        [PartKey::Whole, CHANGED, SINGLE].map(|key| mirror.parts[&key].status.clone())
    }

    /// Catches a series that is deleted with the instance that a person changed in it, and one that stays
    /// though nobody touched it.
    #[test]
    fn a_series_stays_with_the_instance_that_a_person_changed_in_it() {
        use PartStatus::{Due, Settled};
        assert_eq!(after(CHANGED, |_| ()), [Settled, Settled, Due]);
        assert_eq!(after(PartKey::Whole, |_| ()), [Settled, Settled, Due]);
        assert_eq!(after(SINGLE, |_| ()), [Due, Due, Settled]);
        assert_eq!(after(CHANGED, |part| part.gone = Some(gone(true))), [Due, Settled, Due]);
    }

    /// Catches an instance on its way out that stays for good, since a person edited it before they made the
    /// mirror theirs, though the edit is the origin's by now.
    #[test]
    fn what_goes_stays_only_where_an_edit_makes_it_theirs() {
        use PartStatus::{Due, Settled};
        let edited = |on_edit| beside(PartKey::Whole, SINGLE, on_edit, |_| ());
        assert_eq!(edited(OnEdit::Detach), [Settled, Settled, Settled]);
        assert_eq!(edited(OnEdit::Propagate), [Settled, Settled, Due]);
        assert_eq!(edited(OnEdit::Revert), [Settled, Settled, Due]);
    }
}
