//! The rows of the server itself, in the same file as the graphs: users, API keys, and answers to
//! requests that may come again.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kalends::core::ports::Clock as _;
use kalends::core::time::Timestamp;
use kalends::ids::GraphId;
use kalends_tokio::SystemClock;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::key::{KeyHash, Scope};
use crate::data::Data;
use crate::error::CliError;

/// Whose the first graph of a data folder is: that of the command line.
pub(crate) const OWNER: &str = "owner";

/// How long a statement waits for another process, as the store's own do.
const BUSY: Duration = Duration::from_secs(10);

/// How often the use of a key is written down.
const USED_MS: i64 = 60_000;

/// Append-only, as the graphs' own are.
const MIGRATIONS: [&str; 11] = [
    "
CREATE TABLE server_user (
    name    TEXT PRIMARY KEY,
    graph   BLOB NOT NULL UNIQUE,
    made_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE server_key (
    id         TEXT PRIMARY KEY,
    hash       BLOB NOT NULL UNIQUE,
    user       TEXT NOT NULL REFERENCES server_user (name),
    name       TEXT NOT NULL,
    scopes     TEXT NOT NULL,
    made_ms    INTEGER NOT NULL,
    revoked_ms INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE server_answer (
    key     TEXT NOT NULL REFERENCES server_key (id),
    token   TEXT NOT NULL,
    request BLOB NOT NULL,
    status  INTEGER,
    body    BLOB,
    at_ms   INTEGER NOT NULL,
    PRIMARY KEY (key, token)
) STRICT, WITHOUT ROWID;
",
    "
CREATE TABLE server_closed (
    graph BLOB NOT NULL,
    edge  TEXT NOT NULL,
    PRIMARY KEY (graph, edge)
) STRICT, WITHOUT ROWID;
",
    "
CREATE TABLE server_sign_in (
    ticket     BLOB PRIMARY KEY,
    user       TEXT NOT NULL REFERENCES server_user (name),
    kind       TEXT NOT NULL,
    name       TEXT NOT NULL,
    write      INTEGER NOT NULL,
    back       TEXT,
    browser    BLOB UNIQUE,
    expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE server_consent (
    user   TEXT NOT NULL REFERENCES server_user (name),
    kind   TEXT NOT NULL,
    name   TEXT NOT NULL,
    scopes TEXT NOT NULL,
    at_ms  INTEGER NOT NULL
) STRICT;
",
    "
CREATE TABLE server_page (
    ticket     BLOB PRIMARY KEY,
    user       TEXT NOT NULL REFERENCES server_user (name),
    is_link    INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
",
    "
ALTER TABLE server_page ADD COLUMN key TEXT REFERENCES server_key (id);
ALTER TABLE server_answer ADD COLUMN etag TEXT;
",
    "
ALTER TABLE server_answer ADD COLUMN first_ms INTEGER NOT NULL DEFAULT 0;
UPDATE server_answer SET first_ms = at_ms;
",
    "
CREATE TABLE server_erasure (
    id          TEXT PRIMARY KEY,
    graph       BLOB NOT NULL,
    user        TEXT,
    ledger      TEXT NOT NULL,
    begun_ms    INTEGER NOT NULL,
    erased_ms   INTEGER,
    rows        INTEGER,
    certificate TEXT
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX server_erasure_open ON server_erasure (graph) WHERE certificate IS NULL;
CREATE TABLE server_signing (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    sealed BLOB NOT NULL
) STRICT;
",
    "
CREATE TABLE server_feed (
    id      TEXT PRIMARY KEY,
    graph   BLOB NOT NULL,
    address BLOB NOT NULL UNIQUE,
    body    TEXT NOT NULL,
    made_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX server_feed_graph ON server_feed (graph);
",
    "
CREATE TABLE server_webhook (
    id        TEXT PRIMARY KEY,
    graph     BLOB NOT NULL,
    url       TEXT NOT NULL,
    titles    INTEGER NOT NULL,
    is_on     INTEGER NOT NULL,
    after_seq INTEGER NOT NULL,
    made_ms   INTEGER NOT NULL,
    secret    BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX server_webhook_graph ON server_webhook (graph);
CREATE TABLE server_message (
    id      TEXT PRIMARY KEY,
    webhook TEXT NOT NULL REFERENCES server_webhook (id) ON DELETE CASCADE,
    body    BLOB NOT NULL,
    made_ms INTEGER NOT NULL,
    tries   INTEGER NOT NULL,
    next_ms INTEGER NOT NULL,
    is_dead INTEGER NOT NULL,
    last    TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX server_message_due ON server_message (webhook, is_dead, next_ms);
",
    "
ALTER TABLE server_key ADD COLUMN used_ms INTEGER;
",
    "
ALTER TABLE server_webhook ADD COLUMN rests_ms INTEGER NOT NULL DEFAULT 0;
",
];

/// Whose graph is whose, and who may ask for it. Clones share one connection.
#[derive(Debug, Clone)]
pub(crate) struct Registry {
    connection: Arc<Mutex<Connection>>,
}

/// Someone with a graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) graph: GraphId,
}

/// An API key, without its secret, which nobody keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiKey {
    /// What it is revoked by.
    pub(crate) id: String,
    pub(crate) user: String,
    pub(crate) name: String,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) made: Timestamp,
    pub(crate) revoked: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub(crate) used: Option<Timestamp>,
}

/// An answer that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    pub(crate) etag: Option<String>,
}

/// What became of a request that bore a token of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Before {
    /// It was not seen: whoever asked carries it out, and keeps its answer.
    New,
    /// It is being carried out, or died on the way.
    UnderWay {
        /// When it was last taken up.
        since: Timestamp,
        /// When it was first seen.
        first: Timestamp,
    },
    /// It was carried out.
    Answered(Kept),
    /// Another request bore the token.
    Another,
}

impl Registry {
    /// Opens that of a data folder. The owner is there from the start.
    pub(crate) fn of(data: &Data) -> Result<Self, CliError> {
        let registry = Self::open(&data.file())?;
        let owner = User { name: OWNER.to_owned(), graph: data.keys.graph };
        registry.add_user(&owner, SystemClock.now())?;
        Ok(registry)
    }

    /// Opens the file, and brings the server's tables to the present schema.
    fn open(file: &Path) -> Result<Self, CliError> {
        let mut connection = Connection::open(file)?;
        connection.busy_timeout(BUSY)?;
        migrate(&mut connection)?;
        Ok(Self { connection: Arc::new(Mutex::new(connection)) })
    }

    /// Adds a user; whether the name was free.
    pub(crate) fn add_user(&self, user: &User, now: Timestamp) -> Result<bool, CliError> {
        let statement = "INSERT INTO server_user VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
        let values = params![user.name, user.graph.as_bytes(), now.as_millis()];
        Ok(self.with(|connection| connection.execute(statement, values))? == 1)
    }

    /// Everyone, by name.
    pub(crate) fn users(&self) -> Result<Vec<User>, CliError> {
        self.list("SELECT name, graph FROM server_user ORDER BY name", read_user)
    }

    /// A page of users, by name.
    pub(crate) fn users_after(&self, after: &str, max: u32) -> Result<Vec<User>, CliError> {
        let statement = "SELECT name, graph FROM server_user WHERE name > ? ORDER BY name LIMIT ?";
        self.with(|connection| {
            connection.prepare(statement)?.query_map(params![after, max], read_user)?.collect()
        })
    }

    /// The user by this name.
    pub(crate) fn user(&self, name: &str) -> Result<Option<User>, CliError> {
        let statement = "SELECT name, graph FROM server_user WHERE name = ?";
        self.with(|connection| connection.query_row(statement, [name], read_user).optional())
    }

    /// Keeps a new key, by its hash alone.
    pub(crate) fn add_key(&self, key: &ApiKey, hash: &KeyHash) -> Result<(), CliError> {
        let statement = "INSERT INTO server_key (id, hash, user, name, scopes, made_ms)
            VALUES (?, ?, ?, ?, ?, ?)";
        let scopes = Scope::write_all(&key.scopes);
        let values = params![key.id, hash.0, key.user, key.name, scopes, key.made.as_millis()];
        self.with(|connection| connection.execute(statement, values)).map(drop)
    }

    /// All keys, the newest last.
    pub(crate) fn keys(&self) -> Result<Vec<ApiKey>, CliError> {
        self.list(
            "SELECT id, user, name, scopes, made_ms, revoked_ms, used_ms FROM server_key
                ORDER BY made_ms",
            read_key,
        )
    }

    /// A page of keys, in the order of their ids, which is that of their age.
    pub(crate) fn keys_after(&self, after: &str, max: u32) -> Result<Vec<ApiKey>, CliError> {
        let statement = "SELECT id, user, name, scopes, made_ms, revoked_ms, used_ms
            FROM server_key WHERE id > ? ORDER BY id LIMIT ?";
        self.with(|connection| {
            connection.prepare(statement)?.query_map(params![after, max], read_key)?.collect()
        })
    }

    /// Says that a key is used. It is written down once a minute.
    pub(crate) fn use_key(&self, key: &ApiKey, now: Timestamp) -> Result<(), CliError> {
        if key.used.is_some_and(|at| now.millis_since(at) < USED_MS) {
            return Ok(());
        }
        let statement = "UPDATE server_key SET used_ms = ? WHERE id = ?";
        let values = params![now.as_millis(), key.id];
        self.with(|connection| connection.execute(statement, values)).map(drop)
    }

    /// The key with this hash and its user, unless it was revoked.
    pub(crate) fn find_key(&self, hash: &KeyHash) -> Result<Option<(ApiKey, User)>, CliError> {
        let statement = "SELECT id, user, server_key.name, scopes, server_key.made_ms, revoked_ms,
                used_ms, server_user.name, graph
            FROM server_key JOIN server_user ON server_user.name = user
            WHERE hash = ? AND revoked_ms IS NULL";
        self.with(|connection| {
            let read = |row: &Row<'_>| {
                let user = User { name: row.get(7)?, graph: GraphId::from_bytes(row.get(8)?) };
                Ok((read_key(row)?, user))
            };
            connection.query_row(statement, [&hash.0], read).optional()
        })
    }

    /// Whether a key is there, and was not ended.
    pub(crate) fn is_good(&self, id: &str) -> Result<bool, CliError> {
        let statement = "SELECT COUNT(*) FROM server_key WHERE id = ? AND revoked_ms IS NULL";
        self.with(|connection| connection.query_row(statement, [id], |row| row.get(0)))
    }

    /// Ends a key; whether there was one to end.
    pub(crate) fn revoke(&self, id: &str, now: Timestamp) -> Result<bool, CliError> {
        let statement = "UPDATE server_key SET revoked_ms = ? WHERE id = ? AND revoked_ms IS NULL";
        let values = params![now.as_millis(), id];
        Ok(self.with(|connection| connection.execute(statement, values))? == 1)
    }

    /// Claims a token of a key for a request, or says what became of the one that bore it before.
    pub(crate) fn claim(
        &self,
        (key, token): (&str, &str),
        request: &[u8],
        now: Timestamp,
    ) -> Result<Before, CliError> {
        let claim = "INSERT INTO server_answer (key, token, request, at_ms, first_ms)
            VALUES (?1, ?2, ?3, ?4, ?4) ON CONFLICT DO NOTHING";
        let look = "SELECT request, status, body, at_ms, etag, first_ms FROM server_answer
            WHERE key = ? AND token = ?";
        self.with(|connection| {
            if connection.execute(claim, params![key, token, request, now.as_millis()])? == 1 {
                return Ok(Before::New);
            }
            connection.query_row(look, [key, token], |row| {
                let (before, status): (Vec<u8>, Option<u16>) = (row.get(0)?, row.get(1)?);
                Ok(match status {
                    _ if before != request => Before::Another,
                    Some(status) => {
                        Before::Answered(Kept { status, body: row.get(2)?, etag: row.get(4)? })
                    }
                    None => Before::UnderWay {
                        since: Timestamp::from_millis(row.get(3)?),
                        first: Timestamp::from_millis(row.get(5)?),
                    },
                })
            })
        })
    }

    /// Claims a token again whose request died on the way; whether nobody else did.
    pub(crate) fn reclaim(
        &self,
        (key, token): (&str, &str),
        since: Timestamp,
        now: Timestamp,
    ) -> Result<bool, CliError> {
        let statement = "UPDATE server_answer SET at_ms = ?
            WHERE key = ? AND token = ? AND at_ms = ? AND status IS NULL";
        let values = params![now.as_millis(), key, token, since.as_millis()];
        Ok(self.with(|connection| connection.execute(statement, values))? == 1)
    }

    /// Keeps the answer to a request that was claimed.
    pub(crate) fn answer(&self, (key, token): (&str, &str), answer: &Kept) -> Result<(), CliError> {
        let statement = "UPDATE server_answer SET status = ?, body = ?, etag = ?
            WHERE key = ? AND token = ?";
        let values = params![answer.status, answer.body, answer.etag, key, token];
        self.with(|connection| connection.execute(statement, values)).map(drop)
    }

    /// Gives a claim back: the request was not answered, and may be carried out again at once.
    pub(crate) fn release(&self, (key, token): (&str, &str)) -> Result<(), CliError> {
        let statement = "UPDATE server_answer SET at_ms = 0
            WHERE key = ? AND token = ? AND status IS NULL";
        self.with(|connection| connection.execute(statement, [key, token])).map(drop)
    }

    /// Gives all claims back: those who held them are gone.
    pub(crate) fn release_all(&self) -> Result<(), CliError> {
        let statement = "UPDATE server_answer SET at_ms = 0 WHERE status IS NULL";
        self.with(|connection| connection.execute(statement, [])).map(drop)
    }

    /// Forgets answers that were given before a time.
    pub(crate) fn forget(&self, before: Timestamp) -> Result<(), CliError> {
        let statement = "DELETE FROM server_answer WHERE first_ms < ?";
        self.with(|connection| connection.execute(statement, [before.as_millis()])).map(drop)
    }

    pub(crate) fn list<T>(
        &self,
        statement: &str,
        read: fn(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, CliError> {
        self.with(|connection| connection.prepare(statement)?.query_map([], read)?.collect())
    }

    /// The statements are short, so they run where they are asked for.
    pub(crate) fn with<T>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, CliError> {
        // A panic between statements leaves the connection whole.
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(work(&connection)?)
    }
}

fn migrate(connection: &mut Connection) -> Result<(), CliError> {
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS server_schema (version INTEGER NOT NULL) STRICT",
    )?;
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let done: u32 =
        transaction.query_row("SELECT COUNT(*) FROM server_schema", [], |row| row.get(0))?;
    if done as usize > MIGRATIONS.len() {
        return Err(CliError::broken(
            "server.schema",
            "the data folder belongs to a later version of this program: use that one",
        ));
    }
    for (version, statements) in (1_u32..).zip(MIGRATIONS).skip(done as usize) {
        transaction.execute_batch(statements)?;
        transaction.execute("INSERT INTO server_schema VALUES (?)", [version])?;
    }
    Ok(transaction.commit()?)
}

fn read_user(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User { name: row.get(0)?, graph: GraphId::from_bytes(row.get(1)?) })
}

fn read_key(row: &Row<'_>) -> rusqlite::Result<ApiKey> {
    Ok(ApiKey {
        id: row.get(0)?,
        user: row.get(1)?,
        name: row.get(2)?,
        scopes: Scope::read_all(&row.get::<_, String>(3)?),
        made: Timestamp::from_millis(row.get(4)?),
        revoked: row.get::<_, Option<i64>>(5)?.map(Timestamp::from_millis),
        used: row.get::<_, Option<i64>>(6)?.map(Timestamp::from_millis),
    })
}
