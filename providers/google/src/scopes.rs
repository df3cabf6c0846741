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
/// Ask when others have time, as far as they let the person see it. No scope above holds it.
pub const ASK_BUSY: &str = "https://www.googleapis.com/auth/calendar.events.freebusy";
/// Everything, read only, for tokens that were made elsewhere.
const READ_ALL: &str = "https://www.googleapis.com/auth/calendar.readonly";
/// Availability alone, for tokens that were made elsewhere.
const BUSY_ALONE: &str = "https://www.googleapis.com/auth/calendar.freebusy";

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
    let may = Grants::of(granted);
    let all = [
        (READ_LIST, may.read_list, "which calendars there are cannot be seen: nothing works"),
        (
            READ_EVENTS,
            may.read_events,
            "events cannot be read: nothing is mirrored from the account",
        ),
        (
            WRITE_EVENTS,
            may.read_events,
            "events cannot be read: nothing is mirrored from the account",
        ),
        (WRITE_EVENTS, may.write_events, "mirrors stand in calendars of their own alone"),
        (
            OWN_CALENDARS,
            may.own_calendars,
            "no calendar can be made: an edge into the account needs one that is there",
        ),
        (ASK_BUSY, may.ask_busy, "nobody else can be asked for their free time with the account"),
    ];
    let lacking =
        all.into_iter().filter(|(scope, held, _)| !held && asked.iter().any(|one| one == scope));
    lacking.map(|(scope, _, means)| Limit { scope, means }).collect()
}

/// What an account is allowed to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grants {
    /// See which calendars there are.
    pub(crate) read_list: bool,
    /// Read the events of the person's calendars.
    pub(crate) read_events: bool,
    /// Make calendars, and read and write those.
    pub(crate) own_calendars: bool,
    /// Write to calendars of the person's.
    pub(crate) write_events: bool,
    /// Ask when others have time.
    pub(crate) ask_busy: bool,
}

impl Grants {
    /// Reads the scopes of a token; where nobody knows them everything is tried.
    pub(crate) fn of(granted: &str) -> Self {
        let unknown = granted.trim().is_empty();
        let one = |scope: &str| granted.split_whitespace().any(|held| held == scope);
        let all = unknown || one(ALL);
        let has = |scopes: &[&str]| all || scopes.iter().any(|scope| one(scope));
        Self {
            read_list: has(&[READ_LIST, READ_ALL]),
            read_events: has(&[READ_EVENTS, WRITE_EVENTS, READ_ALL]),
            own_calendars: has(&[OWN_CALENDARS]),
            write_events: has(&[WRITE_EVENTS]),
            ask_busy: has(&[ASK_BUSY, BUSY_ALONE, READ_ALL]),
        }
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
        assert_eq!(lacking(READ_ALL), [OWN_CALENDARS]);
        assert_eq!(lacking(ALL), [""; 0]);
        assert_eq!(lacking(""), [""; 0], "nobody knows");
    }

    #[test]
    fn who_was_asked_to_allow_writing_is_told_of_each_thing_that_is_left_out() {
        let asked = [WRITE_EVENTS, READ_LIST, OWN_CALENDARS, ASK_BUSY].map(str::to_owned);
        let means = |granted: &str| {
            limits(&asked, granted).iter().map(|limit| limit.means).collect::<Vec<_>>()
        };
        let unread = "events cannot be read: nothing is mirrored from the account";
        let unwritten = "mirrors stand in calendars of their own alone";
        let unasked = "nobody else can be asked for their free time with the account";
        assert_eq!(
            means(&format!("{READ_LIST} {OWN_CALENDARS} {ASK_BUSY}")),
            [unread, unwritten],
            "it shows when somebody is busy, and no more"
        );
        let busy_less = format!("{READ_LIST} {OWN_CALENDARS} {READ_EVENTS}");
        assert_eq!(means(&busy_less), [unwritten, unasked]);
    }

    #[test]
    fn what_was_not_granted_is_not_tried() {
        let none = Grants {
            read_list: false,
            read_events: false,
            own_calendars: false,
            write_events: false,
            ask_busy: false,
        };
        let least = format!("{READ_EVENTS} {READ_LIST} {OWN_CALENDARS}");
        let reads = Grants { read_list: true, read_events: true, ..none };
        assert_eq!(Grants::of(&least), Grants { own_calendars: true, ..reads });
        assert_eq!(Grants::of(READ_LIST), Grants { read_list: true, ..none });
        assert_eq!(Grants::of(ASK_BUSY), Grants { ask_busy: true, ..none });
        assert_eq!(Grants::of(BUSY_ALONE), Grants { ask_busy: true, ..none });
        assert_eq!(Grants::of(READ_ALL), Grants { ask_busy: true, ..reads });
        assert_eq!(
            Grants::of(WRITE_EVENTS),
            Grants { read_events: true, write_events: true, ..none }
        );
        let all = Grants { own_calendars: true, write_events: true, ask_busy: true, ..reads };
        assert_eq!((Grants::of(""), Grants::of(ALL)), (all, all));
    }
}
