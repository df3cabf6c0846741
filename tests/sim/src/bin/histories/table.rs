//! The table that T-Minus was measured by, for Kalends.

use kalends_sim_tests::{Columns, Kind, Model, Network, Tale};

use crate::crew::tell_of;
use crate::options::{Options, Speed};

const SEEDS: u64 = 2_000;
/// How many failed histories are shrunk and shown.
const SHOWN_MAX: usize = 3;

/// Prints the table, and gives how many histories are not right in both columns.
pub(crate) fn t_minus(options: &Options) -> usize {
    let depth = options.first_depth();
    let seeds = options.seeds.unwrap_or(SEEDS);
    println!("| fault model | provider calendars correct | canonical store faithful |");
    println!("|---|---|---|");
    let mut failed = Vec::new();
    let kind = |model| if options.digraphs { Kind::Digraph(model) } else { Kind::TMinus(model) };
    for model in Model::ALL {
        let (mut correct, mut faithful) = (0, 0);
        for seed in options.start..options.start + seeds {
            let mut tale = Tale::new(depth, kind(model), seed, options.steps);
            tale = tale.over(options.network.map_or(Network::Instant, Speed::network));
            if !options.only.is_empty() {
                tale.steps.clone_from(&options.only);
            }
            let life = tale.live();
            let seen = |column: fn(Columns) -> bool| life.columns.is_some_and(column);
            correct += u64::from(seen(|columns| columns.correct));
            faithful += u64::from(seen(|columns| columns.faithful));
            if life.columns != Some(Columns { correct: true, faithful: true }) {
                failed.push(tale);
            }
        }
        println!("| {} | {correct}/{seeds} | {faithful}/{seeds} |", model.name());
    }
    failed.iter().take(SHOWN_MAX).for_each(|tale| tell_of(tale, options));
    failed.len()
}
