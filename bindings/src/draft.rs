//! What an event says, as a draft of the app's and back.

use kalends::core::event::{Body, Content, Recurrence, Span};
use kalends::core::time::{Civil, Date, Length, Rule, When, Zone};

use crate::author::{EventDraft, EventTime};
use crate::error::EngineError;

const DAY_SECONDS: i64 = 86_400;

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
    let mut body = Body::single(Content::at(span(&draft.time)?));
    say(&mut body, draft);
    body.recurrence = rule(draft)?.map(series);
    Ok(body)
}

/// An event that is there, with what a draft says.
pub(crate) fn changed(base: &Body, draft: &EventDraft) -> Result<Body, EngineError> {
    let mut body = base.clone();
    say(&mut body, draft);
    let is_elsewhere = time(&base.content.span) != draft.time;
    let rule = rule(draft)?;
    let is_otherwise = rule.as_ref().map(Rule::text) != rule_of(base).map(Rule::text);
    if is_elsewhere {
        body.content.span = span(&draft.time)?;
    }
    if is_elsewhere || is_otherwise {
        body.recurrence = rule.map(series);
        body.exceptions.clear();
    }
    Ok(body)
}

fn say(body: &mut Body, draft: &EventDraft) {
    body.content.title.clone_from(&draft.title);
    body.content.description.clone_from(&draft.description);
    body.content.location.clone_from(&draft.location);
}

fn rule(draft: &EventDraft) -> Result<Option<Rule>, EngineError> {
    let rule = draft.rule.as_ref().map(|rule| Rule::parse(rule).map_err(EngineError::invalid));
    rule.transpose()
}

fn series(rule: Rule) -> Recurrence {
    Recurrence { rules: vec![rule], ..Recurrence::default() }
}

fn span(time: &EventTime) -> Result<Span, EngineError> {
    let (start, length) = match time {
        EventTime::AllDay { first_day, days } => {
            let first: Date = first_day.parse().map_err(|_| not_a_time(first_day))?;
            let days = (*days).max(1);
            (When::Date(first), Length::Nominal { days, seconds: 0 })
        }
        EventTime::Zoned { start, zone, seconds } => {
            let known = Zone::resolve(zone).ok_or_else(|| {
                EngineError::invalid(format!("{zone:?} is no zone: give one like Europe/Berlin"))
            })?;
            (When::Zoned(civil(start)?, known), Length::Exact((*seconds).max(0)))
        }
        EventTime::Floating { start, seconds } => {
            (When::Floating(civil(start)?), Length::Exact((*seconds).max(0)))
        }
    };
    Ok(Span { start, length, end_zone: None })
}

fn civil(text: &str) -> Result<Civil, EngineError> {
    text.parse().map_err(|_| not_a_time(text))
}

fn not_a_time(text: &str) -> EngineError {
    EngineError::invalid(format!("{text:?} is no time: give 2026-06-01 or 2026-06-01T09:00:00"))
}
