//! What a step may see: a read set asked for, and the slice that answers it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::cursor::{Cursor, Health, Review, Run};
use crate::few::Few;
use crate::graph::{Account, Calendar, Edge, Lifecycle, Policy, PolicyOwner, Sweep};
use crate::health::CIRCUIT_OPENS_AT;
use crate::ids::{
    AccountId, CalendarId, EdgeId, EventId, HoldId, MeetingId, MessageId, ProviderId, RuleId,
    RunId, ScopeId, SessionId, Version,
};
use crate::journal::{Entry, Head, Payload};
use crate::meeting::{Meeting, Received};
use crate::mirror::{Mirror, Part, PartKey, PartRef};
use crate::presence::{Aside, Event, Presence};
use crate::schedule::{Hold, Rule, Session};
use crate::time::{Timestamp, When};
use crate::watch::{Upkeep, Watch};

/// Counts the commits of a graph; a commit names the version it was decided on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct GraphVersion(pub u64);

/// Keys and ranges wanted. The set-up ([`Config`]) always comes along.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReadSet {
    /// Events with their presences, mirrors, parts and strays.
    pub events: Few<BTreeSet<EventId>>,
    /// Objects by calendar and provider id, with what is set aside under the same key.
    pub objects: Few<BTreeSet<(CalendarId, ProviderId)>>,
    /// Pages of the objects of a calendar between two ids.
    pub ranges: Few<BTreeSet<ObjectRange>>,
    /// Pages of events present in a calendar, in the order of their ids; the events come along.
    pub presences: Few<BTreeSet<PresencePage>>,
    /// Pages of events mirrored by an edge, in the order of their ids; the events come along.
    pub mirrors: Few<BTreeSet<MirrorPage>>,
    /// Whether any calendar has evidence of deletions.
    pub evidence: Few<BTreeSet<AnyCalendar>>,
    /// Events with evidence of a deletion in a calendar; the events come along.
    pub gone: Few<BTreeSet<CalendarId>>,
    /// Events that may take place between two times, in any calendar; the events come along.
    pub times: Few<BTreeSet<TimePage>>,
    /// What is set aside in a calendar, by name.
    pub aside_pages: Few<BTreeSet<AsidePage>>,
    /// Cursors.
    pub cursors: Few<BTreeSet<ScopeId>>,
    /// Runs.
    pub runs: Few<BTreeSet<RunId>>,
    /// Health of accounts.
    pub health: Few<BTreeSet<AccountId>>,
    /// Watches of scopes.
    pub watches: Few<BTreeSet<ScopeId>>,
    /// Meetings with other graphs.
    pub meetings: Few<BTreeSet<MeetingId>>,
    /// Messages of other graphs, by whether they were taken in.
    pub received: Few<BTreeSet<MessageId>>,
    /// Journal entries of a run, with their payloads.
    pub journal: Few<BTreeSet<RunId>>,
    /// Journal entries by number, with their payloads.
    pub entries: Few<BTreeSet<u64>>,
}

macro_rules! each_wanted {
    ($wanted:ident) => {
        $wanted!(
            events,
            objects,
            ranges,
            presences,
            mirrors,
            evidence,
            gone,
            times,
            aside_pages,
            cursors,
            runs,
            health,
            watches,
            meetings,
            received,
            journal,
            entries
        )
    };
}

impl ReadSet {
    /// Whether nothing beyond the set-up is wanted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        macro_rules! none {
            ($($field:ident),*) => { $(self.$field.is_empty())&&* };
        }
        each_wanted!(none)
    }

    /// How many keys and ranges are wanted beyond the set-up.
    #[must_use]
    pub fn len(&self) -> usize {
        macro_rules! sum {
            ($($field:ident),*) => { 0 $(+ self.$field.len())* };
        }
        each_wanted!(sum)
    }

    /// Adds all that `other` wants.
    pub fn merge(&mut self, other: Self) {
        macro_rules! join {
            ($($field:ident),*) => {
                // A field that the list leaves out is one that does not compile here.
                let Self { $($field),* } = other;
                $(self.$field.join($field);)*
            };
        }
        each_wanted!(join);
    }
}

/// The first `limit` objects of a calendar with `after < id` and `id <= until`; `None`: no bound.
/// Fewer than `limit` are all of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectRange {
    /// The calendar.
    pub calendar: CalendarId,
    /// Exclusive lower bound.
    pub after: Option<ProviderId>,
    /// Inclusive upper bound.
    pub until: Option<ProviderId>,
    /// How many at most.
    pub limit: u32,
}

impl ObjectRange {
    /// Where the range is cut off, given what was found in it: at its last object, where that is
    /// not known to be the end.
    #[must_use]
    pub fn cut<'a>(&self, found: &'a [(ProviderId, ObjectRow)]) -> Option<&'a ProviderId> {
        let full = found.len() >= self.limit as usize;
        found.last().filter(|_| full).map(|(id, _)| id)
    }
}

/// Up to `limit` events present in a calendar with an id after `after`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PresencePage {
    /// The calendar.
    pub calendar: CalendarId,
    /// Exclusive lower bound.
    pub after: Option<EventId>,
    /// How many at most.
    pub limit: u32,
}

/// Up to `limit` events mirrored by an edge with an id after `after`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MirrorPage {
    /// The edge.
    pub edge: EdgeId,
    /// Exclusive lower bound.
    pub after: Option<EventId>,
    /// How many at most.
    pub limit: u32,
}

/// The first `limit` objects set aside in a calendar, strays apart. There is no page after it: who
/// asks takes away what it names, and asks again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AsidePage {
    /// The calendar.
    pub calendar: CalendarId,
    /// How many at most.
    pub limit: u32,
}

/// All events of a graph that may take place between two times. Some of them may not: series are
/// expanded by who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimePage {
    /// Inclusive lower bound.
    pub from: Timestamp,
    /// Exclusive upper bound.
    pub to: Timestamp,
}

/// The calendars of the graph, whichever they are: asked for once, however many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AnyCalendar;

/// A page of events.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// The events, in the order of their ids.
    pub events: Vec<EventId>,
    /// Whether more follow.
    pub more: bool,
}

/// The events of a calendar with evidence of a deletion.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GonePage {
    /// Up to 200 of them, in the order of their ids.
    pub events: Vec<EventId>,
    /// How many presences there are with evidence.
    pub presences_gone: u32,
    /// How many events have evidence on parts of their mirrors there.
    pub mirrors_gone: u32,
    /// How many presences the calendar holds.
    pub presences: u32,
    /// Whether more events with evidence follow.
    pub more: bool,
}

/// What a graph is set up with; small, and always loaded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Config {
    /// Accounts.
    pub accounts: BTreeMap<AccountId, Account>,
    /// Calendars, overlays and the own calendar too.
    pub calendars: BTreeMap<CalendarId, Calendar>,
    /// Edges.
    pub edges: BTreeMap<EdgeId, Edge>,
    /// Policies.
    pub policies: BTreeMap<PolicyOwner, Policy>,
    /// How far each edge was swept.
    pub sweeps: BTreeMap<EdgeId, Sweep>,
    /// Held deletions.
    pub reviews: BTreeMap<CalendarId, Review>,
    /// How the person wants to work, and whom they let ask for their time.
    pub rules: BTreeMap<RuleId, Rule>,
    /// What is held until further notice; what is over is not there any more.
    pub holds: BTreeMap<HoldId, Hold>,
    /// Searches for a time, and for thirty days those that are over.
    pub sessions: BTreeMap<SessionId, Session>,
}

impl Config {
    /// Whether what people hold in a calendar is taken in: its scope is on, and its account is not
    /// on its way out. One that is not may still be read for the mirrors in it.
    #[must_use]
    pub fn takes_in(&self, calendar: &Calendar) -> bool {
        calendar.on && self.stays(calendar)
    }

    /// Whether the account of a calendar is there, and not on its way out.
    #[must_use]
    pub fn stays(&self, calendar: &Calendar) -> bool {
        self.accounts.get(&calendar.account).is_some_and(|account| match account.state {
            Lifecycle::Active | Lifecycle::Paused(_) => true,
            Lifecycle::Retiring | Lifecycle::Abandoned => false,
        })
    }
}

/// One event with all that is recorded of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bundle {
    /// Its identity; `None` where only strays name it.
    pub event: Option<Event>,
    /// The presences by calendar.
    pub presences: BTreeMap<CalendarId, Presence>,
    /// The mirrors by edge.
    pub mirrors: BTreeMap<EdgeId, MirrorBundle>,
    /// Objects with our mark for this event and without a row.
    pub strays: BTreeMap<(CalendarId, ProviderId), Aside>,
}

/// A mirror with its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MirrorBundle {
    /// The mirror.
    pub mirror: Mirror,
    /// Its parts.
    pub parts: BTreeMap<PartKey, Part>,
}

/// The row that a provider's object belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectRow {
    /// The version as last seen.
    pub version: Option<Version>,
    /// Whose it is.
    pub owner: Owner,
    /// Whether there is evidence of its deletion.
    pub gone: bool,
}

/// Whose a provider's object is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// An origin.
    Presence(EventId),
    /// A changed instance of an origin.
    Instance(EventId, When),
    /// A mirror part.
    Part(PartRef),
    /// Set aside; for a stray, the event it names.
    Aside(Option<EventId>),
}

/// The rows a step was given. Read only; a step's own changes live in a draft over it.
#[derive(Debug, Clone, Default)]
pub struct Slice {
    /// The version it was read at.
    pub version: GraphVersion,
    /// The journal's last entry.
    pub head: Head,
    /// The set-up.
    pub config: Arc<Config>,
    /// Events asked for; `None`: nothing is recorded under this id.
    pub events: Few<BTreeMap<EventId, Option<Bundle>>>,
    /// Objects asked for.
    pub objects: Few<BTreeMap<(CalendarId, ProviderId), Option<ObjectRow>>>,
    /// What is set aside under the objects asked for.
    pub asides: Few<BTreeMap<(CalendarId, ProviderId), Option<Aside>>>,
    /// Ranges asked for, sorted by id.
    pub ranges: Few<BTreeMap<ObjectRange, Vec<(ProviderId, ObjectRow)>>>,
    /// Pages asked for.
    pub presences: Few<BTreeMap<PresencePage, Page>>,
    /// Pages asked for.
    pub mirrors: Few<BTreeMap<MirrorPage, Page>>,
    /// The calendars with evidence of a deletion, where that was asked: those of which
    /// [`Slice::gone`] holds something.
    pub evidence: Few<BTreeMap<AnyCalendar, BTreeSet<CalendarId>>>,
    /// Pages asked for.
    pub gone: Few<BTreeMap<CalendarId, GonePage>>,
    /// Times asked for.
    pub times: Few<BTreeMap<TimePage, BTreeSet<EventId>>>,
    /// Pages asked for, sorted by id.
    pub aside_pages: Few<BTreeMap<AsidePage, Vec<ProviderId>>>,
    /// Cursors asked for.
    pub cursors: Few<BTreeMap<ScopeId, Option<Cursor>>>,
    /// Runs asked for.
    pub runs: Few<BTreeMap<RunId, Option<Run>>>,
    /// Health asked for.
    pub health: Few<BTreeMap<AccountId, Option<Health>>>,
    /// Watches asked for.
    pub watches: Few<BTreeMap<ScopeId, Option<Watch>>>,
    /// Meetings asked for.
    pub meetings: Few<BTreeMap<MeetingId, Option<Meeting>>>,
    /// Messages asked for; `None`: it was not taken in.
    pub received: Few<BTreeMap<MessageId, Option<Received>>>,
    /// Entries of runs asked for.
    pub journal: Few<BTreeMap<RunId, Vec<Recorded>>>,
    /// Entries asked for.
    pub entries: Few<BTreeMap<u64, Option<Recorded>>>,
}

/// An entry of the journal with what it changed, unless that was erased.
pub type Recorded = (Entry, Option<Payload>);

/// Rows that were needed and not loaded. Never the same as absent: there is no way from here to
/// an `Option`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing(pub Box<ReadSet>);

impl Missing {
    /// The rows wanted.
    #[must_use]
    pub fn of(want: ReadSet) -> Self {
        Self(Box::new(want))
    }
}

macro_rules! lookups {
    ($($(#[$doc:meta])* $name:ident($field:ident, $key:ty) -> $value:ty;)*) => {$(
        $(#[$doc])*
        ///
        /// # Errors
        /// [`Missing`] with the key, where it was not loaded.
        pub fn $name(&self, key: &$key) -> Result<&$value, Missing> {
            self.$field.get(key).ok_or_else(|| {
                let mut want = ReadSet::default();
                want.$field.insert(key.clone());
                Missing::of(want)
            })
        }
    )*};
}

impl Slice {
    /// A slice of the set-up alone.
    #[must_use]
    pub fn of(version: GraphVersion, head: Head, config: Arc<Config>) -> Self {
        Self {
            version,
            head,
            config,
            events: Few::default(),
            objects: Few::default(),
            asides: Few::default(),
            ranges: Few::default(),
            presences: Few::default(),
            mirrors: Few::default(),
            evidence: Few::default(),
            gone: Few::default(),
            times: Few::default(),
            aside_pages: Few::default(),
            cursors: Few::default(),
            runs: Few::default(),
            health: Few::default(),
            watches: Few::default(),
            meetings: Few::default(),
            received: Few::default(),
            journal: Few::default(),
            entries: Few::default(),
        }
    }

    lookups! {
        /// The event's bundle.
        event(events, EventId) -> Option<Bundle>;
        /// The row an object belongs to.
        object(objects, (CalendarId, ProviderId)) -> Option<ObjectRow>;
        /// The objects of a range.
        range(ranges, ObjectRange) -> Vec<(ProviderId, ObjectRow)>;
        /// A page of events present in a calendar.
        presence_page(presences, PresencePage) -> Page;
        /// A page of events mirrored by an edge.
        mirror_page(mirrors, MirrorPage) -> Page;
        /// The calendars with evidence of a deletion.
        evidence_in(evidence, AnyCalendar) -> BTreeSet<CalendarId>;
        /// The events of a calendar with evidence of a deletion.
        gone_page(gone, CalendarId) -> GonePage;
        /// The events between two times.
        time_page(times, TimePage) -> BTreeSet<EventId>;
        /// What is set aside in a calendar, strays apart.
        aside_page(aside_pages, AsidePage) -> Vec<ProviderId>;
        /// A scope's cursor.
        cursor(cursors, ScopeId) -> Option<Cursor>;
        /// A run.
        run(runs, RunId) -> Option<Run>;
        /// An account's health.
        health_of(health, AccountId) -> Option<Health>;
        /// A scope's watch.
        watch(watches, ScopeId) -> Option<Watch>;
        /// A meeting.
        meeting(meetings, MeetingId) -> Option<Meeting>;
        /// Whether a message was taken in.
        received_of(received, MessageId) -> Option<Received>;
        /// The journal entries of a run.
        journal_of(journal, RunId) -> Vec<Recorded>;
        /// A journal entry.
        entry(entries, u64) -> Option<Recorded>;
    }

    /// How a calendar is kept up to date, as people are told: from its watch, its cursor and the
    /// health of its account.
    ///
    /// # Errors
    /// [`Missing`] with their keys, where they were not loaded.
    pub fn upkeep(&self, calendar: &Calendar, now: Timestamp) -> Result<Upkeep, Missing> {
        let health = self.health_of(&calendar.account)?.as_ref();
        let cursor = self.cursor(&calendar.scope())?.as_ref();
        let watch = self.watch(&calendar.scope())?.as_ref();
        let out = health.is_some_and(|health| health.needs_sign_in || health.needs_consent);
        let failing = [
            health.and_then(|health| health.failing.as_ref()),
            cursor.and_then(|cursor| cursor.failing.as_ref()),
        ];
        let broken = failing.into_iter().flatten().any(|f| f.times >= CIRCUIT_OPENS_AT);
        Ok(match watch {
            _ if out || broken || !calendar.capabilities.read => Upkeep::Disconnected,
            Some(watch) => watch.upkeep(now),
            None => Upkeep::Polled,
        })
    }

    /// What is set aside under an object's key.
    ///
    /// # Errors
    /// [`Missing`] with the key, where it was not loaded.
    pub fn aside(&self, key: &(CalendarId, ProviderId)) -> Result<Option<&Aside>, Missing> {
        match self.asides.get(key) {
            Some(aside) => Ok(aside.as_ref()),
            None => {
                let mut want = ReadSet::default();
                want.objects.insert(key.clone());
                Err(Missing::of(want))
            }
        }
    }
}
