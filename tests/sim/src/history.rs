//! What people hold: the truth that the oracle is asked about.

use std::collections::{BTreeMap, BTreeSet};

use kalends_core::ports::Clock;
use kalends_oracle::{Edge, Mirror, Origin, Place, expected};
use kalends_testkit::caldav_sim::Person;

use crate::ics;
use crate::keep::Keep;
use crate::talk::Talk;
use crate::world::World;

/// What people put where, and the edges between.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// By place and the name it is stored under.
    pub origins: BTreeMap<(Place, String), Origin>,
    /// Objects of ours that people carried away: no mirrors any more, and not theirs.
    pub strays: BTreeSet<(Place, String)>,
    /// The edges.
    pub edges: Vec<Edge>,
    /// What people did to mirrors and their origins since all was at rest, and what stays of it.
    pub talk: Talk,
    /// What was done, for a person to read.
    pub script: Vec<String>,
}

impl History {
    /// A person stores an origin under a name.
    pub fn put<S: Keep>(&mut self, world: &World<S>, name: &str, origin: Origin) {
        let text = ics::write(&origin);
        let path = world.path(origin.calendar).unwrap();
        act(world, |person| person.put(&path, name, &text));
        self.origins.insert((origin.calendar, name.to_owned()), origin);
    }

    /// A person deletes an origin.
    pub fn delete<S: Keep>(&mut self, world: &World<S>, place: Place, name: &str) {
        let path = world.path(place).unwrap();
        act(world, |person| person.delete(&path, name));
        self.origins.remove(&(place, name.to_owned()));
    }

    /// A person moves an origin.
    pub fn carry<S: Keep>(&mut self, world: &World<S>, place: Place, name: &str, to: Place) {
        let (from, target) = (world.path(place).unwrap(), world.path(to).unwrap());
        act(world, |person| person.move_to(&from, name, &target));
        let mut origin = self.origins.remove(&(place, name.to_owned())).unwrap();
        origin.calendar = to;
        self.origins.insert((to, name.to_owned()), origin);
    }

    /// Forgets origins that are not there any more: a change of a mirror may take its origin along.
    pub fn forget_missing<S: Keep>(&mut self, world: &World<S>) {
        self.origins.retain(|(place, name), _| {
            let path = world.path(*place).unwrap();
            world.http.sim().resources(&path).contains_key(name)
        });
    }

    /// Names of the objects in a place that nobody put there: ours.
    #[must_use]
    pub fn ours<S: Keep>(&self, world: &World<S>, place: Place) -> BTreeMap<String, String> {
        let Some(path) = world.path(place) else { return BTreeMap::new() };
        let mut held = world.http.sim().resources(&path);
        held.retain(|name, _| {
            let key = (place, name.clone());
            !self.origins.contains_key(&key)
                && !self.strays.contains(&key)
                && !self.talk.copies.contains_key(&key)
        });
        held
    }

    /// The mirrors of a place, sorted.
    #[must_use]
    pub fn mirrors<S: Keep>(&self, world: &World<S>, place: Place) -> Vec<Mirror> {
        let mut shown: Vec<Mirror> =
            self.ours(world, place).values().map(|text| ics::read(text)).collect();
        shown.sort();
        shown
    }

    /// What every place holds beside what the oracle says, in words; empty where all agree.
    #[must_use]
    pub fn differences<S: Keep>(&self, world: &World<S>) -> Vec<String> {
        let origins: Vec<Origin> = self.origins.values().cloned().collect();
        let mut out = Vec::new();
        for place in 0..world.places() {
            let held = self.mirrors(world, place);
            let wanted = expected(place, &origins, &self.edges, &self.talk.theirs);
            if held != wanted {
                let more: Vec<_> = held.iter().filter(|one| !wanted.contains(one)).collect();
                let less: Vec<_> = wanted.iter().filter(|one| !held.contains(one)).collect();
                let counts = (held.len(), wanted.len());
                out.push(format!(
                    "place {place}, held and wanted {counts:?}: holds {more:?} instead of {less:?}"
                ));
            }
        }
        for ((place, name), origin) in &self.origins {
            let path = world.path(*place).unwrap();
            let held = world.http.sim().resources(&path).get(name).map(|text| ics::read(text));
            let wanted = ics::read(&ics::write(origin));
            if held.as_ref() != Some(&wanted) {
                out.push(format!("the origin {place}/{name} is {held:?} instead of {wanted:?}"));
            }
        }
        out
    }

    /// Ends the test where the oracle says otherwise.
    pub fn check<S: Keep>(&self, world: &World<S>) {
        let differences = self.differences(world);
        assert!(differences.is_empty(), "{}", differences.join("\n"));
    }
}

/// Someone works at a calendar program.
pub(crate) fn act<S: Keep>(
    world: &World<S>,
    work: impl FnOnce(&mut Person<'_>) -> Result<(), String>,
) {
    let now = world.clock.now().as_millis();
    work(&mut world.http.sim().person(now)).unwrap();
}
