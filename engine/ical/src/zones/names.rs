//! The TZID that a zone is written under.

use std::collections::BTreeMap;

use kalends_recurrence::Zone;

const POSIX: &str = "posix:";
const RULES: &str = "rules:";
const OURS: &str = "Kalends ";
const OUR_RULES: &str = "Kalends rules ";

/// A name that needs no quotes and no escapes, from which the zone can be found again: an IANA name
/// as it is, a fixed offset as `GMT+0530`, rules as `Kalends STD-1DST M3.5.0 M10.5.0@3`, and changes of
/// other kinds behind `Kalends rules`.
pub(super) fn tzid(zone: &Zone) -> String {
    let name = zone.name();
    if let Some(rules) = name.strip_prefix(POSIX) {
        return format!("{OURS}{}", rules.replace(',', " ").replace('/', "@").replace(':', "_"));
    }
    if let Some(changes) = name.strip_prefix(RULES) {
        return format!("{OUR_RULES}{changes}");
    }
    if name.starts_with(['+', '-']) {
        return format!("GMT{}", name.replace(':', ""));
    }
    name.to_owned()
}

/// The names that an object already has for its zones; other zones go by [`tzid`].
#[derive(Debug, Default)]
pub(crate) struct Names(BTreeMap<Zone, String>);

impl Names {
    /// Keeps the first name that is told of a zone.
    pub(crate) fn learn(&mut self, zone: Zone, tzid: &str) {
        self.0.entry(zone).or_insert_with(|| tzid.to_owned());
    }

    pub(crate) fn knows(&self, zone: &Zone) -> bool {
        self.0.contains_key(zone)
    }

    pub(crate) fn of(&self, zone: &Zone) -> String {
        self.0.get(zone).cloned().unwrap_or_else(|| tzid(zone))
    }
}

/// The zone of rules that [`tzid`] wrote.
pub(super) fn ours(tzid: &str) -> Option<Zone> {
    if let Some(changes) = tzid.strip_prefix(OUR_RULES) {
        return Zone::parse(&format!("{RULES}{changes}"));
    }
    let rules = tzid.strip_prefix(OURS)?;
    let rules = rules.replace(' ', ",").replace('@', "/").replace('_', ":");
    Zone::parse(&format!("{POSIX}{rules}"))
}

#[cfg(test)]
mod tests {
    use super::{ours, tzid};
    use kalends_recurrence::Zone;

    #[test]
    fn every_kind_of_zone_is_found_again_by_the_name_it_is_written_under() {
        let changes = "rules:20230428T000000+0200+0300.BYDAY=-1FR.BYMONTH=4.FREQ=YEARLY\
                       |20231027T000000+0300+0200";
        let posix = "posix:STD-1DST,M3.5.0,M10.5.0/2:30";
        for name in ["Europe/Berlin", "+05:30", "-00:30", posix, changes] {
            let zone = Zone::parse(name).expect(name);
            let written = tzid(&zone);
            assert!(!written.contains([':', ';', ',', '"', '\\']), "{written}");
            assert_eq!(ours(&written).or_else(|| Zone::resolve(&written)), Some(zone), "{written}");
        }
    }
}
