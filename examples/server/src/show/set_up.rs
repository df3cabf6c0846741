//! Accounts, calendars and edges.

use kalends::core::event::Kind;
use kalends::core::graph::{
    Account, Calendar, CalendarKind, CalendarRole, DetailLevel, Edge, Lifecycle, OnConflict,
    OnDelete, OnEdit, OverlayState, SeriesShape,
};
use kalends::core::read::{Reason, pause};
use kalends::core::slice::Config;
use serde_json::{Value, json};

use crate::lookup::label;

pub(crate) fn account_json(account: &Account) -> Value {
    json!({
        "id": account.id.to_string(),
        "name": account.name,
        "provider": account.provider,
        "subject": account.subject,
        "makes_calendars": account.makes_calendars,
        "state": lifecycle(account.state),
    })
}

/// An account's state in a word.
pub(crate) fn account_state(account: &Account) -> &'static str {
    lifecycle(account.state)
}

pub(crate) fn calendar_json(config: &Config, calendar: &Calendar) -> Value {
    let account = config.accounts.get(&calendar.account);
    let series = match calendar.capabilities.series {
        SeriesShape::Whole => "whole",
        SeriesShape::Parts => "parts",
        SeriesShape::Patterns => "patterns",
        SeriesShape::Singles => "singles",
    };
    json!({
        "id": calendar.id.to_string(),
        "account": account.map(|account| &account.name),
        "name": calendar.name,
        "provider_id": calendar.provider_id.as_ref().map(|id| &id.0),
        "role": calendar_role(calendar),
        "on": calendar.on,
        "writable": calendar.capabilities.write,
        "series": series,
    })
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

pub(crate) fn edge_json(config: &Config, edge: &Edge) -> Value {
    let options = &edge.options;
    let filters = &options.filters;
    let kinds: Vec<&str> = filters.with_kinds.iter().map(|kind| event_kind(*kind)).collect();
    json!({
        "id": edge.id.to_string(),
        "from": {"id": edge.from.to_string(), "name": label(config, edge.from)},
        "to": {"id": edge.to.to_string(), "name": label(config, edge.to)},
        "state": lifecycle(edge.state),
        "rests": rests(edge.state).map(|reason| reason.code),
        "pair": edge.pair.map(|pair| pair.to_string()),
        "detail": detail(options.level),
        "kind": kind(options.kind),
        "title": options.title,
        "filters": {
            "skip_all_day": filters.skip_all_day,
            "with_free": filters.with_free,
            "with_declined": filters.with_declined,
            "skip_tentative": filters.skip_tentative,
            "with_kinds": kinds,
            "only_categories": filters.only_categories,
            "skip_categories": filters.skip_categories,
            "only_keywords": filters.only_keywords,
            "skip_keywords": filters.skip_keywords,
        },
        "past_days": options.window.past_days,
        "future_days": options.window.future_days,
        "private_grant": options.private_grant,
        "may_notify": options.may_notify,
        "people": options.people,
        "meeting": options.meeting,
        "on_edit": on_edit(options.on_edit),
        "on_delete": on_delete(options.on_delete),
        "on_conflict": on_conflict(options.on_conflict),
    })
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

fn event_kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Event => "event",
        Kind::WorkingLocation => "working-location",
        Kind::Birthday => "birthday",
        Kind::Focus => "focus",
        Kind::OutOfOffice => "out-of-office",
    }
}

fn on_edit(on_edit: OnEdit) -> &'static str {
    match on_edit {
        OnEdit::Revert => "revert",
        OnEdit::Propagate => "propagate",
        OnEdit::Detach => "detach",
    }
}

fn on_delete(on_delete: OnDelete) -> &'static str {
    match on_delete {
        OnDelete::Restore => "restore",
        OnDelete::Propagate => "propagate",
        OnDelete::Detach => "detach",
    }
}

fn on_conflict(on_conflict: OnConflict) -> &'static str {
    match on_conflict {
        OnConflict::LastSeen => "last-seen",
        OnConflict::Origin => "origin",
        OnConflict::Mirror => "mirror",
    }
}
