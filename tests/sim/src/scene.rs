//! What a history begins with.

use crate::keep::Keep;
use crate::life::Depth;
use crate::network::Network;
use crate::portions::Portions;
use crate::servers::Servers;
use crate::world::World;
use crate::worlds::Mixed;

/// A world before anything happens in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scene {
    /// Whose servers are in it.
    pub depth: Depth,
    /// Where the second account is, at Google's and Graph's depth.
    pub mixed: Mixed,
    /// Whether notices of providers come in.
    pub listens: bool,
    /// Over which network they are asked.
    pub network: Network,
    /// What CalDAV server there is, where all accounts are at one.
    pub servers: Servers,
    /// How much workers read at once.
    pub portions: Portions,
    /// Decides what its servers draw.
    pub seed: u64,
    /// Whose each calendar is.
    pub owners: Vec<usize>,
}

impl Scene {
    /// The world.
    pub(crate) fn world<S: Keep>(&self) -> World<S> {
        let (seed, owners) = (self.seed, self.owners.as_slice());
        let mut world = match self.depth {
            Depth::Wire => World::at(self.servers.site(seed), seed, owners),
            Depth::Values => World::of_values(seed, owners),
            Depth::Google => World::of_google(seed, owners, self.mixed),
            Depth::Graph => World::of_graph(seed, owners, self.mixed),
            Depth::All => World::of_three(seed, owners),
        };
        world.makes_calendars = self.servers.profile().writes.make_calendar.is_ok();
        world.all_faults |= self.servers.fails_rarely();
        world.portions = self.portions;
        world.listens = self.listens;
        world.over(self.network)
    }
}
