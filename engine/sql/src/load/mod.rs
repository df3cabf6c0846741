//! A read set as rounds of statements, and their rows as a slice.

mod ask;
pub(crate) mod chunk;
mod fill;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use kalends_core::ids::{EventId, GraphId};
use kalends_core::ports::Vault;
use kalends_core::slice::{Config, ReadSet, Slice};

use crate::SqlError;
use crate::value::{Rows, Statement};
use ask::{Ask, Question};

/// The set-up of a graph as last loaded; give it to the next [`Loader`] to have it read again
/// only if it changed.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Grows with every change of the set-up.
    pub number: u64,
    /// The set-up.
    pub config: Arc<Config>,
}

/// Reads what a step wants, in rounds: ask for a round, run its statements, feed the rows of each.
///
/// All rounds belong into one read transaction, so that the slice is of one version.
#[derive(Debug)]
pub struct Loader {
    graph: GraphId,
    want: ReadSet,
    known: Option<Setup>,
    stage: Stage,
    /// What the statements of the round are whose rows have not come yet.
    asked: VecDeque<Ask>,
    slice: Slice,
    /// The number of the set-up in the database; no row, no graph.
    setup: Option<u64>,
    /// Set while the set-up is read anew.
    config: Option<Config>,
    /// Events whose bundles were asked for.
    events: BTreeSet<EventId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// What the read set names.
    Named,
    /// The events of its pages, and the set-up where it changed.
    Found,
    Over,
}

impl Loader {
    /// A loader of what is wanted of a graph; `known` may be of any time.
    #[must_use]
    pub fn new(graph: GraphId, want: ReadSet, known: Option<Setup>) -> Self {
        let events = (*want.events).clone();
        Self {
            graph,
            want,
            known,
            stage: Stage::Named,
            asked: VecDeque::new(),
            slice: Slice::default(),
            setup: None,
            config: None,
            events,
        }
    }

    /// The statements of the next round; `None` when there is no more to ask.
    #[must_use]
    pub fn next_round(&mut self) -> Option<Vec<Statement>> {
        let questions = match self.stage {
            Stage::Named => {
                self.stage = Stage::Found;
                fill::nothing_found(&self.want, &mut self.slice);
                ask::named(self.graph, &self.want)
            }
            Stage::Found => {
                self.stage = Stage::Over;
                self.found()
            }
            Stage::Over => Vec::new(),
        };
        if questions.is_empty() {
            return None;
        }
        let (asked, statements) =
            questions.into_iter().map(|Question { ask, statement }| (ask, statement)).unzip();
        self.asked = asked;
        Some(statements)
    }

    /// Takes the rows of the round's next statement: so that a host need hold those of one only.
    ///
    /// # Errors
    /// [`SqlError`] where there is no such graph, or a row cannot be read.
    pub fn feed(&mut self, rows: Rows, vault: &dyn Vault) -> Result<(), SqlError> {
        let ask = self.asked.pop_front().ok_or(SqlError::Shape("one answer for each statement"))?;
        self.fill(ask, rows, vault)?;
        match self.setup {
            Some(_) => Ok(()),
            None => Err(SqlError::NoGraph),
        }
    }

    /// The slice, and the set-up for the next time.
    ///
    /// # Errors
    /// [`SqlError::NoGraph`] where no round was fed, [`SqlError::Shape`] where rows are still to come.
    pub fn finish(mut self) -> Result<(Slice, Setup), SqlError> {
        let number = self.setup.ok_or(SqlError::NoGraph)?;
        if !self.asked.is_empty() {
            return Err(SqlError::Shape("one answer for each statement"));
        }
        let config = match (self.config, self.known) {
            (Some(config), _) => Arc::new(config),
            (None, Some(known)) => known.config,
            (None, None) => Arc::default(),
        };
        self.slice.config = config.clone();
        Ok((self.slice, Setup { number, config }))
    }

    fn found(&mut self) -> Vec<Question> {
        let pages = self.slice.presences.values().chain(self.slice.mirrors.values());
        let mut events: BTreeSet<EventId> = pages.flat_map(|page| &page.events).copied().collect();
        events.extend(self.slice.gone.values().flat_map(|page| &page.events));
        events.extend(self.slice.times.values().flatten());
        events.retain(|event| self.events.insert(*event));
        let mut questions = ask::bundles(self.graph, &events);
        for event in events {
            self.slice.events.insert(event, None);
        }
        if self.known.as_ref().map(|known| known.number) != self.setup {
            self.config = Some(Config::default());
            questions.extend(ask::set_up(self.graph));
        }
        questions
    }
}
