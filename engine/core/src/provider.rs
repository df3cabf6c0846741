//! What crosses between the engine and a provider: items in, operations out, results back.

use crate::availability::Schedule;
use crate::event::{Body, Content};
use crate::graph::{Capabilities, ScopeKind};
use crate::ids::{ProviderId, ScopeId, Version};
use crate::presence::{Evidence, Guests};
use crate::time::{Timestamp, When};
use crate::watch::{WatchOp, Watching};

/// Items of one conversation, in the order the provider gave them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The scope they were read from.
    pub scope: ScopeId,
    /// The items.
    pub items: Vec<Item>,
    /// Whether a listing of changes told of them that has not come to its end: until then it is
    /// told again, but for what came and went in between.
    pub unfinished: bool,
}

/// One thing a provider said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// An event, or one instance of a series.
    Event(Box<EventItem>),
    /// A message or another thing that is kept and not projected.
    Message(Message),
    /// An object that is not there any more.
    Removed {
        /// Which.
        id: ProviderId,
        /// What said so.
        evidence: Evidence,
    },
    /// One instance of a series that was an object of its own and is as its series has it: it is no
    /// object any more, and nobody deleted it.
    AsRuled {
        /// Which.
        id: ProviderId,
    },
    /// An object that could not be read.
    Broken(Broken),
    /// The listing came to its end; the cursor moves.
    Listed(Listed),
}

/// An event as one calendar holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventItem {
    /// The provider's object.
    pub id: ProviderId,
    /// Its version.
    pub version: Option<Version>,
    /// The name the object goes by in itself: the UID for CalDAV, the id elsewhere. Marks are
    /// made for it.
    pub native: String,
    /// The iCalendar UID, or the native name where there is none.
    pub uid: String,
    /// What it holds.
    pub payload: Payload,
    /// Our mark, as found; not yet verified. Empty: the object of one instance of a series, which we
    /// made as its series had it.
    pub mark: Option<String>,
    /// Another product whose mark it bears.
    pub foreign: Option<String>,
    /// True where it came from a read of this object alone, made after the listing.
    pub fresh: bool,
    /// Codes of what was read otherwise than it is written; recorded with the event.
    pub doubts: Vec<&'static str>,
    /// When its provider says that it was changed last, where it says so. For figures alone: nothing is
    /// decided by it.
    pub changed_at: Option<Timestamp>,
}

impl EventItem {
    /// The doubt of a mirror's series: a write of ours in several steps ended before the last, so that
    /// it need not say what anybody wanted.
    pub const IN_PART: &'static str = "in-part";
}

/// What an event item holds.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "nearly all items are whole events")]
pub enum Payload {
    /// The event whole.
    Whole(Body),
    /// One instance of a series whose master is an object of its own.
    Instance {
        /// The master's object.
        series: ProviderId,
        /// The start before the change.
        original: When,
        /// What it is instead; `None`: cancelled.
        content: Option<Box<Content>>,
    },
}

/// A message of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The provider's object.
    pub id: ProviderId,
    /// Its version.
    pub version: Option<Version>,
    /// The subject.
    pub title: String,
    /// When it was received.
    pub at: Timestamp,
}

/// An item that could not be read: quarantined, never taken as deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The provider's object.
    pub id: ProviderId,
    /// Its version.
    pub version: Option<Version>,
    /// A stable code: `ical.syntax`, ...
    pub code: String,
    /// For people, without text of the event; says what to do.
    pub reason: String,
    /// The raw bytes; cut to 64 KiB when stored.
    pub raw: Vec<u8>,
}

/// The end of a listing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listed {
    /// The token to go on from, if the provider has one.
    pub token: Option<String>,
    /// The quick check value read before the listing.
    pub tag: Option<String>,
    /// Whether all that the scope holds was compared, not only changes.
    pub whole: bool,
}

/// A calendar as discovery shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarItem {
    /// The provider's id.
    pub id: ProviderId,
    /// The display name.
    pub name: String,
    /// What its items are.
    pub kind: ScopeKind,
    /// Seen by subscription.
    pub subscribed: bool,
    /// Whether it says that we made it: the name we gave it when we did.
    pub derived: Option<String>,
    /// What it can hold.
    pub capabilities: Capabilities,
    /// Its sync token now, if shown.
    pub token: Option<String>,
    /// Its quick check value now, if shown.
    pub tag: Option<String>,
}

/// An object by the id a provider gave, or by the id we derived for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ObjectName {
    /// The provider's id.
    Known(ProviderId),
    /// The derived id, 26 characters of base32hex.
    Derived(String),
}

/// A mirror part as it is to be written: whole, what is absent is cleared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MirrorDoc {
    /// The derived id of this generation.
    pub derived: String,
    /// The signed mark.
    pub mark: String,
    /// The content. No people, no alarms, no conference objects.
    pub body: Body,
    /// For a changed instance: its series' object and its original start.
    pub instance: Option<(ObjectName, When)>,
}

/// How much a listing looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listing {
    /// What changed since the token.
    Since(String),
    /// Ids and versions of everything; the caller fetches what differs.
    Names,
    /// Everything with its content, where the provider can; else ids and versions.
    Contents,
}

/// One short conversation with a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderOp {
    /// Find the account's calendars and their states.
    Discover,
    /// List a scope.
    List {
        /// The provider's id of the scope.
        calendar: ProviderId,
        /// How much.
        listing: Listing,
    },
    /// Read these objects alone.
    Fetch {
        /// The provider's id of the scope.
        calendar: ProviderId,
        /// Which; at most 50.
        names: Vec<ObjectName>,
    },
    /// Create a mirror part under its derived id, on condition that the place is free.
    Create {
        /// The provider's id of the calendar.
        calendar: ProviderId,
        /// What to write.
        doc: Box<MirrorDoc>,
    },
    /// Replace a mirror part, on condition that it is at this version.
    Replace {
        /// The provider's id of the calendar.
        calendar: ProviderId,
        /// The object.
        id: ProviderId,
        /// The version it must have.
        version: Version,
        /// What to write.
        doc: Box<MirrorDoc>,
        /// Of a series: its changed instances that are objects of ours, at the versions they were
        /// last read at. Where writing it makes instances as the series has them, no other change
        /// of one is written over.
        instances: Vec<(ProviderId, Version)>,
    },
    /// Delete an object, on condition that it is at this version. Of the object of one instance
    /// of a series: the instance is as the series has it again, also where a person had
    /// cancelled it.
    Delete {
        /// The provider's id of the calendar.
        calendar: ProviderId,
        /// The object.
        id: ProviderId,
        /// The version it must have.
        version: Version,
        /// Whether its guests are told.
        guests: Guests,
    },
    /// Change an origin from `base` to `want`, keeping all that neither speaks of, on condition
    /// that it is at this version.
    Patch {
        /// The provider's id of the calendar.
        calendar: ProviderId,
        /// The object.
        id: ProviderId,
        /// The version it must have.
        version: Version,
        /// What it says.
        base: Box<Body>,
        /// What it should say.
        want: Box<Body>,
        /// Whether its guests are told.
        guests: Guests,
    },
    /// Make a calendar of ours.
    MakeCalendar {
        /// Its derived name, unique and lasting.
        derived: String,
        /// The display name.
        name: String,
    },
    /// Delete a calendar of ours, and only where it bears a name that we made it under: one that
    /// another graph made is not ours to delete.
    DeleteCalendar {
        /// The provider's id of the calendar.
        calendar: ProviderId,
        /// The derived names that it may have been made under.
        derived: Vec<String>,
    },
    /// Ask to be told of changes, or no longer.
    Watch(WatchOp),
    /// Ask when others have time. Ends with [`Done::Fetched`], after one [`Output::Schedule`] for
    /// each that was asked for.
    FreeBusy {
        /// Whose time: addresses, or the provider's ids of calendars.
        of: Vec<String>,
        /// From this time on.
        from: Timestamp,
        /// Up to this time.
        to: Timestamp,
    },
}

/// What a conversation gave, one at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// An item of a listing or a fetch.
    Item(Item),
    /// The id and version of an object, without its content.
    Name {
        /// The object.
        id: ProviderId,
        /// Its version; `None`: not said, so it counts as changed.
        version: Option<Version>,
    },
    /// A calendar of a discovery.
    Calendar(Box<CalendarItem>),
    /// When somebody has time.
    Schedule(Box<Schedule>),
}

/// How a conversation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// A discovery: who the account belongs to, and whether it makes calendars.
    Discovered {
        /// The principal or address; stable.
        subject: String,
        /// Whether calendars can be made.
        makes_calendars: bool,
        /// What the provider wants to be given next time, opaque (homes found, quirks detected).
        remember: String,
    },
    /// A listing.
    Listed(Listed),
    /// A fetch. Objects that were asked for and not there were items before.
    Fetched,
    /// A write was taken.
    Stored(Stored),
    /// A deletion was taken, or the object was not there.
    Deleted,
    /// A calendar was made.
    MadeCalendar {
        /// The provider's id of it.
        calendar: ProviderId,
    },
    /// A watch is open, or its end was moved.
    Watching(Watching),
    /// It did not work.
    Failed(Failure),
}

/// A write that the provider took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The provider's id.
    pub id: ProviderId,
    /// The version, if it said.
    pub version: Option<Version>,
    /// What it holds now, where the answer says so.
    pub body: Option<Box<Body>>,
    /// Of a master: whether its changed instances are as the series has them again, since the
    /// provider drops what was changed when the times or the rule are written (Exchange).
    pub resets_instances: bool,
}

/// Why a conversation did not work, as classes that the caller acts on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Failure {
    /// The class.
    pub class: FailureClass,
    /// A stable code: `http.503`, `dav.no-uid-conflict`, ...
    pub code: String,
    /// For people; ids, codes and numbers only, and what to do. Of [`Failure::CLAIMS`]: the
    /// claims that the sign-in must bring, as the provider gave them.
    pub detail: String,
    /// Not before this time, where the provider said.
    pub retry_at: Option<Timestamp>,
}

impl Failure {
    /// The code of a `SignIn` at which a new token is given only for the claims that the provider
    /// names (continuous access evaluation of Microsoft Entra).
    pub const CLAIMS: &'static str = "sign-in.claims";
}

/// The classes of failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FailureClass {
    /// Nothing was done; it may work later.
    Transient,
    /// Nothing was done; the provider asks for rest.
    Throttled,
    /// Nothing was done; the provider takes no more writes for hours, and goes on being read.
    Quota,
    /// It is not known whether it was done: the answer was lost.
    Unknown,
    /// The credentials were refused.
    SignIn,
    /// The sign-in is good, and an administrator must allow it first.
    Consent,
    /// The credentials are good and this is not allowed.
    Forbidden,
    /// The object is not there.
    NotFound,
    /// The collection itself is not there.
    CalendarGone,
    /// The token or version is not usable any more.
    CursorLost,
    /// The condition of a conditional write did not hold.
    Stale,
    /// The id or UID is taken, by something live or by something deleted.
    Taken,
    /// The object is too large.
    TooLarge,
    /// The provider refuses this for good.
    Refused,
    /// The server does not speak the protocol: a login page, broken XML, an endless body.
    Protocol,
    /// The operation is not offered there.
    Unsupported,
}
