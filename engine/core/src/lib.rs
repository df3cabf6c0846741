//! The pure core of Kalends: values, steps and ports.
//!
//! A host loads a bounded [`Slice`](slice::Slice), a pure step decides, the host commits one
//! [`Plan`](plan::Plan) in one transaction. Nothing in this crate reads a clock, draws a random
//! number, waits or does input and output; what is not loaded is
//! [`Missing`](slice::Missing), never absent.

pub mod account;
pub mod author;
pub mod availability;
pub mod budget;
pub mod compile;
pub mod cursor;
pub mod discover;
pub mod dispatch;
mod draft;
pub mod event;
pub mod few;
pub mod fields;
pub mod filter;
mod form;
pub mod graph;
pub mod health;
pub mod http_date;
pub mod ids;
pub mod ingest;
pub mod instances;
pub mod journal;
pub mod keys;
pub mod known_marks;
pub mod limits;
pub mod mark;
pub mod meeting;
mod merge;
pub mod mirror;
pub mod normalize;
pub mod notice;
pub mod plan;
pub mod policy;
pub mod ports;
pub mod presence;
mod project;
pub mod provider;
pub mod read;
pub mod receive;
pub mod reconcile;
pub mod release;
mod revert;
pub mod schedule;
pub mod scratch;
pub mod settle;
pub mod slice;
pub mod step;
pub mod template;
pub mod tick;
pub mod time;
#[cfg(test)]
mod transitions;
pub mod watch;
pub mod window;
pub mod wire;
