//! Whom changes are put down to.

use std::collections::BTreeMap;

use kalends::ids::RunId;

use super::Data;
use crate::error::CliError;
use crate::outcome::warn;
use crate::serve::{Actor, ActorView, Means, Registry};

impl Data {
    /// The same graph, for somebody whom changes are put down to.
    pub(crate) fn by(self, actor: Actor) -> Self {
        Self { actor: Some(actor), ..self }
    }

    /// The same, where somebody is known, for what they do in another way.
    pub(crate) fn with(self, means: Means) -> Self {
        let actor = self.actor.map(|actor| actor.with(means));
        Self { actor, ..self }
    }

    /// Whom changes are put down to.
    pub(crate) fn actor(&self) -> Option<&Actor> {
        self.actor.as_ref()
    }

    /// Puts a run down to whoever asked for it. What it did is there already: where that cannot be
    /// written down, nobody is told that it failed, or they would ask for it again.
    pub(crate) fn made(&self, run: RunId) {
        let made = self.actor.as_ref().map(|actor| actor.made(self.keys.graph, run));
        if let Some(Err(error)) = made {
            warn(&format!("who asked for run {run} could not be written down: {}", error.message));
        }
    }

    /// Who asked for which of these runs.
    pub(crate) fn makers(&self, runs: &[RunId]) -> Result<BTreeMap<RunId, ActorView>, CliError> {
        let registry = match &self.actor {
            Some(actor) => actor.registry.clone(),
            None => Registry::of(self)?,
        };
        registry.actors(self.keys.graph, runs)
    }
}
