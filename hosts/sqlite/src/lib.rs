//! The SQLite store: graphs, their journal and their queue in one file, with sealed secrets.
//!
//! One thread writes and one reads; the futures need no runtime. The file is in WAL mode with
//! `synchronous = NORMAL`: a crash of the process loses nothing, a power cut at most the last
//! commits, never a part of one. Several graphs share a file, and several processes may open it.

mod connection;
mod entropy;
mod error;
mod hooks;
mod key;
mod migrate;
mod ports;
mod run;
mod store;
mod vault;
mod worker;

pub use connection::Settings;
pub use entropy::OsEntropy;
pub use hooks::Hooks;
pub use kalends_sql::{GRAPH_TABLES, Sealed};
pub use key::{KeyError, add_key, keep_newest_key};
pub use store::{SharedVault, SqliteStore};
pub use vault::KeyVault;
