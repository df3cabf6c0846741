//! A linter over the rows of a graph: what holds after every commit, and what holds when all is at
//! rest. Hosts hold their own stores to it: what is looked at is had by the port of any store.

mod gather;
mod quiet;
mod rows;
mod states;

pub use gather::{journal, rows};
pub use quiet::at_rest;
pub use rows::always;
