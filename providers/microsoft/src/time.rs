//! Times as Graph says them, and as it is told them.

use kalends_core::event::Span;
use kalends_core::time::{Civil, Date, Gap, Length, Timestamp, When, Zone};
use serde_json::{Value, json};

use crate::wire::event::{EventJson, TimeJson};

const DAY_SECONDS: i64 = 86_400;

/// When an event is, as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Read {
    pub(crate) span: Span,
    /// Its own zone has no name that is known: it is shown in the mailbox's.
    pub(crate) zone_doubtful: bool,
}

/// Why times cannot be read: a stable code.
pub(crate) type Unreadable = &'static str;

/// The start and the length of an event. The zone of the answer says nothing: it is the one that
/// was asked for, or not. Whole days count as days, whatever zone they are said in.
pub(crate) fn read(event: &EventJson, mailbox: &Zone) -> Result<Read, Unreadable> {
    let (start, end) = (event.start.as_ref(), event.end.as_ref());
    let (start, end) = (start.ok_or("graph.no-start")?, end.ok_or("graph.no-end")?);
    if event.is_all_day == Some(true) {
        let (first, after) = (day(start)?, day(end)?);
        let days = (after.days() - first.days()).max(1);
        let length = Length::Nominal { days, seconds: 0 };
        let span = Span { start: When::Date(first), length, end_zone: None };
        return Ok(Read { span, zone_doubtful: false });
    }
    let (first, after) = (instant(start)?, instant(end)?);
    let is_series = event.recurrence.is_some();
    let (zone, zone_doubtful) = own_zone(event, mailbox);
    let seconds = (after.millis_since(first) / 1_000).max(0);
    let end_zone = event.original_end_time_zone.as_deref().and_then(Zone::resolve);
    let span = Span {
        end_zone: end_zone.filter(|end| *end != zone && !is_series),
        start: if is_series { When::Zoned(zone.civil(first), zone) } else { at(first, zone) },
        length: Length::Exact(seconds),
    };
    Ok(Read { span, zone_doubtful })
}

/// The start that an instance had before it was changed, in the form of its series.
pub(crate) fn original(event: &EventJson, series: &When) -> Option<When> {
    let text = event.original_start.as_deref()?;
    let instant = stamp(text)?;
    Some(match series {
        When::Zoned(_, zone) => When::Zoned(zone.civil(instant), zone.clone()),
        When::Floating(_) => When::Floating(Zone::utc().civil(instant)),
        When::Date(_) => When::Date(original_day(event, instant)),
    })
}

/// The instant at which an instance was to start before it was changed: of one that was not, its
/// start.
pub(crate) fn original_or_start(event: &EventJson, series: &When) -> Option<When> {
    if event.original_start.is_some() {
        return original(event, series);
    }
    let start = event.start.as_ref()?;
    match series {
        When::Date(_) => day(start).ok().map(When::Date),
        When::Zoned(_, zone) => {
            let instant = instant(start).ok()?;
            Some(When::Zoned(zone.civil(instant), zone.clone()))
        }
        When::Floating(_) => Some(When::Floating(Zone::utc().civil(instant(start).ok()?))),
    }
}

/// A time in UTC for a query.
pub(crate) fn query(at: Timestamp) -> String {
    format!("{}Z", Zone::utc().civil(at))
}

/// Start, end and whether it lasts whole days. Times of a single are said in UTC, which is the same
/// to every version of every zone; those of a series in its zone.
pub(crate) fn write(span: &Span, in_zone: Option<&str>) -> Vec<(&'static str, Value)> {
    let (start, end) = ends(span);
    let (start, end, zone) = match (&span.start, in_zone) {
        (When::Zoned(_, zone), None) => {
            let utc = |civil| Zone::utc().civil(zone.instant(civil, Gap::Shift));
            (utc(start), Zone::utc().civil(end_instant(span, zone)), "UTC")
        }
        (When::Zoned(_, zone), Some(name)) => (start, zone.civil(end_instant(span, zone)), name),
        (When::Floating(_) | When::Date(_), _) => (start, end, "UTC"),
    };
    let time = |civil: Civil| json!({ "dateTime": civil.to_string(), "timeZone": zone });
    vec![("start", time(start)), ("end", time(end)), ("isAllDay", json!(span.start.is_date()))]
}

/// The name by which Exchange knows a zone; `None` where it knows none.
pub(crate) fn zone_name(zone: &Zone) -> Option<&str> {
    let by_itself = || Some(zone.name()).filter(|name| name.contains('/'));
    zone.windows_name().or_else(by_itself)
}

/// The zone that Exchange keeps for this one.
pub(crate) fn kept_zone(zone: &Zone) -> Zone {
    zone_name(zone).and_then(Zone::resolve).unwrap_or_else(|| zone.clone())
}

/// An instant as text of RFC 3339, with up to seven decimals.
pub(crate) fn stamp(text: &str) -> Option<Timestamp> {
    let stamp = text.parse().ok();
    stamp.or_else(|| local(text).map(|civil| Zone::utc().instant(civil, Gap::Shift)))
}

/// An instant in a zone. One that comes second of two with one name on that wall is said in UTC.
fn at(instant: Timestamp, zone: Zone) -> When {
    let civil = zone.civil(instant);
    if zone.instant(civil, Gap::Shift).as_seconds() == instant.as_seconds() {
        When::Zoned(civil, zone)
    } else {
        When::Zoned(Zone::utc().civil(instant), Zone::utc())
    }
}

/// The zone that the event was made in, or that its series repeats in; else the mailbox's.
fn own_zone(event: &EventJson, mailbox: &Zone) -> (Zone, bool) {
    let made = event.original_start_time_zone.as_deref();
    let repeats = event.recurrence.as_ref().and_then(|r| r.range.recurrence_time_zone.as_deref());
    let names = [repeats, made];
    let known = names.into_iter().flatten().find_map(Zone::resolve);
    let unknown = names.into_iter().flatten().any(|name| !name.trim().is_empty());
    match known {
        Some(zone) => (zone, false),
        None if unknown => (mailbox.clone(), true),
        None => (Zone::utc(), false),
    }
}

/// The instant that a time means.
pub(crate) fn moment(time: &TimeJson) -> Option<Timestamp> {
    instant(time).ok()
}

fn instant(time: &TimeJson) -> Result<Timestamp, Unreadable> {
    let text = time.date_time.as_deref().ok_or("graph.no-time")?;
    // With an offset of its own it needs no zone.
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant);
    }
    let civil = local(text).ok_or("graph.time")?;
    let zone = match time.time_zone.as_deref() {
        Some(name) => Zone::resolve(name).ok_or("graph.zone")?,
        None => Zone::utc(),
    };
    Ok(zone.instant(civil, Gap::Shift))
}

fn day(time: &TimeJson) -> Result<Date, Unreadable> {
    let text = time.date_time.as_deref().ok_or("graph.no-time")?;
    text.get(..10).and_then(|day| day.parse().ok()).ok_or("graph.time")
}

/// The original day: midnight is said as it is on some paths, and as UTC sees it on others.
fn original_day(event: &EventJson, instant: Timestamp) -> Date {
    let utc = Zone::utc().civil(instant);
    if utc.seconds_of_day() == 0 {
        return utc.date();
    }
    let made = event.original_start_time_zone.as_deref().and_then(Zone::resolve);
    made.map_or(utc.date(), |zone| zone.civil(instant).date())
}

/// `yyyy-mm-ddThh:mm:ss`, with whatever decimals.
fn local(text: &str) -> Option<Civil> {
    let (whole, rest) = text.split_at_checked(19)?;
    let decimals = rest.strip_prefix('.').unwrap_or(rest);
    decimals.bytes().all(|b| b.is_ascii_digit()).then(|| whole.parse().ok())?
}

fn ends(span: &Span) -> (Civil, Civil) {
    let start = span.start.civil();
    let (days, seconds) = length(span);
    let whole =
        if span.start.is_date() { days.max(1) * DAY_SECONDS } else { days * DAY_SECONDS + seconds };
    (start, start.add_seconds(whole.max(0)))
}

fn end_instant(span: &Span, zone: &Zone) -> Timestamp {
    let (days, seconds) = length(span);
    let start = span.start.civil();
    let begun = zone.instant(start, Gap::Shift);
    let day = zone.instant(start.add_seconds(days * DAY_SECONDS), Gap::Shift);
    day.saturating_add_millis(seconds.saturating_mul(1_000)).max(begun)
}

fn length(span: &Span) -> (i64, i64) {
    match span.length {
        Length::Exact(seconds) if span.start.is_date() => (seconds / DAY_SECONDS, 0),
        Length::Exact(seconds) => (0, seconds),
        Length::Nominal { days, seconds } => (i64::from(days), seconds),
    }
}
