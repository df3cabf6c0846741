//! The measurement of T-Minus over more: two to six calendars of two accounts in a random digraph,
//! with edges of every level, kind and policy for edits, and edits on both their ends.

use crate::giving::Giving;
use crate::keep::Keep;
use crate::tminus::Model;
use crate::world::World;

/// People whose edits of mirrors count, and whose providers tell of each edit.
#[derive(Debug)]
pub struct Spread {
    pub(crate) giving: Giving,
    model: Model,
}

impl Spread {
    /// Edges of every kind between the calendars of a world.
    #[must_use]
    pub fn new<S: Keep>(world: &World<S>, seed: u64, model: Model) -> Self {
        Self { giving: Giving::new(world, seed), model }
    }

    /// One edit, and the sync that its notice asks for.
    pub fn step<S: Keep>(&mut self, world: &World<S>) {
        self.giving.edit_something(world);
        // A sync that dies or reads all anew may miss the order of two edits.
        if self.model != Model::Nothing {
            self.giving.crowd.doubt(world);
        }
        self.model.tell(world, &mut self.giving.crowd);
    }

    /// Three days of quiet, and all is looked at.
    pub fn rest<S: Keep>(&mut self, world: &World<S>) {
        self.model.days(world, &mut self.giving.crowd);
        self.giving.rest(world);
    }
}
