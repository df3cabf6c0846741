//! One module for each group of commands.

mod account;
mod account_add;
mod account_sign_in;
mod availability;
mod bundle;
mod calendars;
mod edge;
mod events;
mod explain;
mod export;
mod held;
mod hold;
mod journal;
mod parked;
mod plan;
mod propose;
mod route;
mod rule;
mod session;
mod status;
mod sync;
mod undo;
mod watch;

pub(crate) use route::run;
