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
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;

use super::key::{KeyHash, Scope};
use super::schema::migrate;
use crate::data::Data;
use crate::error::CliError;

/// Whose the first graph of a data folder is: that of the command line.
pub(crate) const OWNER: &str = "owner";

/// How long a statement waits for another process, as the store's own do.
const BUSY: Duration = Duration::from_secs(10);

/// How often the use of a key is written down.
const USED_MS: i64 = 60_000;

/// Whose graph is whose, and who may ask for it. Clones share both connections.
#[derive(Debug, Clone)]
pub(crate) struct Registry {
    /// Where rows are changed. Whoever has it may wait for another process, or for the store.
    changes: Arc<Mutex<Connection>>,
    /// Where rows are looked up, which waits for nobody who writes.
    looks: Arc<Mutex<Connection>>,
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
    pub(crate) body: KeptBody,
    pub(crate) etag: Option<String>,
}

/// What an answer said, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeptBody {
    /// Sealed for the request's place.
    Sealed(Vec<u8>),
    /// By an earlier version of this program: in plain bytes.
    Plain(Vec<u8>),
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

    /// That of a data folder, for work at any of its graphs. Others go on while it is opened.
    pub(crate) async fn beside(data: &Data) -> Result<Self, CliError> {
        let file = data.file();
        let opening = tokio::task::spawn_blocking(move || Self::open(&file));
        opening.await.map_err(|error| CliError::failed("store.failed", &error))?
    }

    /// Opens the file, and brings the server's tables to the present schema.
    fn open(file: &Path) -> Result<Self, CliError> {
        let mut connection = Connection::open(file)?;
        connection.busy_timeout(BUSY)?;
        migrate(&mut connection)?;
        let looks = Connection::open(file)?;
        looks.busy_timeout(BUSY)?;
        looks.pragma_update(None, "query_only", true)?;
        let [changes, looks] = [connection, looks].map(|one| Arc::new(Mutex::new(one)));
        Ok(Self { changes, looks })
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
        self.look(|connection| {
            connection.prepare(statement)?.query_map(params![after, max], read_user)?.collect()
        })
    }

    /// The user by this name.
    pub(crate) fn user(&self, name: &str) -> Result<Option<User>, CliError> {
        let statement = "SELECT name, graph FROM server_user WHERE name = ?";
        self.look(|connection| connection.query_row(statement, [name], read_user).optional())
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
        self.look(|connection| {
            connection.prepare(statement)?.query_map(params![after, max], read_key)?.collect()
        })
    }

    /// Says that a key is used. It is written down once a minute, and where somebody else writes just
    /// then, with the next use: no request waits for it.
    pub(crate) fn use_key(&self, key: &ApiKey, now: Timestamp) {
        if key.used.is_some_and(|at| now.millis_since(at) < USED_MS) {
            return;
        }
        let statement = "UPDATE server_key SET used_ms = ? WHERE id = ?";
        self.try_to(|connection| connection.execute(statement, params![now.as_millis(), key.id]));
    }

    /// The key with this hash and its user, unless it was revoked.
    pub(crate) fn find_key(&self, hash: &KeyHash) -> Result<Option<(ApiKey, User)>, CliError> {
        let statement = "SELECT id, user, server_key.name, scopes, server_key.made_ms, revoked_ms,
                used_ms, server_user.name, graph
            FROM server_key JOIN server_user ON server_user.name = user
            WHERE hash = ? AND revoked_ms IS NULL";
        self.look(|connection| {
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
        self.look(|connection| connection.query_row(statement, [id], |row| row.get(0)))
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
        let look = "SELECT request, status, body, at_ms, etag, first_ms, sealed FROM server_answer
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
                        let body = match row.get::<_, Option<Vec<u8>>>(6)? {
                            Some(sealed) => KeptBody::Sealed(sealed),
                            None => KeptBody::Plain(row.get(2)?),
                        };
                        Before::Answered(Kept { status, body, etag: row.get(4)? })
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

    /// Keeps the answer to a request that was claimed: its status, its body sealed, and its `ETag`.
    pub(crate) fn answer(
        &self,
        (key, token): (&str, &str),
        (status, sealed, etag): (u16, &[u8], Option<&str>),
    ) -> Result<(), CliError> {
        let statement = "UPDATE server_answer SET status = ?, sealed = ?, etag = ?
            WHERE key = ? AND token = ?";
        let values = params![status, sealed, etag, key, token];
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
        self.look(|connection| connection.prepare(statement)?.query_map([], read)?.collect())
    }

    /// Looks something up. The statements are short, so they run where they are asked for.
    pub(crate) fn look<T>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, CliError> {
        // A panic between statements leaves the connection whole.
        let connection = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(work(&connection)?)
    }

    /// Changes something. Where that waits, other requests go on meanwhile.
    pub(crate) fn with<T>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, CliError> {
        let change = || {
            let connection = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
            work(&connection)
        };
        let shares = |on: Handle| on.runtime_flavor() == RuntimeFlavor::MultiThread;
        let changed =
            if Handle::try_current().is_ok_and(shares) { block_in_place(change) } else { change() };
        Ok(changed?)
    }

    /// Changes something that may as well be changed another time: only where nobody is waited for.
    pub(crate) fn try_to<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) {
        if let Ok(connection) = self.changes.try_lock() {
            let at_once = connection.busy_timeout(Duration::ZERO).and_then(|()| work(&connection));
            let patient = connection.busy_timeout(BUSY);
            // It is tried again with the next request.
            drop((at_once, patient));
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches a whole server that stands still while the file is opened once more, because somebody
    /// writes to it just then.
    #[tokio::test]
    async fn others_go_on_while_the_file_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        let data = Data::open(Some(folder.path().to_owned())).await.unwrap();
        let writer = Connection::open(data.file()).unwrap();
        writer.execute_batch("BEGIN IMMEDIATE").unwrap();
        let others = async { writer.execute_batch("COMMIT").unwrap() };
        let (opened, ()) = tokio::join!(Registry::beside(&data), others);
        opened.unwrap();
    }
}
