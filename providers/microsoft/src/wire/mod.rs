//! The forms of Graph's JSON, as much of them as is read. Nothing is required: what a server leaves
//! out, or says in a new word, is met where it is used.

pub(crate) mod calendar;
pub(crate) mod event;
pub(crate) mod page;
pub(crate) mod recurrence;
pub(crate) mod schedule;
pub(crate) mod watch;
