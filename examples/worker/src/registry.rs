//! Who is known, over all graphs: users and their keys, and letters that nobody took, in D1.

use std::cell::Cell;

use kalends::core::ports::Entropy as _;
use kalends::ids::GraphId;
use kalends_cloudflare::WebEntropy;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use wasm_bindgen::JsValue;
use worker::{D1Database, Env};

use crate::keys::{Caller, Scope};
use crate::problem::Problem;

/// Statements by version; what ran is never changed.
const MIGRATIONS: &[&[&str]] = &[
    &[
        "CREATE TABLE users (graph TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT",
        "CREATE TABLE keys (hash TEXT NOT NULL PRIMARY KEY, graph TEXT NOT NULL REFERENCES users) STRICT",
        "CREATE TABLE letters (id INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, \
     body TEXT NOT NULL, at TEXT NOT NULL DEFAULT (datetime('now'))) STRICT",
    ],
    &["CREATE TABLE sign_ins (ticket TEXT NOT NULL PRIMARY KEY, browser TEXT UNIQUE, \
     what TEXT NOT NULL, expires INTEGER NOT NULL) STRICT"],
    &[
        "ALTER TABLE keys ADD COLUMN name TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE keys ADD COLUMN scopes TEXT NOT NULL DEFAULT 'read write'",
    ],
];

thread_local! {
    /// Whether this isolate has seen the present schema.
    static READY: Cell<bool> = const { Cell::new(false) };
}

/// The registry, brought to the present schema.
#[derive(Debug)]
pub(crate) struct Registry(D1Database);

/// A user as they are listed.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) graph: String,
    pub(crate) name: String,
}

/// A letter that nobody took.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Letter {
    pub(crate) id: i64,
    pub(crate) queue: String,
    pub(crate) body: String,
    pub(crate) at: String,
}

#[derive(Deserialize)]
struct Version {
    version: Option<usize>,
}

/// A key as it is listed: nothing that opens anything.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) graph: String,
    name: String,
    scopes: String,
}

#[derive(Deserialize)]
struct OfKey {
    graph: String,
    scopes: String,
}

/// A row, whatever it holds.
#[derive(Deserialize)]
struct Found {}

impl Registry {
    pub(crate) async fn open(env: &Env) -> Result<Self, Problem> {
        let registry = Self(env.d1("REGISTRY")?);
        if !READY.get() {
            registry.migrate().await?;
            READY.set(true);
        }
        Ok(registry)
    }

    /// Each version whole, with the record of it: of two that run at once one fails, and the next
    /// request finds what the other made.
    async fn migrate(&self) -> Result<(), Problem> {
        let table = "CREATE TABLE IF NOT EXISTS migrations (version INTEGER NOT NULL PRIMARY KEY)";
        self.0.prepare(table).run().await?;
        let query = "SELECT max(version) AS version FROM migrations";
        let found: Option<Version> = self.0.prepare(query).first(None).await?;
        let version = found.and_then(|found| found.version).unwrap_or(0);
        if version > MIGRATIONS.len() {
            let known = MIGRATIONS.len();
            let text = format!(
                "the registry has schema {version} and this program knows {known}: \
                 deploy a later version of the program"
            );
            return Err(Problem::new(500, "registry.later", text));
        }
        for (number, statements) in (1..).zip(MIGRATIONS).skip(version) {
            let record = format!("INSERT INTO migrations (version) VALUES ({number})");
            let all = statements.iter().copied().chain([record.as_str()]);
            self.0.batch(all.map(|text| self.0.prepare(text)).collect()).await?;
        }
        Ok(())
    }

    /// A new user, and the key that is told this once.
    pub(crate) async fn add(&self, name: &str, graph: GraphId) -> Result<String, Problem> {
        let key = drawn();
        let graph = graph.to_string();
        let user = self.0.prepare("INSERT INTO users (graph, name) VALUES (?1, ?2)");
        let user = user.bind(&[JsValue::from(&graph), JsValue::from(name)])?;
        let kept = self.0.prepare("INSERT INTO keys (hash, graph) VALUES (?1, ?2)");
        let kept = kept.bind(&[JsValue::from(hash(&key)), JsValue::from(&graph)])?;
        match self.0.batch(vec![user, kept]).await {
            Ok(_) => Ok(key),
            Err(error) if error.to_string().contains("UNIQUE") => {
                Err(Problem::new(409, "user.taken", "somebody has that name"))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Whose key it is, and what it is good for.
    pub(crate) async fn caller(&self, key: &str) -> Result<Caller, Problem> {
        let query = self.0.prepare("SELECT graph, scopes FROM keys WHERE hash = ?1");
        let query = query.bind(&[JsValue::from(hash(key))])?;
        let OfKey { graph, scopes } = query.first(None).await?.ok_or_else(Problem::no_key)?;
        Ok(Caller { graph: graph.parse().map_err(|_| Problem::no_key())?, scopes })
    }

    /// Another key of a user: its id, and the key that is told this once.
    pub(crate) async fn add_key(
        &self,
        graph: GraphId,
        name: &str,
        scopes: &[Scope],
    ) -> Result<(String, String), Problem> {
        let key = drawn();
        let hash = hash(&key);
        let text = "INSERT INTO keys (hash, graph, name, scopes) VALUES (?1, ?2, ?3, ?4)";
        let values = [&hash, &graph.to_string(), name, &Scope::write_all(scopes)];
        self.0.prepare(text).bind(&values.map(JsValue::from))?.run().await?;
        Ok((hash.chars().take(16).collect(), key))
    }

    /// Keys behind a user's, user by user. The id of one is the beginning of its hash, which opens
    /// nothing.
    pub(crate) async fn keys(
        &self,
        (graph, id): (&str, &str),
        limit: u32,
    ) -> Result<Vec<Key>, Problem> {
        let text = "SELECT substr(hash, 1, 16) AS id, graph, name, scopes FROM keys \
            WHERE (graph, substr(hash, 1, 16)) > (?1, ?2) ORDER BY graph, id LIMIT ?3";
        let query = self.0.prepare(text).bind(&[graph.into(), id.into(), limit.into()])?;
        Ok(query.all().await?.results()?)
    }

    /// Ends a key; whether there was one to end.
    pub(crate) async fn end_key(&self, id: &str) -> Result<bool, Problem> {
        let text = "DELETE FROM keys WHERE substr(hash, 1, 16) = ?1 RETURNING graph";
        let query = self.0.prepare(text).bind(&[id.into()])?;
        Ok(query.first::<Found>(None).await?.is_some())
    }

    /// Where tables of other modules are.
    pub(crate) const fn d1(&self) -> &D1Database {
        &self.0
    }

    /// The name of a user.
    pub(crate) async fn name_of(&self, graph: GraphId) -> Result<String, Problem> {
        let query = self.0.prepare("SELECT graph, name FROM users WHERE graph = ?1");
        let query = query.bind(&[JsValue::from(graph.to_string())])?;
        let found: Option<User> = query.first(None).await?;
        found.map(|user| user.name).ok_or_else(|| Problem::not_found("user"))
    }

    pub(crate) async fn knows(&self, graph: GraphId) -> Result<bool, Problem> {
        let query = self.0.prepare("SELECT graph FROM users WHERE graph = ?1");
        let query = query.bind(&[JsValue::from(graph.to_string())])?;
        Ok(query.first::<Found>(None).await?.is_some())
    }

    /// Users after a graph, in order.
    pub(crate) async fn users(&self, after: &str, limit: u32) -> Result<Vec<User>, Problem> {
        let text = "SELECT graph, name FROM users WHERE graph > ?1 ORDER BY graph LIMIT ?2";
        let query = self.0.prepare(text).bind(&[JsValue::from(after), JsValue::from(limit)])?;
        Ok(query.all().await?.results()?)
    }

    /// Keeps a letter that its queue gave up.
    pub(crate) async fn keep(&self, queue: &str, body: &str) -> Result<(), Problem> {
        let text = "INSERT INTO letters (queue, body) VALUES (?1, ?2)";
        let insert = self.0.prepare(text).bind(&[JsValue::from(queue), JsValue::from(body)])?;
        insert.run().await?;
        Ok(())
    }

    /// Letters that nobody took, the oldest first.
    pub(crate) async fn letters(&self, limit: u32) -> Result<Vec<Letter>, Problem> {
        let text = "SELECT id, queue, body, at FROM letters ORDER BY id LIMIT ?1";
        let query = self.0.prepare(text).bind(&[JsValue::from(limit)])?;
        Ok(query.all().await?.results()?)
    }

    pub(crate) async fn letter(&self, id: i32) -> Result<Letter, Problem> {
        let text = "SELECT id, queue, body, at FROM letters WHERE id = ?1";
        let query = self.0.prepare(text).bind(&[JsValue::from(id)])?;
        query.first(None).await?.ok_or_else(|| Problem::not_found("letter"))
    }

    pub(crate) async fn forget(&self, id: i32) -> Result<(), Problem> {
        let text = "DELETE FROM letters WHERE id = ?1";
        self.0.prepare(text).bind(&[JsValue::from(id)])?.run().await?;
        Ok(())
    }
}

/// A new key.
fn drawn() -> String {
    let key: String = WebEntropy.seed().0.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("kal_{key}")
}

/// Keys are 32 random bytes, so a plain hash tells nobody theirs.
pub(crate) fn hash(key: &str) -> String {
    Sha256::digest(key.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
