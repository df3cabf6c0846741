//! What a graph is set up with: accounts, calendars, edges and policies.

use crate::event::Kind;
use crate::ids::{AccountId, CalendarId, EdgeId, EventId, ProviderId, ScopeId};
use crate::time::{Gap, Timestamp, Zone};

/// One account as the graph sees it; its credentials lie apart, sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Derived from the provider's kind and the subject.
    pub id: AccountId,
    /// The provider's kind: `caldav`, `feed`, ...
    pub provider: String,
    /// The name its owner gave it, unique in the graph.
    pub name: String,
    /// Who the provider says it is (a principal, an address).
    pub subject: String,
    /// Whether mirrors can get a calendar of their own there; `None` until found out.
    pub makes_calendars: Option<bool>,
    /// In use, or being taken away.
    pub state: Lifecycle,
}

/// The life of an account or an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lifecycle {
    /// In use.
    Active,
    /// Its mirrors are kept as they are, nothing is written.
    Paused(PauseReason),
    /// Its mirrors are being taken back; it ends when none is left.
    Retiring,
    /// It ends without taking its mirrors back.
    Abandoned,
}

/// Why an edge rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PauseReason {
    /// A person deleted the overlay a second time.
    OverlayDeleted,
    /// The server makes no calendars, and none was named.
    NoCalendar,
}

/// How a target holds a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum SeriesShape {
    /// Master and exceptions in one object (CalDAV).
    #[default]
    Whole,
    /// A master, and an object for each changed instance (Google, Graph).
    Parts,
    /// As parts, and the master by one of the patterns of Exchange
    /// ([`Pattern`](crate::time::Pattern)): what no pattern says is written singly.
    Patterns,
    /// No recurrence: the instances inside the window are written singly.
    Singles,
}

/// What a calendar can hold, found by discovery and by experience.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// Whether we may read. What may not be read keeps its mirrors as they are.
    pub read: bool,
    /// Whether we may write.
    pub write: bool,
    /// How it holds a series.
    pub series: SeriesShape,
    /// Whether our mark survives in what it stores.
    pub marks: bool,
    /// Whether it holds floating times.
    pub floating: bool,
    /// What it makes of a local time that does not exist.
    pub gap: Gap,
    /// The zone in which it reads floating times.
    pub zone: Zone,
    /// Whether absence must be seen in two complete listings, because nothing can be read alone.
    pub absence_twice: bool,
    /// The longest title it keeps, in characters.
    pub title_chars_max: Option<u32>,
    /// The longest description it keeps, in characters.
    pub description_chars_max: Option<u32>,
    /// The largest object it stores, in octets of iCalendar (RFC 4791 section 5.2.5).
    pub object_octets_max: Option<u32>,
}

impl Default for Capabilities {
    fn default() -> Self {
        Self {
            read: true,
            write: true,
            series: SeriesShape::Whole,
            marks: true,
            floating: true,
            gap: Gap::Shift,
            zone: Zone::utc(),
            absence_twice: false,
            title_chars_max: None,
            description_chars_max: None,
            object_octets_max: None,
        }
    }
}

/// What a scope is a scope of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScopeKind {
    /// Events, which are projected.
    Calendar,
    /// Messages, which are not.
    Mailbox,
    /// An app's records.
    Records,
}

/// A calendar of an account, and the scope that reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    /// Derived from the account and the provider's id; for an overlay not yet made, drawn.
    pub id: CalendarId,
    /// Its account.
    pub account: AccountId,
    /// The provider's id (for CalDAV the collection's path); `None` until an overlay is made.
    pub provider_id: Option<ProviderId>,
    /// The display name.
    pub name: String,
    /// What its items are.
    pub kind: ScopeKind,
    /// Whether it is read.
    pub on: bool,
    /// What it can hold.
    pub capabilities: Capabilities,
    /// Whose it is and whether it is there.
    pub role: CalendarRole,
}

impl Calendar {
    /// The scope with the calendar's bytes.
    #[must_use]
    pub fn scope(&self) -> ScopeId {
        self.id.into()
    }
}

/// Whose a calendar is and whether it is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CalendarRole {
    /// The person's.
    Theirs,
    /// The person's, seen by subscription: not read unless asked.
    Subscribed,
    /// An overlay of ours.
    Overlay(OverlayState),
    /// The graph's own calendar, without a provider.
    Own,
    /// It was there, and the account no longer lists it.
    Lost,
}

/// The life of an overlay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OverlayState {
    /// To be made; `remade` counts how often a person had deleted it.
    Wanted {
        /// How often it was made anew.
        remade: u8,
    },
    /// It is there.
    Made {
        /// How often it was made anew.
        remade: u8,
    },
    /// No edge needs it any more; it is deleted when it holds nothing but ours.
    Retiring,
}

/// How much of an event a mirror shows. Ordered: more detail is greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum DetailLevel {
    /// That the time is taken.
    #[default]
    Busy,
    /// And the title.
    Title,
    /// And description and place.
    Full,
}

/// Where the mirrors of an edge live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum CalendarKind {
    /// A calendar of the target account that we make and own.
    #[default]
    BusyOverlay,
    /// A calendar of the person's own, beside their events.
    TrueMirror,
}

/// What happens to a mirror that a person edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum OnEdit {
    /// It is written back as it should be.
    #[default]
    Revert,
    /// The edit goes to the origin.
    Propagate,
    /// The copy is the person's from now on.
    Detach,
}

/// What happens when a person deletes a mirror, or cancels an instance of one. With another rule or
/// start for its series that is an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum OnDelete {
    /// It is made again.
    #[default]
    Restore,
    /// The origin is deleted too, or loses the instance; unless it says more by then than the mirror
    /// showed.
    Propagate,
    /// It stays away; a series without the instance is the person's from now on.
    Detach,
}

/// Whose value wins where both sides changed one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum OnConflict {
    /// The one seen last, in the journal's order.
    #[default]
    LastSeen,
    /// The origin's.
    Origin,
    /// The mirror's.
    Mirror,
}

/// Which events an edge leaves out. All false and empty: the defaults of DESIGN section 7 hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filters {
    /// Leave out all-day events.
    pub skip_all_day: bool,
    /// Mirror events that leave the time free.
    pub with_free: bool,
    /// Mirror events the person declined.
    pub with_declined: bool,
    /// Leave out tentative events.
    pub skip_tentative: bool,
    /// Mirror these kinds too, which are left out by default.
    pub with_kinds: Vec<Kind>,
    /// Mirror only events in one of these categories, where any is named.
    pub only_categories: Vec<String>,
    /// Leave out events in one of these categories.
    pub skip_categories: Vec<String>,
    /// Mirror only events whose title holds one of these words (case folded), where any is named.
    pub only_keywords: Vec<String>,
    /// Leave out events whose title or description holds one of these words (case folded);
    /// `#nosync` always does.
    pub skip_keywords: Vec<String>,
}

/// The part of time an edge mirrors, in days around now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Window {
    /// Days back.
    pub past_days: u16,
    /// Days ahead.
    pub future_days: u16,
}

impl Default for Window {
    fn default() -> Self {
        Self { past_days: 30, future_days: 400 }
    }
}

/// What an edge does; defaults as DESIGN section 7 has them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EdgeOptions {
    /// How much a mirror shows at most.
    pub level: DetailLevel,
    /// Overlay or true mirror.
    pub kind: CalendarKind,
    /// The mirror's title, with `{title}` where the level shows it; `None`: "Busy" at busy, else
    /// the event's own.
    pub title: Option<String>,
    /// What is left out.
    pub filters: Filters,
    /// The window.
    pub window: Window,
    /// Private events show at the edge's level, instead of busy.
    pub private_grant: bool,
    /// Origins with attendees may be changed because of a mirror.
    pub may_notify: bool,
    /// At full: names of the people as text.
    pub people: bool,
    /// At full: the meeting's address as text.
    pub meeting: bool,
    /// Mirrors edited by a person.
    pub on_edit: OnEdit,
    /// Mirrors deleted by a person.
    pub on_delete: OnDelete,
    /// Both sides changed one field.
    pub on_conflict: OnConflict,
}

/// A directed edge: events of one calendar, mirrored into another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// Its id.
    pub id: EdgeId,
    /// The source calendar.
    pub from: CalendarId,
    /// The target calendar.
    pub to: CalendarId,
    /// What it does.
    pub options: EdgeOptions,
    /// In use, resting or retiring.
    pub state: Lifecycle,
    /// The other edge of a two-way pair.
    pub pair: Option<EdgeId>,
}

/// How far the events of an edge have been looked at since it was made or changed: operational.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sweep {
    /// All were, at this time; again when the window has moved.
    Done(Timestamp),
    /// Those up to this event were; `None`: none yet.
    After(Option<EventId>),
    /// The same since the edge itself or a policy changed: mirrors that rest are looked at too.
    Changed(Option<EventId>),
    /// None is looked at: its source calendar was not read to its end since it is read again, so that
    /// what is not recorded of it may be there all the same.
    Waiting,
    /// It was: its mirrors are counted, and those of them whose events the calendar does not show.
    Weighing {
        /// The last event that was looked at; `None`: none yet.
        after: Option<EventId>,
        /// Mirrors that would go.
        lost: u32,
        /// Mirrors that there are.
        of: u32,
    },
    /// Too many would go: a person is asked.
    Held,
}

impl Default for Sweep {
    /// Nothing was worked through so far.
    fn default() -> Self {
        Self::After(None)
    }
}

impl Sweep {
    /// The same from the first event on: what a change asked for is not forgotten.
    #[must_use]
    pub const fn again(self) -> Self {
        match self {
            Self::Changed(_) => Self::Changed(None),
            Self::Done(_) | Self::After(_) => Self::After(None),
            Self::Waiting => Self::Waiting,
            Self::Weighing { .. } => Self::WEIGHED_FIRST,
            Self::Held => Self::Held,
        }
    }

    /// Nothing was counted yet.
    pub(crate) const WEIGHED_FIRST: Self = Self::Weighing { after: None, lost: 0, of: 0 };

    /// Whether mirrors stay whose events the source calendar does not show.
    #[must_use]
    pub const fn keeps_unseen(self) -> bool {
        match self {
            Self::Waiting | Self::Weighing { .. } | Self::Held => true,
            Self::Done(_) | Self::After(_) | Self::Changed(_) => false,
        }
    }
}

/// Limits on what any edge may show, set by the person or by their organisation.
///
/// Policies merge by their meet: the least disclosure of all holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Most detail that may be shown.
    pub level_max: DetailLevel,
    /// Whether a private grant counts.
    pub private_grants: bool,
    /// Whether people may be shown at full.
    pub people: bool,
    /// Whether the meeting's address may be shown at full.
    pub meeting: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self { level_max: DetailLevel::Full, private_grants: true, people: true, meeting: true }
    }
}

/// Who set a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyOwner {
    /// The person.
    Person,
    /// The organisation.
    Organization,
}
