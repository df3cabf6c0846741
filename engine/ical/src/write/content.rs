//! The properties of one VEVENT.

use kalends_core::event::{Busy, Content, Privacy, Span, Status};
use kalends_recurrence::{Gap, Length, When, Zone};

use crate::syntax::{Lines, date_text, duration_text, escaped, parameter, time_text};
use crate::zones::Names;

/// Writes times, texts, status, privacy and busy time; nothing of people, alarms or conferences.
pub(super) fn content(lines: &mut Lines, content: &Content) {
    let texts = [
        ("SUMMARY", &content.title),
        ("DESCRIPTION", &content.description),
        ("LOCATION", &content.location),
    ];
    for (name, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
        lines.line(&format!("{name}:{}", escaped(text)));
    }
    if !content.categories.is_empty() {
        let names: Vec<String> = content.categories.iter().map(|name| escaped(name)).collect();
        lines.line(&format!("CATEGORIES:{}", names.join(",")));
    }
    lines.line(&format!("STATUS:{}", status_word(content.status)));
    if let Some(word) = class_word(content.privacy) {
        lines.line(&format!("CLASS:{word}"));
    }
    lines.line(&format!("TRANSP:{}", transp_word(content.busy)));
    lines.line(&format!("X-MICROSOFT-CDO-BUSYSTATUS:{}", busy_word(content.busy)));
}

/// DTSTART with DTEND or DURATION.
pub(super) fn span(lines: &mut Lines, span: &Span) {
    let names = Names::default();
    lines.line(&when_line("DTSTART", &span.start, &names));
    if let Some(line) = end_line(span, false, &names) {
        lines.line(&line);
    }
}

/// The end of a span as one line: DTEND, or DURATION where the length is nominal, where DTEND could
/// not say which of two equal wall-clock times is meant, or where the caller wishes so. A time
/// without a length has none.
pub(crate) fn end_line(span: &Span, by_duration: bool, names: &Names) -> Option<String> {
    let duration = || format!("DURATION:{}", duration_text(span.length));
    let seconds = match (&span.start, span.length) {
        (When::Date(_), Length::Nominal { .. }) if by_duration => return Some(duration()),
        (When::Date(date), length) => {
            let days = match length {
                Length::Exact(seconds) => (seconds.max(0) + 86_399) / 86_400,
                Length::Nominal { days, .. } => i64::from(days),
            };
            let days = i32::try_from(days.max(1)).unwrap_or(i32::MAX);
            return Some(when_line("DTEND", &When::Date(date.add_days(days)), names));
        }
        (_, Length::Nominal { .. }) => return Some(duration()),
        (_, Length::Exact(seconds)) => seconds.max(0),
    };
    if seconds == 0 && span.end_zone.is_none() {
        return None;
    }
    let (start, zone) = match &span.start {
        When::Zoned(civil, zone) => (*civil, zone),
        When::Floating(civil) => {
            return Some(match by_duration {
                true => duration(),
                false => when_line("DTEND", &When::Floating(civil.add_seconds(seconds)), names),
            });
        }
        When::Date(date) => return Some(when_line("DTEND", &When::Date(*date), names)),
    };
    let end_zone = span.end_zone.as_ref().unwrap_or(zone);
    let end = zone.instant(start, Gap::Shift).saturating_add_millis(seconds * 1_000);
    let shown = end_zone.civil(end);
    if span.end_zone.is_some() {
        let plain = end_zone.instant(shown, Gap::Shift) == end;
        let zone = if plain { end_zone.clone() } else { Zone::utc() };
        return Some(when_line("DTEND", &When::Zoned(zone.civil(end), zone), names));
    }
    if by_duration || end_zone.instant(shown, Gap::Shift) != end {
        return Some(duration());
    }
    Some(when_line("DTEND", &When::Zoned(shown, end_zone.clone()), names))
}

/// A property with one date or time.
pub(crate) fn when_line(name: &str, when: &When, names: &Names) -> String {
    let (parameters, value) = when_parts(when, names);
    format!("{name}{parameters}:{value}")
}

/// The parameters, with their `;`, and the value.
pub(crate) fn when_parts(when: &When, names: &Names) -> (String, String) {
    match when {
        When::Zoned(civil, zone) if *zone == Zone::utc() => {
            (String::new(), format!("{}Z", time_text(*civil)))
        }
        When::Zoned(civil, zone) => {
            (format!(";TZID={}", parameter(&names.of(zone))), time_text(*civil))
        }
        When::Floating(civil) => (String::new(), time_text(*civil)),
        When::Date(date) => (";VALUE=DATE".to_owned(), date_text(*date)),
    }
}

/// STATUS (RFC 5545 section 3.8.1.11).
pub(crate) fn status_word(status: Status) -> &'static str {
    match status {
        Status::Confirmed => "CONFIRMED",
        Status::Tentative => "TENTATIVE",
        Status::Cancelled => "CANCELLED",
    }
}

/// CLASS (RFC 5545 section 3.8.1.3); `None`: not written.
pub(crate) fn class_word(privacy: Privacy) -> Option<&'static str> {
    match privacy {
        Privacy::Default => None,
        Privacy::Public => Some("PUBLIC"),
        Privacy::Private => Some("PRIVATE"),
        Privacy::Confidential => Some("CONFIDENTIAL"),
    }
}

/// TRANSP (RFC 5545 section 3.8.2.7).
pub(crate) fn transp_word(busy: Busy) -> &'static str {
    match busy {
        Busy::Free => "TRANSPARENT",
        Busy::Tentative | Busy::Busy | Busy::OutOfOffice | Busy::Elsewhere => "OPAQUE",
    }
}

/// X-MICROSOFT-CDO-BUSYSTATUS.
pub(crate) fn busy_word(busy: Busy) -> &'static str {
    match busy {
        Busy::Free => "FREE",
        Busy::Tentative => "TENTATIVE",
        Busy::Busy => "BUSY",
        Busy::OutOfOffice => "OOF",
        Busy::Elsewhere => "WORKINGELSEWHERE",
    }
}
