//! One graph in one file on one device.

use std::path::Path;
use std::sync::{Arc, Mutex};

use kalends_core::keys::GraphKeys;
use kalends_core::ports::JobQueue as _;
use kalends_core::time::Timestamp;
use kalends_driver::{Driver, Limits, Parts};
use kalends_sqlite::SqliteStore;

use crate::accounts::{Catalog, KeptAccounts};
use crate::clock::SteadyClock;
use crate::entropy::DeviceEntropy;
use crate::error::MobileError;
use crate::http::MobileHttp;
use crate::keys;
use crate::listen::Listeners;
use crate::platform::Platform;
use crate::sync::Running;

const FILE: &str = "kalends.sqlite";

/// The ports of a device.
pub type MobilePorts<C> = Parts<
    SqliteStore,
    MobileHttp,
    SteadyClock,
    DeviceEntropy,
    KeptAccounts<C>,
    SteadyClock,
    Listeners,
>;

/// An open graph. One of them belongs to a file at a time.
#[derive(Debug)]
pub struct Mobile<C: Catalog> {
    pub(crate) driver: Driver<MobilePorts<C>>,
    pub(crate) keys: GraphKeys,
    pub(crate) running: Mutex<Option<Running>>,
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
        let parts = Parts {
            store,
            http: MobileHttp::new(platform, clock.clone()),
            clock: clock.clone(),
            entropy: DeviceEntropy,
            accounts: KeptAccounts::new(platform.storage.clone(), catalog),
            timer: clock,
            hooks: Listeners::default(),
        };
        Ok(Self { driver: Driver::new(parts, Limits::default()), keys, running: Mutex::default() })
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
        let due = self.driver.ports().store.next_due(self.keys.graph).await?;
        Ok(due.map(|(at, _)| at))
    }
}
