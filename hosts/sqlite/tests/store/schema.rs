//! The released schema, and files of other versions.

use super::common::{Disk, commit, load, plan, vault};
use kalends_core::ports::StoreError;
use kalends_core::slice::ReadSet;
use kalends_sqlite::SqliteStore;
use kalends_testkit::contract::outbox::met;
use kalends_testkit::contract::rows::{event_id, whole_event};
use rusqlite::Connection;

/// A dump of a database of schema 1 as released; it never changes.
const RELEASED_1: &str = include_str!("../../../../engine/sql/migrations/sqlite/released/0001.sql");

/// The same of schema 2.
const RELEASED_2: &str = include_str!("../../../../engine/sql/migrations/sqlite/released/0002.sql");

/// The same of schema 3.
const RELEASED_3: &str = include_str!("../../../../engine/sql/migrations/sqlite/released/0003.sql");

/// The same of schema 4.
const RELEASED_4: &str = include_str!("../../../../engine/sql/migrations/sqlite/released/0004.sql");

/// The same of schema 5.
const RELEASED_5: &str = include_str!("../../../../engine/sql/migrations/sqlite/released/0005.sql");

/// The same of schema 6.
const RELEASED_6: &str = include_str!("../../../../engine/sql/migrations/sqlite/released/0006.sql");

#[test]
fn a_new_file_has_the_released_schema() {
    let disk = Disk::new();
    drop(disk.open());
    let dump = dump(&Connection::open(disk.path()).unwrap());
    assert_eq!(dump, RELEASED_6, "the dump is:\n{dump}");
}

#[test]
fn files_of_the_released_schemas_open_and_work() {
    for released in [RELEASED_1, RELEASED_2, RELEASED_3, RELEASED_4, RELEASED_5, RELEASED_6] {
        opens_and_works(released);
    }
}

fn opens_and_works(released: &str) {
    let disk = Disk::new();
    let connection = Connection::open(disk.path()).unwrap();
    connection.execute_batch(released).unwrap();
    drop(connection);
    let store = disk.open();
    commit(&store, &plan([whole_event(1), met()].concat()));
    let want = ReadSet { events: [event_id(1)].into(), ..ReadSet::default() };
    assert!(load(&store, &want).events[&event_id(1)].is_some());
    drop(store);
    assert_eq!(dump(&Connection::open(disk.path()).unwrap()), RELEASED_6);
}

#[test]
fn a_file_of_a_later_schema_is_left_alone() {
    let disk = Disk::new();
    drop(disk.open());
    let connection = Connection::open(disk.path()).unwrap();
    connection.execute_batch("INSERT INTO schema_version (version) VALUES (99)").unwrap();
    let before = dump(&connection);
    let refused = SqliteStore::open(&disk.path(), vault());
    assert!(
        matches!(&refused, Err(StoreError::Failed(text)) if text.contains("99")),
        "{refused:?}"
    );
    assert_eq!(dump(&connection), before);
}

#[test]
fn a_migration_that_fails_leaves_nothing() {
    let disk = Disk::new();
    let connection = Connection::open(disk.path()).unwrap();
    connection.execute_batch("CREATE TABLE payloads (x)").unwrap();
    assert!(SqliteStore::open(&disk.path(), vault()).is_err());
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema WHERE type = 'table'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(tables, 1);
}

/// Tables and indexes as statements, and the versions.
fn dump(connection: &Connection) -> String {
    let mut statement = connection
        .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type DESC, name")
        .unwrap();
    let sql = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let mut dump: String = sql.map(|sql| sql.unwrap() + ";\n").collect();
    let mut versions = connection.prepare("SELECT version FROM schema_version").unwrap();
    for version in versions.query_map([], |row| row.get::<_, i64>(0)).unwrap() {
        let version = version.unwrap();
        dump += &format!("INSERT INTO schema_version (version) VALUES ({version});\n");
    }
    dump
}
