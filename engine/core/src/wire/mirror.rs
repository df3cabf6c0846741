//! The forms of mirrors, their parts and the index of objects.

use std::fmt::{self, Display as _, Formatter};

use serde::{Deserialize, Serialize};

use super::glue::{forms, is_default, list, maybe};
use super::text::{self, Short, Text, millis};
use crate::fields::Field;
use crate::ids::{CalendarId, EdgeId, EventId, ProviderId, Version};
use crate::keys::{Base32Hex, from_base32hex};
use crate::mirror::{
    Ack, AckFields, FieldHashes, Filtered, Mirror, MirrorMode, ParkReason, Part, PartKey,
    PartObject, PartRef, PartStatus, Unwanted, Wanted,
};
use crate::presence::{ContentHash, Gone};
use crate::slice::{ObjectRow, Owner};
use crate::time::{Timestamp, When};

forms! {
    Ack => AckForm;
    AckFields => AckFieldsForm;
    Mirror => MirrorForm;
    ObjectRow => ObjectForm;
    Part => PartForm;
    PartObject => PartObjectForm;
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Mirror")]
pub(super) struct MirrorForm {
    #[serde(rename = "c", with = "text")]
    calendar: CalendarId,
    #[serde(rename = "w", with = "WantedForm")]
    wanted: Wanted,
    #[serde(rename = "m", with = "ModeForm")]
    mode: MirrorMode,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Wanted", rename_all = "kebab-case")]
pub(super) enum WantedForm {
    Yes,
    CoveredBy(#[serde(with = "text")] EdgeId),
    No(#[serde(with = "UnwantedForm")] Unwanted),
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Unwanted", rename_all = "kebab-case")]
pub(super) enum UnwantedForm {
    SourceGone,
    HeldByTarget,
    Filtered(#[serde(with = "FilteredForm")] Filtered),
    OutOfWindow,
    EdgeRetiring,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Filtered", rename_all = "kebab-case")]
pub(super) enum FilteredForm {
    AllDay,
    Free,
    Declined,
    Tentative,
    Cancelled,
    Kind,
    Category,
    Keyword,
    NoSync,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "MirrorMode", rename_all = "kebab-case")]
pub(super) enum ModeForm {
    Kept,
    Frozen,
    Paused,
    Detached,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Part")]
pub(super) struct PartForm {
    #[serde(rename = "n", default, skip_serializing_if = "is_default")]
    generation: u32,
    #[serde(rename = "w", with = "maybe", default, skip_serializing_if = "Option::is_none")]
    want: Option<ContentHash>,
    #[serde(rename = "o", with = "maybe", default, skip_serializing_if = "Option::is_none")]
    object: Option<PartObject>,
    #[serde(rename = "a", with = "list", default, skip_serializing_if = "Vec::is_empty")]
    acks: Vec<Ack>,
    #[serde(rename = "b", with = "list", default, skip_serializing_if = "Vec::is_empty")]
    before: Vec<ContentHash>,
    #[serde(rename = "s", with = "PartStatusForm")]
    status: PartStatus,
    #[serde(rename = "r", with = "list", default, skip_serializing_if = "Vec::is_empty")]
    reverts: Vec<Timestamp>,
    #[serde(rename = "f", default, skip_serializing_if = "is_default")]
    attempts: u16,
    #[serde(rename = "l", default, skip_serializing_if = "is_default")]
    stale: u16,
    #[serde(rename = "t", with = "millis")]
    starts: Timestamp,
    #[serde(rename = "g", with = "maybe", default, skip_serializing_if = "Option::is_none")]
    gone: Option<Gone>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "PartObject")]
pub(super) struct PartObjectForm {
    #[serde(rename = "i", with = "text")]
    id: ProviderId,
    #[serde(rename = "e", with = "maybe", default, skip_serializing_if = "Option::is_none")]
    version: Option<Version>,
    #[serde(rename = "d", default, skip_serializing_if = "is_default")]
    deleting: bool,
    #[serde(rename = "x", default, skip_serializing_if = "is_default")]
    edited: bool,
    #[serde(rename = "r", with = "maybe", default, skip_serializing_if = "Option::is_none")]
    replaced: Option<Version>,
    #[serde(rename = "u", default, skip_serializing_if = "is_default")]
    succeeded: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Ack")]
pub(super) struct AckForm {
    #[serde(rename = "w", with = "text")]
    want: ContentHash,
    #[serde(rename = "c", with = "text")]
    content: ContentHash,
    #[serde(rename = "f", with = "maybe", default, skip_serializing_if = "Option::is_none")]
    fields: Option<AckFields>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "AckFields")]
pub(super) struct AckFieldsForm {
    #[serde(rename = "w", with = "text")]
    want: FieldHashes,
    #[serde(rename = "c", with = "text")]
    content: FieldHashes,
}

/// All of them one after the other, as base32hex; the last one was not always there.
impl Text for FieldHashes {
    const WHAT: &'static str = "hashes of fields";

    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Base32Hex(self.0.as_flattened()).fmt(f)
    }

    fn read(text: &str) -> Option<Self> {
        let bytes = from_base32hex(text)?;
        let (hashes, rest) = bytes.as_chunks();
        let mut all = Self([[0; 8]; 6]);
        if !rest.is_empty() || ![Field::ALL.len(), all.0.len()].contains(&hashes.len()) {
            return None;
        }
        all.0.iter_mut().zip(hashes).for_each(|(slot, hash)| *slot = *hash);
        Some(all)
    }

    fn put(&self, short: &mut Short) -> fmt::Result {
        short.base32hex(self.0.as_flattened())
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "PartStatus", rename_all = "kebab-case")]
pub(super) enum PartStatusForm {
    Settled,
    Due,
    ReadBack,
    Unsure,
    Parked(#[serde(with = "ParkReasonForm")] ParkReason),
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ParkReason", rename_all = "kebab-case")]
pub(super) enum ParkReasonForm {
    Refused,
    Forbidden,
    TooLarge,
    OverLimit(u32),
    Contended,
    Taken,
    Exhausted,
    ReadOnly,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ObjectRow")]
pub(super) struct ObjectForm {
    #[serde(rename = "e", with = "maybe", default, skip_serializing_if = "Option::is_none")]
    version: Option<Version>,
    #[serde(rename = "o", with = "OwnerForm")]
    owner: Owner,
    #[serde(rename = "g", default, skip_serializing_if = "is_default")]
    gone: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Owner", rename_all = "kebab-case")]
pub(super) enum OwnerForm {
    Presence(#[serde(with = "text")] EventId),
    Instance(#[serde(with = "text")] EventId, #[serde(with = "text")] When),
    Part(#[serde(with = "PartRefForm")] PartRef),
    Aside(#[serde(with = "maybe")] Option<EventId>),
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "PartRef")]
pub(super) struct PartRefForm {
    #[serde(rename = "e", with = "text")]
    event: EventId,
    #[serde(rename = "p", with = "text")]
    edge: EdgeId,
    #[serde(rename = "k", with = "text")]
    part: PartKey,
}
