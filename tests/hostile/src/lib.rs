//! What servers and people should never send, and a calm pair of calendars to send it to
//!
//! Hand-written cases are files, with a line each in `wrong.txt` that says what is wrong with
//! them; the others are made from seeds. A case ends with an entry in quarantine or a failure that
//! has a name; origins and mirrors stand, whatever it is.
#![allow(clippy::unwrap_used, reason = "a stage is set for tests only, which end on a surprise")]

mod answers;
mod events;
mod fed;
mod files;
mod pair;

pub use answers::answer;
pub use events::{feed, object};
pub use fed::Fed;
pub use files::{Case, cases};
pub use pair::{Held, Pair};
