//! Every store, queue and vault against one contract, and stores against each other.
//!
//! The cases are the testkit's; the subjects, each with its store, are here.

mod subjects;

pub use subjects::{Disk, HostileMemory, Memory, SqliteFile, SqliteMemory, TestVault, vault};
