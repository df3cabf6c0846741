//! Every store, queue, vault and provider against one contract, and stores against each other.
//!
//! The cases are the testkit's; the subjects, each with its store, are here.

mod providers;
mod subjects;

pub use providers::{Calendars, Dav, Graph, Mailbox, Published, Records, Values};
pub use subjects::{Disk, HostileMemory, Memory, SqliteFile, SqliteMemory, TestVault, vault};
