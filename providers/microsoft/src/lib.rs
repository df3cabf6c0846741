//! Microsoft 365 and Outlook.com through Microsoft Graph, as sans-IO exchanges.
//!
//! Graph says what changed in a window of time that does not move, names what left it as removed
//! whatever became of it, and tells little of the instances of series. So a listing gives names, and
//! each event is read alone, a series always from its master. What was found of Graph's ways stands
//! in `docs/quirks.md`.

mod allowance;
mod ask;
mod config;
mod context;
mod decode;
mod encode;
mod exchange;
mod fault;
mod item;
mod mapping;
mod mark;
mod notice;
mod oauth;
mod provider;
mod recurrence;
mod remember;
mod text;
mod time;
mod token;
mod version;
mod wire;

pub use config::{GRAPH, MicrosoftConfig};
pub use oauth::{Tenant, admin_consent, oauth_client};
pub use provider::Microsoft;
