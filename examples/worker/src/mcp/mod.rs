//! Tools for programs that think (the Model Context Protocol), at `/mcp` behind a user's key.
//!
//! A tool does what the route of its kind does. One that changes something says what it would do,
//! until it is called with `confirm`; it invites and tells nobody. They leave alone what an
//! edge carries that is closed to tools, and are a part of the tools of
//! `kalends mcp`, under the same names and schemas (`tools.json`, as the test of it has it).

mod call;
mod desk;
mod gate;
mod message;

pub(crate) use message::answer;
