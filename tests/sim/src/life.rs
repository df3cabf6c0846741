//! One history from its seed to its end.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use kalends_core::journal::{Entry, Payload};
use kalends_sqlite::SqliteStore;
use kalends_testkit::hostile::Hostile;
use kalends_testkit::memory::MemoryStore;

use crate::check::Check;
use crate::coverage::Coverage;
use crate::crowd::Crowd;
use crate::digraph::Spread;
use crate::folk::Folk;
use crate::giving::Giving;
use crate::keep::Keep;
use crate::laws::{check_rows_on_the_way, unsettled};
use crate::network::Network;
use crate::portions::Portions;
use crate::pushed::Pushed;
use crate::random::Random;
use crate::repeats::Repeats;
use crate::said::{Script, said};
use crate::scene::Scene;
use crate::servers::Servers;
use crate::site::Site;
use crate::storm::Storm;
use crate::tminus::{Model, Told};
use crate::world::World;
use crate::worlds::Mixed;

/// After how many steps the states of rows are counted.
const LOOKED_AT_EVERY: u32 = 6;

/// In which rows of four histories, one of each kind, it is counted how parts went from one status to another.
const MOVES_EVERY: u64 = 9;

/// What kind of people live a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Mirrors are put right whatever people do to them: what all calendars hold in the end is
    /// known to the letter.
    Reverting,
    /// Edges of every kind, and edits on both their ends: it is known what each event may say.
    Giving,
    /// Edges that come and go, stores that are lost, processes that die, clocks that jump: what all
    /// calendars hold in the end is known to the letter.
    Storm,
    /// The same as giving, over processes that die and clocks that jump.
    Rough,
    /// The same as storm, with accounts that are taken out of the graph and come back.
    Leaving,
    /// As reverting, with providers that tell of changes, and notices that are lost, doubled,
    /// shuffled and forged.
    Pushed,
    /// Two accounts that show each other, 25 edits, and one model of what fails.
    TMinus(Model),
    /// The same with two to six calendars in a digraph of edges of every level, kind and policy, and
    /// edits on both their ends.
    Digraph(Model),
}

impl Kind {
    /// All kinds that are lived in turn.
    pub const ALL: [Self; 4] = [Self::Reverting, Self::Giving, Self::Storm, Self::Rough];

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reverting => "reverting",
            Self::Giving => "giving",
            Self::Storm => "storm",
            Self::Rough => "rough",
            Self::Leaving => "leaving",
            Self::Pushed => "pushed",
            Self::TMinus(_) => "t-minus",
            Self::Digraph(_) => "digraph",
        }
    }
}

/// Whose servers are in the world that a history is lived in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Depth {
    /// Real exchanges with a CalDAV server.
    Wire,
    /// Servers of values.
    Values,
    /// Real exchanges with Google, alone and beside a CalDAV server.
    Google,
    /// Real exchanges with Microsoft Graph, alone and beside a CalDAV server.
    Graph,
    /// Real exchanges with an account each at Google, at Microsoft Graph and at a CalDAV server.
    All,
}

impl Depth {
    /// All of them.
    pub(crate) const ALL: [Self; 5] =
        [Self::Wire, Self::Values, Self::Google, Self::Graph, Self::All];

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wire => "caldav",
            Self::Values => "values",
            Self::Google => "google",
            Self::Graph => "graph",
            Self::All => "all",
        }
    }

    /// How many accounts there are.
    pub(crate) const fn accounts(self) -> usize {
        match self {
            Self::Wire | Self::Values | Self::Google | Self::Graph => 2,
            Self::All => 3,
        }
    }
}

/// The store that the world of a history stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ground {
    /// Rows in memory, for speed.
    Memory,
    /// The same behind a store that loads only what was asked for, and refuses one commit in ten.
    Hostile,
    /// SQLite, for truth.
    Sqlite,
}

impl Ground {
    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Hostile => "hostile",
            Self::Sqlite => "sqlite",
        }
    }
}

/// What is kept of a history beside how it went.
#[derive(Clone, Copy)]
enum Heard {
    /// What is done, as a script says it.
    Script,
    /// What is answered.
    Answers,
    Nothing,
}

/// How many steps a history has where nobody says.
pub const STEPS: u32 = 25;

/// One history: all of it follows from this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tale {
    /// In what world.
    pub depth: Depth,
    /// On what store.
    pub ground: Ground,
    /// Over which network.
    pub network: Network,
    /// With what CalDAV server.
    pub servers: Servers,
    /// How much workers read at once.
    pub portions: Portions,
    /// What kinds of series people make in a storm.
    pub repeats: Repeats,
    /// What kind of people live it.
    pub kind: Kind,
    /// Decides everything.
    pub seed: u64,
    /// Which of its steps are taken, by number.
    pub steps: Vec<u32>,
}

impl Tale {
    /// A history of so many steps, in memory, over a network that takes no time, with a server that
    /// does as the RFCs say and workers that read little at once.
    #[must_use]
    pub fn new(depth: Depth, kind: Kind, seed: u64, steps: u32) -> Self {
        let (ground, network) = (Ground::Memory, Network::Instant);
        let (servers, portions, steps) = (Servers::Plain, Portions::Small, (0..steps).collect());
        let repeats = Repeats::Daily;
        Self { depth, ground, network, servers, portions, repeats, kind, seed, steps }
    }

    /// The history of a seed as one of many: in the world that is its turn.
    #[must_use]
    pub fn drawn(depth: Depth, kind: Kind, seed: u64) -> Self {
        let tale = Self::new(depth, kind, seed, STEPS).with(Servers::of(depth, seed));
        tale.over(Network::of(seed)).by(Portions::of(seed)).making(Repeats::of(seed))
    }

    /// The same on another store.
    #[must_use]
    pub fn on(self, ground: Ground) -> Self {
        Self { ground, ..self }
    }

    /// The same over another network.
    #[must_use]
    pub fn over(self, network: Network) -> Self {
        Self { network, ..self }
    }

    /// The same with another CalDAV server.
    #[must_use]
    pub fn with(self, servers: Servers) -> Self {
        Self { servers, ..self }
    }

    /// The same with people who make such series.
    #[must_use]
    pub fn making(self, repeats: Repeats) -> Self {
        Self { repeats, ..self }
    }

    /// The same by workers that read so much at once.
    #[must_use]
    pub fn by(self, portions: Portions) -> Self {
        Self { portions, ..self }
    }

    /// The numbers of a step. A step's numbers do not depend on the steps before it, so that steps
    /// can be left out.
    fn random(&self, step: u32) -> Random {
        let mut random = Random::new(self.seed ^ (u64::from(step) << 40));
        let _mixed = random.below(2);
        random
    }

    /// Lives it.
    #[must_use]
    pub fn live(&self) -> Life {
        match self.ground {
            Ground::Memory => self.live_on::<MemoryStore>(),
            Ground::Hostile => self.live_on::<Hostile<MemoryStore>>(),
            Ground::Sqlite => self.live_on::<SqliteStore>(),
        }
    }

    /// Lives it on a store of somebody else's.
    #[must_use]
    pub fn live_on<S: Keep>(&self) -> Life {
        self.live_in::<S>(Heard::Nothing).0
    }

    /// Lives it, and gives all that was asked, answered and recorded.
    #[must_use]
    pub fn trace(&self) -> Trace {
        match self.ground {
            Ground::Memory => self.trace_in::<MemoryStore>(),
            Ground::Hostile => self.trace_in::<Hostile<MemoryStore>>(),
            Ground::Sqlite => self.trace_in::<SqliteStore>(),
        }
    }

    fn trace_in<S: Keep>(&self) -> Trace {
        let (_, world) = self.live_in::<S>(Heard::Answers);
        let requests = world.http.sites().flat_map(Site::take_log).collect();
        Trace { requests, journal: world.store.journal(world.keys.graph) }
    }

    /// Whether a table counts it.
    const fn is_measured(&self) -> bool {
        matches!(self.kind, Kind::TMinus(_) | Kind::Digraph(_))
    }

    /// Whose account is where, where there are two sites.
    const fn mixed(&self) -> Mixed {
        if self.is_measured() || self.seed % 8 < 4 { Mixed::Alone } else { Mixed::WithCaldav }
    }

    /// The history as a script.
    #[must_use]
    pub fn script(&self) -> Script {
        let (_, world) = self.live_in::<MemoryStore>(Heard::Script);
        Script { scene: self.scene(), steps: world.heard() }
    }

    fn scene(&self) -> Scene {
        Scene {
            depth: self.depth,
            mixed: self.mixed(),
            listens: self.kind == Kind::Pushed,
            network: self.network,
            servers: self.servers,
            portions: self.portions,
            seed: self.seed,
            owners: self.owners(&mut self.random(u32::MAX)),
        }
    }

    fn live_in<S: Keep>(&self, heard: Heard) -> (Life, World<S>) {
        let mut world: World<S> = self.scene().world();
        match heard {
            Heard::Script => world.listen(),
            Heard::Answers => {}
            Heard::Nothing => world.http.sites().for_each(Site::forget_replies),
        }
        let life = match self.kind {
            Kind::Reverting => self.live_with(&mut world, |world| Crowd::new(world, self.seed)),
            Kind::Giving => self.live_with(&mut world, |world| Giving::new(world, self.seed)),
            Kind::Storm => self.live_with(&mut world, |world| {
                Storm::new(world, self.seed).making(world, self.repeats)
            }),
            Kind::Leaving => self.live_with(&mut world, |world| {
                Storm::leaving(world, self.seed).making(world, self.repeats)
            }),
            Kind::Rough => {
                self.live_with(&mut world, |world| Giving::with_mishaps(world, self.seed))
            }
            Kind::Pushed => self.live_with(&mut world, |world| Pushed::new(world, self.seed)),
            Kind::TMinus(model) => {
                self.live_with(&mut world, |world| Told::new(world, self.seed, model))
            }
            Kind::Digraph(model) => {
                self.live_with(&mut world, |world| Spread::new(world, self.seed, model))
            }
        };
        (life, world)
    }

    /// Whose each calendar is.
    fn owners(&self, random: &mut Random) -> Vec<usize> {
        let accounts = self.depth.accounts();
        let more = match (self.kind, self.depth) {
            (Kind::TMinus(_), _) => return vec![0, 1],
            (Kind::Storm | Kind::Leaving | Kind::Digraph(_), _) | (_, Depth::All) => 5,
            (Kind::Reverting | Kind::Giving | Kind::Rough | Kind::Pushed, _) => 3,
        };
        (0..2 + random.below(more)).map(|_| random.below(accounts)).collect()
    }

    fn live_with<S: Keep, F: Folk<S>>(
        &self,
        world: &mut World<S>,
        gather: impl FnOnce(&World<S>) -> F,
    ) -> Life {
        let mut folk = gather(world);
        let mut coverage = Coverage::default();
        let ended = catch_unwind(AssertUnwindSafe(|| {
            // What the first step changes of edges is judged by them too.
            world.look_for_leaks(folk.history());
            for step in &self.steps {
                folk.step(world, self.random(*step));
                world.look_for_leaks(folk.history());
                check_rows_on_the_way(world);
                if step % LOOKED_AT_EVERY == 0 {
                    coverage.states(world);
                }
            }
            folk.end(world, self.random(u32::MAX - 1));
            world.look_for_leaks(folk.history());
            coverage.states(world);
        }));
        let trouble = ended.err().map(|payload| {
            let rows = unsettled(world);
            [vec![said(payload.as_ref())], rows].concat().join("\n")
        });
        let calm = trouble.is_none();
        let columns = self.is_measured().then(|| Columns {
            faithful: calm && folk.history().unfaithful(world).is_empty(),
            correct: calm && folk.history().differences(world).is_empty(),
        });
        coverage.add("server", self.servers.name(), 1);
        coverage.script(&folk.history().script);
        coverage.journal(world);
        if (self.seed / 4).is_multiple_of(MOVES_EVERY) {
            coverage.moves(world);
        }
        coverage.judged(world);
        Life { trouble, script: folk.history().script.clone(), coverage, columns }
    }
}

impl Life {
    /// Which check it failed; `None` where it did not, or fell over something else.
    #[must_use]
    pub fn check(&self) -> Option<Check> {
        Check::of(self.trouble.as_deref()?)
    }
}

impl fmt::Display for Tale {
    /// The options that live it again.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lived = match self.kind {
            Kind::TMinus(_) => "--table t-minus".to_owned(),
            Kind::Digraph(_) => "--table t-minus --digraphs".to_owned(),
            Kind::Reverting
            | Kind::Giving
            | Kind::Storm
            | Kind::Rough
            | Kind::Leaving
            | Kind::Pushed => format!("--profile {}", self.kind.name()),
        };
        let depth = self.depth.name();
        write!(f, "--providers {depth} {lived} --start {} --seeds 1", self.seed)?;
        if self.ground != Ground::Memory {
            write!(f, " --store {}", self.ground.name())?;
        }
        if self.network != Network::of(self.seed) {
            write!(f, " --network {}", self.network.name())?;
        }
        if self.servers != Servers::of(self.depth, self.seed) {
            write!(f, " --servers {}", self.servers.name())?;
        }
        if self.repeats != Repeats::of(self.seed) {
            write!(f, " --repeats {}", self.repeats.name())?;
        }
        if self.portions != Portions::of(self.seed) {
            write!(f, " --portions {}", self.portions.name())?;
        }
        if self.steps.iter().copied().eq(0..25) {
            return Ok(());
        }
        let steps: Vec<String> = self.steps.iter().map(u32::to_string).collect();
        write!(f, " --only {}", steps.join(","))
    }
}

/// How a history went.
#[derive(Debug, Clone)]
pub struct Life {
    /// What is otherwise than it should be; `None`: nothing.
    pub trouble: Option<String>,
    /// What was done.
    pub script: Vec<String>,
    /// What it exercised.
    pub coverage: Coverage,
    /// What is to be seen in the end, in histories that a table counts.
    pub columns: Option<Columns>,
}

/// The two columns of the table that T-Minus was measured by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Columns {
    /// The recorded events are what people hold.
    pub faithful: bool,
    /// All calendars hold the copies that they should, and no other ones.
    pub correct: bool,
}

/// All that a history left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// What was asked and answered at all sites.
    pub requests: Vec<String>,
    /// What was recorded.
    pub journal: Vec<(Entry, Option<Payload>)>,
}
