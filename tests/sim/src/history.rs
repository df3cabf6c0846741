//! What people hold: the truth that the oracle is asked about.

use std::collections::{BTreeMap, BTreeSet};

use kalends_core::ids::CalendarId;
use kalends_core::plan::{Row, RowKey};
use kalends_core::ports::Clock;
use kalends_core::step::UserEdit;
use kalends_oracle::{Edge, Mirror, Origin, Place, expected};

use crate::bodies;
use crate::check::Check;
use crate::keep::Keep;
use crate::said::Said;
use crate::site::Act;
use crate::stamp;
use crate::talk::Talk;
use crate::world::World;

/// What people put where, and the edges between.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// By place and the name it is stored under.
    pub origins: BTreeMap<(Place, String), Origin>,
    /// Objects of ours that people carried away: no mirrors any more, and not theirs.
    pub strays: BTreeSet<(Place, String)>,
    /// Objects of ours in accounts that were given up: nobody looks after them any more.
    pub left: BTreeSet<(Place, String)>,
    /// Whose account was taken out of the graph: what they hold is theirs alone.
    pub away: BTreeSet<usize>,
    /// Under which names events of each UID were in a place that went from there.
    pub gone: BTreeMap<(Place, String), BTreeSet<String>>,
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
        act(world, origin.calendar, name, Act::Put(&origin));
        self.origins.insert((origin.calendar, name.to_owned()), origin);
    }

    /// A person deletes an origin.
    pub fn delete<S: Keep>(&mut self, world: &World<S>, place: Place, name: &str) {
        act(world, place, name, Act::Delete);
        let origin = self.origins.remove(&(place, name.to_owned()));
        origin.into_iter().for_each(|origin| self.note_gone(place, origin.uid, name));
    }

    fn note_gone(&mut self, place: Place, uid: String, name: &str) {
        self.gone.entry((place, uid)).or_default().insert(name.to_owned());
    }

    /// A person moves an origin.
    pub fn carry<S: Keep>(&mut self, world: &World<S>, place: Place, name: &str, to: Place) {
        let target = world.path(to).unwrap();
        act(world, place, name, Act::Carry(&target));
        let mut origin = self.origins.remove(&(place, name.to_owned())).unwrap();
        origin.calendar = to;
        self.note_gone(place, origin.uid.clone(), name);
        self.origins.insert((to, name.to_owned()), origin);
    }

    /// An account is taken out of the graph, with its mirrors, or without: then they lie there, and
    /// are nobody's any more.
    pub(crate) fn leave<S: Keep>(&mut self, world: &World<S>, member: usize, abandon: bool) {
        world.tell(|| Said::Leave(member, abandon));
        let is_of = |place: Place| world.owner(place) == member;
        for place in (0..world.places()).filter(|place| abandon && is_of(*place)) {
            let ours = self.names_of_ours(world, place);
            self.left.extend(ours.into_iter().map(|name| (place, name)));
        }
        world.author(UserEdit::RemoveAccount { account: world.accounts[member], abandon });
        self.edges.retain(|edge| !is_of(edge.from) && !is_of(edge.to));
        self.away.insert(member);
    }

    /// An account that was taken out comes back.
    pub(crate) fn come_back<S: Keep>(&mut self, world: &World<S>, member: usize) {
        world.tell(|| Said::Return(member));
        assert_eq!(world.sign_in_as(member), world.accounts[member], "it has its id again");
        self.away.remove(&member);
    }

    /// Forgets origins that are not there any more: a change of a mirror may take its origin along.
    pub fn forget_missing<S: Keep>(&mut self, world: &World<S>) {
        self.origins.retain(|(place, name), _| holds(world, *place, name));
    }

    /// The objects in a place that nobody put there, with all they hold: ours.
    #[must_use]
    pub fn ours<S: Keep>(&self, world: &World<S>, place: Place) -> BTreeMap<String, String> {
        let names = self.names_of_ours(world, place).into_iter();
        names.filter_map(|name| Some((name.clone(), all(world, place, &name)?))).collect()
    }

    /// Their names, sorted.
    #[must_use]
    pub fn names_of_ours<S: Keep>(&self, world: &World<S>, place: Place) -> Vec<String> {
        let Some(path) = world.path(place) else { return Vec::new() };
        let mut held = world.site(place).names(&path);
        held.retain(|name| {
            let key = (place, name.clone());
            !self.origins.contains_key(&key)
                && !self.strays.contains(&key)
                && !self.left.contains(&key)
                && !self.talk.copies.contains_key(&key)
        });
        held
    }

    /// The mirrors of a place, sorted.
    #[must_use]
    pub fn mirrors<S: Keep>(&self, world: &World<S>, place: Place) -> Vec<Mirror> {
        let ours = self.names_of_ours(world, place);
        let shown = ours.iter().filter_map(|name| look(world, place, name));
        let mut shown: Vec<Mirror> = shown.map(|says| seen(Mirror::of(&says))).collect();
        shown.sort();
        shown
    }

    /// What every place holds beside what the oracle says, in words; empty where all agree.
    #[must_use]
    pub fn differences<S: Keep>(&self, world: &World<S>) -> Vec<String> {
        let origins: Vec<Origin> = self.known(world).map(|(_, origin)| origin.clone()).collect();
        let mut out = Vec::new();
        for place in 0..world.places() {
            let mut held = self.mirrors(world, place);
            let wanted = expected(place, &origins, &self.edges, &self.talk.theirs).into_iter();
            let mut wanted: Vec<Mirror> = wanted.map(seen).collect();
            wanted.sort();
            if !world.site(place).brings_back_cancelled() {
                forgive_cancelled(&mut held, &wanted);
            }
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
            let held = look(world, *place, name).map(|says| Mirror::of(&says));
            let wanted = Mirror::of(origin);
            if held.as_ref() != Some(&wanted) {
                out.push(format!("the origin {place}/{name} is {held:?} instead of {wanted:?}"));
            }
        }
        out
    }

    /// The origins in calendars of accounts that are there.
    fn known<S: Keep>(
        &self,
        world: &World<S>,
    ) -> impl Iterator<Item = (&(Place, String), &Origin)> {
        self.origins.iter().filter(|((place, _), _)| !self.away.contains(&world.owner(*place)))
    }

    /// Where the recorded events are otherwise than what people hold, in words.
    #[must_use]
    pub fn unfaithful<S: Keep>(&self, world: &World<S>) -> Vec<String> {
        let rows = world.store.look(world.keys.graph, BTreeMap::clone);
        let mut recorded: Vec<(CalendarId, Mirror, String)> = Vec::new();
        // What a person copies from Google to elsewhere is as Google has it there (F24), and anywhere else
        // a rule is recorded as it was written.
        let respells = world.members.iter().any(|(site, _)| site.provider() == "google");
        let alike = |origin: &Origin| {
            let mut mirror = alike(Mirror::of(origin));
            if respells {
                mirror.rule = bodies::as_people_write(&mirror.rule);
            }
            mirror
        };
        for row in rows.values() {
            let Row::Presence(event, calendar, presence) = row else { continue };
            let Some(Row::Event(event)) = rows.get(&RowKey::Event(*event)) else { continue };
            let says = bodies::origin(&event.uid, &presence.body);
            recorded.push((*calendar, alike(&says), facts(&says)));
        }
        let held = self
            .known(world)
            .map(|((place, _), origin)| (world.calendar(*place), alike(origin), facts(origin)));
        let mut held: Vec<(CalendarId, Mirror, String)> = held.collect();
        recorded.sort();
        held.sort();
        let more = recorded.iter().filter(|one| !held.contains(one));
        let less = held.iter().filter(|one| !recorded.contains(one));
        more.map(|one| format!("recorded and not held: {one:?}"))
            .chain(less.map(|one| format!("held and not recorded: {one:?}")))
            .collect()
    }

    /// Ends the test where the oracle says otherwise.
    pub fn check<S: Keep>(&self, world: &World<S>) {
        world.judged.add(Check::Oracle, 1 + self.origins.len() as u64);
        Check::Oracle.all_right(&self.differences(world));
    }
}

/// A single is where its instant is, whatever the zone in which a provider keeps it, and so is a changed
/// instance in UTC: what we write of one at Graph is kept so, and goes along where a person copies it.
pub(crate) fn seen(mut mirror: Mirror) -> Mirror {
    if mirror.rule.is_empty() {
        mirror.start = stamp::in_utc(&mirror.start);
    }
    for one in &mut mirror.exceptions {
        if stamp::is_instant(&mirror.start) && one.start.ends_with('Z') {
            one.start = stamp::like(&mirror.start, stamp::second(&one.start));
        }
    }
    mirror.exceptions.sort();
    mirror
}

/// Instances that a person cancelled where nothing brings one back: the mirror is given up, and says
/// so.
fn forgive_cancelled(held: &mut [Mirror], wanted: &[Mirror]) {
    for one in held.iter_mut() {
        let is_it = |wanted: &&Mirror| {
            let mut less = (*wanted).clone();
            less.exceptions.retain(|changed| !one.excluded.contains(&changed.original));
            less.excluded.clone_from(&one.excluded);
            less == *one && wanted.excluded.iter().all(|when| one.excluded.contains(when))
        };
        if let Some(wanted) = wanted.iter().find(is_it) {
            one.clone_from(wanted);
        }
    }
    held.sort();
}

/// A changed instance is where its instant is, whatever its own zone; one that is as its series has
/// it shows nothing of its own.
fn alike(mut mirror: Mirror) -> Mirror {
    for one in &mut mirror.exceptions {
        one.start = stamp::like(&mirror.start, stamp::second(&one.start));
        one.original = stamp::like(&mirror.start, stamp::second(&one.original));
    }
    mirror.exceptions.retain(|one| one.original != one.start || one.title != mirror.title);
    mirror
}

/// What an event is beside what it shows.
fn facts(origin: &Origin) -> String {
    format!("{} {} {} {}", origin.uid, origin.private, origin.free, origin.invited)
}

/// Someone works at a calendar program.
pub(crate) fn act<S: Keep>(world: &World<S>, place: Place, name: &str, act: Act<'_>) {
    world.tell(|| Said::Deed(place, name.to_owned(), world.deed(place, act)));
    let (now, calendar) = (world.clock.now().as_millis(), world.path(place).unwrap());
    world.site(place).act(now, &calendar, name, act).unwrap();
    world.judged.worked_on(place, name);
    let laid = match act {
        Act::Put(_) | Act::Undelete => Some((place, name)),
        Act::Carry(to) => world.place(to).map(|to| (to, name)),
        Act::Copy(to, copy) | Act::Duplicate(to, copy) => world.place(to).map(|to| (to, copy)),
        Act::Change(_) | Act::Delete | Act::Unmark | Act::Garble | Act::CallOff | Act::Rewind => {
            None
        }
    };
    if let Some((text, place)) = laid.and_then(|(to, name)| Some((all(world, to, name)?, to))) {
        world.judged.hold(place, &text);
    }
}

/// What a person sees in what a place holds under a name.
pub(crate) fn look<S: Keep>(world: &World<S>, place: Place, name: &str) -> Option<Origin> {
    world.site(place).look(&world.path(place)?, name)
}

/// Whether a place holds something under a name.
pub(crate) fn holds<S: Keep>(world: &World<S>, place: Place, name: &str) -> bool {
    world.path(place).is_some_and(|path| world.site(place).holds(&path, name))
}

/// All that a place holds under a name, to be compared.
pub(crate) fn all<S: Keep>(world: &World<S>, place: Place, name: &str) -> Option<String> {
    world.site(place).all(&world.path(place)?, name)
}

#[cfg(test)]
mod tests {
    use kalends_oracle::Level;
    use kalends_testkit::caldav_sim::Profile;
    use kalends_testkit::memory::MemoryStore;

    use super::*;
    use crate::leaks::origin;
    use crate::worlds::Mixed;

    /// Catches judges for whom a rule that says the same is the same: a person's own object is theirs, and
    /// where no Google is nothing spells its rule anew.
    #[test]
    fn a_rule_of_a_person_that_is_spelt_otherwise_is_noticed_but_beside_google() {
        let worlds: [fn() -> World<MemoryStore>; 3] = [
            || World::new(Profile::plain(), 1, &[0, 1]),
            || World::of_values(1, &[0, 1]),
            || World::of_google(1, &[0, 1], Mixed::Alone),
        ];
        for (world, noticed) in worlds.into_iter().zip([1, 1, 0]) {
            let world = world();
            let mut history = History::default();
            history.edges.push(world.edge(0, 1, Level::Full));
            let written = |rule: &str| Origin { rule: rule.to_owned(), ..origin(false) };
            history.put(&world, "person1.ics", written("FREQ=DAILY;COUNT=5"));
            world.settle();
            assert_eq!(history.differences(&world).len() + history.unfaithful(&world).len(), 0);
            let (now, path) = (world.clock.now().as_millis(), world.path(0).unwrap());
            let respelt = written("COUNT=5;FREQ=DAILY");
            world.site(0).act(now, &path, "person1.ics", Act::Put(&respelt)).unwrap();
            world.settle();
            let calendars = history.differences(&world);
            let origins = calendars.iter().filter(|what| what.starts_with("the origin")).count();
            assert_eq!(origins, noticed, "{calendars:?}");
            // Recorded as it is now, and not as it was: one that is too much, one that lacks.
            assert_eq!(history.unfaithful(&world).len(), 2 * noticed, "{calendars:?}");
        }
    }
}
