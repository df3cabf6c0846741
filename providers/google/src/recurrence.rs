//! The lines of a series: RRULE, RDATE and EXDATE as iCalendar writes them, without DTSTART.

use kalends_core::event::Recurrence;
use kalends_core::time::{Extra, Gap, Length, Rule, When, Zone};
use kalends_ical::Reader;

use crate::item::Unreadable;
use crate::times::google_name;

const NAMES: [&str; 4] = ["RRULE", "RDATE", "EXDATE", "EXRULE"];

/// Reads the lines of a series that starts then; each rule keeps its own text.
pub(crate) fn read(start: &When, lines: &[String]) -> Result<Recurrence, Unreadable> {
    let known = |line: &String| {
        let name = line.split([':', ';']).next().unwrap_or_default();
        NAMES.iter().any(|known| known.eq_ignore_ascii_case(name))
            && !line.chars().any(char::is_control)
    };
    if !lines.iter().all(known) {
        return Err(Unreadable::new(
            "google.recurrence",
            "set the repetition of the event anew: a line of it is unknown",
        ));
    }
    let (parameters, value) = date_or_time(start);
    let text = format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Kalends//EN\r\nBEGIN:VEVENT\r\nUID:series\r\n\
         DTSTART{parameters}:{value}\r\n{}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
        lines.join("\r\n")
    );
    match Reader::default().object(text.as_bytes()) {
        Ok(decoded) => Ok(decoded.body.recurrence.unwrap_or_default()),
        Err(error) => Err(Unreadable { code: error.code, reason: error.reason }),
    }
}

/// Writes the lines of a series.
pub(crate) fn lines(recurrence: &Recurrence) -> Vec<String> {
    let rules = recurrence.rules.iter().map(rule);
    let extras = recurrence.extras.iter().map(extra);
    let excluded = recurrence.excluded.iter().map(|when| {
        let (parameters, value) = date_or_time(when);
        format!("EXDATE{parameters}:{value}")
    });
    rules.chain(extras).chain(excluded).collect()
}

fn rule(rule: &Rule) -> String {
    let text = rule.text().trim();
    let bare = match text.split_at_checked(6) {
        Some((name, rest)) if name.eq_ignore_ascii_case("RRULE:") => rest,
        Some(_) | None => text,
    };
    format!("RRULE:{}", bare.trim())
}

fn extra(extra: &Extra) -> String {
    match extra {
        Extra::At(at) => {
            let (parameters, value) = date_or_time(at);
            format!("RDATE{parameters}:{value}")
        }
        Extra::Period { start, length } => {
            let (days, seconds) = match length {
                Length::Exact(seconds) => (0, *seconds),
                Length::Nominal { days, seconds } => (*days, *seconds),
            };
            let (parameters, value) = date_or_time(start);
            format!("RDATE;VALUE=PERIOD{parameters}:{value}/P{days}DT{seconds}S")
        }
    }
}

/// The parameters and the value of a property with one date or time (RFC 5545 section 3.3.5).
fn date_or_time(when: &When) -> (String, String) {
    let compact = |text: String| text.replace(['-', ':'], "");
    match when {
        When::Date(date) => (";VALUE=DATE".to_owned(), compact(date.to_string())),
        When::Floating(civil) => (String::new(), compact(civil.to_string())),
        When::Zoned(civil, zone) => {
            let in_utc = || {
                let utc = Zone::utc().civil(zone.instant(*civil, Gap::Shift));
                (String::new(), format!("{}Z", compact(utc.to_string())))
            };
            match google_name(zone) {
                Some(name) if name != "UTC" => {
                    (format!(";TZID={name}"), compact(civil.to_string()))
                }
                Some(_) | None => in_utc(),
            }
        }
    }
}
