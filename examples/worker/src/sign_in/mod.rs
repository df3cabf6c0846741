//! Signing in to a provider with a person's browser.
//!
//! Whoever holds a key begins a sign-in and gives its address to a browser. There a page says in
//! plain words what is asked for. A person who goes on is sent to the provider, with a cookie that
//! ties what comes back to this browser: what the sign-in proves itself by is derived from it, and
//! kept nowhere else. The code that comes back is redeemed in the graph's object, and the tokens
//! never leave it.

mod begin;
mod finish;
mod page;
mod rows;
mod ticket;
mod visit;

pub(crate) use begin::begin;
pub(crate) use finish::finish;
pub(crate) use visit::visit;
