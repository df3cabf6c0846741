//! Memory store, virtual clock, simulators and contract suites

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
