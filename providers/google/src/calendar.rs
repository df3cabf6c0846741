//! Calendars as Google lists them.

use kalends_core::graph::{Capabilities, ScopeKind, SeriesShape};
use kalends_core::ids::ProviderId;
use kalends_core::provider::CalendarItem;
use kalends_core::time::{Gap, Zone};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::scopes::Grants;

/// The longest texts that Google is believed to keep, in characters.
const TITLE_CHARS_MAX: u32 = 1_024;
const DESCRIPTION_CHARS_MAX: u32 = 8_192;

/// Begins the line of a description that says which calendar of ours it is.
const OURS: &str = "kalends-calendar:";
/// Calendars that are made by a service and only subscribed to: holidays, birthdays, and
/// addresses of iCalendar files.
const SERVICES: [&str; 2] = ["@group.v.calendar.google.com", "@import.calendar.google.com"];

/// A page of `users/me/calendarList`. What does not say that it is one is none: no calendar is
/// gone because of it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entries {
    #[serde(rename = "kind")]
    _kind: EntriesKind,
    pub(crate) items: Vec<Entry>,
    pub(crate) next_page_token: Option<String>,
}

/// What a page of calendars says that it is.
#[derive(Debug, Deserialize)]
enum EntriesKind {
    #[serde(rename = "calendar#calendarList")]
    Entries,
}

/// One calendar of the list.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entry {
    pub(crate) id: String,
    summary: Option<String>,
    summary_override: Option<String>,
    description: Option<String>,
    time_zone: Option<String>,
    access_role: Option<String>,
    primary: Option<bool>,
    deleted: Option<bool>,
}

impl Entry {
    pub(crate) fn is_primary(&self) -> bool {
        self.primary == Some(true)
    }

    pub(crate) fn is_deleted(&self) -> bool {
        self.deleted == Some(true)
    }

    /// The name of its zone; empty where none is said.
    pub(crate) fn zone(&self) -> &str {
        self.time_zone.as_deref().unwrap_or_default()
    }

    /// The name that we made it under, if it says that we did.
    pub(crate) fn derived(&self) -> Option<String> {
        let description = self.description.as_deref()?;
        let rest = &description[description.find(OURS)? + OURS.len()..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        (end > 0).then(|| rest[..end].to_owned())
    }

    /// The calendar as the engine sees it.
    pub(crate) fn item(&self, grants: Grants) -> CalendarItem {
        let derived = self.derived();
        let may = matches!(
            self.access_role.as_deref(),
            Some("owner" | "writer" | "writerWithoutPrivateAccess")
        );
        let ours = grants.own_calendars && derived.is_some();
        let granted = grants.write_events || ours;
        let name = self.summary_override.as_ref().or(self.summary.as_ref());
        CalendarItem {
            id: ProviderId(self.id.clone()),
            name: name.cloned().unwrap_or_default(),
            kind: ScopeKind::Calendar,
            subscribed: SERVICES.iter().any(|service| self.id.ends_with(service)),
            derived,
            capabilities: Capabilities {
                read: grants.read_events || ours,
                write: may && granted,
                series: SeriesShape::Parts,
                marks: true,
                floating: false,
                gap: Gap::Shift,
                zone: Zone::resolve(self.zone()).unwrap_or_else(Zone::utc),
                absence_twice: false,
                title_chars_max: Some(TITLE_CHARS_MAX),
                description_chars_max: Some(DESCRIPTION_CHARS_MAX),
                object_octets_max: None,
            },
            token: None,
            tag: None,
        }
    }
}

/// A calendar of ours, as it is made.
pub(crate) fn made(derived: &str, name: &str, zone: &str) -> Value {
    let description =
        format!("Kept up to date by Kalends, which knows it by the next line.\n{OURS}{derived}");
    let mut calendar = json!({ "summary": name, "description": description });
    if !zone.is_empty() {
        calendar["timeZone"] = json!(zone);
    }
    calendar
}
