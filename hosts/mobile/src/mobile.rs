//! One graph in one file on one device.

use std::path::Path;
use std::sync::{Arc, Mutex};

use kalends_core::keys::GraphKeys;
use kalends_core::ports::{Clock as _, GraphStore as _, JobQueue as _};
use kalends_core::slice::ReadSet;
use kalends_core::tick::due_at;
use kalends_core::time::Timestamp;
use kalends_driver::{Driver, Limits, Parts};
use kalends_sqlite::{OsEntropy, SqliteStore};

use crate::accounts::{Catalog, KeptAccounts};
use crate::clock::SteadyClock;
use crate::error::MobileError;
use crate::http::MobileHttp;
use crate::keys;
use crate::listen::Listeners;
use crate::platform::{Platform, SecureStorage};
use crate::sync::Running;

const FILE: &str = "kalends.sqlite";

/// The ports of a device.
pub type MobilePorts<C> =
    Parts<SqliteStore, MobileHttp, SteadyClock, OsEntropy, KeptAccounts<C>, SteadyClock, Listeners>;

/// An open graph. One of them belongs to a file at a time.
pub struct Mobile<C: Catalog> {
    pub(crate) driver: Driver<MobilePorts<C>>,
    pub(crate) keys: GraphKeys,
    pub(crate) running: Mutex<Option<Running>>,
    pub(crate) storage: Arc<dyn SecureStorage>,
    pub(crate) notices_at: Option<String>,
}

impl<C: Catalog> std::fmt::Debug for Mobile<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mobile").field("graph", &self.keys.graph).finish_non_exhaustive()
    }
}

impl<C: Catalog> Mobile<C> {
    /// Opens the graph of a folder, or makes one: that of `given`, where it comes from another
    /// device. Blocks while the file is brought to the present schema.
    ///
    /// # Errors
    /// [`MobileError`].
    pub fn open(
        folder: &Path,
        platform: &Platform,
        catalog: C,
        given: Option<&GraphKeys>,
    ) -> Result<Self, MobileError> {
        let file = folder.join(FILE);
        let vault = keys::vault(&*platform.storage, !file.exists())?;
        let store = SqliteStore::open(&file, Arc::new(vault))?;
        let clock = SteadyClock::new(platform);
        let keys = keys::graph(&*platform.storage, &store, &clock, given)?;
        let http = MobileHttp::new(platform, clock.clone());
        let (storage, wire) = (platform.storage.clone(), (http.clone(), clock.clone()));
        let parts = Parts {
            store,
            http,
            clock: clock.clone(),
            entropy: OsEntropy,
            accounts: KeptAccounts::new(storage.clone(), catalog, wire),
            timer: clock,
            hooks: Listeners::default(),
        };
        let driver = Driver::new(parts, Limits::default());
        Ok(Self { driver, keys, running: Mutex::default(), storage, notices_at: None })
    }

    /// The same, for an app whose server takes in notices of providers and passes them on: below
    /// this public address, https, those of an account at this, a slash and the name of its kind.
    /// Watches are kept open for it, and a calendar whose watch is silent is read now and then
    /// only.
    #[must_use]
    pub fn told_at(self, notices_at: Option<String>) -> Self {
        Self { notices_at, ..self }
    }

    /// The driver: what the façade's functions work with.
    pub const fn driver(&self) -> &Driver<MobilePorts<C>> {
        &self.driver
    }

    /// The graph's keys: a secret.
    pub const fn keys(&self) -> &GraphKeys {
        &self.keys
    }

    /// When there is something to do next, for the platform to plan a background task; `None`
    /// where nothing waits.
    ///
    /// # Errors
    /// [`MobileError::Store`].
    pub async fn next_wake(&self) -> Result<Option<Timestamp>, MobileError> {
        let ports = self.driver.ports();
        let queued = ports.store.next_due(self.keys.graph).await?.map(|(at, _)| at);
        let slice = ports.store.load(self.keys.graph, &ReadSet::default()).await?;
        let by_time = due_at(&slice.config, ports.clock.now());
        Ok([queued, by_time].into_iter().flatten().min())
    }
}
