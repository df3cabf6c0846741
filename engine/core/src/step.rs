//! What goes into a step and comes out of one, beside slices and plans.

use crate::cursor::Question;
use crate::event::Body;
use crate::graph::{CalendarKind, EdgeOptions, Policy, PolicyOwner};
use crate::ids::{
    AccountId, CalendarId, EdgeId, EventId, GraphId, MeetingId, ProviderId, RuleId, RunId,
    StepSeed, Version,
};
use crate::keys::GraphKeys;
use crate::mirror::{FieldHashes, PartRef};
use crate::plan::Plan;
use crate::presence::ContentHash;
use crate::provider::{CalendarItem, Done, ProviderOp};
use crate::schedule::{HoldEdit, Rule, SessionEdit};
use crate::slice::ObjectRange;
use crate::time::Timestamp;

/// What a step knows of the outside: the time, a seed, the run and the graph's keys.
#[derive(Debug, Clone)]
pub struct Env {
    /// Now, by the host's clock.
    pub now: Timestamp,
    /// Randomness for ids made here.
    pub seed: StepSeed,
    /// The run this step belongs to.
    pub run: RunId,
    /// The graph's id and secret.
    pub keys: GraphKeys,
}

/// How many recorded objects of a range one plan deals with.
const RECORDED_MAX: u32 = 1_000;

/// A part of a listing of ids and versions: all that the provider holds in one range of ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListingRange {
    /// The calendar.
    pub calendar: CalendarId,
    /// Exclusive lower bound of the range.
    pub after: Option<ProviderId>,
    /// Inclusive upper bound of the range.
    pub until: Option<ProviderId>,
    /// What was listed in it, sorted by id, each id once.
    pub listed: Vec<(ProviderId, Option<Version>)>,
}

impl ListingRange {
    /// The first page of what is recorded in the range.
    #[must_use]
    pub fn recorded(&self) -> ObjectRange {
        ObjectRange {
            calendar: self.calendar,
            after: self.after.clone(),
            until: self.until.clone(),
            limit: RECORDED_MAX,
        }
    }
}

/// What a job comes to, decided at the moment of sending.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Dispatch {
    /// Send this; then settle what comes back.
    Send(Box<Operation>),
    /// Nothing is to be sent. The plan, where not empty, says what changed by that.
    Done(Plan),
    /// Not now.
    Later(Timestamp),
    /// First list this calendar, take in what it holds, and then ask
    /// [`dispatch_listed`](crate::dispatch::dispatch_listed).
    List(CalendarId),
}

/// Exactly what to send, and what it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// The account to send it with.
    pub account: AccountId,
    /// The calendar it is about.
    pub calendar: CalendarId,
    /// What it is for.
    pub sent: Sent,
    /// What to send.
    pub op: ProviderOp,
}

/// What an operation was for: enough to settle it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Whose operation.
    pub subject: Subject,
    /// What was to be done.
    pub action: Action,
    /// The generation of the id it was sent under.
    pub generation: u32,
    /// The hash of what was sent.
    pub want: Option<ContentHash>,
    /// The same field by field.
    pub fields: Option<FieldHashes>,
}

/// Whose an operation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A mirror part's.
    Part(PartRef),
    /// An origin's.
    Origin(EventId, CalendarId),
    /// An overlay's.
    Overlay(CalendarId),
}

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Make it.
    Create,
    /// Write it whole.
    Replace,
    /// Take it away.
    Delete,
    /// Read it alone; what was found went through `ingest` before the outcome is settled.
    Read,
    /// Change an origin.
    Patch,
}

/// How an operation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteOutcome {
    /// What it was for.
    pub sent: Sent,
    /// What the provider said. A read that found nothing ends in `Failed` with `NotFound`.
    pub done: Done,
}

/// What a discovery showed of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovery {
    /// The account.
    pub account: AccountId,
    /// Whether it makes calendars.
    pub makes_calendars: bool,
    /// The provider's own time (its `Date` header), if it said.
    pub date: Option<Timestamp>,
    /// All calendars it listed.
    pub calendars: Vec<CalendarItem>,
}

/// Where the mirrors of a new edge go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EdgeTarget {
    /// The overlay of this account, made where there is none.
    Overlay(AccountId),
    /// This calendar.
    Calendar(CalendarId),
}

/// An edit of the set-up, or of what is kept here, by a person or a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserEdit {
    /// Take in an account (its credentials are kept apart).
    AddAccount {
        /// Its id, derived from kind and subject.
        id: AccountId,
        /// The provider's kind.
        provider: String,
        /// Its name in this graph.
        name: String,
        /// Who it belongs to.
        subject: String,
    },
    /// Take an account away; its mirrors and mirrors of it are retracted first.
    RemoveAccount {
        /// Which.
        account: AccountId,
        /// Leave what cannot be reached.
        abandon: bool,
    },
    /// Read a calendar, or stop reading it.
    SetScope {
        /// Which.
        calendar: CalendarId,
        /// Whether it is read.
        on: bool,
    },
    /// Let a calendar take the place of another that shows the same events, as one of an account
    /// does of a feed of it, or the other way around: edges start there from now on, with their
    /// ids and mirrors, and the other is read no more. Mirrors of what it does not hold go, and show
    /// more where it is less private: compare the two first (`Sameness` in the crate `kalends`).
    Replace {
        /// The calendar whose place is taken.
        calendar: CalendarId,
        /// The one that takes it: read whole before, so that its events are known.
        by: CalendarId,
    },
    /// Add an edge; with `two_way` its counterpart too.
    AddEdge {
        /// From.
        from: CalendarId,
        /// To.
        to: EdgeTarget,
        /// What it does; `kind` follows from `to` unless said.
        options: Box<EdgeOptions>,
        /// Make a pair with `propagate` both ways.
        two_way: bool,
    },
    /// Change an edge's options.
    ChangeEdge {
        /// Which.
        edge: EdgeId,
        /// What it did when the change was worked out: where it does something else meanwhile, nothing
        /// is changed. `None`: whatever it does.
        base: Option<Box<EdgeOptions>>,
        /// What it does from now on.
        options: Box<EdgeOptions>,
    },
    /// Remove an edge; its mirrors are retracted.
    RemoveEdge {
        /// Which.
        edge: EdgeId,
        /// Leave what cannot be reached.
        abandon: bool,
    },
    /// Set a policy.
    SetPolicy {
        /// Whose.
        owner: PolicyOwner,
        /// What it allowed when the change was worked out; as of an edge. Where that is the policy
        /// itself, it is to hold on, and nothing is written.
        base: Option<Policy>,
        /// What it allows.
        policy: Policy,
    },
    /// Say of what is held that it is right or wrong.
    Judge {
        /// The calendar it was seen in.
        calendar: CalendarId,
        /// Which of its questions is answered; the other stands.
        question: Question,
        /// Right: they take effect.
        approve: bool,
        /// Of how many the person was told. Nothing comes of it where another number is asked about
        /// now; `None`: it is of as many as that.
        shown: Option<u32>,
    },
    /// Try a parked mirror part again.
    Retry {
        /// Which.
        part: PartRef,
    },
    /// Try a change of an origin again that was parked.
    RetryOrigin {
        /// The origin's event.
        event: EventId,
        /// The calendar that holds it.
        calendar: CalendarId,
    },
    /// Let a paused or detached mirror follow its origin again.
    Resume {
        /// The mirror's event.
        event: EventId,
        /// The mirror's edge.
        edge: EdgeId,
    },
    /// Take back what a run's cause changed here.
    Undo {
        /// The run.
        run: RunId,
    },
    /// Bring back the content that lost in the journal entry with this number.
    Restore {
        /// The entry.
        entry: u64,
    },
    /// Put an event into the graph's own calendar, or change it there.
    PutEvent {
        /// The event; `None`: a new one.
        event: Option<EventId>,
        /// What it says.
        body: Box<Body>,
    },
    /// Change an event, or delete it, where it lies.
    ChangeEvent(EventEdit),
    /// Put down a meeting with other graphs: tentative here and there until all of them accept.
    Meet {
        /// The meeting; `None`: a new one. One that is there already stays as it is.
        meeting: Option<MeetingId>,
        /// The other graphs.
        with: Vec<GraphId>,
        /// What it says: a single event with nobody invited.
        body: Box<Body>,
    },
    /// Answer to a meeting that another graph put down.
    Answer {
        /// The meeting.
        meeting: MeetingId,
        /// Keep the time for it, or refuse it for everyone.
        accept: bool,
    },
    /// Call off a meeting that was put down here, committed or not.
    CallOff {
        /// The meeting.
        meeting: MeetingId,
    },
    /// Say how the person wants to work. Of a kind that there is one of, it takes the place of the
    /// one before.
    SetRule {
        /// The rule.
        rule: Box<Rule>,
        /// What held in its place when the change was worked out; as of an edge. Where it is the rule
        /// itself, that is to hold on, and nothing is written.
        base: Option<Box<Rule>>,
    },
    /// Take a rule back.
    RemoveRule {
        /// Which.
        rule: RuleId,
    },
    /// Place, extend, release or convert a hold.
    Hold(HoldEdit),
    /// Search for a time, alone or with others.
    Session(SessionEdit),
}

/// A change of an event in one calendar that holds it, made at once in the graph's own calendar and
/// written to its provider else. Nobody is invited by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventEdit {
    /// Which.
    pub event: EventId,
    /// The calendar that holds it.
    pub calendar: CalendarId,
    /// What it said when the change was worked out: where it says something else meanwhile, nothing
    /// is changed. `None`: whatever it says.
    pub base: Option<Box<Body>>,
    /// What it is to say; `None`: it is deleted.
    pub want: Option<Box<Body>>,
    /// Change it also where it has guests, and have its provider tell them.
    pub may_notify: bool,
}

impl EdgeTarget {
    /// The kind of edge that goes there.
    #[must_use]
    pub const fn kind(self) -> CalendarKind {
        match self {
            Self::Overlay(_) => CalendarKind::BusyOverlay,
            Self::Calendar(_) => CalendarKind::TrueMirror,
        }
    }
}
