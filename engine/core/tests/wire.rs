//! The stored and queued forms: each has a snapshot, reads back, and bears a field it does not
//! know.
#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod wire {
    mod digest;
    mod forms;
    mod journal;
    mod planned;
    mod samples;
}
