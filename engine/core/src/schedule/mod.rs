//! When a person has time, and why not: their calendars joined with how they want to work.
//!
//! [`availability`] is a pure function of events, [`Rules`] and an [`Inquiry`]. It answers with
//! [`Stretch`]es that cover the range asked for without a gap; each says how likely the person is
//! free, and every reason against it. Exact to the millisecond, also where clocks are set.

mod availability;
mod hold;
mod limits;
mod local;
pub(crate) mod own;
pub mod propose;
mod rule;
mod rules;
mod session;
mod sweep;
mod taken;
mod turns;
mod why;

pub use availability::{Inquiry, Stretch, Taking, availability, reach};
pub use hold::{Hold, HoldEdit, next_end};
pub use rule::{Rule, Tier};
pub use rules::{Hours, Limits, Override, Rules, Trip, Weekdays};
pub use session::{ASKED_MS_MAX, Asked, Said, Session, SessionEdit, SessionState, Sought};
pub use taken::taken_permille;
pub use turns::{TURNS_MS, Turn, turns};
pub use why::Why;
