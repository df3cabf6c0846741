//! Real calendar servers on the loopback address, for the tests of the main job.
//!
//! Each [`Server`] starts in a folder and on a port of its own, with two people signed up, and
//! ends when its [`Running`] is dropped, or when the process that started it dies.
//!
//! `cargo xtask test` installs what they need; nothing is fetched from here.

mod built;
mod process;
mod server;
mod serving;
mod simulated;
mod tools;

pub use built::built;

pub use server::{Account, Running, Server, StartError};
pub use serving::Serving;
pub use simulated::Simulated;
pub use tools::Tools;
