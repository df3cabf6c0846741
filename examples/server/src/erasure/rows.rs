//! The rows of erasures, and the deletion of all others of a graph.

use kalends::core::time::Timestamp;
use kalends::ids::{AccountId, GraphId};
use kalends_sqlite::GRAPH_TABLES;
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, TransactionBehavior, params};
use serde::{Deserialize, Serialize};

use super::called_off::CallOff;
use super::certificate::Certificate;
use crate::error::CliError;
use crate::serve::{OWNER, Registry, User};

/// An erasure that was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Erasure {
    /// Its id, which tells nothing of whose it is.
    pub(crate) id: String,
    pub(crate) graph: GraphId,
    /// Whose; forgotten with the rows.
    pub(crate) user: Option<String>,
    /// What became of each account.
    pub(crate) ledger: Vec<Entry>,
    pub(crate) begun: Timestamp,
    /// How far it is.
    pub(crate) stage: Stage,
    /// When the rows were deleted, and how many.
    pub(crate) erased: Option<(Timestamp, u64)>,
    /// Signed at last.
    pub(crate) certificate: Option<Certificate>,
}

/// How far an erasure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Nothing is deleted here.
    Waiting,
    /// It was called off, and what it was taking is put back.
    CalledOff,
    /// Rows are being deleted, or are deleted.
    Ending,
}

/// An account of somebody who is erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Its name and id; forgotten with the rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    /// Its kind.
    pub(crate) provider: String,
    /// Whether its mirrors were left as they are.
    pub(crate) abandoned: bool,
    /// What became of the sign-in: `none`, `ended`, or `stays` where it is to be ended at the
    /// provider.
    pub(crate) sign_in: String,
}

pub(super) const COLUMNS: &str =
    "SELECT id, graph, user, ledger, begun_ms, erased_ms, rows, certificate,
    called_off_ms FROM server_erasure";

/// Tables of the server that hold rows of a user, by the column that says whose. Those that others
/// refer to come last.
pub(super) const BY_USER: [(&str, &str); 5] = [
    ("server_answer", "key IN (SELECT id FROM server_key WHERE user = ?1)"),
    ("server_page", "user = ?1"),
    ("server_sign_in", "user = ?1"),
    ("server_consent", "user = ?1"),
    ("server_key", "user = ?1"),
];

/// How many rows of a graph are deleted at once.
const PIECE: usize = 1_000;

/// What of a graph may be much. Its accounts are gone before, so nobody misses any of it.
pub(super) const MUCH: [&str; 9] =
    ["journal", "payloads", "runs", "parts", "mirrors", "objects", "presences", "events", "asides"];

/// Tables of the server that hold rows of a graph. What waits for a webhook goes with it.
pub(super) const BY_GRAPH: [&str; 4] =
    ["server_actor", "server_closed", "server_feed", "server_webhook"];

impl Registry {
    /// The erasure of a graph that is not at its end, if there is one.
    pub(super) fn open_erasure(&self, graph: GraphId) -> Result<Option<Erasure>, CliError> {
        let statement = format!("{COLUMNS} WHERE graph = ? AND certificate IS NULL");
        self.look(|connection| {
            connection.query_row(&statement, [graph.as_bytes()], read).optional()
        })
    }

    /// The erasures that are not at their end.
    pub(super) fn open_erasures(&self) -> Result<Vec<Erasure>, CliError> {
        self.list(&format!("{COLUMNS} WHERE certificate IS NULL"), read)
    }

    /// The erasure by this id.
    pub(super) fn erasure(&self, id: &str) -> Result<Option<Erasure>, CliError> {
        let statement = format!("{COLUMNS} WHERE id = ?");
        self.look(|connection| connection.query_row(&statement, [id], read).optional())
    }

    /// Writes one down that begins, with the mark that it is found again by; of two at once for a graph,
    /// the first stays.
    pub(super) fn begin_erasure(&self, erasure: &Erasure, mark: &[u8]) -> Result<(), CliError> {
        let statement = "INSERT INTO server_erasure (id, graph, user, ledger, begun_ms, mark)
            VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
        let Erasure { id, graph, user, ledger, begun, .. } = erasure;
        let values = params![id, graph.as_bytes(), user, text(ledger), begun.as_millis(), mark];
        self.with(|connection| connection.execute(statement, values)).map(drop)
    }

    /// Whether a graph is being erased.
    pub(crate) fn is_being_erased(&self, graph: GraphId) -> Result<bool, CliError> {
        Ok(self.open_erasure(graph)?.is_some_and(|erasure| erasure.erased.is_none()))
    }

    /// Writes down that the erasure of a graph is called off, unless one of its rows was deleted. From
    /// then on it takes nothing.
    pub(super) fn call_off(&self, graph: GraphId, now: Timestamp) -> Result<CallOff, CliError> {
        self.with(|connection| {
            let transaction =
                Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
            let look = format!("{COLUMNS} WHERE graph = ? AND certificate IS NULL");
            let open = transaction.query_row(&look, [graph.as_bytes()], read).optional()?;
            let Some(erasure) = open else { return Ok(CallOff::Nothing) };
            let mark = "UPDATE server_erasure SET called_off_ms = ?
                WHERE id = ? AND erased_ms IS NULL AND rows IS NULL";
            if transaction.execute(mark, params![now.as_millis(), erasure.id])? == 0 {
                return Ok(CallOff::TooLate);
            }
            transaction.commit()?;
            Ok(CallOff::Begun(erasure))
        })
    }

    /// Forgets one that was called off, when what it was taking is put back.
    pub(super) fn forget_called_off(&self, id: &str) -> Result<(), CliError> {
        let forget = "DELETE FROM server_erasure WHERE id = ? AND called_off_ms IS NOT NULL";
        self.with(|connection| connection.execute(forget, [id])).map(drop)
    }

    /// Writes down that the sign-in of an account stays at its provider, where its graph is erased.
    pub(crate) fn sign_in_stays(&self, graph: GraphId, account: AccountId) -> Result<(), CliError> {
        self.amend(graph, account, |entry| entry.sign_in = "stays".to_owned()).map(drop)
    }

    /// Writes down that the mirrors of an account were left as they are, and how to reach it is being
    /// forgotten. `None` where the erasure was called off: then nothing is.
    pub(super) fn abandoned(
        &self,
        graph: GraphId,
        account: AccountId,
    ) -> Result<Option<()>, CliError> {
        self.amend(graph, account, |entry| entry.abandoned = true)
    }

    /// What became of an account is said by whoever made it so, in whichever process. `None` where
    /// nothing is being erased.
    fn amend(
        &self,
        graph: GraphId,
        account: AccountId,
        change: impl Fn(&mut Entry),
    ) -> Result<Option<()>, CliError> {
        let account = account.to_string();
        self.with(|connection| {
            let transaction =
                Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
            let look = "SELECT id, ledger FROM server_erasure
                WHERE graph = ? AND certificate IS NULL AND erased_ms IS NULL
                    AND called_off_ms IS NULL";
            let found = transaction.query_row(look, [graph.as_bytes()], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
            });
            let Some((id, ledger)) = found.optional()? else { return Ok(None) };
            let mut ledger = entries(&ledger);
            ledger.iter_mut().filter(|one| one.id.as_ref() == Some(&account)).for_each(change);
            let statement = "UPDATE server_erasure SET ledger = ? WHERE id = ?";
            transaction.execute(statement, params![text(&ledger), id])?;
            transaction.commit().map(Some)
        })
    }

    /// Deletes some of what a table of an erasure's graph holds; whether there may be more. Nobody else
    /// can write meanwhile, so it is not much.
    pub(super) fn wipe_some(&self, erasure: &Erasure, table: &str) -> Result<bool, CliError> {
        self.with(|connection| {
            let transaction =
                Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
            let open = "SELECT count(*) FROM server_erasure
                WHERE id = ? AND erased_ms IS NULL AND called_off_ms IS NULL";
            // What somebody began anew since is no part of it.
            if transaction.query_row(open, [&erasure.id], |row| row.get::<_, u32>(0))? == 0 {
                return Ok(false);
            }
            let key = "SELECT coalesce(group_concat(name, ', '), 'rowid') FROM
                (SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk)";
            let key: String = transaction.query_row(key, [table], |row| row.get(0))?;
            let some = format!(
                "DELETE FROM {table} WHERE ({key}) IN
                    (SELECT {key} FROM {table} WHERE graph = ? LIMIT {PIECE})"
            );
            let count = transaction.execute(&some, [erasure.graph.as_bytes()])?;
            count_rows(&transaction, &erasure.id, count)?;
            transaction.commit()?;
            Ok(count == PIECE)
        })
    }

    /// Deletes every row of the erasure's user, and says so, in one transaction: once, whoever else
    /// tries. The owner keeps an empty graph: the command line works on it.
    pub(super) fn wipe(&self, erasure: &Erasure, now: Timestamp) -> Result<(), CliError> {
        let user = User { name: erasure.user.clone().unwrap_or_default(), graph: erasure.graph };
        self.with(|connection| {
            let transaction =
                Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
            let look = "SELECT ledger FROM server_erasure
                WHERE id = ? AND erased_ms IS NULL AND called_off_ms IS NULL";
            let found = transaction.query_row(look, [&erasure.id], |row| row.get::<_, String>(0));
            let Some(ledger) = found.optional()? else { return Ok(()) };
            let mut ledger = entries(&ledger);
            for entry in &mut ledger {
                (entry.name, entry.id) = (None, None);
            }
            let claim = "UPDATE server_erasure SET user = NULL, ledger = ?, erased_ms = ?
                WHERE id = ?";
            transaction.execute(claim, params![text(&ledger), now.as_millis(), erasure.id])?;
            count_rows(&transaction, &erasure.id, delete(&transaction, &user)?)?;
            transaction.commit()
        })
    }

    /// Deletes a graph, unless a user has it.
    pub(crate) fn forget_graph(&self, graph: GraphId) -> Result<(), CliError> {
        let nobody = User { name: String::new(), graph };
        self.with(|connection| {
            let transaction =
                Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
            let owned = "SELECT EXISTS (SELECT 1 FROM server_user WHERE graph = ?)";
            let bytes = graph.as_bytes().as_slice();
            if !transaction.query_row(owned, [bytes], |row| row.get::<_, bool>(0))? {
                delete(&transaction, &nobody)?;
            }
            transaction.commit()
        })
    }

    /// Keeps the certificate of an erasure; where another process was faster, its own stays.
    pub(super) fn certify(&self, id: &str, certificate: &Certificate) -> Result<(), CliError> {
        let statement =
            "UPDATE server_erasure SET certificate = ? WHERE id = ? AND certificate IS NULL";
        let json = serde_json::to_string(certificate).unwrap_or_default();
        self.with(|connection| connection.execute(statement, params![json, id])).map(drop)
    }

    /// The sealed signing key; `new` is kept where there was none.
    pub(super) fn signing_key(&self, new: Option<&[u8]>) -> Result<Option<Vec<u8>>, CliError> {
        self.with(|connection| {
            if let Some(new) = new {
                let statement = "INSERT INTO server_signing VALUES (1, ?) ON CONFLICT DO NOTHING";
                connection.execute(statement, [new])?;
            }
            let statement = "SELECT sealed FROM server_signing";
            connection.query_row(statement, [], |row| row.get(0)).optional()
        })
    }
}

/// Counts rows that were deleted.
fn count_rows(connection: &Connection, id: &str, count: usize) -> rusqlite::Result<()> {
    let statement = "UPDATE server_erasure SET rows = coalesce(rows, 0) + ? WHERE id = ?";
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    connection.execute(statement, params![count, id]).map(drop)
}

/// How many rows were deleted.
fn delete(connection: &Connection, user: &User) -> rusqlite::Result<usize> {
    let (graph, is_owner) = (user.graph.as_bytes(), user.name == OWNER);
    let mut rows = 0;
    for table in GRAPH_TABLES.iter().chain(&BY_GRAPH) {
        // The owner's graph keeps its own secret, under no account: the command line opens it by it.
        let keeps = is_owner && *table == "secrets";
        let but = if keeps { " AND account <> zeroblob(16)" } else { "" };
        rows +=
            connection.execute(&format!("DELETE FROM {table} WHERE graph = ?{but}"), [graph])?;
    }
    for (table, whose) in BY_USER {
        rows += connection.execute(&format!("DELETE FROM {table} WHERE {whose}"), [&user.name])?;
    }
    if is_owner {
        // Whoever works on what it held loads anew, and finds nothing.
        let emptied = "UPDATE graphs SET version = version + 1, setup = setup + 1, head_seq = 0,
            head_hash = zeroblob(32), fence = fence + 1,
            moved = (SELECT max(moved) + 1 FROM graphs) WHERE graph = ?";
        connection.execute(emptied, [graph])?;
    } else {
        // The count of the moves never goes back, or who looks for graphs that moved since misses some.
        let handed_on = "UPDATE graphs SET moved = (SELECT max(moved) + 1 FROM graphs)
            WHERE graph = (SELECT graph FROM graphs WHERE graph <> ? ORDER BY moved DESC LIMIT 1)";
        connection.execute(handed_on, [graph])?;
        rows += connection.execute("DELETE FROM graphs WHERE graph = ?", [graph])?;
        rows += connection.execute("DELETE FROM server_user WHERE name = ?", [&user.name])?;
    }
    Ok(rows)
}

fn text(ledger: &[Entry]) -> String {
    serde_json::to_string(ledger).unwrap_or_default()
}

fn entries(ledger: &str) -> Vec<Entry> {
    serde_json::from_str(ledger).unwrap_or_default()
}

pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Erasure> {
    let erased: Option<i64> = row.get(5)?;
    let rows: Option<i64> = row.get(6)?;
    let certificate: Option<String> = row.get(7)?;
    let ledger: String = row.get(3)?;
    let called_off: Option<i64> = row.get(8)?;
    let stage = match (called_off, rows.or(erased)) {
        (Some(_), _) => Stage::CalledOff,
        (None, Some(_)) => Stage::Ending,
        (None, None) => Stage::Waiting,
    };
    Ok(Erasure {
        id: row.get(0)?,
        graph: GraphId::from_bytes(row.get(1)?),
        user: row.get(2)?,
        ledger: entries(&ledger),
        begun: Timestamp::from_millis(row.get(4)?),
        stage,
        erased: erased.map(|at| {
            (Timestamp::from_millis(at), rows.and_then(|n| u64::try_from(n).ok()).unwrap_or(0))
        }),
        certificate: certificate.and_then(|json| serde_json::from_str(&json).ok()),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use kalends::queries::HeadsPage;

    use super::*;
    use crate::data::Data;

    /// Catches a table that a later version brings and that an erasure would leave as it is.
    #[tokio::test]
    async fn every_table_with_rows_of_somebody_is_emptied() {
        let folder = tempfile::tempdir().unwrap();
        let data = Data::open(Some(folder.path().to_owned())).await.unwrap();
        let registry = Registry::of(&data).unwrap();
        let owned = "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
            WHERE m.type = 'table' AND c.name IN ('graph', 'user', 'key')";
        let names: Vec<String> = registry.list(owned, |row| row.get(0)).unwrap();
        let emptied = GRAPH_TABLES.iter().chain(&BY_GRAPH).copied();
        let emptied = emptied.chain(BY_USER.map(|(table, _)| table));
        let known: BTreeSet<&str> =
            emptied.chain(["graphs", "server_user", "server_erasure"]).collect();
        let names: BTreeSet<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(names, known);
    }

    /// Catches an erasure of which two processes bring the end about, the second when its user has
    /// begun anew.
    #[tokio::test]
    async fn what_was_begun_anew_is_not_erased_with_what_was_before() {
        let folder = tempfile::tempdir().unwrap();
        let data = Data::open(Some(folder.path().to_owned())).await.unwrap();
        let registry = Registry::of(&data).unwrap();
        let now = Timestamp::from_millis(1);
        let erasure = Erasure {
            id: "era_1".to_owned(),
            graph: data.keys.graph,
            user: Some(OWNER.to_owned()),
            ledger: Vec::new(),
            begun: now,
            stage: Stage::Waiting,
            erased: None,
            certificate: None,
        };
        registry.begin_erasure(&erasure, &[]).unwrap();
        registry.wipe(&erasure, now).unwrap();
        let made = "INSERT INTO server_closed VALUES (?, 'e')";
        registry.with(|on| on.execute(made, [data.keys.graph.as_bytes()])).unwrap();
        registry.wipe(&erasure, Timestamp::from_millis(2)).unwrap();
        let count = "SELECT count(*) FROM server_closed";
        let kept: i64 = registry.with(|on| on.query_row(count, [], |row| row.get(0))).unwrap();
        assert_eq!(kept, 1);
        assert_eq!(registry.erasure("era_1").unwrap().unwrap().erased.unwrap().0, now);
    }

    /// Catches a count of moves that goes back with the graph that moved last: the next moves of others
    /// are none to whoever looks for what moved since.
    #[tokio::test]
    async fn what_moves_after_an_erasure_is_seen_to_move() {
        let folder = tempfile::tempdir().unwrap();
        let data = Data::open(Some(folder.path().to_owned())).await.unwrap();
        let registry = Registry::of(&data).unwrap();
        let (mine, theirs) = (data.keys.graph, GraphId::from_bytes([9; 16]));
        let heads = |after| data.store.query(HeadsPage { after, limit: 10 });
        for _ in 0..3 {
            data.store.create(theirs).await.unwrap();
            let last = heads(None).await.unwrap().last().map(|head| (head.graph, head.moved));
            let (last, moved) = last.unwrap();
            assert_eq!(last, theirs, "it moved last");
            let user = User { name: "bob".to_owned(), graph: theirs };
            registry.with(|connection| delete(connection, &user)).unwrap();
            let since = heads(Some(moved)).await.unwrap();
            assert_eq!(since.iter().map(|head| head.graph).collect::<Vec<_>>(), [mine]);
        }
    }
}
