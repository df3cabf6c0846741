//! What every request sees of the server.

use std::sync::Arc;

use tokio::sync::watch::Receiver;

use super::desks::Desks;
use super::feed::Listeners;
use super::limit::Limits;
use super::metrics::Metrics;
use super::pulse::Pulse;
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
    /// What moves in the graphs, as it does.
    pub(crate) pulse: Pulse,
    /// How many hear of it.
    pub(crate) listeners: Listeners,
    /// Where it is reached.
    pub(crate) doors: Arc<Doors>,
    /// What is counted.
    pub(crate) metrics: Arc<Metrics>,
    /// How many requests each key may send.
    pub(crate) limits: Arc<Limits>,
    /// Whether each request is written down.
    pub(crate) logs: bool,
    /// True once the server is to end.
    pub(crate) stop: Receiver<bool>,
}

/// Where a server is reached, and where it sends people.
#[derive(Debug, Default)]
pub(crate) struct Doors {
    /// What it is called by those who ask.
    pub(crate) hosts: Vec<String>,
    /// Its public address, https.
    pub(crate) public: Option<String>,
    /// Its port on this machine.
    pub(crate) port: u16,
    /// Where browsers may be sent after a sign-in.
    pub(crate) return_to: Vec<String>,
}

impl Doors {
    /// Where browsers reach it. `host`: what this machine is to be called where it has no public
    /// address.
    pub(crate) fn base(&self, host: &str) -> String {
        let here = || format!("http://{host}:{}", self.port);
        self.public.as_deref().map_or_else(here, |public| public.trim_end_matches('/').to_owned())
    }

    /// Whether what is sent to it is encrypted on the way.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.public.as_deref().is_some_and(|public| public.starts_with("https://"))
    }
}
