//! The binary dies by SIGKILL at each place in turn, over simulated providers: what it and its
//! successors leave is what an undisturbed run leaves, object by object.
//!
//! The places are before each request, after its answer and after each commit. Some of them are
//! visited here, and every one with `KALENDS_LONG`.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot set its stage has failed")]

#[path = "../support/mod.rs"]
mod support;

mod caldav;
mod google;
mod stage;
