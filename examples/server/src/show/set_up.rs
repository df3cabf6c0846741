//! Accounts, calendars and edges, in words.

use kalends::core::event::Kind;
use kalends::core::graph::{
    Account, Calendar, CalendarKind, CalendarRole, DetailLevel, Lifecycle, OnConflict, OnDelete,
    OnEdit, OverlayState,
};
use kalends::core::read::{Reason, pause};

/// An account's state in a word.
pub(crate) fn account_state(account: &Account) -> &'static str {
    lifecycle(account.state)
}

/// Whose a calendar is, in a word.
pub(crate) fn calendar_role(calendar: &Calendar) -> &'static str {
    match calendar.role {
        CalendarRole::Theirs => "theirs",
        CalendarRole::Subscribed => "subscribed",
        CalendarRole::Overlay(OverlayState::Wanted { .. }) => "overlay-wanted",
        CalendarRole::Overlay(OverlayState::Made { .. }) => "overlay",
        CalendarRole::Overlay(OverlayState::Retiring) => "overlay-retiring",
        CalendarRole::Own => "own",
        CalendarRole::Lost => "lost",
    }
}

/// The life of an account or an edge, in a word.
pub(crate) fn lifecycle(state: Lifecycle) -> &'static str {
    match state {
        Lifecycle::Active => "active",
        Lifecycle::Paused(_) => "paused",
        Lifecycle::Retiring => "retiring",
        Lifecycle::Abandoned => "abandoned",
    }
}

/// Why an edge rests; `None` where it does not.
pub(crate) fn rests(state: Lifecycle) -> Option<Reason> {
    match state {
        Lifecycle::Paused(why) => Some(pause(why)),
        Lifecycle::Active | Lifecycle::Retiring | Lifecycle::Abandoned => None,
    }
}

/// How much a mirror shows, in a word.
pub(crate) fn detail(level: DetailLevel) -> &'static str {
    match level {
        DetailLevel::Busy => "busy",
        DetailLevel::Title => "title",
        DetailLevel::Full => "full",
    }
}

/// Where mirrors live, in a word.
pub(crate) fn kind(kind: CalendarKind) -> &'static str {
    match kind {
        CalendarKind::BusyOverlay => "overlay",
        CalendarKind::TrueMirror => "mirror",
    }
}

/// A kind of events, in a word.
pub(crate) fn event_kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Event => "event",
        Kind::WorkingLocation => "working-location",
        Kind::Birthday => "birthday",
        Kind::Focus => "focus",
        Kind::OutOfOffice => "out-of-office",
    }
}

/// What becomes of edits of mirrors, in a word.
pub(crate) fn on_edit(on_edit: OnEdit) -> &'static str {
    match on_edit {
        OnEdit::Revert => "revert",
        OnEdit::Propagate => "propagate",
        OnEdit::Detach => "detach",
    }
}

/// What becomes of deletions of mirrors, in a word.
pub(crate) fn on_delete(on_delete: OnDelete) -> &'static str {
    match on_delete {
        OnDelete::Restore => "restore",
        OnDelete::Propagate => "propagate",
        OnDelete::Detach => "detach",
    }
}

/// Whose value wins, in a word.
pub(crate) fn on_conflict(on_conflict: OnConflict) -> &'static str {
    match on_conflict {
        OnConflict::LastSeen => "last-seen",
        OnConflict::Origin => "origin",
        OnConflict::Mirror => "mirror",
    }
}
