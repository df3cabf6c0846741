//! The store over its file: what the contract of all stores does not say.
#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod store {
    mod common;
    mod files;
    mod reads;
    mod schema;
    mod statements;
    mod waits;
}
