//! Times as Graph spells them: a civil time and a zone name, and instants in UTC.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::answer::Refusal;
use super::zones;

/// One `dateTimeTimeZone` as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Point {
    pub(crate) civil: DateTime,
    pub(crate) zone: String,
}

impl Point {
    pub(crate) fn instant_ms(&self) -> i64 {
        instant_ms(self.civil, &rules(&self.zone))
    }

    /// The same instant as another zone shows it.
    pub(crate) fn seen_in(&self, zone: &str) -> DateTime {
        civil(self.instant_ms(), &rules(zone))
    }
}

/// The rules of a name that was checked when it came in.
pub(crate) fn rules(name: &str) -> TimeZone {
    zones::zone(name).unwrap_or(TimeZone::UTC)
}

/// A time in a gap is shifted forward by the gap; the first of two is taken.
pub(crate) fn instant_ms(civil: DateTime, zone: &TimeZone) -> i64 {
    zone.to_timestamp(civil).map_or(i64::MAX, Timestamp::as_millisecond)
}

pub(crate) fn civil(ms: i64, zone: &TimeZone) -> DateTime {
    zone.to_datetime(Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX))
}

/// Reads `{dateTime, timeZone}`; `honours_offset` says what an offset in the time means (3.2).
pub(crate) fn read_point(value: &Value, honours_offset: bool) -> Result<Point, Refusal> {
    let text = value.get("dateTime").and_then(Value::as_str);
    let text = text.ok_or_else(|| Refusal::unread("A dateTime is missing."))?;
    let name = value.get("timeZone").and_then(Value::as_str).unwrap_or("UTC");
    let zone = zones::zone(name).ok_or_else(|| Refusal::zone(name))?;
    let (clock, offset) = split_offset(text);
    let mut civil: DateTime =
        clock.parse().map_err(|_| Refusal::unread(&format!("'{text}' is no dateTime.")))?;
    if let Some(offset) = offset.filter(|_| honours_offset) {
        let ms = parse_instant(&format!("{clock}{offset}"))
            .ok_or_else(|| Refusal::unread(&format!("'{text}' is no dateTime.")))?;
        civil = zone.to_datetime(Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX));
    }
    Ok(Point { civil, zone: name.to_owned() })
}

/// Whether a time says its own offset.
pub(crate) fn has_offset(text: &str) -> bool {
    split_offset(text).1.is_some()
}

fn split_offset(text: &str) -> (&str, Option<&str>) {
    let clock = text.find('T').map_or(text.len(), |at| at + 1);
    let end = text[clock..].find(['Z', '+', '-']).map(|at| clock + at);
    end.map_or((text, None), |at| (&text[..at], Some(&text[at..])))
}

/// UTC milliseconds of a time with an offset.
pub(crate) fn parse_instant(text: &str) -> Option<i64> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

/// UTC milliseconds of a parameter, where a time without an offset is UTC (3.4).
pub(crate) fn parse_edge(text: &str) -> Option<i64> {
    if has_offset(text) {
        return parse_instant(text);
    }
    let civil = text.parse::<DateTime>().ok();
    let civil = civil.or_else(|| text.parse::<Date>().ok().map(|date| date.at(0, 0, 0, 0)));
    civil.map(|civil| instant_ms(civil, &TimeZone::UTC))
}

/// `2017-08-29T04:00:00.0000000` with the name of its zone.
pub(crate) fn show(civil: DateTime, zone: &str) -> Value {
    json!({"dateTime": clock(civil), "timeZone": zone})
}

fn clock(civil: DateTime) -> String {
    let ticks = civil.subsec_nanosecond() / 100;
    format!("{}.{ticks:07}", civil.strftime("%Y-%m-%dT%H:%M:%S"))
}

/// `2017-08-29T04:00:00.0000000Z`.
pub(crate) fn show_instant(ms: i64) -> String {
    format!("{}Z", clock(civil(ms, &TimeZone::UTC)))
}

/// `2017-08-29T04:00:00Z`, as subscriptions show it.
pub(crate) fn show_seconds(ms: i64) -> String {
    civil(ms, &TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// `2017-08-29T04:00:00`, as errors show it.
pub(crate) fn show_plain(ms: i64) -> String {
    civil(ms, &TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

/// `Tue, 29 Aug 2017 04:00:00 GMT`.
pub(crate) fn http_date(ms: i64) -> String {
    civil(ms, &TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
