//! What a TZID means in one object.

use std::collections::BTreeMap;

use kalends_recurrence::{Civil, Zone};

use super::embedded::{Embedded, offset_zone};
use super::{cdo, names};
use crate::syntax::{Component, Document};

/// The zones of one object, found as they are asked for.
#[derive(Debug)]
pub(crate) struct Zones<'d, 'a> {
    components: BTreeMap<String, &'d Component<'a>>,
    found: BTreeMap<String, Meaning>,
}

#[derive(Debug, Clone)]
enum Meaning {
    Named(Zone),
    Embedded(Embedded),
    Unknown,
}

impl<'d, 'a> Zones<'d, 'a> {
    pub(crate) fn new(document: &'d Document<'a>) -> Self {
        let mut components = BTreeMap::new();
        for component in document.zones() {
            if let Some(tzid) = component.property("TZID") {
                components.entry(tzid.text().trim().to_owned()).or_insert(component);
            }
        }
        Self { components, found: BTreeMap::new() }
    }

    /// The zone that a TZID means for a wall-clock time; the time matters only where the zone is
    /// known by its embedded rules alone. `None`: nothing says what it means.
    pub(crate) fn zone(&mut self, tzid: &str, civil: Civil) -> Option<Zone> {
        let tzid = tzid.trim();
        if !self.found.contains_key(tzid) {
            let meaning = meaning(tzid, self.components.get(tzid).copied());
            self.found.insert(tzid.to_owned(), meaning);
        }
        match self.found.get(tzid)? {
            Meaning::Named(zone) => Some(zone.clone()),
            Meaning::Embedded(embedded) => embedded.zone(civil),
            Meaning::Unknown => None,
        }
    }

    /// The zone that is always so many seconds east of UTC.
    pub(crate) fn offset(&self, seconds: i32) -> Option<Zone> {
        offset_zone(seconds)
    }

    /// The VTIMEZONE of a TZID, where the name alone is not enough.
    pub(crate) fn needed(&self, tzid: &str) -> Option<&'d Component<'a>> {
        let component = self.components.get(tzid.trim()).copied();
        component.filter(|_| Zone::parse(tzid.trim()).is_none())
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
