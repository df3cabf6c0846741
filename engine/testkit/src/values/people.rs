//! What people do to their calendars.

use kalends_core::event::{Body, Content};
use kalends_core::ids::{ProviderId, Version};
use kalends_core::time::When;

use super::check;
use super::server::User;
use super::shelf::{Held, Object, Shelf};
use super::shows::slots;

impl User {
    /// Puts an event under an id, or changes what it holds. A calendar that holds a series in
    /// parts keeps the changed instances of `body` as objects of their own.
    pub fn put(&self, calendar: &str, id: &str, body: &Body) {
        self.shelf(calendar, |shelf| {
            let id = ProviderId(id.to_owned());
            let fresh =
                || Object::new(&format!("{}@people", id.0), None, Held::Whole(body.clone()));
            let object = shelf.objects.get(&id).cloned().unwrap_or_else(fresh);
            write(shelf, &id, &object, (None, body));
        });
    }

    /// Changes one instance of a series, by its original start; `None` cancels it.
    pub fn put_instance(&self, calendar: &str, id: &str, original: &When, to: Option<Content>) {
        self.shelf(calendar, |shelf| {
            let id = ProviderId(id.to_owned());
            if shelf.in_parts() {
                set_part(shelf, &id, original, to);
            } else {
                set_inside(shelf, &id, original, to);
            }
        });
    }

    /// Makes an instance what the rule says it is.
    pub fn reset_instance(&self, calendar: &str, id: &str, original: &When) {
        self.shelf(calendar, |shelf| {
            let id = ProviderId(id.to_owned());
            if let Some(part) = shelf.instance_at(&id, original) {
                shelf.remove(&part);
                return;
            }
            change(shelf, &id, |body| forget(body, original));
        });
    }

    /// Changes the content of an object: a single, a master, or one changed instance.
    pub fn edit(&self, calendar: &str, id: &str, with: impl FnOnce(&mut Content)) {
        self.shelf(calendar, |shelf| {
            let id = ProviderId(id.to_owned());
            let Some(mut object) = shelf.objects.get(&id).cloned() else {
                unreachable!("{} is there to be edited", id.0)
            };
            match &mut object.held {
                Held::Whole(body) => with(&mut body.content),
                Held::Instance { content: Some(content), .. } => with(content),
                Held::Instance { content: None, .. } => unreachable!("a stub has no content"),
            }
            shelf.put(&id, object);
        });
    }

    /// Deletes an object. Of a changed instance its stub stays, under the same id.
    pub fn delete(&self, calendar: &str, id: &str) {
        self.shelf(calendar, |shelf| {
            let id = ProviderId(id.to_owned());
            let Some(mut object) = shelf.objects.get(&id).cloned() else { return };
            match &mut object.held {
                Held::Whole(_) => shelf.remove(&id),
                Held::Instance { content, .. } => {
                    *content = None;
                    object.mark = None;
                    shelf.put(&id, object);
                }
            }
        });
    }

    /// The ids of all objects, masters and instances; stubs are left out.
    #[must_use]
    pub fn objects(&self, calendar: &str) -> Vec<String> {
        self.ids(calendar, |held| !matches!(held, Held::Instance { content: None, .. }))
    }

    /// The ids of the objects of changed instances; stubs are left out.
    #[must_use]
    pub fn instances(&self, calendar: &str) -> Vec<String> {
        self.ids(calendar, |held| matches!(held, Held::Instance { content: Some(_), .. }))
    }

    /// How many series the calendar holds as series.
    #[must_use]
    pub fn count_series(&self, calendar: &str) -> usize {
        self.ids(calendar, |held| match held {
            Held::Whole(body) => body.recurrence.is_some(),
            Held::Instance { .. } => false,
        })
        .len()
    }

    /// The id of the series that shows an instance with this original start.
    ///
    /// # Panics
    /// Where none does, or the calendar holds more than one.
    #[must_use]
    pub fn series(&self, calendar: &str, original: &When) -> String {
        let found = self.ids(calendar, |held| match held {
            Held::Whole(body) => {
                body.recurrence.is_some() && slots(body).contains_key(&original.civil())
            }
            Held::Instance { .. } => false,
        });
        match &found[..] {
            [one] => one.clone(),
            _ => unreachable!("one series shows {original:?}, not {found:?}"),
        }
    }

    fn ids(&self, calendar: &str, wanted: impl Fn(&Held) -> bool) -> Vec<String> {
        self.shelf(calendar, |shelf| {
            let objects = shelf.objects.iter().filter(|(_, object)| wanted(&object.held));
            objects.map(|(id, _)| id.0.clone()).collect()
        })
    }
}

/// Writes a body as the calendar holds bodies; with a base, only the instances that differ.
pub(super) fn write(
    shelf: &mut Shelf,
    id: &ProviderId,
    object: &Object,
    (base, body): (Option<&Body>, &Body),
) -> Version {
    let in_parts = shelf.in_parts();
    let mut master = body.clone();
    let instances = if in_parts { std::mem::take(&mut master.exceptions) } else { Vec::new() };
    if let Err((_, code)) = check::body(&master, &shelf.capabilities) {
        unreachable!("no person can put this into such a calendar: {code}")
    }
    if in_parts && let (Some(base), Some(recurrence)) = (base, &mut master.recurrence) {
        let before = base.recurrence.as_ref().map_or(&[][..], |r| &r.excluded);
        let stubs = recurrence.excluded.clone();
        for start in stubs.iter().filter(|start| !before.contains(start)) {
            set_part(shelf, id, start, None);
        }
        recurrence
            .excluded
            .retain(|start| before.contains(start) && shelf.instance_at(id, start).is_none());
    }
    let version = shelf.put(id, object.clone().with(Held::Whole(master)));
    for instance in instances {
        let known = base.is_some_and(|base| base.exceptions.contains(&instance));
        if !known {
            set_part(shelf, id, &instance.original, Some(instance.content));
        }
    }
    version
}

fn set_part(shelf: &mut Shelf, master: &ProviderId, original: &When, to: Option<Content>) {
    let id = shelf
        .instance_at(master, original)
        .unwrap_or_else(|| ProviderId(format!("{}_{}", master.0, original.civil().seconds())));
    let Some(whole) = shelf.objects.get(master) else {
        unreachable!("{} is there to be changed", master.0)
    };
    // As Google has it: an instance that a person changes begins with the fields of its master.
    let inherited = to.is_some().then(|| whole.mark.clone()).flatten();
    let mark = shelf.objects.get(&id).map_or(inherited, |known| known.mark.clone());
    let uid = whole.uid.clone();
    let held = Held::Instance { series: master.clone(), original: original.clone(), content: to };
    shelf.put(&id, Object::new(&uid, mark, held));
}

fn set_inside(shelf: &mut Shelf, id: &ProviderId, original: &When, to: Option<Content>) {
    change(shelf, id, |body| {
        forget(body, original);
        match (to, &mut body.recurrence) {
            (Some(content), Some(_)) => {
                let original = original.clone();
                let instance =
                    kalends_core::event::Exception { original, this_and_future: false, content };
                body.exceptions.push(instance);
                body.exceptions.sort_by(|a, b| a.original.cmp(&b.original));
            }
            (None, Some(recurrence)) => recurrence.excluded.push(original.clone()),
            (_, None) => unreachable!("only a series has instances"),
        }
    });
}

fn forget(body: &mut Body, original: &When) {
    body.exceptions.retain(|exception| exception.original != *original);
    if let Some(recurrence) = &mut body.recurrence {
        recurrence.excluded.retain(|start| start != original);
    }
}

fn change(shelf: &mut Shelf, id: &ProviderId, with: impl FnOnce(&mut Body)) {
    let Some(mut object) = shelf.objects.get(id).cloned() else {
        unreachable!("{} is there to be changed", id.0)
    };
    if let Held::Whole(body) = &mut object.held {
        with(body);
    }
    shelf.put(id, object);
}
