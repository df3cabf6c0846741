//! Browsers that are signed in.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use kalends::core::ports::Clock as _;
use kalends::core::time::Timestamp;
use kalends_tokio::SystemClock;
use rusqlite::{OptionalExtension as _, params};
use sha2::{Digest as _, Sha256};

use super::super::registry::{OWNER, Registry, User};
use super::super::sign_in::Ticket;
use super::super::state::Server;
use crate::data::Data;
use crate::error::CliError;

/// The cookie of a browser that is signed in.
pub(super) const COOKIE: &str = "kalends-page";
/// How long a browser stays signed in.
pub(super) const LASTS_MS: i64 = 12 * 3_600_000;
/// How long a link is good.
const INVITES_MS: i64 = 15 * 60_000;

/// Somebody at the page.
pub(super) struct Visitor {
    pub(super) user: User,
    pub(super) data: Data,
    /// What their forms bear.
    pub(super) token: String,
}

impl Visitor {
    /// Whether a form was made for this sign-in.
    pub(super) fn made(&self, token: &str) -> bool {
        let (made, sent) = (self.token.as_bytes(), token.as_bytes());
        made.len() == sent.len() && made.iter().zip(sent).fold(0, |all, (a, b)| all | (a ^ b)) == 0
    }
}

impl FromRequestParts<Server> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Response> {
        let away = || Redirect::to("/page/sign-in").into_response();
        let ticket = cookie(&parts.headers).map(Ticket::offered).ok_or_else(away)?;
        let user = server.registry.visitor(&ticket, SystemClock.now());
        let user = user.ok().flatten().ok_or_else(away)?;
        let data = server.data.of_graph(user.graph).await.map_err(|_| away())?;
        Ok(Self { user, data, token: token(&ticket) })
    }
}

/// What forms of a sign-in bear: nobody knows it who has not the cookie.
fn token(ticket: &Ticket) -> String {
    let hash = Sha256::new_with_prefix(b"kalends form").chain_update(ticket.expose()).finalize();
    hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn cookie(headers: &HeaderMap) -> Option<&str> {
    let all = headers.get_all(header::COOKIE).into_iter();
    let pairs = all.filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(';'));
    pairs
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == COOKIE).then_some(value))
}

/// A link that signs the owner's browser in, once.
pub(in crate::serve) fn invite(server: &Server) -> Result<String, CliError> {
    let ticket = Ticket::draw()?;
    let until = SystemClock.now().saturating_add_millis(INVITES_MS);
    server.registry.open_page(&ticket, OWNER, (true, until))?;
    Ok(format!("{}/page/enter/{}", server.doors.base("127.0.0.1"), ticket.expose()))
}

impl Registry {
    /// Keeps a sign-in, or a link that becomes one.
    pub(super) fn open_page(
        &self,
        ticket: &Ticket,
        user: &str,
        (is_link, until): (bool, Timestamp),
    ) -> Result<(), CliError> {
        let statement = "INSERT INTO server_page VALUES (?, ?, ?, ?)";
        let values = params![ticket.hash(), user, is_link, until.as_millis()];
        self.with(|connection| connection.execute(statement, values)).map(drop)
    }

    /// Whose a sign-in is.
    fn visitor(&self, ticket: &Ticket, now: Timestamp) -> Result<Option<User>, CliError> {
        let statement = "SELECT user FROM server_page
            WHERE ticket = ? AND NOT is_link AND expires_ms > ?";
        let values = params![ticket.hash(), now.as_millis()];
        let name: Option<String> = self.with(|connection| {
            connection.query_row(statement, values, |row| row.get(0)).optional()
        })?;
        name.map_or(Ok(None), |name| self.user(&name))
    }

    /// Whether a link is good.
    pub(super) fn has_link(&self, ticket: &Ticket, now: Timestamp) -> Result<bool, CliError> {
        let statement = "SELECT COUNT(*) FROM server_page
            WHERE ticket = ? AND is_link AND expires_ms > ?";
        let values = params![ticket.hash(), now.as_millis()];
        let count: u32 =
            self.with(|connection| connection.query_row(statement, values, |row| row.get(0)))?;
        Ok(count == 1)
    }

    /// Takes a link, once: whose it was.
    pub(super) fn take_link(
        &self,
        ticket: &Ticket,
        now: Timestamp,
    ) -> Result<Option<String>, CliError> {
        let statement = "DELETE FROM server_page
            WHERE ticket = ? AND is_link AND expires_ms > ? RETURNING user";
        let values = params![ticket.hash(), now.as_millis()];
        self.with(|connection| connection.query_row(statement, values, |row| row.get(0)).optional())
    }

    /// Ends a sign-in.
    pub(super) fn close_page(&self, ticket: &Ticket) -> Result<(), CliError> {
        let statement = "DELETE FROM server_page WHERE ticket = ?";
        self.with(|connection| connection.execute(statement, [ticket.hash()])).map(drop)
    }
}
