//! What takes place, and when time is taken.

use core::ops::Range;

use kalends::core::read::Occurring;
use kalends::core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// One instance of an event.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Occurrence {
    /// The event's id.
    event: String,
    /// Its iCalendar UID.
    uid: String,
    /// The id of the calendar that holds it.
    calendar: String,
    title: String,
    /// A day where `all_day`, else RFC 3339 in UTC.
    pub(crate) start: String,
    /// Exclusive; as `start`.
    pub(crate) end: String,
    all_day: bool,
    /// The start that a series gives it, of an instance of one.
    recurrence_id: Option<String>,
}

impl Occurrence {
    pub(crate) fn of(one: &Occurring) -> Self {
        let (start, end) = match &one.days {
            Some(days) => (days.start.to_string(), days.end.to_string()),
            None => (one.start.to_string(), one.end.to_string()),
        };
        Self {
            event: one.event.to_string(),
            uid: one.uid.clone(),
            calendar: one.calendar.to_string(),
            title: one.title.clone(),
            start,
            end,
            all_day: one.days.is_some(),
            recurrence_id: one
                .original
                .map(|(at, day)| day.map_or(at.to_string(), |day| day.to_string())),
        }
    }
}

/// A page of what takes place, sorted by start.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Agenda {
    pub(crate) occurrences: Vec<Occurrence>,
    /// Give it as `after` for the page that follows, where one does.
    pub(crate) next: Option<String>,
    /// Events whose rules give more instances than are followed: some of theirs are missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) cut: Vec<String>,
}

/// A time that is taken: RFC 3339 in UTC, the end exclusive.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Busy {
    start: String,
    end: String,
}

/// When time is taken: sorted and merged.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FreeBusy {
    busy: Vec<Busy>,
}

impl FreeBusy {
    pub(crate) fn of(taken: &[Range<Timestamp>]) -> Self {
        let busy = |one: &Range<Timestamp>| Busy {
            start: one.start.to_string(),
            end: one.end.to_string(),
        };
        Self { busy: taken.iter().map(busy).collect() }
    }
}
