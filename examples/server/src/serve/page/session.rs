//! Browsers that are signed in.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use kalends::core::ports::Clock as _;
use kalends::core::time::Timestamp;
use kalends_tokio::SystemClock;
use rusqlite::{OptionalExtension as _, Row, params};

use super::super::actor::{Actor, Means};
use super::super::browser::{self, is_same};
use super::super::registry::{Registry, User};
use super::super::sign_in::Ticket;
use super::super::state::Server;
use super::deeds;
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
        is_same(&self.token, token)
    }
}

impl FromRequestParts<Server> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Response> {
        let away = || Redirect::to("/page/sign-in").into_response();
        let ticket = cookie(&parts.headers).map(Ticket::offered).ok_or_else(away)?;
        let found = server.registry.visitor(&ticket, SystemClock.now());
        let (user, key) = found.ok().flatten().ok_or_else(away)?;
        // A key is not good for more because it opened the page.
        let who = key.unwrap_or_else(|| format!("page/{}", user.name));
        if let Some(wait_s) = server.limits.wait_s(&who) {
            server.metrics.limited();
            return Err(deeds::too_many(wait_s));
        }
        let registry = server.registry.clone();
        let actor = Actor { registry, means: Means::Page, name: user.name.clone() };
        let data = server.data.of_graph(user.graph).await.map_err(|_| away())?.by(actor);
        Ok(Self { user, data, token: ticket.form("page") })
    }
}

pub(super) fn cookie(headers: &HeaderMap) -> Option<&str> {
    browser::cookie(headers, COOKIE)
}

/// A link that signs a user's browser in, once, at the server that is reached there.
pub(crate) fn invite(registry: &Registry, base: &str, user: &str) -> Result<String, CliError> {
    let ticket = Ticket::draw()?;
    let until = SystemClock.now().saturating_add_millis(INVITES_MS);
    registry.open_page(&ticket, &Entry { user, key: None, is_link: true }, until)?;
    Ok(format!("{base}/page/enter/{}", ticket.expose()))
}

/// How a browser came, or may come, to the page.
pub(super) struct Entry<'a> {
    pub(super) user: &'a str,
    /// The key that it came by: it stays no longer than that one is good.
    pub(super) key: Option<&'a str>,
    /// Whether it is a link that becomes a sign-in.
    pub(super) is_link: bool,
}

impl Registry {
    /// Keeps a sign-in, or a link that becomes one.
    pub(super) fn open_page(
        &self,
        ticket: &Ticket,
        Entry { user, key, is_link }: &Entry<'_>,
        until: Timestamp,
    ) -> Result<(), CliError> {
        let statement = "INSERT INTO server_page (ticket, user, is_link, expires_ms, key)
            VALUES (?, ?, ?, ?, ?)";
        let values = params![ticket.hash(), user, is_link, until.as_millis(), key];
        self.with(|connection| connection.execute(statement, values)).map(drop)
    }

    /// Whose a sign-in is, and the key that it came by, as long as that one is good.
    pub(super) fn visitor(
        &self,
        ticket: &Ticket,
        now: Timestamp,
    ) -> Result<Option<(User, Option<String>)>, CliError> {
        let statement = "SELECT user, key FROM server_page
            WHERE ticket = ? AND NOT is_link AND expires_ms > ? AND (key IS NULL OR EXISTS
                (SELECT 1 FROM server_key WHERE id = server_page.key AND revoked_ms IS NULL))";
        let values = params![ticket.hash(), now.as_millis()];
        let found: Option<(String, Option<String>)> = self.look(|connection| {
            let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
            connection.query_row(statement, values, read).optional()
        })?;
        let Some((name, key)) = found else { return Ok(None) };
        Ok(self.user(&name)?.map(|user| (user, key)))
    }

    /// Whether a link is good.
    pub(super) fn has_link(&self, ticket: &Ticket, now: Timestamp) -> Result<bool, CliError> {
        let statement = "SELECT COUNT(*) FROM server_page
            WHERE ticket = ? AND is_link AND expires_ms > ?";
        let values = params![ticket.hash(), now.as_millis()];
        let count: u32 =
            self.look(|connection| connection.query_row(statement, values, |row| row.get(0)))?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::OWNER;

    /// Catches a link, or a browser, that is good after its time.
    #[tokio::test]
    async fn a_link_and_a_sign_in_are_over_when_their_time_is() {
        let folder = tempfile::tempdir().unwrap();
        let data = Data::open(Some(folder.path().to_owned())).await.unwrap();
        let registry = Registry::of(&data).unwrap();
        let [in_time, over] = [999, 1_000].map(Timestamp::from_millis);
        let (link, browser) = (Ticket::draw().unwrap(), Ticket::draw().unwrap());
        for (ticket, is_link) in [(&link, true), (&browser, false)] {
            let entry = Entry { user: OWNER, key: None, is_link };
            registry.open_page(ticket, &entry, over).unwrap();
        }
        assert!(!registry.has_link(&link, over).unwrap());
        assert_eq!(registry.take_link(&link, over).unwrap(), None);
        assert!(registry.visitor(&browser, over).unwrap().is_none());
        assert!(registry.has_link(&link, in_time).unwrap());
        assert_eq!(registry.take_link(&link, in_time).unwrap().as_deref(), Some(OWNER));
        assert_eq!(registry.visitor(&browser, in_time).unwrap().unwrap().0.name, OWNER);
        registry.forget_sign_ins(over).unwrap();
        assert!(registry.visitor(&browser, in_time).unwrap().is_none(), "it is forgotten");
    }
}
