//! The types of Graph v1.0 as Microsoft publishes them: the contract for bodies of requests and
//! replies. See `NOTICE.md` beside this file for where they come from.

mod log;
mod types;

pub use log::breaches;
pub use types::check;
pub(crate) use types::has;
