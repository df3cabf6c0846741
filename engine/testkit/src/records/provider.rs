//! The provider of the records: calls instead of HTTP, which the app carries out.

use kalends_core::graph::{Capabilities, ScopeKind};
use kalends_core::ids::{ProviderId, Version};
use kalends_core::ports::{Credential, Exchange, Provider};
use kalends_core::presence::Evidence;
use kalends_core::provider::{
    CalendarItem, Done, EventItem, Failure, FailureClass, Item, Listed, Listing, MirrorDoc,
    ObjectName, Output, Payload, ProviderOp, Stored,
};

use super::world::{Object, State, World};
use crate::asking::{Asking, failed};

impl Provider for World {
    fn start(&self, op: &ProviderOp, _: &Credential) -> Result<Box<dyn Exchange>, Failure> {
        Ok(Box::new(Asking::of(op)))
    }
}

impl World {
    /// Carries out a call, as the app is asked to by the host.
    #[must_use]
    pub fn carry(&self, op: &ProviderOp) -> (Vec<Output>, Done) {
        let mut state = self.state();
        let named = format!("{op:?}");
        state.log.extend(named.split([' ', '(', '{']).next().map(str::to_owned));
        state.carry(op)
    }
}

impl State {
    fn carry(&mut self, op: &ProviderOp) -> (Vec<Output>, Done) {
        match op {
            ProviderOp::Discover => self.discover(),
            ProviderOp::List { calendar, listing } => self.list(&calendar.0, listing),
            ProviderOp::Fetch { calendar, names } => {
                let found = names.iter().map(|name| self.read(&calendar.0, name)).collect();
                (found, Done::Fetched)
            }
            ProviderOp::Create { calendar, doc } => {
                let id = ProviderId(doc.derived.clone());
                if self.calendars[&calendar.0].contains_key(&id) {
                    return (Vec::new(), failed(FailureClass::Taken, "records.taken"));
                }
                (Vec::new(), self.store(&calendar.0, id, doc))
            }
            ProviderOp::Replace { calendar, id, version, doc, .. } => {
                match self.is_at(&calendar.0, id, version) {
                    true => (Vec::new(), self.store(&calendar.0, id.clone(), doc)),
                    false => (Vec::new(), failed(FailureClass::Stale, "records.stale")),
                }
            }
            ProviderOp::Delete { calendar, id, version, .. } => {
                if !self.is_at(&calendar.0, id, version) {
                    return (Vec::new(), failed(FailureClass::Stale, "records.stale"));
                }
                self.remove(&calendar.0, id);
                (Vec::new(), Done::Deleted)
            }
            ProviderOp::Patch { .. } | ProviderOp::Watch(_) | ProviderOp::FreeBusy { .. } => {
                (Vec::new(), failed(FailureClass::Unsupported, "records.unsupported"))
            }
            ProviderOp::MakeCalendar { derived, .. } => {
                self.calendars.entry(derived.clone()).or_default();
                (Vec::new(), Done::MadeCalendar { calendar: ProviderId(derived.clone()) })
            }
            ProviderOp::DeleteCalendar { calendar, derived } => {
                if !derived.contains(&calendar.0) {
                    return (Vec::new(), failed(FailureClass::Refused, "records.not-ours"));
                }
                self.calendars.remove(&calendar.0);
                (Vec::new(), Done::Deleted)
            }
        }
    }

    fn discover(&self) -> (Vec<Output>, Done) {
        let item = |name: &String| CalendarItem {
            id: ProviderId(name.clone()),
            name: name.clone(),
            kind: ScopeKind::Calendar,
            subscribed: false,
            derived: (name.len() == 26).then(|| name.clone()),
            capabilities: Capabilities::default(),
            token: Some(self.token(name)),
            tag: None,
        };
        let items = self.calendars.keys().map(|name| Output::Calendar(Box::new(item(name))));
        let done = Done::Discovered {
            subject: "me".to_owned(),
            makes_calendars: true,
            remember: String::new(),
        };
        (items.collect(), done)
    }

    fn list(&self, calendar: &str, listing: &Listing) -> (Vec<Output>, Done) {
        if self.down.contains(calendar) {
            return (Vec::new(), failed(FailureClass::Transient, "records.transient"));
        }
        let since = match listing {
            Listing::Since(_) if self.forgets => {
                return (Vec::new(), failed(FailureClass::CursorLost, "records.cursorlost"));
            }
            Listing::Since(token) => match token.parse::<u64>() {
                Ok(at) => Some(at),
                Err(_) => return (Vec::new(), failed(FailureClass::CursorLost, "records.token")),
            },
            Listing::Names | Listing::Contents => None,
        };
        let whole = since.is_none();
        let since = since.unwrap_or(0);
        let changed = self.calendars[calendar].iter().filter(|(_, o)| whole || o.changed > since);
        let mut outputs: Vec<Output> = changed
            .map(|(id, object)| match listing {
                Listing::Contents => Output::Item(object.item(id, false)),
                Listing::Names | Listing::Since(_) => Output::Name {
                    id: id.clone(),
                    version: Some(Version(object.changed.to_string())),
                },
            })
            .collect();
        let gone =
            self.gone.iter().filter(|((of, _), at)| of == calendar && **at > since && !whole);
        outputs.extend(gone.map(|((_, id), _)| {
            Output::Item(Item::Removed { id: id.clone(), evidence: Evidence::Tombstone })
        }));
        let token = Some(self.token(calendar));
        (outputs, Done::Listed(Listed { token, tag: None, whole }))
    }

    fn read(&self, calendar: &str, name: &ObjectName) -> Output {
        let id = match name {
            ObjectName::Known(id) => id.clone(),
            ObjectName::Derived(derived) => ProviderId(derived.clone()),
        };
        Output::Item(match self.calendars[calendar].get(&id) {
            Some(object) => object.item(&id, true),
            None => Item::Removed { id, evidence: Evidence::ReadAlone },
        })
    }

    fn is_at(&self, calendar: &str, id: &ProviderId, version: &Version) -> bool {
        let object = self.calendars[calendar].get(id);
        object.is_some_and(|object| object.changed.to_string() == version.0)
    }

    fn store(&mut self, calendar: &str, id: ProviderId, doc: &MirrorDoc) -> Done {
        self.clock += 1;
        let object = Object {
            changed: self.clock,
            uid: format!("{}@kalends", doc.derived),
            body: doc.body.clone(),
            mark: Some(doc.mark.clone()),
        };
        let version = Some(Version(object.changed.to_string()));
        self.calendars.entry(calendar.to_owned()).or_default().insert(id.clone(), object);
        Done::Stored(Stored { id, version, body: None, resets_instances: false })
    }
}

impl Object {
    fn item(&self, id: &ProviderId, fresh: bool) -> Item {
        Item::Event(Box::new(EventItem {
            id: id.clone(),
            version: Some(Version(self.changed.to_string())),
            native: id.0.clone(),
            uid: self.uid.clone(),
            payload: Payload::Whole(self.body.clone()),
            mark: self.mark.clone(),
            foreign: None,
            fresh,
            doubts: Vec::new(),
            changed_at: None,
        }))
    }
}
