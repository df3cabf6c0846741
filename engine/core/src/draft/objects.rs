//! The index over provider objects, worked out from the rows it follows.

use std::collections::BTreeMap;

use crate::ids::{CalendarId, EventId, ProviderId};
use crate::mirror::{PartRef, PartStatus};
use crate::slice::{Bundle, ObjectRow, Owner};

/// Every provider object that a bundle names, with its version and owner.
pub(crate) fn objects_of(
    event: EventId,
    bundle: &Bundle,
) -> BTreeMap<(CalendarId, ProviderId), ObjectRow> {
    let mut objects = BTreeMap::new();
    for ((calendar, object), aside) in &bundle.strays {
        let row = ObjectRow {
            version: aside.version.clone(),
            owner: Owner::Aside(Some(event)),
            gone: false,
        };
        objects.insert((*calendar, object.clone()), row);
    }
    for (calendar, presence) in &bundle.presences {
        for instance in &presence.instances {
            let row = ObjectRow {
                version: instance.version.clone(),
                owner: Owner::Instance(event, instance.original.clone()),
                gone: instance.gone.is_some(),
            };
            objects.insert((*calendar, instance.object.clone()), row);
        }
        let row = ObjectRow {
            version: presence.version.clone(),
            owner: Owner::Presence(event),
            gone: presence.gone.is_some(),
        };
        objects.insert((*calendar, presence.object.clone()), row);
    }
    for (edge, mirror) in &bundle.mirrors {
        for (key, part) in &mirror.parts {
            let Some(object) = &part.object else { continue };
            // What was written and not read back yet counts as changed in any listing.
            let unread = part.status == PartStatus::ReadBack;
            let row = ObjectRow {
                version: object.version.clone().filter(|_| !unread),
                owner: Owner::Part(PartRef { event, edge: *edge, part: *key }),
                gone: part.gone.is_some(),
            };
            objects.insert((mirror.mirror.calendar, object.id.clone()), row);
        }
    }
    objects
}
