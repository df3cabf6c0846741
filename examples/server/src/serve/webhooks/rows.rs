//! Endpoints, and messages that wait for them.

use kalends::core::time::Timestamp;
use kalends::ids::GraphId;
use rusqlite::{OptionalExtension as _, Row, params};

use super::super::registry::Registry;
use crate::error::CliError;

/// The most endpoints of one graph.
const ENDPOINTS_MAX: i64 = 20;

/// Where changes of a graph are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) id: String,
    pub(crate) graph: GraphId,
    pub(crate) url: String,
    /// Whether titles are told too, as far as the graph's settings let anybody see them.
    pub(crate) titles: bool,
    /// False: it said that it is gone, or somebody switched it off.
    pub(crate) on: bool,
    /// The last entry of the journal that is in a message.
    pub(crate) after: u64,
    pub(crate) made: Timestamp,
    /// It is told nothing before that.
    pub(crate) rests: Timestamp,
}

/// How a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// It waits for its next try.
    Waiting,
    /// It was tried so often that it is tried no more.
    Dead,
}

/// A message to an endpoint that was not taken yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    /// The same with each try.
    pub(crate) id: String,
    pub(crate) body: Vec<u8>,
    pub(crate) made: Timestamp,
    /// How often it was tried.
    pub(crate) tries: u32,
    /// When it is tried next.
    pub(crate) next: Timestamp,
    pub(crate) state: State,
    /// How the last try ended.
    pub(crate) last: Option<String>,
}

const ENDPOINT: &str =
    "SELECT id, graph, url, titles, is_on, after_seq, made_ms, rests_ms FROM server_webhook";
const MESSAGE: &str = "SELECT id, body, made_ms, tries, next_ms, is_dead, last FROM server_message";

impl Registry {
    /// Keeps an endpoint with its sealed secret.
    pub(crate) fn add_endpoint(&self, new: &Endpoint, secret: &[u8]) -> Result<(), CliError> {
        let statement = "INSERT INTO server_webhook
                (id, graph, url, titles, is_on, after_seq, made_ms, secret)
            SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
            WHERE (SELECT COUNT(*) FROM server_webhook WHERE graph = ?2) < ?9";
        let Endpoint { id, graph, url, titles, on, after, made, rests: _ } = new;
        let (graph, after) = (graph.as_bytes(), number(*after));
        let made = made.as_millis();
        let values = params![id, graph, url, titles, on, after, made, secret, ENDPOINTS_MAX];
        match self.with(|connection| connection.execute(statement, values))? {
            0 => Err(CliError::usage(format!("there are {ENDPOINTS_MAX} webhooks already"))),
            _ => Ok(()),
        }
    }

    /// The endpoints of a graph, the newest last.
    pub(crate) fn endpoints(&self, graph: GraphId) -> Result<Vec<Endpoint>, CliError> {
        let statement = format!("{ENDPOINT} WHERE graph = ? ORDER BY made_ms, id");
        self.look(|connection| {
            connection.prepare(&statement)?.query_map([graph.as_bytes()], endpoint)?.collect()
        })
    }

    /// All endpoints that are told of changes now.
    pub(super) fn live_endpoints(&self, now: Timestamp) -> Result<Vec<Endpoint>, CliError> {
        let statement = format!("{ENDPOINT} WHERE is_on AND rests_ms <= ? ORDER BY id");
        self.look(|connection| {
            connection.prepare(&statement)?.query_map([now.as_millis()], endpoint)?.collect()
        })
    }

    /// Tells an endpoint nothing before a time.
    pub(super) fn let_rest(&self, id: &str, until: Timestamp) -> Result<(), CliError> {
        let statement = "UPDATE server_webhook SET rests_ms = ? WHERE id = ?";
        self.with(|connection| connection.execute(statement, params![until.as_millis(), id]))
            .map(drop)
    }

    /// An endpoint of a graph.
    pub(crate) fn endpoint(&self, graph: GraphId, id: &str) -> Result<Option<Endpoint>, CliError> {
        let statement = format!("{ENDPOINT} WHERE graph = ? AND id = ?");
        let values = params![graph.as_bytes(), id];
        self.look(|connection| connection.query_row(&statement, values, endpoint).optional())
    }

    /// The sealed secret of an endpoint.
    pub(super) fn endpoint_secret(&self, id: &str) -> Result<Option<Vec<u8>>, CliError> {
        let statement = "SELECT secret FROM server_webhook WHERE id = ?";
        self.look(|connection| connection.query_row(statement, [id], |row| row.get(0)).optional())
    }

    /// Switches an endpoint on or off. It rests no longer.
    pub(crate) fn switch_endpoint(&self, id: &str, on: bool) -> Result<(), CliError> {
        let statement = "UPDATE server_webhook SET is_on = ?, rests_ms = 0 WHERE id = ?";
        self.with(|connection| connection.execute(statement, params![on, id])).map(drop)
    }

    /// Ends an endpoint of a graph, and what waits for it; whether there was one.
    pub(crate) fn remove_endpoint(&self, graph: GraphId, id: &str) -> Result<bool, CliError> {
        // Its messages go with it.
        let statement = "DELETE FROM server_webhook WHERE graph = ? AND id = ?";
        let values = params![graph.as_bytes(), id];
        Ok(self.with(|connection| connection.execute(statement, values))? == 1)
    }

    /// Writes a message down and moves its endpoint's place in the journal, both or neither. Where
    /// another process was faster, it is none's.
    pub(super) fn post(
        &self,
        to: &Endpoint,
        upto: u64,
        message: Option<&Message>,
    ) -> Result<(), CliError> {
        self.with(|connection| {
            let transaction = connection.unchecked_transaction()?;
            let moved = "UPDATE server_webhook SET after_seq = ? WHERE id = ? AND after_seq = ?";
            let values = params![number(upto), to.id, number(to.after)];
            if transaction.execute(moved, values)? == 1
                && let Some(message) = message
            {
                let statement = "INSERT INTO server_message
                    (id, webhook, body, made_ms, tries, next_ms, is_dead) VALUES (?, ?, ?, ?, 0, ?, 0)";
                let (made, next) = (message.made.as_millis(), message.next.as_millis());
                let values = params![message.id, to.id, message.body, made, next];
                transaction.execute(statement, values)?;
            }
            transaction.commit()
        })
    }

    /// The messages to an endpoint that are due, the oldest first.
    pub(super) fn due(&self, id: &str, now: Timestamp, max: u32) -> Result<Vec<Message>, CliError> {
        let statement = format!(
            "{MESSAGE} WHERE webhook = ? AND NOT is_dead AND next_ms <= ? ORDER BY made_ms, id LIMIT ?"
        );
        let values = params![id, now.as_millis(), max];
        self.look(|connection| {
            connection.prepare(&statement)?.query_map(values, message)?.collect()
        })
    }

    /// A page of the messages to an endpoint that were not taken, in the order of their ids; those in
    /// one state, where it is named.
    pub(crate) fn messages(
        &self,
        (endpoint, state): (&str, Option<State>),
        after: &str,
        max: u32,
    ) -> Result<Vec<Message>, CliError> {
        let statement = format!(
            "{MESSAGE} WHERE webhook = ?1 AND id > ?2 AND is_dead = coalesce(?3, is_dead) \
             ORDER BY id LIMIT ?4"
        );
        let is_dead = state.map(|state| state == State::Dead);
        let values = params![endpoint, after, is_dead, max];
        self.look(|connection| {
            connection.prepare(&statement)?.query_map(values, message)?.collect()
        })
    }

    /// A message was taken.
    pub(super) fn taken(&self, id: &str) -> Result<(), CliError> {
        let statement = "DELETE FROM server_message WHERE id = ?";
        self.with(|connection| connection.execute(statement, [id])).map(drop)
    }

    /// A message was not taken; without a next time it is dead.
    pub(super) fn not_taken(
        &self,
        id: &str,
        next: Option<Timestamp>,
        why: &str,
    ) -> Result<(), CliError> {
        let statement = "UPDATE server_message
            SET tries = tries + 1, next_ms = coalesce(?, next_ms), is_dead = ?, last = ? WHERE id = ?";
        let values = params![next.map(Timestamp::as_millis), next.is_none(), why, id];
        self.with(|connection| connection.execute(statement, values)).map(drop)
    }

    /// Lets a message be tried again, as if it were new, or all dead ones where none is named; how many
    /// there are. Where there are any, their endpoint rests no longer.
    pub(crate) fn replay(
        &self,
        endpoint: &str,
        id: Option<&str>,
        now: Timestamp,
    ) -> Result<usize, CliError> {
        let message = "UPDATE server_message SET tries = 0, next_ms = ?1, is_dead = 0
            WHERE webhook = ?2 AND CASE WHEN ?3 IS NULL THEN is_dead ELSE id = ?3 END";
        let rest = "UPDATE server_webhook SET rests_ms = 0 WHERE id = ?";
        self.with(|connection| {
            let transaction = connection.unchecked_transaction()?;
            let count = transaction.execute(message, params![now.as_millis(), endpoint, id])?;
            if count > 0 {
                transaction.execute(rest, [endpoint])?;
            }
            transaction.commit()?;
            Ok(count)
        })
    }

    /// Forgets dead messages that were made before a time.
    pub(crate) fn forget_dead(&self, before: Timestamp) -> Result<(), CliError> {
        let statement = "DELETE FROM server_message WHERE is_dead AND made_ms < ?";
        self.with(|connection| connection.execute(statement, [before.as_millis()])).map(drop)
    }
}

/// Numbers of entries are far from the end of what SQLite counts.
fn number(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

fn endpoint(row: &Row<'_>) -> rusqlite::Result<Endpoint> {
    let after: i64 = row.get(5)?;
    Ok(Endpoint {
        id: row.get(0)?,
        graph: GraphId::from_bytes(row.get(1)?),
        url: row.get(2)?,
        titles: row.get(3)?,
        on: row.get(4)?,
        after: u64::try_from(after).unwrap_or(0),
        made: Timestamp::from_millis(row.get(6)?),
        rests: Timestamp::from_millis(row.get(7)?),
    })
}

fn message(row: &Row<'_>) -> rusqlite::Result<Message> {
    Ok(Message {
        id: row.get(0)?,
        body: row.get(1)?,
        made: Timestamp::from_millis(row.get(2)?),
        tries: row.get(3)?,
        next: Timestamp::from_millis(row.get(4)?),
        state: if row.get(5)? { State::Dead } else { State::Waiting },
        last: row.get(6)?,
    })
}
