//! Signing in to a provider with a person's browser, over HTTP.
//!
//! Whoever holds a key begins a sign-in and gives its address to a browser. There a page says in
//! plain words what is asked for. A person who goes on is sent to the provider, with a cookie that
//! ties what comes back to this browser: what the sign-in proves itself by is derived from it, and
//! kept nowhere else.

mod begin;
mod page;
mod rows;
mod ticket;
mod visit;

pub(super) use begin::{ReturnTo, Started, begin, begin_again};
pub(super) use ticket::Ticket;
pub(super) use visit::router;
