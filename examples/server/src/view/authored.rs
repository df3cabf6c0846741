//! An event as a calendar holds it, to be read and written back.

use kalends::Draft;
use kalends::core::event::{Body, Content, Person};
use kalends::core::presence::Presence;
use kalends::core::time::When;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::{BusyWord, PrivacyWord, ResponseWord, StatusWord};

/// Somebody whom an event names. Nobody is invited by being named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PersonView {
    /// The name, or empty.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub(crate) name: String,
    /// The address without `mailto:`, or empty.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub(crate) email: String,
}

/// What an event says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct EventContent {
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) location: String,
    /// The address of the video meeting, or empty.
    pub(crate) meeting: String,
    /// A day where `all_day`; else the time by the clock of `zone`.
    pub(crate) start: String,
    /// Exclusive; as `start`.
    pub(crate) end: String,
    /// The zone of start and end; none of an event that takes place by every clock.
    pub(crate) zone: Option<String>,
    pub(crate) all_day: bool,
    /// Rules of a series, as RFC 5545 writes them.
    pub(crate) rules: Vec<String>,
    /// Starts that are added to a series one by one.
    pub(crate) added: Vec<String>,
    /// Starts that are taken out of a series one by one.
    pub(crate) excluded: Vec<String>,
    /// Instances of a series that differ from it.
    pub(crate) changed: Vec<ChangedInstance>,
    pub(crate) status: StatusWord,
    pub(crate) busy: BusyWord,
    pub(crate) privacy: PrivacyWord,
    pub(crate) categories: Vec<String>,
    pub(crate) organizer: Option<PersonView>,
    pub(crate) attendees: Vec<PersonView>,
    /// The owner's own answer.
    pub(crate) response: ResponseWord,
    /// Whether the calendar's owner organises it.
    pub(crate) organized: bool,
}

/// An instance of a series that differs from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ChangedInstance {
    /// The start that the series gives it.
    pub(crate) original: String,
    /// Whether those behind it are changed too.
    pub(crate) this_and_future: bool,
    pub(crate) title: String,
    pub(crate) start: String,
    pub(crate) end: String,
}

/// An event in one calendar that holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct EventView {
    /// The event's id.
    pub(crate) id: String,
    /// Its iCalendar UID.
    pub(crate) uid: String,
    /// The id of the calendar.
    pub(crate) calendar: String,
    /// Its account and name.
    pub(crate) calendar_name: String,
    /// All calendars that hold the event.
    pub(crate) calendars: Vec<String>,
    /// Tells one content of it from another: give it as `If-Match`.
    pub(crate) etag: String,
    /// Whether its provider has still to take what is shown here.
    pub(crate) waiting: bool,
    /// Why its provider does not take it, where it is tried no more.
    pub(crate) parked: Option<String>,
    #[serde(flatten)]
    pub(crate) content: EventContent,
}

/// What came of an event that was made, changed or deleted, or what would come of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct EventWritten {
    /// False: this is a plan, and nothing was changed.
    pub(crate) done: bool,
    /// Whether the event is deleted.
    pub(crate) deleted: bool,
    /// The run it is put down to: undo takes it back, but for a deletion at a provider.
    pub(crate) run: Option<String>,
    /// The event after it; of a deletion, before it.
    pub(crate) event: EventView,
    /// The edges that carry it to other calendars, as far as their filters let it.
    pub(crate) carried_to: Vec<Carried>,
}

/// An edge that carries an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Carried {
    pub(crate) edge: String,
    /// The calendar that it goes to.
    pub(crate) calendar: String,
    /// How much of it shows there.
    pub(crate) detail: String,
}

impl EventContent {
    pub(crate) fn of(body: &Body) -> Self {
        let Content { span, .. } = &body.content;
        let said = Draft::of(body);
        let changed = body.exceptions.iter().map(|one| ChangedInstance {
            original: when(&one.original),
            this_and_future: one.this_and_future,
            title: one.content.title.clone(),
            start: when(&one.content.span.start),
            end: end(&one.content),
        });
        let content = body.content.clone();
        Self {
            start: when(&span.start),
            end: said.end.unwrap_or_default(),
            zone: said.zone,
            all_day: span.start.is_date(),
            rules: said.rules.unwrap_or_default(),
            added: said.added.unwrap_or_default(),
            excluded: said.excluded.unwrap_or_default(),
            changed: changed.collect(),
            title: content.title,
            description: content.description,
            location: content.location,
            meeting: content.meeting,
            status: content.status.into(),
            busy: content.busy.into(),
            privacy: content.privacy.into(),
            categories: content.categories,
            organizer: content.organizer.as_ref().map(PersonView::of),
            attendees: content.attendees.iter().map(PersonView::of).collect(),
            response: content.response.into(),
            organized: content.organized,
        }
    }
}

impl PersonView {
    fn of(person: &Person) -> Self {
        Self { name: person.name.clone(), email: person.email.clone() }
    }
}

/// Whether a change waits for the provider, and why it is tried no more.
pub(crate) fn waits(presence: &Presence) -> (bool, Option<String>) {
    match &presence.pending {
        Some(pending) => (pending.parked.is_none(), pending.parked.clone()),
        None => (false, None),
    }
}

fn when(at: &When) -> String {
    match at {
        When::Date(day) => day.to_string(),
        When::Zoned(civil, _) | When::Floating(civil) => civil.to_string(),
    }
}

fn end(content: &Content) -> String {
    Draft::of(&Body::single(content.clone())).end.unwrap_or_default()
}
