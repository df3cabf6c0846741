//! Patterns of Graph and rules of ours, each into the other.

use kalends_core::event::Recurrence;
use kalends_core::time::{Date, Every, Nth, Pattern, PatternEnd, Rule, Weekday, When};

use crate::time::kept_zone;
use crate::wire::recurrence::{PatternJson, RangeJson, RecurrenceJson};

const DAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];
const PLACES: [(&str, Nth); 5] = [
    ("first", Nth::First),
    ("second", Nth::Second),
    ("third", Nth::Third),
    ("fourth", Nth::Fourth),
    ("last", Nth::Last),
];

/// The rule of a series that starts there; `None` where the pattern makes no sense.
pub(crate) fn read(json: &RecurrenceJson, start: &When) -> Option<Rule> {
    let pattern = Pattern {
        every: every(&json.pattern)?,
        interval: u32::try_from(json.pattern.interval.unwrap_or(1)).ok()?.max(1),
        end: end(&json.range)?,
    };
    pattern.rule(start)
}

/// The day of a month, where a pattern says one that not every such month has. Exchange is known to
/// take the last day of a shorter month for it; whether it does, its instances say.
pub(crate) fn long_day(json: &RecurrenceJson) -> Option<u8> {
    every(&json.pattern)?.long_day()
}

/// The same rule, where it leaves out the months that are too short for its day.
pub(crate) fn leaving_out(rule: &Rule, day: u8) -> Option<Rule> {
    let part = |part: &'_ str| match part.split_once('=') {
        Some(("BYMONTHDAY", _)) => Some(format!("BYMONTHDAY={day}")),
        Some(("BYSETPOS", _)) => None,
        Some(_) | None => Some(part.to_owned()),
    };
    let parts: Vec<String> = rule.text().split(';').filter_map(part).collect();
    Rule::parse(&parts.join(";")).ok()
}

/// The pattern of a series; `None` where none says it.
pub(crate) fn write(start: &When, recurrence: &Recurrence, zone: &str) -> Option<RecurrenceJson> {
    let pattern = pattern_of(start, recurrence)?;
    Some(RecurrenceJson {
        pattern: pattern_json(&pattern),
        range: range_json(&pattern, start, zone),
    })
}

/// A start and a rule as a server that keeps patterns gives them back.
pub(crate) fn kept(start: &When, recurrence: &Recurrence) -> Option<(When, Rule)> {
    let start = match start {
        When::Zoned(civil, zone) => When::Zoned(*civil, kept_zone(zone)),
        When::Floating(_) | When::Date(_) => start.clone(),
    };
    let rule = pattern_of(&start, recurrence)?.rule(&start)?;
    Some((start, rule))
}

/// The weekday of a word of Graph.
pub(crate) fn weekday(word: &str) -> Option<Weekday> {
    DAYS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, day)| *day)
}

fn pattern_of(start: &When, recurrence: &Recurrence) -> Option<Pattern> {
    match recurrence.rules.as_slice() {
        [rule] if recurrence.extras.is_empty() => Pattern::of(start, rule),
        _ => None,
    }
}

fn every(json: &PatternJson) -> Option<Every> {
    let day = || u8::try_from(json.day_of_month?).ok();
    let month = || u8::try_from(json.month?).ok();
    let nth = || match json.index.as_deref() {
        Some(word) => PLACES.iter().find(|(name, _)| *name == word).map(|(_, nth)| *nth),
        None => Some(Nth::First),
    };
    Some(match json.kind.as_deref()? {
        "daily" => Every::Day,
        "weekly" => {
            let first = json.first_day_of_week.as_deref().map_or(Some(Weekday::Sunday), weekday);
            Every::Week { days: days(json)?, first: first? }
        }
        "absoluteMonthly" => Every::MonthDay(day()?),
        "relativeMonthly" => Every::MonthWeekday(nth()?, days(json)?),
        "absoluteYearly" => Every::YearDay { month: month()?, day: day()? },
        "relativeYearly" => Every::YearWeekday { month: month()?, nth: nth()?, days: days(json)? },
        _ => return None,
    })
}

fn days(json: &PatternJson) -> Option<Vec<Weekday>> {
    let words = json.days_of_week.as_deref()?;
    let mut days = words.iter().map(|word| weekday(word)).collect::<Option<Vec<_>>>()?;
    days.sort_unstable_by_key(|day| day.index());
    days.dedup();
    (!days.is_empty()).then_some(days)
}

fn end(json: &RangeJson) -> Option<PatternEnd> {
    Some(match json.kind.as_deref()? {
        "noEnd" => PatternEnd::Never,
        "endDate" => PatternEnd::On(json.end_date.as_deref()?.parse().ok()?),
        "numbered" => {
            PatternEnd::After(u32::try_from(json.number_of_occurrences?).ok().filter(|n| *n > 0)?)
        }
        _ => return None,
    })
}

fn pattern_json(pattern: &Pattern) -> PatternJson {
    let mut json =
        PatternJson { interval: Some(i64::from(pattern.interval)), ..PatternJson::default() };
    let kind = match &pattern.every {
        Every::Day => "daily",
        Every::Week { days, first } => {
            json.days_of_week = Some(words(days));
            json.first_day_of_week = Some(word(*first));
            "weekly"
        }
        Every::MonthDay(day) => {
            json.day_of_month = Some(i64::from(*day));
            "absoluteMonthly"
        }
        Every::MonthWeekday(nth, days) => {
            json.days_of_week = Some(words(days));
            json.index = Some(place(*nth));
            "relativeMonthly"
        }
        Every::YearDay { month, day } => {
            json.month = Some(i64::from(*month));
            json.day_of_month = Some(i64::from(*day));
            "absoluteYearly"
        }
        Every::YearWeekday { month, nth, days } => {
            json.month = Some(i64::from(*month));
            json.days_of_week = Some(words(days));
            json.index = Some(place(*nth));
            "relativeYearly"
        }
    };
    json.kind = Some(kind.to_owned());
    json
}

fn range_json(pattern: &Pattern, start: &When, zone: &str) -> RangeJson {
    let mut json = RangeJson {
        start_date: Some(day_text(start.civil().date())),
        recurrence_time_zone: Some(zone.to_owned()),
        ..RangeJson::default()
    };
    let kind = match pattern.end {
        PatternEnd::Never => "noEnd",
        PatternEnd::On(day) => {
            json.end_date = Some(day_text(day));
            "endDate"
        }
        PatternEnd::After(count) => {
            json.number_of_occurrences = Some(i64::from(count));
            "numbered"
        }
    };
    json.kind = Some(kind.to_owned());
    json
}

fn day_text(day: Date) -> String {
    day.to_string()
}

fn words(days: &[Weekday]) -> Vec<String> {
    days.iter().map(|day| word(*day)).collect()
}

fn word(day: Weekday) -> String {
    DAYS[usize::from(day.index())].0.to_owned()
}

fn place(nth: Nth) -> String {
    PLACES.iter().find(|(_, known)| *known == nth).map_or("first", |(name, _)| name).to_owned()
}
