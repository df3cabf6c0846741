//! Signing in with a browser on this machine (RFC 8252): it comes back to a listener on the
//! loopback address.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use kalends_core::account::Grant;
use kalends_core::ports::{Entropy as _, Http};
use kalends_core::provider::Failure;
use kalends_kit::oauth::{Attempt, OauthClient, SignInError};
use kalends_sqlite::OsEntropy;

use crate::inbox::Inbox;
use crate::tokens::ask_for_tokens;

/// A sign-in that waits for the browser.
#[derive(Debug)]
pub struct BrowserSignIn {
    attempt: Attempt,
    inbox: Inbox,
    client: OauthClient,
}

/// Why a sign-in brought nothing.
#[derive(Debug, thiserror::Error)]
pub enum BrowserError {
    /// The browser brought no code.
    #[error(transparent)]
    SignIn(#[from] SignInError),
    /// The code brought no tokens.
    #[error(transparent)]
    Tokens(#[from] Failure),
}

impl BrowserSignIn {
    /// Listens for the browser. `host`: what the provider calls this machine in the addresses it
    /// sends a browser to, `127.0.0.1` or `localhost`.
    ///
    /// # Errors
    /// Where no port can be had.
    pub async fn begin(client: OauthClient, host: &str) -> io::Result<Self> {
        let inbox = Inbox::listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        // Without a path, as programs are registered: Microsoft passes over the port and no more.
        let redirect = format!("http://{host}:{}", inbox.address().port());
        let attempt = Attempt::new(&redirect, &OsEntropy.seed().0);
        Ok(Self { attempt, inbox, client })
    }

    /// The address to open in the browser. `hint`: who is expected to sign in. `claims`: what the
    /// provider wants the sign-in to bring.
    #[must_use]
    pub fn address(&self, hint: Option<&str>, claims: Option<&str>) -> String {
        self.attempt.address(&self.client, hint, claims)
    }

    /// Waits for the browser, and asks for tokens with the code that it brings. Other requests that
    /// come in meanwhile are turned away.
    ///
    /// # Errors
    /// [`BrowserError`] says what to do.
    pub async fn wait<H: Http>(mut self, http: &H) -> Result<Grant, BrowserError> {
        loop {
            let visit = self.inbox.next().await;
            let is_answer = visit.request.method == "GET" && visit.request.path == "/";
            if !is_answer || visit.request.query.is_empty() {
                visit.answer(404, "nothing is here\n");
                continue;
            }
            match self.attempt.code(&visit.request.query) {
                Ok(code) => {
                    let request = self.client.redeem(&self.attempt, &code);
                    let asked = ask_for_tokens(http, request).await;
                    match &asked {
                        Ok(_) => visit.answer(200, "Signed in. You can close this window.\n"),
                        Err(_) => visit.answer(502, "The sign-in did not work.\n"),
                    }
                    // The browser reads its page before the listener ends.
                    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
                    return Ok(Grant::of(asked?));
                }
                // Anybody on this machine can send something else: it ends nothing.
                Err(SignInError::State) => visit.answer(400, "this belongs to another sign-in\n"),
                Err(error) => {
                    visit.answer(200, format!("{error}\n"));
                    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
                    return Err(error.into());
                }
            }
        }
    }
}
