//! Tokens that run out on a device: refreshed once for all callers, kept before they are used, and
//! never in the place of a newer sign-in.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use kalends_core::account::{Grant, Tokens};
use kalends_core::graph::{Account, Lifecycle};
use kalends_core::ids::AccountId;
use kalends_core::ports::{Credential, Exchange, HttpFailure, HttpHead, HttpRequest, Provider};
use kalends_core::provider::{Failure, FailureClass, ProviderOp};
use kalends_core::time::Timestamp;
use kalends_driver::Accounts as _;
use kalends_kit::oauth::OauthClient;
use kalends_kit::{Secret, SignIn};
use kalends_mobile::{
    Boxed, Catalog, Mobile, Platform, PlatformHttp, SecureStorage, StorageFailure,
};

const ACCOUNT: AccountId = AccountId::from_bytes([7; 16]);

/// Storage in memory, and a desk that gives `access-N` for each request, each a little later.
#[derive(Default)]
struct Device {
    kept: Mutex<BTreeMap<String, Vec<u8>>>,
    asked: AtomicUsize,
    refuses: bool,
}

impl SecureStorage for Device {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StorageFailure> {
        Ok(self.kept.lock().unwrap().get(key).cloned())
    }

    fn put(&self, key: &str, bytes: &[u8]) -> Result<(), StorageFailure> {
        self.kept.lock().unwrap().insert(key.to_owned(), bytes.to_vec());
        Ok(())
    }

    fn delete(&self, key: &str) -> Result<(), StorageFailure> {
        self.kept.lock().unwrap().remove(key);
        Ok(())
    }
}

impl PlatformHttp for Device {
    fn send(
        &self,
        request: HttpRequest,
        _: i64,
    ) -> Boxed<'_, Result<(HttpHead, Vec<u8>), HttpFailure>> {
        assert_eq!(request.url, "https://id.example/token");
        let n = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        let body = format!(r#"{{"access_token":"access-{n}","expires_in":3600}}"#);
        let (status, body) = match self.refuses {
            true => (400, r#"{"error":"invalid_grant"}"#.to_owned()),
            false => (200, body),
        };
        Box::pin(async move {
            // Others have time to come meanwhile.
            futures_timer::Delay::new(std::time::Duration::from_millis(20)).await;
            Ok((HttpHead { status, headers: Vec::new() }, body.into_bytes()))
        })
    }
}

/// Makes a provider that nobody talks to.
struct Nobody;

impl Catalog for Nobody {
    fn provider(&self, _: &str, _: &Secret) -> Result<Arc<dyn Provider>, Failure> {
        Ok(Arc::new(Silent))
    }
}

struct Silent;

impl Provider for Silent {
    fn start(&self, _: &ProviderOp, _: &Credential) -> Result<Box<dyn Exchange>, Failure> {
        unreachable!("nobody talks to it")
    }
}

fn mobile(folder: &Path, device: &Arc<Device>) -> Mobile<Nobody> {
    let platform = Platform { http: device.clone(), storage: device.clone(), timer: None };
    Mobile::open(folder, &platform, Nobody, None).unwrap()
}

fn account() -> Account {
    Account {
        id: ACCOUNT,
        provider: "google".to_owned(),
        name: "work".to_owned(),
        subject: "alice".to_owned(),
        makes_calendars: None,
        state: Lifecycle::Active,
    }
}

fn signed_in(access: &str, expires: Timestamp) -> Secret {
    let refresh = Some("fresh".to_owned());
    let tokens =
        Tokens { access: access.to_owned(), refresh, expires: Some(expires), scopes: None };
    let client = OauthClient {
        authorize: "https://id.example/auth".to_owned(),
        token: "https://id.example/token".to_owned(),
        revoke: None,
        id: "app".to_owned(),
        secret: None,
        scopes: Vec::new(),
        extra: Vec::new(),
    };
    Secret::signed_in("https://api/", SignIn { grant: Grant::of(tokens), client })
}

fn bearer(token: &str) -> Credential {
    Credential::Bearer(token.to_owned())
}

const ENDED: Timestamp = Timestamp::from_millis(0);
const FAR: Timestamp = Timestamp::from_seconds(40_000_000_000);

#[test]
fn many_callers_are_one_refresh_and_it_is_kept() {
    let (folder, device) = (tempfile::tempdir().unwrap(), Arc::new(Device::default()));
    let mobile = mobile(folder.path(), &device);
    let accounts = &mobile.driver().ports().accounts;
    accounts.keep(ACCOUNT, &signed_in("access-0", ENDED)).unwrap();
    let (graph, account) = (mobile.keys().graph, account());
    let opened = pollster::block_on(join_all((0..5).map(|_| accounts.open(graph, &account))));
    for opened in opened {
        assert_eq!(opened.unwrap().credential, bearer("access-1"));
    }
    assert_eq!(device.asked.load(Ordering::SeqCst), 1);
    let kept = accounts.secret(ACCOUNT).unwrap().unwrap();
    assert_eq!(kept.credential, bearer("access-1"));
    assert_eq!(kept.sign_in.unwrap().grant.leased_until, None, "a killed process blocks nobody");
}

#[test]
fn a_cancelled_refresh_leaves_the_next_one_free() {
    let (folder, device) = (tempfile::tempdir().unwrap(), Arc::new(Device::default()));
    let mobile = mobile(folder.path(), &device);
    let accounts = &mobile.driver().ports().accounts;
    accounts.keep(ACCOUNT, &signed_in("access-0", ENDED)).unwrap();
    let (graph, account) = (mobile.keys().graph, account());
    assert!(accounts.open(graph, &account).now_or_never().is_none(), "it waits for the desk");
    let opened = pollster::block_on(accounts.open(graph, &account)).unwrap();
    assert_eq!(opened.credential, bearer("access-2"));
}

#[test]
fn a_sign_in_during_a_refresh_holds() {
    let (folder, device) = (tempfile::tempdir().unwrap(), Arc::new(Device::default()));
    let mobile = mobile(folder.path(), &device);
    let accounts = &mobile.driver().ports().accounts;
    accounts.keep(ACCOUNT, &signed_in("access-0", ENDED)).unwrap();
    let (graph, account) = (mobile.keys().graph, account());
    let opened = pollster::block_on(async {
        let mut opening = std::pin::pin!(accounts.open(graph, &account));
        assert!(opening.as_mut().now_or_never().is_none(), "it waits for the desk");
        accounts.keep(ACCOUNT, &signed_in("newer", FAR)).unwrap();
        opening.await
    });
    assert_eq!(opened.unwrap().credential, bearer("newer"));
    assert_eq!(accounts.secret(ACCOUNT).unwrap().unwrap().credential, bearer("newer"));
}

#[test]
fn what_was_refused_is_asked_for_once() {
    let device = Arc::new(Device { refuses: true, ..Device::default() });
    let folder = tempfile::tempdir().unwrap();
    let mobile = mobile(folder.path(), &device);
    let accounts = &mobile.driver().ports().accounts;
    accounts.keep(ACCOUNT, &signed_in("access-0", ENDED)).unwrap();
    let (graph, account) = (mobile.keys().graph, account());
    for _ in 0..3 {
        let failure = pollster::block_on(accounts.open(graph, &account)).unwrap_err();
        assert_eq!(failure.class, FailureClass::SignIn);
    }
    assert_eq!(device.asked.load(Ordering::SeqCst), 1);
}
