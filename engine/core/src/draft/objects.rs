//! The index over provider objects, worked out from the rows it follows.

use std::collections::BTreeMap;

use crate::ids::{CalendarId, EventId, ProviderId, Version};
use crate::mirror::{PartRef, PartStatus};
use crate::slice::{Bundle, ObjectRow, Owner};

/// What the index says of an object.
#[derive(PartialEq)]
pub(super) struct Named<'a> {
    version: Option<&'a Version>,
    owner: Owner,
    gone: bool,
}

impl Named<'_> {
    pub(super) fn row(self) -> ObjectRow {
        ObjectRow { version: self.version.cloned(), owner: self.owner, gone: self.gone }
    }
}

/// Whether the index said just this before.
pub(super) fn named_as(before: Option<&Named<'_>>, row: Option<&ObjectRow>) -> bool {
    match (before, row) {
        (Some(Named { version, owner, gone }), Some(row)) => {
            *version == row.version.as_ref() && *owner == row.owner && *gone == row.gone
        }
        (before, row) => before.is_none() && row.is_none(),
    }
}

/// Every provider object that a bundle names, with its version and owner.
pub(super) fn objects_of(
    event: EventId,
    bundle: &Bundle,
) -> BTreeMap<(CalendarId, &ProviderId), Named<'_>> {
    let mut objects = BTreeMap::new();
    for ((calendar, object), aside) in &bundle.strays {
        let owner = Owner::Aside(Some(event));
        let named = Named { version: aside.version.as_ref(), owner, gone: false };
        objects.insert((*calendar, object), named);
    }
    for (calendar, presence) in &bundle.presences {
        for instance in &presence.instances {
            let named = Named {
                version: instance.version.as_ref(),
                owner: Owner::Instance(event, instance.original.clone()),
                gone: instance.gone.is_some(),
            };
            objects.insert((*calendar, &instance.object), named);
        }
        let named = Named {
            version: presence.version.as_ref(),
            owner: Owner::Presence(event),
            gone: presence.gone.is_some(),
        };
        objects.insert((*calendar, &presence.object), named);
    }
    for (edge, mirror) in &bundle.mirrors {
        for (key, part) in &mirror.parts {
            let Some(object) = &part.object else { continue };
            // What was written and not read back yet counts as changed in any listing.
            let unread = part.status == PartStatus::ReadBack;
            let named = Named {
                version: object.version.as_ref().filter(|_| !unread),
                owner: Owner::Part(PartRef { event, edge: *edge, part: *key }),
                gone: part.gone.is_some(),
            };
            objects.insert((mirror.mirror.calendar, &object.id), named);
        }
    }
    objects
}
