//! The places that sealed values belong to.

use kalends_core::ids::{AccountId, CalendarId, GraphId, ProviderId};

/// Of a journal payload.
pub(crate) fn payload(graph: GraphId, seq: u64) -> String {
    format!("journal/{graph}/{seq}")
}

/// Of an object set aside.
pub(crate) fn aside(graph: GraphId, calendar: CalendarId, object: &ProviderId) -> String {
    format!("aside/{graph}/{calendar}/{object}")
}

/// Of an account's credentials.
pub(crate) fn secret(graph: GraphId, account: AccountId) -> String {
    format!("secret/{graph}/{account}")
}
