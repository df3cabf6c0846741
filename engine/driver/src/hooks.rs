//! Where a host may look on, and a test may end a run.

use std::sync::atomic::{AtomicU64, Ordering};

use kalends_core::ids::{AccountId, CalendarId, EventId};
use kalends_core::plan::Note;
use kalends_core::provider::FailureClass;
use kalends_core::time::Timestamp;

/// A named place of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Point {
    /// A plan was just committed.
    Committed,
    /// A request is about to be sent.
    Sending,
    /// The head of its answer came, or it failed; nothing of it is recorded.
    Answered,
}

/// Whether a run goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[must_use]
pub enum Flow {
    /// It does.
    Go,
    /// It ends here, as if the process had been killed.
    Die,
}

/// What a run is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// A pass begins; counted from one.
    Pass(u32),
    /// An account is asked for its calendars.
    Discovering(AccountId),
    /// A calendar is being read; items so far.
    Reading(CalendarId, u64),
    /// Writes done so far.
    Writing(u64),
}

/// A conversation with a provider that came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Talked {
    /// A word for the provider, as its allowance has it; empty where it gives none.
    pub provider: &'static str,
    /// How many requests were sent.
    pub requests: u32,
    /// The class of the failure that it ended with, if it did.
    pub failed: Option<FailureClass>,
}

/// An event that a calendar which had been read before showed anew or otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changed {
    /// Which.
    pub event: EventId,
    /// The calendar.
    pub calendar: CalendarId,
    /// When its provider says that it was changed last, where it says so.
    pub at: Option<Timestamp>,
    /// When the calendar had been read before.
    pub read_at: Timestamp,
}

/// Looks on while a run goes. All does nothing unless told.
pub trait Hooks {
    /// At a named place. Called in the order in which the places are reached.
    fn point(&self, point: Point) -> Flow {
        let _ = point;
        Flow::Go
    }

    /// A conversation ended by itself, or by a failure.
    fn talked(&self, talked: &Talked) {
        let _ = talked;
    }

    /// A step remarked something.
    fn note(&self, note: &Note) {
        let _ = note;
    }

    /// A change of a provider's was taken in.
    fn changed(&self, changed: &Changed) {
        let _ = changed;
    }

    /// A mirror of an event was written or deleted.
    fn wrote(&self, event: EventId) {
        let _ = event;
    }

    /// The run moved on.
    fn progress(&self, progress: Progress) {
        let _ = progress;
    }
}

/// Looks at nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoHooks;

impl Hooks for NoHooks {}

/// Counts the named places from one, and ends the run at one of them.
#[derive(Debug, Default)]
pub struct FailAt {
    number: Option<u64>,
    reached: AtomicU64,
}

impl FailAt {
    /// Ends the run at the place with this number; `None`: only counts.
    #[must_use]
    pub const fn new(number: Option<u64>) -> Self {
        Self { number, reached: AtomicU64::new(0) }
    }

    /// How many places were reached.
    #[must_use]
    pub fn reached(&self) -> u64 {
        self.reached.load(Ordering::Relaxed)
    }
}

impl Hooks for FailAt {
    fn point(&self, _: Point) -> Flow {
        let number = self.reached.fetch_add(1, Ordering::Relaxed) + 1;
        if self.number == Some(number) { Flow::Die } else { Flow::Go }
    }
}

impl<T: Hooks + ?Sized> Hooks for std::sync::Arc<T> {
    fn point(&self, point: Point) -> Flow {
        T::point(self, point)
    }

    fn talked(&self, talked: &Talked) {
        T::talked(self, talked);
    }

    fn note(&self, note: &Note) {
        T::note(self, note);
    }

    fn changed(&self, changed: &Changed) {
        self.as_ref().changed(changed);
    }

    fn wrote(&self, event: EventId) {
        self.as_ref().wrote(event);
    }

    fn progress(&self, progress: Progress) {
        T::progress(self, progress);
    }
}
