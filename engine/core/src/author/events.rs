//! Events put into the graph's own calendar, and contents brought back.

use super::authored;
use crate::draft::Draft;
use crate::event::Body;
use crate::graph::{Account, Calendar, CalendarRole, Capabilities, Lifecycle, ScopeKind};
use crate::ids::{AccountId, CalendarId, EventId, ProviderId};
use crate::journal::CauseKind;
use crate::plan::Note;
use crate::presence::{Event, Pending, Presence};
use crate::project::project;
use crate::slice::{Bundle, Missing};
use crate::wire;

/// The provider kind of the graph's own account.
pub(super) const OWN: &str = "own";

/// Puts an event into the own calendar, or changes one there.
pub(super) fn put(
    draft: &mut Draft<'_>,
    event: Option<EventId>,
    body: &Body,
) -> Result<(), Missing> {
    let calendar = own_calendar(draft);
    let event = event.unwrap_or_else(|| EventId::draw(&draft.env.seed, draft.env.now, 0));
    let (setup, env) = (draft.setup(), draft.env);
    draft.edit(event, authored().in_calendar(calendar), |bundle| {
        bundle.event.get_or_insert_with(|| Event { id: event, uid: event.to_string() });
        let object = ProviderId(event.to_string());
        bundle.presences.insert(calendar, own_presence(object, body));
        project(bundle, &setup, env, true);
    })
}

fn own_presence(object: ProviderId, body: &Body) -> Presence {
    let (version, instances) = (None, Vec::new());
    Presence { object, version, body: body.clone(), instances, gone: None, pending: None }
}

fn own_calendar(draft: &mut Draft<'_>) -> CalendarId {
    let keys = &draft.env.keys;
    let account: AccountId = keys.account(OWN, "");
    let id = keys.calendar(account, "main");
    if draft.config().calendars.contains_key(&id) {
        return id;
    }
    let config = draft.config_mut(authored().in_calendar(id));
    config.accounts.insert(
        account,
        Account {
            id: account,
            provider: OWN.to_owned(),
            name: OWN.to_owned(),
            subject: String::new(),
            makes_calendars: Some(false),
            state: Lifecycle::Active,
        },
    );
    config.calendars.insert(
        id,
        Calendar {
            id,
            account,
            provider_id: Some(ProviderId("main".to_owned())),
            name: "main".to_owned(),
            kind: ScopeKind::Calendar,
            on: true,
            capabilities: Capabilities::default(),
            role: CalendarRole::Own,
        },
    );
    id
}

/// Brings back what lost in a journal entry: it becomes the origin's content again.
pub(super) fn restore(draft: &mut Draft<'_>, entry: u64) -> Result<(), Missing> {
    let Some((entry, Some(payload))) = draft.slice.entry(&entry)? else {
        draft.note(Note::new("restore.no-entry"));
        return Ok(());
    };
    let Some(event) = entry.event else {
        return Ok(());
    };
    let Ok(lost) = wire::read_lost(payload) else {
        return Ok(());
    };
    let (setup, env) = (draft.setup(), draft.env);
    for (calendar, body) in lost {
        let mirrored = entry.cause.edge.and_then(|edge| setup.edges.get(&edge));
        let origin = mirrored.map_or(calendar, |edge| edge.from);
        let whole = origin == calendar;
        draft.edit(event, crate::journal::Cause::of(CauseKind::Authored), |bundle| {
            bring_back(bundle, origin, &body, whole);
            project(bundle, &setup, env, true);
        })?;
    }
    Ok(())
}

/// From an origin's own lost version everything comes back; from a mirror's what a person changes
/// in one: title, times, place and text where they were shown.
fn bring_back(bundle: &mut Bundle, calendar: CalendarId, lost: &Body, whole: bool) {
    let Some(presence) = bundle.presences.get_mut(&calendar) else {
        return;
    };
    let mut want = presence.body.clone();
    if whole {
        want = lost.clone();
    } else {
        want.content.span = lost.content.span.clone();
        want.content.busy = lost.content.busy;
        want.recurrence.clone_from(&lost.recurrence);
        for (to, from) in [
            (&mut want.content.title, &lost.content.title),
            (&mut want.content.description, &lost.content.description),
            (&mut want.content.location, &lost.content.location),
        ] {
            if !from.is_empty() {
                to.clone_from(from);
            }
        }
    }
    presence.pending = Some(Pending::new(Some(want), presence.version.clone(), None));
}
