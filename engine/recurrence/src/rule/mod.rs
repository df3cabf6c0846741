//! Recurrence rules (RFC 5545 3.3.10): their parts, reading and writing.

mod normal;
mod parse;
mod parts;
mod pattern;

pub use parse::RuleError;
pub use parts::{ByDay, Frequency, Rule, Until};
pub(crate) use parts::{Parts, bits};
pub use pattern::{Every, Nth, Pattern, PatternEnd};
