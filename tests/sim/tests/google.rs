//! Google accounts through the real exchanges and the real driver, against a simulator that shares
//! nothing with them: the flows by which calendars are kept, what each costs, and the pitfalls that
//! name Google.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::wildcard_enum_match_arm,
    reason = "what is not as expected ends a test"
)]

mod bad_input;
mod costs;
mod flows;
mod flows_mixed;
mod foreign;
mod instances;
mod limited;
mod mangled;
mod others;
mod pitfalls;
mod put_back;
mod rig;
mod unread;
mod waiting;
