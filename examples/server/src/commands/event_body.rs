//! An event as it is sent in: what is not named stays.

use kalends::core::event::{Body, Busy, Privacy, Status};
use kalends::core::time::Zone;
use kalends::{Draft, DraftError, DraftPerson};
use schemars::JsonSchema;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::args::EventFlags;
use crate::error::CliError;
use crate::view::{BusyWord, PersonView, PrivacyWord, StatusWord};

/// What an event says. What is not named stays as it is, or as it is by default.
#[derive(Debug, Clone, Default, Deserialize, ToSchema, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventBody {
    pub(crate) title: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) location: Option<String>,
    /// The address of a video meeting; empty: none.
    pub(crate) meeting: Option<String>,
    /// A day (2026-03-02), a time by the clock of `zone` (2026-03-02T09:00), or one with its offset
    /// (2026-03-02T09:00:00+01:00).
    pub(crate) start: Option<String>,
    /// As `start`, and not in it: a day lasts to the next one. By default an hour, or a day.
    pub(crate) end: Option<String>,
    /// The zone of start and end, as Europe/Berlin; by default the home zone, or UTC for times with
    /// an offset.
    pub(crate) zone: Option<String>,
    /// Rules of a series, as FREQ=WEEKLY;BYDAY=MO (RFC 5545); an empty list: it takes place once.
    #[schema(max_items = 20)]
    pub(crate) rules: Option<Vec<String>>,
    /// Starts that are added to a series one by one, written as `start`.
    #[schema(max_items = 1000)]
    pub(crate) added: Option<Vec<String>>,
    /// Starts that are taken out of a series one by one, written as `start`.
    #[schema(max_items = 1000)]
    pub(crate) excluded: Option<Vec<String>>,
    pub(crate) status: Option<StatusWord>,
    pub(crate) busy: Option<BusyWord>,
    pub(crate) privacy: Option<PrivacyWord>,
    pub(crate) categories: Option<Vec<String>>,
    /// Whom it names, in an event of the graph's own calendar. Nobody is invited or told by it.
    #[schema(max_items = 200)]
    pub(crate) attendees: Option<Vec<PersonView>>,
}

impl From<EventFlags> for EventBody {
    fn from(flags: EventFlags) -> Self {
        let some = |list: Vec<String>| (!list.is_empty()).then_some(list);
        Self {
            title: flags.title,
            description: flags.description,
            location: flags.location,
            meeting: flags.meeting,
            start: flags.start,
            end: flags.end,
            zone: flags.zone,
            rules: some(flags.rule),
            added: None,
            excluded: some(flags.exclude),
            status: flags.status,
            busy: flags.busy,
            privacy: flags.privacy,
            categories: some(flags.category),
            attendees: None,
        }
    }
}

impl EventBody {
    /// A new event.
    pub(crate) fn made(&self, home: &Zone) -> Result<Body, CliError> {
        self.draft().made(home).map_err(no_event)
    }

    /// An event with what is named here.
    pub(crate) fn changed(&self, body: &Body, home: &Zone) -> Result<Body, CliError> {
        self.draft().changed(body, home).map_err(no_event)
    }

    fn draft(&self) -> Draft {
        let said = self.clone();
        let people = |people: Vec<PersonView>| {
            let of = |one: PersonView| DraftPerson { name: one.name, email: one.email };
            people.into_iter().map(of).collect()
        };
        Draft {
            title: said.title,
            description: said.description,
            location: said.location,
            meeting: said.meeting,
            start: said.start,
            end: said.end,
            zone: said.zone,
            rules: said.rules,
            added: said.added,
            excluded: said.excluded,
            status: said.status.map(|word| Status::from(word).into()),
            busy: said.busy.map(|word| Busy::from(word).into()),
            privacy: said.privacy.map(|word| Privacy::from(word).into()),
            categories: said.categories,
            attendees: said.attendees.map(people),
        }
    }
}

fn no_event(error: DraftError) -> CliError {
    CliError::usage(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::EventContent;

    /// Catches a field that is sent in and lost on the way to the event, or taken for another.
    #[test]
    fn all_that_is_sent_in_is_said() {
        let sent = serde_json::json!({
            "title": "a", "description": "b", "location": "c", "meeting": "tel:1",
            "start": "2026-03-02T09:00:00", "end": "2026-03-02T11:00:00", "zone": "Europe/Rome",
            "rules": ["FREQ=DAILY;COUNT=3"], "added": ["2026-03-09T09:00:00"],
            "excluded": ["2026-03-03T09:00:00"], "status": "tentative", "busy": "out-of-office",
            "privacy": "confidential", "categories": ["d"], "attendees": [{"name": "e", "email": "f"}],
        });
        let read: EventBody = serde_json::from_value(sent.clone()).unwrap();
        let made = read.made(&Zone::utc()).unwrap();
        for body in [read.changed(&made, &Zone::utc()).unwrap(), made] {
            let shown = serde_json::to_value(EventContent::of(&body)).unwrap();
            for (field, value) in sent.as_object().unwrap() {
                assert_eq!(&shown[field], value, "{field}");
            }
        }
        let nothing = EventBody::default().made(&Zone::utc()).unwrap_err();
        assert!(nothing.message.contains("has a start"));
    }
}
