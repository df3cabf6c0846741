//! Operations, as the server carries them out.

use kalends_core::event::Body;
use kalends_core::graph::{ScopeKind, SeriesShape};
use kalends_core::ids::{ProviderId, Version};
use kalends_core::presence::Evidence;
use kalends_core::provider::{
    CalendarItem, Done, FailureClass, Item, Listed, Listing, MirrorDoc, ObjectName, Output,
    ProviderOp, Stored,
};
use kalends_core::watch::Renewal;

use super::check::{self, Refusal};
use super::people;
use super::server::Home;
use super::shelf::{Held, Object, Shelf};
use super::tells;

type Carried = Result<(Vec<Output>, Done), Refusal>;

pub(super) fn carry(
    home: &mut Home,
    user: &str,
    tells: Option<Renewal>,
    op: &ProviderOp,
) -> Carried {
    match op {
        ProviderOp::Discover => Ok(discover(home, user)),
        ProviderOp::List { calendar, listing } => list(home.shelf(calendar)?, listing),
        ProviderOp::Fetch { calendar, names } => {
            let shelf = home.shelf(calendar)?;
            let found = names.iter().map(|name| Output::Item(shelf.read(&id_of(name))));
            Ok((found.collect(), Done::Fetched))
        }
        ProviderOp::Create { calendar, doc } => create(writable(home, calendar)?, doc),
        ProviderOp::Replace { calendar, id, version, doc, .. } => {
            let shelf = writable(home, calendar)?;
            holds(shelf, id, version)?;
            store(shelf, id, doc)
        }
        ProviderOp::Delete { calendar, id, version, .. } => {
            let shelf = writable(home, calendar)?;
            match holds(shelf, id, version) {
                Ok(()) => shelf.remove(id),
                Err((FailureClass::NotFound, _)) => {}
                Err(other) => return Err(other),
            }
            Ok((Vec::new(), Done::Deleted))
        }
        ProviderOp::Patch { calendar, id, version, base, want, .. } => {
            let shelf = writable(home, calendar)?;
            holds(shelf, id, version)?;
            patch(shelf, id, base, want)
        }
        ProviderOp::MakeCalendar { derived, .. } => Ok(make(home, derived)),
        ProviderOp::DeleteCalendar { calendar, derived } => {
            if let Some(shelf) = home.shelves.get(calendar) {
                let name = shelf.derived.as_ref().filter(|name| derived.contains(name));
                name.ok_or((FailureClass::Refused, "values.not-ours"))?;
            }
            home.shelves.remove(calendar);
            Ok((Vec::new(), Done::Deleted))
        }
        ProviderOp::Watch(op) => tells::watch(home, tells, op),
        ProviderOp::FreeBusy { .. } => Err((FailureClass::Unsupported, "values.no-others")),
    }
}

fn discover(home: &Home, user: &str) -> (Vec<Output>, Done) {
    let calendars = home.shelves.iter().map(|(id, shelf)| {
        Output::Calendar(Box::new(CalendarItem {
            id: id.clone(),
            name: id.0.clone(),
            kind: ScopeKind::Calendar,
            subscribed: false,
            derived: shelf.derived.clone(),
            capabilities: shelf.capabilities.clone(),
            token: Some(shelf.token()),
            tag: None,
        }))
    });
    let subject = user.to_owned();
    let done = Done::Discovered { subject, makes_calendars: true, remember: String::new() };
    (calendars.collect(), done)
}

fn list(shelf: &mut Shelf, listing: &Listing) -> Carried {
    let in_doubt = shelf.in_doubt;
    let listed = |token, whole| {
        let doubted = whole && in_doubt;
        let token = (!doubted).then_some(token);
        Done::Listed(Listed { token, tag: None, whole: whole && !in_doubt })
    };
    let name = |shelf: &Shelf, id: &ProviderId| {
        let version = shelf.objects.get(id).map(Object::version);
        Output::Name { id: id.clone(), version }
    };
    match listing {
        Listing::Contents => {
            let (ids, token) = shelf.whole();
            let items = ids.iter().filter_map(|id| shelf.tell(id)).map(Output::Item);
            Ok((items.collect(), listed(token, true)))
        }
        Listing::Names => {
            let (ids, token) = shelf.whole();
            Ok((ids.iter().map(|id| name(shelf, id)).collect(), listed(token, true)))
        }
        Listing::Since(token) => {
            let (changed, gone) =
                shelf.since(token).ok_or((FailureClass::CursorLost, "values.token-expired"))?;
            let gone = gone
                .into_iter()
                .map(|id| Output::Item(Item::Removed { id, evidence: Evidence::Tombstone }));
            let changed = changed.iter().map(|id| name(shelf, id));
            Ok((changed.chain(gone).collect(), listed(shelf.token(), false)))
        }
    }
}

fn create(shelf: &mut Shelf, doc: &MirrorDoc) -> Carried {
    let id = ProviderId(doc.derived.clone());
    if shelf.is_taken(&id) {
        return Err((FailureClass::Taken, "values.id-taken"));
    }
    store(shelf, &id, doc)
}

fn store(shelf: &mut Shelf, id: &ProviderId, doc: &MirrorDoc) -> Carried {
    check::document(doc, &shelf.capabilities)?;
    let resets_instances = doc.instance.is_none() && reset_instances(shelf, id, &doc.body);
    let (uid, held) = match &doc.instance {
        None => (doc.derived.clone(), Held::Whole(doc.body.clone())),
        Some((name, original)) => {
            let series = id_of(name);
            let uid = match shelf.objects.get(&series) {
                Some(Object { held: Held::Whole(body), uid, .. }) if body.recurrence.is_some() => {
                    uid.clone()
                }
                Some(_) | None => return Err((FailureClass::NotFound, "values.no-master")),
            };
            make_room(shelf, id, &series, original)?;
            let content = Some(doc.body.content.clone());
            (uid, Held::Instance { series, original: original.clone(), content })
        }
    };
    let mark = shelf.capabilities.marks.then(|| doc.mark.clone());
    let version = shelf.put(id, Object::new(&uid, mark, held));
    Ok((Vec::new(), stored(id, version, resets_instances)))
}

fn stored(id: &ProviderId, version: Version, resets_instances: bool) -> Done {
    Done::Stored(Stored { id: id.clone(), version: Some(version), body: None, resets_instances })
}

/// As Exchange has it: other times or another rule drop what was changed of instances, and nobody
/// is told.
fn reset_instances(shelf: &mut Shelf, id: &ProviderId, body: &Body) -> bool {
    let before = shelf.objects.get(id).map(|object| &object.held);
    let same = match before {
        Some(Held::Whole(before)) => {
            before.recurrence == body.recurrence && before.content.span == body.content.span
        }
        Some(Held::Instance { .. }) | None => true,
    };
    if same || shelf.capabilities.series != SeriesShape::Patterns {
        return false;
    }
    shelf.instances_of(id).iter().for_each(|instance| shelf.forget(instance));
    true
}

/// An instance has one object: a stub of it gives way, a change of it does not.
fn make_room(
    shelf: &mut Shelf,
    id: &ProviderId,
    series: &ProviderId,
    original: &kalends_core::time::When,
) -> Result<(), Refusal> {
    let Some(other) = shelf.instance_at(series, original).filter(|other| other != id) else {
        return Ok(());
    };
    let held = shelf.objects.get(&other).map(|object| &object.held);
    if matches!(held, Some(Held::Instance { content: Some(_), .. })) {
        return Err((FailureClass::Taken, "values.instance-taken"));
    }
    shelf.remove(&other);
    Ok(())
}

/// Writes an origin: what the master holds, and the instances in which `want` is another.
fn patch(shelf: &mut Shelf, id: &ProviderId, base: &Body, want: &Body) -> Carried {
    let Some(object) = shelf.objects.get(id).cloned() else {
        return Err((FailureClass::NotFound, "values.not-found"));
    };
    let version = match &object.held {
        Held::Whole(_) => people::write(shelf, id, &object, (Some(base), want)),
        Held::Instance { series, original, .. } => {
            let content = Some(want.content.clone());
            let held =
                Held::Instance { series: series.clone(), original: original.clone(), content };
            shelf.put(id, object.with(held))
        }
    };
    Ok((Vec::new(), stored(id, version, false)))
}

fn make(home: &mut Home, derived: &str) -> (Vec<Output>, Done) {
    let id = ProviderId(derived.to_owned());
    let capabilities = home.new.clone();
    home.shelves
        .entry(id.clone())
        .or_insert_with(|| Shelf::new(capabilities, Some(derived.to_owned())));
    (Vec::new(), Done::MadeCalendar { calendar: id })
}

fn writable<'a>(home: &'a mut Home, calendar: &ProviderId) -> Result<&'a mut Shelf, Refusal> {
    let shelf = home.shelf(calendar)?;
    if shelf.capabilities.write {
        Ok(shelf)
    } else {
        Err((FailureClass::Forbidden, "values.read-only"))
    }
}

fn holds(shelf: &Shelf, id: &ProviderId, version: &Version) -> Result<(), Refusal> {
    match shelf.objects.get(id) {
        Some(object) if object.version() == *version => Ok(()),
        Some(_) => Err((FailureClass::Stale, "values.stale")),
        None => Err((FailureClass::NotFound, "values.not-found")),
    }
}

fn id_of(name: &ObjectName) -> ProviderId {
    match name {
        ObjectName::Known(id) => id.clone(),
        ObjectName::Derived(derived) => ProviderId(derived.clone()),
    }
}
