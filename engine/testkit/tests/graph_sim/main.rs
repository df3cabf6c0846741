//! The Graph simulator, from outside: requests as text, replies as text.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests end on the first surprise")]

mod batches;
mod beliefs;
mod calendars;
mod deltas;
mod events;
mod faults_table;
mod limits;
mod reading;
mod schedules;
mod series;
mod signing_in;
mod subscriptions;
mod support;
