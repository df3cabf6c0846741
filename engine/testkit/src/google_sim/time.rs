//! Starts and ends as Google writes them, read by this server's own means (jiff's bundled zones).

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde_json::{Value, json};

use super::error::ApiError;
use super::json::{Object, text};

/// A start or an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// A whole day.
    Day(Date),
    /// An instant, with the zone that was named with it.
    Time(Timestamp, Option<String>),
}

impl Moment {
    /// Reads what a client or a stored document says; `at` names the field in the refusal.
    pub(crate) fn read(value: Option<&Value>, at: &str) -> Result<Self, ApiError> {
        let bad = || ApiError::invalid(format!("Invalid {at} time."));
        let object = value.and_then(Value::as_object);
        let object = object.ok_or_else(|| ApiError::required(format!("Missing {at} time.")))?;
        let zone = text(object, "timeZone");
        if let Some(name) = zone {
            let unknown =
                || ApiError::invalid(format!("Invalid time zone definition for {at} time."));
            zone_named(name).ok_or_else(unknown)?;
        }
        match (text(object, "date"), text(object, "dateTime")) {
            (Some(date), None) => date.parse().map(Self::Day).map_err(|_| bad()),
            (None, Some(time)) => read_time(time, zone)
                .map(|instant| Self::Time(instant, zone.map(str::to_owned)))
                .ok_or_else(bad),
            (None, None) => Err(ApiError::required(format!("Missing {at} time."))),
            (Some(_), Some(_)) => Err(bad()),
        }
    }

    /// When it is, days as seen in a zone.
    pub(crate) fn instant(&self, zone: &TimeZone) -> Timestamp {
        match self {
            Self::Day(date) => {
                let midnight =
                    zone.to_ambiguous_zoned(date.to_datetime(jiff::civil::Time::midnight()));
                midnight.compatible().map_or(Timestamp::MAX, |zoned| zoned.timestamp())
            }
            Self::Time(instant, _) => *instant,
        }
    }

    pub(crate) fn is_day(&self) -> bool {
        matches!(self, Self::Day(_))
    }

    /// The stored form: instants in UTC, so that equal times are equal texts.
    pub(crate) fn stored(&self) -> Value {
        match self {
            Self::Day(date) => json!({"date": date.to_string()}),
            Self::Time(instant, zone) => {
                let mut out = Object::new();
                out.insert("dateTime".to_owned(), json!(seconds(*instant).to_string()));
                if let Some(zone) = zone {
                    out.insert("timeZone".to_owned(), json!(zone));
                }
                Value::Object(out)
            }
        }
    }

    /// As a reply shows it: the offset is the one of the zone of the reply, the zone's name that of
    /// the event, or of its calendar.
    pub(crate) fn shown(&self, reply_zone: &TimeZone, calendar_zone: &str) -> Value {
        match self {
            Self::Day(date) => json!({"date": date.to_string()}),
            Self::Time(instant, zone) => json!({
                "dateTime": with_offset(*instant, reply_zone),
                "timeZone": zone.as_deref().unwrap_or(calendar_zone),
            }),
        }
    }
}

/// The zone of an IANA name.
pub(crate) fn zone_named(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
}

/// The zone of an IANA name that was checked before; UTC for any other.
pub(crate) fn known_zone(name: &str) -> TimeZone {
    zone_named(name).unwrap_or(TimeZone::UTC)
}

/// An instant with its offset, in whole seconds.
pub(crate) fn instant(text: &str) -> Option<Timestamp> {
    text.parse().ok().map(seconds)
}

/// The instant of a virtual time.
pub(crate) fn at(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// `2026-01-05T09:00:00.000Z`, as `created` and `updated` look.
pub(crate) fn stamp(ms: i64) -> String {
    at(ms).strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// An HTTP date (RFC 9110 section 5.6.7).
pub(crate) fn http_date(ms: i64) -> String {
    at(ms).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Google ignores fractions of seconds.
fn seconds(instant: Timestamp) -> Timestamp {
    Timestamp::from_second(instant.as_millisecond().div_euclid(1_000)).unwrap_or(instant)
}

fn read_time(text: &str, zone: Option<&str>) -> Option<Timestamp> {
    if let Some(instant) = instant(text) {
        return Some(instant);
    }
    let local: DateTime = text.parse().ok()?;
    let zone = zone_named(zone?)?;
    zone.to_ambiguous_zoned(local).compatible().ok().map(|zoned| seconds(zoned.timestamp()))
}

fn with_offset(instant: Timestamp, zone: &TimeZone) -> String {
    let zoned = instant.to_zoned(zone.clone());
    match zoned.offset().seconds() {
        0 => zoned.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        _ => zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_time_is_read_in_its_zone_and_shown_in_another() {
        let value = json!({"dateTime": "2026-07-01T10:00:00.750", "timeZone": "Europe/Paris"});
        let moment = Moment::read(Some(&value), "start").unwrap();
        let shown = moment.shown(&known_zone("America/New_York"), "UTC");
        let wanted = json!({"dateTime": "2026-07-01T04:00:00-04:00", "timeZone": "Europe/Paris"});
        assert_eq!(shown, wanted);
        assert_eq!(Moment::read(Some(&moment.stored()), "start").unwrap(), moment);
    }

    #[test]
    fn what_says_no_time_is_refused() {
        for value in [
            json!({}),
            json!({"dateTime": "2026-07-01T10:00:00"}),
            json!({"date": "2026-07-01", "dateTime": "2026-07-01T10:00:00Z"}),
            json!({"dateTime": "2026-07-01T10:00:00Z", "timeZone": "Nowhere/Never"}),
        ] {
            assert_eq!(Moment::read(Some(&value), "start").unwrap_err().status, 400, "{value}");
        }
    }

    #[test]
    fn far_years_are_held() {
        for text in ["1601-01-01T00:00:00Z", "9999-12-30T22:00:00Z"] {
            let moment = Moment::read(Some(&json!({"dateTime": text})), "start").unwrap();
            assert_eq!(moment.stored()["dateTime"], text);
        }
    }
}
