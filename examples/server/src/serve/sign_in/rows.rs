//! Sign-ins that are under way, and what people agreed to.

use kalends::core::time::Timestamp;
use rusqlite::{OptionalExtension as _, Row, params};

use super::super::actor::ActorView;
use super::super::registry::Registry;
use super::ticket::Ticket;
use crate::error::CliError;

/// A sign-in that is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SignInRow {
    /// Whose graph the account comes into.
    pub(super) user: String,
    /// The provider's kind.
    pub(super) kind: String,
    /// The account's name.
    pub(super) name: String,
    /// Whether the person's own calendars are to be written too.
    pub(super) write: bool,
    /// Where the browser is sent in the end.
    pub(super) back: Option<String>,
    /// Who began it.
    pub(super) by: Option<ActorView>,
}

/// What somebody agreed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConsentRow {
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) scopes: String,
    pub(crate) at: Timestamp,
}

impl Registry {
    pub(super) fn begin_sign_in(
        &self,
        ticket: &Ticket,
        row: &SignInRow,
        expires: Timestamp,
    ) -> Result<(), CliError> {
        let statement = "INSERT INTO server_sign_in
            (ticket, user, kind, name, write, back, expires_ms, means, by_name)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let SignInRow { user, kind, name, write, back, by } = row;
        let (means, by) = by.as_ref().map(|by| (&by.with, &by.name)).unzip();
        let expires = expires.as_millis();
        let values = params![ticket.hash(), user, kind, name, write, back, expires, means, by];
        self.with(|connection| connection.execute(statement, values)).map(drop)
    }

    /// The sign-in of a ticket that no browser has taken up yet.
    pub(super) fn offered_sign_in(
        &self,
        ticket: &Ticket,
        now: Timestamp,
    ) -> Result<Option<SignInRow>, CliError> {
        let statement = "SELECT user, kind, name, write, back, means, by_name FROM server_sign_in
            WHERE ticket = ? AND browser IS NULL AND expires_ms > ?";
        let values = params![ticket.hash(), now.as_millis()];
        self.look(|connection| connection.query_row(statement, values, read).optional())
    }

    /// Ties a sign-in to a browser, once; whether it was free.
    pub(super) fn tie_sign_in(
        &self,
        ticket: &Ticket,
        browser: &Ticket,
        now: Timestamp,
    ) -> Result<bool, CliError> {
        let statement = "UPDATE server_sign_in SET browser = ?
            WHERE ticket = ? AND browser IS NULL AND expires_ms > ?";
        let values = params![browser.hash(), ticket.hash(), now.as_millis()];
        Ok(self.with(|connection| connection.execute(statement, values))? == 1)
    }

    /// Takes the sign-in of a browser: it comes back once.
    pub(super) fn take_sign_in(
        &self,
        browser: &Ticket,
        now: Timestamp,
    ) -> Result<Option<SignInRow>, CliError> {
        let statement = "DELETE FROM server_sign_in WHERE browser = ? AND expires_ms > ?
            RETURNING user, kind, name, write, back, means, by_name";
        let values = params![browser.hash(), now.as_millis()];
        self.with(|connection| connection.query_row(statement, values, read).optional())
    }

    /// Forgets sign-ins whose time is over.
    pub(crate) fn forget_sign_ins(&self, now: Timestamp) -> Result<(), CliError> {
        let now = now.as_millis();
        self.with(|connection| {
            connection.execute("DELETE FROM server_sign_in WHERE expires_ms <= ?", [now])?;
            connection.execute("DELETE FROM server_page WHERE expires_ms <= ?", [now]).map(drop)
        })
    }

    pub(super) fn keep_consent(&self, user: &str, consent: &ConsentRow) -> Result<(), CliError> {
        let statement = "INSERT INTO server_consent VALUES (?, ?, ?, ?, ?)";
        let ConsentRow { kind, name, scopes, at } = consent;
        let values = params![user, kind, name, scopes, at.as_millis()];
        self.with(|connection| connection.execute(statement, values)).map(drop)
    }

    /// What a user agreed to, the newest first.
    /// Each has a number; at most so many below one.
    pub(crate) fn consents(
        &self,
        user: &str,
        (below, limit): (i64, u32),
    ) -> Result<Vec<(i64, ConsentRow)>, CliError> {
        let statement = "SELECT rowid, kind, name, scopes, at_ms FROM server_consent
            WHERE user = ? AND rowid < ? ORDER BY rowid DESC LIMIT ?";
        self.look(|connection| {
            let read = |row: &Row<'_>| {
                let consent = ConsentRow {
                    kind: row.get(1)?,
                    name: row.get(2)?,
                    scopes: row.get(3)?,
                    at: Timestamp::from_millis(row.get(4)?),
                };
                Ok((row.get(0)?, consent))
            };
            connection.prepare(statement)?.query_map(params![user, below, limit], read)?.collect()
        })
    }
}

fn shown((with, name): (String, String)) -> ActorView {
    ActorView { with, name }
}

fn read(row: &Row<'_>) -> rusqlite::Result<SignInRow> {
    Ok(SignInRow {
        user: row.get(0)?,
        kind: row.get(1)?,
        name: row.get(2)?,
        write: row.get(3)?,
        back: row.get(4)?,
        by: row.get::<_, Option<String>>(5)?.zip(row.get(6)?).map(shown),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Data;
    use crate::serve::OWNER;

    /// Catches a sign-in that is good after its time: an address that somebody finds in a history, or a
    /// browser that comes back late.
    #[tokio::test]
    async fn a_sign_in_is_over_when_its_time_is() {
        let folder = tempfile::tempdir().unwrap();
        let data = Data::open(Some(folder.path().to_owned())).await.unwrap();
        let registry = Registry::of(&data).unwrap();
        let [in_time, over] = [999, 1_000].map(Timestamp::from_millis);
        let row = SignInRow {
            user: OWNER.to_owned(),
            kind: "google".to_owned(),
            name: "me".to_owned(),
            write: false,
            back: None,
            by: Some(ActorView { with: "key".to_owned(), name: "app".to_owned() }),
        };
        let (ticket, browser) = (Ticket::draw().unwrap(), Ticket::draw().unwrap());
        registry.begin_sign_in(&ticket, &row, over).unwrap();
        assert_eq!(registry.offered_sign_in(&ticket, over).unwrap(), None);
        assert!(!registry.tie_sign_in(&ticket, &browser, over).unwrap());
        assert_eq!(registry.offered_sign_in(&ticket, in_time).unwrap(), Some(row.clone()));
        assert!(registry.tie_sign_in(&ticket, &browser, in_time).unwrap());
        assert_eq!(registry.take_sign_in(&browser, over).unwrap(), None);
        registry.forget_sign_ins(in_time).unwrap();
        assert_eq!(registry.take_sign_in(&browser, in_time).unwrap(), Some(row));
    }
}
