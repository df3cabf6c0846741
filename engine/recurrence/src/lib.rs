//! Civil time, zones and the whole of RFC 5545 recurrence.
//!
//! A leaf of the workspace: it reads no clock, no file and no environment. Zones come from one
//! explicit database, the one bundled with jiff ([`tzdb_version`] names its release), so that the
//! same rule gives the same instants on every host.
//!
//! Rules are expanded in civil (wall-clock) time and resolved to instants at the end; an expansion
//! jumps straight to the window that was asked for.

mod civil;
#[cfg(feature = "jiff")]
mod convert_jiff;
#[cfg(feature = "rrule")]
mod convert_rrule;
mod date;
mod expand;
mod parse;
mod rule;
mod series;
mod timestamp;
mod when;
mod zone;

pub use civil::Civil;
#[cfg(feature = "rrule")]
pub use convert_rrule::ConvertError;
pub use date::{Date, Weekday};
pub use parse::FormatError;
pub use rule::{ByDay, Every, Frequency, Nth, Pattern, PatternEnd, Rule, RuleError, Until};
pub use series::{Change, Expansion, Extra, Instance, Options, Override, Series};
pub use timestamp::Timestamp;
pub use when::{Length, When};
pub use zone::{Gap, Observance, Zone, tzdb_version};
