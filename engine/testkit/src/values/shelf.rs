//! One calendar of the server: objects with versions, what was deleted, and tokens.

use std::collections::{BTreeMap, BTreeSet};

use kalends_core::event::{Body, Content};
use kalends_core::graph::{Capabilities, SeriesShape};
use kalends_core::ids::{ProviderId, Version};
use kalends_core::presence::Evidence;
use kalends_core::provider::{Broken, EventItem, Item, Payload};
use kalends_core::time::When;

/// A calendar.
#[derive(Debug, Clone, Default)]
pub(super) struct Shelf {
    pub(super) capabilities: Capabilities,
    pub(super) objects: BTreeMap<ProviderId, Object>,
    /// When each deleted id was deleted; such an id stays taken.
    gone: BTreeMap<ProviderId, u64>,
    clock: u64,
    /// Tokens before this are not known any more.
    oldest: u64,
    /// How many of the newest objects the next whole listing does not show yet.
    late: usize,
    /// Tokens that late listings gave: they are known whatever is older.
    given_late: BTreeSet<u64>,
    /// Whether its whole listings may lack something, as they say.
    pub(super) in_doubt: bool,
    /// The name it was made under, where it was made by an operation.
    pub(super) derived: Option<String>,
}

/// An object of a calendar.
#[derive(Debug, Clone)]
pub(super) struct Object {
    version: u64,
    /// When its id came into the calendar.
    born: u64,
    /// Whether nobody can read it.
    garbled: bool,
    pub(super) uid: String,
    pub(super) mark: Option<String>,
    pub(super) held: Held,
}

/// What an object holds.
#[derive(Debug, Clone)]
pub(super) enum Held {
    /// A single, a series, or the master of one.
    Whole(Body),
    /// A changed instance; without content a cancelled one.
    Instance { series: ProviderId, original: When, content: Option<Content> },
}

impl Object {
    pub(super) fn new(uid: &str, mark: Option<String>, held: Held) -> Self {
        Self { version: 0, born: 0, garbled: false, uid: uid.to_owned(), mark, held }
    }

    /// The same object, as nobody can read it.
    pub(super) fn garbled(self) -> Self {
        Self { garbled: true, ..self }
    }

    /// The same object, holding something else.
    pub(super) fn with(self, held: Held) -> Self {
        Self { held, garbled: false, ..self }
    }

    pub(super) fn version(&self) -> Version {
        Version(self.version.to_string())
    }

    fn item(&self, id: &ProviderId, fresh: bool) -> Item {
        if self.garbled {
            return Item::Broken(Broken {
                id: id.clone(),
                version: Some(self.version()),
                code: "values.garbled".to_owned(),
                reason: "write the event anew".to_owned(),
                raw: self.uid.clone().into_bytes(),
            });
        }
        let payload = match &self.held {
            Held::Whole(body) => Payload::Whole(body.clone()),
            Held::Instance { series, original, content } => Payload::Instance {
                series: series.clone(),
                original: original.clone(),
                content: content.clone().map(Box::new),
            },
        };
        Item::Event(Box::new(EventItem {
            id: id.clone(),
            version: Some(self.version()),
            native: id.0.clone(),
            uid: self.uid.clone(),
            payload,
            mark: self.mark.clone(),
            foreign: None,
            fresh,
            doubts: Vec::new(),
            changed_at: None,
        }))
    }
}

/// Whether a calendar of such capabilities holds changed instances as objects of their own.
pub(super) fn in_parts(can: &Capabilities) -> bool {
    match can.series {
        SeriesShape::Parts | SeriesShape::Patterns => true,
        SeriesShape::Whole | SeriesShape::Singles => false,
    }
}

impl Shelf {
    pub(super) fn new(capabilities: Capabilities, derived: Option<String>) -> Self {
        Self { capabilities, derived, ..Self::default() }
    }

    /// Puts an object under a new version, and gives the version.
    pub(super) fn put(&mut self, id: &ProviderId, mut object: Object) -> Version {
        self.clock += 1;
        object.version = self.clock;
        object.born = self.objects.get(id).map_or(self.clock, |known| known.born);
        let version = object.version();
        self.gone.remove(id);
        self.objects.insert(id.clone(), object);
        version
    }

    /// Takes an object away, and with a master its instances.
    pub(super) fn remove(&mut self, id: &ProviderId) {
        let with_it = self.instances_of(id);
        for id in with_it.iter().chain([id]) {
            if self.objects.remove(id).is_some() {
                self.clock += 1;
                self.gone.insert(id.clone(), self.clock);
            }
        }
    }

    /// Takes an object away of which nobody is told.
    pub(super) fn forget(&mut self, id: &ProviderId) {
        self.objects.remove(id);
    }

    /// Whether a changed instance is an object of its own here.
    pub(super) fn in_parts(&self) -> bool {
        in_parts(&self.capabilities)
    }

    pub(super) fn instances_of(&self, master: &ProviderId) -> Vec<ProviderId> {
        let of_it = |held: &Held| matches!(held, Held::Instance { series, .. } if series == master);
        self.objects.iter().filter(|(_, o)| of_it(&o.held)).map(|(id, _)| id.clone()).collect()
    }

    /// The object of the instance that started at `original`, if it has one.
    pub(super) fn instance_at(&self, master: &ProviderId, at: &When) -> Option<ProviderId> {
        self.instances_of(master).into_iter().find(|id| {
            let held = self.objects.get(id).map(|object| &object.held);
            matches!(held, Some(Held::Instance { original, .. }) if original == at)
        })
    }

    pub(super) fn is_taken(&self, id: &ProviderId) -> bool {
        self.objects.contains_key(id) || self.gone.contains_key(id)
    }

    /// What one object says now, read alone.
    pub(super) fn read(&self, id: &ProviderId) -> Item {
        match self.objects.get(id) {
            Some(object) => object.item(id, true),
            None => Item::Removed { id: id.clone(), evidence: Evidence::ReadAlone },
        }
    }

    /// What one object says in a listing.
    pub(super) fn tell(&self, id: &ProviderId) -> Option<Item> {
        Some(self.objects.get(id)?.item(id, false))
    }

    /// The next whole listing comes from where so many of the newest objects have not arrived.
    pub(super) const fn come_late(&mut self, objects: usize) {
        self.late = objects;
    }

    /// All that a whole listing shows, and the token to go on from: it tells of all the rest.
    pub(super) fn whole(&mut self) -> (Vec<ProviderId>, String) {
        let reach = match std::mem::take(&mut self.late) {
            0 => self.clock,
            late => self.before_newest(late),
        };
        if reach < self.oldest {
            self.given_late.insert(reach);
        }
        let shown = self.objects.iter().filter(|(_, object)| object.born <= reach);
        (shown.map(|(id, _)| id.clone()).collect(), reach.to_string())
    }

    /// The moment before so many of the objects that are there came.
    fn before_newest(&self, objects: usize) -> u64 {
        let mut born: Vec<u64> = self.objects.values().map(|object| object.born).collect();
        born.sort_unstable();
        let first_late = born.get(born.len().saturating_sub(objects));
        first_late.map_or(self.clock, |born| born - 1)
    }

    /// Counts the changes of the calendar.
    pub(super) const fn clock(&self) -> u64 {
        self.clock
    }

    pub(super) fn token(&self) -> String {
        self.clock.to_string()
    }

    /// No token given so far is known any more.
    pub(super) fn expire_tokens(&mut self) {
        self.clock += 1;
        self.oldest = self.clock;
        self.given_late.clear();
    }

    /// What changed and what went away since a token; `None`: it is not known any more.
    pub(super) fn since(&self, token: &str) -> Option<(Vec<ProviderId>, Vec<ProviderId>)> {
        let at: u64 = token.parse().ok()?;
        let is_old = at < self.oldest && !self.given_late.contains(&at);
        if is_old || at > self.clock {
            return None;
        }
        let changed = self.objects.iter().filter(|(_, o)| o.version > at);
        let gone = self.gone.iter().filter(|(_, when)| **when > at);
        Some((
            changed.map(|(id, _)| id.clone()).collect(),
            gone.map(|(id, _)| id.clone()).collect(),
        ))
    }
}
