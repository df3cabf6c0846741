//! What a sync would write, without writing it.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use kalends_core::ids::{AccountId, ProviderId, RunId, ScopeId, Version};
use kalends_core::keys::GraphKeys;
use kalends_core::provider::{Done, Failure, ProviderOp, Stored};
use kalends_core::step::Operation;
use kalends_core::watch::{WatchOp, Watching};

use crate::error::DriverError;
use crate::options::{Options, Report};
use crate::overlay::Overlay;
use crate::ports::Ports;
use crate::run::Run;
use crate::sync::{Driver, Waits};

/// How many times a preview begins again because the graph changed under it.
const MOVES_MAX: u32 = 8;

/// What a sync would write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The run that read; what it decided beyond that is not recorded.
    pub run: RunId,
    /// What would be sent, in order.
    pub operations: Vec<Operation>,
    /// Deletions that would wait for a person's word, in all.
    pub held: u64,
    /// Requests sent to find out.
    pub requests: u64,
    /// What could not be talked to, by account and, where it was one calendar, its scope.
    pub failures: Vec<(AccountId, Option<ScopeId>, Failure)>,
}

impl<P: Ports> Driver<P> {
    /// Reads every account as a sync does, and stores what was read; then tries what a sync would
    /// do about it over a throw-away layer of the store. Nothing is written to a provider, and
    /// nothing is queued. Each write counts as taken as it was sent, so that what follows from it
    /// is seen too.
    ///
    /// # Errors
    /// [`DriverError`]; a graph that changes again and again meanwhile is one too.
    pub async fn preview(
        &self,
        keys: &GraphKeys,
        options: &Options,
    ) -> Result<Preview, DriverError> {
        let (ports, rules) = (self.ports(), self.rules());
        let reading = Run::reading(ports, keys, rules, options, self.draw_run());
        let mut waited = BTreeSet::new();
        reading.begin().await?;
        let (mut passes, mut requests, mut moves) = (0, 0, 0);
        loop {
            passes += 1;
            reading.read(passes).await?;
            let layer = Overlay::new(ports.store());
            let dry = Run::dry((ports, &layer), keys, rules, options, reading.id);
            let seen = dry.look_ahead(&layer, &reading, passes, &mut waited).await;
            requests += dry.tally.requests.load(Ordering::Relaxed);
            match seen {
                Ok(Some(report)) => {
                    return Ok(Preview {
                        run: reading.id,
                        operations: dry.take_operations(),
                        held: report.held,
                        requests: requests + reading.tally.requests.load(Ordering::Relaxed),
                        failures: report.failures,
                    });
                }
                Ok(None) => reading.search_again(&waited).await?,
                // A sync of another worker may well have come between.
                Err(_) if layer.has_moved() && moves < MOVES_MAX => moves += 1,
                Err(error) => return Err(error),
            }
        }
    }
}

impl<P: Ports> Run<'_, P> {
    /// All that is left to do after what was read, and how it ends; nothing where a sync would read
    /// again before that: so does this, and all is decided anew.
    async fn look_ahead(
        &self,
        layer: &Overlay<'_, P::Store>,
        reading: &Run<'_, P>,
        passes: u32,
        waited: &mut BTreeSet<Waits>,
    ) -> Result<Option<Report>, DriverError> {
        layer.look_at_queue(self.keys.graph, self.now()).await?;
        self.write_until_done().await?;
        reading.tally.failures().iter().for_each(|(account, scope, failure)| {
            self.tally.failed(*account, *scope, failure);
        });
        let anew = self.is_read_again(waited).await?;
        if anew && passes < self.options.max_passes && !reading.is_over() {
            return Ok(None);
        }
        Ok(Some(self.report(passes).await?))
    }

    /// The writing of as many passes as a sync makes.
    async fn write_until_done(&self) -> Result<(), DriverError> {
        for _ in 0..self.options.max_passes {
            self.release_and_write().await?;
            if self.is_over() || !self.is_due().await? {
                break;
            }
        }
        Ok(())
    }
}

/// How a write would end that the provider takes as it is.
pub(crate) fn as_if_taken(op: &ProviderOp) -> Option<Done> {
    let stored = |id: ProviderId, body| {
        let version = Some(Version(String::from("preview")));
        Done::Stored(Stored { id, version, body: Some(Box::new(body)), resets_instances: false })
    };
    Some(match op {
        ProviderOp::Discover
        | ProviderOp::List { .. }
        | ProviderOp::Fetch { .. }
        | ProviderOp::FreeBusy { .. } => return None,
        ProviderOp::Create { doc, .. } => stored(ProviderId(doc.derived.clone()), doc.body.clone()),
        ProviderOp::Replace { id, doc, .. } => stored(id.clone(), doc.body.clone()),
        ProviderOp::Patch { id, want, .. } => stored(id.clone(), (**want).clone()),
        ProviderOp::Delete { .. }
        | ProviderOp::DeleteCalendar { .. }
        | ProviderOp::Watch(WatchOp::Close { .. }) => Done::Deleted,
        ProviderOp::Watch(
            WatchOp::Open { id, expires, .. } | WatchOp::Renew { id, expires, .. },
        ) => Done::Watching(Watching { id: id.clone(), resource: None, expires: *expires }),
        ProviderOp::MakeCalendar { derived, .. } => {
            Done::MadeCalendar { calendar: ProviderId(derived.clone()) }
        }
    })
}
