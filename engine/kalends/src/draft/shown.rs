//! An event as a draft would say it.

use kalends_core::event::{Body, Span};
use kalends_core::time::{Extra, Gap, Length, When};

use super::{Draft, DraftPerson};

impl Draft {
    /// What an event says, each field named. Instances that differ from their series are not in it.
    #[must_use]
    pub fn of(body: &Body) -> Self {
        let content = body.content.clone();
        let span = &content.span;
        let recurrence = body.recurrence.clone().unwrap_or_default();
        let people = content.attendees.iter();
        let people = people
            .map(|one| DraftPerson { name: one.name.clone(), email: one.email.clone() })
            .collect();
        Self {
            start: Some(when(&span.start)),
            end: Some(end(span)),
            zone: span.start.zone().map(ToString::to_string),
            rules: Some(recurrence.rules.iter().map(|rule| rule.text().to_owned()).collect()),
            added: Some(recurrence.extras.iter().map(added).collect()),
            excluded: Some(recurrence.excluded.iter().map(when).collect()),
            title: Some(content.title),
            description: Some(content.description),
            location: Some(content.location),
            meeting: Some(content.meeting),
            status: Some(content.status.into()),
            busy: Some(content.busy.into()),
            privacy: Some(content.privacy.into()),
            categories: Some(content.categories),
            attendees: Some(people),
        }
    }
}

fn added(extra: &Extra) -> String {
    match extra {
        Extra::At(start) | Extra::Period { start, .. } => when(start),
    }
}

fn when(at: &When) -> String {
    match at {
        When::Date(day) => day.to_string(),
        When::Zoned(civil, _) | When::Floating(civil) => civil.to_string(),
    }
}

fn end(span: &Span) -> String {
    match (&span.start, span.length) {
        (When::Date(day), Length::Nominal { days, .. }) => day.add_days(days).to_string(),
        (When::Date(day), Length::Exact(seconds)) => {
            let days = i32::try_from(seconds / 86_400).unwrap_or(i32::MAX);
            day.add_days(days).to_string()
        }
        (When::Floating(civil), Length::Exact(seconds)) => civil.add_seconds(seconds).to_string(),
        (When::Floating(civil), Length::Nominal { days, seconds }) => {
            civil.add_seconds(i64::from(days) * 86_400 + seconds).to_string()
        }
        (When::Zoned(civil, zone), length) => {
            let (civil, seconds) = match length {
                Length::Exact(seconds) => (*civil, seconds),
                Length::Nominal { days, seconds } => {
                    (civil.add_seconds(i64::from(days) * 86_400), seconds)
                }
            };
            let start = zone.instant(civil, Gap::Shift);
            zone.civil(start.saturating_add_millis(seconds * 1_000)).to_string()
        }
    }
}
