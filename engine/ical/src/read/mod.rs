//! iCalendar to canonical events.

mod content;
mod feed;
mod foreign;
mod free_busy;
mod instances;
mod meeting;
mod object;
mod people;
mod piece;
mod span;
mod whole;

pub use feed::{Feed, FeedEvent};
pub use free_busy::free_busy;
pub(crate) use instances::Instances;
pub(crate) use meeting::{MEETING_PROPERTIES, is_meeting};
pub use object::{Decoded, END_BEFORE_START, Reader};
pub(crate) use object::{cut, nothing};
pub(crate) use people::{address, is_own};
pub(crate) use piece::{Piece, extra_of};
pub(crate) use span::{when, when_of};
