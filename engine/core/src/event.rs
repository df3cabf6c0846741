//! The canonical event: what a calendar holds, free of any provider's notation.

use crate::time::{Extra, Length, Rule, When, Zone};

/// When an event is: its start, how long it lasts, and the zone its end is written in.
///
/// An end given as a time is an exact length, a DURATION a nominal one (RFC 5545 section
/// 3.8.2.5); an all-day event lasts whole days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The start; its form says zoned, floating or all-day.
    pub start: When,
    /// The length.
    pub length: Length,
    /// The end's own zone, where it differs from the start's.
    pub end_zone: Option<Zone>,
}

/// The recurrence of a series (RFC 5545 sections 3.8.5.1 to 3.8.5.3).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recurrence {
    /// The rules, each with its own text.
    pub rules: Vec<Rule>,
    /// Instances added one by one.
    pub extras: Vec<Extra>,
    /// Original starts taken out one by one; a cancelled instance is one of them.
    pub excluded: Vec<When>,
}

/// RFC 5545 STATUS of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Status {
    /// It takes place.
    #[default]
    Confirmed,
    /// It may take place.
    Tentative,
    /// It was called off.
    Cancelled,
}

/// How the event fills its owner's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Busy {
    /// Not at all.
    Free,
    /// Perhaps.
    Tentative,
    /// Fully.
    #[default]
    Busy,
    /// Fully, away.
    OutOfOffice,
    /// Working in another place.
    Elsewhere,
}

/// Who may see the event's content, as its own calendar says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Privacy {
    /// As the calendar has it.
    #[default]
    Default,
    /// Everyone.
    Public,
    /// Only the owner.
    Private,
    /// Only the owner, and said to be confidential.
    Confidential,
}

impl Privacy {
    /// Whether a copy must not show more than busy time without a grant.
    #[must_use]
    pub const fn is_private(self) -> bool {
        match self {
            Self::Private | Self::Confidential => true,
            Self::Default | Self::Public => false,
        }
    }
}

/// What sort of entry it is at its provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Kind {
    /// An ordinary event.
    #[default]
    Event,
    /// A working location.
    WorkingLocation,
    /// A birthday from an address book.
    Birthday,
    /// Focus time.
    Focus,
    /// An out-of-office entry.
    OutOfOffice,
}

/// The calendar owner's own answer to an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Response {
    /// Nobody was asked.
    #[default]
    None,
    /// Not answered yet.
    Pending,
    /// Yes.
    Accepted,
    /// Perhaps.
    Tentative,
    /// No.
    Declined,
}

/// A person named by an event. Never written to a mirror as an attendee.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Person {
    /// The display name, or empty.
    pub name: String,
    /// The address without `mailto:`, or empty.
    pub email: String,
}

/// The content of an event or of one instance of a series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// SUMMARY; empty where there is none.
    pub title: String,
    /// DESCRIPTION as plain text.
    pub description: String,
    /// LOCATION.
    pub location: String,
    /// The address of the video meeting, if any.
    pub meeting: String,
    /// When it is.
    pub span: Span,
    /// STATUS.
    pub status: Status,
    /// TRANSP and its finer relatives.
    pub busy: Busy,
    /// CLASS.
    pub privacy: Privacy,
    /// What sort of entry.
    pub kind: Kind,
    /// CATEGORIES.
    pub categories: Vec<String>,
    /// ORGANIZER, where someone was invited.
    pub organizer: Option<Person>,
    /// ATTENDEEs.
    pub attendees: Vec<Person>,
    /// The owner's own answer.
    pub response: Response,
    /// Whether the calendar's owner organises it; true where nobody was invited.
    pub organized: bool,
}

impl Content {
    /// An event with these times and nothing else said.
    #[must_use]
    pub fn at(span: Span) -> Self {
        Self {
            title: String::new(),
            description: String::new(),
            location: String::new(),
            meeting: String::new(),
            span,
            status: Status::Confirmed,
            busy: Busy::Busy,
            privacy: Privacy::Default,
            kind: Kind::Event,
            categories: Vec::new(),
            organizer: None,
            attendees: Vec::new(),
            response: Response::None,
            organized: true,
        }
    }
}

/// One instance of a series that differs from its master.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// The start it had before it was changed (RECURRENCE-ID).
    pub original: When,
    /// RANGE=THISANDFUTURE.
    pub this_and_future: bool,
    /// What it is instead.
    pub content: Content,
}

/// One event whole: a single, or a series with everything that belongs to it.
///
/// A cancelled instance stands in [`Recurrence::excluded`], however the provider wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// The single event, or the master of the series.
    pub content: Content,
    /// Present where it is a series.
    pub recurrence: Option<Recurrence>,
    /// The changed instances, sorted by original start.
    pub exceptions: Vec<Exception>,
    /// Set where only this instance of a series was invited: its RECURRENCE-ID.
    pub instance_of: Option<When>,
}

impl Body {
    /// A single event.
    #[must_use]
    pub const fn single(content: Content) -> Self {
        Self { content, recurrence: None, exceptions: Vec::new(), instance_of: None }
    }
}
