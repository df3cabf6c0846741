//! What each calendar should hold, worked out without the engine.
//!
//! From a plain description of what people have in their calendars and of the edges between them,
//! and of what they did to events and mirrors since all was at rest.

mod change;
mod expect;
mod fate;
mod model;
mod since;

pub use change::Change;
pub use expect::{Theirs, expected};
pub use fate::{Fate, deleted, edited};
pub use model::{Conflict, Edge, Exception, Level, Mirror, OnDelete, OnEdit, Origin, Place};
pub use since::{By, Ending, Showing, Since};
