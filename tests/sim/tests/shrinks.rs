//! A history that ends otherwise than it should is told with the fewest of its steps.

use kalends_sim_tests::{Depth, Kind, Tale, fewest};

/// Catches a shrinking that stops early, or that leaves out what matters.
#[test]
fn only_the_steps_that_matter_are_left() {
    let all: Vec<u32> = (0..25).collect();
    for needed in [&[3, 17][..], &[0, 1, 2], &[24], &[5, 11, 12, 23]] {
        let fails = |steps: &[u32]| needed.iter().all(|step| steps.contains(step));
        assert_eq!(fewest(&all, fails), needed);
    }
}

/// Catches a shrinking that drops steps of histories that end as they should.
#[test]
fn a_history_that_ends_as_it_should_stays_whole() {
    let tale = Tale::new(Depth::Values, Kind::Reverting, 3, 8);
    assert_eq!(tale.shrunk(), tale);
}
