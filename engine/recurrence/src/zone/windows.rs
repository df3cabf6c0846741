//! The checked-in tables of zone names, read once.

use std::collections::BTreeMap;
use std::sync::OnceLock;

type Names = BTreeMap<String, &'static str>;

/// The canonical IANA name of an alias in any case; `None` if it is none.
pub(super) fn canonical(name: &str) -> Option<&'static str> {
    static LINKS: OnceLock<Names> = OnceLock::new();
    let links = LINKS.get_or_init(|| read(include_str!("../../data/iana_links.txt"), ' '));
    links.get(&folded(name)).copied()
}

/// The IANA zone of a Windows name in any case, also where it says Daylight for Standard.
pub(super) fn windows(name: &str) -> Option<&'static str> {
    static WINDOWS: OnceLock<Names> = OnceLock::new();
    let names = WINDOWS.get_or_init(|| read(include_str!("../../data/windows_zones.txt"), '\t'));
    let name = folded(name).replace(" daylight time", " standard time");
    names.get(&name).copied()
}

/// Every Windows name with the IANA zone that it stands for, in the order of the table.
pub(super) fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    pairs(include_str!("../../data/windows_zones.txt"), '\t')
}

/// The IANA zone of what Windows shows after the offset.
pub(super) fn displayed(name: &str) -> Option<&'static str> {
    static DISPLAYED: OnceLock<Names> = OnceLock::new();
    let names = DISPLAYED.get_or_init(|| read(include_str!("../../data/display_names.txt"), '\t'));
    names.get(&folded(name)).and_then(|windows_name| windows(windows_name))
}

fn read(table: &'static str, separator: char) -> Names {
    pairs(table, separator).map(|(name, meaning)| (folded(name), meaning)).collect()
}

fn pairs(
    table: &'static str,
    separator: char,
) -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = table.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(move |line| line.split_once(separator))
}

fn folded(name: &str) -> String {
    name.trim().to_ascii_lowercase()
}
