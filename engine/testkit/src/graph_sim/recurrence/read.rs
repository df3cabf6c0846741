//! A `patternedRecurrence` as it was sent.

use jiff::civil::{Date, Weekday};
use serde_json::Value;

use super::super::answer::Refusal;
use super::super::zones;
use super::{DAYS, End, INDEXES, Index, KINDS, Kind, Pattern, Recurrence, value as named};

impl Recurrence {
    /// Reads a recurrence whose zone is `zone` where it names none. `validates_filler` says
    /// whether members that the pattern's type does not use are checked too (3.9).
    pub(crate) fn read(sent: &Value, zone: &str, validates_filler: bool) -> Result<Self, Refusal> {
        let part = |name| sent.get(name).filter(|part| part.is_object());
        let missing = || Refusal::new(400, "ErrorPropertyValidationFailure", MISSING);
        let pattern = read_pattern(part("pattern").ok_or_else(missing)?, validates_filler)?;
        let range = part("range").ok_or_else(missing)?;
        let start = date(range, "startDate")?;
        let start = start.ok_or_else(|| refused("range.startDate is missing"))?;
        let given = range.get("recurrenceTimeZone").and_then(Value::as_str);
        let given = given.filter(|name| !name.is_empty()).unwrap_or(zone);
        if zones::zone(given).is_none() {
            return Err(Refusal::zone(given));
        }
        Ok(Self { pattern, start, end: read_end(range, start)?, zone: given.to_owned() })
    }
}

const MISSING: &str =
    "At least one property failed validation. The recurrence needs a pattern and a range.";

fn refused(why: &str) -> Refusal {
    let message = format!("At least one property failed validation: recurrence.{why}.");
    Refusal::new(400, "ErrorPropertyValidationFailure", &message)
}

fn read_pattern(sent: &Value, validates_filler: bool) -> Result<Pattern, Refusal> {
    let text = |name: &str| sent.get(name).and_then(Value::as_str);
    let number = |name: &str| sent.get(name).and_then(Value::as_i64).unwrap_or_default();
    let kind = text("type").and_then(|name| named(&KINDS, name));
    let kind = kind.ok_or_else(|| refused("pattern.type is missing"))?;
    let days = sent.get("daysOfWeek").and_then(Value::as_array).into_iter().flatten();
    let mut days: Vec<Weekday> = days.filter_map(|day| named(&DAYS, day.as_str()?)).collect();
    days.sort_by_key(|day| day.to_sunday_zero_offset());
    days.dedup();
    let pattern = Pattern {
        kind,
        interval: i32::try_from(number("interval")).unwrap_or_default(),
        days,
        first_day: text("firstDayOfWeek")
            .and_then(|name| named(&DAYS, name))
            .unwrap_or(Weekday::Sunday),
        index: text("index").and_then(|name| named(&INDEXES, name)).unwrap_or(Index::First),
        day: i8::try_from(number("dayOfMonth")).unwrap_or_default(),
        month: i8::try_from(number("month")).unwrap_or_default(),
    };
    let filler: Vec<&str> = ["dayOfMonth", "month"]
        .into_iter()
        .filter(|name| validates_filler && sent.get(name).is_some())
        .collect();
    check(&pattern, &filler)?;
    Ok(pattern)
}

/// `checked` are members that are checked even where the type does not use them.
fn check(pattern: &Pattern, checked: &[&str]) -> Result<(), Refusal> {
    let (by_day, by_month, by_weekday) = match pattern.kind {
        Kind::Daily => (false, false, false),
        Kind::Weekly | Kind::RelativeMonthly => (false, false, true),
        Kind::AbsoluteMonthly => (true, false, false),
        Kind::AbsoluteYearly => (true, true, false),
        Kind::RelativeYearly => (false, true, true),
    };
    if pattern.interval < 1 || pattern.interval > 999 {
        return Err(refused("pattern.interval must be 1 to 999"));
    }
    if (by_day || checked.contains(&"dayOfMonth")) && !(1..=31).contains(&pattern.day) {
        return Err(refused("pattern.dayOfMonth must be 1 to 31"));
    }
    if (by_month || checked.contains(&"month")) && !(1..=12).contains(&pattern.month) {
        return Err(refused("pattern.month must be 1 to 12"));
    }
    if by_weekday && pattern.days.is_empty() {
        return Err(refused("pattern.daysOfWeek must not be empty"));
    }
    Ok(())
}

fn read_end(range: &Value, start: Date) -> Result<End, Refusal> {
    match range.get("type").and_then(Value::as_str) {
        Some("noEnd") => Ok(End::Never),
        Some("endDate") => {
            let end = date(range, "endDate")?.filter(|end| *end >= start);
            Ok(End::On(end.ok_or_else(|| refused("range.endDate must not be before startDate"))?))
        }
        Some("numbered") => {
            let count = range.get("numberOfOccurrences").and_then(Value::as_i64);
            let count = count.and_then(|count| i32::try_from(count).ok());
            let count = count.filter(|count| (1..=999).contains(count));
            Ok(End::After(
                count.ok_or_else(|| refused("range.numberOfOccurrences must be 1 to 999"))?,
            ))
        }
        Some(_) | None => Err(refused("range.type is missing")),
    }
}

fn date(range: &Value, name: &str) -> Result<Option<Date>, Refusal> {
    let Some(text) = range.get(name).and_then(Value::as_str) else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|_| refused(&format!("range.{name} is no date")))
}
