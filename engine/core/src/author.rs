//! The step that takes in what people and programs ask for here.

mod change;
mod check;
mod edges;
pub(crate) mod events;
pub(crate) mod holds;
mod meet;
mod replace;
mod restore;
mod rules;
pub(crate) mod sessions;
mod undo;
mod waits;

use crate::cursor::{Asked, Cursor, Question, Verdict};
use crate::draft::Draft;
use crate::graph::{Account, CalendarRole, Lifecycle};
use crate::ids::{AccountId, CalendarId, EventId, ScopeId};
use crate::journal::{Cause, CauseKind};
use crate::meeting::GUESTS_MAX;
use crate::mirror::{MirrorMode, PartRef, PartStatus};
use crate::plan::{Note, Plan};
use crate::project::project;
use crate::release::leave_theirs;
use crate::slice::{Missing, Slice};
use crate::step::{Env, UserEdit};

use waits::Waits;

pub use check::{EditError, check};

/// Applies edits in order. What [`check`] refuses changes nothing; where one was worked out against what
/// is so no more, none of them does.
///
/// # Errors
/// [`Missing`] names the rows an edit needs.
pub fn author(slice: &Slice, edits: &[UserEdit], env: &Env) -> Result<Plan, Missing> {
    let mut draft = Draft::new(slice, env);
    // They were as said when whoever asks looked, and another came first.
    let refused = edits.iter().filter_map(|edit| check(draft.config(), edit).err());
    if let Some(code) = refused.filter_map(|refused| refused.overtaken()).next() {
        draft.note(Note::new(code));
        return draft.finish(edits.len());
    }
    let mut taken = 0;
    for edit in edits {
        if taken > 0 && !draft.has_room_for(GUESTS_MAX + 40) {
            break;
        }
        if check(draft.config(), edit).is_ok() {
            take(&mut draft, edit)?;
        }
        taken += 1;
    }
    draft.finish(taken)
}

/// Applies edits together: all of them, or none where [`check`] refuses one after those before it, or where
/// they do not fit in one plan. Then the plan took none.
///
/// # Errors
/// As [`author`].
pub fn author_together(slice: &Slice, edits: &[UserEdit], env: &Env) -> Result<Plan, Missing> {
    let mut draft = Draft::new(slice, env);
    for (nth, edit) in edits.iter().enumerate() {
        let has_room = nth == 0 || draft.has_room_for(GUESTS_MAX + 40);
        if !has_room || check(draft.config(), edit).is_err() {
            return Draft::new(slice, env).finish(0);
        }
        take(&mut draft, edit)?;
    }
    draft.finish(edits.len())
}

fn take(draft: &mut Draft<'_>, edit: &UserEdit) -> Result<(), Missing> {
    let waits = Waits::of(draft);
    apply(draft, edit)?;
    waits.go_on(draft);
    Ok(())
}

fn apply(draft: &mut Draft<'_>, edit: &UserEdit) -> Result<(), Missing> {
    match edit {
        UserEdit::AddAccount { id, provider, name, subject } => {
            let account = Account {
                id: *id,
                provider: provider.clone(),
                name: name.clone(),
                subject: subject.clone(),
                makes_calendars: None,
                state: Lifecycle::Active,
            };
            draft.config_mut(authored()).accounts.insert(*id, account);
        }
        UserEdit::RemoveAccount { account, abandon } => remove_account(draft, *account, *abandon),
        UserEdit::SetScope { calendar, on } => {
            let cause = authored().in_calendar(*calendar);
            if let Some(calendar) = draft.config_mut(cause).calendars.get_mut(calendar) {
                calendar.on = *on;
            }
            read_anew(draft, (*calendar).into());
            edges::wait_for_reading(draft, |edge| edge.from == *calendar)?;
        }
        UserEdit::Replace { calendar, by } => replace::replace(draft, *calendar, *by)?,
        UserEdit::AddEdge { from, to, options, two_way } => {
            edges::add(draft, *from, *to, options, *two_way);
        }
        UserEdit::ChangeEdge { edge, options, .. } => edges::change(draft, *edge, options),
        UserEdit::RemoveEdge { edge, abandon } => edges::remove(draft, *edge, *abandon),
        // It is to stay as whoever asks was told.
        UserEdit::SetPolicy { base: Some(base), policy, .. } if base == policy => {}
        UserEdit::SetRule { base: Some(base), rule } if base == rule => {}
        UserEdit::SetPolicy { owner, policy, .. } => {
            draft.config_mut(authored()).policies.insert(*owner, policy.clone());
            edges::sweep_changed(draft);
        }
        UserEdit::Judge { calendar, question, approve, shown } => {
            judge(draft, (*calendar, *question), *approve, *shown);
        }
        UserEdit::Retry { part } => retry(draft, *part)?,
        UserEdit::RetryOrigin { event, calendar } => retry_origin(draft, *event, *calendar)?,
        UserEdit::Resume { event, edge } => resume(draft, *event, *edge)?,
        UserEdit::Undo { run } => undo::undo(draft, *run)?,
        UserEdit::Restore { entry } => restore::restore(draft, *entry)?,
        UserEdit::PutEvent { event, body } => events::put(draft, *event, body)?,
        UserEdit::ChangeEvent(edit) => change::change(draft, edit)?,
        UserEdit::Meet { meeting, with, body } => meet::meet(draft, *meeting, with, body)?,
        UserEdit::Answer { meeting, accept } => meet::answer(draft, *meeting, *accept)?,
        UserEdit::CallOff { meeting } => meet::call_off(draft, *meeting)?,
        UserEdit::SetRule { rule, .. } => rules::set(draft, rule)?,
        UserEdit::RemoveRule { rule } => rules::remove(draft, *rule)?,
        UserEdit::Hold(edit) => holds::carry_out(draft, edit)?,
        UserEdit::Session(edit) => sessions::carry_out(draft, edit)?,
    }
    Ok(())
}

/// What people hold there was passed over: it is read from the beginning, and a listing that began
/// before does not count.
fn read_anew(draft: &mut Draft<'_>, scope: ScopeId) {
    let anew = Cursor { read_in: Some(draft.env.run), ..Cursor::default() };
    draft.set_cursor(scope, Some(anew));
}

/// The cause of whatever someone asked for.
const fn authored() -> Cause {
    Cause::of(CauseKind::Authored)
}

fn remove_account(draft: &mut Draft<'_>, account: AccountId, abandon: bool) {
    let state = if abandon { Lifecycle::Abandoned } else { Lifecycle::Retiring };
    let config = draft.config_mut(authored());
    if let Some(account) = config.accounts.get_mut(&account) {
        account.state = state;
    }
    let calendars = &config.calendars;
    let of = |id: CalendarId| calendars.get(&id).is_some_and(|c| c.account == account);
    for edge in config.edges.values_mut() {
        if of(edge.to) {
            edge.state = state;
        } else if of(edge.from) && edge.state != Lifecycle::Abandoned {
            // Mirrors that were left where they lie stay left: their account may not be reached.
            edge.state = Lifecycle::Retiring;
        }
    }
}

fn judge(
    draft: &mut Draft<'_>,
    (calendar, question): (CalendarId, Question),
    approve: bool,
    shown: Option<u32>,
) {
    let review = draft.config().reviews.get(&calendar);
    let asked = review.and_then(|review| review.asked(question));
    if asked.is_some_and(|asked| !asked.is_as_shown(shown)) {
        // It grew between the look at it and this step.
        let note = Note { calendar: Some(calendar), ..Note::new(EditError::REVIEW_CHANGED) };
        draft.note(note);
        return;
    }
    let cause = authored().in_calendar(calendar);
    let verdict = if approve { Verdict::Approved } else { Verdict::Rejected };
    if let Some(review) = draft.config_mut(cause).reviews.get_mut(&calendar)
        && let Some(asked) = review.asked(question)
    {
        review.set(question, Some(Asked { verdict, ..asked }));
    }
}

/// A parked part is due again, as if it had never been tried.
fn retry(draft: &mut Draft<'_>, part_ref: PartRef) -> Result<(), Missing> {
    draft.edit(part_ref.event, authored().for_edge(part_ref.edge), |bundle| {
        let mirror = bundle.mirrors.get_mut(&part_ref.edge);
        let part = mirror.and_then(|mirror| mirror.parts.get_mut(&part_ref.part));
        if let Some(part) = part.filter(|part| matches!(part.status, PartStatus::Parked(_))) {
            part.attempts = 0;
            part.stale = 0;
            part.reverts.clear();
            part.status = if part.object.is_some() { PartStatus::Unsure } else { PartStatus::Due };
        }
    })
}

/// The same for a change of an origin.
fn retry_origin(
    draft: &mut Draft<'_>,
    event: EventId,
    calendar: CalendarId,
) -> Result<(), Missing> {
    draft.edit(event, authored().in_calendar(calendar), |bundle| {
        let presence = bundle.presences.get_mut(&calendar);
        let pending = presence.and_then(|presence| presence.pending.as_mut());
        if let Some(pending) = pending.filter(|pending| pending.parked.is_some()) {
            pending.parked = None;
            pending.attempts = 0;
            pending.retry_at = None;
        }
    })
}

/// A paused or detached mirror follows its origin again.
fn resume(draft: &mut Draft<'_>, event: EventId, edge: crate::ids::EdgeId) -> Result<(), Missing> {
    let (setup, env) = (draft.setup(), draft.env);
    draft.edit(event, authored().for_edge(edge), |bundle| {
        if let Some(mirror) = bundle.mirrors.get_mut(&edge) {
            let detached = mirror.mirror.mode == MirrorMode::Detached;
            mirror.mirror.mode = MirrorMode::Kept;
            if detached {
                // The person keeps theirs; ours gets an id of its own.
                leave_theirs(bundle, edge);
            }
        }
        project(bundle, &setup, env, true);
    })
}

/// Whether a calendar is one that people write to.
pub(super) const fn is_a_persons(role: CalendarRole) -> bool {
    match role {
        CalendarRole::Theirs | CalendarRole::Subscribed | CalendarRole::Own => true,
        CalendarRole::Overlay(_) | CalendarRole::Lost => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

    use std::sync::Arc;

    use super::*;
    use crate::graph::{Edge, EdgeOptions, Policy, PolicyOwner};
    use crate::ids::EdgeId;
    use crate::schedule::Rule;
    use crate::slice::Config;
    use crate::time::Zone;
    use crate::transitions::{edge, env};

    /// How many of these edits are taken together where so many edges are there, and how many rows change.
    fn together(edges: u32, edits: &[UserEdit]) -> (usize, usize) {
        let one = |n: u32| {
            let mut id = [0; 16];
            id[..4].copy_from_slice(&n.to_be_bytes());
            let id = EdgeId::from_bytes(id);
            (id, Edge { id, ..edge(Lifecycle::Active, EdgeOptions::default()) })
        };
        let config = Config { edges: (0..edges).map(one).collect(), ..Config::default() };
        let slice = Slice { config: Arc::new(config), ..Slice::default() };
        let plan = author_together(&slice, edits, &env()).unwrap();
        (plan.taken, plan.changes.len())
    }

    /// Catches the first of some edits that is carried out though a later one is refused or finds no room.
    #[test]
    fn edits_that_go_together_are_all_carried_out_or_none() {
        let account = |n: u8| UserEdit::AddAccount {
            id: AccountId::from_bytes([n; 16]),
            provider: "caldav".to_owned(),
            name: format!("account {n}"),
            subject: String::new(),
        };
        assert_eq!(together(0, &[account(1), account(2)]), (2, 2));
        assert_eq!(together(0, &[account(1), account(1)]), (0, 0));
        let home = || UserEdit::SetRule { rule: Rule::Home(Zone::utc()).into(), base: None };
        let policy = || UserEdit::SetPolicy {
            owner: PolicyOwner::Person,
            base: None,
            policy: Policy { people: true, ..Policy::default() },
        };
        assert_eq!(together(3, &[policy(), home()]).0, 2);
        assert_eq!(together(1_200, &[home(), policy()]).0, 2);
        assert_eq!(together(1_200, &[policy(), home()]), (0, 0));
    }
}
