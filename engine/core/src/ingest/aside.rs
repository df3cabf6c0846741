//! Items without a row, and those set aside: classified by mark, by product, or taken as origins.

use super::{Next, origin};
use crate::draft::Draft;
use crate::ids::{CalendarId, EventId, ProviderId};
use crate::journal::{Cause, CauseKind};
use crate::known_marks::product_of;
use crate::limits;
use crate::mark::{self, Mark, Reading};
use crate::mirror::PartRef;
use crate::normalize;
use crate::plan::{Note, RowKey};
use crate::presence::{Aside, AsideKind, Quarantine};
use crate::project::project;
use crate::provider::{Broken, EventItem, Message};
use crate::slice::{Bundle, Missing};

/// The code of an object that can be read and holds no event.
const NOT_EVENT: &str = "ical.no-event";
/// The product name under which marks of another Kalends graph are reported.
const OTHER_GRAPH: &str = "kalends (another graph)";

/// An item whose object no row names.
pub(super) fn classify(
    draft: &mut Draft<'_>,
    key: &(CalendarId, ProviderId),
    item: &EventItem,
) -> Result<Next, Missing> {
    match class(draft, item) {
        Class::Stray(found) => stray(draft, key, item, &found)?,
        Class::Foreign(product) => {
            draft.note(Note { calendar: Some(key.0), ..Note::new("foreign-managed") });
            put(draft, key, item.version.clone(), AsideKind::ForeignManaged { product })?;
        }
        Class::Origin if super::is_passed_over(draft.config(), key.0) => {
            origin::of_mirror(draft, key.0, item)?;
        }
        Class::Origin => return origin::first_seen(draft, key.0, item),
    }
    Ok(Next::Nothing)
}

/// An item that was set aside before and is shown again.
pub(super) fn seen_again(
    draft: &mut Draft<'_>,
    key: &(CalendarId, ProviderId),
    stray: Option<EventId>,
    item: &EventItem,
) -> Result<Next, Missing> {
    if let Some(event) = stray {
        let known = draft.event(event)?.and_then(|bundle| bundle.strays.get(key));
        if known.is_some_and(|aside| aside.version.is_some() && aside.version == item.version) {
            return Ok(Next::Nothing);
        }
        if known.is_some_and(|aside| matches!(aside.what, AsideKind::Stray { theirs: true, .. })) {
            draft.edit(event, Draft::seen_in(key.0), |bundle| {
                if let Some(aside) = bundle.strays.get_mut(key) {
                    aside.version.clone_from(&item.version);
                }
            })?;
            return Ok(Next::Nothing);
        }
        draft.edit(event, Draft::seen_in(key.0), |bundle| bundle.strays.remove(key))?;
    } else {
        draft.set_aside(key.clone(), None);
    }
    classify(draft, key, item)
}

enum Class {
    Stray(Mark),
    Foreign(String),
    Origin,
}

fn class(draft: &Draft<'_>, item: &EventItem) -> Class {
    let reading = item
        .mark
        .as_ref()
        .map(|token| mark::read(&draft.env.keys, token, super::mirror::native(item)));
    match reading {
        Some(Reading::Ours(found)) => Class::Stray(found),
        Some(Reading::OtherGraph) => Class::Foreign(OTHER_GRAPH.to_owned()),
        Some(Reading::Void | Reading::Garbage) | None => {
            // Whatever else a provider can see of other products, each of them tells the UID.
            let by_uid = || product_of("UID", &item.uid).map(str::to_owned);
            item.foreign.clone().or_else(by_uid).map_or(Class::Origin, Class::Foreign)
        }
    }
}

/// A valid mark of this graph without a row: kept with the event it names, and taken in where
/// edge, event and target agree.
fn stray(
    draft: &mut Draft<'_>,
    key: &(CalendarId, ProviderId),
    item: &EventItem,
    found: &Mark,
) -> Result<(), Missing> {
    let Some(body) = super::mirror::shown(item) else {
        return Ok(());
    };
    let content = match draft.config().calendars.get(&key.0) {
        Some(calendar) => normalize::hash(&body, &calendar.capabilities),
        None => return Ok(()),
    };
    let aside = Aside {
        calendar: key.0,
        object: key.1.clone(),
        version: item.version.clone(),
        what: AsideKind::Stray {
            event: found.event,
            edge: found.edge,
            part: found.part,
            generation: found.generation,
            content,
            theirs: false,
        },
    };
    let (config, env) = (draft.setup(), draft.env);
    draft.note(Note { calendar: Some(key.0), event: Some(found.event), ..Note::new("stray") });
    let cause = Cause::of(CauseKind::Adopted).in_calendar(key.0).for_edge(found.edge);
    let overwritten = draft.edit(found.event, cause, |bundle| {
        bundle.strays.insert(key.clone(), aside);
        if bundle.event.is_some() {
            project(bundle, &config, env, false);
        }
        is_to_be_overwritten(bundle, &key.1, found)
    })?;
    if overwritten {
        // Someone may have edited what a write made whose answer was lost.
        let part = PartRef { event: found.event, edge: found.edge, part: found.part };
        draft.keep_lost(found.event, &RowKey::Part(part), &body);
    }
    Ok(())
}

/// Whether an object was taken in that does not hold what is wanted of its part.
fn is_to_be_overwritten(bundle: &Bundle, id: &ProviderId, found: &Mark) -> bool {
    let mirror = bundle.mirrors.get(&found.edge);
    let part = mirror.and_then(|mirror| mirror.parts.get(&found.part));
    part.is_some_and(|part| {
        part.object.as_ref().is_some_and(|object| object.id == *id) && !part.is_as_wanted()
    })
}

fn put(
    draft: &mut Draft<'_>,
    key: &(CalendarId, ProviderId),
    version: Option<crate::ids::Version>,
    what: AsideKind,
) -> Result<(), Missing> {
    draft.aside(key)?;
    let aside = Aside { calendar: key.0, object: key.1.clone(), version, what };
    draft.set_aside(key.clone(), Some(aside));
    Ok(())
}

/// An item that could not be read: set aside with its reason; what was known of it stays.
pub(super) fn broken(
    draft: &mut Draft<'_>,
    calendar: CalendarId,
    item: &Broken,
) -> Result<(), Missing> {
    let key = (calendar, item.id.clone());
    let known = draft.aside(&key)?;
    let same = known.is_some_and(|aside| {
        matches!(aside.what, AsideKind::Quarantined(_) | AsideKind::NotEvent)
            && aside.version.is_some()
            && aside.version == item.version
    });
    if same {
        return Ok(());
    }
    origin::unreadable(draft, &key, item.version.as_ref())?;
    if item.code == NOT_EVENT {
        return put(draft, &key, item.version.clone(), AsideKind::NotEvent);
    }
    draft.note(Note { calendar: Some(calendar), ..Note::new("quarantined") });
    let quarantine = Quarantine {
        code: item.code.clone(),
        reason: item.reason.clone(),
        raw: limits::bound_raw(&item.raw, limits::TEXT_BYTES_MAX).to_vec(),
        at: draft.env.now,
    };
    put(draft, &key, item.version.clone(), AsideKind::Quarantined(quarantine))
}

/// Takes an object out of quarantine, since it can be read now.
pub(super) fn readable_again(
    draft: &mut Draft<'_>,
    key: &(CalendarId, ProviderId),
) -> Result<(), Missing> {
    let quarantined = draft
        .aside(key)?
        .is_some_and(|aside| matches!(aside.what, AsideKind::Quarantined(_) | AsideKind::NotEvent));
    if quarantined {
        draft.set_aside(key.clone(), None);
    }
    Ok(())
}

/// A message: kept under its key, never projected.
pub(super) fn message(
    draft: &mut Draft<'_>,
    scope: CalendarId,
    message: &Message,
) -> Result<(), Missing> {
    let key = (scope, message.id.clone());
    let title = limits::bound(&message.title, limits::LINE_BYTES_MAX).to_owned();
    let what = AsideKind::Message { title, at: message.at };
    let known = draft.aside(&key)?;
    if known.is_some_and(|aside| aside.version == message.version && aside.what == what) {
        return Ok(());
    }
    put(draft, &key, message.version.clone(), what)
}
