//! Projection: what mirrors say, what they never say, and what flows back from them.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where its set-up fails")]

mod bounds;
mod drawn;
mod fields;
mod filters;
mod levels;
mod marks;
mod merging;
mod no_leak;
mod normal;
mod periods;
mod policies;
mod propagation;
mod shapes;
mod support;
mod titles;
mod windows;
