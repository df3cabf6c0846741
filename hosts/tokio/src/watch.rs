//! Keeping a graph in step until stopped.

use std::fmt;
use std::ops::ControlFlow;
use std::pin::pin;
use std::sync::Arc;

use kalends_core::keys::GraphKeys;
use kalends_core::notice::Notice;
use kalends_core::ports::{Clock, JobQueue, Provider};
use kalends_core::time::Timestamp;
use kalends_driver::{
    Claim, Driver, DriverError, First, KnownWatches, Options, Ports, Report, Rhythm, Timer,
    WatchOptions,
};
use tokio::sync::watch::Receiver;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use crate::inbox::{Knock, Visit, Visits};

/// Requests that are taken in together, at most.
const TOGETHER: usize = 64;

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
/// once, and calendars whose watches are silent are read now and then only. The rest before a notice
/// is looked at is twice as long after each sync that notices made read every account, until none
/// comes for as long as the usual rest.
pub async fn watch_listening<P: Ports>(
    driver: &Driver<P>,
    keys: &GraphKeys,
    (options, listening): (WatchOptions, Option<Listening<'_>>),
    mut stop: Receiver<bool>,
    mut each: impl FnMut(Result<Report, DriverError>) -> ControlFlow<()>,
) {
    let mut door = Door {
        driver,
        keys,
        listening,
        known: KnownWatches::default(),
        woken: false,
        heard: None,
        looked: false,
        doubted: false,
    };
    let mut pace = Pace::new(options);
    let ports = driver.ports();
    let mut rhythm = Rhythm::new(ports.clock().now());
    while !is_stopped(&stop) {
        let now = ports.clock().now();
        let mut sync_options = rhythm.next(&options, now, door.public());
        // What comes from elsewhere has nobody's providers read: whoever sends it could pace that.
        if door.looked && door.heard.is_none() && now < rhythm.latest() {
            sync_options = Options { first: First::Queue, max_passes: 1, ..sync_options };
        }
        let heard = door.heard;
        let ended = door.sync(&sync_options, &mut stop).await;
        // The passes behind the first read every account.
        let reads = sync_options.first == First::Reading
            || ended.as_ref().is_ok_and(|report| report.passes > 1);
        if each(ended).is_break() {
            return;
        }
        let now = ports.clock().now();
        rhythm.ended(ports.store(), keys, (&options, &sync_options), now).await;
        let (rest, short) = pace.rests(reads, heard, now);
        match door.rest((rest, short), rhythm.latest().max(rest), &mut stop).await {
            Rested::Due => {}
            Rested::Woken => rhythm.wake(ports.clock().now()),
            Rested::Stopped => return,
        }
    }
}

/// A graph, and whoever brings notices for it.
struct Door<'a, P> {
    driver: &'a Driver<P>,
    keys: &'a GraphKeys,
    listening: Option<Listening<'a>>,
    known: KnownWatches,
    /// Whether something changed here since the last sync began.
    woken: bool,
    /// When the first notice was taken in since then.
    heard: Option<Timestamp>,
    /// Whether something else came from elsewhere since then.
    looked: bool,
    /// Whether a provider asked since then for a watch to be tended.
    doubted: bool,
}

/// How long a graph rests between two syncs.
struct Pace {
    options: WatchOptions,
    /// The rest where a notice came.
    short_ms: i64,
    /// When the last usual rest was over.
    rest: Timestamp,
}

impl Pace {
    const fn new(options: WatchOptions) -> Self {
        Self { options, short_ms: options.heard_rest_ms, rest: Timestamp::from_millis(0) }
    }

    /// When the usual rest is over behind a sync that may have read every account, before which the
    /// first notice came then, and when that is where a notice comes.
    fn rests(
        &mut self,
        reads: bool,
        heard: Option<Timestamp>,
        now: Timestamp,
    ) -> (Timestamp, Timestamp) {
        if heard.is_none_or(|heard| heard >= self.rest) {
            self.short_ms = self.options.heard_rest_ms;
        }
        if heard.is_some() && reads {
            self.short_ms = self.short_ms.max(1).saturating_mul(2);
        }
        self.short_ms = self.short_ms.min(self.options.rest_ms);
        self.rest = self.options.rest(now, false);
        (self.rest, now.saturating_add_millis(self.short_ms))
    }
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
        (self.heard, self.looked, self.doubted) = (None, false, false);
        let span = span(self.keys, options);
        let mut sync = pin!(driver.sync(self.keys, options).instrument(span.clone()));
        loop {
            tokio::select! {
                ended = &mut sync => return told(&span, ended),
                knock = next(&mut self.listening) => match knock {
                    Knock::Visit(visit) => self.take(visit).await,
                    // The rest behind this sync is short, and then all is looked at.
                    Knock::Wake => self.woken = true,
                    Knock::Look => self.looked = true,
                },
                () = stopped(stop) => {
                    options.stop.ask();
                    return told(&span, sync.await);
                }
            }
        }
    }

    /// Waits until something is due: not before the first of `rests`, or the second where a notice
    /// came, and no later than `latest`.
    async fn rest(
        &mut self,
        (rest, short): (Timestamp, Timestamp),
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
            let is_short = self.looked || self.heard.is_some();
            let rest = if is_short { short } else { rest };
            let latest = if self.doubted { rest } else { latest };
            let at = due.map_or(latest, |(at, _)| at.clamp(rest, latest));
            tokio::select! {
                () = ports.timer().until(at) => return Rested::Due,
                knock = next(&mut self.listening) => match knock {
                    Knock::Visit(visit) => self.take(visit).await,
                    Knock::Wake => self.woken = true,
                    Knock::Look => self.looked = true,
                },
                () = stopped(stop) => return Rested::Stopped,
            }
        }
    }

    /// Takes a request in, and those that wait behind it: many that come at once are one commit. They
    /// are answered as heard once that is done.
    async fn take(&mut self, visit: Visit) {
        let Some(listening) = &mut self.listening else { return };
        let mut visits = vec![visit];
        while visits.len() < TOGETHER
            && let Some(knock) = listening.visits.waiting()
        {
            match knock {
                Knock::Visit(visit) => visits.push(visit),
                Knock::Wake => self.woken = true,
                Knock::Look => self.looked = true,
            }
        }
        let mut claimed = Vec::new();
        for visit in visits {
            let kind = visit.request.path.rsplit('/').next().unwrap_or_default().to_owned();
            match (listening.provider)(&kind) {
                Some(provider) => claimed.push((visit, kind, provider)),
                None => visit.answer(404, "no such kind of account\n"),
            }
        }
        let claims = claimed.iter().map(|(visit, kind, provider)| Claim {
            kind,
            provider: &**provider,
            request: &visit.request,
        });
        let claims: Vec<Claim<'_>> = claims.collect();
        let noticed = self.driver.notices(self.keys, &mut self.known, &claims).await;
        let visits = claimed.into_iter().map(|(visit, ..)| visit);
        for (visit, answer) in visits.zip(noticed.answers) {
            match answer {
                Some(notice) => self.answer(visit, &notice),
                // It comes again.
                None => visit.answer(503, "try later\n"),
            }
        }
    }

    fn answer(&mut self, visit: Visit, notice: &Notice) {
        self.doubted |= notice.asks_for_upkeep();
        if matches!(notice, Notice::Heard(_)) {
            self.heard.get_or_insert(self.driver.ports().clock().now());
        }
        let text = match notice {
            Notice::Answer(text) => text.clone(),
            Notice::Refuse(refusal) => format!("{refusal}\n"),
            Notice::Heard(_) => String::new(),
        };
        visit.answer(notice.status(), text);
    }
}

/// What is traced of a sync: ids, codes and numbers.
fn span(keys: &GraphKeys, options: &Options) -> Span {
    tracing::info_span!(
        "sync",
        graph = %keys.graph,
        reads = options.first == First::Reading,
        settled = Empty,
        passes = Empty,
        requests = Empty,
        items = Empty,
        writes = Empty,
        failures = Empty,
        error = Empty,
    )
}

/// Puts down in its span how a sync ended.
fn told(span: &Span, ended: Result<Report, DriverError>) -> Result<Report, DriverError> {
    match &ended {
        Ok(report) => {
            span.record("settled", report.settled);
            span.record("passes", report.passes);
            span.record("requests", report.requests);
            span.record("items", report.pulled);
            span.record("writes", report.created + report.updated + report.deleted);
            span.record("failures", report.failures.len());
        }
        Err(error) => {
            span.record("error", tracing::field::display(error));
        }
    }
    ended
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches notices that have every account read again and again, as fast as they come, and one that
    /// waits longer because of those that came long before.
    #[test]
    fn the_rest_grows_while_notices_have_every_account_read() {
        let at = Timestamp::from_millis;
        let options =
            WatchOptions { rest_ms: 1_000, heard_rest_ms: 200, ..WatchOptions::default() };
        let mut pace = Pace::new(options);
        let mut short_ms = |reads: bool, heard: Option<i64>, now: i64| {
            let (rest, short) = pace.rests(reads, heard.map(at), at(now));
            assert_eq!(rest, at(now + 1_000));
            short.as_millis() - now
        };
        assert_eq!(short_ms(true, None, 0), 200, "it was time to read");
        assert_eq!(short_ms(false, Some(100), 250), 200, "it told of one calendar");
        assert_eq!(short_ms(true, Some(300), 500), 400);
        assert_eq!(short_ms(true, Some(500), 1_000), 800);
        assert_eq!(short_ms(true, Some(1_100), 2_000), 1_000);
        assert_eq!(short_ms(false, Some(2_100), 3_000), 1_000);
        assert_eq!(short_ms(false, Some(4_000), 4_050), 200, "nothing came as long as a rest");
    }
}
