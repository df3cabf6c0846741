//! One seed decides everything: a history that is lived again is the same to the byte.

use crate::common::every_kind;
use kalends_sim_tests::{Depth, Kind, Network, Portions, Servers, Tale};

/// The first seed from one on whose history is lived over a slow network, by workers that read as much at
/// once as they do elsewhere.
fn slow(from: u64) -> u64 {
    let is_slow =
        |seed: &u64| Network::of(*seed) == Network::Slow && Portions::of(*seed) == Portions::Usual;
    (from..).find(is_slow).unwrap_or_default()
}

/// Catches a clock, a random number or an order of a map that comes from outside.
#[test]
fn a_history_that_is_lived_again_asks_and_records_the_same() {
    // Of Radicale's rows one, and of those in which servers fail in other ways than the usual.
    let (radicale, rare) = (slow(48), slow(32));
    assert_eq!(Servers::of(Depth::Wire, rare), Servers::Rare);
    assert_eq!(Servers::of(Depth::Wire, radicale).name(), "radicale");
    for (number, (depth, kind)) in every_kind().into_iter().enumerate() {
        let drawn = Tale::drawn(depth, kind, [radicale, rare][number % 2]);
        for tale in [Tale::new(depth, kind, 0, 25), drawn] {
            let (once, again) = (tale.trace(), tale.trace());
            assert!(!once.requests.is_empty() && !once.journal.is_empty(), "{tale}");
            assert!(once == again, "{tale}");
        }
    }
}

/// Catches a seed that decides nothing.
#[test]
fn another_seed_is_another_history() {
    let tale = |seed| Tale::new(Depth::Values, Kind::Reverting, seed, 25).trace();
    assert!(tale(1) != tale(2));
}
