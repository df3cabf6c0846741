//! Accounts with sealed secrets, in a file of the SQLite store.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod common;

use common::{ACCOUNT, Asked, GRAPH, store};
use kalends_core::graph::{Account, Lifecycle};
use kalends_core::ids::AccountId;
use kalends_core::ports::Credential;
use kalends_core::provider::FailureClass;
use kalends_driver::Accounts;
use kalends_tokio::{SealedAccounts, Secret};

fn account() -> Account {
    Account {
        id: ACCOUNT,
        provider: "caldav".to_owned(),
        name: "work".to_owned(),
        subject: "alice".to_owned(),
        makes_calendars: None,
        state: Lifecycle::Active,
    }
}

fn secret() -> Secret {
    let (user, password) = ("alice".to_owned(), "hunter2".to_owned());
    Secret::new("https://dav/", Credential::Basic { user, password })
}

#[tokio::test]
async fn an_account_opens_with_its_credential_and_what_was_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let asked = Asked::default();
    let accounts = SealedAccounts::new(store(folder.path()).await, asked.clone());
    accounts.keep(GRAPH, ACCOUNT, &secret()).await.unwrap();
    let opened = accounts.open(GRAPH, &account()).await.unwrap();
    assert_eq!(opened.credential, secret().credential);

    assert_eq!(accounts.remember(GRAPH, ACCOUNT, "home=/a/").await, Ok(true));
    assert_eq!(accounts.remember(GRAPH, ACCOUNT, "home=/a/").await, Ok(false));
    accounts.open(GRAPH, &account()).await.unwrap();
    let told = |memory: &str| ("https://dav/".to_owned(), memory.to_owned());
    assert_eq!(asked.take(), [told(""), told("home=/a/")]);
}

#[tokio::test]
async fn nothing_lies_open_in_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let accounts = SealedAccounts::new(store(folder.path()).await, Asked::default());
    accounts.keep(GRAPH, ACCOUNT, &secret()).await.unwrap();
    accounts.remember(GRAPH, ACCOUNT, "home=/a/").await.unwrap();
    let mut bytes = 0;
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let text = std::fs::read(file.unwrap().path()).unwrap();
        bytes += text.len();
        for open in [&b"hunter2"[..], b"https://dav/", b"home="] {
            assert!(!text.windows(open.len()).any(|piece| piece == open));
        }
    }
    assert!(bytes > 0, "there are files to look into");
}

#[tokio::test]
async fn an_account_without_a_readable_secret_asks_for_a_new_sign_in() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    let accounts = SealedAccounts::new(store.clone(), Asked::default());
    let failure = accounts.open(GRAPH, &account()).await.unwrap_err();
    assert_eq!((failure.class, &*failure.code), (FailureClass::SignIn, "account.no-secret"));

    store.put_secret(GRAPH, ACCOUNT, b"of another version").await.unwrap();
    let failure = accounts.open(GRAPH, &account()).await.unwrap_err();
    assert_eq!((failure.class, &*failure.code), (FailureClass::SignIn, "account.unreadable"));

    accounts.forget(GRAPH, ACCOUNT).await.unwrap();
    assert_eq!(accounts.secret(GRAPH, ACCOUNT).await, Ok(None));
    assert_eq!(accounts.remember(GRAPH, AccountId::from_bytes([9; 16]), "x").await, Ok(false));
}
