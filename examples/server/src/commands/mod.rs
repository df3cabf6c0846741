//! One module for each group of commands.

pub(crate) mod account;
pub(crate) mod account_add;
pub(crate) mod account_sign_in;
pub(crate) mod availability;
pub(crate) mod budget;
pub(crate) mod bundle;
pub(crate) mod calendars;
pub(crate) mod edge;
pub(crate) mod event;
pub(crate) mod event_body;
pub(crate) mod events;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod held;
pub(crate) mod hold;
pub(crate) mod journal;
pub(crate) mod key;
pub(crate) mod meeting;
pub(crate) mod parked;
pub(crate) mod plan;
pub(crate) mod propose;
mod route;
pub(crate) mod rule;
pub(crate) mod rule_body;
pub(crate) mod session;
pub(crate) mod settings;
pub(crate) mod status;
pub(crate) mod sync;
pub(crate) mod undo;
mod user;
pub(crate) mod watch;

pub(crate) use route::run;
