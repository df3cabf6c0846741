//! When an event is: RFC 5545 sections 3.8.2.2, 3.8.2.4 and 3.8.2.5.

use kalends_core::event::Span;
use kalends_recurrence::{Civil, Date, Gap, Length, When, Zone};

use crate::DecodeError;
use crate::syntax::{Clock, Component, Property, clock, duration};
use crate::zones::Zones;

/// The start and the length of a VEVENT.
pub(super) fn span(event: &Component<'_>, zones: &mut Zones) -> Result<Span, DecodeError> {
    let start = event
        .property("DTSTART")
        .ok_or_else(|| DecodeError::new("ical.no-start", "give the event its DTSTART"))?;
    let start = when(start, zones)?;
    if let Some(end) = event.property("DTEND").filter(|end| !end.value().trim().is_empty()) {
        return Ok(ending(start, when(end, zones)?));
    }
    let length = match event.property("DURATION") {
        Some(property) => {
            let value = property.value();
            let (days, seconds) = duration(&value)
                .ok_or_else(|| DecodeError::value("DURATION", "a duration such as PT1H"))?;
            lasting(&start, days, seconds)
        }
        None => unsaid(&start),
    };
    Ok(Span { start, length, end_zone: None })
}

/// The value of a property with one date or time.
pub(crate) fn when(property: &Property<'_>, zones: &mut Zones) -> Result<When, DecodeError> {
    when_of(property, &property.value(), zones)
}

/// One date or time of a property that may have several.
pub(crate) fn when_of(
    property: &Property<'_>,
    text: &str,
    zones: &mut Zones,
) -> Result<When, DecodeError> {
    let error = || {
        let name = property.name().to_ascii_uppercase();
        DecodeError::value(&name, "a date or a date-time such as 20260131T090000Z")
    };
    let clock = clock(text).ok_or_else(error)?;
    let civil = match clock {
        Clock::Date(date) => return Ok(When::Date(date)),
        Clock::Local(civil) | Clock::Utc(civil) | Clock::Offset(civil, _) => civil,
    };
    if property.has_parameter("VALUE", "DATE") {
        return Ok(When::Date(civil.date()));
    }
    Ok(match clock {
        Clock::Utc(_) => When::Zoned(civil, Zone::utc()),
        Clock::Offset(_, seconds) => match zones.offset(seconds) {
            Some(zone) => When::Zoned(civil, zone),
            None => return Err(error()),
        },
        Clock::Date(_) | Clock::Local(_) => {
            match property.parameter("TZID").filter(|tzid| !tzid.trim().is_empty()) {
                Some(tzid) => When::Zoned(civil, zones.zone(&tzid, civil).ok_or_else(no_zone)?),
                None => When::Floating(civil),
            }
        }
    })
}

/// Whether a VEVENT ends before it starts. [`span`] takes the end as the start then.
pub(super) fn is_inverted(event: &Component<'_>, zones: &mut Zones) -> bool {
    let mut at = |name| event.property(name).and_then(|line| when(line, zones).ok());
    let (Some(start), Some(end)) = (at("DTSTART"), at("DTEND")) else {
        return false;
    };
    if start.is_date() || end.is_date() {
        return end.civil().date() < start.civil().date();
    }
    let zone = start.zone().cloned().unwrap_or_else(Zone::utc);
    seconds_between(&start, &end, &zone) < 0
}

fn no_zone() -> DecodeError {
    let reason =
        "give its times a zone that can be told: an IANA name, or a VTIMEZONE in the object";
    DecodeError::new("ical.unknown-zone", reason)
}

/// The length of a duration: whole days for a day, exact where no days are said, never negative.
pub(super) fn lasting(start: &When, days: i64, seconds: i64) -> Length {
    let days = i32::try_from(days.max(0)).unwrap_or(i32::MAX);
    let seconds = seconds.max(0);
    if start.is_date() {
        let more = i32::try_from((seconds + 86_399) / 86_400).unwrap_or(i32::MAX);
        return Length::Nominal { days: days.saturating_add(more).max(1), seconds: 0 };
    }
    match days {
        0 => Length::Exact(seconds),
        days => Length::Nominal { days, seconds },
    }
}

/// The span up to an end. An end before the start, which every server takes, is none; so is an
/// all-day event without a day.
pub(super) fn ending(start: When, end: When) -> Span {
    if let When::Date(first) = start {
        let length = Length::Nominal { days: days_until(first, &end).max(1), seconds: 0 };
        return Span { start, length, end_zone: None };
    }
    let (seconds, end_zone) = match (&start, end) {
        (When::Zoned(_, zone), When::Zoned(civil, other)) => {
            let seconds = seconds_between(&start, &When::Zoned(civil, other.clone()), zone);
            (seconds, (other != *zone).then_some(other))
        }
        (When::Zoned(civil, zone), When::Floating(end)) => {
            let (start, end) = (instant(*civil, zone), instant(end, zone));
            (end - start, None)
        }
        (When::Zoned(civil, zone), When::Date(end)) => {
            (instant(Civil::from(end), zone) - instant(*civil, zone), None)
        }
        (When::Floating(civil), end) => (end.civil().seconds() - civil.seconds(), None),
        (When::Date(_), _) => (0, None),
    };
    Span { start, length: Length::Exact(seconds.max(0)), end_zone }
}

fn days_until(first: Date, end: &When) -> i32 {
    let civil = end.civil();
    let begun = i32::from(!end.is_date() && civil.seconds_of_day() > 0);
    civil.date().days() + begun - first.days()
}

fn seconds_between(start: &When, end: &When, zone: &Zone) -> i64 {
    end.instant(zone, Gap::Shift).millis_since(start.instant(zone, Gap::Shift)) / 1_000
}

fn instant(civil: Civil, zone: &Zone) -> i64 {
    zone.instant(civil, Gap::Shift).as_seconds()
}

/// RFC 5545 section 3.6.1: a day lasts a day, a time no time.
fn unsaid(start: &When) -> Length {
    if start.is_date() { Length::Nominal { days: 1, seconds: 0 } } else { Length::Exact(0) }
}
