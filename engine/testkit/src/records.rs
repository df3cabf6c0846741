//! A provider without HTTP: an app's own records, shown as calendars of events and talked to
//! through calls that the app carries out ([`World::carry`]).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kalends_core::event::{Body, Content, Span};
use kalends_core::graph::{Capabilities, ScopeKind};
use kalends_core::ids::{ProviderId, Version};
use kalends_core::ports::{Credential, Exchange, Provider};
use kalends_core::presence::Evidence;
use kalends_core::provider::{
    CalendarItem, Done, EventItem, Failure, FailureClass, Item, Listed, Listing, MirrorDoc,
    ObjectName, Output, Payload, ProviderOp, Stored,
};
use kalends_core::time::{Civil, Date, Length, When, Zone};

use crate::asking::{Asking, failed};

/// The calendars of every account. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct World(Arc<Mutex<State>>);

/// What the app holds.
#[derive(Debug, Default)]
pub struct State {
    /// The records by calendar and id.
    pub calendars: BTreeMap<String, BTreeMap<ProviderId, Object>>,
    gone: BTreeMap<(String, ProviderId), u64>,
    clock: u64,
    /// Operations as they came, by their names.
    pub log: Vec<String>,
    /// Calendars whose listings fail.
    pub down: BTreeSet<String>,
    /// Tokens are not known any more.
    pub forgets: bool,
}

/// A record.
#[derive(Debug, Clone)]
pub struct Object {
    changed: u64,
    uid: String,
    /// What it says.
    pub body: Body,
    mark: Option<String>,
}

/// An hour on a day of 2026.
///
/// # Panics
/// Where there is no such day.
#[must_use]
pub fn event(title: &str, month: u8, day: u8) -> Body {
    let Some(date) = Date::new(2026, month, day) else {
        unreachable!("2026 has a day {day} in month {month}")
    };
    let start = Civil::new(date, 9 * 3_600);
    let span = Span {
        start: When::Zoned(start, Zone::utc()),
        length: Length::Exact(3_600),
        end_zone: None,
    };
    Body::single(Content { title: title.to_owned(), ..Content::at(span) })
}

impl World {
    /// The app's own hands on its state.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Carries out a call, as the app is asked to by the host.
    #[must_use]
    pub fn carry(&self, op: &ProviderOp) -> (Vec<Output>, Done) {
        let mut state = self.state();
        let named = format!("{op:?}");
        state.log.extend(named.split([' ', '(', '{']).next().map(str::to_owned));
        state.carry(op)
    }

    /// Puts a record, or changes what it says.
    pub fn put(&self, calendar: &str, id: &str, body: Body) {
        let mut state = self.state();
        state.clock += 1;
        let object = Object { changed: state.clock, uid: format!("{id}@there"), body, mark: None };
        let id = ProviderId(id.to_owned());
        state.gone.remove(&(calendar.to_owned(), id.clone()));
        state.calendars.entry(calendar.to_owned()).or_default().insert(id, object);
    }

    /// Deletes a record.
    pub fn delete(&self, calendar: &str, id: &str) {
        self.state().remove(calendar, &ProviderId(id.to_owned()));
    }

    /// The titles in a calendar, by id.
    #[must_use]
    pub fn titles(&self, calendar: &str) -> Vec<String> {
        let state = self.state();
        let objects = state.calendars.get(calendar).into_iter().flat_map(BTreeMap::values);
        objects.map(|object| object.body.content.title.clone()).collect()
    }

    /// The names of the operations since the last call.
    #[must_use]
    pub fn take_log(&self) -> Vec<String> {
        std::mem::take(&mut self.state().log)
    }
}

impl State {
    fn remove(&mut self, calendar: &str, id: &ProviderId) {
        self.clock += 1;
        self.calendars.entry(calendar.to_owned()).or_default().remove(id);
        self.gone.insert((calendar.to_owned(), id.clone()), self.clock);
    }

    fn token(&self, calendar: &str) -> String {
        let there = self.calendars[calendar].values().map(|object| object.changed);
        let gone = self.gone.iter().filter(|((of, _), _)| of == calendar).map(|(_, at)| *at);
        there.chain(gone).max().unwrap_or(0).to_string()
    }

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
            ProviderOp::Delete { calendar, id, version } => {
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
            ProviderOp::DeleteCalendar { calendar } => {
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
        }))
    }
}

impl Provider for World {
    fn start(&self, op: &ProviderOp, _: &Credential) -> Result<Box<dyn Exchange>, Failure> {
        Ok(Box::new(Asking::of(op)))
    }
}
