//! A calendar, its owner and the mailbox (`calendar`, `user`, `mailboxSettings`).

use serde::Deserialize;

use super::event::{AddressJson, PropertyJson};

/// `calendar`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct CalendarJson {
    pub(crate) id: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) can_edit: Option<bool>,
    pub(crate) is_default_calendar: Option<bool>,
    pub(crate) is_removable: Option<bool>,
    pub(crate) owner: Option<AddressJson>,
    pub(crate) single_value_extended_properties: Option<Vec<PropertyJson>>,
}

/// `user`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct UserJson {
    pub(crate) id: Option<String>,
    pub(crate) mail: Option<String>,
    pub(crate) user_principal_name: Option<String>,
}

/// `mailboxSettings`, of which the zone is read.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct SettingsJson {
    pub(crate) time_zone: Option<String>,
}
