//! The conversations.

pub(crate) mod batch;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod discover;
pub(crate) mod fetch;
pub(crate) mod free_busy;
pub(crate) mod instance;
pub(crate) mod list;
pub(crate) mod make;
pub(crate) mod mirror_series;
pub(crate) mod parse;
pub(crate) mod patch;
pub(crate) mod replace;
pub(crate) mod round;
pub(crate) mod series;
pub(crate) mod watch;
