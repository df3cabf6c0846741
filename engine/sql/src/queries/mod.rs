//! Bounded pages for lists, status, explain and the journal.
//!
//! Each query is a value: [`Query::statement`] is run, and [`Query::read`] reads its rows. A page
//! that has as many rows as its limit may be followed by another, after its last key.

mod acted;
mod asides;
mod counts;
mod entries;
mod events;
mod heads;
mod journal;
mod parked;
mod parts;
mod presences;
mod recorded;
mod runs;

use kalends_core::ports::{StoreError, Vault};

pub use acted::{Acted, ActedPage};
pub(crate) use asides::open_aside;
pub use asides::{AsideFilter, AsidesPage};
pub use counts::{Counts, CountsOf, HeldByCalendar, Left, LeftIn, OpenByCalendar, OpenOf};
pub use entries::{EntriesOf, EntriesPage};
pub use events::EventsPage;
pub use heads::{HeadOf, HeadsPage, Moved, Stir, Stirred};
pub(crate) use journal::{JOURNAL_COLUMNS, of_run, read_entry};
pub use journal::{JournalFilter, JournalPage};
pub use parked::{ParkedOrigin, ParkedOriginsPage};
pub use parts::{PartFilter, PartRow, PartsPage};
pub use presences::{PresenceRow, PresencesPage};
pub use recorded::{Recorded, RecordedPage};
pub use runs::RunsPage;

use crate::SqlError;
use crate::value::{Rows, Statement};

/// A question to the store, outside any step.
pub trait Query: Send + 'static {
    /// What it finds.
    type Output: Send + 'static;

    /// The statement to run.
    fn statement(&self) -> Statement;

    /// What its rows mean.
    ///
    /// # Errors
    /// [`SqlError`] where a row cannot be read or opened.
    fn read(&self, rows: Rows, vault: &dyn Vault) -> Result<Self::Output, SqlError>;
}

/// Answers questions: what a host with an SQL store gives beside the core's ports.
pub trait Queries {
    /// Runs the statement of a question and reads its rows.
    fn query<Q: Query>(&self, question: Q) -> impl Future<Output = Result<Q::Output, StoreError>>;
}
