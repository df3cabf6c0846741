//! The schema, as migrations that are only ever added to.

/// One step of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migration {
    /// Its number, from 1 without gaps.
    pub version: i64,
    /// Its statements, to be run in order in one transaction.
    pub statements: &'static str,
}

/// All migrations, in order. A released one never changes.
///
/// A host runs those above the database's version, each in a transaction of its own, and ends it
/// by [`Migration::record`]. A version above [`SCHEMA_VERSION`] belongs to a later program: leave
/// the database alone.
pub const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, statements: include_str!("../migrations/sqlite/0001_init.sql") },
    Migration { version: 2, statements: include_str!("../migrations/sqlite/0002_meetings.sql") },
    Migration { version: 3, statements: include_str!("../migrations/sqlite/0003_watches.sql") },
    Migration { version: 4, statements: include_str!("../migrations/sqlite/0004_planning.sql") },
    Migration { version: 5, statements: include_str!("../migrations/sqlite/0005_scratch.sql") },
    Migration { version: 6, statements: include_str!("../migrations/sqlite/0006_glances.sql") },
];

/// The schema's version after all migrations.
pub const SCHEMA_VERSION: i64 = MIGRATIONS.len() as i64;

/// Makes the table of versions, to be run before anything else.
pub const SCHEMA_VERSION_TABLE: &str =
    "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL PRIMARY KEY)";

/// The database's version; 0 for a new one.
pub const SCHEMA_VERSION_QUERY: &str = "SELECT coalesce(max(version), 0) FROM schema_version";

impl Migration {
    /// The statement that says that this migration is done.
    #[must_use]
    pub fn record(&self) -> String {
        format!("INSERT INTO schema_version (version) VALUES ({})", self.version)
    }
}
