//! What each calendar should hold, worked out without the engine.
//!
//! From a plain description of what people have in their calendars and of the edges between them.

mod expect;
mod model;

pub use expect::expected;
pub use model::{Edge, Exception, Level, Mirror, Origin, Place};
