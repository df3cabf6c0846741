//! What people do where edits of mirrors count, and what may come of it.

use kalends_oracle::{
    By, Change, Fate, Level, Mirror, OnDelete, OnEdit, Origin, Place, Showing, deleted, edited,
};

use crate::history::{History, act, all, look, seen};
use crate::keep::Keep;
use crate::site::Act;
use crate::talk::{Key, Taken, kind};
use crate::whose::{Shown, whose};
use crate::world::World;

/// What a mirror shows, before somebody works on it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// Of what, and by which edge.
    pub(crate) shown: Shown,
    /// What that event says.
    pub(crate) origin: Origin,
    /// How much of it is shown.
    pub(crate) level: Level,
}

impl History {
    /// What the object of this name shows, where that is still there.
    pub(crate) fn seen<S: Keep>(&self, world: &World<S>, place: Place, name: &str) -> Option<Seen> {
        let shown = whose(world, self, place, name)?;
        let origin = self.says(world, &shown.key)?;
        let private = self.origins.values().any(|o| o.uid == origin.uid && o.private);
        let level = if private { Level::Busy } else { self.edges[shown.edge].level };
        Some(Seen { shown, origin, level })
    }

    /// All events of one UID show other mirrors from now on.
    pub(crate) fn stir(&mut self, uid: &str) {
        for (key, origin) in self.origins.iter().filter(|(_, origin)| origin.uid == uid) {
            self.talk.of(key, origin).stir();
        }
    }

    /// An event is new: its mirrors are on their way.
    pub(crate) fn is_new(&mut self, key: &Key) {
        let origin = &self.origins[key];
        self.talk.of(key, origin).touch();
    }

    /// An event is made another one.
    pub(crate) fn reshape<S: Keep>(&mut self, world: &World<S>, key: &Key, origin: Origin) {
        let is_series_of =
            |before: &Origin| (&before.start, &before.rule) == (&origin.start, &origin.rule);
        if !self.says(world, key).as_ref().is_some_and(is_series_of) {
            let doubted = self.talk.doubted.extract_if(.., |taken| taken.origin == *key);
            self.talk.taken.extend(doubted);
        }
        self.put(world, &key.1, origin.clone());
        self.talk.of(key, &origin).reshape(origin.clone());
        self.stir(&origin.uid);
    }

    /// A part of an event is changed in its own calendar.
    pub(crate) fn retouch<S: Keep>(&mut self, world: &World<S>, key: &Key, change: Change) {
        let known = self.origins[key].clone();
        let before = self.wanted_of(world, &known.uid);
        let is_changed_too = |taken: &Taken| {
            let cancelled = taken.change.as_ref().and_then(Change::instance);
            taken.origin == *key && cancelled.is_some() && cancelled == change.instance()
        };
        self.talk.untold.extend(self.talk.doubted.extract_if(.., |taken| is_changed_too(taken)));
        // An instance that was shown alone, since its series was not, is shown as one of it.
        let shows_all = matches!(change, Change::Title(_)) && known.title.contains("#nosync");
        let was_alone = || before.iter().flatten().any(|shown| shown.rule.is_empty());
        act(world, key.0, &key.1, Act::Change(&change));
        self.talk.edit(key, &known, (By::Origin, change));
        if shows_all && !known.rule.is_empty() && was_alone() {
            self.stir(&known.uid);
        }
        let after = self.wanted_of(world, &known.uid);
        let since = self.talk.of(key, &known);
        let differ = (0..world.places()).filter(|place| before[*place] != after[*place]);
        differ.for_each(|place| since.outlive(place));
    }

    /// An event goes to another calendar.
    pub(crate) fn carry_talked<S: Keep>(&mut self, world: &World<S>, key: &Key, to: Place) {
        let Some(origin) = self.says(world, key) else { return };
        self.stir(&origin.uid);
        self.carry(world, key.0, &key.1, to);
        let there = (to, key.1.clone());
        if let Some(mut since) = self.talk.since.remove(key) {
            since.carry(to);
            if since.is_changed_by_mirror() {
                self.talk.follow(&there, &origin, (&since, &self.edges));
            }
            self.talk.since.insert(there.clone(), since);
        }
        self.talk.succeed(&there, &Origin { calendar: to, ..origin }, &self.edges);
    }

    /// An event is copied to another calendar under its UID.
    pub(crate) fn copy_talked<S: Keep>(&mut self, world: &World<S>, key: &Key, (to, copy): Key) {
        let Some(origin) = self.says(world, key) else { return };
        let origin = Origin { calendar: to, ..origin };
        let target = world.path(to).unwrap();
        act(world, key.0, &key.1, Act::Copy(&target, &copy));
        let there = (to, copy);
        let since = self.talk.since.get(key).filter(|since| since.is_changed_by_mirror());
        if let Some(mut since) = since.cloned() {
            // Where the event was in that calendar before, what its mirrors say may go to the copy.
            since.carry(to);
            self.talk.follow(&there, &origin, (&since, &self.edges));
            self.talk.since.insert(there.clone(), since);
        }
        let uid = origin.uid.clone();
        self.talk.succeed(&there, &origin, &self.edges);
        self.origins.insert(there, origin);
        self.stir(&uid);
    }

    /// An event is deleted in its calendar.
    pub(crate) fn delete_talked<S: Keep>(&mut self, world: &World<S>, key: &Key) {
        let Some(origin) = self.says(world, key) else { return };
        self.stir(&origin.uid);
        self.delete(world, key.0, &key.1);
        let since = self.talk.since.remove(key);
        self.talk.bin.insert(key.clone(), (origin, since));
    }

    /// An event comes back from the bin.
    pub(crate) fn undelete_talked<S: Keep>(&mut self, world: &World<S>, key: &Key) {
        act(world, key.0, &key.1, Act::Undelete);
        let Some((origin, since)) = self.talk.bin.remove(key) else { return };
        let uid = origin.uid.clone();
        self.talk.since.extend(since.map(|since| (key.clone(), since)));
        self.origins.insert(key.clone(), origin);
        self.stir(&uid);
    }

    /// A person changes a mirror.
    pub(crate) fn edit_mirror<S: Keep>(
        &mut self,
        world: &World<S>,
        key: Key,
        (seen, there): (&Seen, Change),
    ) {
        let Seen { shown, origin, level } = seen;
        let is_untold = self.is_untold(world, &key, (origin, &there));
        act(world, key.0, &key.1, Act::Change(&there));
        if let Some(token) = there.token() {
            self.talk.tokens.insert((key.clone(), kind(&there)), token.to_owned());
        } else if matches!(there, Change::Cancel(_)) {
            self.talk.tokens.remove(&(key.clone(), "instance"));
        }
        let change = of_origin(shown, there);
        let (edge, known) = (&self.edges[shown.edge], self.origins[&shown.key].clone());
        let fate = edited(edge, origin, *level, &change);
        let was_changed = |when: &String| origin.exceptions.iter().any(|one| one.original == *when);
        let is_hidden = matches!(&change, Change::Cancel(when) if was_changed(when));
        if is_hidden && edge.on_edit == OnEdit::Detach && fate != Fate::Theirs {
            // What the instance said is told by its series alone, as long as there is one that says the same.
            let doubted = taken(world, key.clone(), (shown, origin, true));
            let doubted = Taken { change: Some(change.clone()), ..doubted };
            if is_untold { &mut self.talk.untold } else { &mut self.talk.doubted }.push(doubted);
        }
        match fate {
            Fate::Undone => self.talk.of(&shown.key, &known).touch(),
            Fate::Hidden => {
                let by = By::Mirror(shown.edge, edge.on_conflict);
                self.talk.allow(&shown.key, &known);
                self.talk.of(&shown.key, &known).edit_hidden(by, change);
            }
            Fate::Followed => {
                let by = By::Mirror(shown.edge, edge.on_conflict);
                self.talk.edit(&shown.key, &known, (by, change));
            }
            Fate::Theirs => {
                let since = self.talk.of(&shown.key, &known);
                // What was done to it before is seen with what makes it the person's, and stays in it.
                let open = since.is_changed_by(shown.edge);
                if open {
                    since.leave(shown.edge);
                }
                self.take(world, key, (shown, origin, open));
                self.talk.taken.iter_mut().next_back().into_iter().for_each(|taken| {
                    taken.change = Some(change.clone());
                });
            }
        }
    }

    /// Whether a change cancels an instance in a mirror that shows it changed, and otherwise than its event
    /// says by now.
    fn is_untold<S: Keep>(&self, world: &World<S>, key: &Key, of: (&Origin, &Change)) -> bool {
        let (origin, Change::Cancel(when)) = of else { return false };
        let at =
            |mirror: Mirror| seen(mirror).exceptions.into_iter().find(|it| it.original == *when);
        let shown = look(world, key.0, &key.1).and_then(|says| at(Mirror::of(&says)));
        let wanted = self.wanted_of(world, &origin.uid).swap_remove(key.0).into_iter();
        shown.is_some() && wanted.map(at).all(|wanted| wanted != shown)
    }

    /// A person makes a mirror theirs.
    fn take<S: Keep>(
        &mut self,
        world: &World<S>,
        key: Key,
        (shown, origin, open): (&Shown, &Origin, bool),
    ) {
        let taken = taken(world, key, (shown, origin, open));
        if let Some(text) = &taken.text {
            self.talk.copies.insert(taken.key.clone(), text.clone());
        }
        let known = self.origins[&shown.key].clone();
        self.talk.of(&shown.key, &known).touch();
        self.talk.taken.push(taken);
    }

    /// A person deletes a mirror.
    pub(crate) fn delete_mirror<S: Keep>(&mut self, world: &World<S>, key: Key, seen: &Seen) {
        let path = world.path(key.0).unwrap();
        // Where a deletion of ours was refused or never answered, nobody knows whose this one is.
        let ours = world.site(key.0).deleted().contains(&(path, key.1.clone()));
        let showing = self.showing(world, &key, &seen.origin.uid);
        act(world, key.0, &key.1, Act::Delete);
        let open = ours || self.talk.copied.contains(&key.1);
        self.gone(world, key, (&seen.shown, &seen.origin, open), showing);
    }

    /// A person copies a mirror with its mark, where programs can.
    pub(crate) fn copy_mirror<S: Keep>(&mut self, world: &World<S>, key: Key, (to, copy): Key) {
        let target = world.path(to).unwrap();
        act(world, key.0, &key.1, Act::Copy(&target, &copy));
        self.strays.insert((to, copy));
        self.talk.copied.insert(key.1);
    }

    /// A person carries a mirror away.
    pub(crate) fn carry_mirror<S: Keep>(
        &mut self,
        world: &World<S>,
        key: Key,
        (seen, to): (&Seen, Place),
    ) {
        let target = world.path(to).unwrap();
        act(world, key.0, &key.1, Act::Carry(&target));
        self.strays.insert((to, key.1.clone()));
        // To another account it is a deletion here and something new there: who is read first is
        // open. Within one it is a move, whatever is read first, and whatever is read too early.
        if world.owner(key.0) == world.owner(to) {
            let known = self.origins[&seen.shown.key].clone();
            self.talk.tokens.retain(|(of, _), _| *of != key);
            let since = self.talk.of(&seen.shown.key, &known);
            since.touch();
            // What was changed in it and not read yet goes along, to where nothing is read of it.
            if since.is_changed_by(seen.shown.edge) {
                since.stir();
            }
        } else {
            self.gone(world, key, (&seen.shown, &seen.origin, true), Showing::All);
        }
    }

    /// A mirror is not where it was.
    fn gone<S: Keep>(
        &mut self,
        world: &World<S>,
        key: Key,
        (shown, origin, open): (&Shown, &Origin, bool),
        showing: Showing,
    ) {
        self.talk.tokens.retain(|(of, _), _| *of != key);
        let (edge, known) = (&self.edges[shown.edge], self.origins[&shown.key].clone());
        let since = self.talk.of(&shown.key, &known);
        if open || since.is_changed_by_mirror() {
            since.stir();
        }
        match deleted(edge, origin) {
            Fate::Undone | Fate::Hidden => since.touch(),
            Fate::Followed if shown.original.is_empty() => {
                since.end(key.0, showing);
                self.talk.allow(&shown.key, &known);
            }
            Fate::Followed => {
                let by = By::Mirror(shown.edge, edge.on_conflict);
                let change = Change::Cancel(shown.original.clone());
                self.talk.edit(&shown.key, &known, (by, change));
            }
            Fate::Theirs => self.take(world, key, (shown, origin, open)),
        }
    }

    /// A program that was away for long writes back what it held of a mirror: no words of a person,
    /// whatever the edge says of those. Whether that changed anything.
    pub(crate) fn rewind<S: Keep>(&mut self, world: &World<S>, key: &Key, seen: &Seen) -> bool {
        let before = look(world, key.0, &key.1);
        act(world, key.0, &key.1, Act::Rewind);
        let changed = look(world, key.0, &key.1) != before;
        if changed {
            let known = self.origins[&seen.shown.key].clone();
            self.talk.of(&seen.shown.key, &known).touch();
        }
        changed
    }

    /// Whether nothing is to be seen of what a person may do to a mirror that shows one instance
    /// alone, where its edge lets such mirrors be.
    pub(crate) fn is_lone(&self, shown: &Shown) -> bool {
        !shown.original.is_empty() && self.edges[shown.edge].on_delete == OnDelete::Detach
    }
}

/// A mirror as it is now, for one that a person makes theirs.
fn taken<S: Keep>(
    world: &World<S>,
    key: Key,
    (shown, origin, open): (&Shown, &Origin, bool),
) -> Taken {
    let text = all(world, key.0, &key.1);
    let left = look(world, key.0, &key.1).map(|says| seen(Mirror::of(&says)));
    let (uid, of) = (origin.uid.clone(), shown.key.clone());
    Taken { key, origin: of, uid, text, left, open, change: None }
}

/// What a change of a mirror says of its origin: where the mirror shows one instance alone, of that.
fn of_origin(shown: &Shown, there: Change) -> Change {
    if shown.original.is_empty() {
        return there;
    }
    let original = shown.original.clone();
    match there {
        Change::Title(title) | Change::Retitle(_, title) => Change::Retitle(original, title),
        Change::Start(to) | Change::Move(_, to) => Change::Move(original, to),
        other @ (Change::Description(_) | Change::Cancel(_)) => other,
    }
}
