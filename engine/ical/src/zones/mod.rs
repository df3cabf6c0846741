//! Time zones: what a TZID means, and VTIMEZONE read and written.

mod cdo;
mod embedded;
mod names;
mod observances;
mod posix;
mod resolve;

pub(crate) use names::Names;
pub(crate) use observances::timezone;
pub(crate) use resolve::Zones;
