//! The CalDAV simulator, seen from the wire.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking and is its own documentation"
)]

mod discovery;
mod faults_answers;
mod faults_reading;
mod faults_table;
mod faults_writing;
mod person;
mod profiles;
mod queries;
mod strictness;
mod support;
mod syncing;
mod writes;
