//! CalDAV as sans-IO exchanges: discovery, listing, fetching and conditional writing
//! (RFC 4791, RFC 4918, RFC 5397, RFC 5689, RFC 6578, RFC 6764).
//!
//! Servers differ; what they were measured to do stands in `quirks.txt`, everything else is met by
//! reading every answer with suspicion: hrefs in any spelling, properties that are missing,
//! resources that are not, tokens that are refused in a dozen ways.

mod ask;
mod busy;
mod calendar;
mod condition;
mod config;
mod context;
mod dav;
mod discover;
mod etag;
mod fetch;
mod find;
mod item;
mod list;
mod make;
mod provider;
mod quirks;
mod remember;
mod seconds;
mod write;

pub use config::CaldavConfig;
pub use provider::Caldav;
pub use quirks::Quirks;
