//! What every request sees of the server.

use super::desks::Desks;
use super::registry::Registry;
use crate::data::Data;

/// The open server. Clones are the same one.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) registry: Registry,
    /// The data folder, open at its first graph.
    pub(crate) data: Data,
    /// Where notices of each user's providers are handed in.
    pub(crate) desks: Desks,
}
