//! The watches of one scope: opened, renewed with overlap, replaced when silent, and closed.
#![allow(clippy::unwrap_used, reason = "a test stops where its set-up fails")]

mod histories;
mod support;
mod words;
