//! Mirrors that people take away: deleted, copied with their marks, or carried off.

use kalends_oracle::{By, Change, Fate, OnDelete, Origin, Showing, deleted};

use crate::giving::Giving;
use crate::history::{act, holds};
use crate::keep::Keep;
use crate::site::Act;
use crate::talk::Key;
use crate::whose::Shown;
use crate::world::World;

impl Giving {
    pub(crate) fn delete_mirror<S: Keep>(&mut self, world: &World<S>) {
        let Some((key, shown, origin, _)) = self.mirror(world) else { return };
        let edge = &self.crowd.history.edges[shown.edge];
        if !shown.original.is_empty() && edge.on_delete == OnDelete::Detach {
            return;
        }
        self.crowd.say(format!("delete the mirror {key:?} of {shown:?}"));
        let path = world.path(key.0).unwrap();
        // Where a deletion of ours was refused or never answered, nobody knows whose this one is.
        let ours = world.site(key.0).deleted().contains(&(path, key.1.clone()));
        let showing = self.crowd.history.showing(world, &key, &origin.uid);
        act(world, key.0, &key.1, Act::Delete);
        let open = ours || self.crowd.history.talk.copied.contains(&key.1);
        self.gone(world, key, (&shown, &origin, open), showing);
    }

    /// A mirror is not where it was.
    fn gone<S: Keep>(
        &mut self,
        world: &World<S>,
        key: Key,
        (shown, origin, open): (&Shown, &Origin, bool),
        showing: Showing,
    ) {
        let history = &mut self.crowd.history;
        history.talk.tokens.retain(|(of, _), _| *of != key);
        let (edge, known) = (&history.edges[shown.edge], history.origins[&shown.key].clone());
        let since = history.talk.of(&shown.key, &known);
        if open || since.is_changed_by_mirror() {
            since.stir();
        }
        match deleted(edge, origin) {
            Fate::Undone | Fate::Hidden => since.touch(),
            Fate::Followed if shown.original.is_empty() => {
                since.end(key.0, showing);
                history.talk.allow(&shown.key, &known);
            }
            Fate::Followed => {
                let by = By::Mirror(shown.edge, edge.on_conflict);
                let change = Change::Cancel(shown.original.clone());
                history.talk.edit(&shown.key, &known, (by, change));
            }
            Fate::Theirs => self.take(world, key, (shown, origin, open)),
        }
    }

    /// A mirror is copied with its mark, or carried away.
    pub(crate) fn take_mirror<S: Keep>(&mut self, world: &World<S>) {
        let Some((key, shown, origin, _)) = self.mirror(world) else { return };
        let to = self.below(world.calendars.len());
        let target = world.path(to).unwrap();
        let edge = &self.crowd.history.edges[shown.edge];
        if !shown.original.is_empty() && edge.on_delete == OnDelete::Detach {
            return;
        }
        if to == key.0 || holds(world, to, &key.1) || !world.are_neighbours(key.0, to) {
            return;
        }
        if self.below(2) == 0 {
            if !world.site(to).copies_keep_marks() {
                return;
            }
            let copy = format!("person{}.ics", self.crowd.made + 1);
            self.crowd.made += 1;
            self.crowd.say(format!("copy the mirror {key:?} to {to}/{copy}"));
            act(world, key.0, &key.1, Act::Copy(&target, &copy));
            self.crowd.history.strays.insert((to, copy));
            self.crowd.history.talk.copied.insert(key.1);
            return;
        }
        self.crowd.say(format!("carry the mirror {key:?} of {shown:?} to {to}"));
        act(world, key.0, &key.1, Act::Carry(&target));
        self.crowd.history.strays.insert((to, key.1.clone()));
        // To another account it is a deletion here and something new there: who is read first is
        // open. Within one it is a move, whatever is read first, and whatever is read too early.
        if world.owner(key.0) == world.owner(to) {
            let history = &mut self.crowd.history;
            let known = history.origins[&shown.key].clone();
            history.talk.tokens.retain(|(of, _), _| *of != key);
            history.talk.of(&shown.key, &known).touch();
        } else {
            self.gone(world, key, (&shown, &origin, true), Showing::All);
        }
    }
}
