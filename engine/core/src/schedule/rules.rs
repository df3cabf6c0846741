//! How a person wants to work.

use core::ops::Range;
use std::collections::{BTreeMap, BTreeSet};

use crate::time::{Date, Timestamp, Zone};

/// What holds beside the events. The default knows no rule: free is what no event takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Where the person is when not on a trip. Days and weeks of limits and milestones are those
    /// of this zone.
    pub zone: Zone,
    /// The working hours; any one of them is enough. Empty: at any time.
    pub hours: Vec<Hours>,
    /// Days whose hours are others than usual, in minutes of the day: they take the place of all
    /// [`Rules::hours`]. Empty: a day off.
    pub other_days: BTreeMap<Date, Vec<Range<u16>>>,
    /// Where the person is elsewhere. Of two at once the later one in the list counts.
    pub trips: Vec<Trip>,
    /// Time kept free before each event that surely takes place, in milliseconds.
    pub before_ms: i64,
    /// Time kept free after each event that surely takes place, in milliseconds.
    pub after_ms: i64,
    /// How long beforehand one must ask, in milliseconds.
    pub notice_ms: i64,
    /// How far ahead one may ask, in milliseconds from now. `None`: without end.
    pub horizon_ms: Option<i64>,
    /// Time kept for work alone.
    pub focus: Vec<Hours>,
    /// How much meeting is enough.
    pub limits: Limits,
    /// Days kept for something else.
    pub milestones: BTreeSet<Date>,
    /// Times opened or closed by hand; they win over all rules.
    pub overrides: Vec<Override>,
}

impl Rules {
    /// No rule, for somebody in this zone.
    #[must_use]
    pub const fn none(zone: Zone) -> Self {
        Self {
            zone,
            hours: Vec::new(),
            other_days: BTreeMap::new(),
            trips: Vec::new(),
            before_ms: 0,
            after_ms: 0,
            notice_ms: 0,
            horizon_ms: None,
            focus: Vec::new(),
            limits: Limits { day_ms: None, week_ms: None },
            milestones: BTreeSet::new(),
            overrides: Vec::new(),
        }
    }
}

/// A part of the day on some days of the week, by the clock on the wall: where a clock is set
/// back over it, both passes are inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    /// Whose clock. `None`: that of the place where the person is.
    pub zone: Option<Zone>,
    /// The days on which it begins.
    pub days: Weekdays,
    /// In minutes of the day on which it begins, up to 2,880: past midnight it goes on.
    pub minutes: Range<u16>,
}

/// Some days of the week: bit 0 is Monday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Weekdays(pub u8);

impl Weekdays {
    /// Monday to Friday.
    pub const WORKING: Self = Self(0b001_1111);
    /// All seven.
    pub const ALL: Self = Self(0b111_1111);

    /// Whether the day is one of them.
    #[must_use]
    pub const fn contains(self, date: Date) -> bool {
        self.0 & (1 << date.weekday().index()) != 0
    }
}

/// A time in another place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trip {
    /// From when to when.
    pub range: Range<Timestamp>,
    /// The zone of the place; hours without a zone of their own follow it.
    pub zone: Zone,
    /// Whether it takes all of the person's time.
    pub blocks: bool,
}

/// How much time in meetings is enough, counted over events that surely take place at a time of
/// day; what overlaps counts once. A day or week that holds as much is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// A day, in milliseconds.
    pub day_ms: Option<i64>,
    /// A week from Monday on, in milliseconds.
    pub week_ms: Option<i64>,
}

/// A time opened or closed by hand. Where both hold, it is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// From when to when.
    pub range: Range<Timestamp>,
    /// Opened, or closed.
    pub open: bool,
}
