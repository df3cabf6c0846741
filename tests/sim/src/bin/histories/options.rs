//! What the command line says.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use kalends_sim_tests::{Depth, Ground, Kind, Network, Portions, Repeats, STEPS, Servers, Tale};

/// Lives random histories of people, networks and processes, and says which of them end otherwise
/// than they should.
///
/// Without options: 1,000 histories with a CalDAV server and 10,000 with servers of values, of every
/// profile in turn, 300 with three providers in one graph, and some of people who take accounts out of it and
/// bring them back. Example: `cargo xtask sim --profile
/// giving --start 4711 --seeds 1 --providers caldav`
#[derive(Debug, Parser)]
#[command(name = "cargo xtask sim")]
pub(crate) struct Options {
    /// How many histories, profiles in turn, instead of the usual numbers.
    #[arg(long)]
    pub(crate) seeds: Option<u64>,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    pub(crate) start: u64,
    /// Steps of each history.
    #[arg(long, default_value_t = STEPS)]
    pub(crate) steps: u32,
    /// Only these steps of each, by number.
    #[arg(long, value_delimiter = ',')]
    pub(crate) only: Vec<u32>,
    /// Ends with the first history that fails.
    #[arg(long)]
    pub(crate) first: bool,
    /// Shows failed histories whole, not shrunk.
    #[arg(long)]
    pub(crate) whole: bool,
    /// Shows of failed histories what was asked, answered and recorded, too.
    #[arg(long)]
    pub(crate) trace: bool,
    /// The only profile; all in turn without it.
    #[arg(long, value_enum)]
    pub(crate) profile: Option<Profile>,
    /// `wire` for `--providers caldav`, `values` for `--providers values`.
    #[arg(long, value_enum, conflicts_with = "providers")]
    pub(crate) depth: Option<How>,
    /// Whose calendars people use; `caldav,values,all` without it.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub(crate) providers: Vec<Provider>,
    /// On what store the worlds stand.
    #[arg(long, value_enum, default_value = "memory")]
    pub(crate) store: Store,
    /// Over which network sites are asked; each fourth history over a slow one without it.
    #[arg(long, value_enum)]
    pub(crate) network: Option<Speed>,
    /// With which CalDAV server histories at CalDAV are lived: `plain`, `rare` for one that fails in
    /// rarer ways too, `more` for one that fails in the most ways, or `radicale`, `sabre` and so on for
    /// one with such habits; all in turn without it.
    #[arg(long, value_parser = servers)]
    pub(crate) servers: Option<Servers>,
    /// How much workers read at once; three in four as much as usual without it.
    #[arg(long, value_enum)]
    pub(crate) portions: Option<Share>,
    /// What kinds of series people make in a storm; in seven histories of eight `any`
    /// without it.
    #[arg(long, value_enum)]
    pub(crate) repeats: Option<Series>,
    /// A table instead: `t-minus`, 2,000 histories of each fault model without `--seeds`, with the
    /// first of the providers.
    #[arg(long, value_enum)]
    pub(crate) table: Option<Table>,
    /// With the table: two to six calendars in digraphs of edges of every level, kind and policy, in
    /// place of two that show each other.
    #[arg(long, requires = "table")]
    pub(crate) digraphs: bool,
    /// Lives the script in this file instead.
    #[arg(long)]
    pub(crate) script: Option<PathBuf>,
    /// 50,000 and 1,000,000 histories, and 3,000 with three providers.
    #[arg(long)]
    pub(crate) long: bool,
    /// How many at once; as many as there are cores without it.
    #[arg(long)]
    pub(crate) jobs: Option<usize>,
    /// Says what was exercised how often, and what never; in a long run the latter is a failure.
    #[arg(long)]
    pub(crate) coverage: bool,
}

/// The profiles by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Profile {
    /// Mirrors are put right whatever people do to them.
    Reverting,
    /// Edges of every kind, and edits on both their ends.
    Giving,
    /// Edges that come and go, stores that are lost, processes that die, clocks that jump.
    Storm,
    /// As giving, over processes that die and clocks that jump.
    Rough,
    /// As storm, with accounts that are taken out of the graph and come back; not one of those in turn.
    Leaving,
    /// As reverting, with providers that tell of changes and notices that go astray.
    Pushed,
}

/// The providers by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Provider {
    /// A CalDAV server.
    Caldav,
    /// Google, alone and beside a CalDAV server.
    Google,
    /// Microsoft Graph, alone and beside a CalDAV server.
    #[value(alias = "microsoft")]
    Graph,
    /// A server of values.
    Values,
    /// An account each at Google, at Microsoft Graph and at a CalDAV server.
    All,
}

/// The stores by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Store {
    /// Rows in memory.
    Memory,
    /// The same behind a store that loads only what was asked for, and refuses one commit in ten.
    Hostile,
    /// SQLite.
    Sqlite,
}

impl Store {
    pub(crate) const fn ground(self) -> Ground {
        match self {
            Self::Memory => Ground::Memory,
            Self::Hostile => Ground::Hostile,
            Self::Sqlite => Ground::Sqlite,
        }
    }
}

/// The networks by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Speed {
    /// The clock stands while workers work.
    Instant,
    /// Requests take time, providers count them, and workers' clocks differ.
    Slow,
}

impl Speed {
    pub(crate) const fn network(self) -> Network {
        match self {
            Self::Instant => Network::Instant,
            Self::Slow => Network::Slow,
        }
    }
}

/// How much workers read at once, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Share {
    /// Objects are read in twos, and most of a listing lies in the store while it goes on.
    Small,
    /// As much as workers do that nobody told otherwise.
    Usual,
}

impl Share {
    const fn portions(self) -> Portions {
        match self {
            Self::Small => Portions::Small,
            Self::Usual => Portions::Usual,
        }
    }
}

/// Kinds of series by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Series {
    /// Days, series by the day, and those in a zone whose clocks change.
    Daily,
    /// The same, series by the week and by the month, and times of no zone.
    Any,
}

impl Series {
    const fn repeats(self) -> Repeats {
        match self {
            Self::Daily => Repeats::Daily,
            Self::Any => Repeats::Any,
        }
    }
}

fn servers(name: &str) -> Result<Servers, String> {
    Servers::named(name).ok_or_else(|| "name plain, rare or a profile of the simulator".to_owned())
}

/// The depths by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum How {
    /// Real exchanges with servers that speak their protocols.
    Wire,
    /// Servers of values.
    Values,
}

/// The tables by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Table {
    /// The one that T-Minus was measured by.
    TMinus,
}

/// Histories of one depth.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    pub(crate) depth: Depth,
    pub(crate) kinds: Vec<Kind>,
    pub(crate) seeds: u64,
    /// Whether all profiles are lived that are lived there in turn.
    pub(crate) is_whole: bool,
}

impl Options {
    /// How many histories are lived at once.
    pub(crate) fn at_once(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        self.jobs.unwrap_or_else(cores).max(1)
    }

    /// Whether it is said what was exercised how often, and what never.
    pub(crate) const fn shows_coverage(&self) -> bool {
        self.coverage || self.long
    }

    /// The history of a seed that is one of many, in the world that is its turn where nobody says.
    pub(crate) fn tale(&self, batch: &Batch, seed: u64) -> Tale {
        let kind = batch.kinds[(seed % batch.kinds.len() as u64) as usize];
        let mut tale = Tale::drawn(batch.depth, kind, seed).on(self.store.ground());
        tale.steps = (0..self.steps).collect();
        tale.network = self.network.map_or(tale.network, Speed::network);
        tale.servers = self.servers.unwrap_or(tale.servers);
        tale.repeats = self.repeats.map_or(tale.repeats, Series::repeats);
        tale.portions = self.portions.map_or(tale.portions, Share::portions);
        if !self.only.is_empty() {
            tale.steps.clone_from(&self.only);
        }
        tale
    }

    /// What is to be lived, in order.
    pub(crate) fn batches(&self) -> Vec<Batch> {
        let all = self.profile.is_none() && self.depth.is_none() && self.providers.is_empty();
        // Whose seeds fall to which profile stays as it was: those that once failed go by it.
        let leaving = |provider: Provider| Batch {
            depth: provider.depth(),
            kinds: vec![Kind::Leaving],
            seeds: self.seeds.unwrap_or_else(|| (provider.usual(self.long) / 50).max(100)),
            is_whole: false,
        };
        let leaving = [Provider::Caldav, Provider::Values].into_iter().filter(|_| all).map(leaving);
        let batch = |provider: Provider| Batch {
            depth: provider.depth(),
            kinds: self.profile.map_or_else(|| provider.kinds(), |one| vec![one.kind()]),
            seeds: self.seeds.unwrap_or_else(|| provider.usual(self.long)),
            is_whole: self.profile.is_none() && self.only.is_empty(),
        };
        self.worlds().into_iter().map(batch).chain(leaving).collect()
    }

    /// In what world the histories of a table are lived.
    pub(crate) fn first_depth(&self) -> Depth {
        self.worlds().first().map_or(Depth::Wire, |provider| provider.depth())
    }

    /// Whose servers there are, in order.
    fn worlds(&self) -> Vec<Provider> {
        match self.depth {
            Some(How::Wire) => vec![Provider::Caldav],
            Some(How::Values) => vec![Provider::Values],
            None if self.providers.is_empty() => {
                vec![Provider::Caldav, Provider::Values, Provider::All]
            }
            None => self.providers.clone(),
        }
    }
}

impl Provider {
    const fn depth(self) -> Depth {
        match self {
            Self::Caldav => Depth::Wire,
            Self::Google => Depth::Google,
            Self::Graph => Depth::Graph,
            Self::Values => Depth::Values,
            Self::All => Depth::All,
        }
    }

    /// The profiles that are lived there in turn.
    fn kinds(self) -> Vec<Kind> {
        match self {
            Self::Caldav | Self::Values => Kind::ALL.to_vec(),
            Self::Google | Self::Graph => vec![Kind::Reverting, Kind::Giving],
            Self::All => vec![Kind::Reverting, Kind::Storm, Kind::Pushed],
        }
    }

    /// How many histories are lived there where nobody says.
    const fn usual(self, long: bool) -> u64 {
        match (self, long) {
            (Self::Caldav, true) => 50_000,
            (Self::Caldav, false) => 1_000,
            (Self::Google | Self::Graph, true) => 5_000,
            (Self::Google | Self::Graph, false) => 200,
            (Self::All, true) => 3_000,
            (Self::All, false) => 300,
            (Self::Values, true) => 1_000_000,
            (Self::Values, false) => 10_000,
        }
    }
}

impl Profile {
    const fn kind(self) -> Kind {
        match self {
            Self::Reverting => Kind::Reverting,
            Self::Giving => Kind::Giving,
            Self::Storm => Kind::Storm,
            Self::Rough => Kind::Rough,
            Self::Leaving => Kind::Leaving,
            Self::Pushed => Kind::Pushed,
        }
    }
}
