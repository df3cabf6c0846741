//! Times for people, by a clock on the wall.

use kalends::core::schedule::{Stretch, Why};
use kalends::core::time::Timestamp;
use kalends::recurrence::{Civil, Date, Gap, Zone};

const SLOT_SECONDS: u32 = 1_800;
const SLOTS: u32 = 48;

/// `2026-03-02 09:30` by the clock of a zone.
pub(crate) fn local(at: Timestamp, zone: &Zone) -> String {
    let civil = zone.civil(at);
    format!("{} {}", civil.date(), clock(civil))
}

/// `09:30`.
pub(crate) fn clock(civil: Civil) -> String {
    let minutes = civil.seconds_of_day() / 60;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// `Mon 2026-03-02`.
pub(crate) fn day(date: Date) -> String {
    const NAMES: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    format!("{} {date}", NAMES[usize::from(date.weekday().index())])
}

/// `1d 2h 30m`.
pub(crate) fn lasting(ms: i64) -> String {
    let minutes = ms / 60_000;
    let (days, hours, minutes) = (minutes / 1_440, minutes / 60 % 24, minutes % 60);
    let parts = [(days, "d"), (hours, "h"), (minutes, "m")];
    let parts: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n}{unit}")).collect();
    if parts.is_empty() { "0m".to_owned() } else { parts.join(" ") }
}

/// A line for each day, and a mark for each half hour of it, by what speaks most against it.
pub(crate) fn picture(time: &[Stretch], zone: &Zone) -> String {
    let (Some(first), Some(last)) = (time.first(), time.last()) else { return String::new() };
    let ends = zone.civil(last.range.end.saturating_add_millis(-1)).date();
    let mut lines = vec![format!("{:15}{}", "", hours())];
    let mut date = zone.civil(first.range.start).date();
    while date <= ends {
        let marks: String = looks(time, zone, date).into_iter().map(Look::mark).collect();
        lines.push(format!("{} {}", day(date), marks.trim_end()));
        date = date.add_days(1);
    }
    lines.push(String::new());
    lines.push("█ busy  ▓ held  ▒ perhaps  ░ kept free  · outside of hours  ─ free".to_owned());
    lines.join("\n")
}

fn hours() -> String {
    (0..24).step_by(3).map(|hour| format!("{hour:<6}")).collect::<String>().trim_end().to_owned()
}

/// How a half hour looks, by what speaks most against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// It was not asked for.
    Blank,
    Free,
    Busy,
    Held,
    Perhaps,
    Kept,
    Outside,
}

impl Look {
    const fn mark(self) -> char {
        match self {
            Self::Blank => ' ',
            Self::Free => '─',
            Self::Busy => '█',
            Self::Held => '▓',
            Self::Perhaps => '▒',
            Self::Kept => '░',
            Self::Outside => '·',
        }
    }
}

/// How each half hour of a day looks.
pub(crate) fn looks(time: &[Stretch], zone: &Zone, date: Date) -> Vec<Look> {
    (0..SLOTS).map(|slot| look(time, zone, (date, slot))).collect()
}

fn look(time: &[Stretch], zone: &Zone, (date, slot): (Date, u32)) -> Look {
    let at = |slot: u32| {
        zone.instant(Civil::new(date, 0).add_seconds(i64::from(slot * SLOT_SECONDS)), Gap::Shift)
    };
    let (start, end) = (at(slot), at(slot + 1));
    let during = time.iter().filter(|one| one.range.start < end && start < one.range.end);
    let why = during.clone().flat_map(|one| one.why.iter()).min();
    match why {
        _ if during.count() == 0 => Look::Blank,
        None => Look::Free,
        Some(Why::Busy) => Look::Busy,
        Some(Why::Held) => Look::Held,
        Some(Why::Perhaps) => Look::Perhaps,
        Some(Why::Hours | Why::Notice | Why::Horizon) => Look::Outside,
        Some(
            Why::Closed
            | Why::Trip
            | Why::Milestone
            | Why::Focus
            | Why::Buffer
            | Why::DailyLimit
            | Why::WeeklyLimit,
        ) => Look::Kept,
    }
}
