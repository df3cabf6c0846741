//! All is at rest: what came of what people did is compared with what may come of it.

use std::collections::BTreeMap;

use kalends_oracle::{Change, Ending, Mirror, Origin, Place, Showing, expected};

use crate::check::Check;
use crate::history::{History, all, holds, look, seen};
use crate::keep::Keep;
use crate::talk::{Key, Taken};
use crate::whose::whose;
use crate::world::World;

impl History {
    /// What an event of a calendar says now.
    #[must_use]
    pub fn says<S: Keep>(&self, world: &World<S>, key: &Key) -> Option<Origin> {
        Some(Origin { calendar: key.0, ..look(world, key.0, &key.1)? })
    }

    /// Takes in what became of everything, and ends the test where it is none of what may be.
    pub fn rest<S: Keep>(&mut self, world: &World<S>) {
        let mut wrong = self.forget_ended(world);
        let origins = self.origins.clone();
        for (key, known) in origins {
            let since = self.talk.since.get(&key);
            let Some((held, since)) = self.says(world, &key).zip(since) else { continue };
            if since.ending() == Ending::Must {
                wrong.push(format!("{key:?} stays, though its mirror was deleted: {known:?}"));
            }
            let objections = since.objections(&held, self.talk.faults).into_iter();
            wrong.extend(objections.map(|what| format!("{key:?}: {what}")));
            self.origins.insert(key, held);
        }
        world.judged.add(Check::Edits, self.talk.since.len() as u64);
        Check::Edits.all_right(&wrong);
        let mut wrong = Vec::new();
        // The last one first: what a person made of a mirror that is there again tells what became of one that
        // they took away before.
        for taken in std::mem::take(&mut self.talk.taken).into_iter().rev() {
            wrong.extend(self.end_of(world, taken));
        }
        self.talk.taken.reverse();
        for untold in std::mem::take(&mut self.talk.untold) {
            let showing = self.showing(world, &untold.key, &untold.uid);
            wrong.extend((showing == Showing::Less).then(|| self.end_of(world, untold)).flatten());
        }
        wrong.extend(self.changed_copies(world));
        world.judged.add(Check::Theirs, self.talk.copies.len() as u64);
        Check::Theirs.all_right(&wrong);
        self.check(world);
        world.judged.add(Check::Lost, self.talk.tokens.len() as u64);
        Check::Lost.all_right(&self.vanished(world));
        self.talk.since.clear();
        self.talk.bin.values_mut().for_each(|(_, since)| *since = None);
        self.talk.tokens.clear();
        self.talk.doubted.clear();
    }

    /// Forgets events that had or were allowed to go, and names those that went unasked.
    pub fn forget_ended<S: Keep>(&mut self, world: &World<S>) -> Vec<String> {
        let ended = self.origins.keys().filter(|key| !holds(world, key.0, &key.1));
        let ended: Vec<Key> = ended.cloned().collect();
        let mut wrong = Vec::new();
        for key in ended {
            let since = self.talk.since.get(&key);
            if since.is_none_or(|since| since.ending() == Ending::Never) {
                wrong.push(format!("{key:?} went, and no person deleted it or its mirror"));
            }
            self.origins.remove(&key);
            self.talk.since.remove(&key);
        }
        wrong
    }

    /// What became of a mirror that a person made theirs.
    fn end_of<S: Keep>(&mut self, world: &World<S>, taken: Taken) -> Option<String> {
        let (place, uid) = (taken.key.0, taken.uid.clone());
        let held = all(world, place, &taken.key.1);
        let shown = self.shown(world, place, &uid);
        let is_cancelled = |change: &Change| match change {
            Change::Cancel(when) => {
                self.says(world, &taken.origin).is_some_and(|origin| origin.excluded.contains(when))
            }
            Change::Title(_)
            | Change::Description(_)
            | Change::Start(_)
            | Change::Move(..)
            | Change::Retitle(..) => false,
        };
        // Where both sides cancelled one instance, nobody sees that somebody touched the mirror.
        let same = taken.change.as_ref().is_some_and(is_cancelled);
        let open = taken.open || same || self.talk.is_open(&taken.origin);
        if taken.text.is_none() && open && shown.is_empty() && !self.is_wanted(place, &uid) {
            // Nobody can tell yet.
            self.talk.taken.push(Taken { open, ..taken });
            return None;
        }
        let is_theirs = match &taken.text {
            Some(text) => held.as_ref() == Some(text),
            None => held.is_none() && shown.is_empty(),
        };
        // Something else of it was put right first; that it says what the person made it say makes it theirs.
        let is_given_up = open && !same && self.is_theirs_in_part(world, &taken);
        if is_theirs || is_given_up {
            self.talk.theirs.insert((place, uid));
            self.talk.copies.extend(shown);
            self.talk.copies.extend(held.map(|held| (taken.key, held)));
            return None;
        }
        self.talk.copies.remove(&taken.key);
        (!open).then(|| format!("{:?} is a person's, and holds {held:?}", taken.key))
    }

    /// Whether a mirror says what a person changed in it, and all else as it was then or as it is to be by
    /// now, or was to be before its event went: pieces of a series are written one by one, and some of that
    /// may have been under way.
    fn is_theirs_in_part<S: Keep>(&self, world: &World<S>, taken: &Taken) -> bool {
        let (place, Some(change)) = (taken.key.0, &taken.change) else { return false };
        let Some(held) = look(world, place, &taken.key.1) else { return false };
        let says_so = match change {
            Change::Cancel(when) => held.excluded.contains(when),
            Change::Title(_)
            | Change::Description(_)
            | Change::Start(_)
            | Change::Move(..)
            | Change::Retitle(..) => {
                let mut again = held.clone();
                change.apply(&mut again);
                seen(Mirror::of(&again)) == seen(Mirror::of(&held))
            }
        };
        let held = seen(Mirror::of(&held));
        let wanted = self.wanted_of(world, &taken.uid).swap_remove(place);
        let wanted: Vec<Mirror> =
            wanted.into_iter().chain(self.wanted_before(world, taken)).map(seen).collect();
        let left = taken.left.iter();
        let may_be: Vec<&Mirror> = left.chain(&wanted).collect();
        let is_one =
            |piece: &dyn Fn(&Mirror) -> String| may_be.iter().any(|one| piece(one) == piece(&held));
        let at = |original: &str| {
            let original = original.to_owned();
            move |one: &Mirror| {
                let changed = one.exceptions.iter().find(|it| it.original == original);
                format!("{changed:?} {}", one.excluded.contains(&original))
            }
        };
        let all = may_be.iter().copied().chain([&held]);
        let changed = all.clone().flat_map(|one| one.exceptions.iter().map(|it| &it.original));
        let mut originals = changed.chain(all.flat_map(|one| &one.excluded));
        says_so
            && is_one(&|one| one.title.clone())
            && is_one(&|one| one.description.clone())
            && is_one(&|one| format!("{} {}", one.start, one.rule))
            && originals.all(|original| is_one(&at(original)))
    }

    /// What a mirror that a person made theirs was to show before its event was deleted, or went to another
    /// calendar.
    fn wanted_before<S: Keep>(&self, world: &World<S>, taken: &Taken) -> Vec<Mirror> {
        let deleted = self.talk.bin.values().filter(|(_, since)| since.is_some());
        let deleted = deleted.map(|(origin, _)| origin.clone());
        let there = self.origins.keys().filter_map(|key| self.says(world, key));
        let of_it = deleted.chain(there).filter(|origin| origin.uid == taken.uid);
        let calendar = taken.origin.0;
        let held: Vec<Origin> = of_it.map(|origin| Origin { calendar, ..origin }).collect();
        held.iter()
            .flat_map(|one| {
                let one = std::slice::from_ref(one);
                expected(taken.key.0, one, &self.edges, &self.talk.theirs)
            })
            .collect()
    }

    /// The objects of ours that show an event in a place.
    pub(crate) fn shown<S: Keep>(
        &self,
        world: &World<S>,
        place: Place,
        uid: &str,
    ) -> BTreeMap<Key, String> {
        let of_it = |name: &str| {
            let shown = whose(world, self, place, name);
            shown.is_some_and(|shown| self.origins[&shown.key].uid == uid)
        };
        let ours = self.names_of_ours(world, place).into_iter();
        ours.filter(|name| of_it(name))
            .filter_map(|name| Some(((place, name.clone()), all(world, place, &name)?)))
            .collect()
    }

    /// What every place is to show of an event, as its calendars hold that now.
    pub(crate) fn wanted_of<S: Keep>(&self, world: &World<S>, uid: &str) -> Vec<Vec<Mirror>> {
        let of_it = self.origins.iter().filter(|(_, origin)| origin.uid == uid);
        let held: Vec<Origin> = of_it.filter_map(|(key, _)| self.says(world, key)).collect();
        let wanted = |place| expected(place, &held, &self.edges, &self.talk.theirs);
        (0..world.places()).map(wanted).collect()
    }

    /// What an object of ours shows of an event, beside what it is to show.
    pub(crate) fn showing<S: Keep>(&self, world: &World<S>, key: &Key, uid: &str) -> Showing {
        let wanted: Vec<Mirror> =
            self.wanted_of(world, uid).swap_remove(key.0).into_iter().map(seen).collect();
        let shown = look(world, key.0, &key.1).map(|says| seen(Mirror::of(&says)));
        if shown.is_some_and(|shown| wanted.contains(&shown)) {
            Showing::All
        } else {
            Showing::Less
        }
    }

    /// Whether a place is to show an event.
    fn is_wanted(&self, place: Place, uid: &str) -> bool {
        let held: Vec<Origin> =
            self.origins.values().filter(|origin| origin.uid == uid).cloned().collect();
        !expected(place, &held, &self.edges, &self.talk.theirs).is_empty()
    }

    fn changed_copies<S: Keep>(&self, world: &World<S>) -> Vec<String> {
        let copies = self.talk.copies.iter();
        let changed =
            copies.filter(|((place, name), text)| all(world, *place, name).as_ref() != Some(text));
        changed.map(|(key, _)| format!("{key:?} is a person's copy, and was written")).collect()
    }

    /// Texts of people that nobody can bring back any more (L14).
    fn vanished<S: Keep>(&self, world: &World<S>) -> Vec<String> {
        let entries = world.store.journal(world.keys.graph).into_iter();
        let journal: Vec<String> = entries
            .filter_map(|(_, payload)| Some(String::from_utf8_lossy(&payload?.0).into_owned()))
            .collect();
        let copies: Vec<&String> = self.talk.copies.values().collect();
        let is_lost = |token: &&String| {
            !journal.iter().any(|entry| entry.contains(*token))
                && !copies.iter().any(|text| text.contains(*token))
        };
        let lost = self.talk.tokens.values().filter(is_lost);
        lost.map(|token| format!("{token:?} vanished without a trace")).collect()
    }
}
