//! What an event says, as a draft of the app's and back.

use kalends::core::event::{Body, Content, Recurrence, Span};
use kalends::core::time::{Civil, Date, Length, Rule, When, Zone};

use crate::author::{EventDraft, EventTime};
use crate::error::EngineError;

const DAY_SECONDS: i64 = 86_400;
/// What an app is told that saves over somebody else's change.
pub(crate) const CHANGED_SINCE: &str = "the event says something else meanwhile: read it again";

pub(crate) fn draft(body: &Body) -> EventDraft {
    let Content { title, description, location, span, .. } = &body.content;
    EventDraft {
        title: title.clone(),
        time: time(span),
        description: description.clone(),
        location: location.clone(),
        rule: rule_of(body).map(|rule| rule.text().to_owned()),
    }
}

fn rule_of(body: &Body) -> Option<&Rule> {
    body.recurrence.as_ref()?.rules.first()
}

fn time(span: &Span) -> EventTime {
    let (whole_days, rest) = match span.length {
        Length::Exact(seconds) => (0, seconds),
        Length::Nominal { days, seconds } => (i64::from(days), seconds),
    };
    let seconds = whole_days * DAY_SECONDS + rest;
    match &span.start {
        When::Date(day) => EventTime::AllDay {
            first_day: day.to_string(),
            days: i32::try_from(seconds / DAY_SECONDS).unwrap_or(i32::MAX).max(1),
        },
        When::Zoned(start, zone) => {
            EventTime::Zoned { start: start.to_string(), zone: zone.to_string(), seconds }
        }
        When::Floating(start) => EventTime::Floating { start: start.to_string(), seconds },
    }
}

/// A new event.
pub(crate) fn body(draft: &EventDraft) -> Result<Body, EngineError> {
    let mut content = Content::at(span(&draft.time, None)?);
    content.title.clone_from(&draft.title);
    content.description.clone_from(&draft.description);
    content.location.clone_from(&draft.location);
    let recurrence = rule(draft)?.map(series);
    Ok(Body { recurrence, ..Body::single(content) })
}

/// An event as it is now, with what a draft says otherwise than the one that was seen. All else
/// stays.
pub(crate) fn changed(
    now: &Body,
    seen: &EventDraft,
    draft: &EventDraft,
) -> Result<Body, EngineError> {
    let (mut body, content) = (now.clone(), &now.content);
    body.content.title = merged(&content.title, &seen.title, &draft.title)?;
    body.content.description = merged(&content.description, &seen.description, &draft.description)?;
    body.content.location = merged(&content.location, &seen.location, &draft.location)?;
    body.content.span = moved(&content.span, &seen.time, &draft.time)?;
    let want = rule(draft)?;
    // Two spellings of a rule are one.
    let spelt = |rule: Option<&Rule>| rule.map(Rule::normalized);
    let (shown, named) = (spelt(rule_of(now)), spelt(want.as_ref()));
    let is_ruled_otherwise = merged(&shown, &spelt(rule(seen)?.as_ref()), &named)? != shown;
    if is_ruled_otherwise {
        body.recurrence = want.map(series);
    }
    let is_elsewhere = body.content.span.start != content.span.start;
    if (is_elsewhere || is_ruled_otherwise) && has_instances_of_its_own(now) {
        return Err(EngineError::invalid(
            "the series has instances or rules of its own that would go: change it at its provider",
        ));
    }
    Ok(body)
}

/// What becomes of a field: what it is now, unless the app changed it. Where somebody else did, too,
/// nothing does.
fn merged<T: PartialEq + Clone>(now: &T, seen: &T, want: &T) -> Result<T, EngineError> {
    match (want == seen || want == now, now == seen) {
        (true, _) => Ok(now.clone()),
        (false, true) => Ok(want.clone()),
        (false, false) => Err(EngineError::invalid(CHANGED_SINCE)),
    }
}

/// Start and length by themselves.
fn moved(now: &Span, seen: &EventTime, want: &EventTime) -> Result<Span, EngineError> {
    if want == seen {
        return Ok(now.clone());
    }
    let read = |time| span(time, now.start.zone());
    let (shown, seen, want) = (read(&time(now))?, read(seen)?, read(want)?);
    let start = merged(&shown.start, &seen.start, &want.start)?;
    let length = merged(&shown.length, &seen.length, &want.length)?;
    // A length that stays is kept as it was said.
    let length = if length == shown.length { now.length } else { length };
    let end_zone = now.end_zone.clone().filter(|_| matches!(start, When::Zoned(..)));
    Ok(Span { start, length, end_zone })
}

/// Whether a series is more than its start and one rule.
fn has_instances_of_its_own(body: &Body) -> bool {
    let recurrence = body.recurrence.as_ref();
    let has_more = |recurrence: &Recurrence| {
        let Recurrence { rules, extras, excluded } = recurrence;
        rules.len() > 1 || !extras.is_empty() || !excluded.is_empty()
    };
    recurrence.is_some_and(has_more) || !body.exceptions.is_empty()
}

fn rule(draft: &EventDraft) -> Result<Option<Rule>, EngineError> {
    let rule = draft.rule.as_ref().map(|rule| Rule::parse(rule).map_err(EngineError::invalid));
    rule.transpose()
}

fn series(rule: Rule) -> Recurrence {
    Recurrence { rules: vec![rule], ..Recurrence::default() }
}

fn span(time: &EventTime, known: Option<&Zone>) -> Result<Span, EngineError> {
    let (start, length) = match time {
        EventTime::AllDay { first_day, days } => {
            let first: Date = first_day.parse().map_err(|_| not_a_time(first_day))?;
            let days = (*days).max(1);
            (When::Date(first), Length::Nominal { days, seconds: 0 })
        }
        EventTime::Zoned { start, zone, seconds } => {
            let start = When::Zoned(civil(start)?, resolved(zone, known)?);
            (start, Length::Exact((*seconds).max(0)))
        }
        EventTime::Floating { start, seconds } => {
            (When::Floating(civil(start)?), Length::Exact((*seconds).max(0)))
        }
    };
    Ok(Span { start, length, end_zone: None })
}

/// A zone by its name; `known`: one that an event brought along.
fn resolved(name: &str, known: Option<&Zone>) -> Result<Zone, EngineError> {
    let known = known.filter(|zone| zone.name() == name).cloned();
    known.or_else(|| Zone::resolve(name)).ok_or_else(|| {
        EngineError::invalid(format!("{name:?} is no zone: give one like Europe/Berlin"))
    })
}

fn civil(text: &str) -> Result<Civil, EngineError> {
    // Java and forms of browsers leave out seconds that are zero.
    let seconds = if text.len() == "2026-06-01T09:00".len() { ":00" } else { "" };
    format!("{text}{seconds}").parse().map_err(|_| not_a_time(text))
}

fn not_a_time(text: &str) -> EngineError {
    EngineError::invalid(format!("{text:?} is no time: give 2026-06-01 or 2026-06-01T09:00:00"))
}

#[cfg(test)]
mod tests;
