//! What servers and people should never send, and a calm pair of calendars to send it to
//!
//! Hand-written cases are files, with a line each in `wrong.txt` that says what is wrong with
//! them; the others are made from seeds. A case ends with an entry in quarantine or a failure that
//! has a name, or is read as it stands where the lists in `ends` say because of what that may be;
//! origins and mirrors stand, whatever it is.
#![allow(clippy::unwrap_used, reason = "a stage is set for tests only, which end on a surprise")]

mod answers;
mod ends;
mod events;
mod fed;
mod files;
mod outcome;
mod pair;

pub use answers::answer;
pub use ends::end_as_listed;
pub use events::{feed, object};
pub use fed::Fed;
pub use files::{Case, cases};
pub use outcome::{Outcome, Recorded, of_outputs};
pub use pair::{Held, Pair};
