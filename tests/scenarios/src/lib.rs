//! Stories of calendars, with how each ends
//!
//! A story is a text file: lines that say what people, servers and the engine do, a line `---`,
//! and all that was seen meanwhile and in the end. [`parse`] reads the first half, [`tell`] lives
//! it over the simulated world, and [`Story`] holds the outcome against the second half.
//! `scripts/README.md` has the words of the language.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "stories are told in tests, which end on a surprise"
)]

mod deeds;
mod golden;
mod killed;
mod names;
mod options;
mod parse;
mod places;
mod report;
mod shown;
mod step;
mod tell;
mod when;
mod words;

pub use golden::{Story, difference};
pub use killed::{Ending, Recorded, killed};
pub use parse::parse;
pub use places::{Places, Visited, stories, visit};
pub use step::{Cast, Deed, Line, Step};
pub use tell::tell;
pub use words::Trouble;
