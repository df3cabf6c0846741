//! Availability against a grid of minutes that was written without looking at it, and what each
//! rule means, one by one.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod draw;
mod grid;
mod rules;
mod solver;
mod support;

use kalends_core::schedule::{Stretch, availability};
use kalends_core::time::Timestamp;

/// Graphs in a run; 20,000 in a long one.
const GRAPHS: u64 = 200;

#[test]
fn every_minute_is_as_a_grid_of_minutes_has_it() {
    let graphs = if is_long() { 20_000 } else { GRAPHS };
    let (mut free, mut minutes) = (0_u64, 0_u64);
    for seed in 0..graphs {
        let drawn = draw::draw(seed);
        let (config, events, rules, inquiry) = drawn.asked();
        let stretches = availability(&config, &events, &rules, &inquiry);
        covers(&stretches, inquiry.range.start, inquiry.range.end, seed);
        let mut at = 0;
        for (minute, expected) in grid::minutes(&drawn).into_iter().enumerate() {
            let instant = drawn.minute(minute as i64);
            while stretches[at].range.end <= instant {
                at += 1;
            }
            let stretch = &stretches[at];
            let why: Vec<&str> = stretch.why.iter().map(|why| why.code()).collect();
            let seen = (why, stretch.free_permille);
            assert_eq!(seen, expected, "seed {seed}, {instant}: {drawn:#?}");
            free += u64::from(stretch.is_free());
            minutes += 1;
        }
    }
    assert!(free * 20 > minutes && free * 20 < minutes * 19, "{free} of {minutes} are free");
}

/// Stretches follow each other, and no two neighbours say the same.
fn covers(stretches: &[Stretch], start: Timestamp, end: Timestamp, seed: u64) {
    assert_eq!(stretches.first().map(|one| one.range.start), Some(start), "seed {seed}");
    assert_eq!(stretches.last().map(|one| one.range.end), Some(end), "seed {seed}");
    for pair in stretches.windows(2) {
        assert_eq!(pair[0].range.end, pair[1].range.start, "seed {seed}");
        let alike = pair[0].why == pair[1].why && pair[0].free_permille == pair[1].free_permille;
        assert!(!alike, "seed {seed}: {pair:?}");
    }
}

#[expect(clippy::disallowed_methods, reason = "how long a test may take is a setting of its run")]
fn is_long() -> bool {
    std::env::var_os("KALENDS_LONG").is_some()
}
