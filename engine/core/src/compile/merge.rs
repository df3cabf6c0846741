//! Two changes of one event: disjoint fields both hold, the same field follows the policy.

use std::collections::BTreeSet;

use super::propagate::{content_at, put_exception};
use super::writable::same;
use crate::event::{Body, Content, Exception, Recurrence, Span};
use crate::fields::Field;
use crate::form;
use crate::graph::OnConflict;
use crate::time::{Timestamp, When};

/// What became of two changes of one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// Both changes, as far as they go together.
    pub body: Body,
    /// The fields of which one side's value did not make it, each once; the caller keeps it where
    /// it can be restored.
    pub lost: Vec<Field>,
}

/// Merges what the origin says now with an edit that was worked out against `base`. What a mirror
/// does not carry stays as the origin has it.
///
/// [`OnConflict::LastSeen`] counts the edit as the one seen last; where the origin's change came
/// later, pass [`OnConflict::Origin`].
#[must_use]
pub fn merge3(base: &Body, origin: &Body, edit: &Body, policy: OnConflict) -> Merged {
    let mut merge = Merge { edit_wins: policy != OnConflict::Origin, lost: BTreeSet::new() };
    let mut body = origin.clone();
    let all = [base, origin, edit];
    if all.iter().all(|body| body.recurrence.is_some() == base.recurrence.is_some()) {
        merge.content(&mut body.content, &base.content, &edit.content);
        merge.rules(&mut body, all);
        merge.instances(&mut body, all);
    } else {
        merge.content(&mut body.content, &base.content, &edit.content);
        merge.shape(&mut body, all);
    }
    Merged { body, lost: merge.lost.into_iter().collect() }
}

struct Merge {
    edit_wins: bool,
    lost: BTreeSet<Field>,
}

/// What a side makes of one instance.
#[derive(PartialEq, Eq)]
enum State {
    AsSeries,
    Excluded,
    Changed(Box<Exception>),
}

impl Merge {
    /// Whether the edit's value is to be taken, given whether the origin and the edit changed it.
    fn takes_edit(&mut self, field: Field, changed: (bool, bool)) -> bool {
        let (origin_changed, edit_changed) = changed;
        if origin_changed && edit_changed {
            self.lost.insert(field);
            return self.edit_wins;
        }
        edit_changed
    }

    fn content(&mut self, merged: &mut Content, base: &Content, edit: &Content) {
        for field in Field::ALL {
            if same(field, merged, edit) {
                continue;
            }
            let changed = (!same(field, base, merged), !same(field, base, edit));
            if !self.takes_edit(field, changed) {
                continue;
            }
            match field {
                Field::Title => merged.title.clone_from(&edit.title),
                Field::Description => merged.description.clone_from(&edit.description),
                Field::Location => merged.location.clone_from(&edit.location),
                Field::When => merged.span = edit.span.clone(),
                Field::Busy => (merged.status, merged.busy) = (edit.status, edit.busy),
            }
        }
    }

    fn rules(&mut self, body: &mut Body, [base, origin, edit]: [&Body; 3]) {
        let (Some(merged), Some(base), Some(origin), Some(edit)) =
            (&mut body.recurrence, &base.recurrence, &origin.recurrence, &edit.recurrence)
        else {
            return;
        };
        if origin.rules != edit.rules {
            let changed = (base.rules != origin.rules, base.rules != edit.rules);
            if self.takes_edit(Field::When, changed) {
                merged.rules.clone_from(&edit.rules);
            }
        }
        merged.extras.retain(|one| !base.extras.contains(one) || edit.extras.contains(one));
        let added = edit.extras.iter().filter(|one| !base.extras.contains(one));
        for extra in added {
            if !merged.extras.contains(extra) {
                merged.extras.push(extra.clone());
            }
        }
    }

    fn instances(&mut self, body: &mut Body, all: [&Body; 3]) {
        for original in originals(all) {
            let [base, origin, edit] = all.map(|body| state(body, &original));
            if edit == base || edit == origin {
                continue;
            }
            if !matches!(origin, State::Changed(_)) && goes_along(all, &base, &edit) {
                continue;
            }
            if let (State::Changed(now), State::Changed(edited)) = (&origin, &edit) {
                let base = content_at(all[0], &original);
                let mut exception = (**now).clone();
                self.content(&mut exception.content, &base, &edited.content);
                put_exception(body, exception);
            } else if self.takes_edit(Field::When, (origin != base, true)) {
                put_state(body, &original, edit);
            }
        }
    }

    /// One side made a series of a single or the other way round: times and rules go together.
    fn shape(&mut self, body: &mut Body, [base, origin, edit]: [&Body; 3]) {
        let kind = |body: &Body| body.recurrence.is_some();
        let (origin_changed, edit_changed) = (kind(origin) != kind(base), kind(edit) != kind(base));
        let takes_edit = match (origin_changed, edit_changed) {
            (true, true) => return,
            (false, true) => {
                let is_same = times(origin) == times(base) && origin.exceptions == base.exceptions;
                self.takes_edit(Field::When, (!is_same, true))
            }
            (true | false, false) => {
                let is_same = times(edit) == times(base) && changes_go_along(base, edit);
                self.takes_edit(Field::When, (true, !is_same))
            }
        };
        let from = if takes_edit { edit } else { origin };
        body.content.span = from.content.span.clone();
        body.recurrence.clone_from(&from.recurrence);
        body.exceptions.clone_from(&from.exceptions);
    }
}

fn times(body: &Body) -> (&Span, Option<&Recurrence>) {
    (&body.content.span, body.recurrence.as_ref())
}

/// Whether no changed instance was changed, come or gone.
fn changes_go_along(base: &Body, edit: &Body) -> bool {
    let is_there =
        |was: &Exception| edit.exceptions.iter().any(|is| is_along((base, was), (edit, is)));
    base.exceptions.len() == edit.exceptions.len() && base.exceptions.iter().all(is_there)
}

fn goes_along([base, _, edit]: [&Body; 3], was: &State, is: &State) -> bool {
    match (was, is) {
        (State::Changed(was), State::Changed(is)) => is_along((base, was), (edit, is)),
        (State::AsSeries | State::Excluded | State::Changed(_), _) => false,
    }
}

/// Whether a changed instance is the same as before, but for texts of its series that it shares and
/// that are others now: nobody changed it.
fn is_along((base, was): (&Body, &Exception), (edit, is): (&Body, &Exception)) -> bool {
    let is_kept = |field: Field| {
        let of_series =
            same(field, &was.content, &base.content) && same(field, &is.content, &edit.content);
        same(field, &was.content, &is.content) || (field != Field::When && of_series)
    };
    was.original == is.original
        && was.this_and_future == is.this_and_future
        && Field::ALL.into_iter().all(is_kept)
}

/// All original starts at which some side says something of its own, each once.
fn originals(all: [&Body; 3]) -> Vec<When> {
    let mut found: Vec<(Timestamp, When)> = Vec::new();
    for body in all {
        let start = &body.content.span.start;
        let excluded = body.recurrence.iter().flat_map(|recurrence| &recurrence.excluded);
        let changed = body.exceptions.iter().map(|exception| &exception.original);
        found.extend(
            excluded
                .chain(changed)
                .map(|when| form::in_form_of(start, when))
                .map(|when| (form::key(&when), when)),
        );
    }
    found.sort_unstable();
    found.dedup_by_key(|(key, _)| *key);
    found.into_iter().map(|(_, when)| when).collect()
}

fn state(body: &Body, original: &When) -> State {
    let start = &body.content.span.start;
    let at = form::key(original);
    let same = |when: &When| form::key(&form::in_form_of(start, when)) == at;
    if let Some(exception) = body.exceptions.iter().find(|e| same(&e.original)) {
        return State::Changed(Box::new(exception.clone()));
    }
    let excluded = body.recurrence.iter().flat_map(|recurrence| &recurrence.excluded);
    if excluded.into_iter().any(same) { State::Excluded } else { State::AsSeries }
}

fn put_state(body: &mut Body, original: &When, state: State) {
    let start = body.content.span.start.clone();
    let same = |when: &When| form::key(&form::in_form_of(&start, when)) == form::key(original);
    body.exceptions.retain(|exception| !same(&exception.original));
    if let Some(recurrence) = &mut body.recurrence {
        recurrence.excluded.retain(|when| !same(when));
        if state == State::Excluded {
            recurrence.excluded.push(original.clone());
        }
    }
    if let State::Changed(exception) = state {
        put_exception(body, *exception);
    }
}
