//! Series that repeat by one of the six patterns which Exchange keeps.

use crate::date::days_in_month;
use crate::{
    ByDay, Date, Frequency, Gap, Length, Options, Rule, Series, Timestamp, Weekday, When, Zone,
};

/// Steps that looking for the last instance may take.
const STEPS_MAX: u32 = 100_000;
/// What Outlook lets a person enter at most, as interval and as count.
const NUMBER_MAX: u32 = 999;

/// A rule as one of the patterns of Exchange (MS-OXOCAL 2.2.1.44.1; `patternedRecurrence` of
/// Microsoft Graph), which start on the day of the series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// What repeats.
    pub every: Every,
    /// Every so many days, weeks, months or years; at least 1.
    pub interval: u32,
    /// Where it ends.
    pub end: PatternEnd,
}

/// What a pattern repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Every {
    /// A day.
    Day,
    /// Days of a week.
    Week {
        /// Which; at least one, Monday first.
        days: Vec<Weekday>,
        /// The day on which weeks begin.
        first: Weekday,
    },
    /// A day of a month: in shorter months their last day.
    MonthDay(u8),
    /// One of the days of a month that are such weekdays.
    MonthWeekday(Nth, Vec<Weekday>),
    /// A day of a year: in shorter months their last day.
    YearDay {
        /// 1 to 12.
        month: u8,
        /// 1 to 31.
        day: u8,
    },
    /// One of the days of a month of each year that are such weekdays.
    YearWeekday {
        /// 1 to 12.
        month: u8,
        /// Which of them.
        nth: Nth,
        /// The weekdays.
        days: Vec<Weekday>,
    },
}

/// Which of the days of a month that are such weekdays, counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nth {
    /// The first.
    First,
    /// The second.
    Second,
    /// The third.
    Third,
    /// The fourth.
    Fourth,
    /// The last.
    Last,
}

/// Where a pattern ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternEnd {
    /// Nowhere.
    Never,
    /// With the last instance that starts on this day or before, on the wall of the series.
    On(Date),
    /// After so many instances.
    After(u32),
}

impl Nth {
    const ALL: [(Self, i16); 5] = [
        (Self::First, 1),
        (Self::Second, 2),
        (Self::Third, 3),
        (Self::Fourth, 4),
        (Self::Last, -1),
    ];

    fn from_position(position: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, number)| *number == position).map(|(nth, _)| nth)
    }

    fn position(self) -> i16 {
        Self::ALL.into_iter().find(|(nth, _)| *nth == self).map_or(1, |(_, number)| number)
    }
}

impl Pattern {
    /// The pattern that gives the very instances of a rule; `None` where none does, and where the
    /// start is no instance of the rule.
    #[must_use]
    pub fn of(start: &When, rule: &Rule) -> Option<Self> {
        let rule = Rule::parse(&rule.normalized_for(start)).ok()?;
        let fine = !rule.by_hour().is_empty()
            || !rule.by_minute().is_empty()
            || !rule.by_second().is_empty()
            || !rule.by_year_day().is_empty()
            || !rule.by_week_no().is_empty();
        if fine || rule.interval() > NUMBER_MAX {
            return None;
        }
        let day = start.civil().date();
        let every = match rule.freq() {
            Frequency::Daily => daily(&rule, day),
            Frequency::Weekly => weekly(&rule, day),
            Frequency::Monthly => monthly(&rule, day),
            Frequency::Yearly => yearly(&rule, day),
            Frequency::Secondly | Frequency::Minutely | Frequency::Hourly => None,
        }?;
        if !every.is_on(day) {
            return None;
        }
        let end = end(start, &rule)?;
        Some(Self { every, interval: rule.interval(), end })
    }

    /// The rule of a pattern whose series starts there; `None` where the pattern makes no sense.
    #[must_use]
    pub fn rule(&self, start: &When) -> Option<Rule> {
        let end = match self.end {
            PatternEnd::Never => String::new(),
            PatternEnd::After(count) => format!(";COUNT={count}"),
            PatternEnd::On(day) => format!(";UNTIL={}", until(start, day)),
        };
        let text = format!("{};INTERVAL={}{end}", self.every.text()?, self.interval.max(1));
        let rule = Rule::parse(&text).ok()?;
        Rule::parse(&rule.normalized_for(start)).ok()
    }

    /// Days between two instances, at least; events of a pattern are no longer.
    #[must_use]
    pub fn gap_days_min(&self) -> i64 {
        let interval = i64::from(self.interval.max(1));
        match &self.every {
            Every::Day => interval,
            Every::Week { days, .. } if days.len() < 2 => 7 * interval,
            Every::Week { days, .. } => {
                let at: Vec<i64> = days.iter().map(|day| i64::from(day.index())).collect();
                let inside = at.windows(2).map(|pair| pair[1] - pair[0]);
                let around = at.first().zip(at.last()).map(|(first, last)| first + 7 - last);
                inside.chain(around).min().unwrap_or(7)
            }
            Every::MonthDay(_) | Every::MonthWeekday(..) => 28 * interval - 7,
            Every::YearDay { .. } | Every::YearWeekday { .. } => 365 * interval - 7,
        }
    }
}

impl Every {
    /// The day of a month that it names, where not every such month has it. Exchange is known to
    /// take the last day of a shorter month for it, but that was not measured: only what Exchange
    /// says itself may rest on it.
    #[must_use]
    pub fn long_day(&self) -> Option<u8> {
        match self {
            Self::MonthDay(day) if *day > 28 => Some(*day),
            Self::YearDay { month, day } if *day > days_in_month(2_001, *month) => Some(*day),
            Self::Day
            | Self::Week { .. }
            | Self::MonthDay(_)
            | Self::MonthWeekday(..)
            | Self::YearDay { .. }
            | Self::YearWeekday { .. } => None,
        }
    }

    /// Whether the pattern has an instance on this day, whatever the interval.
    fn is_on(&self, date: Date) -> bool {
        let (_, in_month, _) = date.ymd();
        match self {
            Self::Day => true,
            Self::Week { days, .. } => days.contains(&date.weekday()),
            Self::MonthDay(day) => is_month_day(date, *day),
            Self::MonthWeekday(nth, days) => is_nth(date, *nth, days),
            Self::YearDay { month, day } => in_month == *month && is_month_day(date, *day),
            Self::YearWeekday { month, nth, days } => {
                in_month == *month && is_nth(date, *nth, days)
            }
        }
    }

    fn text(&self) -> Option<String> {
        let month = |month: &u8| (1..=12).contains(month).then(|| format!(";BYMONTH={month}"));
        Some(match self {
            Self::Day => "FREQ=DAILY".to_owned(),
            Self::Week { days, first } => {
                format!("FREQ=WEEKLY;BYDAY={};WKST={}", codes(days)?, first.code())
            }
            Self::MonthDay(day) => format!("FREQ=MONTHLY{}", month_day_text(*day, (28, 31))?),
            Self::MonthWeekday(nth, days) => format!("FREQ=MONTHLY{}", weekday_text(*nth, days)?),
            Self::YearDay { month: of, day } => {
                let long = (days_in_month(2_001, *of), days_in_month(2_000, *of));
                format!("FREQ=YEARLY{}{}", month(of)?, month_day_text(*day, long)?)
            }
            Self::YearWeekday { month: of, nth, days } => {
                format!("FREQ=YEARLY{}{}", month(of)?, weekday_text(*nth, days)?)
            }
        })
    }
}

fn daily(rule: &Rule, start: Date) -> Option<Every> {
    let plain = rule.by_month().is_empty()
        && rule.by_month_day().is_empty()
        && rule.by_set_pos().is_empty();
    match (plain, rule.by_day().is_empty()) {
        (true, true) => Some(Every::Day),
        (true, false) if rule.interval() == 1 => weekly(rule, start),
        (true | false, _) => None,
    }
}

fn weekly(rule: &Rule, start: Date) -> Option<Every> {
    let only_days = rule.by_month().is_empty()
        && rule.by_month_day().is_empty()
        && rule.by_set_pos().is_empty();
    if !only_days {
        return None;
    }
    let mut days: Vec<Weekday> = rule.by_day().iter().map(|entry| entry.weekday).collect();
    if days.is_empty() {
        days.push(start.weekday());
    }
    days.sort_unstable_by_key(|day| day.index());
    days.dedup();
    Some(Every::Week { days, first: rule.week_start() })
}

fn monthly(rule: &Rule, start: Date) -> Option<Every> {
    if !rule.by_month().is_empty() {
        return None;
    }
    in_month(rule, start)
}

fn yearly(rule: &Rule, start: Date) -> Option<Every> {
    let months = rule.by_month();
    let (_, own, _) = start.ymd();
    let month = match months.as_slice() {
        [month] => *month,
        // Without a month these stand for all of them.
        [] if rule.by_day().is_empty() && rule.by_month_day().is_empty() => own,
        _ => return None,
    };
    Some(match in_month_of(rule, start, month)? {
        Every::MonthDay(day) => Every::YearDay { month, day },
        Every::MonthWeekday(nth, days) => Every::YearWeekday { month, nth, days },
        other @ (Every::Day
        | Every::Week { .. }
        | Every::YearDay { .. }
        | Every::YearWeekday { .. }) => other,
    })
}

fn in_month(rule: &Rule, start: Date) -> Option<Every> {
    // 0: any month.
    in_month_of(rule, start, 0)
}

/// What of a month, of which no instance may be left out because the month is too short.
fn in_month_of(rule: &Rule, start: Date, month: u8) -> Option<Every> {
    let (always, longest) = match month {
        0 => (28, 31),
        _ => (days_in_month(2_001, month), days_in_month(2_000, month)),
    };
    let (always, longest) = (i8::try_from(always).ok()?, i8::try_from(longest).ok()?);
    let (days, positions) = (rule.by_month_day(), rule.by_set_pos());
    match (rule.by_day(), days.as_slice(), positions) {
        ([], [], []) => {
            let (_, _, day) = start.ymd();
            (day <= always.unsigned_abs()).then_some(Every::MonthDay(day))
        }
        ([], [day], []) if (1..=always).contains(day) => Some(Every::MonthDay(day.unsigned_abs())),
        ([], [-1], []) => Some(last_day()),
        ([], several, [-1]) if is_run(several, always) && several.last() == Some(&longest) => {
            Some(last_day())
        }
        ([], several, [-1]) if is_run(several, always) => {
            several.last().map(|day| Every::MonthDay(day.unsigned_abs()))
        }
        ([ByDay { ordinal, weekday }], [], []) if *ordinal != 0 => {
            let nth = Nth::from_position(i16::from(*ordinal))?;
            Some(Every::MonthWeekday(nth, vec![*weekday]))
        }
        (entries, [], [position]) if entries.iter().all(|entry| entry.ordinal == 0) => {
            let days = entries.iter().map(|entry| entry.weekday).collect::<Vec<_>>();
            let nth = Nth::from_position(*position)?;
            match (days.len(), nth) {
                (0, _) => None,
                (7, Nth::First | Nth::Second | Nth::Third | Nth::Fourth) => {
                    Some(Every::MonthDay(u8::try_from(*position).ok()?))
                }
                (_, _) => Some(Every::MonthWeekday(nth, days)),
            }
        }
        _ => None,
    }
}

fn last_day() -> Every {
    Every::MonthWeekday(Nth::Last, Weekday::ALL.to_vec())
}

/// Whether the days begin with the last one that every month has, and go on without a hole.
fn is_run(days: &[i8], always: i8) -> bool {
    days.first() == Some(&always) && days.windows(2).all(|pair| pair[1] == pair[0] + 1)
}

fn end(start: &When, rule: &Rule) -> Option<PatternEnd> {
    match (rule.count(), rule.until()) {
        (None, None) => Some(PatternEnd::Never),
        (Some(count), None) if count <= NUMBER_MAX => Some(PatternEnd::After(count)),
        (Some(_) | None, Some(_)) | (Some(_), None) => {
            let rules = [rule.clone()];
            let series = Series {
                start,
                length: Length::Exact(0),
                rules: &rules,
                extras: &[],
                excluded: &[],
                overrides: &[],
            };
            let utc = Zone::utc();
            let options = Options { gap: Gap::Shift, floating: &utc, budget: STEPS_MAX };
            let last = series.last(&options)?;
            let zone = start.zone().unwrap_or(&utc);
            let day = zone.civil(last).date();
            Some(PatternEnd::On(if start.is_date() { day.add_days(-1) } else { day }))
        }
    }
}

/// The time of the series on that day: the start of its last instance, if there is one.
fn until(start: &When, day: Date) -> String {
    let civil = crate::Civil::new(day, start.civil().seconds_of_day());
    let compact = |text: String| text.replace(['-', ':'], "");
    match start {
        When::Zoned(_, zone) => {
            let instant: Timestamp = zone.instant(civil, Gap::Shift);
            compact(format!("{}Z", Zone::utc().civil(instant)))
        }
        When::Floating(_) => compact(civil.to_string()),
        When::Date(_) => compact(day.to_string()),
    }
}

fn is_month_day(date: Date, day: u8) -> bool {
    let (year, month, own) = date.ymd();
    own == day.min(days_in_month(year, month))
}

fn is_nth(date: Date, nth: Nth, days: &[Weekday]) -> bool {
    let (year, month, own) = date.ymd();
    let in_month = (1..=days_in_month(year, month)).filter_map(|day| Date::new(year, month, day));
    let mut such = in_month.filter(|date| days.contains(&date.weekday()));
    let found = match nth {
        Nth::Last => such.next_back(),
        Nth::First | Nth::Second | Nth::Third | Nth::Fourth => {
            such.nth(usize::from(nth.position().unsigned_abs()) - 1)
        }
    };
    found.is_some_and(|date| date.ymd().2 == own)
}

/// BYMONTHDAY of a day that means the last one where a month has fewer; how many days the months
/// it is said of have at least and at most.
fn month_day_text(day: u8, (always, longest): (u8, u8)) -> Option<String> {
    let days = match day {
        0 | 32.. => return None,
        day if day <= always => return Some(format!(";BYMONTHDAY={day}")),
        day if day >= longest => return Some(";BYMONTHDAY=-1".to_owned()),
        day => always..=day,
    };
    let days: Vec<String> = days.map(|day| day.to_string()).collect();
    Some(format!(";BYMONTHDAY={};BYSETPOS=-1", days.join(",")))
}

fn weekday_text(nth: Nth, days: &[Weekday]) -> Option<String> {
    let position = nth.position();
    Some(match days {
        [day] => format!(";BYDAY={position}{}", day.code()),
        _ if days.len() == Weekday::ALL.len() => format!(";BYMONTHDAY={position}"),
        _ => format!(";BYDAY={};BYSETPOS={position}", codes(days)?),
    })
}

fn codes(days: &[Weekday]) -> Option<String> {
    let codes: Vec<&str> = days.iter().map(|day| day.code()).collect();
    (!codes.is_empty()).then(|| codes.join(","))
}
