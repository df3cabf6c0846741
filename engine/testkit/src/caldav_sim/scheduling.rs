//! Implicit scheduling (RFC 6638): every write that would mail people is counted, on all servers;
//! those that schedule also put the event into the other users' calendars.

use super::context::Cx;
use super::ics_check::{self, Inspection};
use super::state::{CollectionKind, Mail, Resource, hash};

/// Notes a stored object. True where the server scheduled it.
pub(crate) fn stored(
    cx: &mut Cx<'_>,
    calendar: &str,
    name: &str,
    found: &Inspection,
    text: &str,
) -> bool {
    if !note(cx, "REQUEST", &format!("{calendar}{name}"), found) {
        return false;
    }
    if cx.profile.writes.scheduling {
        deliver(cx, found, text);
    }
    cx.profile.writes.scheduling
}

/// Notes a deleted object.
pub(crate) fn deleted(cx: &mut Cx<'_>, path: &str, resource: &Resource) {
    if let Ok(found) = ics_check::inspect(resource.text.as_bytes()) {
        note(cx, "CANCEL", path, &found);
    }
}

fn note(cx: &mut Cx<'_>, method: &'static str, path: &str, found: &Inspection) -> bool {
    if found.organizer.is_none() && found.attendees.is_empty() {
        return false;
    }
    cx.state.mail.push(Mail {
        at_ms: cx.now_ms,
        method,
        path: path.to_owned(),
        organizer: found.organizer.clone(),
        attendees: found.attendees.clone(),
    });
    true
}

fn deliver(cx: &mut Cx<'_>, found: &Inspection, text: &str) {
    let invited: Vec<String> = cx
        .state
        .users
        .iter()
        .filter(|(login, user)| {
            **login != cx.user && user.addresses.iter().any(|known| found.attendees.contains(known))
        })
        .map(|(login, _)| login.clone())
        .collect();
    let uid = found.uids.first().cloned().unwrap_or_default();
    let name = format!("{:016x}.ics", hash(&[uid.as_bytes(), b"delivered"]));
    let now_ms = cx.now_ms;
    for login in invited {
        let target =
            cx.state.calendars.values_mut().find(|calendar| {
                calendar.owner == login && calendar.kind == CollectionKind::Calendar
            });
        if let Some(calendar) = target {
            calendar.store(&name, text.to_owned(), uid.clone(), now_ms);
        }
    }
}
