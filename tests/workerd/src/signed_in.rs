//! Accounts whose tokens run out: refreshed inside the object, by one caller, and kept sealed.

use std::sync::Arc;

use futures_util::future::join;
use kalends::core::account::{Grant, Tokens};
use kalends::core::graph::{Account, Lifecycle};
use kalends::core::ports::{Credential, Provider};
use kalends::core::provider::{Failure, FailureClass};
use kalends::core::time::Timestamp;
use kalends::driver::Accounts as _;
use kalends::ids::AccountId;
use kalends_caldav::{Caldav, CaldavConfig};
use kalends_cloudflare::{
    Catalog, FetchHttp, FetchOptions, OauthClient, ObjectAccounts, ObjectStore, Secret, SignIn,
};
use kalends_testkit::contract::rows::GRAPH;
use worker::Storage;

use crate::host::made;
use crate::synced::{Places, open};

/// The names of the cases here.
pub(crate) const CASES: [&str; 3] = [
    "signed_in::a_token_that_ran_out_is_refreshed_by_one_of_two",
    "signed_in::what_was_refused_is_not_asked_for_again",
    "signed_in::a_sign_in_meanwhile_holds",
];

/// Runs a case; whether there is one of that name.
pub(crate) async fn run(name: &str, storage: &Storage, places: &Places) -> bool {
    match CASES.iter().position(|case| *case == name) {
        Some(0) => a_token_that_ran_out_is_refreshed_by_one_of_two(storage, places).await,
        Some(1) => what_was_refused_is_not_asked_for_again(storage, places).await,
        Some(2) => a_sign_in_meanwhile_holds(storage, places).await,
        _ => return false,
    }
    true
}

const ID: AccountId = AccountId::from_bytes([7; 16]);

/// Fails if two conversations that begin together each spend the refresh token, if the next object
/// asks again for what this one was given, or if a token lies in the database as it is.
async fn a_token_that_ran_out_is_refreshed_by_one_of_two(storage: &Storage, places: &Places) {
    let accounts = accounts(&made(storage), open());
    assert_eq!(accounts.keep(GRAPH, ID, &secret(places, "gone", &places.refresh)), Ok(()));
    let account = account();
    let both = join(accounts.open(GRAPH, &account), accounts.open(GRAPH, &account)).await;
    let (Ok(one), Ok(other)) = both else { unreachable!("both are opened: {both:?}") };
    assert_eq!(one.credential, other.credential);
    let Credential::Bearer(token) = &one.credential else { unreachable!("it is a token") };
    assert!(!token.is_empty() && token != "gone");

    // It may talk to nobody here.
    let next = self::accounts(&made(storage), FetchOptions::default());
    let again = next.open(GRAPH, &account).await;
    assert!(again.is_ok_and(|again| again.credential == one.credential));
    let raw = storage.sql().exec("SELECT hex(sealed) AS sealed FROM secrets", None);
    let Ok(Ok(rows)) = raw.map(|cursor| cursor.to_array::<Sealed>()) else {
        unreachable!("the secrets can be read as they lie");
    };
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02X}")).collect::<String>();
    let [row] = rows.as_slice() else { unreachable!("there is one secret") };
    assert!(!row.sealed.contains(&hex(token)) && !row.sealed.contains(&hex(&places.refresh)));
}

/// Fails if a grant that was refused is asked for again before a person signed in.
async fn what_was_refused_is_not_asked_for_again(storage: &Storage, places: &Places) {
    let store = made(storage);
    let accounts = accounts(&store, open());
    assert_eq!(accounts.keep(GRAPH, ID, &secret(places, "gone", "nobody's")), Ok(()));
    let refused = accounts.open(GRAPH, &account()).await;
    assert_eq!(refused.map_err(|failure| failure.class).err(), Some(FailureClass::SignIn));
    // Asked again, it would fail otherwise: it may talk to nobody here.
    let next = self::accounts(&store, FetchOptions::default());
    let again = next.open(GRAPH, &account()).await;
    assert_eq!(again.map_err(|failure| failure.class).err(), Some(FailureClass::SignIn));
}

/// Fails if what a refresh brings takes the place of a sign-in that came while it was asked for.
async fn a_sign_in_meanwhile_holds(storage: &Storage, places: &Places) {
    let accounts = accounts(&made(storage), open());
    assert_eq!(accounts.keep(GRAPH, ID, &secret(places, "gone", &places.refresh)), Ok(()));
    let tokens = Tokens { access: "new".to_owned(), ..Tokens::default() };
    let signed = SignIn { grant: Grant::of(tokens), client: client(places) };
    let signed = Secret::signed_in(&places.google, signed);
    let account = account();
    let sign_in = async { accounts.keep(GRAPH, ID, &signed) };
    let (opened, kept) = join(accounts.open(GRAPH, &account), sign_in).await;
    assert_eq!(kept, Ok(()));
    let new = Credential::Bearer("new".to_owned());
    assert!(opened.is_ok_and(|opened| opened.credential == new));
    let again = accounts.open(GRAPH, &account).await;
    assert!(again.is_ok_and(|again| again.credential == new));
}

#[derive(serde::Deserialize)]
struct Sealed {
    sealed: String,
}

#[derive(Debug)]
struct Any;

impl Catalog for Any {
    fn provider(&self, _: &Account, _: &Secret) -> Result<Arc<dyn Provider>, Failure> {
        Ok(Arc::new(Caldav::new(CaldavConfig::default())))
    }
}

fn accounts(store: &ObjectStore, options: FetchOptions) -> ObjectAccounts<Any> {
    ObjectAccounts::new(store.clone(), FetchHttp::new(options), Any)
}

fn account() -> Account {
    Account {
        id: ID,
        provider: "google".to_owned(),
        name: "google".to_owned(),
        subject: "alice@example.com".to_owned(),
        makes_calendars: None,
        state: Lifecycle::Active,
    }
}

fn client(places: &Places) -> OauthClient {
    OauthClient {
        authorize: String::new(),
        token: format!("{}/token", places.google.trim_end_matches('/')),
        revoke: None,
        id: "kalends-sim".to_owned(),
        secret: None,
        scopes: Vec::new(),
        extra: Vec::new(),
    }
}

/// A token that ran out, and one to refresh it.
fn secret(places: &Places, access: &str, refresh: &str) -> Secret {
    let grant = Grant {
        access: access.to_owned(),
        refresh: Some(refresh.to_owned()),
        expires: Some(Timestamp::from_millis(0)),
        ..Grant::default()
    };
    Secret::signed_in(&places.google, SignIn { grant, client: client(places) })
}
