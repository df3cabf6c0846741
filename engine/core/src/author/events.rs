//! Events put into the graph's own calendar.

use super::authored;
use crate::draft::Draft;
use crate::event::Body;
use crate::graph::{Account, Calendar, CalendarRole, Capabilities, Lifecycle, ScopeKind};
use crate::ids::{AccountId, CalendarId, EventId, ProviderId};
use crate::presence::{Event, Presence};
use crate::project::project;
use crate::slice::Missing;

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

pub(crate) fn own_presence(object: ProviderId, body: &Body) -> Presence {
    let (version, instances) = (None, Vec::new());
    let (body, doubts) = (body.clone(), Vec::new());
    Presence { object, version, body, doubts, instances, gone: None, pending: None }
}

/// The graph's own calendar, made where there is none yet.
pub(crate) fn own_calendar(draft: &mut Draft<'_>) -> CalendarId {
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
