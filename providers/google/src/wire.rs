//! Events as Google writes them: all but the id may be missing, and words may be unknown.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

/// A page of events. What does not say that it is one, and what it holds, is none: nothing is
/// learnt from it, least of all that a calendar is empty.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page<'a> {
    #[serde(rename = "kind")]
    _kind: EventsKind,
    /// The events, each still a text: one that cannot be read holds up no other.
    #[serde(borrow)]
    pub(crate) items: Vec<&'a RawValue>,
    pub(crate) time_zone: Option<String>,
    pub(crate) next_page_token: Option<String>,
    pub(crate) next_sync_token: Option<String>,
}

/// That it is a page of events, and no more.
#[derive(Debug, Deserialize)]
pub(crate) struct Kind {
    #[serde(rename = "kind")]
    _kind: EventsKind,
}

/// What a page of events says that it is.
#[derive(Debug, Deserialize)]
enum EventsKind {
    #[serde(rename = "calendar#events")]
    Events,
}

/// What is needed of an event to name it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Name {
    pub(crate) id: String,
    pub(crate) etag: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) recurring_event_id: Option<String>,
}

#[derive(Deserialize)]
struct OnlyId {
    id: String,
}

impl Name {
    /// The name of an event's text. One of which nothing but the id makes sense is named by that: it is
    /// looked at alone, and holds up no other.
    pub(crate) fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().or_else(|| {
            let OnlyId { id } = serde_json::from_str(text).ok()?;
            Some(Self { id, etag: None, status: None, recurring_event_id: None })
        })
    }
}

/// An event, a series, or an instance of one.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) etag: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) updated: Option<String>,
    #[serde(rename = "iCalUID")]
    pub(crate) uid: Option<String>,
    pub(crate) summary: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) location: Option<String>,
    pub(crate) start: Option<Time>,
    pub(crate) end: Option<Time>,
    pub(crate) recurrence: Option<Vec<String>>,
    pub(crate) recurring_event_id: Option<String>,
    pub(crate) original_start_time: Option<Time>,
    pub(crate) transparency: Option<String>,
    pub(crate) visibility: Option<String>,
    pub(crate) event_type: Option<String>,
    pub(crate) organizer: Option<Person>,
    pub(crate) attendees: Option<Vec<Person>>,
    pub(crate) hangout_link: Option<String>,
    pub(crate) conference_data: Option<Conference>,
    pub(crate) extended_properties: Option<Properties>,
}

impl Event {
    /// Whether it was deleted, or is an instance that does not take place.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.status.as_deref() == Some("cancelled")
    }

    /// A private property.
    pub(crate) fn private(&self, name: &str) -> Option<&str> {
        let properties = self.extended_properties.as_ref()?;
        properties.private.as_ref()?.get(name).map(String::as_str)
    }
}

/// A day, or a time with an offset or a zone.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Time {
    pub(crate) date: Option<String>,
    pub(crate) date_time: Option<String>,
    pub(crate) time_zone: Option<String>,
}

/// Who organises or attends.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Person {
    pub(crate) email: Option<String>,
    pub(crate) display_name: Option<String>,
    #[serde(rename = "self")]
    pub(crate) is_self: Option<bool>,
    pub(crate) response_status: Option<String>,
}

/// Where a video meeting is.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Conference {
    pub(crate) entry_points: Option<Vec<EntryPoint>>,
}

/// One way into a meeting.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EntryPoint {
    pub(crate) entry_point_type: Option<String>,
    pub(crate) uri: Option<String>,
}

/// What programs keep with an event.
#[derive(Debug, Deserialize)]
pub(crate) struct Properties {
    pub(crate) private: Option<BTreeMap<String, String>>,
    pub(crate) shared: Option<BTreeMap<String, String>>,
}
