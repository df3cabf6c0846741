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

/// Something that was asked for and not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// The scope.
    pub scope: &'static str,
    /// What does not work without it.
    pub means: &'static str,
}

/// What a person did not allow of what they were asked for; nothing where nobody knows. A scope that
/// holds another stands for it.
#[must_use]
pub fn limits(asked: &[String], granted: &str) -> Vec<Limit> {
    let has = |scope: &str| granted.split_whitespace().any(|one| one == scope);
    if granted.trim().is_empty() || has(ALL) {
        return Vec::new();
    }
    let reads = has(READ_EVENTS) || has(WRITE_EVENTS);
    let all = [
        (READ_LIST, has(READ_LIST), "which calendars there are cannot be seen: nothing works"),
        (READ_EVENTS, reads, "events cannot be read: nothing is mirrored from the account"),
        (WRITE_EVENTS, has(WRITE_EVENTS), "mirrors stand in calendars of their own alone"),
        (
            OWN_CALENDARS,
            has(OWN_CALENDARS),
            "no calendar can be made: an edge into the account needs one that is there",
        ),
    ];
    let lacking =
        all.into_iter().filter(|(scope, held, _)| !held && asked.iter().any(|one| one == scope));
    lacking.map(|(scope, _, means)| Limit { scope, means }).collect()
}

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
    fn what_was_unticked_is_said_and_what_another_scope_holds_is_not() {
        let asked = [READ_EVENTS, READ_LIST, OWN_CALENDARS].map(str::to_owned);
        let lacking = |granted: &str| {
            limits(&asked, granted).iter().map(|limit| limit.scope).collect::<Vec<_>>()
        };
        assert_eq!(lacking(&format!("{READ_EVENTS} {READ_LIST}")), [OWN_CALENDARS]);
        assert_eq!(lacking(&format!("{WRITE_EVENTS} {OWN_CALENDARS}")), [READ_LIST]);
        assert_eq!(lacking("openid"), [READ_LIST, READ_EVENTS, OWN_CALENDARS]);
        assert_eq!(lacking(ALL), [""; 0]);
        assert_eq!(lacking(""), [""; 0], "nobody knows");
    }

    #[test]
    fn what_was_not_granted_is_not_tried() {
        let least = format!("{READ_EVENTS} {READ_LIST} {OWN_CALENDARS}");
        assert_eq!(Grants::of(&least), Grants { own_calendars: true, write_events: false });
        assert_eq!(Grants::of(READ_LIST), Grants { own_calendars: false, write_events: false });
        assert_eq!(Grants::of(""), Grants { own_calendars: true, write_events: true });
        assert_eq!(Grants::of(ALL), Grants { own_calendars: true, write_events: true });
    }
}
