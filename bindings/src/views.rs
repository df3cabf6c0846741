//! The engine's values as text and numbers.

use kalends::core::graph::{CalendarKind, CalendarRole, Lifecycle};
use kalends::core::time::Timestamp;

use crate::error::EngineError;

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn count(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// An id as it was shown.
pub(crate) fn id<T: std::str::FromStr>(text: &str, what: &str) -> Result<T, EngineError> {
    text.parse().map_err(|_| EngineError::invalid(format!("{text:?} is no id of {what}")))
}

pub(crate) const fn at(ms: i64) -> Timestamp {
    Timestamp::from_millis(ms)
}

pub(crate) const fn role(role: CalendarRole) -> &'static str {
    match role {
        CalendarRole::Theirs => "theirs",
        CalendarRole::Subscribed => "subscribed",
        CalendarRole::Own => "own",
        CalendarRole::Overlay(_) => "overlay",
        CalendarRole::Lost => "lost",
    }
}

pub(crate) const fn kind(kind: CalendarKind) -> &'static str {
    match kind {
        CalendarKind::BusyOverlay => "overlay",
        CalendarKind::TrueMirror => "mirror",
    }
}

pub(crate) const fn lifecycle(state: Lifecycle) -> &'static str {
    match state {
        Lifecycle::Active => "active",
        Lifecycle::Paused(_) => "paused",
        Lifecycle::Retiring => "retiring",
        Lifecycle::Abandoned => "abandoned",
    }
}
