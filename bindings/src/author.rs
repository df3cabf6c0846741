//! Events made in the app: they live in the graph's own calendar, and edges start from it.

use kalends::core::event::{Body, Content, Recurrence, Span};
use kalends::core::graph::CalendarRole;
use kalends::core::ids::CalendarId;
use kalends::core::time::{Civil, Date, Length, Rule, When, Zone};
use kalends::queries::{JournalFilter, JournalPage};
use kalends::{EventEdit, UserEdit};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::setup::CalendarView;
use crate::views::id;

/// When an event takes place; the three kinds of civil time.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum EventTime {
    /// On whole days.
    AllDay {
        /// The first, `2026-06-01`.
        first_day: String,
        /// How many.
        days: i32,
    },
    /// At a time of day in a zone.
    Zoned {
        /// The start by the clock there, `2026-06-01T09:00:00`.
        start: String,
        /// The zone, `Europe/Berlin`.
        zone: String,
        /// How long, in seconds.
        seconds: i64,
    },
    /// At a time of day wherever the person is.
    Floating {
        /// The start, `2026-06-01T09:00:00`.
        start: String,
        /// How long, in seconds.
        seconds: i64,
    },
}

/// An event to be made or changed. Nobody is invited.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct EventDraft {
    /// The title.
    pub title: String,
    /// When.
    pub time: EventTime,
    /// The description.
    #[uniffi(default = "")]
    pub description: String,
    /// The place.
    #[uniffi(default = "")]
    pub location: String,
    /// A recurrence rule, `FREQ=WEEKLY;BYDAY=MO` (RFC 5545 section 3.3.10).
    #[uniffi(default = None)]
    pub rule: Option<String>,
}

#[uniffi::export]
impl Engine {
    /// Makes an event in the graph's own calendar, or changes it there; its id. It works without
    /// a network; the next sync writes its mirrors.
    ///
    /// # Errors
    /// `Invalid` for times, a rule or an id that cannot be, and for an event that is not in the graph's own
    /// calendar or that the engine made itself; `Storage`, `Corrupt`.
    #[uniffi::method(default(event = None))]
    pub async fn put_event(
        &self,
        draft: EventDraft,
        event: Option<String>,
    ) -> Result<String, EngineError> {
        let body = Box::new(body(&draft)?);
        let Some(event) = event else {
            let run = self.edit(UserEdit::PutEvent { event: None, body }).await?;
            return self.made_in(&run).await;
        };
        let change = EventEdit {
            event: id(&event, "an event")?,
            calendar: self.own().await?.ok_or_else(gone)?,
            base: None,
            want: Some(body),
            may_notify: false,
        };
        let (_, notes) = self.carry_out(UserEdit::ChangeEvent(change)).await?;
        match notes.first().map(|note| note.code) {
            None => Ok(event),
            Some("event.of-a-hold" | "event.of-a-trip") => Err(EngineError::invalid(
                "the engine made this event itself: change what it was made for",
            )),
            Some(_) => Err(gone()),
        }
    }

    /// The graph's own calendar, where edges of such events start; absent before the first.
    ///
    /// # Errors
    /// `Storage`, `Corrupt`.
    pub async fn own_calendar(&self) -> Result<Option<CalendarView>, EngineError> {
        let Some(own) = self.own().await?.map(|own| own.to_string()) else { return Ok(None) };
        let all = self.calendars(None).await?;
        Ok(all.into_iter().find(|calendar| calendar.id == own))
    }
}

impl Engine {
    async fn own(&self) -> Result<Option<CalendarId>, EngineError> {
        let config = self.setting().await?;
        let own = config.calendars.values().find(|calendar| calendar.role == CalendarRole::Own);
        Ok(own.map(|calendar| calendar.id))
    }

    /// The event that an edit made, as the journal names it.
    async fn made_in(&self, run: &str) -> Result<String, EngineError> {
        let (store, graph) = self.store();
        let filter = JournalFilter::Run(id(run, "a run")?);
        let entries = store.query(JournalPage { graph, filter, after: 0, limit: 100 }).await?;
        let made = entries.iter().find_map(|(entry, _)| entry.event);
        let made = made.ok_or_else(|| EngineError::invalid("the event was not made"))?;
        Ok(made.to_string())
    }
}

fn gone() -> EngineError {
    EngineError::invalid("there is no such event in the graph's own calendar: make it anew")
}

fn body(draft: &EventDraft) -> Result<Body, EngineError> {
    let mut content = Content::at(span(&draft.time)?);
    content.title.clone_from(&draft.title);
    content.description.clone_from(&draft.description);
    content.location.clone_from(&draft.location);
    let rule = draft.rule.as_ref().map(|rule| Rule::parse(rule).map_err(EngineError::invalid));
    let recurrence =
        rule.transpose()?.map(|rule| Recurrence { rules: vec![rule], ..Recurrence::default() });
    Ok(Body { recurrence, ..Body::single(content) })
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
