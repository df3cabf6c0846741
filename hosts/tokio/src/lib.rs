//! The Tokio host: HTTP over reqwest and rustls, the machine's clock and randomness, accounts
//! with sealed secrets, and the loop that keeps a graph in step until it is stopped.
//!
//! Everything here fills a port of [`kalends_driver`], but for [`Services`], which tells an
//! application where a domain has its calendars; stores and providers are plugged in by the
//! application.

mod accounts;
mod browser;
mod clock;
mod http;
mod inbox;
mod oidc;
mod refresh;
mod services;
mod tokens;
mod watch;

pub use kalends_core::account::{Grant, Next as NextForToken};
pub use kalends_kit::oauth::{
    Attempt as OauthAttempt, OauthClient, SignInError, TokenFile, missing_scopes,
};

pub use accounts::{Catalog, Kept, NoSignIn, SealedAccounts, SecretStore};
pub use browser::{BrowserError, BrowserSignIn};
pub use clock::SystemClock;
pub use http::{AnswerBody, HttpOptions, ReqwestHttp, SetUpError, is_public};
pub use inbox::{Desk, Inbox, Knock, Visit, Visits};
pub use kalends_driver::WatchOptions;
pub use kalends_kit::{Secret, SignIn};
pub use kalends_sqlite::OsEntropy;
pub use oidc::{PublicKeys, PushFrom, PushRefusal, verify_push};
pub use services::{Service, ServiceError, Services};
pub use tokens::{GrantEnd, TokenDesk, ask_for_tokens, end_grant};
pub use watch::{Listening, watch, watch_listening};
