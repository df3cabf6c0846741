//! Mail that the server sends because of a write.

use serde_json::Value;

use super::calendar::Row;
use super::context::Cx;
use super::json::{objects, text};

/// One message to guests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// When, UTC milliseconds.
    pub at_ms: i64,
    /// The method that caused it, such as `calendar.events.insert`.
    pub method: String,
    /// The calendar that the event is on.
    pub calendar: String,
    /// The event.
    pub event: String,
    /// Addresses of the guests.
    pub guests: Vec<String>,
}

/// Notes the mail that a write causes: none unless it was asked for.
pub(crate) fn send(cx: &mut Cx<'_>, calendar: &str, row: &Row) {
    let query = &cx.call.query;
    let everyone = query.get("sendUpdates") == Some("all") || query.on("sendNotifications");
    let outsiders = query.get("sendUpdates") == Some("externalOnly");
    let guests: Vec<String> = objects(&row.body, "attendees")
        .filter_map(|guest| text(guest, "email"))
        .filter(|email| *email != cx.caller.user)
        .filter(|email| everyone || (outsiders && !cx.state.users.contains_key(*email)))
        .map(str::to_owned)
        .collect();
    if !guests.is_empty() {
        cx.state.mail.push(Mail {
            at_ms: cx.now_ms,
            method: cx.call.method.id.clone(),
            calendar: calendar.to_owned(),
            event: row.id.clone(),
            guests,
        });
    }
}

/// Whether a row has guests.
pub(crate) fn has_guests(row: &Row) -> bool {
    row.body.get("attendees").and_then(Value::as_array).is_some_and(|guests| !guests.is_empty())
}
