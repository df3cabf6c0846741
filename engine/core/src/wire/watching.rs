//! The form of what is known of watches.

use serde::{Deserialize, Serialize};

use super::glue::{forms, is_default, list, maybe};
use super::text::{self, millis};
use crate::cursor::Failing;
use crate::ids::WatchId;
use crate::time::Timestamp;
use crate::watch::{Channel, Missed, Stage, Watch};

forms! {
    Watch => WatchForm;
    Channel => ChannelForm;
    Missed => MissedForm;
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Watch")]
pub(super) struct WatchForm {
    #[serde(rename = "c", with = "list", default, skip_serializing_if = "Vec::is_empty")]
    channels: Vec<Channel>,
    #[serde(rename = "f", with = "maybe", default, skip_serializing_if = "Option::is_none")]
    failing: Option<Failing>,
    #[serde(rename = "r", default, skip_serializing_if = "is_default")]
    refused: bool,
    #[serde(rename = "h", with = "maybe", default, skip_serializing_if = "Option::is_none")]
    heard_at: Option<Timestamp>,
    #[serde(rename = "m", with = "maybe", default, skip_serializing_if = "Option::is_none")]
    missed: Option<Missed>,
    #[serde(rename = "l", with = "maybe", default, skip_serializing_if = "Option::is_none")]
    listened_until: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Channel")]
pub(super) struct ChannelForm {
    #[serde(rename = "n", with = "text")]
    name: WatchId,
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    resource: Option<String>,
    #[serde(rename = "a")]
    address: String,
    #[serde(rename = "s", with = "StageForm")]
    stage: Stage,
    #[serde(rename = "t", with = "millis")]
    since: Timestamp,
    #[serde(rename = "e", with = "millis")]
    expires: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Stage", rename_all = "kebab-case")]
pub(super) enum StageForm {
    Opening,
    Open,
    Doubted,
    Closing,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Missed")]
pub(super) struct MissedForm {
    #[serde(rename = "n")]
    times: u16,
    #[serde(rename = "t", with = "millis")]
    since: Timestamp,
}
