//! Events changed or deleted where they lie: in the graph's own calendar, or at their provider.

use super::{authored, rules};
use crate::draft::Draft;
use crate::event::{Body, Person};
use crate::graph::CalendarRole;
use crate::ids::{CalendarId, RuleId};
use crate::keys::GraphKeys;
use crate::merge::put_change;
use crate::plan::Note;
use crate::presence::{Guests, Pending};
use crate::project::{project, wanted_body};
use crate::revert::{is_quiet, is_writable};
use crate::schedule::Rule;
use crate::slice::{Config, Missing};
use crate::step::EventEdit;

/// Changes or deletes an event, or says in a note why not. What it said before can be brought back
/// from the journal.
pub(super) fn change(draft: &mut Draft<'_>, edit: &EventEdit) -> Result<(), Missing> {
    let EventEdit { event, calendar, want, .. } = edit;
    let (setup, env) = (draft.setup(), draft.env);
    let presence = draft.event(*event)?.and_then(|bundle| bundle.presences.get(calendar));
    let shown = presence.filter(|presence| presence.gone.is_none()).and_then(wanted_body).cloned();
    let refused = match &shown {
        Some(shown) => refusal(&setup, &env.keys, edit, shown),
        None => Some("event.gone"),
    };
    let (Some(shown), None) = (shown, refused) else {
        let (event, calendar) = (Some(*event), Some(*calendar));
        draft.note(Note { event, calendar, ..Note::new(refused.unwrap_or("event.gone")) });
        return Ok(());
    };
    let want = want.as_deref();
    if want == Some(&shown) {
        return Ok(());
    }
    let is_own = is_own(&setup, *calendar);
    draft.edit(*event, authored().in_calendar(*calendar), |bundle| {
        match (bundle.presences.get_mut(calendar), want) {
            (Some(presence), Some(want)) if is_own => {
                presence.body = want.clone();
                presence.pending = None;
            }
            (Some(_), None) if is_own => {
                bundle.presences.remove(calendar);
            }
            (Some(presence), want) => {
                put_change(presence, want.cloned(), None);
                if let Some(pending) = presence.pending.as_mut().filter(|_| edit.may_notify) {
                    pending.guests = Guests::Told;
                }
            }
            (None, _) => {}
        }
        project(bundle, &setup, env, true);
    })?;
    draft.keep_edit((*event, *calendar), Some(&shown), want);
    Ok(())
}

/// Why an edit does not take place.
fn refusal(
    config: &Config,
    keys: &GraphKeys,
    edit: &EventEdit,
    shown: &Body,
) -> Option<&'static str> {
    if edit.base.as_deref().is_some_and(|base| base != shown) {
        return Some("event.changed-since");
    }
    if config.holds.values().any(|hold| hold.event == edit.event) {
        return Some("event.of-a-hold");
    }
    let is_of = |(id, rule): (&RuleId, &Rule)| {
        matches!(rule, Rule::Trip(..)) && rules::event_of(keys, *id) == edit.event
    };
    if config.rules.iter().any(is_of) {
        return Some("event.of-a-trip");
    }
    if is_own(config, edit.calendar) {
        return None;
    }
    if !config.calendars.get(&edit.calendar).is_some_and(is_writable) {
        return Some("event.read-only");
    }
    let want = edit.want.as_deref();
    if want.is_some_and(|want| people(want) != people(shown)) {
        return Some("event.would-invite");
    }
    let quiet = is_quiet(shown) && want.is_none_or(is_quiet);
    if quiet || edit.may_notify { None } else { Some(Pending::WOULD_NOTIFY) }
}

fn is_own(config: &Config, calendar: CalendarId) -> bool {
    config.calendars.get(&calendar).is_some_and(|calendar| calendar.role == CalendarRole::Own)
}

/// Everybody whom an event names. Those of changed instances are at most those of the series: one
/// more would be invited.
fn people(body: &Body) -> Vec<(Option<&Person>, &[Person])> {
    let changed = body.exceptions.iter().map(|exception| &exception.content);
    let mut all: Vec<_> = std::iter::once(&body.content)
        .chain(changed)
        .map(|content| (content.organizer.as_ref(), content.attendees.as_slice()))
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}
