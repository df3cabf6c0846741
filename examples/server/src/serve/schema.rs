//! The tables of the server, beside those of the graphs.

use rusqlite::Connection;

use crate::error::CliError;

/// Append-only, as the graphs' own are.
const MIGRATIONS: [&str; 18] = [
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
    // What events are called is looked up when a message is sent, and lies in none.
    "
UPDATE server_message SET body = CAST(json_set(CAST(body AS TEXT), '$.data.changes', json((
    SELECT json_group_array(json_remove(value, '$.title'))
    FROM json_each(CAST(body AS TEXT), '$.data.changes')
))) AS BLOB);
",
    "
ALTER TABLE server_feed ADD COLUMN head BLOB;
ALTER TABLE server_feed ADD COLUMN day INTEGER;
ALTER TABLE server_feed ADD COLUMN digest BLOB;
ALTER TABLE server_feed ADD COLUMN changed_ms INTEGER;
",
    // What was kept in plain bytes before is good for the rest of its day.
    "
ALTER TABLE server_answer ADD COLUMN sealed BLOB;
",
    "
ALTER TABLE server_erasure ADD COLUMN mark BLOB;
",
    "
CREATE TABLE server_actor (
    graph BLOB NOT NULL,
    run   TEXT NOT NULL,
    means TEXT NOT NULL,
    name  TEXT NOT NULL,
    PRIMARY KEY (graph, run)
) STRICT, WITHOUT ROWID;
",
    "
ALTER TABLE server_erasure ADD COLUMN called_off_ms INTEGER;
",
    // Who began it, as in `server_actor`.
    "
ALTER TABLE server_sign_in ADD COLUMN means TEXT;
ALTER TABLE server_sign_in ADD COLUMN by_name TEXT;
",
];

/// Brings the tables to the present schema.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), CliError> {
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS server_schema (version INTEGER NOT NULL) STRICT",
    )?;
    if done(connection)? == MIGRATIONS.len() {
        // Whoever only looks waits for nobody who writes.
        return Ok(());
    }
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let seen = done(&transaction)?;
    if seen > MIGRATIONS.len() {
        return Err(CliError::broken(
            "server.schema",
            "the data folder belongs to a later version of this program: use that one",
        ));
    }
    for (version, statements) in (1_u32..).zip(MIGRATIONS).skip(seen) {
        transaction.execute_batch(statements)?;
        transaction.execute("INSERT INTO server_schema VALUES (?)", [version])?;
    }
    Ok(transaction.commit()?)
}

/// How many of the migrations the file has seen.
fn done(connection: &Connection) -> Result<usize, CliError> {
    let rows: u32 =
        connection.query_row("SELECT COUNT(*) FROM server_schema", [], |row| row.get(0))?;
    Ok(rows as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches titles that stay in messages which were written down before they were looked up late.
    #[test]
    fn titles_are_taken_out_of_messages_that_wait() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch("CREATE TABLE server_schema (version INTEGER NOT NULL) STRICT")
            .unwrap();
        for (version, statements) in (1_u32..).zip(MIGRATIONS).take(11) {
            connection.execute_batch(statements).unwrap();
            connection.execute("INSERT INTO server_schema VALUES (?)", [version]).unwrap();
        }
        let body = r#"{"data":{"changes":[{"seq":1,"title":"a"},{"seq":2}],"graph":"g"},"type":"changes"}"#;
        let hook = "INSERT INTO server_webhook VALUES ('hook', x'00', 'u', 1, 1, 0, 0, x'00', 0)";
        connection.execute(hook, []).unwrap();
        let message = "INSERT INTO server_message VALUES ('msg', 'hook', ?, 0, 0, 0, 0, NULL)";
        connection.execute(message, [body.as_bytes()]).unwrap();
        migrate(&mut connection).unwrap();
        let look = "SELECT body FROM server_message";
        let left: Vec<u8> = connection.query_row(look, [], |row| row.get(0)).unwrap();
        assert_eq!(String::from_utf8(left).unwrap(), body.replace(r#","title":"a""#, ""));
    }
}
