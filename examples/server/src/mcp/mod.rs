//! Tools for programs that think (the Model Context Protocol): over standard input and output, and
//! over HTTP behind a key.
//!
//! A tool does what the command of its kind does. One that changes something says what it would do,
//! until it is called with `confirm`; it invites and tells nobody, and leaves alone what an edge
//! carries that is closed to tools.

mod arguments;
mod call;
mod gate;
mod handler;
mod people;
mod run;
mod tools;

pub(crate) use handler::{Toolbox, over_http};
pub(crate) use run::run;
