//! Time zones out of one explicit database.

mod alias;
mod database;
mod fixed;
mod observed;
mod outlook;
mod resolver;
mod table;
mod value;
mod windows;

pub use database::tzdb_version;
pub use observed::Observance;
pub(crate) use resolver::Resolver;
pub use value::{Gap, Zone};
