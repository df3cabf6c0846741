//! What a story is made of.

use kalends_core::graph::EdgeOptions;
use kalends_testkit::caldav_sim::When;

/// The calendars of a story: their names, and whose each is (0: alice, 1: bob).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cast {
    /// In the order in which they are made.
    pub calendars: Vec<(String, usize)>,
}

/// One step, where it stands in its script.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// From 1.
    pub number: usize,
    /// As it was written.
    pub text: String,
    /// What happens.
    pub step: Step,
}

/// What happens. Places are numbers: the calendars in order, then the overlays of alice and bob.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// An edge is added.
    Edge {
        /// From.
        from: usize,
        /// To.
        to: usize,
        /// How.
        options: Box<EdgeOptions>,
        /// With its counterpart.
        two_way: bool,
    },
    /// An edge gets these options.
    Change {
        /// From.
        from: usize,
        /// To.
        to: usize,
        /// How.
        options: Box<EdgeOptions>,
    },
    /// An edge is removed.
    Remove {
        /// From.
        from: usize,
        /// To.
        to: usize,
    },
    /// A person works in a calendar.
    Deed(usize, Deed),
    /// The engine syncs.
    Sync,
    /// The engine says what a sync would write.
    Plan,
    /// What calendars hold.
    Show(Vec<usize>),
    /// Why an event, by its title as its origin has it, is where it is.
    Explain(String),
    /// Why rows changed since this was asked last.
    Journal,
    /// A person judges the deletions that are held.
    Judge {
        /// Where they were seen.
        place: usize,
        /// Whether they are right.
        approve: bool,
    },
    /// The server misbehaves.
    Fault {
        /// Its name in the catalogue.
        name: String,
        /// At which method.
        method: String,
        /// At which of its requests.
        when: When,
    },
    /// The server behaves again.
    Calm,
    /// Time passes, in milliseconds.
    Wait(i64),
    /// The store is lost; the keys and sign-ins are not, and the edges are added again.
    Wipe,
    /// The last edit of the set-up is undone.
    UndoEdit,
    /// What the last sync took in is undone.
    UndoSync,
}

/// What a person does in a calendar. Objects go by the title they show there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// An event is put: its title, its start, and further lines of it.
    Put(String, String, Vec<String>),
    /// So many events of a title with a number, a day apart.
    PutMany(u8, String),
    /// An event gets another title.
    Retitle(String, String),
    /// An event gets another start.
    Reschedule(String, String),
    /// An instance is cancelled.
    Cancel(String, String),
    /// An instance gets another start, title and further lines.
    Override(String, String, String, String, Vec<String>),
    /// The mark of a mirror is taken off.
    Unmark(String),
    /// An event is deleted.
    Delete(String),
    /// Everything is deleted.
    DeleteAll,
    /// The last deleted event comes back.
    Undelete,
    /// An event is moved to a place.
    Move(String, usize),
    /// An event is copied to a place, as a new one.
    Copy(String, usize),
    /// The calendar itself is deleted.
    Vanish,
}
