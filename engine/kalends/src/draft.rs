//! An event as people and programs write it: what is not named stays.

mod content;
mod series;
mod shown;
mod times;
mod words;

#[cfg(test)]
mod tests;

use kalends_core::event::{Body, Content, Span};
use kalends_core::time::{Date, Length, Zone};
use serde::{Deserialize, Serialize};

use times::{Clock, as_shown};

pub use words::{BusyWord, PrivacyWord, StatusWord};

/// What an event says. What is not named stays as it is, or as it is by default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// Its title.
    pub title: Option<String>,
    /// What is said about it.
    pub description: Option<String>,
    /// Where it is.
    pub location: Option<String>,
    /// The address of a video meeting; empty: none.
    pub meeting: Option<String>,
    /// A day (2026-03-02), a time by the clock of `zone` (2026-03-02T09:00), or one with its offset
    /// (2026-03-02T09:00:00+01:00).
    pub start: Option<String>,
    /// As `start`, and not in it: a day lasts to the next one. By default an hour, or a day.
    pub end: Option<String>,
    /// The zone of start and end, as Europe/Berlin; by default the home zone, or UTC for times with
    /// an offset.
    pub zone: Option<String>,
    /// Rules of a series, as FREQ=WEEKLY;BYDAY=MO (RFC 5545); an empty list: it takes place once.
    pub rules: Option<Vec<String>>,
    /// Starts that are added to a series one by one, written as `start`.
    pub added: Option<Vec<String>>,
    /// Starts that are taken out of a series one by one, written as `start`.
    pub excluded: Option<Vec<String>>,
    /// Whether it takes place.
    pub status: Option<StatusWord>,
    /// How it fills its owner's time.
    pub busy: Option<BusyWord>,
    /// Who may see what it says.
    pub privacy: Option<PrivacyWord>,
    /// Its categories.
    pub categories: Option<Vec<String>>,
    /// Whom it names, in an event of the graph's own calendar. Nobody is invited or told by it.
    pub attendees: Option<Vec<DraftPerson>>,
}

/// Somebody whom an event names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DraftPerson {
    /// The name, or empty.
    #[serde(default)]
    pub name: String,
    /// The address without `mailto:`, or empty.
    #[serde(default)]
    pub email: String,
}

/// Why a draft makes no event: a sentence for whoever wrote it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DraftError(String);

impl DraftError {
    fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl Draft {
    /// A new event. `home`: the zone of times that name none.
    ///
    /// # Errors
    /// [`DraftError`] where it has no start, or says what no event can say.
    pub fn made(&self, home: &Zone) -> Result<Body, DraftError> {
        let start = self.start.as_deref().ok_or_else(|| DraftError::new("an event has a start"))?;
        let start = self.time(start, &Clock::In(home.clone()))?;
        let said = start.civil();
        let start = if self.is_series() { start } else { as_shown(start) };
        let length = match &self.end {
            Some(end) if said != start.civil() => self.length(&start, end).map_err(|_| {
                let shown = start.civil();
                let text = format!("clocks skip {said} that day, and show {shown} then");
                DraftError::new(format!("{text}: an event ends after that, within a year"))
            })?,
            Some(end) => self.length(&start, end)?,
            None => usual_length(start.is_date()),
        };
        let content = Content::at(Span { start, length, end_zone: None });
        let mut body = Body::single(content);
        self.say(&mut body)?;
        self.recur(&mut body)?;
        in_calendars(&body)?;
        Ok(body)
    }

    /// An event with what is named here.
    ///
    /// # Errors
    /// [`DraftError`] where it would say what no event can say.
    pub fn changed(&self, body: &Body, home: &Zone) -> Result<Body, DraftError> {
        let mut body = body.clone();
        self.say(&mut body)?;
        let before = body.content.span.start.clone();
        let stays_series = body.recurrence.is_some() && self.rules.is_none();
        self.place(&mut body.content.span, home, stays_series || self.is_series())?;
        let moved = body.content.span.start != before;
        if moved && body.recurrence.is_some() && self.rules.is_none() {
            let text = "a series that is moved needs its rules again: name `rules` too";
            return Err(DraftError::new(text));
        }
        self.recur(&mut body)?;
        in_calendars(&body)?;
        Ok(body)
    }

    /// When an event that is there takes place from now on.
    fn place(&self, span: &mut Span, home: &Zone, recurs: bool) -> Result<(), DraftError> {
        if let Some(start) = &self.start {
            let clock = Clock::of(&span.start).unwrap_or_else(|| Clock::In(home.clone()));
            let start = self.time(start, &clock)?;
            let start = if recurs { start } else { as_shown(start) };
            if start.is_date() != span.start.is_date() {
                // A length of days says nothing of hours, and the other way round.
                span.length = usual_length(start.is_date());
                span.end_zone = None;
            }
            span.start = start;
        } else if self.zone.is_some() {
            return Err(DraftError::new("a zone needs a start"));
        }
        if let Some(end) = &self.end {
            // A provider's event may begin in the hour that clocks skip, and take place once.
            let start = span.start.clone();
            let start = if recurs { start } else { as_shown(start) };
            span.length = self.length(&start, end)?;
            span.end_zone = None;
        }
        Ok(())
    }
}

/// How long what names no end is: a day, or an hour.
const fn usual_length(is_date: bool) -> Length {
    match is_date {
        true => Length::Nominal { days: 1, seconds: 0 },
        false => Length::Exact(3_600),
    }
}

/// The first day that an event may not reach: iCalendar knows no year of five digits, and a zone may be a
/// day ahead of it.
const END: &str = "9999-12-31";

/// Refuses what ends when no calendar can say so.
fn in_calendars(body: &Body) -> Result<(), DraftError> {
    let late = || DraftError::new(format!("an event ends before {END}"));
    let span = &body.content.span;
    let end: Date = END.parse().map_err(|_| late())?;
    let length_days = match span.length {
        Length::Exact(seconds) => seconds / 86_400 + 1,
        Length::Nominal { days, seconds } => i64::from(days) + seconds / 86_400,
    };
    let start = i64::from(span.start.civil().date().days());
    if start + length_days <= i64::from(end.days()) { Ok(()) } else { Err(late()) }
}
