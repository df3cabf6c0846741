//! iCalendar (RFC 5545) to canonical events and back.
//!
//! [`Reader`] reads what calendars and feeds hold, [`mirror`] writes a managed copy, [`patch`]
//! changes an origin's own text, [`export`] writes events for people to take away.
//!
//! Bytes come in, not text: what is not UTF-8 is read all the same. Content lines are taken apart
//! by `ical-rs`; what they mean is decided here.
//!
//! # The form of a body
//!
//! [`Reader`] gives bodies in one form, and what the writers write reads back equal for bodies in
//! that form: days last [`Length::Nominal`](kalends_recurrence::Length) whole days; a length
//! without days is `Exact`; excluded starts and added instances are sorted, each once; exceptions
//! are sorted by the instant they replace; a rule's text has no `RRULE:` before it; times are whole
//! seconds; texts hold no control characters but line breaks and tabs.

mod error;
mod patch;
mod read;
mod syntax;
mod write;
mod zones;

pub use error::{DecodeError, PatchError};
pub use patch::patch;
pub use read::{Decoded, END_BEFORE_START, Feed, FeedEvent, Reader, free_busy};
pub use write::{Export, export, mirror};
