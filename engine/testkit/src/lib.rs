//! What Kalends is tested with: a memory store, a virtual clock, simulators of providers, and the contract
//! suites that a store, queue, outbox, scratch paper, vault or provider of your own has to pass.
//!
//! For tests and demonstrations only. `engine/docs/testing.md` begins where you do; [`contract`] has the
//! suites, [`caldav_sim`], [`google_sim`] and [`graph_sim`] have the simulators.

pub mod asking;
pub mod block_on;
pub mod bulk;
pub mod caldav_sim;
pub mod clock;
pub mod contract;
pub mod feed_sim;
pub mod google_sim;
pub mod graph_sim;
pub mod hostile;
pub mod lint;
pub mod mailbox;
pub mod memory;
pub mod records;
pub mod steps;
pub mod values;
pub mod wire;
