//! Objects that a provider says are not there any more: evidence now, the effect later (L7).

use crate::draft::Draft;
use crate::ids::{CalendarId, ProviderId};
use crate::journal::{Cause, CauseKind};
use crate::mirror::{MirrorMode, PartKey, PartRef, PartStatus};
use crate::presence::{Evidence, Gone};
use crate::release::{forget_instances, forget_object, try_refused};
use crate::slice::{Missing, Owner};

pub(super) fn removed(
    draft: &mut Draft<'_>,
    calendar: CalendarId,
    id: &ProviderId,
    evidence: Evidence,
) -> Result<(), Missing> {
    let key = (calendar, id.clone());
    let Some(row) = draft.object(&key)? else {
        return Ok(());
    };
    match row.owner.clone() {
        Owner::Presence(event) => {
            let gone = gone(draft, evidence);
            let cause = Cause::of(CauseKind::GoneSeen).in_calendar(calendar);
            let new = draft.edit(event, cause, |bundle| {
                let presence = bundle.presences.get_mut(&calendar);
                presence.is_some_and(|presence| witness(&mut presence.gone, gone))
            })?;
            if new { draft.evidence(calendar) } else { Ok(()) }
        }
        Owner::Instance(event, _) => {
            let gone = gone(draft, evidence);
            let cause = Cause::of(CauseKind::GoneSeen).in_calendar(calendar);
            let new = draft.edit(event, cause, |bundle| {
                let presence = bundle.presences.get_mut(&calendar);
                let mut known = presence.into_iter().flat_map(|p| p.instances.iter_mut());
                known.find(|i| i.object == *id).is_some_and(|i| witness(&mut i.gone, gone))
            })?;
            if new { draft.evidence(calendar) } else { Ok(()) }
        }
        Owner::Part(part) => of_part(draft, calendar, part, evidence),
        Owner::Aside(Some(event)) => draft.edit(event, Draft::seen_in(calendar), |bundle| {
            bundle.strays.remove(&key);
        }),
        Owner::Aside(None) => {
            draft.aside(&key)?;
            draft.set_aside(key, None);
            Ok(())
        }
    }
}

/// An instance that is as its series has it, since the pattern was written: a part of ours is
/// written anew where it is wanted, and its edge's rule for deletions has nothing to do with it.
pub(super) fn as_ruled(
    draft: &mut Draft<'_>,
    calendar: CalendarId,
    id: &ProviderId,
) -> Result<(), Missing> {
    let owner = draft.object(&(calendar, id.clone()))?.map(|row| row.owner.clone());
    let Some(Owner::Part(part_ref)) = owner else {
        return removed(draft, calendar, id, Evidence::ReadAlone);
    };
    let cause = Cause::of(CauseKind::Seen).in_calendar(calendar).for_edge(part_ref.edge);
    draft.edit(part_ref.event, cause, |bundle| {
        let Some(mirror) = bundle.mirrors.get_mut(&part_ref.edge) else { return };
        let Some(part) = mirror.parts.get_mut(&part_ref.part) else { return };
        let was = part.status.clone();
        forget_object(part);
        if mirror.mirror.mode == MirrorMode::Detached || matches!(was, PartStatus::Parked(_)) {
            part.status = was;
        }
        try_refused(mirror, part_ref.part);
    })
}

/// Adds evidence to what is known; whether it says more. Absence from a listing alone wants a
/// second witness.
pub(super) fn witness(known: &mut Option<Gone>, new: Gone) -> bool {
    let more = known.as_ref().is_none_or(|old| !old.confirmed && new.confirmed);
    if more {
        *known = Some(new);
    }
    more
}

pub(super) fn gone(draft: &Draft<'_>, evidence: Evidence) -> Gone {
    let confirmed = match evidence {
        Evidence::Tombstone | Evidence::ReadAlone => true,
        Evidence::Absent => false,
    };
    Gone { run: draft.env.run, at: draft.env.now, evidence, confirmed }
}

fn of_part(
    draft: &mut Draft<'_>,
    calendar: CalendarId,
    part_ref: PartRef,
    evidence: Evidence,
) -> Result<(), Missing> {
    let gone = gone(draft, evidence);
    let cause = Cause::of(CauseKind::GoneSeen).in_calendar(calendar).for_edge(part_ref.edge);
    let new = draft.edit(part_ref.event, cause, |bundle| {
        let Some(mirror) = bundle.mirrors.get_mut(&part_ref.edge) else { return false };
        let Some(part) = mirror.parts.get_mut(&part_ref.part) else { return false };
        if part.want.is_none() && gone.confirmed {
            forget_object(part);
            if part_ref.part == PartKey::Whole {
                forget_instances(mirror);
            }
            return false;
        }
        witness(&mut part.gone, gone)
    })?;
    if new { draft.evidence(calendar) } else { Ok(()) }
}
