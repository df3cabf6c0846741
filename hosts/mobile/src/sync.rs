//! A sync that ends in time.

use std::pin::pin;
use std::sync::{Arc, MutexGuard, PoisonError};

use futures_util::future::{AbortHandle, Abortable, Aborted, Either, select};
use kalends_core::ports::Clock as _;
use kalends_driver::{First, Options, Report, Rests, Stop, Timer as _};

use crate::accounts::Catalog;
use crate::error::MobileError;
use crate::listen::Listener;
use crate::mobile::Mobile;

/// Conversations end by themselves at the deadline; what does not is dropped this much later.
const GRACE_MS: i64 = 50;

/// What a sync is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// How long it may take, in milliseconds.
    pub deadline_ms: i64,
    /// What becomes of what rests after failures.
    pub rests: Rests,
    /// What it begins with.
    pub first: First,
}

/// What a notice tells of is read a little after the last reading: a sync of what is due waits so
/// long for it, in milliseconds.
const SOON_MS: i64 = 2_000;

/// How a sync ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Nothing is left to do now.
    Settled,
    /// Something rests, or waits for a person; trying again at once would not help.
    Unsettled,
    /// The deadline came first. The next sync goes on from here.
    Deadline,
    /// It was asked to stop. The next sync goes on from here.
    Stopped,
}

/// A sync that came to an end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Synced {
    /// How.
    pub ended: Ended,
    /// What it did; `None` where it was cut off in the middle, and what it did stands all the same.
    pub report: Option<Report>,
}

/// The ways to stop the sync under way.
#[derive(Debug)]
pub(crate) struct Running {
    soon: Stop,
    now: AbortHandle,
}

impl<C: Catalog> Mobile<C> {
    /// Reads what changed and writes what is due, until its deadline at most. What is left is done
    /// by the next call. Dropping the future ends it at once, at no loss.
    ///
    /// # Errors
    /// [`MobileError::Running`] where one is under way, and what the store says.
    pub async fn sync_now(
        &self,
        wish: Wish,
        listener: Option<Arc<dyn Listener>>,
    ) -> Result<Synced, MobileError> {
        let (soon, (now, aborted)) = (Stop::new(), AbortHandle::new_pair());
        let _free = self.begin(Running { soon: soon.clone(), now })?;
        let ports = self.driver.ports();
        ports.clock.anchor();
        ports.hooks.set(listener);
        let deadline = ports.clock.now().saturating_add_millis(wish.deadline_ms.max(0));
        ports.http.end_by(Some(deadline));
        let options = Options {
            deadline: Some(deadline),
            stop: soon.clone(),
            rests: wish.rests,
            first: wish.first,
            notices_at: self.notices_at.clone(),
            ..Options::default()
        };
        let work = pin!(Abortable::new(self.work(&options), aborted));
        let late = pin!(ports.timer.until(deadline.saturating_add_millis(GRACE_MS)));
        let report = match select(work, late).await {
            Either::Left((Ok(report), _)) => Some(report?),
            Either::Left((Err(Aborted), _)) | Either::Right(_) => None,
        };
        let settled = report.as_ref().is_some_and(|report| report.settled);
        let ended = match (settled, soon.asked(), ports.clock.now() >= deadline) {
            (true, ..) => Ended::Settled,
            (false, true, _) => Ended::Stopped,
            (false, false, true) => Ended::Deadline,
            (false, false, false) => Ended::Unsettled,
        };
        Ok(Synced { ended, report })
    }

    /// Asks the sync under way to stop; whether there is one. With `now` it ends at once, even
    /// within a request; else it finishes the page or the write in hand. Nothing is lost either
    /// way. Comes back at once, on any thread.
    pub fn stop(&self, now: bool) -> bool {
        let running = self.running();
        if let Some(running) = &*running {
            running.soon.ask();
            if now {
                running.now.abort();
            }
        }
        running.is_some()
    }

    async fn work(&self, options: &Options) -> Result<Report, MobileError> {
        // No other sync is under way: claims of one that was dropped or killed need not wait.
        let ports = self.driver.ports();
        ports.store.end_leases(self.keys.graph).await?;
        if options.first == First::Queue {
            let soon = ports.clock.now().saturating_add_millis(SOON_MS);
            if let Some(due) = self.next_wake().await?.filter(|due| *due <= soon) {
                ports.timer.until(due).await;
            }
        }
        Ok(self.driver.sync(&self.keys, options).await?)
    }

    fn begin(&self, running: Running) -> Result<Free<'_, C>, MobileError> {
        let mut place = self.running();
        if place.is_some() {
            return Err(MobileError::Running);
        }
        *place = Some(running);
        Ok(Free(self))
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets the next sync begin, also where this one was dropped.
struct Free<'a, C: Catalog>(&'a Mobile<C>);

impl<C: Catalog> Drop for Free<'_, C> {
    fn drop(&mut self) {
        let ports = self.0.driver.ports();
        ports.hooks.set(None);
        ports.http.end_by(None);
        *self.0.running() = None;
    }
}
