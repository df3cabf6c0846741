//! Kalends in a small program: two CalDAV accounts, and the busy times of one in the other.
//!
//! `kalends-embed FILE URL USER PASSWORD URL USER PASSWORD`

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use kalends::core::graph::{Account, EdgeOptions};
use kalends::core::ports::{Provider, SendGraphStore as _};
use kalends::core::provider::Failure;
use kalends::core::slice::ReadSet;
use kalends::driver::NoHooks;
use kalends::ids::{AccountId, GraphId};
use kalends::{
    Credential, Driver, EdgeTarget, GraphKeys, Limits, NewAccount, Opened, Options, Parts, UserEdit,
};
use kalends_caldav::{Caldav, CaldavConfig};
use kalends_sqlite::{KeyVault, SqliteStore};
use kalends_tokio::{
    Catalog, HttpOptions, OsEntropy, ReqwestHttp, SealedAccounts, Secret, SystemClock,
};

type Accounts = SealedAccounts<SqliteStore, CaldavOnly>;
type Host = Parts<SqliteStore, ReqwestHttp, SystemClock, OsEntropy, Accounts, SystemClock, NoHooks>;

/// The providers this program knows.
struct CaldavOnly;

impl Catalog for CaldavOnly {
    fn provider(&self, _: &Account, secret: &Secret) -> Result<Arc<dyn Provider>, Failure> {
        let (url, remember) = (secret.address.clone(), secret.memory.clone());
        Ok(Arc::new(Caldav::new(CaldavConfig { url, remember, ..CaldavConfig::default() })))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [file, first @ .., url, user, password] = args.as_slice() else {
        return Err("give FILE URL USER PASSWORD URL USER PASSWORD".into());
    };
    let [first_url, first_user, first_password] = first else {
        return Err("give two accounts".into());
    };
    // An app keeps its graph's id and secret, and the sealing key, with its other secrets.
    let keys = GraphKeys { graph: GraphId::from_bytes([1; 16]), secret: [2; 32] };
    let store = SqliteStore::open(Path::new(file), Arc::new(KeyVault::new([3; 32], &[])))?;
    store.create(keys.graph).await?;
    let ports = Host {
        accounts: SealedAccounts::new(store.clone(), CaldavOnly),
        store,
        http: ReqwestHttp::new(HttpOptions::personal())?,
        clock: SystemClock,
        entropy: OsEntropy,
        timer: SystemClock,
        hooks: NoHooks,
    };
    let driver = Driver::new(ports, Limits::default());

    let work = add(&driver, &keys, "work", [first_url, first_user, first_password]).await?;
    let home = add(&driver, &keys, "home", [url, user, password]).await?;
    let config = driver.ports().store.load(keys.graph, &ReadSet::default()).await?.config;
    let mut calendars = config.calendars.values();
    let from = calendars.find(|calendar| calendar.account == work && calendar.on);
    if let Some(from) = from.filter(|_| config.edges.is_empty()) {
        let (to, options) = (EdgeTarget::Overlay(home), Box::new(EdgeOptions::default()));
        let edge = UserEdit::AddEdge { from: from.id, to, options, two_way: false };
        kalends::edit(&driver, &keys, edge).await?;
    }
    let report = driver.sync(&keys, &Options::default()).await?;
    #[expect(clippy::print_stdout, reason = "it is what the program is for")]
    {
        println!("read {}, wrote {}, settled: {}", report.pulled, report.created, report.settled);
    }
    Ok(())
}

/// Finds an account's calendars, which checks address and password, and keeps both.
async fn add(
    driver: &Driver<Host>,
    keys: &GraphKeys,
    name: &str,
    [url, user, password]: [&String; 3],
) -> Result<AccountId, Box<dyn Error>> {
    let credential = Credential::Basic { user: user.clone(), password: password.clone() };
    let config = CaldavConfig { url: url.clone(), user: user.clone(), remember: String::new() };
    let opened = Opened { provider: Arc::new(Caldav::new(config)), credential: credential.clone() };
    let found = kalends::find(driver.ports(), &opened).await?;
    let new = NewAccount { provider: "caldav".to_owned(), name: name.to_owned() };
    let id = kalends::add_account(driver, keys, &new, &found).await?;
    let secret = Secret { memory: found.remember, ..Secret::new(url, credential) };
    driver.ports().accounts.keep(keys.graph, id, &secret).await?;
    Ok(id)
}
