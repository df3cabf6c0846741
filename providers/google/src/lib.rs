//! Google Calendar (API v3) as sans-IO exchanges: calendars, listings with sync tokens, events
//! under derived ids, instances of series as parts of their own, channels, free/busy.
//!
//! What Google does otherwise than a reader would expect stands in `docs/quirks.md`, each with the
//! place where it is met.

mod address;
mod allowance;
mod answer;
mod ask;
mod busy;
mod calendar;
mod changes;
mod config;
mod content;
mod context;
mod discover;
mod encode;
mod fetch;
mod instance;
mod item;
mod list;
mod make;
mod marks;
mod notice;
mod oauth;
mod paging;
mod patch;
mod provider;
mod put_back;
mod recurrence;
mod remember;
mod scopes;
mod slot;
mod text;
mod times;
mod trouble;
mod version;
mod watch;
mod wire;
mod write;

pub use config::{API, GoogleConfig};
pub use oauth::{Asks, oauth_client};
pub use provider::Google;
pub use scopes::{ASK_BUSY, Limit, OWN_CALENDARS, READ_EVENTS, READ_LIST, WRITE_EVENTS, limits};
