//! The server: graphs of several users over HTTP, kept in step.
//!
//! Every decision is the engine's, and what a route does is what a command does.

mod actor;
mod again;
mod api;
mod browser;
mod caller;
mod clockwork;
mod codes;
mod desks;
mod document;
mod feed;
mod feeds;
mod gates;
mod histogram;
mod key;
mod lags;
mod limit;
mod mcp;
mod metrics;
mod observe;
mod page;
mod problem;
mod pulse;
mod registry;
mod reseal;
mod retention;
mod routes;
mod run;
mod schema;
mod sign_in;
mod state;
mod webhooks;
mod whereabouts;

pub(crate) use actor::{Actor, ActorView, Means};
pub(crate) use desks::Desks;
pub(crate) use key::{KeyText, Scope, key_id};
pub(crate) use metrics::Metrics;
pub(crate) use page::invite;
pub(crate) use registry::{ApiKey, OWNER, Registry, User};
pub(crate) use routes::{EdgeBody, ToolEdgeBody};
pub(crate) use run::run;
pub(crate) use whereabouts::known as whereabouts;
