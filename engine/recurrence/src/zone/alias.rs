//! Zone names as calendars write them.

use super::value::Zone;
use super::{database, fixed, windows};
use crate::{Date, Gap};

/// The continents and oceans of the IANA names that consist of such a prefix and a city.
const AREAS: [&str; 10] = [
    "Europe",
    "America",
    "Asia",
    "Africa",
    "Australia",
    "Pacific",
    "Atlantic",
    "Indian",
    "Antarctica",
    "Arctic",
];

/// Tries the meanings from the surest to the vaguest.
pub(super) fn resolve(text: &str) -> Option<Zone> {
    let name = text.trim().trim_matches(['"', '\'']).trim();
    if name.is_empty() {
        return None;
    }
    named(name)
        .or_else(|| suffix(name))
        .or_else(|| windows::windows(name).and_then(database::iana))
        .or_else(|| displayed(name))
        .or_else(|| fixed::found(name).and_then(database::fixed_zone))
}

fn named(name: &str) -> Option<Zone> {
    if name.eq_ignore_ascii_case("Z") || name.eq_ignore_ascii_case("tzone://Microsoft/Utc") {
        return Some(Zone::utc());
    }
    database::stored(name).or_else(|| database::iana(name)).or_else(|| {
        let underscored = name.replace(' ', "_");
        name.contains('/').then(|| database::iana(&underscored)).flatten()
    })
}

/// The longest tail after a slash that is an IANA name: `/mozilla.org/20070129_1/Europe/Berlin`.
fn suffix(name: &str) -> Option<Zone> {
    if name.starts_with("tzone://") {
        return None;
    }
    name.match_indices('/').find_map(|(slash, _)| database::iana(&name[slash + 1..]))
}

/// `(UTC+01:00) Amsterdam, Berlin`, `(GMT-05:00) Eastern Time (US & Canada)`, `(UTC) ...`.
fn displayed(name: &str) -> Option<Zone> {
    let (offset, shown) = match name.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
        Some((offset, shown)) => (Some(offset.trim()), shown.trim()),
        None => (None, name),
    };
    if let Some(zone) = windows::displayed(shown).or_else(|| windows::windows(shown)) {
        return database::iana(zone);
    }
    let offset = offset?;
    let seconds = if offset.len() == 3 { Some(0) } else { fixed::found(offset) };
    city(shown, seconds?).or_else(|| database::fixed_zone(seconds?))
}

/// The zone of the first city whose clock shows this offset in winter or summer.
fn city(shown: &str, seconds: i32) -> Option<Zone> {
    let solstices = [Date::new(2026, 1, 1)?, Date::new(2026, 7, 1)?];
    let fits = |zone: &Zone| {
        solstices.iter().any(|day| {
            let instant = zone.instant((*day).into(), Gap::Shift);
            zone.offset_seconds(instant) == seconds
        })
    };
    shown.split(',').map(|city| city.trim().replace(' ', "_")).find_map(|city| {
        let names = AREAS.iter().map(|area| format!("{area}/{city}"));
        names.filter_map(|name| database::iana(&name)).find(fits)
    })
}
