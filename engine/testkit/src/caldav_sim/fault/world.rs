//! Faults that change the server's state at the moment of the request, as another person would.

use super::super::state::State;

/// A change of state just before the request is handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorldFault {
    /// The credentials of the path's owner are revoked, for good (C9).
    Revoke,
    /// Someone else changes the resource first; on a missing one, they make it (C34, X23).
    Raced,
    /// Someone else deletes the resource first (X24).
    Vanished,
    /// The calendar of the path can no longer be written (X20).
    ReadOnly,
    /// The calendar of the path is deleted (X21).
    NoCalendar,
    /// The account is deleted (X22).
    NoAccount,
}

const RIVAL: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//rival//EN\r\nBEGIN:VEVENT\r\n\
    UID:rival@elsewhere.example\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260105T100000Z\r\n\
    DTEND:20260105T110000Z\r\nSUMMARY:Rival\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

impl WorldFault {
    pub(crate) fn apply(self, state: &mut State, path: &str, now_ms: i64) {
        match self {
            Self::Revoke => {
                if let Some(user) = owner(state, path).and_then(|name| state.users.get_mut(&name)) {
                    user.revoked = true;
                }
            }
            Self::Raced => race(state, path, now_ms),
            Self::Vanished => {
                if let Some((calendar, name)) = state.split(path)
                    && let Some(calendar) = state.calendars.get_mut(&calendar)
                {
                    calendar.discard(&name, now_ms);
                }
            }
            Self::ReadOnly => {
                if let Some(calendar) = calendar_of(state, path)
                    && let Some(calendar) = state.calendars.get_mut(&calendar)
                {
                    calendar.read_only = true;
                }
            }
            Self::NoCalendar => {
                if let Some(calendar) = calendar_of(state, path) {
                    state.calendars.remove(&calendar);
                }
            }
            Self::NoAccount => {
                if let Some(name) = owner(state, path) {
                    state.users.remove(&name);
                    state.calendars.retain(|_, calendar| calendar.owner != name);
                }
            }
        }
    }
}

/// The owner of the path, else the first user: discovery paths belong to all.
fn owner(state: &State, path: &str) -> Option<String> {
    let first = || state.users.keys().next().map(String::as_str);
    state.owner_of(path).or_else(first).map(str::to_owned)
}

fn calendar_of(state: &State, path: &str) -> Option<String> {
    if state.calendars.contains_key(path) {
        return Some(path.to_owned());
    }
    state.split(path).map(|(calendar, _)| calendar)
}

fn race(state: &mut State, path: &str, now_ms: i64) {
    let Some((calendar, name)) = state.split(path) else {
        return;
    };
    let Some(calendar) = state.calendars.get_mut(&calendar) else {
        return;
    };
    let Some(resource) = calendar.resources.get(&name) else {
        calendar.store(&name, RIVAL.to_owned(), "rival@elsewhere.example".to_owned(), now_ms);
        return;
    };
    let (uid, text) = (resource.uid.clone(), resource.text.clone());
    let edited = text.replacen("END:VEVENT", "LOCATION:Moved by a rival\r\nEND:VEVENT", 1);
    calendar.store(&name, edited, uid, now_ms);
}
