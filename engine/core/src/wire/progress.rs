//! The forms of operational rows.

use serde::{Deserialize, Serialize};

use super::glue::{forms, is_default, list, maybe};
use super::text::{self, millis};
use crate::cursor::{ClockWord, Cursor, Failing, Health, Released, Run, Unlisted};
use crate::ids::{AccountId, CalendarId, ProviderId, RunId, ScopeId};
use crate::time::Timestamp;

forms! {
    Cursor => CursorForm;
    Failing => FailingForm;
    Health => HealthForm;
    Released => ReleasedForm;
    Unlisted => UnlistedForm;
    Run => RunForm;
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Cursor")]
pub(super) struct CursorForm {
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    committed: Option<String>,
    #[serde(rename = "g", default, skip_serializing_if = "Option::is_none")]
    tag: Option<String>,
    #[serde(rename = "s", with = "maybe", default, skip_serializing_if = "Option::is_none")]
    tag_since: Option<Timestamp>,
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    in_progress: Option<String>,
    #[serde(rename = "t", with = "maybe", default, skip_serializing_if = "Option::is_none")]
    read_at: Option<Timestamp>,
    #[serde(rename = "r", with = "maybe", default, skip_serializing_if = "Option::is_none")]
    read_in: Option<RunId>,
    #[serde(rename = "k", with = "maybe", default, skip_serializing_if = "Option::is_none")]
    compared_at: Option<Timestamp>,
    #[serde(rename = "f", with = "maybe", default, skip_serializing_if = "Option::is_none")]
    failing: Option<Failing>,
    #[serde(rename = "w", with = "list", default, skip_serializing_if = "Vec::is_empty")]
    written: Vec<ProviderId>,
    #[serde(rename = "a", default, skip_serializing_if = "is_default")]
    attempts: u16,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Failing")]
pub(super) struct FailingForm {
    #[serde(rename = "n")]
    times: u16,
    #[serde(rename = "c")]
    code: String,
    #[serde(rename = "t", with = "millis")]
    retry_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Health")]
pub(super) struct HealthForm {
    #[serde(rename = "f", with = "maybe", default, skip_serializing_if = "Option::is_none")]
    failing: Option<Failing>,
    #[serde(rename = "t", with = "maybe", default, skip_serializing_if = "Option::is_none")]
    throttled_until: Option<Timestamp>,
    #[serde(rename = "q", with = "maybe", default, skip_serializing_if = "Option::is_none")]
    read_only_until: Option<Timestamp>,
    #[serde(rename = "s", default, skip_serializing_if = "is_default")]
    needs_sign_in: bool,
    #[serde(rename = "k", default, skip_serializing_if = "is_default")]
    needs_consent: bool,
    #[serde(rename = "a", with = "maybe", default, skip_serializing_if = "Option::is_none")]
    seen_at: Option<Timestamp>,
    #[serde(rename = "u", default, skip_serializing_if = "is_default")]
    unread: bool,
    #[serde(rename = "l", with = "list", default, skip_serializing_if = "Vec::is_empty")]
    unlisted: Vec<Unlisted>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Unlisted")]
pub(super) struct UnlistedForm {
    #[serde(rename = "c", with = "text")]
    calendar: CalendarId,
    #[serde(rename = "r", with = "text")]
    run: RunId,
    #[serde(rename = "g", default, skip_serializing_if = "is_default")]
    gone: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Released")]
pub(super) struct ReleasedForm {
    #[serde(rename = "c", with = "text")]
    calendar: CalendarId,
    #[serde(rename = "n")]
    count: u32,
}

/// The id is in the key.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Run")]
pub(super) struct RunForm {
    #[serde(skip, default = "no_run")]
    id: RunId,
    #[serde(rename = "t", with = "millis")]
    started: Timestamp,
    #[serde(rename = "r", with = "list", default, skip_serializing_if = "Vec::is_empty")]
    read: Vec<ScopeId>,
    #[serde(rename = "s", with = "list", default, skip_serializing_if = "Vec::is_empty")]
    searched: Vec<AccountId>,
    #[serde(rename = "d", with = "list", default, skip_serializing_if = "Vec::is_empty")]
    released: Vec<Released>,
    #[serde(rename = "w", with = "ClockForm", default, skip_serializing_if = "is_default")]
    clock: ClockWord,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ClockWord", rename_all = "kebab-case")]
pub(super) enum ClockForm {
    None,
    WentOn,
    Jumped,
    Agrees,
    Differs,
}

const fn no_run() -> RunId {
    RunId::from_bytes([0; 16])
}
