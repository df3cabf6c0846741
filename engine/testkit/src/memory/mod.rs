//! A store and queue in memory, with the meaning that every store has.

mod graph;
mod index;
mod load;
mod queue;
mod store;

pub use store::MemoryStore;
