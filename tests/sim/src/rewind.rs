//! Old words of ours that come back.

use crate::giving::Giving;
use crate::history::{act, look};
use crate::keep::Keep;
use crate::site::Act;
use crate::world::World;

impl Giving {
    /// A program that was away for long writes back what it held of a mirror: no words of a person,
    /// whatever the edge says of those.
    pub(crate) fn rewind<S: Keep>(&mut self, world: &World<S>) {
        if self.crowd.history.talk.faults {
            return;
        }
        self.rest(world);
        let Some((key, shown, ..)) = self.mirror(world) else { return };
        let before = look(world, key.0, &key.1);
        act(world, key.0, &key.1, Act::Rewind);
        if look(world, key.0, &key.1) == before {
            return;
        }
        self.crowd.say(format!("rewind the mirror {key:?} of {shown:?}"));
        let history = &mut self.crowd.history;
        let known = history.origins[&shown.key].clone();
        history.talk.of(&shown.key, &known).touch();
    }
}
