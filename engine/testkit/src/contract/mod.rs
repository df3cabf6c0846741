//! What every store, queue, outbox, scratch paper, vault and provider must do, as one suite of cases for all.
//!
//! [`store_contract!`](crate::store_contract), [`queue_contract!`](crate::queue_contract),
//! [`outbox_contract!`](crate::outbox_contract), [`vault_contract!`](crate::vault_contract) and
//! [`provider_contract!`](crate::provider_contract) make one `#[test]` of each case, so that a
//! case that fails shows its own name. Where there are no tests of that kind, as in a Worker, cases
//! are had by their names: [`of_stores`], [`of_vaults`].

mod macros;
mod named;
pub mod outbox;
pub mod pages;
pub mod provider;
pub mod queue;
pub mod rows;
pub mod scratch;
pub mod store;
mod subject;
pub mod vault;

pub use named::{Case, of_stores, of_vaults};
pub use subject::Subject;
