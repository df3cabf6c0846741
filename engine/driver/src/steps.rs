//! The steps of the core, by the names the driver calls them.

pub(crate) use kalends_core::author::{author, author_together};
pub(crate) use kalends_core::discover::discovered;
pub(crate) use kalends_core::dispatch::dispatch_listed;
pub(crate) use kalends_core::health::{
    CIRCUIT_OPENS_AT, account_failed, scope_failed, scopes_read, try_now,
};
pub(crate) use kalends_core::ingest::{differing, ended, ingest, shown};
pub(crate) use kalends_core::receive::receive;
pub(crate) use kalends_core::reconcile::reconcile;
pub(crate) use kalends_core::release::{release, search_again};
pub(crate) use kalends_core::settle::settle;
pub(crate) use kalends_core::tick::tick;
