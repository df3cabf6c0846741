//! Instances of series: their ids, which clients must not read anything into, and their rows.

use std::ops::Range;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::calendar::{Calendar, Row};
use super::digest;
use super::profile::InstanceIds;
use super::series::{Key, Occurrence, Pattern, key_of};
use super::time::{self, Moment};

/// How instance ids are made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Naming {
    pub(crate) seed: u64,
    pub(crate) ids: InstanceIds,
}

impl Naming {
    /// The id of the instance of an original start.
    pub(crate) fn id(self, master: &str, key: Key, dated: bool) -> String {
        let opaque = match self.ids {
            InstanceIds::Mixed => !digest::even(self.seed, &["ids", master]),
            InstanceIds::Opaque => true,
            InstanceIds::Dated => false,
        };
        let at = Timestamp::from_second(key).unwrap_or(Timestamp::MIN);
        match (opaque, dated) {
            (true, _) => digest::opaque_id(self.seed, &["instance", master, &key.to_string()]),
            (false, true) => format!("{master}_{}", at.strftime("%Y%m%d")),
            (false, false) => format!("{master}_{}", at.strftime("%Y%m%dT%H%M%SZ")),
        }
    }
}

impl Calendar {
    /// The row of one instance: what was changed, else what the series gives.
    pub(crate) fn instance(&mut self, master: &Row, found: &Occurrence, naming: Naming) -> Row {
        if let Some(row) = self.exception(&master.id, found.key) {
            return row.clone();
        }
        let id = naming.id(&master.id, found.key, found.start.is_day());
        self.issued.insert(id.clone(), (master.id.clone(), found.key));
        let mut row = master.clone();
        row.id = id;
        row.previous = None;
        row.instance_of = Some((master.id.clone(), found.key));
        row.body.remove("recurrence");
        row.body.insert("start".to_owned(), found.start.stored());
        row.body.insert("end".to_owned(), found.end.stored());
        row
    }

    /// All instances of a series in a range of seconds, cancelled ones too; those that were moved
    /// count where they were moved to.
    pub(crate) fn instances(
        &mut self,
        master: &Row,
        range: Range<i64>,
        naming: Naming,
    ) -> Vec<Row> {
        let Ok(Some(pattern)) = Pattern::read(&master.body) else {
            return Vec::new();
        };
        let mut out = Vec::new();
        for found in pattern.within(range.clone()) {
            if self.exception(&master.id, found.key).is_none() {
                out.push(self.instance(master, &found, naming));
            }
        }
        for (_, id) in self.exceptions_of(&master.id) {
            let Some(row) = self.rows.get(&id) else {
                continue;
            };
            if span(row, &TimeZone::UTC).is_none_or(|(start, end)| {
                start.as_second() < range.end && end.as_second() >= range.start
            }) {
                out.push(row.clone());
            }
        }
        out
    }

    /// The row that an id names: an event, a changed instance, or an instance as its series has it.
    pub(crate) fn row(&mut self, id: &str, naming: Naming) -> Option<Row> {
        let stored = self.rows.get(id).cloned();
        // What a series lost, it may have again by another rule.
        let lost = |row: &Row| row.bare && row.instance_of.is_some();
        if stored.as_ref().is_some_and(|row| !lost(row)) {
            return stored;
        }
        self.given(id, naming).or(stored)
    }

    /// The instance of an id as its series gives it.
    fn given(&mut self, id: &str, naming: Naming) -> Option<Row> {
        let (master, key) = self.place(id)?;
        let live = |row: &&Row| row.is_master() && !row.cancelled;
        let master = self.rows.get(&master).filter(live)?.clone();
        let found = Pattern::read(&master.body).ok()??.at(key)?;
        let row = self.instance(&master, &found, naming);
        (row.id == id).then_some(row)
    }

    /// Series and original start of an instance id.
    pub(crate) fn place(&self, id: &str) -> Option<(String, Key)> {
        if let Some(known) = self.issued.get(id) {
            return Some(known.clone());
        }
        let (master, suffix) = id.rsplit_once('_')?;
        let date = suffix.get(..8)?.parse::<jiff::civil::Date>().ok()?;
        let key = match suffix.len() {
            8 => key_of(&Moment::Day(date)),
            _ => time::instant(suffix)?.as_second(),
        };
        Some((master.to_owned(), key))
    }
}

/// From when to when a row lasts; `None` where nothing is known of it.
pub(crate) fn span(row: &Row, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
    let start = Moment::read(row.body.get("start"), "start").ok()?;
    let end = Moment::read(row.body.get("end"), "end").ok()?;
    Some((start.instant(zone), end.instant(zone)))
}
