//! An event (`microsoft.graph.event`).

use serde::Deserialize;

use super::recurrence::RecurrenceJson;

/// An event, an occurrence, or what is said of one that was removed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct EventJson {
    pub(crate) id: Option<String>,
    #[serde(rename = "@odata.etag")]
    pub(crate) etag: Option<String>,
    pub(crate) change_key: Option<String>,
    /// In a delta: it is not in the window any more.
    #[serde(rename = "@removed")]
    pub(crate) removed: Option<RemovedJson>,
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) body: Option<BodyJson>,
    pub(crate) start: Option<TimeJson>,
    pub(crate) end: Option<TimeJson>,
    pub(crate) is_all_day: Option<bool>,
    pub(crate) show_as: Option<String>,
    pub(crate) sensitivity: Option<String>,
    pub(crate) location: Option<LocationJson>,
    pub(crate) is_cancelled: Option<bool>,
    pub(crate) is_organizer: Option<bool>,
    pub(crate) organizer: Option<RecipientJson>,
    pub(crate) attendees: Option<Vec<RecipientJson>>,
    pub(crate) response_status: Option<ResponseJson>,
    pub(crate) online_meeting: Option<MeetingJson>,
    pub(crate) online_meeting_url: Option<String>,
    pub(crate) categories: Option<Vec<String>>,
    pub(crate) recurrence: Option<RecurrenceJson>,
    pub(crate) series_master_id: Option<String>,
    pub(crate) original_start: Option<String>,
    pub(crate) original_start_time_zone: Option<String>,
    pub(crate) original_end_time_zone: Option<String>,
    #[serde(rename = "iCalUId")]
    pub(crate) i_cal_uid: Option<String>,
    pub(crate) transaction_id: Option<String>,
    pub(crate) created_date_time: Option<String>,
    pub(crate) cancelled_occurrences: Option<Vec<String>>,
    pub(crate) exception_occurrences: Option<Vec<Self>>,
    /// Where more of them are.
    #[serde(rename = "exceptionOccurrences@odata.nextLink")]
    pub(crate) exceptions_link: Option<String>,
    pub(crate) single_value_extended_properties: Option<Vec<PropertyJson>>,
}

/// Why it was removed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RemovedJson {}

/// `itemBody`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct BodyJson {
    pub(crate) content_type: Option<String>,
    pub(crate) content: Option<String>,
}

/// `dateTimeTimeZone`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct TimeJson {
    pub(crate) date_time: Option<String>,
    pub(crate) time_zone: Option<String>,
}

/// `location`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct LocationJson {
    pub(crate) display_name: Option<String>,
}

/// `recipient` and `attendee`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct RecipientJson {
    pub(crate) email_address: Option<AddressJson>,
}

/// `emailAddress`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct AddressJson {
    pub(crate) name: Option<String>,
    pub(crate) address: Option<String>,
}

/// `responseStatus`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ResponseJson {
    pub(crate) response: Option<String>,
}

/// `onlineMeetingInfo`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct MeetingJson {
    pub(crate) join_url: Option<String>,
}

/// `singleValueLegacyExtendedProperty`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PropertyJson {
    pub(crate) id: Option<String>,
    pub(crate) value: Option<String>,
}

/// What kind of entry an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EventKind {
    Single,
    Master,
    /// An instance as its series has it.
    Occurrence,
    /// An instance that is otherwise.
    Exception,
}

impl EventJson {
    /// Its kind; where the word is a new one, by what it says.
    pub(crate) fn event_kind(&self) -> EventKind {
        match self.kind.as_deref() {
            Some("singleInstance") => EventKind::Single,
            Some("seriesMaster") => EventKind::Master,
            Some("occurrence") => EventKind::Occurrence,
            Some("exception") => EventKind::Exception,
            _ if self.recurrence.is_some() => EventKind::Master,
            _ if self.series_master_id.is_some() => EventKind::Exception,
            _ => EventKind::Single,
        }
    }

    /// Whether it says anything of the properties that were asked for.
    pub(crate) fn shows_properties(&self) -> bool {
        self.single_value_extended_properties.as_ref().is_some_and(|all| !all.is_empty())
    }

    /// The entity tag of its version.
    pub(crate) fn tag(&self) -> Option<String> {
        let by_key = || self.change_key.as_ref().map(|key| format!("W/\"{key}\""));
        self.etag.clone().or_else(by_key).filter(|tag| !tag.is_empty())
    }
}
