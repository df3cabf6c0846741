//! When a series takes place.

use std::ops::Range;

use jiff::Timestamp;
use kalends_core::time::{
    Civil, Date, Extra, Gap, Length, Options, Rule, Series, Timestamp as Instant, When, Zone,
};
use serde_json::Value;

use super::error::ApiError;
use super::json::Object;
use super::time::Moment;

/// The original start of an instance, in seconds; of a whole day, its midnight in UTC.
pub(crate) type Key = i64;

/// More steps than any honest rule needs.
const STEPS_MAX: u32 = 400_000;
const DAY: i64 = 86_400;

/// The lines of a series with its start.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    start: When,
    length: Length,
    rules: Vec<Rule>,
    extras: Vec<Extra>,
    excluded: Vec<When>,
    zone_name: Option<String>,
}

/// One time that the rule gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Occurrence {
    pub(crate) key: Key,
    pub(crate) start: Moment,
    pub(crate) end: Moment,
}

impl Pattern {
    /// Reads start, end and `recurrence` of an event; `None` where it does not recur.
    pub(crate) fn read(body: &Object) -> Result<Option<Self>, ApiError> {
        let lines = body.get("recurrence").and_then(Value::as_array);
        let Some(lines) = lines.filter(|lines| !lines.is_empty()) else {
            return Ok(None);
        };
        let start = Moment::read(body.get("start"), "start")?;
        let end = Moment::read(body.get("end"), "end")?;
        let length = length(&start, &end);
        let zone_name = match &start {
            Moment::Day(_) => None,
            Moment::Time(_, Some(zone)) => Some(zone.clone()),
            Moment::Time(_, None) => {
                let words = "Missing time zone definition for start time.";
                return Err(ApiError::required(words));
            }
        };
        let mut pattern = Self {
            start: when(&start),
            length,
            rules: Vec::new(),
            extras: Vec::new(),
            excluded: Vec::new(),
            zone_name,
        };
        for line in lines {
            let text = line.as_str().unwrap_or_default();
            pattern.take(text).ok_or_else(|| ApiError::invalid("Invalid recurrence rule."))?;
        }
        Ok(Some(pattern))
    }

    fn take(&mut self, line: &str) -> Option<()> {
        let (head, value) = line.split_once(':')?;
        let mut parts = head.split(';');
        let name = parts.next()?.to_ascii_uppercase();
        let zone = parts.find_map(|part| part.strip_prefix("TZID="));
        let zone = match (zone, &self.start) {
            (Some(name), _) => Some(Zone::resolve(name)?),
            (None, start) => start.zone().cloned(),
        };
        match name.as_str() {
            "RRULE" => self.rules.push(Rule::parse(value).ok()?),
            "EXDATE" => {
                for text in value.split(',') {
                    self.excluded.push(read_value(text, zone.as_ref())?);
                }
            }
            "RDATE" => {
                for text in value.split(',') {
                    self.extras.push(Extra::At(read_value(text, zone.as_ref())?));
                }
            }
            _ => return None,
        }
        Some(())
    }

    /// What takes place within a range of seconds, rising; days count as UTC days.
    pub(crate) fn within(&self, range: Range<i64>) -> Vec<Occurrence> {
        let utc = Zone::utc();
        let options = Options { gap: Gap::Shift, floating: &utc, budget: STEPS_MAX };
        let series = Series {
            start: &self.start,
            length: self.length,
            rules: &self.rules,
            extras: &self.extras,
            excluded: &self.excluded,
            overrides: &[],
        };
        let window = Instant::from_seconds(range.start)..Instant::from_seconds(range.end);
        let mut out: Vec<Occurrence> = series
            .instances(window, &options)
            .map(|found| self.occurrence(found.start.as_seconds(), found.end.as_seconds()))
            .collect();
        out.sort_by_key(|found| found.key);
        out
    }

    /// What the rule gives for an original start.
    pub(crate) fn at(&self, key: Key) -> Option<Occurrence> {
        // An instance without length only overlaps a range that it lies inside.
        self.within(key - 1..key + 1).into_iter().find(|found| found.key == key)
    }

    fn occurrence(&self, start: i64, end: i64) -> Occurrence {
        let moment = |seconds: i64| match &self.zone_name {
            None => Moment::Day(day_of(seconds)),
            Some(zone) => Moment::Time(timestamp(seconds), Some(zone.clone())),
        };
        Occurrence { key: start, start: moment(start), end: moment(end) }
    }
}

/// The key of an original start.
pub(crate) fn key_of(original: &Moment) -> Key {
    match original {
        Moment::Day(date) => {
            let days = date.since(jiff::civil::date(1970, 1, 1)).map_or(0, |span| span.get_days());
            i64::from(days) * DAY
        }
        Moment::Time(instant, _) => instant.as_second(),
    }
}

fn when(start: &Moment) -> When {
    match start {
        Moment::Day(_) => When::Date(Date::from_days(days(key_of(start)))),
        Moment::Time(instant, name) => {
            let zone = name.as_deref().and_then(Zone::resolve).unwrap_or(Zone::utc());
            When::Zoned(zone.civil(Instant::from_seconds(instant.as_second())), zone)
        }
    }
}

fn length(start: &Moment, end: &Moment) -> Length {
    let seconds = key_of(end) - key_of(start);
    match start {
        Moment::Day(_) => Length::Nominal { days: days(seconds), seconds: 0 },
        Moment::Time(..) => Length::Exact(seconds),
    }
}

fn days(seconds: i64) -> i32 {
    i32::try_from(seconds.div_euclid(DAY)).unwrap_or(i32::MAX)
}

/// A value of EXDATE or RDATE (RFC 5545 3.3.4, 3.3.5).
fn read_value(text: &str, zone: Option<&Zone>) -> Option<When> {
    let digits = text.trim();
    let date = |text: &str| -> Option<Date> {
        let (year, month, day) = (text.get(..4)?, text.get(4..6)?, text.get(6..8)?);
        format!("{year}-{month}-{day}").parse().ok()
    };
    if digits.len() == 8 {
        return date(digits).map(When::Date);
    }
    let (hour, minute, second) = (digits.get(9..11)?, digits.get(11..13)?, digits.get(13..15)?);
    let civil: Civil = format!("{}T{hour}:{minute}:{second}", date(digits)?).parse().ok()?;
    match (digits.ends_with('Z'), zone) {
        (true, _) => Some(When::Zoned(civil, Zone::utc())),
        (false, Some(zone)) => Some(When::Zoned(civil, zone.clone())),
        (false, None) => Some(When::Floating(civil)),
    }
}

fn timestamp(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
}

fn day_of(seconds: i64) -> jiff::civil::Date {
    timestamp(seconds).to_zoned(jiff::tz::TimeZone::UTC).date()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::google_sim::json::object;
    use serde_json::json;

    fn starts(body: Value, range: Range<i64>) -> Vec<String> {
        let pattern = Pattern::read(&object(body)).unwrap().unwrap();
        let found = pattern.within(range);
        found.iter().map(|one| one.start.stored().to_string()).collect()
    }

    #[test]
    fn a_series_keeps_its_time_on_the_wall_and_leaves_out_what_it_says() {
        let zoned = |text: &str| json!({"dateTime": text, "timeZone": "Europe/Paris"});
        let body = json!({
            "start": zoned("2026-03-27T10:00:00"), "end": zoned("2026-03-27T11:00:00"),
            "recurrence": ["RRULE:FREQ=DAILY;COUNT=4", "EXDATE;TZID=Europe/Paris:20260328T100000"],
        });
        let found = starts(body, 0..i64::from(u32::MAX));
        assert_eq!(found.len(), 3);
        assert!(found[0].contains("2026-03-27T09:00:00Z"), "{found:?}");
        assert!(found[1].contains("2026-03-29T08:00:00Z"), "{found:?}");
    }

    #[test]
    fn days_recur_as_days() {
        let body = json!({
            "start": {"date": "2026-01-01"}, "end": {"date": "2026-01-03"},
            "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=2"],
        });
        let pattern = Pattern::read(&object(body)).unwrap().unwrap();
        let second = pattern.at(key_of(&Moment::Day(jiff::civil::date(2026, 1, 8)))).unwrap();
        assert_eq!(second.end.stored(), json!({"date": "2026-01-10"}));
        assert_eq!(pattern.at(0), None);
    }

    #[test]
    fn a_series_needs_a_zone_and_readable_lines() {
        let body = |lines: Value, zone: Value| {
            object(json!({
                "start": {"dateTime": "2026-01-01T10:00:00Z", "timeZone": zone},
                "end": {"dateTime": "2026-01-01T11:00:00Z"}, "recurrence": lines,
            }))
        };
        let refused = |lines: Value, zone: Value| Pattern::read(&body(lines, zone)).unwrap_err();
        assert_eq!(refused(json!(["RRULE:FREQ=DAILY"]), Value::Null).reason, "required");
        for line in ["RRULE:FREQ=SOMETIMES", "DTSTART:20260101T100000Z", "EXDATE:soon"] {
            assert_eq!(refused(json!([line]), json!("UTC")).reason, "invalid", "{line}");
        }
    }
}
