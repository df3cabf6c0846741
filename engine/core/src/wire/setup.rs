//! The forms of the set-up: accounts, calendars, edges, policies, reviews.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::glue::{Own, Ref, forms, is_default, is_true, list, maybe, yes};
use super::text::{self, millis};
use crate::cursor::{Asked, Review, Verdict};
use crate::event::Kind;
use crate::graph::{
    Account, Calendar, CalendarKind, CalendarRole, Capabilities, DetailLevel, Edge, EdgeOptions,
    Filters, Lifecycle, OnConflict, OnDelete, OnEdit, OverlayState, PauseReason, Policy, ScopeKind,
    SeriesShape, Sweep, Window,
};
use crate::ids::{AccountId, CalendarId, EdgeId, EventId, ProviderId, RunId};
use crate::time::{Gap, Timestamp, Zone};

forms! {
    Account => AccountForm;
    Calendar => CalendarForm;
    Edge => EdgeForm;
    Policy => PolicyForm;
    Asked => AskedForm;
    Review => ReviewForm;
}

/// The id is in the key.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Account")]
pub(super) struct AccountForm {
    #[serde(skip, default = "no_account")]
    id: AccountId,
    #[serde(rename = "p")]
    provider: String,
    #[serde(rename = "n")]
    name: String,
    #[serde(rename = "u")]
    subject: String,
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    makes_calendars: Option<bool>,
    #[serde(rename = "s", with = "LifecycleForm")]
    state: Lifecycle,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Lifecycle", rename_all = "kebab-case")]
pub(super) enum LifecycleForm {
    Active,
    Paused(#[serde(with = "PauseReasonForm")] PauseReason),
    Retiring,
    Abandoned,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "PauseReason", rename_all = "kebab-case")]
pub(super) enum PauseReasonForm {
    OverlayDeleted,
    NoCalendar,
}

/// The id is in the key.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Calendar")]
pub(super) struct CalendarForm {
    #[serde(skip, default = "no_calendar")]
    id: CalendarId,
    #[serde(rename = "a", with = "text")]
    account: AccountId,
    #[serde(rename = "i", with = "maybe", default, skip_serializing_if = "Option::is_none")]
    provider_id: Option<ProviderId>,
    #[serde(rename = "n")]
    name: String,
    #[serde(rename = "k", with = "ScopeKindForm")]
    kind: ScopeKind,
    #[serde(rename = "on", default, skip_serializing_if = "is_default")]
    on: bool,
    #[serde(rename = "c", with = "CapabilitiesForm")]
    capabilities: Capabilities,
    #[serde(rename = "r", with = "RoleForm")]
    role: CalendarRole,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ScopeKind", rename_all = "kebab-case")]
pub(super) enum ScopeKindForm {
    Calendar,
    Mailbox,
    Records,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "CalendarRole", rename_all = "kebab-case")]
pub(super) enum RoleForm {
    Theirs,
    Subscribed,
    Overlay(#[serde(with = "OverlayForm")] OverlayState),
    Own,
    Lost,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "OverlayState", rename_all = "kebab-case")]
pub(super) enum OverlayForm {
    Wanted {
        #[serde(rename = "n", default, skip_serializing_if = "is_default")]
        remade: u8,
    },
    Made {
        #[serde(rename = "n", default, skip_serializing_if = "is_default")]
        remade: u8,
    },
    Retiring,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Capabilities")]
pub(super) struct CapabilitiesForm {
    #[serde(rename = "r", default = "yes", skip_serializing_if = "is_true")]
    read: bool,
    #[serde(rename = "w", default = "yes", skip_serializing_if = "is_true")]
    write: bool,
    #[serde(rename = "s", with = "SeriesForm", default, skip_serializing_if = "is_default")]
    series: SeriesShape,
    #[serde(rename = "m", default = "yes", skip_serializing_if = "is_true")]
    marks: bool,
    #[serde(rename = "f", default = "yes", skip_serializing_if = "is_true")]
    floating: bool,
    #[serde(rename = "g", with = "GapForm", default, skip_serializing_if = "is_default")]
    gap: Gap,
    #[serde(rename = "z", with = "text")]
    zone: Zone,
    #[serde(rename = "a", default, skip_serializing_if = "is_default")]
    absence_twice: bool,
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    title_chars_max: Option<u32>,
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    description_chars_max: Option<u32>,
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    object_octets_max: Option<u32>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "SeriesShape", rename_all = "kebab-case")]
pub(super) enum SeriesForm {
    Whole,
    Parts,
    Patterns,
    Singles,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Gap", rename_all = "kebab-case")]
pub(super) enum GapForm {
    Shift,
    Skip,
}

/// The id is in the key.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Edge")]
pub(super) struct EdgeForm {
    #[serde(skip, default = "no_edge")]
    id: EdgeId,
    #[serde(rename = "f", with = "text")]
    from: CalendarId,
    #[serde(rename = "t", with = "text")]
    to: CalendarId,
    #[serde(rename = "o", with = "OptionsForm")]
    options: EdgeOptions,
    #[serde(rename = "s", with = "LifecycleForm")]
    state: Lifecycle,
    #[serde(rename = "p", with = "maybe", default, skip_serializing_if = "Option::is_none")]
    pair: Option<EdgeId>,
}

/// A sweep is an enum, and every form is an object with room for the version.
#[derive(Serialize, Deserialize)]
struct SweepRowForm {
    #[serde(rename = "w", with = "SweepForm")]
    sweep: Sweep,
}

impl Serialize for Ref<'_, Sweep> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        SweepRowForm { sweep: *self.0 }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Own<Sweep> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        SweepRowForm::deserialize(deserializer).map(|form| Self(form.sweep))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Sweep", rename_all = "kebab-case")]
pub(super) enum SweepForm {
    Done(#[serde(with = "millis")] Timestamp),
    After(#[serde(with = "maybe")] Option<EventId>),
    Changed(#[serde(with = "maybe")] Option<EventId>),
    Waiting,
    Weighing {
        #[serde(rename = "a", with = "maybe")]
        after: Option<EventId>,
        #[serde(rename = "n")]
        lost: u32,
        #[serde(rename = "t")]
        of: u32,
    },
    Held,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "EdgeOptions")]
pub(super) struct OptionsForm {
    #[serde(rename = "l", with = "LevelForm")]
    level: DetailLevel,
    #[serde(rename = "k", with = "CalendarKindForm")]
    kind: CalendarKind,
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(rename = "f", with = "FiltersForm", default, skip_serializing_if = "is_default")]
    filters: Filters,
    #[serde(rename = "w", with = "WindowForm")]
    window: Window,
    #[serde(rename = "g", default, skip_serializing_if = "is_default")]
    private_grant: bool,
    #[serde(rename = "n", default, skip_serializing_if = "is_default")]
    may_notify: bool,
    #[serde(rename = "p", default, skip_serializing_if = "is_default")]
    people: bool,
    #[serde(rename = "m", default, skip_serializing_if = "is_default")]
    meeting: bool,
    #[serde(rename = "oe", with = "OnEditForm", default, skip_serializing_if = "is_default")]
    on_edit: OnEdit,
    #[serde(rename = "od", with = "OnDeleteForm", default, skip_serializing_if = "is_default")]
    on_delete: OnDelete,
    #[serde(rename = "oc", with = "OnConflictForm", default, skip_serializing_if = "is_default")]
    on_conflict: OnConflict,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "DetailLevel", rename_all = "kebab-case")]
pub(super) enum LevelForm {
    Busy,
    Title,
    Full,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "CalendarKind", rename_all = "kebab-case")]
pub(super) enum CalendarKindForm {
    BusyOverlay,
    TrueMirror,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "OnEdit", rename_all = "kebab-case")]
pub(super) enum OnEditForm {
    Revert,
    Propagate,
    Detach,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "OnDelete", rename_all = "kebab-case")]
pub(super) enum OnDeleteForm {
    Restore,
    Propagate,
    Detach,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "OnConflict", rename_all = "kebab-case")]
pub(super) enum OnConflictForm {
    LastSeen,
    Origin,
    Mirror,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Filters")]
pub(super) struct FiltersForm {
    #[serde(rename = "ad", default, skip_serializing_if = "is_default")]
    skip_all_day: bool,
    #[serde(rename = "fr", default, skip_serializing_if = "is_default")]
    with_free: bool,
    #[serde(rename = "de", default, skip_serializing_if = "is_default")]
    with_declined: bool,
    #[serde(rename = "te", default, skip_serializing_if = "is_default")]
    skip_tentative: bool,
    #[serde(rename = "ki", with = "list", default, skip_serializing_if = "Vec::is_empty")]
    with_kinds: Vec<Kind>,
    #[serde(rename = "c+", default, skip_serializing_if = "Vec::is_empty")]
    only_categories: Vec<String>,
    #[serde(rename = "c-", default, skip_serializing_if = "Vec::is_empty")]
    skip_categories: Vec<String>,
    #[serde(rename = "k+", default, skip_serializing_if = "Vec::is_empty")]
    only_keywords: Vec<String>,
    #[serde(rename = "k-", default, skip_serializing_if = "Vec::is_empty")]
    skip_keywords: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Window")]
pub(super) struct WindowForm {
    #[serde(rename = "p")]
    past_days: u16,
    #[serde(rename = "f")]
    future_days: u16,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Policy")]
pub(super) struct PolicyForm {
    #[serde(rename = "l", with = "LevelForm")]
    level_max: DetailLevel,
    #[serde(rename = "g", default, skip_serializing_if = "is_default")]
    private_grants: bool,
    #[serde(rename = "p", default, skip_serializing_if = "is_default")]
    people: bool,
    #[serde(rename = "m", default, skip_serializing_if = "is_default")]
    meeting: bool,
}

/// The calendar is in the key.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Review")]
pub(super) struct ReviewForm {
    #[serde(skip, default = "no_calendar")]
    calendar: CalendarId,
    #[serde(rename = "r", with = "text")]
    run: RunId,
    #[serde(rename = "n")]
    count: u32,
    #[serde(rename = "t")]
    total: u32,
    #[serde(rename = "s", with = "VerdictForm")]
    verdict: Verdict,
    #[serde(rename = "u", with = "maybe", default, skip_serializing_if = "Option::is_none")]
    unseen: Option<Asked>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Asked")]
pub(super) struct AskedForm {
    #[serde(rename = "n")]
    count: u32,
    #[serde(rename = "t")]
    total: u32,
    #[serde(rename = "s", with = "VerdictForm")]
    verdict: Verdict,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Verdict", rename_all = "kebab-case")]
pub(super) enum VerdictForm {
    Waiting,
    Approved,
    Rejected,
}

const fn no_account() -> AccountId {
    AccountId::from_bytes([0; 16])
}

const fn no_calendar() -> CalendarId {
    CalendarId::from_bytes([0; 16])
}

const fn no_edge() -> EdgeId {
    EdgeId::from_bytes([0; 16])
}
