//! Changes an origin's own text.

mod apply;
mod content;
mod edits;
mod fields;
mod origin;
mod series;

pub use apply::patch;
