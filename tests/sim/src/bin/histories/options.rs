//! What the command line says.

use clap::{Parser, ValueEnum};
use kalends_sim_tests::{Depth, Kind};

/// Lives random histories of people, networks and processes, and says which of them end otherwise
/// than they should.
///
/// Without options: 1,000 histories in worlds that speak real protocols and 5,000 with servers of
/// values, of every profile in turn. Example: `cargo xtask sim --profile giving --start 4711
/// --seeds 1 --depth wire`
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
    #[arg(long, default_value_t = 25)]
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
    /// The only profile; all in turn without it.
    #[arg(long, value_enum)]
    pub(crate) profile: Option<Profile>,
    /// The only depth; both without it.
    #[arg(long, value_enum)]
    pub(crate) depth: Option<How>,
    /// A table instead: `t-minus`, 2,000 histories of each fault model without `--seeds`.
    #[arg(long, value_enum)]
    pub(crate) table: Option<Table>,
    /// 50,000 and 1,000,000 histories.
    #[arg(long)]
    pub(crate) long: bool,
    /// How many at once; as many as there are cores without it.
    #[arg(long)]
    pub(crate) jobs: Option<usize>,
    /// Says what was exercised how often.
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
}

impl Options {
    /// How many histories are lived at once.
    pub(crate) fn at_once(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        self.jobs.unwrap_or_else(cores).max(1)
    }

    /// What is to be lived, in order.
    pub(crate) fn batches(&self) -> Vec<Batch> {
        let kinds = self.profile.map_or_else(|| Kind::ALL.to_vec(), |one| vec![one.kind()]);
        let usual = if self.long { [50_000, 1_000_000] } else { [1_000, 5_000] };
        let both = [(How::Wire, Depth::Wire), (How::Values, Depth::Values)].into_iter().zip(usual);
        let wanted = both.filter(|((how, _), _)| self.depth.is_none_or(|only| only == *how));
        let batch = |((_, depth), usual)| Batch {
            depth,
            kinds: kinds.clone(),
            seeds: self.seeds.unwrap_or(usual),
        };
        wanted.map(batch).collect()
    }
}

impl Profile {
    const fn kind(self) -> Kind {
        match self {
            Self::Reverting => Kind::Reverting,
            Self::Giving => Kind::Giving,
            Self::Storm => Kind::Storm,
            Self::Rough => Kind::Rough,
        }
    }
}
