//! Keeping a graph in step until stopped.

use std::fmt;
use std::ops::ControlFlow;
use std::pin::pin;
use std::sync::Arc;

use kalends_core::keys::GraphKeys;
use kalends_core::notice::Notice;
use kalends_core::ports::{Clock, GraphStore, JobQueue, Provider};
use kalends_core::schedule::next_end;
use kalends_core::slice::ReadSet;
use kalends_core::time::Timestamp;
use kalends_driver::{Driver, DriverError, First, Options, Ports, Report, Timer};
use tokio::sync::watch::Receiver;

use crate::inbox::{Knock, Visit, Visits};

/// How often a graph is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WatchOptions {
    /// From the end of one sync to the start of the next, in milliseconds. Jobs that fall due
    /// earlier bring the next sync forward. Never less than the rest.
    pub every_ms: i64,
    /// The least time between two syncs, in milliseconds, whatever falls due.
    pub rest_ms: i64,
    /// The same where a notice of a provider came, in milliseconds: what comes meanwhile is read
    /// together. Never more than the rest.
    pub heard_rest_ms: i64,
    /// The longest one sync may take, in milliseconds.
    pub longest_ms: i64,
    /// The most passes of one sync.
    pub max_passes: u32,
}

impl Default for WatchOptions {
    fn default() -> Self {
        Self {
            every_ms: 300_000,
            rest_ms: 5_000,
            heard_rest_ms: 200,
            longest_ms: 3_600_000,
            max_passes: 8,
        }
    }
}

/// Where notices come in, and who reads them.
pub struct Listening<'a> {
    /// The public address below which they come in, https, as providers are told it: those of an
    /// account at this, a slash and the name of its kind. Without it nobody is asked to send any.
    pub public: Option<String>,
    /// What this address leads to, and what changes here.
    pub visits: &'a mut Visits,
    /// The provider of a kind, for its notices alone.
    pub provider: &'a (dyn Fn(&str) -> Option<Arc<dyn Provider>> + Sync),
}

impl fmt::Debug for Listening<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listening").field("public", &self.public).finish_non_exhaustive()
    }
}

/// Syncs a graph again and again, until `stop` turns true, its sender goes away, or `each` says
/// so. A sync under way when the stop comes ends at its next good place; what it has not done is
/// done by the next one.
///
/// `each` sees how every sync ended. An error of the store is one too: decide there whether to go
/// on.
pub async fn watch<P: Ports>(
    driver: &Driver<P>,
    keys: &GraphKeys,
    options: WatchOptions,
    stop: Receiver<bool>,
    each: impl FnMut(Result<Report, DriverError>) -> ControlFlow<()>,
) {
    watch_listening(driver, keys, (options, None), stop, each).await;
}

/// The same, and notices of providers are taken in as they come: what they tell of is read at
/// once, and calendars whose watches are silent are read now and then only.
pub async fn watch_listening<P: Ports>(
    driver: &Driver<P>,
    keys: &GraphKeys,
    (options, listening): (WatchOptions, Option<Listening<'_>>),
    mut stop: Receiver<bool>,
    mut each: impl FnMut(Result<Report, DriverError>) -> ControlFlow<()>,
) {
    let mut door = Door { driver, keys, listening, woken: false, heard: false };
    let ports = driver.ports();
    let mut read_again = ports.clock().now();
    let mut end = None;
    while !is_stopped(&stop) {
        let now = ports.clock().now();
        // What ran out is let go by a provider's time, which only a reading shows.
        let ran_out = end.is_some_and(|end| end <= now);
        let reads = now >= read_again || ran_out || door.public().is_none();
        let sync_options = Options {
            deadline: Some(now.saturating_add_millis(options.longest_ms)),
            max_passes: options.max_passes,
            first: if reads { First::Reading } else { First::Queue },
            notices_at: door.public().map(str::to_owned),
            ..Options::default()
        };
        let ended = door.sync(&sync_options, &mut stop).await;
        if each(ended).is_break() {
            return;
        }
        let now = ports.clock().now();
        if reads {
            read_again = now.saturating_add_millis(options.every_ms.max(options.rest_ms));
        }
        let rest = now.saturating_add_millis(options.rest_ms);
        let heard = rest.min(now.saturating_add_millis(options.heard_rest_ms));
        end = door.next_end(now).await;
        let latest = end.map_or(read_again, |end| end.min(read_again));
        match door.rest((rest, heard), latest.max(rest), &mut stop).await {
            Rested::Due => {}
            Rested::Woken => read_again = ports.clock().now(),
            Rested::Stopped => return,
        }
    }
}

/// A graph, and whoever brings notices for it.
struct Door<'a, P> {
    driver: &'a Driver<P>,
    keys: &'a GraphKeys,
    listening: Option<Listening<'a>>,
    /// Whether something changed here since the last sync began.
    woken: bool,
    /// Whether a notice was taken in since then.
    heard: bool,
}

/// How a rest ended.
enum Rested {
    Due,
    Woken,
    Stopped,
}

impl<P: Ports> Door<'_, P> {
    fn public(&self) -> Option<&str> {
        self.listening.as_ref().and_then(|listening| listening.public.as_deref())
    }

    /// One sync, during which notices are taken in.
    async fn sync(
        &mut self,
        options: &Options,
        stop: &mut Receiver<bool>,
    ) -> Result<Report, DriverError> {
        let driver = self.driver;
        self.heard = false;
        let mut sync = pin!(driver.sync(self.keys, options));
        loop {
            tokio::select! {
                ended = &mut sync => return ended,
                knock = next(&mut self.listening) => match knock {
                    Knock::Visit(visit) => self.take(visit).await,
                    // The rest behind this sync is short, and then all is looked at.
                    Knock::Wake => self.woken = true,
                },
                () = stopped(stop) => {
                    options.stop.ask();
                    return sync.await;
                }
            }
        }
    }

    /// When something that is held runs out; where the store cannot be asked, the interval holds.
    async fn next_end(&self, now: Timestamp) -> Option<Timestamp> {
        let store = self.driver.ports().store();
        let slice = store.load(self.keys.graph, &ReadSet::default()).await.ok()?;
        next_end(&slice.config, now)
    }

    /// Waits until something is due: not before the first of `rests`, or the second where a notice
    /// came, and no later than `latest`.
    async fn rest(
        &mut self,
        (rest, heard): (Timestamp, Timestamp),
        latest: Timestamp,
        stop: &mut Receiver<bool>,
    ) -> Rested {
        let ports = self.driver.ports();
        loop {
            if std::mem::take(&mut self.woken) {
                return Rested::Woken;
            }
            // Where the queue cannot be asked, the interval holds.
            let due = ports.store().next_due(self.keys.graph).await.ok().flatten();
            let rest = if self.heard { heard } else { rest };
            let at = due.map_or(latest, |(at, _)| at.clamp(rest, latest));
            tokio::select! {
                () = ports.timer().until(at) => return Rested::Due,
                knock = next(&mut self.listening) => match knock {
                    Knock::Visit(visit) => self.take(visit).await,
                    Knock::Wake => self.woken = true,
                },
                () = stopped(stop) => return Rested::Stopped,
            }
        }
    }

    /// Takes a request in. It is answered as heard once that is committed.
    async fn take(&mut self, visit: Visit) {
        let Some(listening) = &self.listening else { return };
        let kind = visit.request.path.rsplit('/').next().unwrap_or_default().to_owned();
        let Some(provider) = (listening.provider)(&kind) else {
            return visit.answer(404, "no such kind of account\n");
        };
        let noticed = self.driver.notice(self.keys, (&kind, &*provider), &visit.request).await;
        match noticed {
            Ok(notice) => {
                self.heard |= matches!(notice, Notice::Heard(_));
                let text = match &notice {
                    Notice::Answer(text) => text.clone(),
                    Notice::Refuse(refusal) => format!("{refusal}\n"),
                    Notice::Heard(_) => String::new(),
                };
                visit.answer(notice.status(), text);
            }
            // It comes again.
            Err(_) => visit.answer(503, "try later\n"),
        }
    }
}

async fn next(listening: &mut Option<Listening<'_>>) -> Knock {
    match listening {
        Some(listening) => listening.visits.next().await,
        None => std::future::pending().await,
    }
}

fn is_stopped(stop: &Receiver<bool>) -> bool {
    *stop.borrow() || stop.has_changed().is_err()
}

/// Comes back when the stop was asked for, or nobody is left who could.
async fn stopped(stop: &mut Receiver<bool>) {
    let _ = stop.wait_for(|asked| *asked).await;
}
