//! Zone names: Windows and IANA, from a table and a database of the simulator's own.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use jiff::tz::{TimeZone, TimeZoneDatabase};

/// What a zone that has no name is called (3.3).
pub(crate) const CUSTOM: &str = "tzone://Microsoft/Custom";
const UTC: [&str; 4] = ["utc", "tzone://microsoft/utc", "etc/utc", "coordinated universal time"];

/// IANA names that Graph documents beside all Windows names.
const DOCUMENTED: &[&str] = &[
    "Africa/Cairo",
    "Africa/Johannesburg",
    "Africa/Lagos",
    "Africa/Nairobi",
    "America/Anchorage",
    "America/Bogota",
    "America/Buenos_Aires",
    "America/Caracas",
    "America/Chicago",
    "America/Denver",
    "America/Halifax",
    "America/Los_Angeles",
    "America/New_York",
    "America/Phoenix",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Asia/Baghdad",
    "Asia/Calcutta",
    "Asia/Dubai",
    "Asia/Jerusalem",
    "Asia/Kabul",
    "Asia/Karachi",
    "Asia/Katmandu",
    "Asia/Shanghai",
    "Asia/Singapore",
    "Asia/Tehran",
    "Asia/Tokyo",
    "Atlantic/Azores",
    "Atlantic/Reykjavik",
    "Australia/Adelaide",
    "Australia/Brisbane",
    "Australia/Darwin",
    "Australia/Perth",
    "Australia/Sydney",
    "Europe/Berlin",
    "Europe/Istanbul",
    "Europe/Kiev",
    "Europe/London",
    "Europe/Moscow",
    "Europe/Paris",
    "Europe/Warsaw",
    "Pacific/Auckland",
    "Pacific/Honolulu",
];

/// The rules of a name in any case; `None` for a name that Graph does not take.
pub(crate) fn zone(name: &str) -> Option<TimeZone> {
    static DATABASE: OnceLock<TimeZoneDatabase> = OnceLock::new();
    let folded = name.to_ascii_lowercase();
    if UTC.contains(&folded.as_str()) {
        return Some(TimeZone::UTC);
    }
    let iana = table().windows.get(&folded).copied().unwrap_or(name);
    DATABASE.get_or_init(TimeZoneDatabase::bundled).get(iana).ok()
}

/// Whether a name stands in Graph's own lists: all Windows names, and some IANA names.
pub(crate) fn is_documented(name: &str) -> bool {
    let folded = name.to_ascii_lowercase();
    let known = DOCUMENTED.iter().any(|known| known.eq_ignore_ascii_case(name));
    UTC.contains(&folded.as_str()) || table().windows.contains_key(&folded) || known
}

/// The Windows name of a zone; the name itself where there is none.
pub(crate) fn windows_name(name: &str) -> String {
    let folded = name.to_ascii_lowercase();
    if UTC.contains(&folded.as_str()) {
        return "UTC".to_owned();
    }
    let found = table().iana.get(&folded).copied();
    found.map_or_else(|| name.to_owned(), str::to_owned)
}

/// All Windows names with the IANA name each stands for.
pub(crate) fn windows_names() -> impl Iterator<Item = (&'static str, &'static str)> {
    lines().map(|(windows, iana, _)| (windows, iana))
}

struct Table {
    /// Folded Windows name to IANA name.
    windows: BTreeMap<String, &'static str>,
    /// Folded IANA name to Windows name.
    iana: BTreeMap<String, &'static str>,
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = Table { windows: BTreeMap::new(), iana: BTreeMap::new() };
        for (windows, iana, others) in lines() {
            table.windows.insert(windows.to_ascii_lowercase(), iana);
            for name in std::iter::once(iana).chain(others.split(' ')) {
                table.iana.insert(name.to_ascii_lowercase(), windows);
            }
        }
        table
    })
}

fn lines() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    include_str!("data/windows_zones.txt").lines().filter(|line| !line.starts_with('#')).filter_map(
        |line| {
            let mut fields = line.split('\t');
            Some((fields.next()?, fields.next()?, fields.next().unwrap_or_default()))
        },
    )
}

#[cfg(test)]
mod tests {
    use super::{is_documented, windows_name, windows_names, zone};

    #[test]
    fn every_windows_name_has_rules_and_is_found_again() {
        for (windows, iana) in windows_names() {
            assert!(zone(windows).is_some(), "{windows}");
            assert!(is_documented(windows));
            // Two names may stand for one zone: then one of them is shown.
            let shown = windows_name(iana);
            assert_eq!(zone(&shown), zone(iana), "{windows} {iana} {shown}");
        }
    }

    #[test]
    fn names_are_taken_in_any_case_and_unknown_ones_are_not() {
        assert_eq!(zone("w. europe standard time"), zone("Europe/Berlin"));
        assert_eq!(windows_name("Europe/Vienna"), "W. Europe Standard Time");
        assert_eq!(windows_name("Etc/UTC"), "UTC");
        assert!(zone("Middle-earth Standard Time").is_none());
        assert!(!is_documented("Antarctica/Troll"));
    }
}
