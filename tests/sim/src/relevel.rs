//! Edges that show more or less.

use kalends_core::graph::EdgeOptions;
use kalends_core::ids::EdgeId;

use crate::edge::oracle_level;
use crate::giving::{Giving, LEVELS};
use crate::keep::Keep;
use crate::world::World;

impl Giving {
    /// An edge shows more or less from now on.
    pub(crate) fn show_otherwise<S: Keep>(&mut self, world: &World<S>) {
        let n = self.below(self.crowd.history.edges.len());
        let level = LEVELS[self.below(3)];
        let edge = self.crowd.history.edges[n].clone();
        self.crowd.say(format!("edge {n} shows {level:?}"));
        world.look_for_leaks(&self.crowd.history);
        let config = world.set_up();
        let known = &config.edges[&EdgeId::from_bytes(edge.rank)];
        let pair = known.pair.map(|pair| *pair.as_bytes());
        world.change_edge(&edge, EdgeOptions { level, ..known.options.clone() });
        let history = &mut self.crowd.history;
        let changed =
            history.edges.iter_mut().filter(|e| e.rank == edge.rank || pair == Some(e.rank));
        for edge in changed {
            edge.level = oracle_level(level);
        }
        for (key, origin) in &history.origins {
            history.talk.of(key, origin).stir();
        }
        world.look_for_leaks(&self.crowd.history);
    }
}
