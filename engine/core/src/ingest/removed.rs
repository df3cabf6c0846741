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
        Owner::Part(part) => of_part(draft, key, part, evidence),
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
    (calendar, id): (CalendarId, ProviderId),
    part_ref: PartRef,
    evidence: Evidence,
) -> Result<(), Missing> {
    let gone = gone(draft, evidence);
    let cause = Cause::of(CauseKind::GoneSeen).in_calendar(calendar).for_edge(part_ref.edge);
    let known = draft
        .event(part_ref.event)?
        .and_then(|bundle| bundle.mirrors.get(&part_ref.edge)?.parts.get(&part_ref.part));
    let is_to_be_put_back = known.is_some_and(|part| {
        part.is_theirs(part_ref.part) && part.object.as_ref().is_some_and(|it| it.edited)
    });
    if evidence == Evidence::Tombstone && is_to_be_put_back {
        // A listing names so what was put back, too, and not what it says.
        draft.fetch(id.clone());
        return Ok(());
    }
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::mirror::seen;
    use super::super::succession;
    use super::*;
    use crate::event::Body;
    use crate::graph::{Capabilities, EdgeOptions, Lifecycle, OnDelete, OnEdit};
    use crate::ids::Version;
    use crate::mark::{self, Mark};
    use crate::mirror::{Ack, Part};
    use crate::normalize;
    use crate::presence::{ContentHash, Presence};
    use crate::provider::{EventItem, Payload};
    use crate::slice::{Config, ObjectRow, Slice};
    use crate::transitions::{
        After, EDGE, PART, SOURCE, TARGET, WANT, body, bundle, edge, env, hold, row_there, target,
    };

    const LISTED: bool = false;
    const READ: bool = true;

    fn object() -> ProviderId {
        ProviderId("object".to_owned())
    }

    /// The part with what events really say.
    fn real(part: &Part) -> Part {
        let hash = |said: ContentHash| hash(if said == WANT { "wanted" } else { "written" });
        let ack =
            |ack: &Ack| Ack { want: hash(ack.want), content: hash(ack.content), fields: None };
        let acks = part.acks.iter().map(ack).collect();
        Part { want: part.want.map(hash), acks, ..part.clone() }
    }

    fn hash(title: &str) -> ContentHash {
        normalize::hash(&body(title), &Capabilities::default())
    }

    /// What the last write of the part said.
    fn said(part: &Part) -> Body {
        let last = part.acks.last().map(|ack| ack.content);
        body(if last == Some(hash("wanted")) { "wanted" } else { "written" })
    }

    fn item(version: &str, body: Body, fresh: bool) -> EventItem {
        let (env, native) = (env(), "native".to_owned());
        let mark = Mark { event: PART.event, edge: EDGE, part: PART.part, generation: 3 };
        EventItem {
            id: object(),
            version: Some(Version(version.to_owned())),
            mark: Some(mark::sign(&env.keys, &mark, &native)),
            uid: native.clone(),
            native,
            payload: Payload::Whole(body),
            foreign: None,
            fresh,
            doubts: Vec::new(),
            changed_at: None,
        }
    }

    fn slice(mode: MirrorMode, on_edit: OnEdit, part: Part) -> Slice {
        let edge = edge(Lifecycle::Active, EdgeOptions { on_edit, ..EdgeOptions::default() });
        let (calendars, edges) = ([(TARGET, target())].into(), [(EDGE, edge)].into());
        let version = Some(Version("v1".to_owned()));
        let row = ObjectRow { version, owner: Owner::Part(PART), gone: false };
        Slice {
            config: Arc::new(Config { calendars, edges, ..Config::default() }),
            events: [(PART.event, Some(bundle(mode, PART.part, part)))].into(),
            objects: [((TARGET, object()), Some(row))].into(),
            runs: [(env().run, None)].into(),
            ..Slice::default()
        }
    }

    fn after(slice: &Slice, look: impl FnOnce(&mut Draft<'_>) -> Result<(), Missing>) -> After {
        let env = env();
        let mut draft = Draft::new(slice, &env);
        look(&mut draft).unwrap();
        After::of(draft.event(PART.event).unwrap().unwrap(), PART.part)
    }

    /// Rows of objects that are there no more.
    fn not_there() -> [Vec<String>; 4] {
        let once = [()];
        let lost = |part: &Part, evidence| {
            after(&slice(MirrorMode::Kept, OnEdit::Revert, real(part)), |draft| {
                removed(draft, TARGET, &object(), evidence)
            })
        };
        [
            row_there(
                "not there: named as removed, or not found where it was read alone",
                &[Evidence::Tombstone, Evidence::ReadAlone],
                |evidence, part| lost(part, evidence),
            ),
            row_there("not there: absent from a whole listing", &once, |(), part| {
                lost(part, Evidence::Absent)
            }),
            row_there("its origin is another object by now", &once, |(), part| {
                let options =
                    EdgeOptions { on_delete: OnDelete::Propagate, ..EdgeOptions::default() };
                let edges = [(EDGE, edge(Lifecycle::Active, options))].into();
                let config = Config { edges, ..Config::default() };
                let mut bundle = bundle(MirrorMode::Kept, PART.part, part.clone());
                for object in ["one", "other"] {
                    let presence = Presence {
                        object: ProviderId(object.to_owned()),
                        version: None,
                        body: body("wanted"),
                        doubts: Vec::new(),
                        instances: Vec::new(),
                        gone: None,
                        pending: None,
                    };
                    succession::put(&mut bundle, (SOURCE, presence), &config);
                }
                After::of(&bundle, PART.part)
            }),
            row_there("an instance, as its series has it", &once, |(), part| {
                after(&slice(MirrorMode::Kept, OnEdit::Revert, real(part)), |draft| {
                    as_ruled(draft, TARGET, &object())
                })
            }),
        ]
    }

    /// Catches a sight of an object by which something else becomes of its part than the page says.
    #[test]
    fn what_is_seen_makes_of_every_status_what_the_page_says() {
        let shows = |mode, rule, part: Part, item: EventItem| {
            after(&slice(mode, rule, part), |draft| seen(draft, TARGET, PART, &item))
        };
        let kept = |part: Part, item| shows(MirrorMode::Kept, OnEdit::Revert, part, item);
        let often = |part: Part| Part { reverts: vec![env().now; 3], ..part };
        let before = |part: Part| Part { before: vec![hash("other")], ..part };
        let other = |version, fresh| item(version, body("other"), fresh);
        let unmarked = |fresh| EventItem { mark: None, ..other("v2", fresh) };
        let once = [()];
        let rows = [
            row_there("as written, its version known", &[LISTED, READ], |fresh, part| {
                let part = real(part);
                kept(part.clone(), item("v1", said(&part), fresh))
            }),
            row_there("as written, its version new", &[LISTED, READ], |fresh, part| {
                let part = real(part);
                kept(part.clone(), item("v2", said(&part), fresh))
            }),
            row_there("otherwise, its version known, in a listing", &once, |(), part| {
                kept(real(part), other("v1", LISTED))
            }),
            row_there("otherwise, its version known, read alone", &once, |(), part| {
                kept(real(part), other("v1", READ))
            }),
            row_there("otherwise, its version new, in a listing", &once, |(), part| {
                kept(real(part), other("v2", LISTED))
            }),
            row_there("as something written before", &once, |(), part| {
                kept(before(real(part)), other("v2", READ))
            }),
            row_there(
                "otherwise, its version new, read alone: it is put right",
                &once,
                |(), part| kept(real(part), other("v2", READ)),
            ),
            row_there("the same, the fourth time in a day", &once, |(), part| {
                kept(often(real(part)), other("v2", READ))
            }),
            row_there("otherwise, read alone: it is let be", &once, |(), part| {
                shows(MirrorMode::Kept, OnEdit::Detach, real(part), other("v2", READ))
            }),
            row_there("otherwise, read alone, behind the window", &once, |(), part| {
                shows(MirrorMode::Frozen, OnEdit::Revert, real(part), other("v2", READ))
            }),
            row_there("otherwise, read alone, its mirror a person's own", &once, |(), part| {
                shows(MirrorMode::Detached, OnEdit::Revert, real(part), other("v2", READ))
            }),
            row_there("without our mark, in a listing", &once, |(), part| {
                kept(real(part), unmarked(LISTED))
            }),
            row_there("without our mark, read alone", &once, |(), part| {
                kept(real(part), unmarked(READ))
            }),
        ];
        hold("An object was seen", &[&rows[..], &not_there()].concat());
    }
}
