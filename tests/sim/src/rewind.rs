//! Old words of ours that come back.

use crate::giving::Giving;
use crate::keep::Keep;
use crate::world::World;

impl Giving {
    /// A program that was away for long writes back what it held of a mirror.
    pub(crate) fn rewind<S: Keep>(&mut self, world: &World<S>) {
        if self.crowd.history.talk.faults {
            return;
        }
        self.rest(world);
        let Some((key, seen)) = self.mirror(world) else { return };
        if self.crowd.history.rewind(world, &key, &seen) {
            self.crowd.say(format!("rewind the mirror {key:?} of {:?}", seen.shown));
        }
    }
}
