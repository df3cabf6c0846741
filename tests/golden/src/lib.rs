//! What the core decides, as a few hashes: the same on every kind of machine.
//!
//! Random graphs, events and listings are drawn from numbers. A hash that differs from the recorded one means
//! that a calendar would be read or written otherwise on one machine than on another, or that what
//! is decided has changed: then record the new one, and say in the change log what is decided
//! otherwise.

mod classified;
mod draw;
mod occurring;
mod recorded;
mod shown;
mod time;

pub use recorded::{GOLDEN, Golden, check};
