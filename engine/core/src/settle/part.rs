//! A mirror part after an operation: one table from what was done and how it ended to what is
//! next.

use super::{ATTEMPTS_MAX, again, push_again};
use crate::draft::Draft;
use crate::graph::{Capabilities, SeriesShape};
use crate::journal::{Cause, CauseKind};
use crate::mirror::{
    Ack, AckFields, Mirror, MirrorMode, ParkReason, Part, PartKey, PartObject, PartRef, PartStatus,
    Wanted,
};
use crate::normalize;
use crate::plan::{JobKey, Note};
use crate::project::project;
use crate::provider::{Done, Failure, FailureClass, Stored};
use crate::release::{
    doubt_instances, forget_instances, forget_object, reset_instances, try_refused,
};
use crate::slice::Missing;
use crate::step::{Action, Sent, WriteOutcome};

pub(super) fn settle(
    draft: &mut Draft<'_>,
    part_ref: PartRef,
    outcome: &WriteOutcome,
) -> Result<(), Missing> {
    let (setup, env) = (draft.setup(), draft.env);
    let Some(bundle) = draft.event(part_ref.event)? else {
        return Ok(());
    };
    let Some(mirror) = bundle.mirrors.get(&part_ref.edge) else {
        return Ok(());
    };
    let (lane, known) = (mirror.mirror.calendar, mirror.parts.get(&part_ref.part));
    let Some(known) = known else { return Ok(()) };
    let (target, before) = (setup.calendars.get(&lane), known.clone());
    let mut part = before.clone();
    let next = next(&mut part, outcome, target.map(|target| &target.capabilities));
    let key = JobKey::Part(part_ref);
    if let Next::Later(failure) = next {
        let at = again(failure, part.attempts.max(part.stale), env);
        draft.run_later(key, at);
        if part == before {
            push_again(draft, key, lane, at);
        }
    }
    if part == before {
        return Ok(());
    }
    note(draft, part_ref, &before, &part);
    let what = match &outcome.done {
        Done::Failed(_) => CauseKind::WriteFailed,
        Done::Stored(_)
        | Done::Deleted
        | Done::Fetched
        | Done::Listed(_)
        | Done::MadeCalendar { .. }
        | Done::Watching(_)
        | Done::Discovered { .. } => CauseKind::Wrote,
    };
    let cause = Cause::of(what).in_calendar(lane).for_edge(part_ref.edge);
    let is_written = matches!(outcome.done, Done::Stored(_)) && before.object.is_some();
    let passes_on = target.is_some_and(|it| it.capabilities.series == SeriesShape::Patterns);
    let doubts = part_ref.part == PartKey::Whole && is_written && passes_on;
    let is_gone = before.object.is_some() && part.object.is_none();
    let is_reset = matches!(&outcome.done, Done::Stored(stored) if stored.resets_instances);
    let is_series = part_ref.part == PartKey::Whole;
    draft.edit(part_ref.event, cause, |bundle| {
        let Some(mirror) = bundle.mirrors.get_mut(&part_ref.edge) else {
            return;
        };
        let as_sent = is_as_sent(&mirror.mirror, &part, &outcome.sent);
        mirror.parts.insert(part_ref.part, part);
        if is_series && is_gone {
            forget_instances(mirror);
        } else if is_series && is_reset {
            // They are written anew, and what should not be there is not.
            reset_instances(mirror);
        } else if doubts {
            doubt_instances(mirror);
        }
        if matches!(outcome.done, Done::Stored(_) | Done::Deleted) {
            try_refused(mirror, part_ref.part);
        }
        if !as_sent {
            project(bundle, &setup, env, false);
        }
    })
}

/// Whether what the part should say was worked out for this very write, and lies there now: then
/// nothing about the event's mirrors is to be worked out anew.
fn is_as_sent(mirror: &Mirror, part: &Part, sent: &Sent) -> bool {
    mirror.wanted == Wanted::Yes
        && mirror.mode == MirrorMode::Kept
        && part.want.is_some()
        && part.want == sent.want
        && part.object.is_some()
}

enum Next<'a> {
    /// Nothing more than what the row says.
    Row,
    /// The same again, later.
    Later(&'a Failure),
}

fn next<'a>(part: &mut Part, outcome: &'a WriteOutcome, target: Option<&Capabilities>) -> Next<'a> {
    match (&outcome.done, outcome.sent.action) {
        (Done::Stored(stored), _) => stored_as(part, &outcome.sent, stored, target),
        // The deletion of an object that has a successor already.
        (Done::Deleted, _) if outcome.sent.generation != part.generation => {}
        (Done::Deleted, _) => deleted(part),
        (Done::Fetched, _) => read(part, true),
        (Done::Failed(failure), action) => return failed(part, action, failure, target),
        (
            Done::Listed(_)
            | Done::MadeCalendar { .. }
            | Done::Watching(_)
            | Done::Discovered { .. },
            _,
        ) => {}
    }
    Next::Row
}

/// The provider took the write. What it holds is read back, unless its answer said so.
fn stored_as(part: &mut Part, sent: &Sent, stored: &Stored, target: Option<&Capabilities>) {
    let Some(want) = sent.want else { return };
    if part.object.is_some() && sent.generation != part.generation {
        // A late answer: what it made shows up as a stray.
        return;
    }
    part.generation = sent.generation;
    part.gone = None;
    part.attempts = 0;
    part.stale = 0;
    let (id, version) = (stored.id.clone(), stored.version.clone());
    let over = part.object.take();
    let replaced = over.and_then(|it| if it.edited { it.version } else { it.replaced });
    part.object = Some(PartObject { replaced, ..PartObject::new(id, version) });
    let fields = sent.fields.map(|fields| AckFields { want: fields, content: fields });
    part.acknowledge(Ack { want, content: want, fields });
    part.status = PartStatus::ReadBack;
    if let (Some(body), Some(target)) = (&stored.body, target) {
        read_with_answer(part, sent, body, target);
    }
}

/// The provider's answer showed what it holds: no read back is needed.
fn read_with_answer(
    part: &mut Part,
    sent: &Sent,
    body: &crate::event::Body,
    target: &Capabilities,
) {
    let (Some(want), Some(fields)) = (sent.want, sent.fields) else {
        return;
    };
    let held = crate::mirror::FieldHashes::of(body, target);
    part.acks.pop();
    part.acknowledge(Ack {
        want,
        content: normalize::hash(body, target),
        fields: Some(AckFields { want: fields, content: held }),
    });
    part.settle();
}

fn deleted(part: &mut Part) {
    forget_object(part);
    part.attempts = 0;
    part.stale = 0;
}

/// A read of the object alone has gone through `ingest` already; what is still open then is
/// decided here.
fn read(part: &mut Part, found: bool) {
    let open = matches!(part.status, PartStatus::Unsure | PartStatus::ReadBack);
    match (&part.object, found) {
        (None, true) if open => {
            // Something that is not ours has the place.
            part.generation += 1;
            part.settle();
        }
        (None, false) if open => {
            if part.attempts >= 2 {
                part.generation += 1;
            }
            part.settle();
        }
        (Some(_), false) if part.want.is_none() => forget_object(part),
        (Some(_), false) if part.gone.is_none() && open => forget_object(part),
        (Some(_), false) if open => part.status = PartStatus::Settled,
        (Some(_), true) if part.status == PartStatus::Unsure => part.settle(),
        (Some(_), _) | (None, _) => {}
    }
}

fn failed<'a>(
    part: &mut Part,
    action: Action,
    failure: &'a Failure,
    target: Option<&Capabilities>,
) -> Next<'a> {
    match failure.class {
        FailureClass::Throttled
        | FailureClass::Quota
        | FailureClass::SignIn
        | FailureClass::Consent
        | FailureClass::CalendarGone => return Next::Later(failure),
        FailureClass::Transient | FailureClass::Protocol => return retried(part, failure),
        FailureClass::Unknown => {
            part.status = PartStatus::Unsure;
            return retried(part, failure);
        }
        FailureClass::NotFound => match action {
            Action::Read => read(part, false),
            Action::Delete => deleted(part),
            Action::Create | Action::Replace | Action::Patch => return stale(part, failure),
        },
        // An odd answer to a read: nothing is known by it.
        FailureClass::Stale | FailureClass::Taken if action == Action::Read => {
            return retried(part, failure);
        }
        FailureClass::Stale => return stale(part, failure),
        FailureClass::Taken => {
            part.attempts += 1;
            part.status = PartStatus::Unsure;
        }
        FailureClass::Forbidden => {
            let says_so = target.is_some_and(|target| !target.write);
            let why = if says_so { ParkReason::ReadOnly } else { ParkReason::Forbidden };
            part.status = PartStatus::Parked(why);
        }
        FailureClass::TooLarge => {
            let limit = target.and_then(|target| target.object_octets_max);
            let why = limit.map_or(ParkReason::TooLarge, ParkReason::OverLimit);
            part.status = PartStatus::Parked(why);
        }
        FailureClass::Refused | FailureClass::Unsupported | FailureClass::CursorLost => {
            part.status = PartStatus::Parked(ParkReason::Refused);
        }
    }
    if part.attempts >= ATTEMPTS_MAX {
        part.status = PartStatus::Parked(ParkReason::Taken);
    }
    Next::Row
}

fn retried<'a>(part: &mut Part, failure: &'a Failure) -> Next<'a> {
    part.attempts = part.attempts.saturating_add(1);
    if part.attempts >= ATTEMPTS_MAX {
        part.status = PartStatus::Parked(ParkReason::Exhausted);
        return Next::Row;
    }
    Next::Later(failure)
}

/// Something else is there than what was read: it is read again, at once the first time, then later
/// and later, and in the end no more.
const fn stale<'a>(part: &mut Part, failure: &'a Failure) -> Next<'a> {
    part.status = PartStatus::Unsure;
    part.stale = part.stale.saturating_add(1);
    if part.stale >= ATTEMPTS_MAX {
        part.status = PartStatus::Parked(ParkReason::Contended);
        return Next::Row;
    }
    if part.stale > 1 { Next::Later(failure) } else { Next::Row }
}

fn note(draft: &mut Draft<'_>, part_ref: PartRef, before: &Part, after: &Part) {
    let code = match (&before.status, &after.status) {
        (PartStatus::Parked(_), PartStatus::Parked(_)) => return,
        (_, PartStatus::Parked(_)) => "part.parked",
        _ if after.generation > before.generation && after.want.is_some() => "part.new-id",
        _ => return,
    };
    draft.note(Note { event: Some(part_ref.event), edge: Some(part_ref.edge), ..Note::new(code) });
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::ids::ProviderId;
    use crate::mirror::FieldHashes;
    use crate::step::Subject;
    use crate::transitions::{ANEW, After, OLD, PART, body, hold, row};

    const WRITE: &[Action] = &[Action::Create, Action::Replace];
    const DELETE: &[Action] = &[Action::Delete];
    const CHANGE: &[Action] = &[Action::Create, Action::Replace, Action::Delete];
    const READ: &[Action] = &[Action::Read];
    const ANY: &[Action] = &[Action::Create, Action::Replace, Action::Delete, Action::Read];

    const LATER: &[FailureClass] = &[
        FailureClass::Throttled,
        FailureClass::Quota,
        FailureClass::SignIn,
        FailureClass::Consent,
        FailureClass::CalendarGone,
    ];
    const UNHEARD: &[FailureClass] = &[FailureClass::Transient, FailureClass::Protocol];
    const OTHERWISE: &[FailureClass] = &[FailureClass::NotFound, FailureClass::Stale];
    const ODD: &[FailureClass] = &[FailureClass::Stale, FailureClass::Taken];
    const FOR_GOOD: &[FailureClass] =
        &[FailureClass::Refused, FailureClass::Unsupported, FailureClass::CursorLost];

    const fn named(class: FailureClass) -> (&'static str, u8) {
        match class {
            FailureClass::Transient => ("transient", 0),
            FailureClass::Throttled => ("throttled", 1),
            FailureClass::Quota => ("quota", 2),
            FailureClass::Unknown => ("unknown", 3),
            FailureClass::SignIn => ("sign-in", 4),
            FailureClass::Consent => ("consent", 5),
            FailureClass::Forbidden => ("forbidden", 6),
            FailureClass::NotFound => ("not found", 7),
            FailureClass::CalendarGone => ("calendar gone", 8),
            FailureClass::CursorLost => ("cursor lost", 9),
            FailureClass::Stale => ("stale", 10),
            FailureClass::Taken => ("taken", 11),
            FailureClass::TooLarge => ("too large", 12),
            FailureClass::Refused => ("refused", 13),
            FailureClass::Protocol => ("protocol", 14),
            FailureClass::Unsupported => ("unsupported", 15),
        }
    }

    fn what(actions: &[Action]) -> &'static str {
        match actions {
            [Action::Create, Action::Replace] => "write",
            [Action::Delete] => "delete",
            [Action::Read] => "read",
            [Action::Create, Action::Replace, Action::Delete] => "write or delete",
            _ => "any",
        }
    }

    fn answered(part: &Part, sent: Sent, done: Done, target: &Capabilities) -> After {
        let mut part = part.clone();
        let outcome = WriteOutcome { sent, done };
        let later = matches!(next(&mut part, &outcome, Some(target)), Next::Later(_));
        After { part, says: later.then_some("later") }
    }

    fn sent(part: &Part, action: Action) -> Sent {
        let fields = Some(FieldHashes([[0; 8]; 6]));
        let (want, generation) = (Some(part.want.unwrap_or(OLD)), part.generation);
        Sent { subject: Subject::Part(PART), action, generation, want, fields }
    }

    fn stored(is_shown: bool) -> Done {
        let (id, version) = (ProviderId("object".to_owned()), None);
        let body = is_shown.then(|| Box::new(body("as stored")));
        Done::Stored(Stored { id, version, body, resets_instances: false })
    }

    /// Rows of answers that say that it was done, or what is there.
    fn done() -> Vec<Vec<String>> {
        let plain = Capabilities::default();
        let made = || Done::MadeCalendar { calendar: ProviderId("other".to_owned()) };
        let given_up = |part: &Part, action| Sent { generation: 2, ..sent(part, action) };
        let since = |part: &Part, action| Sent { want: Some(ANEW), ..sent(part, action) };
        vec![
            row("write: stored", WRITE, |action, part| {
                answered(part, sent(part, action), stored(false), &plain)
            }),
            row("write: stored, and what it holds is said", WRITE, |action, part| {
                answered(part, sent(part, action), stored(true), &plain)
            }),
            row("write: the same, of what is not wanted any more", WRITE, |action, part| {
                answered(part, since(part, action), stored(true), &plain)
            }),
            row("write: stored under an id that was given up", WRITE, |action, part| {
                answered(part, given_up(part, action), stored(false), &plain)
            }),
            row("delete: done", DELETE, |action, part| {
                answered(part, sent(part, action), Done::Deleted, &plain)
            }),
            row("delete: done under an id that was given up", DELETE, |action, part| {
                answered(part, given_up(part, action), Done::Deleted, &plain)
            }),
            row("read: found, and nothing came of what it showed", READ, |action, part| {
                answered(part, sent(part, action), Done::Fetched, &plain)
            }),
            row("any: an answer to something else", ANY, |action, part| {
                answered(part, sent(part, action), made(), &plain)
            }),
        ]
    }

    /// Catches a status and an answer that come to something else than the page says, and a class of
    /// failures or a status that it leaves out.
    #[test]
    fn every_answer_makes_of_every_status_what_the_page_says() {
        let plain = Capabilities::default();
        let closed = Capabilities { write: false, ..Capabilities::default() };
        let limited = Capabilities { object_octets_max: Some(100), ..Capabilities::default() };
        let (mut rows, mut driven) = (done(), BTreeSet::new());
        let mut fails = |actions: &[Action], classes: &[FailureClass], (tries, when), target| {
            let ways: Vec<(Action, FailureClass)> =
                actions.iter().flat_map(|a| classes.iter().map(|class| (*a, *class))).collect();
            driven.extend(ways.iter().copied());
            let names: Vec<&str> = classes.iter().map(|class| named(*class).0).collect();
            let input = format!("{}: {}{when}", what(actions), names.join(", "));
            rows.push(row(&input, &ways, |(action, class), part| {
                let part = Part { attempts: tries, stale: tries, ..part.clone() };
                let code = "test".to_owned();
                let failure = Failure { class, code, detail: String::new(), retry_at: None };
                answered(&part, sent(&part, action), Done::Failed(failure), target)
            }));
        };
        let (first, again, tenth) = ((0, ""), (1, ", again"), (9, ", the tenth time"));
        fails(ANY, LATER, first, &plain);
        for tries in [first, tenth] {
            fails(ANY, UNHEARD, tries, &plain);
        }
        for tries in [first, tenth] {
            fails(ANY, &[FailureClass::Unknown], tries, &plain);
        }
        for tries in [first, again, tenth] {
            fails(WRITE, OTHERWISE, tries, &plain);
        }
        for tries in [first, again, tenth] {
            fails(DELETE, &[FailureClass::Stale], tries, &plain);
        }
        fails(DELETE, &[FailureClass::NotFound], first, &plain);
        for tries in [first, (2, ", after two attempts")] {
            fails(READ, &[FailureClass::NotFound], tries, &plain);
        }
        for tries in [first, tenth] {
            fails(READ, ODD, tries, &plain);
        }
        for tries in [first, tenth] {
            fails(CHANGE, &[FailureClass::Taken], tries, &plain);
        }
        fails(ANY, &[FailureClass::Forbidden], first, &plain);
        fails(ANY, &[FailureClass::Forbidden], (0, ", as its calendar says"), &closed);
        fails(ANY, &[FailureClass::TooLarge], first, &plain);
        fails(ANY, &[FailureClass::TooLarge], (0, ", its calendar naming a limit"), &limited);
        fails(ANY, FOR_GOOD, first, &plain);
        let classes: BTreeSet<u8> = driven.iter().map(|(_, class)| named(*class).1).collect();
        assert_eq!((driven.len(), classes.len()), (4 * 16, 16), "each class of each action");
        hold("An operation was answered", &rows);
    }
}
