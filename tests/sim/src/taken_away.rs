//! Mirrors that people take away: deleted, copied with their marks, or carried off.

use crate::giving::Giving;
use crate::history::holds;
use crate::keep::Keep;
use crate::world::World;

impl Giving {
    pub(crate) fn delete_mirror<S: Keep>(&mut self, world: &World<S>) {
        let Some((key, seen)) = self.mirror(world) else { return };
        if self.crowd.history.is_lone(&seen.shown) {
            return;
        }
        self.crowd.say(format!("delete the mirror {key:?} of {:?}", seen.shown));
        self.crowd.history.delete_mirror(world, key, &seen);
    }

    /// A mirror is copied with its mark, or carried away.
    pub(crate) fn take_mirror<S: Keep>(&mut self, world: &World<S>) {
        let Some((key, seen)) = self.mirror(world) else { return };
        let to = self.below(world.calendars.len());
        if self.crowd.history.is_lone(&seen.shown) {
            return;
        }
        if to == key.0 || holds(world, to, &key.1) || !world.are_neighbours(key.0, to) {
            return;
        }
        if self.below(2) == 0 {
            // Under a UID of its own, which some servers want, a copy keeps no mark that holds either.
            if !world.site(to).copies_keep_marks() || world.bars_uid(key.0, to) {
                return;
            }
            let copy = format!("person{}.ics", self.crowd.made + 1);
            self.crowd.made += 1;
            self.crowd.say(format!("copy the mirror {key:?} to {to}/{copy}"));
            self.crowd.history.copy_mirror(world, key, (to, copy));
            return;
        }
        self.crowd.say(format!("carry the mirror {key:?} of {:?} to {to}", seen.shown));
        self.crowd.history.carry_mirror(world, key, (&seen, to));
    }
}
