//! One seed decides everything: a history that is lived again is the same to the byte.

mod common;

use common::every_kind;
use kalends_sim_tests::{Depth, Kind, Tale};

/// Catches a clock, a random number or an order of a map that comes from outside.
#[test]
fn a_history_that_is_lived_again_asks_and_records_the_same() {
    for (depth, kind) in every_kind() {
        for seed in 0..2 {
            let tale = Tale::new(depth, kind, seed, 25);
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
