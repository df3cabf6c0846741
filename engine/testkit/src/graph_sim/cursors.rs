//! Tokens of delta rounds: what each stands for (3.4).

use super::hash;
use super::ids::IdSpace;
use super::series::Window;
use super::state::State;

/// What a token remembers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) user: usize,
    /// The calendar; all own ones without.
    pub(crate) calendar: Option<u64>,
    /// The window is fixed for all rounds; none of `events/delta`.
    pub(crate) window: Option<Window>,
    pub(crate) ids: IdSpace,
    pub(crate) step: Step,
    pub(crate) expired: bool,
}

/// Where in a round a token stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Between pages: what is still to be shown, and where the next round will begin.
    Within { left: Vec<Entry>, until: u64 },
    /// Between rounds: what changed after this number comes next.
    Between { since: u64 },
}

/// One thing of a round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// An event with all of it that is in the window.
    Event(u64),
    /// An event that is not in the window, or nowhere any more.
    Removed(u64),
}

/// Keeps a cursor and gives its token.
pub(crate) fn keep(state: &mut State, cursor: Cursor) -> String {
    let nth = state.draw();
    let token = format!("R0usmcCM996atia_{}", hash::word(state.seed, "cursor", nth));
    state.cursors.insert(token.clone(), cursor);
    token
}

/// Lets all tokens of a calendar, or of everything, die.
pub(crate) fn expire(state: &mut State, calendar: Option<u64>) {
    let all = state.cursors.values_mut();
    for cursor in all.filter(|one| calendar.is_none() || one.calendar == calendar) {
        cursor.expired = true;
    }
}
