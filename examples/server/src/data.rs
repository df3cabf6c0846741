//! The data folder: one SQLite file, and the sealing key beside it.

mod acting;
mod sign_ins;
mod work;

use std::collections::BTreeSet;
use std::env;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use kalends::core::ids::{AccountId, GraphId};
use kalends::core::journal::Head;
use kalends::core::ports::{Clock as _, Entropy as _, GraphStore as _};
use kalends::core::slice::{Config, ReadSet};
use kalends::driver::Budget;
use kalends::{Ahead, GraphKeys, Limits, Others};
use kalends_sqlite::{KeyVault, SqliteStore};
use kalends_tokio::{HttpOptions, OsEntropy, ReqwestHttp, SystemClock, is_public};

use crate::error::CliError;
use crate::failpoint;
use crate::folder::{KEY, STORE, default_folder, is_sealed, make_private, no_key};
use crate::hooks::CliHooks;
use crate::serve::{Actor, Metrics, Registry};

/// Locked while the folder is opened.
const LOCK: &str = "kalends.lock";
/// How long it is waited for others who work on the file, and between two looks.
const BUSY: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(100);
/// Answers of providers about others' time count for so long.
const FRESH_MS: i64 = 60_000;

/// The place of the graph's secret among those of accounts.
const GRAPH_SECRET: AccountId = AccountId::from_bytes([0; 16]);

/// An open data folder, at one of its graphs. Clones share what is open.
#[derive(Clone)]
pub(crate) struct Data {
    pub(crate) folder: PathBuf,
    pub(crate) store: SqliteStore,
    pub(crate) keys: GraphKeys,
    /// Seals what the server keeps beside the graphs.
    pub(crate) vault: Arc<KeyVault>,
    reach: Reach,
    /// Whom changes are put down to; nobody on the command line.
    actor: Option<Actor>,
    /// Where a server counts what is done; none for the command line.
    metrics: Option<Arc<Metrics>>,
    /// For what the file was written anew whose log could not be emptied yet.
    compacted: Arc<Mutex<BTreeSet<String>>>,
    /// Made when it is first needed.
    http: Arc<OnceLock<ReqwestHttp>>,
    /// Opened when it is first needed.
    registry: Arc<OnceLock<Registry>>,
    /// How much is done at once, and how often all is compared.
    pub(crate) limits: Limits,
    /// What all work on the folder sends, counted together.
    pub(crate) budget: Budget,
    /// What was worked out of people's time before somebody asks.
    pub(crate) ahead: Ahead,
    /// What others' providers said of their time, for all who ask.
    pub(crate) others: Arc<Others>,
}

/// Which addresses accounts may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Every one, files too: all were chosen by the person who runs this.
    Anywhere,
    /// Every one but files: they come from others, who are trusted with this network.
    Network,
    /// Public ones: they come from others.
    Public,
}

impl Data {
    /// Opens a data folder, or makes it with a new graph.
    pub(crate) async fn open(folder: Option<PathBuf>) -> Result<Self, CliError> {
        let Prepared { folder, store, vault, .. } = &prepare(folder)?;
        let graph = store.graphs(None, 1).await?.first().copied();
        let keys = match graph {
            Some(graph) => GraphKeys { graph, secret: read_secret(store, graph).await? },
            None => make_graph(store, new_keys()?).await?,
        };
        Ok(Self::at(folder, store, vault, keys))
    }

    /// Opens a data folder for a graph that comes from elsewhere: an empty one, or one where just
    /// that graph lives.
    pub(crate) async fn open_for(
        folder: Option<PathBuf>,
        keys: GraphKeys,
    ) -> Result<Self, CliError> {
        let Prepared { folder, store, vault, .. } = &prepare(folder)?;
        let there = store.graphs(None, 1).await?;
        let other = match there.first() {
            Some(graph) if *graph == keys.graph => read_secret(store, *graph).await? != keys.secret,
            Some(_) => true,
            None => {
                make_graph(store, keys.clone()).await?;
                false
            }
        };
        if other {
            return Err(CliError::usage(
                "another graph lives in this data folder: import into an empty one (--data)",
            ));
        }
        Ok(Self::at(folder, store, vault, keys))
    }

    fn at(folder: &Path, store: &SqliteStore, vault: &Arc<KeyVault>, keys: GraphKeys) -> Self {
        let budget = Budget::default();
        Self {
            folder: folder.to_owned(),
            store: store.clone(),
            keys,
            vault: vault.clone(),
            reach: Reach::Anywhere,
            actor: None,
            metrics: None,
            compacted: Arc::default(),
            http: Arc::default(),
            registry: Arc::default(),
            others: Arc::new(Others::within(FRESH_MS, budget.clone())),
            limits: failpoint::limits(),
            budget,
            ahead: Ahead::default(),
        }
    }

    /// The same folder, for accounts whose addresses reach so far.
    pub(crate) fn reaching(self, reach: Reach) -> Self {
        Self { reach, http: Arc::default(), ..self }
    }

    /// The same folder, where each calendar is compared whole so often, or as often as usual.
    pub(crate) fn comparing(self, every_s: Option<u32>) -> Self {
        let compare_ms = every_s.map_or(self.limits.compare_ms, |every| i64::from(every) * 1_000);
        Self { limits: Limits { compare_ms, ..self.limits }, ..self }
    }

    /// The same folder for a server, whose people are elsewhere: what is done is counted, and nothing
    /// of it is shown on standard error.
    pub(crate) fn counted_by(self, metrics: Arc<Metrics>) -> Self {
        Self { metrics: Some(metrics), ..self }
    }

    /// Whether somebody looks on at standard error.
    pub(crate) fn is_watched(&self) -> bool {
        self.metrics.is_none()
    }

    /// What looks on while something is done here: a person, or a server's counters.
    pub(crate) fn hooks(&self) -> CliHooks {
        self.metrics.clone().map_or_else(CliHooks::on_terminal, CliHooks::counting)
    }

    /// The same folder at another graph of it.
    pub(crate) async fn of_graph(&self, graph: GraphId) -> Result<Self, CliError> {
        if graph == self.keys.graph {
            return Ok(self.clone());
        }
        let keys = GraphKeys { graph, secret: read_secret(&self.store, graph).await? };
        Ok(Self { keys, ..self.clone() })
    }

    /// The same folder at a new graph.
    pub(crate) async fn new_graph(&self) -> Result<Self, CliError> {
        let keys = make_graph(&self.store, new_keys()?).await?;
        Ok(Self { keys, ..self.clone() })
    }

    /// The same folder at a graph that comes from elsewhere, and is not here yet.
    pub(crate) async fn adopt_graph(&self, keys: GraphKeys) -> Result<Self, CliError> {
        if self.store.secret(keys.graph, GRAPH_SECRET).await?.is_some() {
            return Err(CliError::usage("that graph lives in this data folder already"));
        }
        let keys = make_graph(&self.store, keys).await?;
        Ok(Self { keys, ..self.clone() })
    }

    /// The file that everything is in.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.join(STORE)
    }

    /// What the server keeps beside the graphs.
    pub(crate) async fn registry(&self) -> Result<Registry, CliError> {
        if let Some(registry) = self.registry.get() {
            return Ok(registry.clone());
        }
        let registry = Registry::beside(self).await?;
        Ok(self.registry.get_or_init(|| registry).clone())
    }

    /// The client that talks to providers.
    pub(crate) fn http(&self) -> Result<ReqwestHttp, CliError> {
        if let Some(http) = self.http.get() {
            return Ok(http.clone());
        }
        let options = match self.reach {
            Reach::Anywhere => HttpOptions::personal(),
            Reach::Network => HttpOptions { allow_files: false, ..HttpOptions::personal() },
            Reach::Public => HttpOptions::hosted(),
        };
        let http = ReqwestHttp::new(options).map_err(|error| CliError::failed("http", &error))?;
        Ok(self.http.get_or_init(|| http).clone())
    }

    /// Whether private addresses may be talked to.
    pub(crate) fn reaches_private(&self) -> bool {
        self.reach != Reach::Public
    }

    /// Whether an address, where it is a number, may be talked to. What a name leads to is judged when
    /// it is talked to.
    pub(crate) fn may_reach(&self, url: &url::Url) -> bool {
        let public = match url.host() {
            Some(url::Host::Ipv4(ip)) => is_public(ip.into()),
            Some(url::Host::Ipv6(ip)) => is_public(ip.into()),
            Some(url::Host::Domain(_)) => true,
            None => false,
        };
        public || self.reaches_private()
    }

    /// Writes the file anew without what was deleted from it for this cause, once, and empties its log,
    /// which may take several attempts where others read.
    pub(crate) async fn compact(&self, cause: &str) -> Result<(), CliError> {
        let (file, compacted, cause) = (self.file(), self.compacted.clone(), cause.to_owned());
        let work = tokio::task::spawn_blocking(move || {
            let known = || compacted.lock().unwrap_or_else(PoisonError::into_inner);
            let again = known().contains(&cause);
            let connection = rusqlite::Connection::open(&file)?;
            connection.busy_timeout(BUSY)?;
            if !again {
                connection.execute_batch("VACUUM")?;
                known().insert(cause.clone());
            }
            empty_log(&connection)?;
            known().remove(&cause);
            Ok::<_, CliError>(())
        });
        work.await.map_err(|error| CliError::failed("store.failed", &error))?
    }

    /// Where the journal ends.
    pub(crate) async fn head(&self) -> Result<Head, CliError> {
        Ok(self.store.load(self.keys.graph, &ReadSet::default()).await?.head)
    }

    /// The set-up.
    pub(crate) async fn config(&self) -> Result<Arc<Config>, CliError> {
        Ok(self.store.load(self.keys.graph, &ReadSet::default()).await?.config)
    }
}

/// A data folder while it is set up.
struct Prepared {
    folder: PathBuf,
    store: SqliteStore,
    vault: Arc<KeyVault>,
    /// Holds a lock, so that two first commands make one graph.
    _lock: File,
}

fn prepare(folder: Option<PathBuf>) -> Result<Prepared, CliError> {
    let folder = match folder {
        Some(folder) => folder,
        None => default_folder().ok_or_else(|| {
            CliError::usage("there is no home folder: name a data folder with --data")
        })?,
    };
    let lock = make_private(&folder)
        .and_then(|()| OpenOptions::new().create(true).append(true).open(folder.join(LOCK)))
        .map_err(|error| CliError::file(&folder.display().to_string(), &error))?;
    lock.lock()?;
    let vault = Arc::new(match key_of_environment() {
        Some(text) => KeyVault::from_text(&text)?,
        None if is_sealed(&folder) => return Err(no_key()),
        None => KeyVault::load_or_create(&folder.join(KEY))?,
    });
    let store = SqliteStore::open(&folder.join(STORE), vault.clone())?;
    Ok(Prepared { folder, store, vault, _lock: lock })
}

/// The sealing keys that the environment names, which come before the file's.
pub(crate) fn key_of_environment() -> Option<String> {
    env::var("KALENDS_KEY").ok()
}

fn empty_log(connection: &rusqlite::Connection) -> Result<(), CliError> {
    for _ in 0..BUSY.as_millis() / PAUSE.as_millis() {
        let busy: bool =
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if !busy {
            return Ok(());
        }
        std::thread::sleep(PAUSE);
    }
    Err(CliError::failed("store.busy", &"the file is read without a pause: try again"))
}

async fn make_graph(store: &SqliteStore, keys: GraphKeys) -> Result<GraphKeys, CliError> {
    // The secret first: a graph without one could not be opened.
    store.put_secret(keys.graph, GRAPH_SECRET, &keys.secret).await?;
    store.create(keys.graph).await?;
    Ok(keys)
}

async fn read_secret(store: &SqliteStore, graph: GraphId) -> Result<[u8; 32], CliError> {
    let secret = store.secret(graph, GRAPH_SECRET).await?;
    let bytes = secret.and_then(|secret| secret.try_into().ok());
    bytes.ok_or_else(|| {
        CliError::broken(
            "graph-secret",
            "the graph's secret is not in the store: restore a backup, or import the bundle into \
             an empty data folder",
        )
    })
}

fn new_keys() -> Result<GraphKeys, CliError> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|error| CliError::failed("random", &error))?;
    let graph = GraphId::draw(&OsEntropy.seed(), SystemClock.now(), 0);
    Ok(GraphKeys { graph, secret })
}
