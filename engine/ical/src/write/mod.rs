//! Canonical events to iCalendar.

mod calendar;
mod content;
mod event;

pub use calendar::{Export, export, mirror};
pub(crate) use calendar::{Uses, zone_lines};
pub(crate) use content::{busy_word, class_word, end_line, status_word, transp_word, when_line};
pub(crate) use event::{extra_line, original_line, rule_line};
