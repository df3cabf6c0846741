//! One graph on one device.

use std::path::Path;
use std::sync::Arc;

use kalends::core::ports::GraphStore as _;
use kalends::core::slice::{Config, ReadSet};
use kalends::driver::First;
use kalends::queries::CountsOf;
use kalends::{GraphBundle, Rests};
use kalends_mobile::{Ended, Mobile, Wish};

use crate::adapt;
use crate::catalog::Known;
use crate::declared;
use crate::error::EngineError;
use crate::host::{HostTimer, HttpClient, SecureStorage, SyncListener};
use crate::views::{count, hex};

/// Where the engine keeps what it knows.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct EngineConfig {
    /// A folder of the app's own, which is there. One engine at a time works in it.
    pub folder: String,
    /// The contract that the app's bindings were generated for, from `contract()` of their own
    /// version: another library is refused instead of misread. Empty: not compared.
    #[uniffi(default = "")]
    pub contract: String,
    /// The bundle of a graph that lives on another device, too, for an empty folder.
    #[uniffi(default = None)]
    pub bundle: Option<String>,
    /// The public address, https, below which the app's server takes in notices of providers and
    /// passes them on as silent pushes, for `deliver`: those of Google at this, a slash and
    /// `google`. Calendars that are watched so are read when they are told of, and now and then.
    /// Absent: all are read by each sync.
    #[uniffi(default = None)]
    pub notices_at: Option<String>,
}

impl std::fmt::Debug for EngineConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EngineConfig").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// One graph: accounts, calendars, edges, events and their mirrors, in one folder.
#[derive(uniffi::Object)]
pub struct Engine {
    pub(crate) mobile: Mobile<Known>,
}

/// How a sync ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum SyncEnd {
    /// Nothing is left to do now.
    Settled,
    /// Something rests, or waits for a person: see the failures and `status`.
    Unsettled,
    /// The deadline came first; the next sync goes on from here.
    DeadlineReached,
    /// It was stopped; the next sync goes on from here.
    Stopped,
}

/// What a sync did.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SyncReport {
    /// How it ended.
    pub end: SyncEnd,
    /// The run, as the journal names it; empty where it was cut off. What it did stands.
    pub run: String,
    /// Items that providers gave.
    pub pulled: i64,
    /// Objects made at providers.
    pub created: i64,
    /// Objects changed there.
    pub updated: i64,
    /// Objects deleted there.
    pub deleted: i64,
    /// Deletions that wait for a person's word.
    pub held: i64,
    /// Requests sent.
    pub requests: i64,
    /// What could not be talked to.
    pub failures: Vec<FailureView>,
}

/// An account or calendar that could not be talked to.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct FailureView {
    /// The account.
    pub account: String,
    /// A stable code.
    pub code: String,
    /// For people: what happened, and what to do.
    pub reason: String,
    /// Whether a person has to sign in again.
    pub needs_sign_in: bool,
}

/// How everything is.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct EngineStatus {
    /// The graph's id.
    pub graph: String,
    /// A hash over all that is recorded: equal on two devices that lived through the same.
    pub digest: String,
    /// Events known.
    pub events: i64,
    /// Mirrors kept.
    pub mirrors: i64,
    /// Writes that wait.
    pub open: i64,
    /// Writes given up; `explain` says why.
    pub parked: i64,
    /// Objects that could not be read.
    pub quarantined: i64,
    /// Objects that bear another graph's or another product's mark.
    pub foreign: i64,
}

#[uniffi::export]
impl Engine {
    /// Opens the graph of a folder, or makes one there.
    ///
    /// # Errors
    /// `Invalid` where the app's bindings are of another version, the bundle cannot be read, or the folder
    /// holds another graph than the bundle; `Corrupt` where the file cannot be read or its keys are lost;
    /// `Storage` where the folder or secure storage fails.
    #[uniffi::constructor(default(timer = None))]
    pub fn open(
        config: EngineConfig,
        http: Arc<dyn HttpClient>,
        storage: Arc<dyn SecureStorage>,
        timer: Option<Arc<dyn HostTimer>>,
    ) -> Result<Arc<Self>, EngineError> {
        if !config.contract.is_empty() && config.contract != declared::hash() {
            return Err(EngineError::invalid(
                "the app's bindings are of another version than the library: ship both together",
            ));
        }
        let platform = adapt::platform(http, storage, timer);
        let folder = Path::new(&config.folder);
        let bundle = config.bundle.map(|text| GraphBundle::from_json(&text)).transpose();
        let bundle = bundle.map_err(EngineError::invalid)?;
        let keys = bundle.as_ref().map(|bundle| &bundle.keys);
        let mobile = Mobile::open(folder, &platform, Known, keys)?;
        let engine = Self { mobile: mobile.told_at(config.notices_at) };
        if let Some(bundle) = &bundle {
            engine.import(bundle)?;
        }
        Ok(Arc::new(engine))
    }

    /// Reads what changed and writes what is due, for so many milliseconds at most. What is left
    /// is done by the next call; cancelling loses nothing. `asked_for`: a person waits for it, so
    /// that what rests after failures is tried now.
    ///
    /// # Errors
    /// `AlreadyRunning`; `Storage`, `Corrupt`. What providers answer is told in the report, and is no error.
    #[uniffi::method(default(asked_for = false, listener = None))]
    pub async fn sync_now(
        &self,
        deadline_ms: i64,
        asked_for: bool,
        listener: Option<Arc<dyn SyncListener>>,
    ) -> Result<SyncReport, EngineError> {
        let rests = if asked_for { Rests::Ended } else { Rests::Kept };
        self.sync(Wish { deadline_ms, rests, first: First::Reading }, listener).await
    }

    /// Does what is due within two seconds and nothing else: reads what `deliver` told of, and
    /// writes what waits. Accounts are not asked for other news. For a silent push, and for
    /// `next_wake`.
    ///
    /// # Errors
    /// As [`Self::sync_now`].
    #[uniffi::method(default(listener = None))]
    pub async fn sync_due(
        &self,
        deadline_ms: i64,
        listener: Option<Arc<dyn SyncListener>>,
    ) -> Result<SyncReport, EngineError> {
        self.sync(Wish { deadline_ms, rests: Rests::Kept, first: First::Queue }, listener).await
    }

    /// Stops the sync under way, with `now` at once; whether there was one. On any thread.
    ///
    /// # Errors
    /// None of its own.
    pub fn stop(&self, now: bool) -> Result<bool, EngineError> {
        Ok(self.mobile.stop(now))
    }

    /// When there is something to do next, in milliseconds since 1970: when the app should have
    /// itself woken.
    ///
    /// # Errors
    /// `Storage`, `Corrupt`.
    pub async fn next_wake(&self) -> Result<Option<i64>, EngineError> {
        Ok(self.mobile.next_wake().await?.map(|at| at.as_millis()))
    }

    /// How everything is.
    ///
    /// # Errors
    /// `Storage`, `Corrupt`.
    pub async fn status(&self) -> Result<EngineStatus, EngineError> {
        let (store, graph) = self.store();
        let counts = store.query(CountsOf { graph }).await?;
        let digest = kalends::digest(store, graph).await?;
        Ok(EngineStatus {
            graph: graph.to_string(),
            digest: hex(&digest),
            events: count(counts.events),
            mirrors: count(counts.mirrors),
            open: count(counts.open),
            parked: count(counts.parked),
            quarantined: count(counts.quarantined),
            foreign: count(counts.foreign),
        })
    }
}

impl Engine {
    async fn sync(
        &self,
        wish: Wish,
        listener: Option<Arc<dyn SyncListener>>,
    ) -> Result<SyncReport, EngineError> {
        let synced = self.mobile.sync_now(wish, adapt::listener(listener)).await?;
        let end = match synced.ended {
            Ended::Settled => SyncEnd::Settled,
            Ended::Unsettled => SyncEnd::Unsettled,
            Ended::Deadline => SyncEnd::DeadlineReached,
            Ended::Stopped => SyncEnd::Stopped,
        };
        Ok(report(end, synced.report))
    }

    pub(crate) fn store(&self) -> (&kalends_sqlite::SqliteStore, kalends::ids::GraphId) {
        (&self.mobile.driver().ports().store, self.mobile.keys().graph)
    }

    pub(crate) async fn setting(&self) -> Result<Arc<Config>, EngineError> {
        let (store, graph) = self.store();
        Ok(store.load(graph, &ReadSet::default()).await?.config)
    }
}

fn report(end: SyncEnd, report: Option<kalends::Report>) -> SyncReport {
    use kalends::core::provider::FailureClass;
    let Some(report) = report else {
        return SyncReport {
            end,
            run: String::new(),
            pulled: 0,
            created: 0,
            updated: 0,
            deleted: 0,
            held: 0,
            requests: 0,
            failures: Vec::new(),
        };
    };
    let failures = report.failures.into_iter().map(|(account, _, failure)| FailureView {
        account: account.to_string(),
        needs_sign_in: matches!(failure.class, FailureClass::SignIn | FailureClass::Consent),
        code: failure.code,
        reason: failure.detail,
    });
    SyncReport {
        end,
        run: report.run.to_string(),
        pulled: count(report.pulled),
        created: count(report.created),
        updated: count(report.updated),
        deleted: count(report.deleted),
        held: count(report.held),
        requests: count(report.requests),
        failures: failures.collect(),
    }
}
