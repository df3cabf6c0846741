//! The Windows name of a zone, by what its clock shows.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::database;
use super::value::Zone;
use super::windows;
use crate::{Date, Gap, Timestamp};

/// The years in which two zones must agree to be one to Outlook; before and after them it knows
/// each by one rule only.
const YEARS: (i32, i32) = (2024, 2038);

/// The offsets of a zone in those years.
type Clock = (i32, Vec<(Timestamp, i32)>);

/// The Windows name whose clock shows the same; of several, the one whose own zone it is, else the
/// last of the alphabet: names that are no longer used stand before those that took their place.
pub(super) fn name(zone: &Zone) -> Option<&'static str> {
    static OWN: OnceLock<BTreeMap<String, &'static str>> = OnceLock::new();
    static CLOCKS: OnceLock<BTreeMap<Clock, &'static str>> = OnceLock::new();
    let own = OWN.get_or_init(|| last_of_each(|zone| zone.name().to_owned()));
    if let Some(name) = own.get(zone.name()) {
        return Some(name);
    }
    let clocks = CLOCKS.get_or_init(|| last_of_each(clock));
    clocks.get(&clock(zone)).copied()
}

fn last_of_each<K: Ord>(key: impl Fn(&Zone) -> K) -> BTreeMap<K, &'static str> {
    let mut names = BTreeMap::new();
    for (name, iana) in windows::all() {
        if let Some(zone) = database::iana(iana) {
            names.insert(key(&zone), name);
        }
    }
    names
}

fn clock(zone: &Zone) -> Clock {
    let new_year = |year| {
        let day = Date::new(year, 1, 1).unwrap_or_default();
        Zone::utc().instant(day.into(), Gap::Shift)
    };
    let (from, to) = (new_year(YEARS.0), new_year(YEARS.1));
    (zone.offset_seconds(from), zone.transitions(from, to))
}
