//! What a day costs, against what a provider allows.

use std::collections::BTreeSet;

use crate::budget::{Allowance, Kind, Rate};
use crate::graph::{Calendar, CalendarRole, Edge, Lifecycle, OverlayState};
use crate::ids::{AccountId, CalendarId};
use crate::slice::Config;

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// What a day is like, as far as the set-up does not say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Habits {
    /// How often all accounts are looked at.
    pub passes: u32,
    /// Changes that people make in each calendar that is read.
    pub changes_of_calendar: u32,
    /// How often a calendar is read though it is watched.
    pub reads_of_watched: u32,
    /// Watches of one calendar that are opened and closed in a hundred days.
    pub watches_in_100_days: u32,
}

impl Default for Habits {
    /// A look each five minutes, ten changes, a reading each hour; watches that go on after two
    /// thirds of a week.
    fn default() -> Self {
        Self { passes: 288, changes_of_calendar: 10, reads_of_watched: 24, watches_in_100_days: 22 }
    }
}

/// What one account is to do on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Load {
    /// Calendars that are read.
    pub calendars: u32,
    /// Those of them whose provider tells of changes.
    pub watched: u32,
    /// How often all accounts are looked at.
    pub passes: u32,
    /// How often a calendar is read though it is watched.
    pub reads_of_watched: u32,
    /// Changes that people make in the calendars that are read.
    pub changes: u32,
    /// Writes into the account.
    pub writes: u32,
    /// Watches that are opened and closed in a hundred days.
    pub watches_in_100_days: u32,
}

/// Requests of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Day {
    /// To see which calendars there are, and whether anything changed.
    pub looking: u64,
    /// To read what people changed.
    pub reading: u64,
    /// To write mirrors, and to hear of our own writes.
    pub writing: u64,
    /// To keep watches open.
    pub watching: u64,
}

/// How a day stands to a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// The rate.
    pub rate: Rate,
    /// Requests that it lets through in a day.
    pub allowed: u64,
    /// What the day takes of it, in thousandths, rounded up.
    pub permille: u64,
}

impl Day {
    /// All requests of the day.
    #[must_use]
    pub const fn requests(&self) -> u64 {
        let Self { looking, reading, writing, watching } = *self;
        looking + reading + writing + watching
    }
}

/// What the edges and the scope of its calendars give one account to do.
#[must_use]
pub fn load(
    config: &Config,
    account: AccountId,
    watched: &BTreeSet<CalendarId>,
    habits: &Habits,
) -> Load {
    let lives = |edge: &&Edge| match edge.state {
        Lifecycle::Active | Lifecycle::Retiring => true,
        Lifecycle::Paused(_) | Lifecycle::Abandoned => false,
    };
    let into = |calendar: CalendarId| {
        config.edges.values().filter(lives).filter(move |e| e.to == calendar)
    };
    let is_looked_at = |calendar: &&Calendar| match calendar.role {
        CalendarRole::Theirs | CalendarRole::Subscribed => {
            config.takes_in(calendar) || into(calendar.id).next().is_some()
        }
        CalendarRole::Overlay(OverlayState::Made { .. } | OverlayState::Retiring) => true,
        CalendarRole::Overlay(OverlayState::Wanted { .. })
        | CalendarRole::Own
        | CalendarRole::Lost => false,
    };
    let is_read = |calendar: &&Calendar| calendar.capabilities.read && is_looked_at(calendar);
    let ours = || config.calendars.values().filter(|calendar| calendar.account == account);
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let watches = number(ours().filter(is_read).filter(|c| watched.contains(&c.id)).count());
    let people = ours().filter(is_read).filter(|calendar| config.takes_in(calendar)).count();
    let edges = ours().map(|calendar| into(calendar.id).count()).sum();
    Load {
        calendars: number(ours().filter(is_read).count()),
        watched: watches,
        passes: habits.passes,
        reads_of_watched: habits.reads_of_watched,
        changes: number(people).saturating_mul(habits.changes_of_calendar),
        writes: number(edges).saturating_mul(habits.changes_of_calendar),
        watches_in_100_days: watches.saturating_mul(habits.watches_in_100_days),
    }
}

/// What a day costs. Watched calendars are read when they tell of a change, of ours too; the others
/// at each pass. What we wrote ourselves is listed at the version that the answer to the write said, and
/// is not read; that of a series may be, which is not reckoned.
#[must_use]
pub fn day(load: &Load, allowance: &Allowance) -> Day {
    let costs = allowance.costs;
    let [look, list, read, write] =
        [costs.look, costs.list, costs.read, costs.write].map(u64::from);
    let polled = u64::from(load.calendars.saturating_sub(load.watched)) * u64::from(load.passes);
    let hourly = u64::from(load.watched) * u64::from(load.reads_of_watched);
    let [changes, writes] = [load.changes, load.writes].map(u64::from);
    let told = if load.watched > 0 { list } else { 0 };
    Day {
        looking: u64::from(load.passes) * look + (polled + hourly) * list,
        reading: changes * (told + read),
        writing: writes * (write + told),
        watching: (u64::from(load.watches_in_100_days) * 2).div_ceil(100),
    }
}

/// How so many requests of a day stand to each rate of a provider.
pub fn share(requests: u64, allowance: &Allowance) -> impl Iterator<Item = Share> {
    allowance.rates.iter().map(move |rate| {
        let spans = u64::try_from(DAY_MS / rate.span_ms.max(1)).unwrap_or(1);
        let allowed = u64::from(rate.requests) * spans.max(1);
        Share { rate: *rate, allowed, permille: (requests * 1_000).div_ceil(allowed.max(1)) }
    })
}

/// How long so many writes take at least where the governor is kept to, in milliseconds.
#[must_use]
pub fn sending_ms(writes: u64, allowance: &Allowance) -> i64 {
    let requests = writes * u64::from(allowance.costs.write.max(1));
    let times = allowance.rates.iter().map(|rate| {
        let share = u64::from(rate.share(Kind::Write).max(1));
        let waits = requests.saturating_sub(1) / share;
        i64::try_from(waits).unwrap_or(i64::MAX).saturating_mul(rate.span_ms)
    });
    times.max().unwrap_or(0)
}
