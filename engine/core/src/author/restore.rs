//! Contents that lost, brought back from the journal (L14).

use super::authored;
use crate::compile::propagate;
use crate::draft::Draft;
use crate::event::Body;
use crate::ids::{CalendarId, EdgeId, EventId};
use crate::merge::put_change;
use crate::mirror::PartRef;
use crate::plan::{Note, RowKey};
use crate::project::project;
use crate::revert::{Shown, is_quiet, is_writable, shown_part};
use crate::slice::{Bundle, Config, Missing};
use crate::step::Env;
use crate::wire;

/// Brings back what lost in a journal entry: an origin's own version whole; of an edit of a
/// mirror what may flow back from it, as if it were made now under an edge that propagates.
pub(super) fn restore(draft: &mut Draft<'_>, entry: u64) -> Result<(), Missing> {
    let Some((entry, Some(payload))) = draft.slice.entry(&entry)? else {
        draft.note(Note::new("restore.no-entry"));
        return Ok(());
    };
    let (Some(event), Ok(lost)) = (entry.event, wire::read_lost(payload)) else {
        draft.note(Note::new("restore.no-entry"));
        return Ok(());
    };
    if lost.is_empty() {
        draft.note(Note { event: Some(event), ..Note::new("restore.nothing-lost") });
    }
    for (shown_by, body) in lost {
        let (setup, env) = (draft.setup(), draft.env);
        let Some(bundle) = draft.event(event)? else { continue };
        let Some(found) = found(bundle, &setup, env, &shown_by, &body) else {
            draft.note(Note { event: Some(event), ..Note::new("restore.refused") });
            continue;
        };
        bring_back(draft, event, found)?;
    }
    Ok(())
}

/// What an origin is to say again.
struct Found {
    calendar: CalendarId,
    want: Body,
    from: Option<EdgeId>,
}

fn found(
    bundle: &Bundle,
    config: &Config,
    env: &Env,
    shown_by: &RowKey,
    lost: &Body,
) -> Option<Found> {
    match shown_by {
        RowKey::Presence(_, calendar) => {
            let presence = bundle.presences.get(calendar)?;
            let quiet = is_quiet(&presence.body) && is_quiet(lost);
            let writable = config.calendars.get(calendar).is_some_and(is_writable);
            (quiet && writable).then(|| Found {
                calendar: *calendar,
                want: lost.clone(),
                from: None,
            })
        }
        RowKey::Part(part) => of_mirror(bundle, config, env, *part, lost),
        RowKey::Account(_)
        | RowKey::Calendar(_)
        | RowKey::Edge(_)
        | RowKey::Policy(_)
        | RowKey::Review(_)
        | RowKey::Rule(_)
        | RowKey::Hold(_)
        | RowKey::Session(_)
        | RowKey::Event(_)
        | RowKey::Mirror(..)
        | RowKey::Aside(..)
        | RowKey::Object(..)
        | RowKey::Sweep(_)
        | RowKey::Cursor(_)
        | RowKey::Run(_)
        | RowKey::Health(_)
        | RowKey::Watch(_)
        | RowKey::Meeting(_)
        | RowKey::Received(_) => None,
    }
}

fn of_mirror(
    bundle: &Bundle,
    config: &Config,
    env: &Env,
    part: PartRef,
    lost: &Body,
) -> Option<Found> {
    let Shown { origin, projected, fields } = shown_part(bundle, config, env, part)?;
    let want = propagate(origin, &projected, lost, fields)?;
    let calendar = config.edges.get(&part.edge)?.from;
    Some(Found { calendar, want, from: Some(part.edge) })
}

fn bring_back(draft: &mut Draft<'_>, event: EventId, found: Found) -> Result<(), Missing> {
    let (setup, env) = (draft.setup(), draft.env);
    let Found { calendar, want, from } = found;
    draft.edit(event, authored().in_calendar(calendar), |bundle| {
        if let Some(presence) = bundle.presences.get_mut(&calendar) {
            put_change(presence, Some(want), from);
        }
        project(bundle, &setup, env, true);
    })
}
