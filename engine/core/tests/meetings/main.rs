//! Meetings of several graphs: one graph's steps, message by message.
#![allow(clippy::unwrap_used, reason = "a test stops where its set-up fails")]

mod mirrors;
mod once;
mod silence;
mod support;
mod words;
