//! When a person has time, and why not: their calendars joined with how they want to work.
//!
//! [`availability`] is a pure function of events, [`Rules`] and an [`Inquiry`]. It answers with
//! [`Stretch`]es that cover the range asked for without a gap; each says how likely the person is
//! free, and every reason against it. Exact to the millisecond, also where clocks are set.

mod availability;
mod limits;
mod local;
pub mod propose;
mod rules;
mod sweep;
mod taken;
mod why;

pub use availability::{Inquiry, Stretch, availability, reach};
pub use rules::{Hours, Limits, Override, Rules, Trip, Weekdays};
pub use taken::taken_permille;
pub use why::Why;
