//! What a sync would write, without writing it.

use kalends_core::graph::{CalendarRole, OverlayState};
use kalends_core::ids::{AccountId, EventId, ProviderId, RunId, ScopeId, Version};
use kalends_core::keys::GraphKeys;
use kalends_core::mirror::{PartRef, PartStatus};
use kalends_core::plan::{Job, JobKey};
use kalends_core::ports::GraphStore;
use kalends_core::provider::{Done, Failure, ProviderOp, Stored};
use kalends_core::slice::{Bundle, Config, MirrorPage, Page, PresencePage, ReadSet, Slice};
use kalends_core::step::Operation;
use kalends_core::time::Timestamp;

use crate::error::DriverError;
use crate::options::Options;
use crate::overlay::Overlay;
use crate::ports::Ports;
use crate::run::Run;
use crate::sync::Driver;

const PAGE: u32 = 200;

/// What a sync would write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The run that was tried; nothing of it is recorded.
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
    /// Tries a sync over a throw-away layer of the store: providers are read, nothing is written
    /// to them, and nothing is recorded. Each write counts as taken as it was sent, so that what
    /// follows from it is seen too.
    ///
    /// # Errors
    /// [`DriverError`]; a graph that changes meanwhile is one too.
    pub async fn preview(
        &self,
        keys: &GraphKeys,
        options: &Options,
    ) -> Result<Preview, DriverError> {
        let store = Overlay::new(self.ports().store());
        let over = Over { ports: self.ports(), store };
        let run = Run::dry(&over, keys, self.limits(), options, self.draw_run());
        run.queue_what_waits().await?;
        run.pass(1).await?;
        let report = run.report(1).await?;
        Ok(Preview {
            run: report.run,
            operations: run.take_operations(),
            held: report.held,
            requests: report.requests,
            failures: report.failures,
        })
    }
}

/// How a write would end that the provider takes as it is.
pub(crate) fn as_if_taken(op: &ProviderOp) -> Option<Done> {
    let stored = |id: ProviderId, body| {
        let version = Some(Version(String::from("preview")));
        Done::Stored(Stored { id, version, body: Some(Box::new(body)) })
    };
    Some(match op {
        ProviderOp::Discover | ProviderOp::List { .. } | ProviderOp::Fetch { .. } => return None,
        ProviderOp::Create { doc, .. } => stored(ProviderId(doc.derived.clone()), doc.body.clone()),
        ProviderOp::Replace { id, doc, .. } => stored(id.clone(), doc.body.clone()),
        ProviderOp::Patch { id, want, .. } => stored(id.clone(), (**want).clone()),
        ProviderOp::Delete { .. } | ProviderOp::DeleteCalendar { .. } => Done::Deleted,
        ProviderOp::MakeCalendar { derived, .. } => {
            Done::MadeCalendar { calendar: ProviderId(derived.clone()) }
        }
    })
}

impl<P: Ports> Run<'_, Over<'_, P>> {
    /// Puts a job into the layer for everything that the rows say is open: the queue below is
    /// left alone.
    async fn queue_what_waits(&self) -> Result<(), DriverError> {
        let slice = self.decider.load(&ReadSet::default()).await?;
        let now = self.now();
        self.queue_overlays(&slice.config, now);
        for edge in slice.config.edges.values() {
            let mut after = None;
            loop {
                let page = MirrorPage { edge: edge.id, after, limit: PAGE };
                let mut want = ReadSet::default();
                want.mirrors.insert(page);
                let slice = self.decider.load(&want).await?;
                let found = slice.mirrors.get(&page).cloned().unwrap_or_default();
                self.queue_page(&slice, &found, |id, bundle| parts(id, bundle, edge.id, now));
                let Some(last) = next(&found) else { break };
                after = Some(last);
            }
        }
        for calendar in slice.config.calendars.keys() {
            let mut after = None;
            loop {
                let page = PresencePage { calendar: *calendar, after, limit: PAGE };
                let mut want = ReadSet::default();
                want.presences.insert(page);
                let slice = self.decider.load(&want).await?;
                let found = slice.presences.get(&page).cloned().unwrap_or_default();
                self.queue_page(&slice, &found, |id, bundle| {
                    let pending = bundle.presences.get(calendar).and_then(|p| p.pending.as_ref());
                    let open = pending.filter(|pending| pending.parked.is_none());
                    let key = JobKey::Origin(id, *calendar);
                    let job = Job { key, lane: *calendar, run_at: now, starts: now };
                    open.map(|_| job).into_iter().collect()
                });
                let Some(last) = next(&found) else { break };
                after = Some(last);
            }
        }
        Ok(())
    }

    fn queue_overlays(&self, config: &Config, now: Timestamp) {
        for calendar in config.calendars.values() {
            match calendar.role {
                CalendarRole::Overlay(OverlayState::Wanted { .. } | OverlayState::Retiring) => {
                    let starts = Timestamp::from_millis(i64::MIN);
                    let key = JobKey::Overlay(calendar.id);
                    self.ports.store.push(Job { key, lane: calendar.id, run_at: now, starts });
                }
                CalendarRole::Overlay(OverlayState::Made { .. })
                | CalendarRole::Theirs
                | CalendarRole::Subscribed
                | CalendarRole::Own
                | CalendarRole::Lost => {}
            }
        }
    }

    fn queue_page(&self, slice: &Slice, page: &Page, jobs: impl Fn(EventId, &Bundle) -> Vec<Job>) {
        for id in &page.events {
            let bundle = slice.events.get(id).and_then(Option::as_ref);
            for job in bundle.map(|bundle| jobs(*id, bundle)).unwrap_or_default() {
                self.ports.store.push(job);
            }
        }
    }
}

fn next(page: &Page) -> Option<EventId> {
    page.events.last().copied().filter(|_| page.more)
}

fn parts(
    event: EventId,
    bundle: &Bundle,
    edge: kalends_core::ids::EdgeId,
    now: Timestamp,
) -> Vec<Job> {
    let Some(mirror) = bundle.mirrors.get(&edge) else { return Vec::new() };
    let open = mirror.parts.iter().filter(|(_, part)| match part.status {
        PartStatus::Due | PartStatus::Unsure => true,
        PartStatus::ReadBack | PartStatus::Settled | PartStatus::Parked(_) => false,
    });
    let job = |(part, row): (&_, &kalends_core::mirror::Part)| Job {
        key: JobKey::Part(PartRef { event, edge, part: *part }),
        lane: mirror.mirror.calendar,
        run_at: now,
        starts: row.starts,
    };
    open.map(job).collect()
}

/// The ports of a driver, with a layer in place of the store.
pub(crate) struct Over<'a, P: Ports> {
    ports: &'a P,
    store: Overlay<'a, P::Store>,
}

impl<'a, P: Ports> Ports for Over<'a, P>
where
    P::Store: GraphStore,
{
    type Store = Overlay<'a, P::Store>;
    type Http = P::Http;
    type Clock = P::Clock;
    type Entropy = P::Entropy;
    type Accounts = P::Accounts;
    type Timer = P::Timer;
    type Hooks = P::Hooks;

    fn store(&self) -> &Self::Store {
        &self.store
    }

    fn http(&self) -> &P::Http {
        self.ports.http()
    }

    fn clock(&self) -> &P::Clock {
        self.ports.clock()
    }

    fn entropy(&self) -> &P::Entropy {
        self.ports.entropy()
    }

    fn accounts(&self) -> &P::Accounts {
        self.ports.accounts()
    }

    fn timer(&self) -> &P::Timer {
        self.ports.timer()
    }

    fn hooks(&self) -> &P::Hooks {
        self.ports.hooks()
    }
}
