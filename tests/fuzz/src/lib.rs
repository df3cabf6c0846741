//! Every parser of foreign bytes as a function that takes any bytes and ends: the targets of
//! `libfuzzer/`, and of the tests, which run them over a small corpus and over damage to it.
//!
//! A target panics where the parser does, works without end, or breaks a promise.

#![allow(clippy::panic, reason = "a fuzzer is told by a panic")]

mod damage;
mod history;
mod icalendar;
mod multistatus;
mod rule;
mod scenario;
mod talk;
mod wire;

pub use damage::Damager;
pub use history::history;
pub use icalendar::{feed, object};
pub use multistatus::multistatus;
pub use rule::rule;
pub use scenario::scenario;
pub use talk::{caldav, google, graph};
pub use wire::wire;
