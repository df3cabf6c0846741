//! The read side: what is recorded, made ready for people. Pure functions over loaded rows; hosts
//! page through their store and hand the rows in.

mod agenda;
mod busy;
mod chain;
mod digest;
mod explain;
mod lost;
mod offered;
mod reason;
mod unmirrored;

pub use crate::project::wanted_body;
pub use agenda::{Occurring, Shown, agenda, origin};
pub(crate) use agenda::{gap, speaker, zone};
pub use busy::{busy, merge};
pub use chain::{Broken, Chain, Fault};
pub use digest::{GraphDigest, OutOfOrder};
pub use explain::{Explanation, History, MirrorLine, PartLine, PresenceLine, explain};
pub use offered::{Offer, offered};
pub use reason::{Reason, aside, doubt, mode, parked, pause, pending, unwanted};
