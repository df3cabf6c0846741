//! One graph on several devices.

use kalends::GraphBundle;
use kalends::core::ids::RunId;
use kalends::core::ports::{Clock as _, Entropy as _, GraphStore as _};
use kalends::core::slice::ReadSet;
use kalends::core::step::Env;

use crate::engine::Engine;
use crate::error::EngineError;

#[uniffi::export]
impl Engine {
    /// The graph for another device: its keys, accounts, calendars and edges, and no password.
    /// Keep it like one: whoever has it can sign marks of the graph.
    ///
    /// # Errors
    /// `Storage`, `Corrupt`.
    pub async fn export_bundle(&self) -> Result<String, EngineError> {
        let bundle = GraphBundle::of(self.mobile.keys(), &*self.setting().await?);
        bundle.to_json().map_err(EngineError::invalid)
    }
}

impl Engine {
    /// Sets an empty graph up as the bundle says; one that is set up already stays as it is.
    pub(crate) fn import(&self, bundle: &GraphBundle) -> Result<(), EngineError> {
        let (ports, keys) = (self.mobile.driver().ports(), self.mobile.keys());
        let slice = pollster::block_on(ports.store.load(keys.graph, &ReadSet::default()))?;
        if slice.head.seq > 0 {
            return Ok(());
        }
        let (now, seed) = (ports.clock.now(), ports.entropy.seed());
        let env = Env { now, run: RunId::draw(&seed, now, 0), seed, keys: keys.clone() };
        if let Some(plan) = bundle.import(&slice, &env).map_err(EngineError::invalid)? {
            pollster::block_on(ports.store.commit(keys.graph, slice.version, &plan))?;
        }
        Ok(())
    }
}
