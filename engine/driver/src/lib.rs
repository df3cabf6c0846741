//! The load-decide-commit loop over ports.
//!
//! [`Driver`] keeps one graph in step with its providers: it reads what changed, lets the
//! pure steps of [`kalends_core`] decide, commits their plans, and sends what falls due. It owns
//! no runtime, no clock and no connection: a host hands those in as [`Ports`]. Every future of
//! this crate may be dropped at any await; what was not committed is found again.

mod account;
mod budget;
mod compare;
mod converse;
mod decide;
mod error;
mod fetch;
mod heard;
mod hooks;
mod ingest;
mod limits;
mod log;
mod messages;
mod notices;
mod operate;
mod options;
mod others;
mod overlay;
mod ports;
mod preview;
mod pull;
mod reach;
mod rhythm;
mod run;
mod shelf;
mod steps;
mod stop;
mod sync;
mod tally;
mod wanted;
mod watch;
mod weight;
mod withhold;
mod words;
mod write;

pub use budget::Budget;
pub use converse::{Bounds, Collect, Ended, Sink, Talk};
pub use decide::{Decider, Verdict};
pub use error::DriverError;
pub use hooks::{Changed, FailAt, Flow, Hooks, NoHooks, Point, Progress, Talked};
pub use limits::Limits;
pub use messages::{Deliver, HandedOn, SameStore, hand_on, take_in};
pub use notices::{Claim, KnownWatches, Noticed};
pub use options::{First, Options, Report, Rests};
pub use others::{Others, Question};
pub use ports::{Accounts, NoTimer, Opened, Parts, Ports, Timer};
pub use preview::Preview;
pub use rhythm::{Rhythm, WatchOptions};
pub use stop::Stop;
pub use sync::Driver;
