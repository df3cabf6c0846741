//! Load, decide, commit.

use futures_util::lock::Mutex;
use kalends_core::ids::{ProviderId, RunId};
use kalends_core::keys::GraphKeys;
use kalends_core::plan::Plan;
use kalends_core::ports::{Clock, Entropy, StoreError};
use kalends_core::slice::{Missing, ReadSet, Slice};
use kalends_core::step::{Dispatch, Env};

use crate::error::DriverError;
use crate::hooks::{Flow, Hooks, Point};
use crate::overlay::Desk;
use crate::ports::Ports;

/// How often a decision is made anew because another writer came first.
const ATTEMPTS_MAX: u32 = 64;

/// What a step may come to: something with a plan in it, or not.
pub trait Verdict {
    /// What is to be committed.
    fn plan(&self) -> Option<&Plan>;
}

impl Verdict for Plan {
    fn plan(&self) -> Option<&Plan> {
        Some(self)
    }
}

impl Verdict for Dispatch {
    fn plan(&self) -> Option<&Plan> {
        match self {
            Self::Done(plan) => Some(plan),
            Self::Send(_) | Self::Later(_) | Self::List(_) => None,
        }
    }
}

impl Verdict for Vec<ProviderId> {
    fn plan(&self) -> Option<&Plan> {
        None
    }
}

/// A step as everything below sees it: of one type, so that no loop is there once for each step.
pub(crate) type Step<'s, T> = &'s mut (dyn FnMut(&Slice, &Env) -> Result<T, Missing> + Send + 's);

/// Runs steps of one run over the store of a graph.
///
/// Steps of one decider run one after the other, however many conversations are under way, so
/// that they do not get in each other's way; other processes are met with a version check.
#[derive(Debug)]
pub struct Decider<'a, P: Ports> {
    ports: &'a P,
    store: Desk<'a, P::Store>,
    keys: &'a GraphKeys,
    run: RunId,
    turn: Mutex<()>,
}

impl<'a, P: Ports> Decider<'a, P> {
    /// A decider for the graph of `keys`; what its steps do is put down to `run`.
    #[must_use]
    pub fn new(ports: &'a P, keys: &'a GraphKeys, run: RunId) -> Self {
        Self::at(Desk::Store(ports.store()), ports, keys, run)
    }

    /// The same, where what is decided may be kept apart.
    pub(crate) fn at(
        store: Desk<'a, P::Store>,
        ports: &'a P,
        keys: &'a GraphKeys,
        run: RunId,
    ) -> Self {
        Self { ports, store, keys, run, turn: Mutex::new(()) }
    }

    pub(crate) const fn keys(&self) -> &GraphKeys {
        self.keys
    }

    /// Reads rows, without deciding anything.
    ///
    /// # Errors
    /// [`DriverError::Store`].
    pub async fn load(&self, want: &ReadSet) -> Result<Slice, DriverError> {
        Ok(self.store.load(self.keys.graph, want).await?)
    }

    /// Loads `want` and what else the step turns out to need, runs it, and commits its plan where
    /// it has one that changes something. Where another writer came first, all of it again.
    ///
    /// # Errors
    /// [`DriverError::Stuck`] where the step asks for what it was given,
    /// [`DriverError::Contended`] where others were faster each time, [`DriverError::Killed`] at
    /// a fail-point, [`DriverError::Store`].
    pub async fn decide<T: Verdict>(
        &self,
        name: &'static str,
        want: ReadSet,
        mut step: impl FnMut(&Slice, &Env) -> Result<T, Missing> + Send,
    ) -> Result<T, DriverError> {
        self.decide_by(name, want, &mut step).await
    }

    pub(crate) async fn decide_by<T: Verdict>(
        &self,
        name: &'static str,
        mut want: ReadSet,
        step: Step<'_, T>,
    ) -> Result<T, DriverError> {
        let _turn = self.turn.lock().await;
        let mut attempts = 0;
        loop {
            attempts += 1;
            let env = self.env();
            let tried = self.attempt(name, &mut want, &env, step).await;
            match tried {
                Ok(verdict) => {
                    self.remark(verdict.plan());
                    return Ok(verdict);
                }
                Err(DriverError::Store(StoreError::Conflict | StoreError::Busy(_)))
                    if attempts < ATTEMPTS_MAX => {}
                Err(DriverError::Store(StoreError::Conflict)) => {
                    return Err(DriverError::Contended { attempts });
                }
                Err(other) => return Err(other),
            }
        }
    }

    async fn attempt<T: Verdict>(
        &self,
        name: &'static str,
        want: &mut ReadSet,
        env: &Env,
        step: Step<'_, T>,
    ) -> Result<T, DriverError> {
        let mut slice = self.store.load(self.keys.graph, want).await?;
        let verdict = loop {
            match step(&slice, env) {
                Ok(verdict) => break verdict,
                Err(Missing(more)) => {
                    let rest = self.store.load(self.keys.graph, &more).await?;
                    let wanted = want.len();
                    want.merge(*more);
                    if want.len() == wanted {
                        return Err(DriverError::Stuck { step: name });
                    }
                    if rest.version == slice.version {
                        absorb(&mut slice, rest);
                    } else {
                        slice = self.store.load(self.keys.graph, want).await?;
                    }
                }
            }
        };
        if let Some(plan) = verdict.plan().filter(|plan| !plan.is_empty()) {
            let base = slice.version;
            // A store that shares its rows with the slice may then change them where they are.
            drop(slice);
            self.store.commit(self.keys.graph, base, plan).await?;
            if self.ports.hooks().point(Point::Committed) == Flow::Die {
                return Err(DriverError::Killed);
            }
        }
        Ok(verdict)
    }

    fn remark(&self, plan: Option<&Plan>) {
        for note in plan.map(|plan| plan.notes.as_slice()).unwrap_or_default() {
            self.ports.hooks().note(note);
        }
    }

    fn env(&self) -> Env {
        Env {
            now: self.ports.clock().now(),
            seed: self.ports.entropy().seed(),
            run: self.run,
            keys: self.keys.clone(),
        }
    }
}

/// Adds rows that were loaded at the same version.
fn absorb(slice: &mut Slice, rest: Slice) {
    slice.events.join(rest.events);
    slice.objects.join(rest.objects);
    slice.asides.join(rest.asides);
    slice.ranges.join(rest.ranges);
    slice.presences.join(rest.presences);
    slice.mirrors.join(rest.mirrors);
    slice.evidence.join(rest.evidence);
    slice.gone.join(rest.gone);
    slice.times.join(rest.times);
    slice.aside_pages.join(rest.aside_pages);
    slice.cursors.join(rest.cursors);
    slice.runs.join(rest.runs);
    slice.health.join(rest.health);
    slice.watches.join(rest.watches);
    slice.meetings.join(rest.meetings);
    slice.received.join(rest.received);
    slice.journal.join(rest.journal);
    slice.entries.join(rest.entries);
}
