//! Whole objects in the hands of people, whatever their program makes of them.

use kalends_core::event::Body;
use kalends_core::ids::ProviderId;

use super::server::User;
use super::shelf::{Held, Object};

/// An object of a calendar that holds a series in one: all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Laid {
    /// The UID.
    pub uid: String,
    /// Our mark, where it has one.
    pub mark: Option<String>,
    /// What it says.
    pub body: Body,
}

impl User {
    /// What a calendar holds under an id; `None` for instances held apart, too.
    #[must_use]
    pub fn held(&self, calendar: &str, id: &str) -> Option<Laid> {
        self.shelf(calendar, |shelf| {
            let object = shelf.objects.get(&ProviderId(id.to_owned()))?;
            match &object.held {
                Held::Whole(body) => Some(Laid {
                    uid: object.uid.clone(),
                    mark: object.mark.clone(),
                    body: body.clone(),
                }),
                Held::Instance { .. } => None,
            }
        })
    }

    /// Puts an object under an id, in place of what is there.
    pub fn lay(&self, calendar: &str, id: &str, laid: Laid) {
        self.shelf(calendar, |shelf| {
            let object = Object::new(&laid.uid, laid.mark, Held::Whole(laid.body));
            shelf.put(&ProviderId(id.to_owned()), object);
        });
    }

    /// Makes of an object what nobody can read, until it is written anew.
    pub fn garble(&self, calendar: &str, id: &str) {
        self.shelf(calendar, |shelf| {
            let id = ProviderId(id.to_owned());
            if let Some(object) = shelf.objects.get(&id).cloned() {
                shelf.put(&id, object.garbled());
            }
        });
    }
}
