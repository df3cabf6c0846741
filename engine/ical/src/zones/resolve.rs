//! What a TZID means in one object.

use std::collections::BTreeMap;
use std::ops::Range;

use kalends_recurrence::{Civil, Zone};

use super::embedded::{Embedded, offset_zone};
use super::{cdo, names};
use crate::syntax::{Component, Document};

/// The zones of one object or feed; those without a VTIMEZONE are found as they are asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Zones {
    known: BTreeMap<String, Known>,
}

#[derive(Debug, Clone)]
struct Known {
    /// Where its VTIMEZONE stands, if there is one.
    span: Option<Range<usize>>,
    meaning: Meaning,
}

#[derive(Debug, Clone)]
enum Meaning {
    Named(Zone),
    Embedded(Embedded),
    Unknown,
}

impl Zones {
    pub(crate) fn new(document: &Document<'_>) -> Self {
        let mut zones = Self::default();
        document.zones().for_each(|component| zones.add(component));
        zones
    }

    /// Takes in what a VTIMEZONE says. Of two under one TZID the first holds.
    pub(crate) fn add(&mut self, component: &Component<'_>) {
        if let Some(tzid) = component.property("TZID") {
            let tzid = tzid.text().trim().to_owned();
            self.known.entry(tzid).or_insert_with_key(|tzid| Known {
                span: Some(component.span.clone()),
                meaning: meaning(tzid, Some(component)),
            });
        }
    }

    /// The zone that a TZID means for a wall-clock time; the time matters only where the zone is
    /// known by its embedded rules alone. `None`: nothing says what it means.
    pub(crate) fn zone(&mut self, tzid: &str, civil: Civil) -> Option<Zone> {
        let tzid = tzid.trim();
        if !self.known.contains_key(tzid) {
            let known = Known { span: None, meaning: meaning(tzid, None) };
            self.known.insert(tzid.to_owned(), known);
        }
        match &mut self.known.get_mut(tzid)?.meaning {
            Meaning::Named(zone) => Some(zone.clone()),
            Meaning::Embedded(embedded) => embedded.zone(civil),
            Meaning::Unknown => None,
        }
    }

    /// The zone that is always so many seconds east of UTC.
    pub(crate) fn offset(&self, seconds: i32) -> Option<Zone> {
        offset_zone(seconds)
    }

    /// Where the VTIMEZONE of a TZID stands, where the name alone is not enough.
    pub(crate) fn needed(&self, tzid: &str) -> Option<&Range<usize>> {
        let span = self.known.get(tzid.trim())?.span.as_ref();
        span.filter(|_| Zone::parse(tzid.trim()).is_none())
    }
}

/// Tries the sources from the surest to the vaguest. A VTIMEZONE may be out of date, so a known name
/// comes before its rules; but its rules say more than a bare offset in a name.
fn meaning(tzid: &str, component: Option<&Component<'_>>) -> Meaning {
    let said = |name: &str| component.and_then(|component| component.property(name));
    let located = || said("X-LIC-LOCATION").and_then(|place| Zone::resolve(&place.text()));
    let numbered = || {
        let number = said("X-MICROSOFT-CDO-TZID")?.text();
        cdo::by_number(&number).and_then(Zone::parse)
    };
    let named = Zone::parse(tzid)
        .or_else(|| names::ours(tzid))
        .or_else(located)
        .or_else(|| Zone::resolve(tzid));
    let offset_only = named.as_ref().is_some_and(|zone| zone.name().starts_with(['+', '-']));
    if let Some(zone) = named.clone().filter(|_| !offset_only).or_else(numbered) {
        return Meaning::Named(zone);
    }
    match (component.and_then(Embedded::read), named) {
        (Some(embedded), _) => Meaning::Embedded(embedded),
        (None, Some(zone)) => Meaning::Named(zone),
        (None, None) => Meaning::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use kalends_recurrence::{Civil, Date};

    use super::{Meaning, Zones};
    use crate::syntax::Document;

    #[test]
    fn what_is_no_zone_is_followed_once_however_many_times_name_it() {
        let text = "BEGIN:VCALENDAR\r\nBEGIN:VTIMEZONE\r\nTZID:Ours\r\nBEGIN:STANDARD\r\n\
            DTSTART:20200101T000000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n\
            RRULE:FREQ=DAILY\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\nEND:VCALENDAR\r\n";
        let document = Document::parse(text.as_bytes());
        let mut zones = Zones::new(&document);
        let start = Civil::from("2026-01-10".parse::<Date>().expect("a date"));
        for day in 0..500 {
            assert!(zones.zone("Ours", start.add_seconds(day * 86_400)).is_some());
        }
        let followed = match zones.known.get("Ours").map(|known| &known.meaning) {
            Some(Meaning::Embedded(embedded)) => embedded.followed(),
            Some(Meaning::Named(_) | Meaning::Unknown) | None => 0,
        };
        assert_eq!(followed, 1);
    }
}
