//! The forms of events, presences and objects set aside.

use serde::{Deserialize, Serialize};

use super::content::BodyForm;
use super::glue::{forms, is_default, list, maybe};
use super::text::{self, millis};
use crate::event::Body;
use crate::ids::{CalendarId, EdgeId, EventId, ProviderId, RunId, Version};
use crate::mirror::PartKey;
use crate::presence::{
    Aside, AsideKind, ContentHash, Event, Evidence, Gone, Guests, InstanceObject, Pending,
    Presence, Quarantine,
};
use crate::time::{Timestamp, When};

forms! {
    Aside => AsideForm;
    Event => EventForm;
    Gone => GoneForm;
    InstanceObject => InstanceForm;
    Pending => PendingForm;
    Presence => PresenceForm;
}

/// The id is in the key.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Event")]
pub(super) struct EventForm {
    #[serde(skip, default = "no_event")]
    id: EventId,
    #[serde(rename = "u")]
    uid: String,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Presence")]
pub(super) struct PresenceForm {
    #[serde(rename = "o", with = "text")]
    object: ProviderId,
    #[serde(rename = "e", with = "maybe", default, skip_serializing_if = "Option::is_none")]
    version: Option<Version>,
    #[serde(rename = "b", with = "BodyForm")]
    body: Body,
    #[serde(rename = "d", default, skip_serializing_if = "Vec::is_empty")]
    doubts: Vec<String>,
    #[serde(rename = "i", with = "list", default, skip_serializing_if = "Vec::is_empty")]
    instances: Vec<InstanceObject>,
    #[serde(rename = "g", with = "maybe", default, skip_serializing_if = "Option::is_none")]
    gone: Option<Gone>,
    #[serde(rename = "p", with = "maybe", default, skip_serializing_if = "Option::is_none")]
    pending: Option<Pending>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "InstanceObject")]
pub(super) struct InstanceForm {
    #[serde(rename = "o", with = "text")]
    object: ProviderId,
    #[serde(rename = "e", with = "maybe", default, skip_serializing_if = "Option::is_none")]
    version: Option<Version>,
    #[serde(rename = "s", with = "text")]
    original: When,
    #[serde(rename = "g", with = "maybe", default, skip_serializing_if = "Option::is_none")]
    gone: Option<Gone>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Pending")]
pub(super) struct PendingForm {
    #[serde(rename = "w", with = "maybe", default, skip_serializing_if = "Option::is_none")]
    want: Option<Body>,
    #[serde(rename = "e", with = "maybe", default, skip_serializing_if = "Option::is_none")]
    base: Option<Version>,
    #[serde(rename = "f", with = "maybe", default, skip_serializing_if = "Option::is_none")]
    from: Option<EdgeId>,
    #[serde(rename = "a", default, skip_serializing_if = "is_default")]
    joined: bool,
    #[serde(rename = "g", with = "GuestsForm", default, skip_serializing_if = "is_default")]
    guests: Guests,
    #[serde(rename = "b", with = "list", default, skip_serializing_if = "Vec::is_empty")]
    before: Vec<ContentHash>,
    #[serde(rename = "n", default, skip_serializing_if = "is_default")]
    attempts: u16,
    #[serde(rename = "t", with = "maybe", default, skip_serializing_if = "Option::is_none")]
    retry_at: Option<Timestamp>,
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    parked: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Guests", rename_all = "kebab-case")]
pub(super) enum GuestsForm {
    Untold,
    Told,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Gone")]
pub(super) struct GoneForm {
    #[serde(rename = "r", with = "text")]
    run: RunId,
    #[serde(rename = "t", with = "millis")]
    at: Timestamp,
    #[serde(rename = "e", with = "EvidenceForm")]
    evidence: Evidence,
    #[serde(rename = "c", default, skip_serializing_if = "is_default")]
    confirmed: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Evidence", rename_all = "kebab-case")]
pub(super) enum EvidenceForm {
    Tombstone,
    Absent,
    ReadAlone,
}

/// Calendar and object are in the key.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Aside")]
pub(super) struct AsideForm {
    #[serde(skip, default = "no_calendar")]
    calendar: CalendarId,
    #[serde(skip, default = "no_object")]
    object: ProviderId,
    #[serde(rename = "e", with = "maybe", default, skip_serializing_if = "Option::is_none")]
    version: Option<Version>,
    #[serde(rename = "w", with = "AsideKindForm")]
    what: AsideKind,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "AsideKind", rename_all = "kebab-case")]
pub(super) enum AsideKindForm {
    Stray {
        #[serde(rename = "e", with = "text")]
        event: EventId,
        #[serde(rename = "p", with = "text")]
        edge: EdgeId,
        #[serde(rename = "k", with = "text")]
        part: PartKey,
        #[serde(rename = "n", default, skip_serializing_if = "is_default")]
        generation: u32,
        #[serde(rename = "h", with = "text")]
        content: ContentHash,
        #[serde(rename = "d", default, skip_serializing_if = "is_default")]
        theirs: bool,
    },
    ForeignManaged {
        #[serde(rename = "p")]
        product: String,
    },
    Quarantined(#[serde(with = "QuarantineForm")] Quarantine),
    NotEvent,
    Message {
        #[serde(rename = "s")]
        title: String,
        #[serde(rename = "t", with = "millis")]
        at: Timestamp,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Quarantine")]
pub(super) struct QuarantineForm {
    #[serde(rename = "c")]
    code: String,
    #[serde(rename = "r")]
    reason: String,
    #[serde(rename = "x", with = "text", default, skip_serializing_if = "Vec::is_empty")]
    raw: Vec<u8>,
    #[serde(rename = "t", with = "millis")]
    at: Timestamp,
}

const fn no_event() -> EventId {
    EventId::from_bytes([0; 16])
}

const fn no_calendar() -> CalendarId {
    CalendarId::from_bytes([0; 16])
}

const fn no_object() -> ProviderId {
    ProviderId(String::new())
}
