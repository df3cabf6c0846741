//! Content lines, components, texts and values: RFC 5545 section 3.1 to 3.3.

mod charset;
mod document;
mod duration;
mod line;
mod output;
mod text;
mod time;

pub(crate) use charset::decoded;
pub(crate) use document::{Component, Document, Kind, prepared, prepared_owned};
pub(crate) use duration::{duration, duration_text};
pub(crate) use line::Property;
pub(crate) use output::Lines;
pub(crate) use text::{escaped, list, parameter, unescaped};
pub(crate) use time::{Clock, clock, date_text, offset_seconds, time_text, utc_text};
