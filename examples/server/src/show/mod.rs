//! Words and tables for people.

mod set_up;
mod table;
mod time;

pub(crate) use set_up::{
    account_state, calendar_role, detail, event_kind, kind, lifecycle, on_conflict, on_delete,
    on_edit, rests,
};
pub(crate) use table::{count, table};
pub(crate) use time::{Look, clock, day, lasting, local, looks, picture};
