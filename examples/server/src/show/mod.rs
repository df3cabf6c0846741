//! Rows as JSON and as tables.

mod set_up;
mod table;

pub(crate) use set_up::{account_json, account_state, calendar_json, calendar_role, edge_json};
pub(crate) use set_up::{detail, kind, lifecycle, rests};
pub(crate) use table::{count, table};
