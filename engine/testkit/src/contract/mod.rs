//! What every store, queue, outbox, scratch paper, vault and provider must do, as one suite of cases for all.
//!
//! [`store_contract!`](crate::store_contract), [`queue_contract!`](crate::queue_contract),
//! [`outbox_contract!`](crate::outbox_contract), [`vault_contract!`](crate::vault_contract) and
//! [`provider_contract!`](crate::provider_contract) make one `#[test]` of each case, so that a
//! case that fails shows its own name.

mod macros;
pub mod outbox;
pub mod pages;
pub mod provider;
pub mod queue;
pub mod rows;
pub mod scratch;
pub mod store;
mod subject;
pub mod vault;

pub use subject::Subject;
