//! The plain description.

/// A place that holds events: a calendar of a person, or an overlay, by its number in the test.
pub type Place = usize;

/// How much an edge shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// That the time is taken.
    Busy,
    /// And the title.
    Title,
    /// And the description.
    Full,
}

/// An event as one calendar holds it, made by a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The calendar.
    pub calendar: Place,
    /// What makes it one event with others.
    pub uid: String,
    /// The title; `#nosync` in it keeps the event out of every mirror.
    pub title: String,
    /// The description; empty for none.
    pub description: String,
    /// The start, as iCalendar writes it in UTC.
    pub start: String,
    /// Whether it is private.
    pub private: bool,
    /// Whether it leaves the time free.
    pub free: bool,
    /// Whether people are invited to it.
    pub invited: bool,
    /// The rule of a series, as iCalendar writes it; empty for a single.
    pub rule: String,
    /// The changed instances of a series.
    pub exceptions: Vec<Exception>,
    /// When the cancelled instances of a series were to start.
    pub excluded: Vec<String>,
}

/// A changed instance.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exception {
    /// When it was to start.
    pub original: String,
    /// When it starts.
    pub start: String,
    /// Its title.
    pub title: String,
    /// Whether it is private in a series that is not.
    pub private: bool,
}

/// An edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// Breaks ties between edges of one level: the lower one shows.
    pub rank: [u8; 16],
    /// The calendar whose events it shows.
    pub from: Place,
    /// Where it shows them.
    pub to: Place,
    /// How much.
    pub level: Level,
    /// What becomes of edited mirrors.
    pub on_edit: OnEdit,
    /// What becomes of deleted mirrors.
    pub on_delete: OnDelete,
    /// Whose value holds where both sides changed it.
    pub on_conflict: Conflict,
    /// Whether events with guests may be changed because of a mirror.
    pub may_notify: bool,
    /// What its mirrors are called whatever their events are; empty: as the level has it.
    pub titled: String,
}

/// A mirror, as a person would see it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mirror {
    /// The title.
    pub title: String,
    /// The description; empty for none.
    pub description: String,
    /// The start.
    pub start: String,
    /// The rule; empty for a single.
    pub rule: String,
    /// The changed instances, by their original start.
    pub exceptions: Vec<Exception>,
    /// When the cancelled instances were to start, sorted.
    pub excluded: Vec<String>,
}

impl Mirror {
    /// All that an event shows; who may see it is not among that.
    #[must_use]
    pub fn of(origin: &Origin) -> Self {
        let (mut exceptions, mut excluded) = (origin.exceptions.clone(), origin.excluded.clone());
        exceptions.iter_mut().for_each(|one| one.private = false);
        exceptions.sort();
        excluded.sort();
        Self {
            title: origin.title.clone(),
            description: origin.description.clone(),
            start: origin.start.clone(),
            rule: origin.rule.clone(),
            exceptions,
            excluded,
        }
    }
}

/// What becomes of a mirror that a person edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OnEdit {
    /// It is written back.
    Revert,
    /// The origin says the same.
    Propagate,
    /// The copy is the person's.
    Detach,
}

/// What becomes of a mirror that a person deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OnDelete {
    /// It is made again.
    Restore,
    /// The origin goes too.
    Propagate,
    /// It stays away.
    Detach,
}

/// Whose value holds where origin and mirror changed one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Conflict {
    /// The one seen last.
    LastSeen,
    /// The origin's.
    Origin,
    /// The mirror's.
    Mirror,
}
