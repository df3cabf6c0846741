//! SQL as values: read sets and plans to statements, rows to slices.
//!
//! Nothing is executed here. A host runs a [`Loader`]'s rounds in one read transaction, and a
//! [`Commit`] in one write transaction; between statements it decides nothing. The statements hold
//! the limits of every SQLite there is, Durable Objects' too: at most 100 parameters, rows under
//! 2 MB, integers under 2^53, no BEGIN, no temporary tables, no `last_insert_rowid`.
//!
//! The texts are SQLite's, the only dialect so far, and stand in the modules that use them; what is not
//! text (which rows, which columns, in which rounds) would be the same for another.

mod codes;
mod commit;
mod error;
mod extent;
mod graphs;
mod load;
mod many;
mod migrate;
pub mod outbox;
mod put;
pub mod queries;
pub mod queue;
mod reseal;
pub mod scratch;
mod seal;
mod value;

pub use commit::{Commit, commit};
pub use error::SqlError;
pub use graphs::{
    ERASED_AT_ONCE, GRAPH_TABLES, Sealed, create_graph, delete_secret, erase_payloads, get_secret,
    graph_exists, list_graphs, list_secrets, put_secret, read_graphs, read_secret, read_secrets,
    replace_secret,
};
pub use load::{Loader, Setup};
pub use migrate::{
    MIGRATIONS, Migration, SCHEMA_VERSION, SCHEMA_VERSION_QUERY, SCHEMA_VERSION_TABLE,
};
pub use reseal::{SealedRow, SealedTable};
pub use value::{INTEGER_MAX, PARAMETERS_MAX, Rows, Statement, VALUE_BYTES_MAX, Value};
