//! What a step decided: one value, committed in one transaction.

use crate::cursor::{Cursor, Health, Review, Run};
use crate::graph::{Account, Calendar, Edge, Policy, PolicyOwner, Sweep};
use crate::ids::{
    AccountId, CalendarId, EdgeId, EventId, HoldId, MeetingId, MessageId, ProviderId, RuleId,
    RunId, ScopeId, SessionId,
};
use crate::journal::{Entry, Payload};
use crate::meeting::{Meeting, Message, Received};
use crate::mirror::{Mirror, Part, PartRef};
use crate::presence::{Aside, Event, Presence};
use crate::schedule::{Hold, Rule, Session};
use crate::slice::ObjectRow;
use crate::time::Timestamp;
use crate::watch::Watch;

/// The most rows one plan changes; a step takes the prefix that fits.
pub const PLAN_ROWS_MAX: usize = 1_000;

/// What a step decided.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[must_use]
pub struct Plan {
    /// How many of the inputs are covered.
    pub taken: usize,
    /// Of a range that is not covered whole: the last of its objects that is.
    pub until: Option<ProviderId>,
    /// Rows to put and to delete.
    pub changes: Vec<Change>,
    /// Journal entries with their payloads, in order.
    pub entries: Vec<(Entry, Payload)>,
    /// Jobs to queue; a job that is queued already keeps the earlier time.
    pub jobs: Vec<Job>,
    /// Messages for the graph's outbox; one that waits there already stays as it is.
    pub messages: Vec<Message>,
    /// Objects to be read alone before more is decided.
    pub fetch: Vec<ProviderId>,
    /// For logs and for `explain`: ids, codes and numbers, never text of an event.
    pub notes: Vec<Note>,
}

impl Plan {
    /// Whether a commit of it would change nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
            && self.entries.is_empty()
            && self.jobs.is_empty()
            && self.messages.is_empty()
    }
}

/// One row put or deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "nearly all changes put rows")]
pub enum Change {
    /// The row, and its stored form ([`crate::wire`]).
    Put(Row, Vec<u8>),
    /// The row under this key.
    Delete(RowKey),
}

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// Recorded.
    Account(Account),
    /// Recorded.
    Calendar(Calendar),
    /// Recorded.
    Edge(Edge),
    /// Recorded.
    Policy(PolicyOwner, Policy),
    /// Recorded: a review and its verdict.
    Review(Review),
    /// Recorded: how the person wants to work.
    Rule(RuleId, Rule),
    /// Recorded.
    Hold(Hold),
    /// Recorded.
    Session(Session),
    /// Recorded.
    Event(Event),
    /// Recorded.
    Presence(EventId, CalendarId, Box<Presence>),
    /// Recorded.
    Mirror(EventId, EdgeId, Mirror),
    /// Recorded. The calendar is the mirror's target.
    Part(PartRef, CalendarId, Part),
    /// Recorded.
    Aside(Aside),
    /// Recorded.
    Meeting(Meeting),
    /// An index over presences, parts and asides: follows them, and is not journalled.
    Object(CalendarId, ProviderId, ObjectRow),
    /// Operational.
    Sweep(EdgeId, Sweep),
    /// Operational.
    Cursor(ScopeId, Cursor),
    /// Operational.
    Run(Run),
    /// Operational.
    Health(AccountId, Health),
    /// Operational.
    Watch(ScopeId, Watch),
    /// Operational: a message of another graph that was taken in.
    Received(MessageId, Received),
}

/// The key of a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowKey {
    /// An account.
    Account(AccountId),
    /// A calendar.
    Calendar(CalendarId),
    /// An edge.
    Edge(EdgeId),
    /// A policy.
    Policy(PolicyOwner),
    /// A review.
    Review(CalendarId),
    /// A rule.
    Rule(RuleId),
    /// A hold.
    Hold(HoldId),
    /// A session.
    Session(SessionId),
    /// An event.
    Event(EventId),
    /// A presence.
    Presence(EventId, CalendarId),
    /// A mirror.
    Mirror(EventId, EdgeId),
    /// A part.
    Part(PartRef),
    /// An object set aside.
    Aside(CalendarId, ProviderId),
    /// A meeting with other graphs.
    Meeting(MeetingId),
    /// An object.
    Object(CalendarId, ProviderId),
    /// A sweep of an edge.
    Sweep(EdgeId),
    /// A cursor.
    Cursor(ScopeId),
    /// A run.
    Run(RunId),
    /// An account's health.
    Health(AccountId),
    /// A scope's watch.
    Watch(ScopeId),
    /// A message that was taken in.
    Received(MessageId),
}

impl Row {
    /// The row's key.
    #[must_use]
    pub fn key(&self) -> RowKey {
        match self {
            Self::Account(account) => RowKey::Account(account.id),
            Self::Calendar(calendar) => RowKey::Calendar(calendar.id),
            Self::Edge(edge) => RowKey::Edge(edge.id),
            Self::Policy(owner, _) => RowKey::Policy(*owner),
            Self::Review(review) => RowKey::Review(review.calendar),
            Self::Rule(id, _) => RowKey::Rule(*id),
            Self::Hold(hold) => RowKey::Hold(hold.id),
            Self::Session(session) => RowKey::Session(session.id),
            Self::Event(event) => RowKey::Event(event.id),
            Self::Presence(event, calendar, _) => RowKey::Presence(*event, *calendar),
            Self::Mirror(event, edge, _) => RowKey::Mirror(*event, *edge),
            Self::Part(part, _, _) => RowKey::Part(*part),
            Self::Aside(aside) => RowKey::Aside(aside.calendar, aside.object.clone()),
            Self::Meeting(meeting) => RowKey::Meeting(meeting.id),
            Self::Object(calendar, id, _) => RowKey::Object(*calendar, id.clone()),
            Self::Sweep(edge, _) => RowKey::Sweep(*edge),
            Self::Cursor(scope, _) => RowKey::Cursor(*scope),
            Self::Run(run) => RowKey::Run(run.id),
            Self::Health(account, _) => RowKey::Health(*account),
            Self::Watch(scope, _) => RowKey::Watch(*scope),
            Self::Received(message, _) => RowKey::Received(*message),
        }
    }
}

/// Where to look later, and nothing else: what to do is decided when the job runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Job {
    /// What to look at.
    pub key: JobKey,
    /// The calendar that it writes to; one job of a lane runs at a time.
    pub lane: CalendarId,
    /// Not before this time.
    pub run_at: Timestamp,
    /// Among jobs that are due, the earlier event goes first.
    pub starts: Timestamp,
}

/// What a job looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JobKey {
    /// A mirror part.
    Part(PartRef),
    /// An origin with a patch of ours.
    Origin(EventId, CalendarId),
    /// An overlay to be made or deleted.
    Overlay(CalendarId),
    /// A scope to be pulled.
    Pull(ScopeId),
}

/// A remark of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// A stable code, for example `breaker.open`.
    pub code: &'static str,
    /// The event, if it is about one.
    pub event: Option<EventId>,
    /// The calendar, if it is about one.
    pub calendar: Option<CalendarId>,
    /// The edge, if it is about one.
    pub edge: Option<EdgeId>,
    /// A count, where one belongs to the code.
    pub count: u32,
}

impl Note {
    /// A note with a code alone.
    #[must_use]
    pub const fn new(code: &'static str) -> Self {
        Self { code, event: None, calendar: None, edge: None, count: 0 }
    }
}
