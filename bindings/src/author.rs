//! Events made and changed in the app. Those made here live in the graph's own calendar, and edges
//! start from it.

use kalends::core::event::Body;
use kalends::core::graph::CalendarRole;
use kalends::core::ids::{CalendarId, EventId};
use kalends::core::ports::GraphStore as _;
use kalends::core::presence::Presence;
use kalends::core::read::wanted_body;
use kalends::core::slice::{Bundle, ReadSet};
use kalends::queries::{JournalFilter, JournalPage};
use kalends::{EventEdit, UserEdit};

use crate::draft::{CHANGED_SINCE, body, changed, draft};
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

/// What an event says, whole: to be made, or as it was read and as it is to be. Nobody is invited.
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

/// What an event says in one calendar.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct HeldEvent {
    /// The calendar.
    pub calendar_id: String,
    /// What it says there, with what waits to be written; of a series, its master.
    pub draft: EventDraft,
}

/// An event in the calendars that hold it.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct EventView {
    /// Its id.
    pub event: String,
    /// Its iCalendar UID.
    pub uid: String,
    /// What it says in each of them.
    pub held: Vec<HeldEvent>,
}

#[uniffi::export]
impl Engine {
    /// Makes an event in the graph's own calendar; its id. It works without a network; the next sync
    /// writes its mirrors.
    ///
    /// # Errors
    /// `Invalid` for times or a rule that cannot be; `Storage`, `Corrupt`.
    pub async fn put_event(&self, draft: EventDraft) -> Result<String, EngineError> {
        let body = Box::new(body(&draft)?);
        let run = self.edit(UserEdit::PutEvent { event: None, body }).await?;
        self.made_in(&run).await
    }

    /// Changes an event in one calendar that holds it: at once in the graph's own, by the next sync
    /// at a provider. `seen` is what `event` said of it, `draft` the same with the person's changes:
    /// what is the same in both stays as it is by now, as does all that a draft has no field for.
    ///
    /// # Errors
    /// `Invalid` where a field says something else by now than was seen and is wanted; where a series with
    /// cancelled, changed or added instances, or several rules, would start otherwise or follow another rule;
    /// for times, a rule or an id that cannot be; for an event that the calendar does not hold, that the
    /// engine made itself, or whose guests would be told; and for a calendar that cannot be written.
    /// `Storage`, `Corrupt`.
    pub async fn change_event(
        &self,
        event: String,
        calendar_id: String,
        seen: EventDraft,
        draft: EventDraft,
    ) -> Result<bool, EngineError> {
        self.change(&event, id(&calendar_id, "a calendar")?, Some((&seen, &draft))).await
    }

    /// Deletes an event in one calendar that holds it; absent, in the graph's own.
    ///
    /// # Errors
    /// `Invalid` for an event that the calendar does not hold, that the engine made itself, or whose guests
    /// would be told, and for a calendar that cannot be written; `Storage`, `Corrupt`.
    #[uniffi::method(default(calendar_id = None))]
    pub async fn delete_event(
        &self,
        event: String,
        calendar_id: Option<String>,
    ) -> Result<bool, EngineError> {
        let calendar = match calendar_id {
            Some(calendar) => id(&calendar, "a calendar")?,
            None => self.own().await?.ok_or_else(gone)?,
        };
        self.change(&event, calendar, None).await
    }

    /// What an event says, as it can be changed: by each calendar that holds it. Absent where none
    /// does.
    ///
    /// # Errors
    /// `Invalid` for an id that cannot be; `Storage`, `Corrupt`.
    pub async fn event(&self, event: String) -> Result<Option<EventView>, EngineError> {
        let bundle = self.bundle(id(&event, "an event")?).await?;
        let held = bundle.presences.iter().filter_map(|(calendar, presence)| {
            let (calendar_id, draft) = (calendar.to_string(), draft(shown(presence)?));
            Some(HeldEvent { calendar_id, draft })
        });
        let held: Vec<HeldEvent> = held.collect();
        let uid = bundle.event.as_ref().map(|event| event.uid.clone()).unwrap_or_default();
        Ok((!held.is_empty()).then_some(EventView { event, uid, held }))
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

    async fn bundle(&self, event: EventId) -> Result<Bundle, EngineError> {
        let (store, graph) = self.store();
        let mut want = ReadSet::default();
        want.events.insert(event);
        let mut slice = store.load(graph, &want).await?;
        Ok(slice.events.remove(&event).flatten().unwrap_or_default())
    }

    async fn change(
        &self,
        event: &str,
        calendar: CalendarId,
        drafts: Option<(&EventDraft, &EventDraft)>,
    ) -> Result<bool, EngineError> {
        let event = id(event, "an event")?;
        let bundle = self.bundle(event).await?;
        let base = bundle.presences.get(&calendar).and_then(shown).ok_or_else(gone)?;
        let want = drafts.map(|(seen, draft)| changed(base, seen, draft).map(Box::new));
        let want = want.transpose()?;
        let base = Some(Box::new(base.clone()));
        let edit = EventEdit { event, calendar, base, want, may_notify: false };
        let (_, notes) = self.carry_out(UserEdit::ChangeEvent(edit)).await?;
        notes.iter().find_map(|note| refusal(note.code)).map_or(Ok(true), Err)
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
    EngineError::invalid("there is no such event in that calendar: make it anew")
}

/// Why the step left an event as it is.
fn refusal(code: &str) -> Option<EngineError> {
    let text = match code {
        "event.gone" => return Some(gone()),
        "event.changed-since" => CHANGED_SINCE,
        "event.of-a-hold" | "event.of-a-trip" => {
            "the engine made this event itself: change what it was made for"
        }
        "event.read-only" => "the calendar that holds the event cannot be written",
        "event.would-invite" | "event.would-notify" => {
            "the event has guests who would be told: change it at its provider"
        }
        _ => return None,
    };
    Some(EngineError::invalid(text))
}

/// What a presence says, unless it is gone.
fn shown(presence: &Presence) -> Option<&Body> {
    Some(presence).filter(|presence| presence.gone.is_none()).and_then(wanted_body)
}
