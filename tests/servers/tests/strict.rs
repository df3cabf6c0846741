//! Sign-ins before a provider that keeps to the letter: it enforces PKCE, gives each refresh token for
//! one use, and ends the grant where one comes again.

#![allow(clippy::unwrap_used, reason = "a test that cannot set its stage has failed")]
#![allow(clippy::print_stdout, reason = "a process says how far it is to the one that kills it")]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::pin::pin;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kalends_core::graph::{Account, Lifecycle};
use kalends_core::ids::{AccountId, GraphId};
use kalends_core::ports::{
    Clock as _, Credential, Http as _, HttpBody as _, HttpRequest, Provider, StoreError,
};
use kalends_core::provider::{Failure, FailureClass};
use kalends_driver::Accounts as _;
use kalends_servers::Tools;
use kalends_sqlite::{KeyVault, Sealed, SqliteStore};
use kalends_tokio::{
    BrowserSignIn, Catalog, HttpOptions, OauthClient, ReqwestHttp, SealedAccounts, Secret,
    SecretStore, SignIn, SystemClock,
};
use serde_json::Value;

const GRAPH: GraphId = GraphId::from_bytes([1; 16]);
const ACCOUNT: AccountId = AccountId::from_bytes([2; 16]);
/// Where the process that is killed has its store.
const FOLDER: &str = "KALENDS_STRICT_FOLDER";

/// The provider, until this is dropped.
struct Strict {
    process: Child,
    url: String,
    /// What it prints is kept open, so that it may go on printing.
    _said: BufReader<ChildStdout>,
}

impl Drop for Strict {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Strict {
    /// `refresh_tokens`: `rotating`, each for one use, or `lasting`.
    fn start(refresh_tokens: &str) -> Self {
        let tools = Tools::find();
        let mut node = Command::new("node");
        node.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/strict/provider.mjs"));
        node.arg(tools.oidc().unwrap()).arg(refresh_tokens);
        let mut process = node.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (url, said) = line_with(&mut process, "READY ");
        Self { process, url, _said: said }
    }

    fn client(&self) -> OauthClient {
        OauthClient {
            authorize: format!("{}/auth", self.url),
            token: format!("{}/token", self.url),
            revoke: None,
            id: "program".to_owned(),
            secret: None,
            scopes: vec!["openid".to_owned()],
            extra: Vec::new(),
        }
    }

    /// What a browser shows that goes to an address.
    async fn browse(&self, address: &str) -> String {
        ask("POST", format!("{}/browse", self.url), address).await
    }

    async fn seen(&self) -> Value {
        serde_json::from_str(&ask("GET", format!("{}/seen", self.url), "").await).unwrap()
    }

    /// Ann signs in. Her token is over.
    async fn sign_in(&self) -> Secret {
        let waiting = BrowserSignIn::begin(self.client(), "127.0.0.1").await.unwrap();
        let address = waiting.address(None, None);
        let http = http();
        let mut waiting = pin!(waiting.wait(&http));
        let page = tokio::select! {
            ended = &mut waiting => unreachable!("the browser reads its page first: {ended:?}"),
            page = self.browse(&address) => page,
        };
        assert!(page.contains("Signed in"), "{page}");
        let mut grant = waiting.await.unwrap();
        grant.expires = Some(SystemClock.now());
        let sign_in = SignIn { grant, client: self.client() };
        Secret::signed_in("https://api.example/", sign_in)
    }
}

/// The rest of the first line that a process prints with these words, and where it goes on.
fn line_with(process: &mut Child, words: &str) -> (String, BufReader<ChildStdout>) {
    let mut said = BufReader::new(process.stdout.take().unwrap());
    loop {
        let mut line = String::new();
        assert!(said.read_line(&mut line).unwrap() > 0, "it ended and never said {words}");
        if let Some((_, rest)) = line.split_once(words) {
            return (rest.trim_end().to_owned(), said);
        }
    }
}

fn http() -> ReqwestHttp {
    ReqwestHttp::new(HttpOptions::personal()).unwrap()
}

async fn ask(method: &'static str, url: String, body: &str) -> String {
    let (headers, body) = (Vec::new(), body.as_bytes().to_vec());
    let request = HttpRequest { method, url, headers, body, answer_bytes_max: 100_000 };
    let (_, mut answer) = http().send(request).await.unwrap();
    let mut text = Vec::new();
    while let Some(piece) = answer.chunk().await.unwrap() {
        text.extend(piece);
    }
    String::from_utf8(text).unwrap()
}

/// Knows no provider: nothing but the credential is looked at.
#[derive(Clone)]
struct Nobody;

impl Catalog for Nobody {
    fn provider(&self, _: &Account, _: &Secret) -> Result<Arc<dyn Provider>, Failure> {
        Ok(Arc::new(Self))
    }
}

impl Provider for Nobody {
    fn start(
        &self,
        _: &kalends_core::provider::ProviderOp,
        _: &Credential,
    ) -> Result<Box<dyn kalends_core::ports::Exchange>, Failure> {
        unreachable!("it is opened, and not talked to")
    }
}

fn account() -> Account {
    Account {
        id: ACCOUNT,
        provider: "strict".to_owned(),
        name: "work".to_owned(),
        subject: "ann".to_owned(),
        makes_calendars: None,
        state: Lifecycle::Active,
    }
}

type Sealing<S> = SealedAccounts<S, Nobody, ReqwestHttp>;

fn store(folder: &Path) -> SqliteStore {
    let vault = Arc::new(KeyVault::new([9; 32], &[]));
    SqliteStore::open(&folder.join("kalends.db"), vault).unwrap()
}

async fn accounts(folder: &Path) -> Sealing<SqliteStore> {
    let store = store(folder);
    store.create(GRAPH).await.unwrap();
    SealedAccounts::refreshing(store, Nobody, http())
}

async fn credential<S: SecretStore>(accounts: &Sealing<S>) -> Result<Credential, Failure> {
    accounts.open(GRAPH, &account()).await.map(|opened| opened.credential)
}

/// Catches a sign-in without PKCE, two refreshes where one is enough, of which the second would end the
/// grant here, and a caller that goes on with the token before.
#[tokio::test(flavor = "multi_thread")]
async fn fifty_callers_at_once_are_one_refresh() {
    let strict = Strict::start("rotating");
    let client = strict.client();
    let bare = format!(
        "{}?client_id=program&response_type=code&scope=openid&redirect_uri=http%3A%2F%2F127.0.0.1",
        client.authorize
    );
    strict.browse(&bare).await;
    let refused = strict.seen().await["refused"].to_string();
    assert!(refused.contains("PKCE"), "without it nobody signs in: {refused}");
    let secret = strict.sign_in().await;
    let folder = tempfile::tempdir().unwrap();
    // Two that know nothing of each other, as two processes do.
    let (first, second) = (accounts(folder.path()).await, accounts(folder.path()).await);
    first.keep(GRAPH, ACCOUNT, &secret).await.unwrap();
    let (first, second) = (Arc::new(first), Arc::new(second));
    let callers = (0..50).map(|n| {
        let accounts = Arc::clone(if n % 2 == 0 { &first } else { &second });
        tokio::spawn(async move { credential(&accounts).await })
    });
    let callers: Vec<_> = callers.collect();
    let kept = || async { first.secret(GRAPH, ACCOUNT).await.unwrap().unwrap() };
    for caller in callers {
        assert_eq!(caller.await.unwrap().unwrap(), kept().await.credential);
    }
    assert_ne!(kept().await.credential, secret.credential);
    let seen = strict.seen().await;
    assert_eq!((&seen["refreshes"], &seen["revoked"]), (&1.into(), &0.into()), "{seen}");
}

/// A store that never ends its second change: the first leases, the second keeps what came.
#[derive(Clone)]
struct Stuck(SqliteStore, Arc<AtomicUsize>);

impl SecretStore for Stuck {
    type Sealed = Sealed;

    async fn get(
        &self,
        graph: GraphId,
        account: AccountId,
    ) -> Result<Option<(Vec<u8>, Sealed)>, StoreError> {
        self.0.sealed_secret(graph, account).await
    }

    async fn replace(
        &self,
        graph: GraphId,
        account: AccountId,
        read: &Sealed,
        plain: &[u8],
    ) -> Result<bool, StoreError> {
        if self.1.fetch_add(1, Ordering::SeqCst) == 1 {
            println!("\nREFRESHED here, and nothing is kept");
            std::future::pending::<()>().await;
        }
        self.0.replace_secret(graph, account, read, plain).await
    }

    async fn put(&self, graph: GraphId, id: AccountId, plain: &[u8]) -> Result<(), StoreError> {
        self.0.put_secret(graph, id, plain).await
    }

    async fn remove(&self, graph: GraphId, account: AccountId) -> Result<(), StoreError> {
        self.0.delete_secret(graph, account).await
    }
}

/// Has this test refresh in a process of its own, and kills that between the refresh and the save.
async fn killed(folder: &Path, accounts: &Sealing<SqliteStore>) {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "a_process_that_is_killed_between_refresh_and_save", "--nocapture"]);
    let mut child = child.env(FOLDER, folder).stdout(Stdio::piped()).spawn().unwrap();
    let _said = line_with(&mut child, "REFRESHED ");
    child.kill().unwrap();
    child.wait().unwrap();
    // Its lease ends half a minute later.
    let mut secret = accounts.secret(GRAPH, ACCOUNT).await.unwrap().unwrap();
    let leased = &mut secret.sign_in.as_mut().unwrap().grant.leased_until;
    assert!(leased.is_some_and(|until| until > SystemClock.now()));
    *leased = Some(SystemClock.now());
    accounts.keep(GRAPH, ACCOUNT, &secret).await.unwrap();
}

/// Catches a grant that is lost although the provider would refresh it once more, one that is tried
/// again and again though it is lost, and a person who is not told so.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_killed_between_refresh_and_save() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        let stuck = Stuck(store(folder.as_ref()), Arc::default());
        let accounts = SealedAccounts::refreshing(stuck, Nobody, http());
        panic!("it is killed before: {:?}", credential(&accounts).await.map(drop));
    }
    for refresh_tokens in ["lasting", "rotating"] {
        let strict = Strict::start(refresh_tokens);
        let folder = tempfile::tempdir().unwrap();
        let accounts = accounts(folder.path()).await;
        let secret = strict.sign_in().await;
        accounts.keep(GRAPH, ACCOUNT, &secret).await.unwrap();
        killed(folder.path(), &accounts).await;
        assert_eq!(strict.seen().await["refreshes"], 1, "nobody keeps what it brought");
        let opened = credential(&accounts).await;
        if refresh_tokens == "lasting" {
            assert_ne!(opened.unwrap(), secret.credential);
            assert_eq!(strict.seen().await["refreshes"], 2);
            continue;
        }
        let seen = strict.seen().await;
        assert_eq!(seen["revoked"], 1, "it holds us for a thief: {seen}");
        for failure in [opened.unwrap_err(), credential(&accounts).await.unwrap_err()] {
            assert_eq!(failure.class, FailureClass::SignIn, "{failure:?}");
            assert!(failure.detail.contains("sign in again"), "{failure:?}");
        }
        assert_eq!(strict.seen().await["refused"], seen["refused"], "it is not asked again");
    }
}
