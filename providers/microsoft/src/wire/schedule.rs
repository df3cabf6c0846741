//! `scheduleInformation`: when somebody's time is taken.

use serde::Deserialize;

use super::event::TimeJson;

/// The answer to `getSchedule`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct SchedulesJson {
    pub(crate) value: Vec<ScheduleJson>,
}

/// `scheduleInformation`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ScheduleJson {
    pub(crate) schedule_id: Option<String>,
    pub(crate) availability_view: Option<String>,
    pub(crate) schedule_items: Option<Vec<ScheduleItemJson>>,
    pub(crate) working_hours: Option<HoursJson>,
    pub(crate) error: Option<ScheduleErrorJson>,
}

/// `scheduleItem`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ScheduleItemJson {
    pub(crate) status: Option<String>,
    pub(crate) start: Option<TimeJson>,
    pub(crate) end: Option<TimeJson>,
}

/// `freeBusyError`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ScheduleErrorJson {
    pub(crate) response_code: Option<String>,
}

/// `workingHours`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct HoursJson {
    pub(crate) days_of_week: Option<Vec<String>>,
    pub(crate) start_time: Option<String>,
    pub(crate) end_time: Option<String>,
    pub(crate) time_zone: Option<HoursZoneJson>,
}

/// `timeZoneBase`, or a zone that the person made.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct HoursZoneJson {
    pub(crate) name: Option<String>,
    /// Minutes to add to local time for UTC.
    pub(crate) bias: Option<i64>,
}
