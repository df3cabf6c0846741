//! One module for each group of commands.

pub(crate) mod account;
pub(crate) mod account_add;
mod account_sign_in;
mod availability;
mod budget;
mod bundle;
pub(crate) mod calendars;
pub(crate) mod edge;
pub(crate) mod events;
pub(crate) mod explain;
mod export;
pub(crate) mod held;
mod hold;
pub(crate) mod journal;
mod key;
pub(crate) mod parked;
pub(crate) mod plan;
mod propose;
mod route;
mod rule;
mod session;
pub(crate) mod status;
pub(crate) mod sync;
pub(crate) mod undo;
mod user;
pub(crate) mod watch;

pub(crate) use route::run;
