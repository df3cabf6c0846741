//! What graphs of one data folder say to each other, carried between them.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use kalends::core::meeting::Message;
use kalends::core::ports::{Clock as _, Entropy as _, StoreError};
use kalends::driver::{Decider, Deliver, DriverError, HandedOn, hand_on, take_in};
use kalends::ids::{GraphId, RunId};
use kalends_tokio::{OsEntropy, SystemClock};

use crate::data::Data;
use crate::error::CliError;
use crate::hooks::CliHooks;
use crate::host;
use crate::outcome::warn;

/// Carries all that waits in the graph, then all that waits where it arrived, until nobody has a
/// word left. What cannot be carried now waits for the next time, which is after the next change or
/// sync; a graph that is not in this folder is waited for in silence, as whoever asks is not to
/// learn which ones are.
pub(crate) async fn carry(data: &Data) -> Result<(), CliError> {
    let mut rounds = vec![data.keys.graph];
    while let Some(graph) = rounds.pop() {
        let carrier = Carrier { data, reached: Mutex::default() };
        let HandedOn { failed, .. } = hand_on(&data.store, graph, &carrier).await?;
        for (to, error) in failed {
            if error != StoreError::NoGraph.into() {
                warn(&format!("what {graph} says to {to} waits: {error}"));
            }
        }
        rounds.extend(carrier.reached.into_inner().unwrap_or_else(PoisonError::into_inner));
    }
    Ok(())
}

struct Carrier<'a> {
    data: &'a Data,
    reached: Mutex<BTreeSet<GraphId>>,
}

impl Deliver for Carrier<'_> {
    async fn deliver(&self, to: GraphId, messages: &[Message]) -> Result<(), DriverError> {
        let data = self.data.of_graph(to).await.map_err(|_| StoreError::NoGraph)?;
        let driver = host::driver(&data, CliHooks::quiet())
            .map_err(|error| StoreError::Failed(error.to_string()))?;
        let run = RunId::draw(&OsEntropy.seed(), SystemClock.now(), 0);
        take_in(&Decider::new(driver.ports(), &data.keys, run), messages).await?;
        self.reached.lock().unwrap_or_else(PoisonError::into_inner).insert(to);
        Ok(())
    }
}
