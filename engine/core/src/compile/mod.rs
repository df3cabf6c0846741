//! Projection: what a mirror says, as a pure function of a presence, an edge, the target's
//! capabilities and, where instances are written singly, the window.

mod content;
mod loss;
mod merge;
mod past;
mod patterns;
mod periods;
mod privacy;
mod project;
mod propagate;
mod series;
mod writable;

pub use loss::{Loss, losses};
pub use merge::{Merged, merge3};
pub(crate) use past::past;
pub(crate) use privacy::with_privacy;
pub(crate) use project::instance_of;
pub use project::{COMPILER_VERSION, Compile, Compiled, Projected, SINGLES_MAX, compile};
pub(crate) use propagate::{as_ruled, propagate_since};
pub use propagate::{propagate, propagate_removal};
pub use writable::{Fields, writable_fields};
