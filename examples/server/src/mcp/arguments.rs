//! What tools are given.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::commands::event_body::EventBody;
use crate::serve::ToolEdgeBody;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// What takes place between two times.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListEvents {
    /// From this time: RFC 3339, or a day, which is its midnight in UTC.
    pub(super) from: String,
    /// To this time, which is not in it.
    pub(super) to: String,
    /// At most so many, from 1 to 500; 100 where it is not named.
    pub(super) limit: Option<u32>,
    /// The `next` of the page before.
    pub(super) after: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OneEvent {
    /// The event's id: evt_...
    pub(super) event: String,
    /// The calendar that holds it, by its id or ACCOUNT/CALENDAR.
    pub(super) calendar: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateEvent {
    /// What it says.
    pub(super) event: EventBody,
    /// True: do it. Without it the answer says what would be done.
    #[serde(default)]
    pub(super) confirm: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UpdateEvent {
    /// The event's id: evt_...
    pub(super) event: String,
    /// What it is to say; what is not named stays.
    pub(super) change: EventBody,
    /// The calendar that holds it, where several do.
    pub(super) calendar: Option<String>,
    /// Change it only if this is still its etag.
    pub(super) etag: Option<String>,
    /// True: do it. Without it the answer says what would be done.
    #[serde(default)]
    pub(super) confirm: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DeleteEvent {
    /// The event's id: evt_...
    pub(super) event: String,
    /// The calendar that holds it, where several do.
    pub(super) calendar: Option<String>,
    /// Delete it only if this is still its etag.
    pub(super) etag: Option<String>,
    /// True: do it. Without it the answer says what would be done.
    #[serde(default)]
    pub(super) confirm: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GetAvailability {
    /// From this time on: a day, a local time of the home zone, or RFC 3339; today by default.
    pub(super) from: Option<String>,
    /// To this time; a week later by default.
    pub(super) to: Option<String>,
    /// The zone of local times; the home zone by default.
    pub(super) zone: Option<String>,
    /// Who asks: what is waived for them does not count.
    pub(super) caller: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OneEdge {
    /// The edge's id: pol_...
    pub(super) edge: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetEdge {
    /// The id of an edge to change; none: a new one.
    pub(super) edge: Option<String>,
    /// Of a new edge: the calendar that events come from, by its id or ACCOUNT/CALENDAR.
    pub(super) from: Option<String>,
    /// Of a new edge: the calendar that mirrors go to; an account's name alone means its overlay.
    pub(super) to: Option<String>,
    /// What it does; what is not named stays.
    #[serde(default)]
    pub(super) options: ToolEdgeBody,
    /// True: do it. Without it the answer says what would be done.
    #[serde(default)]
    pub(super) confirm: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Undo {
    /// The run's id: run_...
    pub(super) run: String,
    /// True: do it. Without it the answer says what the run changed.
    #[serde(default)]
    pub(super) confirm: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ProposeTimes {
    /// How long: 45m, 1h30m.
    pub(super) length: String,
    /// From this time on: a day, a local time of the home zone, or RFC 3339; now by default.
    pub(super) from: Option<String>,
    /// To this time; a week later by default.
    pub(super) to: Option<String>,
    /// Who else must be there, by address: they are not told of it.
    #[serde(default)]
    pub(super) with: Vec<String>,
    /// At most so many proposals, from 1 to 50; 5 where it is not named.
    pub(super) count: Option<u8>,
}
