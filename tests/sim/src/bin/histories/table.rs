//! The table that T-Minus was measured by, for Kalends.

use kalends_sim_tests::{Columns, Kind, Model, Network, Tale};

use crate::options::{Options, Speed};

const SEEDS: u64 = 2_000;

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
            let tale = Tale::new(depth, kind(model), seed, options.steps);
            let tale = tale.over(options.network.map_or(Network::Instant, Speed::network));
            let life = tale.live();
            let seen = |column: fn(Columns) -> bool| life.columns.is_some_and(column);
            correct += u64::from(seen(|columns| columns.correct));
            faithful += u64::from(seen(|columns| columns.faithful));
            if life.columns != Some(Columns { correct: true, faithful: true }) {
                failed.push((model, seed, life));
            }
        }
        println!("| {} | {correct}/{seeds} | {faithful}/{seeds} |", model.name());
    }
    for (model, seed, life) in failed.iter().take(3) {
        let trouble = life.trouble.as_deref().unwrap_or_default();
        println!("\n{}, seed {seed}: {trouble}\n{}", model.name(), life.script.join("\n"));
    }
    failed.len()
}
