//! Times and lengths as Google writes them, and back.

use kalends_core::event::Span;
use kalends_core::time::{Civil, Date, Gap, Length, Timestamp, When, Zone};
use kalends_ical::END_BEFORE_START;
use serde_json::{Value, json};

use crate::item::Unreadable;
use crate::wire::{Event, Time};

/// The code of a time whose zone nobody knows: it is an instant all the same, and seen in the
/// calendar's zone.
pub(crate) const UNKNOWN_ZONE: &str = "google.unknown-zone";

/// When an event is, and codes of what was read otherwise than it is written.
pub(crate) fn span(event: &Event, zone: &Zone) -> Result<(Span, Vec<&'static str>), Unreadable> {
    let mut doubts = Vec::new();
    let start = event.start.as_ref().ok_or_else(no_start)?;
    let start = when(start, zone, &mut doubts)?;
    let end = match &event.end {
        Some(end) => when(end, zone, &mut doubts)?,
        None => start.clone(),
    };
    if let When::Date(first) = &start {
        let days = end.civil().date().days() - first.days();
        if days < 0 {
            doubts.push(END_BEFORE_START);
        }
        let length = Length::Nominal { days: days.max(1), seconds: 0 };
        return Ok((Span { start, length, end_zone: None }, doubts));
    }
    let own = start.zone().unwrap_or(zone).clone();
    // Of two moments with one name on that wall the offset tells which is meant.
    let at = |when: &When, time: Option<&Time>| {
        time.and_then(instant).unwrap_or_else(|| when.instant(&own, Gap::Shift))
    };
    let ends = event.end.as_ref().or(event.start.as_ref());
    let (begins, ends) = (at(&start, event.start.as_ref()), at(&end, ends));
    let seconds = ends.as_seconds() - begins.as_seconds();
    if seconds < 0 {
        doubts.push(END_BEFORE_START);
    }
    let end_zone = end.zone().filter(|other| **other != own).cloned();
    let is_series = event.recurrence.as_ref().is_some_and(|lines| !lines.is_empty());
    let is_first = start.instant(&own, Gap::Shift).as_seconds() == begins.as_seconds();
    // The second one is said in UTC.
    let start = if is_series || is_first {
        start
    } else {
        When::Zoned(Zone::utc().civil(begins), Zone::utc())
    };
    Ok((Span { start, length: Length::Exact(seconds.max(0)), end_zone }, doubts))
}

/// The instant of a time that says its offset.
fn instant(time: &Time) -> Option<Timestamp> {
    time.date_time.as_deref()?.parse().ok()
}

/// One time; `zone` where it names none, or none that is known.
pub(crate) fn when(
    time: &Time,
    zone: &Zone,
    doubts: &mut Vec<&'static str>,
) -> Result<When, Unreadable> {
    if let Some(date) = &time.date {
        return date.parse::<Date>().map(When::Date).map_err(|_| bad_time());
    }
    let text = time.date_time.as_deref().ok_or_else(no_start)?;
    let named = time.time_zone.as_deref().filter(|name| !name.trim().is_empty());
    let own = named.and_then(Zone::resolve);
    if named.is_some() && own.is_none() && !doubts.contains(&UNKNOWN_ZONE) {
        doubts.push(UNKNOWN_ZONE);
    }
    let own = own.unwrap_or_else(|| zone.clone());
    if let Some(instant) = instant(time) {
        return Ok(When::Zoned(own.civil(instant), own));
    }
    // Without an offset it is a time of that zone.
    let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
    whole.parse::<Civil>().map(|civil| When::Zoned(civil, own)).map_err(|_| bad_time())
}

fn no_start() -> Unreadable {
    Unreadable::new("google.no-start", "give the event a start")
}

fn bad_time() -> Unreadable {
    Unreadable::new("google.bad-time", "set the times of the event anew: one is no date or time")
}

/// Start and end as they are written, where Google has a name for the zone. A series needs one; a
/// single does without.
pub(crate) fn start_and_end(span: &Span, is_series: bool) -> Option<(Value, Value)> {
    let start = match &span.start {
        When::Date(date) => {
            let days = match span.length {
                Length::Nominal { days, .. } => days,
                Length::Exact(seconds) => {
                    i32::try_from((seconds + 86_399) / 86_400).unwrap_or(i32::MAX)
                }
            };
            let end = date.add_days(days.max(1));
            return Some((json!({ "date": date.to_string() }), json!({ "date": end.to_string() })));
        }
        When::Zoned(..) => span.start.clone(),
        When::Floating(civil) => When::Zoned(*civil, Zone::utc()),
    };
    let own = start.zone().cloned().unwrap_or_else(Zone::utc);
    let begins = start.instant(&own, Gap::Shift);
    let ends = match span.length {
        Length::Exact(seconds) => {
            begins.saturating_add_millis(seconds.max(0).saturating_mul(1_000))
        }
        Length::Nominal { days, seconds } => own
            .instant(start.civil().add_seconds(i64::from(days) * 86_400), Gap::Shift)
            .saturating_add_millis(seconds.saturating_mul(1_000)),
    };
    let end_zone = span.end_zone.as_ref().unwrap_or(&own);
    let start = timed(begins, &own, is_series)?;
    Some((start, timed(ends.max(begins), end_zone, is_series)?))
}

fn timed(at: Timestamp, zone: &Zone, needs_name: bool) -> Option<Value> {
    let name = google_name(zone);
    if name.is_none() && needs_name {
        return None;
    }
    let name = name.unwrap_or_else(|| "UTC".to_owned());
    Some(json!({ "dateTime": rfc3339(at, zone), "timeZone": name }))
}

/// The name of a zone at Google, which knows those of the IANA database alone.
pub(crate) fn google_name(zone: &Zone) -> Option<String> {
    let name = zone.name();
    if !name.contains(':') {
        return Some(name.to_owned());
    }
    // The zones of whole hours have the sign of POSIX: west is positive.
    let (sign, hours) = name.split_at_checked(1)?;
    let hours: u8 = hours.strip_suffix(":00")?.parse().ok()?;
    match (sign, hours) {
        (_, 0) => Some("UTC".to_owned()),
        ("+", 1..=14) => Some(format!("Etc/GMT-{hours}")),
        ("-", 1..=12) => Some(format!("Etc/GMT+{hours}")),
        _ => None,
    }
}

/// An instant with the offset of a zone; in UTC where the offset is no whole minute.
pub(crate) fn rfc3339(at: Timestamp, zone: &Zone) -> String {
    let offset = zone.offset_seconds(at);
    let civil = Civil::from_seconds(at.as_seconds() + i64::from(offset));
    if offset == 0 || offset % 60 != 0 {
        return format!("{}Z", Civil::from_seconds(at.as_seconds()));
    }
    let sign = if offset < 0 { '-' } else { '+' };
    let minutes = offset.unsigned_abs() / 60;
    format!("{civil}{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

/// The original start of an instance as a query names it.
pub(crate) fn original(when: &When, zone: &Zone) -> String {
    match when {
        When::Date(date) => date.to_string(),
        When::Zoned(..) | When::Floating(_) => {
            rfc3339(when.instant(zone, Gap::Shift), when.zone().unwrap_or(zone))
        }
    }
}

/// Whether two original starts name one instance, in whatever zone they are written.
pub(crate) fn same_original(a: &When, b: &When, zone: &Zone) -> bool {
    match (a.is_date(), b.is_date()) {
        (true, true) => a == b,
        (false, false) => a.instant(zone, Gap::Shift) == b.instant(zone, Gap::Shift),
        (true, false) | (false, true) => a.civil().date() == b.civil().date(),
    }
}
