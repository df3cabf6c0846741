//! A calendar provider as values: strict, without a wire format, in each of the ways of holding
//! a series.
//!
//! - [`SeriesShape::Whole`](kalends_core::graph::SeriesShape): master and changed instances are
//!   one object.
//! - `Parts`: a changed instance is an object that names its master; a cancelled one is a stub
//!   without content; deleting the master deletes them too. Deleting an instance's object by an
//!   operation takes the change back; a person who deletes an instance leaves a stub.
//! - `Patterns`: as parts; a master that no pattern says is refused, and writing other times or
//!   another rule drops what was changed of instances, silently.
//! - `Singles`: there is no recurrence, and a series is refused.
//!
//! A server that is told to tells of changes by notices, which wait until somebody carries them.
//!
//! Writes hold by version, an id stays taken after its object was deleted, listings go on from
//! tokens that can expire, and what a calendar cannot hold it refuses rather than bends. A whole
//! listing can come late: what was put there last is not in it.

mod carry;
mod check;
mod hands;
mod people;
mod server;
mod shelf;
mod shows;
mod tells;

pub use hands::Laid;
pub use server::{Server, User};
pub use shows::Shown;
