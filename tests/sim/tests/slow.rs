//! Histories over a network on which requests take time, with providers that count them.

use kalends_sim_tests::{Depth, Kind, Network, Tale, histories};

/// Lives histories of these kinds in turn, and names all that end otherwise.
fn all(depth: Depth, kinds: &[Kind], seeds: std::ops::Range<u64>) {
    let tales = seeds.zip(kinds.iter().cycle());
    let tales = tales.map(|(seed, kind)| Tale::new(depth, *kind, seed, 25).over(Network::Slow));
    let failed: Vec<String> =
        tales.filter_map(|tale| Some(format!("{tale}\n{}", tale.live().trouble?))).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

/// Catches work that is done right only while no time passes in it.
#[test]
fn histories_in_which_requests_take_time_end_as_they_should() {
    let kinds = [Kind::Reverting, Kind::Giving, Kind::Storm, Kind::Rough, Kind::Leaving];
    all(Depth::Wire, &kinds, 8_000_000..8_000_000 + histories(20, 1_000));
}

/// Catches a limit that is met in the midst of a sync, and given up at.
#[test]
fn histories_in_which_providers_count_end_as_they_should() {
    let kinds = [Kind::Reverting, Kind::Giving];
    all(Depth::Google, &kinds, 8_100_000..8_100_000 + histories(6, 300));
    all(Depth::Graph, &kinds, 8_200_000..8_200_000 + histories(4, 300));
    let kinds = [Kind::Reverting, Kind::Storm, Kind::Pushed];
    all(Depth::All, &kinds, 8_300_000..8_300_000 + histories(3, 90));
}

/// Catches a network that is called slow and is not.
#[test]
fn another_network_is_another_history() {
    let tale = Tale::new(Depth::Wire, Kind::Reverting, 3, 25);
    let slow = tale.clone().over(Network::Slow);
    assert!(slow.trace() == slow.trace());
    assert!(tale.trace() != slow.trace());
}
