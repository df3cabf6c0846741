//! The Google simulator, seen from the wire.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking and is its own documentation"
)]

mod calendars;
mod faults;
mod lists;
mod people;
mod push;
mod quotas;
mod series;
mod sign_in;
mod strictness;
mod support;
mod writes;
