//! `patternedRecurrence`. Answers are full of filler: only the fields that belong to a type are
//! read, and only those are written.

use serde::{Deserialize, Serialize};

/// When a series takes place.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct RecurrenceJson {
    pub(crate) pattern: PatternJson,
    pub(crate) range: RangeJson,
}

impl RecurrenceJson {
    /// The same with another end. Made of our own, since what a server shows holds filler that it
    /// need not take back.
    pub(crate) fn shaken(mut self) -> Self {
        let range = &mut self.range;
        let count = range.number_of_occurrences.unwrap_or_default().max(1);
        range.number_of_occurrences = Some(if count < 999 { count + 1 } else { count - 1 });
        range.kind = Some("numbered".to_owned());
        range.end_date = None;
        self
    }
}

/// `recurrencePattern`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PatternJson {
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) interval: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) month: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) day_of_month: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) days_of_week: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) first_day_of_week: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) index: Option<String>,
}

/// `recurrenceRange`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct RangeJson {
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) start_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) end_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) number_of_occurrences: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) recurrence_time_zone: Option<String>,
}
