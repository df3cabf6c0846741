//! The parts of a mirror, brought to what its edge wants of them.

use std::collections::BTreeMap;

use super::is_open;
use crate::compile::Projected;
use crate::graph::{Calendar, Capabilities, Edge};
use crate::ids::{CalendarId, EdgeId, ProviderId};
use crate::mirror::{
    Ack, AckFields, FieldHashes, Mirror, MirrorMode, ParkReason, Part, PartKey, PartObject,
    PartStatus, Wanted,
};
use crate::presence::{Aside, AsideKind, ContentHash};
use crate::slice::{Bundle, MirrorBundle};
use crate::step::Env;
use crate::window;

pub(super) fn retract(bundle: &mut Bundle, target: &Calendar, edge: EdgeId, wanted: Wanted) {
    if let Some(mirror) = bundle.mirrors.get_mut(&edge) {
        mirror.mirror.wanted = wanted;
        mirror.mirror.mode = MirrorMode::Kept;
        mirror.parts.values_mut().for_each(|part| heed_rights(part, &target.capabilities));
        mirror.parts.values_mut().for_each(unwant);
        let calendar = mirror.mirror.calendar;
        for (key, part) in &mut mirror.parts {
            take_in_unsure(&mut bundle.strays, (edge, *key, calendar), part);
        }
    }
}

/// Nothing should be there. An object is deleted; a write that may be under way is looked after.
pub(crate) fn unwant(part: &mut Part) {
    if part.want.take().is_none() {
        return;
    }
    forget_attempts(part);
    if let Some(object) = &mut part.object {
        object.deleting = true;
    }
    part.status = match (&part.object, &part.status) {
        (Some(_), PartStatus::Unsure) => PartStatus::Unsure,
        (Some(object), PartStatus::ReadBack) if object.version.is_none() => PartStatus::ReadBack,
        (Some(_), _) => PartStatus::Due,
        (None, PartStatus::Settled | PartStatus::Parked(_)) => PartStatus::Settled,
        (None, PartStatus::Due | PartStatus::ReadBack | PartStatus::Unsure) => PartStatus::Unsure,
    };
}

pub(super) fn show(
    bundle: &mut Bundle,
    target: &Calendar,
    edge: &Edge,
    parts: BTreeMap<PartKey, Projected>,
    env: &Env,
) {
    let mirror = bundle.mirrors.entry(edge.id).or_insert_with(|| MirrorBundle {
        mirror: Mirror { calendar: target.id, wanted: Wanted::Yes, mode: MirrorMode::Kept },
        parts: BTreeMap::new(),
    });
    mirror.mirror.wanted = Wanted::Yes;
    mirror.mirror.mode = MirrorMode::Kept;
    mirror.parts.values_mut().for_each(|part| heed_rights(part, &target.capabilities));
    let back_edge = window::range(&edge.options.window, env.now).start;
    let is_series = parts.contains_key(&PartKey::Whole);
    // An instance that a person cancelled waits for the release, and its series with it.
    let waits = mirror.parts.iter().any(|(key, part)| part.is_cancelled(*key));
    for (key, part) in &mut mirror.parts {
        if parts.contains_key(key) {
            continue;
        }
        // What a series has no hole for would be there twice.
        let single = matches!(key, PartKey::Single(_)) && !is_series;
        let behind = single && part.object.is_some() && part.starts < back_edge;
        let frozen = behind && !is_open(part);
        if !frozen {
            unwant(part);
            take_in_unsure(&mut bundle.strays, (edge.id, *key, target.id), part);
        }
    }
    for (key, projected) in parts {
        let part = mirror.parts.entry(key).or_insert_with(|| new_part(&projected));
        if has_successor(&bundle.strays, (edge.id, key, target.id), part) {
            unwant(part);
            continue;
        }
        let is_as_before = part.want == Some(projected.hash);
        if !(waits && key == PartKey::Whole && is_as_before) {
            want(part, &projected, target.capabilities.object_octets_max);
        }
        if part.object.is_none() {
            adopt_stray(&mut bundle.strays, (edge.id, key, target.id), part);
            know_fields(part, &projected, &target.capabilities);
        }
    }
}

const fn new_part(projected: &Projected) -> Part {
    Part {
        generation: 0,
        want: None,
        object: None,
        acks: Vec::new(),
        before: Vec::new(),
        status: PartStatus::Settled,
        reverts: Vec::new(),
        attempts: 0,
        stale: 0,
        starts: projected.starts,
        gone: None,
    }
}

fn want(part: &mut Part, projected: &Projected, limit: Option<u32>) {
    let changed = part.want != Some(projected.hash);
    // What someone made of it while it was behind the window.
    let overdue = part.status == PartStatus::Settled && !part.is_as_wanted();
    let fits = match part.status {
        PartStatus::Parked(why) => may_fit(why, limit),
        PartStatus::Settled | PartStatus::Due | PartStatus::ReadBack | PartStatus::Unsure => false,
    };
    if !changed && !overdue && !fits {
        return;
    }
    part.want = Some(projected.hash);
    part.starts = projected.starts;
    forget_attempts(part);
    let acknowledged = part.is_as_wanted();
    let unread = part.object.as_ref().is_some_and(|object| object.version.is_none());
    part.status = match part.status {
        PartStatus::Unsure => PartStatus::Unsure,
        // What the provider made of the last write is not known: the read back comes first.
        PartStatus::ReadBack if unread => PartStatus::ReadBack,
        _ if acknowledged => PartStatus::Settled,
        PartStatus::Settled | PartStatus::Due | PartStatus::ReadBack | PartStatus::Parked(_) => {
            PartStatus::Due
        }
    };
}

/// Whether what was too large is worth another try: its calendar names another limit than then. One
/// that names none and thinks otherwise now tells nobody, and to try again by the clock would be
/// writes without end that no edit and no fault asked for (L9). So there a change of what is wanted
/// is tried, and a person says when the same is to be.
const fn may_fit(why: ParkReason, limit: Option<u32>) -> bool {
    match (why, limit) {
        (ParkReason::OverLimit(then), Some(now)) => now > then,
        (ParkReason::OverLimit(_), None) | (ParkReason::TooLarge, Some(_)) => true,
        (
            ParkReason::TooLarge
            | ParkReason::Refused
            | ParkReason::Forbidden
            | ParkReason::ReadOnly
            | ParkReason::Contended
            | ParkReason::Taken
            | ParkReason::Exhausted,
            _,
        ) => false,
    }
}

/// What may not be written is tried no more while its calendar says that it may not be, and again
/// once it says that it may. Where it never said otherwise than that it may, nothing is known to
/// have changed.
fn heed_rights(part: &mut Part, target: &Capabilities) {
    match (&part.status, target.write) {
        (PartStatus::Parked(ParkReason::Forbidden), false) => {
            part.status = PartStatus::Parked(ParkReason::ReadOnly);
        }
        (PartStatus::Parked(ParkReason::ReadOnly), true) => {
            part.attempts = 0;
            part.settle();
        }
        (
            PartStatus::Parked(_)
            | PartStatus::Settled
            | PartStatus::Due
            | PartStatus::ReadBack
            | PartStatus::Unsure,
            _,
        ) => {}
    }
}

/// Something else is wanted, with all its attempts before it; but that a write had no answer is
/// known until what is there was read.
const fn forget_attempts(part: &mut Part) {
    if !matches!(part.status, PartStatus::Unsure) {
        part.attempts = 0;
    }
}

/// An object that was taken in and holds just what is wanted is known field by field.
fn know_fields(part: &mut Part, projected: &Projected, target: &Capabilities) {
    let Some(last) = part.acks.last_mut() else { return };
    if last.fields.is_none() && last.content == projected.hash {
        let fields = FieldHashes::of(&projected.body, target);
        last.fields = Some(AckFields { want: fields, content: fields });
    }
}

/// Whether another store of the graph gave the object up meanwhile, since it was gone there, and made
/// the part under a later id: this one goes, and that one is taken in. What a person changed in it is
/// heard before.
fn has_successor(strays: &Strays, place: (EdgeId, PartKey, CalendarId), part: &Part) -> bool {
    part.object.as_ref().is_some_and(|object| !object.edited)
        && strays_of(strays, place).any(|(generation, ..)| generation > part.generation)
}

/// A write whose answer was lost may have made an object all the same: it is taken in, so that it
/// can be taken back.
fn take_in_unsure(strays: &mut Strays, place: (EdgeId, PartKey, CalendarId), part: &mut Part) {
    if part.object.is_none() && part.status == PartStatus::Unsure {
        adopt_stray(strays, place, part);
    }
}

/// Takes in an object with our mark for just this part: after a lost answer, a wiped store, or
/// from another device of the same graph. One from before the part's present id stays aside: it
/// was given up.
fn adopt_stray(
    strays: &mut Strays,
    (edge, key, calendar): (EdgeId, PartKey, CalendarId),
    part: &mut Part,
) {
    let known = strays_of(strays, (edge, key, calendar)).filter(|it| it.0 >= part.generation);
    let best = known.max_by(|a, b| a.0.cmp(&b.0)).map(|(generation, content, aside)| {
        (generation, content, (aside.calendar, aside.object.clone()), aside.version.clone())
    });
    let Some((generation, content, place, version)) = best else {
        return;
    };
    strays.remove(&place);
    part.generation = generation;
    let deleting = part.want.is_none();
    part.object = Some(PartObject { deleting, ..PartObject::new(place.1, version) });
    part.acks = vec![Ack { want: content, content, fields: None }];
    part.settle();
}

/// What is set aside of an event, by calendar and object.
type Strays = BTreeMap<(CalendarId, ProviderId), Aside>;

/// The objects set aside that bear our mark for just this part, with generations and contents.
fn strays_of(
    strays: &Strays,
    (edge, key, calendar): (EdgeId, PartKey, CalendarId),
) -> impl Iterator<Item = (u32, ContentHash, &Aside)> {
    strays.values().filter(move |aside| aside.calendar == calendar).filter_map(move |aside| {
        match &aside.what {
            AsideKind::Stray {
                edge: of, part: stray, generation, content, theirs: false, ..
            } if *of == edge && *stray == key => Some((*generation, *content, aside)),
            AsideKind::Stray { .. }
            | AsideKind::ForeignManaged { .. }
            | AsideKind::Message { .. }
            | AsideKind::NotEvent
            | AsideKind::Quarantined(_) => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;
    use crate::transitions::{ANEW, After, WANT, body, hold, row};

    fn projected(hash: ContentHash) -> Projected {
        Projected {
            body: body("as wanted"),
            hash,
            instance: None,
            of: None,
            starts: Timestamp::MIN,
        }
    }

    fn after(part: &Part, change: impl FnOnce(&mut Part)) -> After {
        let mut part = part.clone();
        change(&mut part);
        part.into()
    }

    fn unread(part: &Part) -> Part {
        let object = part.object.clone().map(|object| PartObject { version: None, ..object });
        Part { object, ..part.clone() }
    }

    /// Catches a status of which something else becomes than the page says where what is wanted
    /// changes: a write that may be under way and is forgotten, or one without end of what is parked.
    #[test]
    fn what_is_wanted_makes_of_every_status_what_the_page_says() {
        let as_before = |limit: Option<u32>| {
            move |part: &Part| {
                let last = part.acks.last().map(|ack| ack.want);
                let hash = part.want.or(last).unwrap_or(WANT);
                after(part, |part| want(part, &projected(hash), limit))
            }
        };
        let says = |write| {
            let target = Capabilities { write, ..Capabilities::default() };
            move |part: &Part| after(part, |part| heed_rights(part, &target))
        };
        let once = [()];
        let rows = [
            row("wanted as before", &once, |(), part| as_before(None)(part)),
            row("wanted as before, the limit being as it was", &once, |(), part| {
                as_before(Some(100))(part)
            }),
            row("wanted as before, the limit being larger", &once, |(), part| {
                as_before(Some(101))(part)
            }),
            row("wanted otherwise", &once, |(), part| {
                after(part, |part| want(part, &projected(ANEW), None))
            }),
            row("wanted otherwise, no version being known", &once, |(), part| {
                after(&unread(part), |part| want(part, &projected(ANEW), None))
            }),
            row("wanted no more", &once, |(), part| after(part, unwant)),
            row("wanted no more, no version being known", &once, |(), part| {
                after(&unread(part), unwant)
            }),
            row("its calendar says that it may be written", &once, |(), part| says(true)(part)),
            row("its calendar says that it may not", &once, |(), part| says(false)(part)),
        ];
        hold("What is wanted changes", &rows);
    }
}
