//! What calendars hold, for those who judge.

use serde_json::Value;

use super::calendar::Row;
use super::json::text;
use super::series::Key;
use super::sim::GoogleSim;

/// An event with all that was changed of its instances. Times are in UTC.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// `iCalUID`.
    pub uid: String,
    /// What was written of it.
    pub event: Value,
    /// The changed instances by the second of their original start; of days, its midnight in UTC.
    pub changed: Vec<(i64, Value)>,
    /// The original starts of cancelled instances.
    pub cancelled: Vec<i64>,
}

impl GoogleSim {
    /// Ids of the events of a calendar, instances left out.
    pub fn events(&self, calendar: &str) -> Vec<String> {
        let rows = self.state.calendars.get(calendar).into_iter().flat_map(|held| &held.rows);
        let live = rows.filter(|(_, row)| !row.cancelled && row.instance_of.is_none());
        live.map(|(id, _)| id.clone()).collect()
    }

    /// An event of a calendar.
    pub fn held(&self, calendar: &str, id: &str) -> Option<Held> {
        let held = self.state.calendars.get(calendar)?;
        let row = held.rows.get(id).filter(|row| !row.cancelled)?;
        let key = |row: &Row| row.instance_of.as_ref().map_or(Key::MIN, |(_, key)| *key);
        let (cancelled, changed): (Vec<Row>, Vec<Row>) =
            held.changed_instances(id).into_iter().partition(|row| row.cancelled);
        Some(Held {
            uid: row.uid.clone(),
            event: Value::Object(row.body.clone()),
            changed: changed.iter().map(|row| (key(row), row.body.clone().into())).collect(),
            cancelled: cancelled.iter().map(key).collect(),
        })
    }

    /// The series that an instance id belongs to.
    pub fn series_of(&self, calendar: &str, id: &str) -> Option<String> {
        let held = self.state.calendars.get(calendar)?;
        let stored = held.rows.get(id).and_then(|row| row.instance_of.clone());
        stored.or_else(|| held.place(id)).map(|(series, _)| series)
    }

    /// Events of a calendar that will beep: nothing was said of their reminders, or some were set.
    pub fn beeping(&self, calendar: &str) -> Vec<String> {
        let quiet = |row: &Row| {
            let reminders = row.body.get("reminders");
            let field = |name: &str| reminders.and_then(|held| held.get(name));
            let overrides = field("overrides").and_then(Value::as_array);
            field("useDefault") == Some(&Value::Bool(false)) && overrides.is_none_or(Vec::is_empty)
        };
        let rows = self.state.calendars.get(calendar).into_iter().flat_map(|held| &held.rows);
        let loud = rows.filter(|(_, row)| !row.cancelled && !quiet(row));
        let named = loud.filter(|(_, row)| text(&row.body, "eventType").is_none());
        named.map(|(id, _)| id.clone()).collect()
    }
}
