//! ICS feeds as sans-IO exchanges: one calendar, read whole, never written.
//!
//! A feed says nothing of what was deleted. An event is missing when a complete feed does not hold
//! it, and deleted when the next complete feed does not either: after a feed whose set of events
//! changed, the next one is read whole even if the server would say that it is the same. A feed that
//! is cut, or is a web page, counts as not read.
//!
//! Some feeds give every event a new UID at each request. Where no UID of the last feed is left
//! while most times and titles are, events are told by time and title from then on.

mod busy;
mod config;
mod digest;
mod ids;
mod provider;
mod read;
mod sketch;
mod stale;
mod token;

pub use config::FeedConfig;
pub use provider::Feed;
pub use stale::stale_after_ms;
