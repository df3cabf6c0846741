//! The VEVENTs of one event.

use kalends_core::event::{Body, Content, Recurrence, Status};
use kalends_recurrence::{Extra, Rule, Timestamp, When};

use super::content::{content, span, when_line, when_parts};
use crate::syntax::{Lines, duration_text, escaped, utc_text};
use crate::zones::Names;

/// What stands in each VEVENT of one event.
#[derive(Debug, Clone, Copy)]
pub(super) struct Envelope<'e> {
    pub(super) uid: &'e str,
    pub(super) mark: Option<&'e str>,
    pub(super) stamp: Timestamp,
}

/// Writes master and exceptions. Where the body is one instance of a series, its other instances
/// stand beside it under their own RECURRENCE-IDs.
pub(super) fn events(
    lines: &mut Lines,
    body: &Body,
    instance: Option<&When>,
    envelope: Envelope<'_>,
) {
    let key = instance.map(|original| (original, false));
    let recurrence = body.recurrence.as_ref();
    event(lines, envelope, key, &body.content, recurrence.filter(|_| key.is_none()));
    for exception in &body.exceptions {
        let key = (&exception.original, exception.this_and_future);
        event(lines, envelope, Some(key), &exception.content, None);
    }
    if key.is_some() {
        for gone in recurrence.iter().flat_map(|recurrence| &recurrence.excluded) {
            event(lines, envelope, Some((gone, false)), &cancelled(body, gone), None);
        }
    }
}

/// What says that one instance does not take place, and nothing else.
fn cancelled(body: &Body, original: &When) -> Content {
    let mut span = body.content.span.clone();
    span.start = original.clone();
    span.end_zone = None;
    let mut content = Content::at(span);
    content.status = Status::Cancelled;
    content
}

fn event(
    lines: &mut Lines,
    envelope: Envelope<'_>,
    key: Option<(&When, bool)>,
    said: &Content,
    recurrence: Option<&Recurrence>,
) {
    let names = Names::default();
    lines.line("BEGIN:VEVENT");
    lines.line(&format!("UID:{}", escaped(envelope.uid)));
    lines.line(&format!("DTSTAMP:{}", utc_text(envelope.stamp)));
    if let Some((original, this_and_future)) = key {
        lines.line(&original_line(original, this_and_future, &names));
    }
    span(lines, &said.span);
    if let Some(recurrence) = recurrence {
        for rule in &recurrence.rules {
            lines.line(&rule_line(rule));
        }
        for extra in &recurrence.extras {
            lines.line(&extra_line(extra, &names));
        }
        for gone in &recurrence.excluded {
            lines.line(&when_line("EXDATE", gone, &names));
        }
    }
    content(lines, said);
    if let Some(mark) = envelope.mark {
        lines.line(&format!("X-KALENDS-MARK:{mark}"));
    }
    lines.line("END:VEVENT");
}

/// RECURRENCE-ID (RFC 5545 section 3.8.4.4).
pub(crate) fn original_line(original: &When, this_and_future: bool, names: &Names) -> String {
    let (parameters, value) = when_parts(original, names);
    let range = if this_and_future { ";RANGE=THISANDFUTURE" } else { "" };
    format!("RECURRENCE-ID{range}{parameters}:{value}")
}

/// RRULE with the rule's own text.
pub(crate) fn rule_line(rule: &Rule) -> String {
    let text = rule.text().trim();
    let value = match text.get(..6) {
        Some(name) if name.eq_ignore_ascii_case("RRULE:") => &text[6..],
        Some(_) | None => text,
    };
    format!("RRULE:{}", value.trim())
}

/// RDATE with one value.
pub(crate) fn extra_line(extra: &Extra, names: &Names) -> String {
    match extra {
        Extra::At(when) => when_line("RDATE", when, names),
        Extra::Period { start: start @ When::Date(_), .. } => when_line("RDATE", start, names),
        Extra::Period { start, length } => {
            let (parameters, value) = when_parts(start, names);
            let length = duration_text(*length);
            format!("RDATE;VALUE=PERIOD{parameters}:{value}/{length}")
        }
    }
}
