//! Subscriptions and what they send (`subscription`, `changeNotification`).

use serde::Deserialize;
use serde_json::Value;

/// `subscription`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct SubscriptionJson {
    pub(crate) id: Option<String>,
    pub(crate) expiration_date_time: Option<String>,
}

/// `changeNotificationCollection`: of several subscriptions, and of several tenants.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct NotificationsJson {
    pub(crate) value: Vec<Value>,
}

/// `changeNotification`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct NotificationJson {
    pub(crate) subscription_id: Option<String>,
    pub(crate) client_state: Option<String>,
    pub(crate) lifecycle_event: Option<String>,
}
