//! Histories as scripts: each step as a line that people read and a world does again.

mod book;
mod print;
mod read;
mod retell;
mod script;
mod telling;
mod time;
mod words;

pub use retell::retell;
pub(crate) use retell::said;
pub use script::Script;
pub(crate) use telling::Telling;

use kalends_oracle::{Change, Edge, Origin, Place};

/// One step of a history. Places are numbers: the calendars in order, then the overlays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// An edge is drawn, or a two-way pair; its rank is not said.
    Edge(Box<Edge>, bool),
    /// An edge is as this from now on.
    Change(Box<Edge>),
    /// An edge is removed.
    Remove(Place, Place),
    /// The last edit of an edge is undone, be it that it was drawn or removed.
    UndoEdit,
    /// An account is taken out of the graph, by its number, and its mirrors are left where they are.
    Leave(usize, bool),
    /// It comes back.
    Return(usize),
    /// A person works on an object of a place.
    Deed(Place, String, Deed),
    /// A sync.
    Sync,
    /// Syncs until nothing is left to do, with a yes to what is held.
    Settle,
    /// A sync that finds nothing to do.
    Rest,
    /// A sync whose process is killed at this point.
    Killed(u64),
    /// A sync whose process dies after so many answered writes, where there are as many.
    Dies(u64),
    /// Two workers sync at once.
    Twice,
    /// A worker stands still for longer than its leases after so many turns, and another one syncs.
    Paused(usize),
    /// A sync that is in its midst after so many turns, until [`Said::GoesOn`].
    Begins(usize),
    /// The sync goes on.
    GoesOn,
    /// A sync by a worker whose clock is so many milliseconds behind.
    Behind(i64),
    /// So many milliseconds pass; back with a negative number.
    Wait(i64),
    /// The server misbehaves, as [`crate::Site::fault`] says it.
    Fault(String),
    /// The tokens of a calendar are not known any more.
    Expire(Place),
    /// The next whole listing of a place lacks so many of its newest objects.
    Late(Place, usize),
    /// From here on edits of mirrors may be missed, or seen in another order.
    Doubt,
    /// Nothing fails any more.
    Calm,
    /// What waits is done, as after a notice.
    Work,
    /// Notices come, and some are lost, doubled, late or forged as a row of numbers from here says.
    Notices(u64),
    /// All notices come as they were sent.
    AllNotices,
    /// What was sent so far never comes.
    NoNotices,
    /// No notice of a provider comes for so many hours.
    Silent(String, i64),
    /// From here on nobody listens to notices.
    Deaf,
    /// The store is lost, its keys are not.
    Wipe,
    /// No object of a place shows a title.
    Never(Place, String),
    /// Somebody looks.
    Judge(Judging),
}

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judging {
    /// All comes to rest, and all is looked at.
    All,
    /// All comes to rest, and rows, journal, requests and secrets are looked at.
    Rows,
    /// What calendars hold now.
    Calendars,
    /// What came of edits on both ends of edges, and what calendars hold now.
    Edits,
}

impl Said {
    /// An edge is drawn; its rank follows from its ends.
    pub(crate) fn edge(edge: &Edge, two_way: bool) -> Self {
        Self::Edge(Box::new(Edge { rank: [0; 16], ..edge.clone() }), two_way)
    }
}

/// What a person does to an object: [`crate::Act`] with all that it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// Makes it what this says, whole.
    Put(Box<Origin>),
    /// Changes a part of it.
    Change(Change),
    /// Deletes it.
    Delete,
    /// Brings it back from the bin.
    Undelete,
    /// Moves it there.
    Move(Place),
    /// Copies it there under a name, with its UID.
    Share(Place, String),
    /// Copies it there under a name, as a new event.
    Copy(Place, String),
    /// Takes off what says that it is ours.
    Unmark,
    /// Makes of it what no program can read.
    Garble,
    /// Calls it off.
    CallOff,
    /// Writes back what we had written before.
    Rewind,
}
