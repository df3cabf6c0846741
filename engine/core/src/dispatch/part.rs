//! A mirror part: what to send for it now.

use core::ops::ControlFlow;

use super::waits::{Wait, waits};
use super::{HOUR_MILLIS, MINUTE_MILLIS, nothing, rests_until, theirs};
use crate::compile::Projected;
use crate::draft::Draft;
use crate::graph::{Calendar, CalendarRole, Lifecycle};
use crate::health::fails_anew;
use crate::ids::{ProviderId, Version};
use crate::journal::{Cause, CauseKind};
use crate::mark::{self, Mark};
use crate::mirror::{
    FieldHashes, MirrorMode, Part, PartKey, PartRef, PartStatus, Unwanted, Wanted,
};
use crate::presence::Guests;
use crate::project::{project, project_part};
use crate::provider::{MirrorDoc, ObjectName, ProviderOp};
use crate::slice::{MirrorBundle, Missing, Slice};
use crate::step::{Action, Dispatch, Env, Operation, Sent, Subject};
use crate::time::Timestamp;

pub(super) fn dispatch(
    slice: &Slice,
    part_ref: PartRef,
    since: Option<Timestamp>,
    env: &Env,
) -> Result<Dispatch, Missing> {
    let Some(bundle) = slice.event(&part_ref.event)? else {
        return Ok(nothing());
    };
    let known = bundle.mirrors.get(&part_ref.edge).map(|mirror| mirror.mirror.calendar);
    if let Some(target) = known.and_then(|target| slice.config.calendars.get(&target)) {
        // Asked for before all is worked out, which would be for nothing where it is not loaded.
        rests_until(slice, target.account, env.now)?;
    }
    let mut bundle = bundle.clone();
    let asked = (part_ref.edge, part_ref.part);
    let projected = project_part(&mut bundle, &slice.config, env, asked);
    let Some(mirror) = bundle.mirrors.get(&part_ref.edge) else {
        return Ok(nothing());
    };
    let Some(part) = mirror.parts.get(&part_ref.part) else {
        return Ok(nothing());
    };
    let Some(step) = next(mirror, (part_ref.part, part)) else {
        return let_be(slice, part_ref, env);
    };
    let Some(calendar) = slice.config.calendars.get(&mirror.mirror.calendar) else {
        return Ok(nothing());
    };
    if rests(slice, part_ref, calendar) {
        return Ok(nothing());
    }
    if let Some(until) = rests_until(slice, calendar.account, env.now)? {
        return Ok(Dispatch::Later(until));
    }
    if matches!(step, Step::Delete)
        && hangs_on_the_clock(mirror, part_ref.part)
        && !slice.run(&env.run)?.as_ref().is_some_and(|run| run.clock.is_trusted())
    {
        // By a clock that jumped it may be out of the window, and by the right one not.
        return Ok(Dispatch::Later(env.now.saturating_add_millis(HOUR_MILLIS)));
    }
    let soon = Dispatch::Later(env.now.saturating_add_millis(MINUTE_MILLIS));
    let edge = slice.config.edges.get(&part_ref.edge);
    let whose =
        theirs::Asked { bundle: &bundle, edge, mirror, key: part_ref.part, target: calendar };
    let fails = || fails_anew(slice, calendar);
    let as_of = (&*slice.config, env.now);
    let projected = match waits(&whose, (step, projected), as_of, &fails)? {
        ControlFlow::Continue(projected) => projected,
        ControlFlow::Break(Wait::Origin | Wait::Release | Wait::Reading) => return Ok(soon),
        // It is queued once that came.
        ControlFlow::Break(Wait::Series) => return Ok(nothing()),
    };
    let Some(place) = &calendar.provider_id else {
        return Ok(soon);
    };
    if matches!(step, Step::Create) && !was_read(slice, calendar)? {
        return Ok(if since.is_none() { Dispatch::List(calendar.id) } else { soon });
    }
    let asked = Asked { mirror, part, part_ref, projected, env, calendar, place };
    Ok(asked.operation(step))
}

/// Nothing is to be sent, as the rows stand now. Where that follows from another look at them than
/// the recorded one, it is recorded: the job is gone, and only what changes in a row is queued again.
fn let_be(slice: &Slice, part_ref: PartRef, env: &Env) -> Result<Dispatch, Missing> {
    let mut draft = Draft::new(slice, env);
    let Some(known) = draft.event(part_ref.event)? else {
        return Ok(nothing());
    };
    let mut seen = known.clone();
    project(&mut seen, &slice.config, env, false);
    if *known == seen {
        return Ok(nothing());
    }
    let cause = Cause::of(CauseKind::Swept).for_edge(part_ref.edge);
    draft.edit(part_ref.event, cause, |bundle| *bundle = seen)?;
    Ok(Dispatch::Done(draft.finish(0)?))
}

/// What is done with a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Create,
    Replace,
    Delete,
    Read,
}

/// What a part needs next; `None`: nothing.
pub(super) fn next(mirror: &MirrorBundle, (key, part): (PartKey, &Part)) -> Option<Step> {
    match mirror.mirror.mode {
        MirrorMode::Detached if part.want.is_some() || part.status == PartStatus::Settled => {
            return None;
        }
        MirrorMode::Frozen if part.want.is_some() => return None,
        MirrorMode::Kept | MirrorMode::Frozen | MirrorMode::Paused | MirrorMode::Detached => {}
    }
    match part.status {
        PartStatus::Parked(_) => return None,
        PartStatus::Unsure | PartStatus::ReadBack => return Some(Step::Read),
        PartStatus::Settled if part.is_as_wanted() => return None,
        PartStatus::Settled | PartStatus::Due => {}
    }
    if part.gone.is_some() {
        // A person may have deleted it: the release decides.
        return (part.want.is_none() && !part.is_cancelled(key)).then_some(Step::Read);
    }
    let versioned = part.object.as_ref().map(|object| object.version.is_some());
    match (part.want, versioned) {
        (None, None) => None,
        (None | Some(_), Some(false)) => Some(Step::Read),
        (None, Some(true)) => Some(Step::Delete),
        (Some(_), None) => Some(Step::Create),
        (Some(_), Some(true)) => Some(Step::Replace),
    }
}

/// Whether a deletion is one because time has passed: of a mirror, or of one instance of it.
fn hangs_on_the_clock(mirror: &MirrorBundle, part: PartKey) -> bool {
    match mirror.mirror.wanted {
        Wanted::No(Unwanted::OutOfWindow) => true,
        Wanted::Yes => matches!(part, PartKey::Single(_)),
        Wanted::No(_) | Wanted::CoveredBy(_) => false,
    }
}

/// Whether a calendar was read: what lies there already may be just the part that is to be made, from
/// another device, or from before the store was lost.
fn was_read(slice: &Slice, calendar: &Calendar) -> Result<bool, Missing> {
    let cursor = slice.cursor(&calendar.scope())?.as_ref();
    Ok(cursor.is_some_and(|cursor| cursor.read_at.is_some()))
}

/// Whether nothing is written for now: the job ends, and a sweep of the edge queues the part again
/// once the edge goes on or the calendar is back.
fn rests(slice: &Slice, part_ref: PartRef, calendar: &Calendar) -> bool {
    let edge = slice.config.edges.get(&part_ref.edge);
    calendar.role == CalendarRole::Lost
        || edge.is_some_and(|edge| matches!(edge.state, Lifecycle::Paused(_)))
}

struct Asked<'a> {
    mirror: &'a MirrorBundle,
    part: &'a Part,
    part_ref: PartRef,
    /// What it should say.
    projected: Option<Projected>,
    env: &'a Env,
    calendar: &'a Calendar,
    place: &'a ProviderId,
}

impl Asked<'_> {
    fn operation(&self, step: Step) -> Dispatch {
        let calendar = self.place.clone();
        let object = self.part.object.as_ref();
        match (step, object.map(|object| (object.id.clone(), object.version.clone()))) {
            (Step::Read, object) => {
                let name = object.map_or_else(
                    || ObjectName::Derived(self.derived(self.part_ref.part, self.part.generation)),
                    |(id, _)| ObjectName::Known(id),
                );
                self.send(Action::Read, ProviderOp::Fetch { calendar, names: vec![name] }, None)
            }
            (Step::Delete, Some((id, Some(version)))) => {
                let guests = Guests::Untold;
                let op = ProviderOp::Delete { calendar, id, version, guests };
                self.send(Action::Delete, op, None)
            }
            (Step::Create, None) => {
                self.written(|doc| (Action::Create, ProviderOp::Create { calendar, doc }))
            }
            (Step::Replace, Some((id, Some(version)))) => self.written(|doc| {
                let instances = self.instances();
                (Action::Replace, ProviderOp::Replace { calendar, id, version, doc, instances })
            }),
            (Step::Delete | Step::Create | Step::Replace, _) => nothing(),
        }
    }

    /// The changed instances of a series that are objects of ours, with their versions.
    fn instances(&self) -> Vec<(ProviderId, Version)> {
        let all = self.mirror.parts.iter().filter(|(key, _)| matches!(key, PartKey::Override(_)));
        let all = all.filter(|_| self.part_ref.part == PartKey::Whole);
        all.filter_map(|(_, part)| {
            let object = part.object.as_ref()?;
            Some((object.id.clone(), object.version.clone()?))
        })
        .collect()
    }

    fn written(&self, op: impl FnOnce(Box<MirrorDoc>) -> (Action, ProviderOp)) -> Dispatch {
        let Some(projected) = &self.projected else {
            return nothing();
        };
        let Some(doc) = self.doc(projected) else {
            return nothing();
        };
        let (action, op) = op(Box::new(doc));
        self.send(action, op, Some(projected))
    }

    fn send(&self, action: Action, op: ProviderOp, written: Option<&Projected>) -> Dispatch {
        let capabilities = &self.calendar.capabilities;
        let sent = Sent {
            subject: Subject::Part(self.part_ref),
            action,
            generation: self.part.generation,
            want: written.map(|projected| projected.hash),
            fields: written.map(|projected| FieldHashes::of(&projected.body, capabilities)),
        };
        Dispatch::Send(Box::new(Operation {
            account: self.calendar.account,
            calendar: self.calendar.id,
            sent,
            op,
        }))
    }

    /// The document; `None` for a changed instance whose series is not there.
    fn doc(&self, projected: &Projected) -> Option<MirrorDoc> {
        let derived = self.derived(self.part_ref.part, self.part.generation);
        let instance = match (&projected.instance, self.part_ref.part) {
            (Some(original), PartKey::Override(_)) => {
                let series = self.mirror.parts.get(&PartKey::Whole)?.object.as_ref()?;
                Some((ObjectName::Known(series.id.clone()), original.clone()))
            }
            (Some(_) | None, _) => None,
        };
        let signed = Mark {
            event: self.part_ref.event,
            edge: self.part_ref.edge,
            part: self.part_ref.part,
            generation: self.part.generation,
        };
        let mark = mark::sign(&self.env.keys, &signed, &derived);
        Some(MirrorDoc { derived, mark, body: projected.body.clone(), instance })
    }

    fn derived(&self, part: PartKey, generation: u32) -> String {
        self.env.keys.part(self.part_ref.event, self.part_ref.edge, part, generation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::PartObject;
    use crate::transitions::{After, EDGE, bundle, gone, hold, row};

    /// Catches a part in a status from which something else is sent than the page says, or nothing.
    #[test]
    fn what_is_sent_from_every_status_is_what_the_page_says() {
        let sent = |mode, part: &Part| {
            let bundle = bundle(mode, PartKey::Whole, part.clone());
            let says =
                next(&bundle.mirrors[&EDGE], (PartKey::Whole, part)).map(|step| match step {
                    Step::Create => "create",
                    Step::Replace => "replace",
                    Step::Delete => "delete",
                    Step::Read => "read",
                });
            After { part: part.clone(), says }
        };
        let unread = |part: &Part| {
            let object = part.object.clone().map(|object| PartObject { version: None, ..object });
            Part { object, ..part.clone() }
        };
        let kept = MirrorMode::Kept;
        let once = [()];
        let rows = [
            row("followed, or paused", &[kept, MirrorMode::Paused], sent),
            row("followed, no version being known", &once, |(), part| sent(kept, &unread(part))),
            row("behind the window", &once, |(), part| sent(MirrorMode::Frozen, part)),
            row("a person's own", &once, |(), part| sent(MirrorMode::Detached, part)),
        ];
        let gone = [true, false].map(|confirmed| {
            row("followed, and it seems to be gone", &once, |(), part| {
                let part = Part { gone: Some(gone(confirmed)), ..part.clone() };
                After { says: sent(kept, &part).says, part: Part { gone: None, ..part } }
            })
        });
        assert_eq!(gone[0], gone[1], "the release decides, whatever the evidence");
        hold("What is sent", &[&rows[..], &gone[..1]].concat());
    }
}
