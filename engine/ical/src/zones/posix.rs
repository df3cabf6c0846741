//! Yearly changes of the offset, as RFC 5545 rules and as POSIX TZ strings.

use kalends_recurrence::{Civil, Date, Rule, Weekday};

/// When the offset changes each year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Onset {
    month: u8,
    day: Day,
    /// Seconds after midnight, on the wall before the change.
    seconds: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Day {
    /// The same day of the month.
    Of(u8),
    /// A weekday, the how manieth; 5 is the last.
    Nth(u8, Weekday),
    /// A weekday, the first from this day of the month on.
    From(u8, Weekday),
}

impl Onset {
    /// The yearly onset of a rule that starts at `first`; `None` where it is of another kind.
    pub(super) fn of_rule(rule: &Rule, first: Civil) -> Option<Self> {
        let unsaid = rule.by_year_day().is_empty() && rule.by_week_no().is_empty();
        let timed = rule.by_hour().is_empty() && rule.by_minute().is_empty();
        if !unsaid || !timed || !rule.by_set_pos().is_empty() {
            return None;
        }
        let (_, month, day_of_month) = first.date().ymd();
        let month = match rule.by_month().as_slice() {
            [] => month,
            [only] => *only,
            [_, _, ..] => return None,
        };
        let day = match (rule.by_day(), rule.by_month_day().as_slice()) {
            ([], []) => Day::Of(day_of_month),
            ([], [day]) if *day > 0 => Day::Of(day.unsigned_abs()),
            ([entry], []) if (1..=4).contains(&entry.ordinal) => {
                Day::Nth(entry.ordinal.unsigned_abs(), entry.weekday)
            }
            ([entry], []) if entry.ordinal == -1 || entry.ordinal == 5 => {
                Day::Nth(5, entry.weekday)
            }
            ([entry], days) => match week_of(days, month) {
                Some(week) => Day::Nth(week, entry.weekday),
                None => Day::From(week_start(days)?, entry.weekday),
            },
            _ => return None,
        };
        Some(Self { month, day, seconds: first.seconds_of_day() })
    }

    /// The onset of one year.
    pub(super) fn in_year(&self, year: i32) -> Option<Civil> {
        let date = match &self.day {
            Day::Of(day) => Date::new(year, self.month, *day)?,
            Day::From(day, weekday) => {
                let first = Date::new(year, self.month, *day)?;
                let ahead = (7 + weekday.index() - first.weekday().index()) % 7;
                first.add_days(i32::from(ahead))
            }
            Day::Nth(week, weekday) => {
                let first = Date::new(year, self.month, 1)?;
                let ahead = (7 + weekday.index() - first.weekday().index()) % 7;
                let days = i32::from(ahead) + 7 * (i32::from(*week) - 1);
                let date = first.add_days(days);
                if date.ymd().1 == self.month { date } else { date.add_days(-7) }
            }
        };
        Some(Civil::new(date, self.seconds))
    }

    /// As POSIX has it, the time left out where it is 2 o'clock; `None` where POSIX cannot say it.
    fn text(&self) -> Option<String> {
        let day = match &self.day {
            Day::From(..) => return None,
            Day::Of(day) => format!("J{}", day_of_common_year(self.month, *day)),
            Day::Nth(week, weekday) => {
                format!("M{}.{week}.{}", self.month, (weekday.index() + 1) % 7)
            }
        };
        Some(match self.seconds {
            7_200 => day,
            seconds => format!("{day}/{}", span(seconds)),
        })
    }
}

/// The week that seven days in a row make: 1 to 4 from the first, 5 for the last seven.
fn week_of(days: &[i8], month: u8) -> Option<u8> {
    let (first, last) = (*days.iter().min()?, *days.iter().max()?);
    if days.len() != 7 || last - first != 6 {
        return None;
    }
    match first {
        1 | 8 | 15 | 22 => Some(first.unsigned_abs() / 7 + 1),
        -7 => Some(5),
        25 if month != 2 && ![4, 6, 9, 11].contains(&month) => Some(5),
        24 if [4, 6, 9, 11].contains(&month) => Some(5),
        _ => None,
    }
}

/// The first of seven days in a row.
fn week_start(days: &[i8]) -> Option<u8> {
    let (first, last) = (*days.iter().min()?, *days.iter().max()?);
    let in_a_row = days.len() == 7 && last - first == 6 && first > 0;
    in_a_row.then_some(first.unsigned_abs())
}

/// The stored name of a zone of two yearly rules; `None` where POSIX cannot say them.
pub(super) fn rules(standard: i32, daylight: i32, begin: &Onset, end: &Onset) -> Option<String> {
    let shown = if daylight == standard + 3_600 { String::new() } else { west(daylight) };
    let (begin, end) = (begin.text()?, end.text()?);
    Some(format!("posix:STD{}DST{shown},{begin},{end}", west(standard)))
}

/// POSIX counts offsets to the west.
fn west(seconds: i32) -> String {
    let sign = if seconds > 0 { "-" } else { "" };
    format!("{sign}{}", span(seconds.unsigned_abs()))
}

fn span(seconds: u32) -> String {
    let (hours, minutes, rest) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    match (minutes, rest) {
        (0, 0) => format!("{hours}"),
        (minutes, 0) => format!("{hours}:{minutes:02}"),
        (minutes, rest) => format!("{hours}:{minutes:02}:{rest:02}"),
    }
}

/// 1 to 365, as if there were no 29 February.
fn day_of_common_year(month: u8, day: u8) -> u16 {
    const BEFORE: [u16; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    BEFORE[usize::from(month.clamp(1, 12) - 1)] + u16::from(day.min(31))
}
