//! What a person allows: Google's scopes, and what each is good for.
//!
//! People may untick a scope on the consent page: what is missing limits an account, and is no
//! reason to ask again and again (facts of the API: OAuth, "granular consent").

/// Everything, for tokens that were made elsewhere.
const ALL: &str = "https://www.googleapis.com/auth/calendar";
/// Read events of all calendars.
pub const READ_EVENTS: &str = "https://www.googleapis.com/auth/calendar.events.readonly";
/// Read the list of calendars.
pub const READ_LIST: &str = "https://www.googleapis.com/auth/calendar.calendarlist.readonly";
/// Make calendars, and write to those.
pub const OWN_CALENDARS: &str = "https://www.googleapis.com/auth/calendar.app.created";
/// Write to the person's calendars too.
pub const WRITE_EVENTS: &str = "https://www.googleapis.com/auth/calendar.events";

/// What an account is allowed to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grants {
    /// Make calendars, and write to those.
    pub(crate) own_calendars: bool,
    /// Write to calendars of the person's.
    pub(crate) write_events: bool,
}

impl Grants {
    /// Reads the scopes of a token; where nobody knows them everything is tried.
    pub(crate) fn of(granted: &str) -> Self {
        let unknown = granted.trim().is_empty();
        let has = |scope: &str| unknown || granted.split_whitespace().any(|one| one == scope);
        let all = has(ALL);
        Self { own_calendars: all || has(OWN_CALENDARS), write_events: all || has(WRITE_EVENTS) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_granted_is_not_tried() {
        let least = format!("{READ_EVENTS} {READ_LIST} {OWN_CALENDARS}");
        assert_eq!(Grants::of(&least), Grants { own_calendars: true, write_events: false });
        assert_eq!(Grants::of(READ_LIST), Grants { own_calendars: false, write_events: false });
        assert_eq!(Grants::of(""), Grants { own_calendars: true, write_events: true });
        assert_eq!(Grants::of(ALL), Grants { own_calendars: true, write_events: true });
    }
}
