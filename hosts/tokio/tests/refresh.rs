//! Tokens that run out: refreshed once for all callers, kept before they are used, and not asked
//! for again once they were refused.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod common;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use common::{ACCOUNT, Asked, GRAPH, store};
use kalends_core::account::{Grant, Tokens};
use kalends_core::graph::{Account, Lifecycle};
use kalends_core::ids::{AccountId, GraphId};
use kalends_core::ports::{
    Clock as _, Credential, Http, HttpBody, HttpFailure, HttpHead, HttpRequest, StoreError,
};
use kalends_core::provider::{Failure, FailureClass};
use kalends_driver::Accounts;
use kalends_kit::oauth::OauthClient;
use kalends_sqlite::{Sealed, SqliteStore};
use kalends_tokio::{
    SealedAccounts, Secret, SecretStore, SignIn, SystemClock, TokenDesk, ask_for_tokens,
};

/// A place that gives tokens `access-N` with `fresh-N`, each refresh token once, and counts.
#[derive(Clone, Default)]
struct Desk(Arc<DeskState>);

#[derive(Default)]
struct DeskState {
    asked: AtomicUsize,
    spent: Mutex<Vec<String>>,
    /// The last form that it was sent.
    last: Mutex<String>,
    /// What it answers instead, first come first served.
    instead: Mutex<VecDeque<Result<(u16, &'static str), HttpFailure>>>,
}

struct Text(Option<Vec<u8>>);

impl Http for Desk {
    type Body = Text;

    async fn send(&self, request: HttpRequest) -> Result<(HttpHead, Text), HttpFailure> {
        assert_eq!(request.url, "https://id.example/token");
        let n = self.0.asked.fetch_add(1, Ordering::SeqCst) + 1;
        // Others have time to come meanwhile.
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        let form = String::from_utf8(request.body).unwrap();
        form.clone_into(&mut self.0.last.lock().unwrap());
        let instead = self.0.instead.lock().unwrap().pop_front();
        let (status, body) = match instead {
            Some(Ok((status, body))) => (status, body.to_owned()),
            Some(Err(failure)) => return Err(failure),
            None => self.give(n, &form),
        };
        Ok((HttpHead { status, headers: Vec::new() }, Text(Some(body.into_bytes()))))
    }
}

impl TokenDesk for Desk {
    fn ask(&self, request: HttpRequest) -> impl Future<Output = Result<Tokens, Failure>> + Send {
        ask_for_tokens(self, request)
    }
}

impl HttpBody for Text {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, HttpFailure> {
        Ok(self.0.take())
    }
}

impl Desk {
    fn give(&self, n: usize, form: &str) -> (u16, String) {
        let token = form.split('&').find_map(|pair| pair.strip_prefix("refresh_token=")).unwrap();
        let mut spent = self.0.spent.lock().unwrap();
        if spent.contains(&token.to_owned()) {
            return (400, r#"{"error":"invalid_grant"}"#.to_owned());
        }
        spent.push(token.to_owned());
        let body = format!(
            r#"{{"access_token":"access-{n}","refresh_token":"fresh-{n}","expires_in":3600}}"#
        );
        (200, body)
    }

    fn asked(&self) -> usize {
        self.0.asked.load(Ordering::SeqCst)
    }

    fn last(&self) -> String {
        self.0.last.lock().unwrap().clone()
    }

    fn instead(&self, answer: Result<(u16, &'static str), HttpFailure>) {
        self.0.instead.lock().unwrap().push_back(answer);
    }
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

/// Signed in, with a token that ends after so many seconds.
fn signed_in(seconds: i64) -> Secret {
    let expires = Some(SystemClock.now().saturating_add_millis(seconds * 1_000));
    let refresh = Some("fresh-0".to_owned());
    let tokens = Tokens { access: "access-0".to_owned(), refresh, expires, scopes: None };
    let client = OauthClient {
        authorize: "https://id.example/auth".to_owned(),
        token: "https://id.example/token".to_owned(),
        revoke: None,
        id: "program".to_owned(),
        secret: None,
        scopes: Vec::new(),
        extra: Vec::new(),
    };
    Secret::signed_in("https://api/", SignIn { grant: Grant::of(tokens), client })
}

fn bearer(token: &str) -> Credential {
    Credential::Bearer(token.to_owned())
}

fn refused() -> Failure {
    let code = "google.authError".to_owned();
    Failure { class: FailureClass::SignIn, code, detail: String::new(), retry_at: None }
}

/// Two workers on one file, which know nothing of each other.
async fn two(
    folder: &std::path::Path,
    desk: &Desk,
) -> [SealedAccounts<SqliteStore, Asked, Desk>; 2] {
    let first = store(folder).await;
    let vault = Arc::new(kalends_sqlite::KeyVault::new([9; 32], &[]));
    let second = SqliteStore::open(&folder.join("kalends.db"), vault).unwrap();
    [first, second].map(|store| SealedAccounts::refreshing(store, Asked::default(), desk.clone()))
}

#[tokio::test]
async fn many_callers_of_two_workers_are_one_refresh() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::default();
    let [first, second] = two(folder.path(), &desk).await;
    first.keep(GRAPH, ACCOUNT, &signed_in(-10)).await.unwrap();
    let account = account();
    let (a, b, c, d) = tokio::join!(
        first.open(GRAPH, &account),
        second.open(GRAPH, &account),
        first.open(GRAPH, &account),
        second.open(GRAPH, &account),
    );
    for opened in [a, b, c, d] {
        assert_eq!(opened.unwrap().credential, bearer("access-1"));
    }
    assert_eq!(desk.asked(), 1);
    let kept = second.secret(GRAPH, ACCOUNT).await.unwrap().unwrap();
    assert_eq!(kept.sign_in.unwrap().grant.refresh.as_deref(), Some("fresh-1"));
}

#[tokio::test]
async fn a_token_that_was_refused_is_refreshed_once() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::default();
    let [first, second] = two(folder.path(), &desk).await;
    first.keep(GRAPH, ACCOUNT, &signed_in(3_600)).await.unwrap();
    let (account, spent, why) = (account(), bearer("access-0"), refused());
    let (a, b) = tokio::join!(
        first.refused(GRAPH, &account, &spent, &why),
        second.refused(GRAPH, &account, &spent, &why),
    );
    for opened in [a, b] {
        assert_eq!(opened.unwrap().unwrap().credential, bearer("access-1"));
    }
    // Who comes late with the old one gets the new one.
    let late = first.refused(GRAPH, &account, &spent, &why).await.unwrap().unwrap();
    assert_eq!((late.credential, desk.asked()), (bearer("access-1"), 1));
}

#[tokio::test]
async fn a_grant_that_was_refused_is_not_asked_for_again() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::default();
    let [accounts, _] = two(folder.path(), &desk).await;
    accounts.keep(GRAPH, ACCOUNT, &signed_in(-10)).await.unwrap();
    desk.instead(Ok((400, r#"{"error":"invalid_grant","error_codes":[70008]}"#)));
    for _ in 0..3 {
        let failure = accounts.open(GRAPH, &account()).await.unwrap_err();
        let told = (failure.class, failure.code.as_str());
        assert_eq!(told, (FailureClass::SignIn, "oauth.invalid_grant.70008"));
    }
    assert_eq!(desk.asked(), 1);
    accounts.keep(GRAPH, ACCOUNT, &signed_in(3_600)).await.unwrap();
    assert!(accounts.open(GRAPH, &account()).await.is_ok(), "a sign-in mends it");
}

/// Claims that a provider demanded in an answer wait for the next sign-in, also where the refresh
/// with them is refused without a word of them.
#[tokio::test]
async fn claims_that_were_demanded_are_sent_and_kept_for_the_next_sign_in() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::default();
    let [accounts, _] = two(folder.path(), &desk).await;
    let demanded = Failure {
        code: Failure::CLAIMS.to_owned(),
        detail: "eyJhIjoxfQ==".to_owned(),
        ..refused()
    };
    accounts.keep(GRAPH, ACCOUNT, &signed_in(3_600)).await.unwrap();
    let spent = bearer("access-0");
    let opened = accounts.refused(GRAPH, &account(), &spent, &demanded).await.unwrap();
    assert_eq!(opened.unwrap().credential, bearer("access-1"));
    assert!(desk.last().contains("claims=%7B%22a%22%3A1%7D"), "{}", desk.last());
    let spent = bearer("access-1");
    desk.instead(Ok((400, r#"{"error":"interaction_required","error_codes":[50076]}"#)));
    let failure = accounts.refused(GRAPH, &account(), &spent, &demanded).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::SignIn);
    let kept = accounts.secret(GRAPH, ACCOUNT).await.unwrap().unwrap().sign_in.unwrap();
    assert_eq!(kept.grant.claims.as_deref(), Some("eyJhIjoxfQ=="));
    assert!(kept.grant.refused.is_some());
}

#[tokio::test]
async fn a_program_that_is_set_up_wrongly_marks_no_account() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::default();
    let [accounts, _] = two(folder.path(), &desk).await;
    accounts.keep(GRAPH, ACCOUNT, &signed_in(-10)).await.unwrap();
    desk.instead(Ok((401, r#"{"error":"invalid_client"}"#)));
    let failure = accounts.open(GRAPH, &account()).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Refused);
    assert!(accounts.open(GRAPH, &account()).await.is_ok(), "it works once that is mended");
}

#[tokio::test]
async fn a_token_that_still_lives_is_used_while_no_other_can_be_had() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::default();
    let [accounts, _] = two(folder.path(), &desk).await;
    accounts.keep(GRAPH, ACCOUNT, &signed_in(60)).await.unwrap();
    desk.instead(Err(HttpFailure::Reset));
    let opened = accounts.open(GRAPH, &account()).await.unwrap();
    assert_eq!(opened.credential, bearer("access-0"));
    let opened = accounts.open(GRAPH, &account()).await.unwrap();
    assert_eq!(opened.credential, bearer("access-2"));
}

/// Catches a refresh that is asked for and not done since the token is good still, one that spends a
/// refresh token beside another, and one that asks again for what was refused.
#[tokio::test]
async fn a_refresh_that_is_asked_for_is_done_at_once_and_never_beside_another() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::default();
    let [accounts, other] = two(folder.path(), &desk).await;
    accounts.keep(GRAPH, ACCOUNT, &signed_in(3_600)).await.unwrap();
    let grant = accounts.refresh(GRAPH, ACCOUNT).await.unwrap();
    assert_eq!((grant.access.as_str(), desk.asked()), ("access-1", 1));
    let kept = other.secret(GRAPH, ACCOUNT).await.unwrap().unwrap();
    assert_eq!(kept.sign_in.unwrap().grant, grant);
    // Another one is at it: it is waited for.
    let mut leased = signed_in(3_600);
    leased.sign_in.as_mut().unwrap().grant.leased_until =
        Some(SystemClock.now().saturating_add_millis(600_000));
    accounts.keep(GRAPH, ACCOUNT, &leased).await.unwrap();
    let waits = std::time::Duration::from_millis(500);
    assert!(tokio::time::timeout(waits, other.refresh(GRAPH, ACCOUNT)).await.is_err());
    assert_eq!(desk.asked(), 1);
    accounts.keep(GRAPH, ACCOUNT, &signed_in(3_600)).await.unwrap();
    desk.instead(Ok((400, r#"{"error":"invalid_grant"}"#)));
    for _ in 0..2 {
        let failure = accounts.refresh(GRAPH, ACCOUNT).await.unwrap_err();
        assert_eq!((failure.class, desk.asked()), (FailureClass::SignIn, 2));
    }
    accounts.keep(GRAPH, ACCOUNT, &Secret::new("https://api/", Credential::None)).await.unwrap();
    let failure = accounts.refresh(GRAPH, ACCOUNT).await.unwrap_err();
    assert_eq!(failure.code, "account.nothing-to-refresh");
}

/// A store that fails at its nth change and so many after it.
#[derive(Clone)]
struct Failing {
    store: SqliteStore,
    changes: Arc<AtomicUsize>,
    fails: std::ops::Range<usize>,
}

impl Failing {
    fn at(store: &SqliteStore, fails: std::ops::Range<usize>) -> Self {
        Self { store: store.clone(), changes: Arc::default(), fails }
    }

    fn lives(&self) -> Result<(), StoreError> {
        let nth = self.changes.fetch_add(1, Ordering::SeqCst);
        let fails = self.fails.contains(&nth);
        if fails { Err(StoreError::Failed("no space left".to_owned())) } else { Ok(()) }
    }
}

impl SecretStore for Failing {
    type Sealed = Sealed;

    async fn get(
        &self,
        graph: GraphId,
        account: AccountId,
    ) -> Result<Option<(Vec<u8>, Sealed)>, StoreError> {
        self.store.sealed_secret(graph, account).await
    }

    async fn replace(
        &self,
        graph: GraphId,
        account: AccountId,
        read: &Sealed,
        plain: &[u8],
    ) -> Result<bool, StoreError> {
        self.lives()?;
        self.store.replace_secret(graph, account, read, plain).await
    }

    async fn put(&self, graph: GraphId, id: AccountId, plain: &[u8]) -> Result<(), StoreError> {
        self.store.put_secret(graph, id, plain).await
    }

    async fn remove(&self, graph: GraphId, account: AccountId) -> Result<(), StoreError> {
        self.store.delete_secret(graph, account).await
    }
}

#[tokio::test]
async fn no_token_is_used_that_is_not_kept() {
    for changes in 0..2 {
        let folder = tempfile::tempdir().unwrap();
        let desk = Desk::default();
        let failing = Failing::at(&store(folder.path()).await, changes..usize::MAX);
        let accounts = SealedAccounts::refreshing(failing, Asked::default(), desk.clone());
        accounts.keep(GRAPH, ACCOUNT, &signed_in(-10)).await.unwrap();
        let failure = accounts.open(GRAPH, &account()).await.unwrap_err();
        let code = ["account.store", "account.not-kept"][changes];
        assert_eq!((failure.class, failure.code.as_str()), (FailureClass::Transient, code));
        assert_eq!(failure.detail.contains("sign in again"), changes == 1, "{failure:?}");
        assert_eq!(desk.asked(), changes, "the lease comes before the request");
        let kept = accounts.secret(GRAPH, ACCOUNT).await.unwrap().unwrap().sign_in.unwrap();
        assert_eq!(kept.grant.access, "access-0");
        assert_eq!(kept.grant.leased_until.is_some(), changes == 1, "its lease ends by itself");
    }
}

#[tokio::test]
async fn what_a_store_refuses_for_a_moment_is_kept_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::default();
    let failing = Failing::at(&store(folder.path()).await, 1..3);
    let accounts = SealedAccounts::refreshing(failing, Asked::default(), desk.clone());
    accounts.keep(GRAPH, ACCOUNT, &signed_in(-10)).await.unwrap();
    let opened = accounts.open(GRAPH, &account()).await.unwrap();
    assert_eq!((opened.credential, desk.asked()), (bearer("access-1"), 1));
    let kept = accounts.secret(GRAPH, ACCOUNT).await.unwrap().unwrap().sign_in.unwrap();
    assert_eq!(kept.grant.refresh.as_deref(), Some("fresh-1"));
}

#[tokio::test]
async fn tokens_are_kept_though_whoever_asked_went_away() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::default();
    let [first, second] = two(folder.path(), &desk).await;
    first.keep(GRAPH, ACCOUNT, &signed_in(-10)).await.unwrap();
    let account = account();
    {
        let mut opening = std::pin::pin!(first.open(GRAPH, &account));
        // As a run that is stopped drops it, once the refresh token was spent.
        while desk.asked() == 0 {
            let turn = tokio::task::yield_now();
            tokio::select! {
                biased;
                _ = &mut opening => panic!("the desk takes its time"),
                () = turn => {}
            }
        }
    }
    let opened = second.open(GRAPH, &account).await.unwrap();
    assert_eq!((opened.credential, desk.asked()), (bearer("access-1"), 1));
}

#[tokio::test]
async fn a_sign_in_during_a_refresh_holds() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::default();
    let [first, second] = two(folder.path(), &desk).await;
    first.keep(GRAPH, ACCOUNT, &signed_in(-10)).await.unwrap();
    desk.instead(Ok((400, r#"{"error":"invalid_grant"}"#)));
    let account = account();
    let signing = async {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        second.keep(GRAPH, ACCOUNT, &signed_in(3_600)).await.unwrap();
        second.remember(GRAPH, ACCOUNT, "found").await.unwrap();
    };
    let (opened, ()) = tokio::join!(first.open(GRAPH, &account), signing);
    assert_eq!(opened.unwrap().credential, bearer("access-0"));
    let kept = first.secret(GRAPH, ACCOUNT).await.unwrap().unwrap();
    assert_eq!(kept.memory, "found");
    assert_eq!(kept.sign_in.unwrap().grant.refused, None);
}
