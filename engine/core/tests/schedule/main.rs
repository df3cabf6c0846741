//! Availability against a grid of minutes that was written without looking at it, and what each
//! rule means, one by one.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod draw;
mod grid;
mod rules;
mod solver;
mod support;

use kalends_core::event::{Body, Content, Recurrence, Span};
use kalends_core::schedule::{Inquiry, Rules, Stretch, Taking, availability, reach};
use kalends_core::time::{Civil, Date, Length, Rule, Timestamp, When};

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

/// Catches a year that is answered otherwise than its days are: by a series that is lost in it, or a
/// week or a day that is counted from where the question begins.
#[test]
fn a_year_as_one_question_answers_each_minute_as_the_grid_does() {
    const DAY_MS: i64 = 86_400_000;
    for seed in 0..if is_long() { 2_000 } else { 20 } {
        let drawn = draw::draw(seed);
        let (config, events, rules, inquiry) = drawn.asked();
        let start = inquiry.range.start.saturating_add_millis(-200 * DAY_MS);
        let range = start..start.saturating_add_millis(366 * DAY_MS);
        let year = Inquiry { range: range.clone(), ..inquiry };
        let stretches = availability(&config, &events, &rules, &year);
        covers(&stretches, range.start, range.end, seed);
        for (minute, expected) in grid::minutes(&drawn).into_iter().enumerate() {
            let instant = drawn.minute(minute as i64);
            let at = stretches.partition_point(|stretch| stretch.range.end <= instant);
            let why: Vec<&str> = stretches[at].why.iter().map(|why| why.code()).collect();
            let seen = (why, stretches[at].free_permille);
            assert_eq!(seen, expected, "seed {seed}, {instant}: {drawn:#?}");
        }
    }
}

/// Catches what is taken of a longer time, kept, and answered from as if it were of the time asked for.
#[test]
fn what_is_kept_of_a_longer_time_answers_as_the_events_do() {
    const WEEK_MS: i64 = 7 * 86_400_000;
    let mut refused = 0;
    for seed in 0..if is_long() { 20_000 } else { GRAPHS } {
        let (config, events, rules, inquiry) = draw::draw(seed).asked();
        let Inquiry { range, .. } = &inquiry;
        let longer = range.start.saturating_add_millis(-WEEK_MS)
            ..range.end.saturating_add_millis(2 * WEEK_MS);
        let kept = Taking::of(&config, &events, &rules, &reach(&rules, &longer));
        assert!(kept.covers(&rules, range), "seed {seed}");
        let own = availability(&config, &events, &rules, &inquiry);
        assert_eq!(kept.availability(&config, &rules, &inquiry), own, "seed {seed}");
        // Of that time alone, nothing is said that more events have a say in.
        let narrow = Taking::of(&config, &events, &rules, range);
        refused += u32::from(!narrow.covers(&rules, range));
    }
    assert!(refused > 0, "rules reach over the time asked for");
}

/// Catches a rule that is cut at one place for one range and at another for a longer one.
#[test]
fn a_series_that_was_cut_answers_for_no_other_time() {
    let (config, rules) = (support::config("UTC"), Rules::none(support::zone("UTC")));
    let civil = Civil::new(Date::new(2026, 2, 1).unwrap(), 0);
    let start = When::Zoned(civil, support::zone("UTC"));
    let content = Content::at(Span { start, length: Length::Exact(1), end_zone: None });
    let rules_of_it = vec![Rule::parse("FREQ=SECONDLY").unwrap()];
    let recurrence = Some(Recurrence { rules: rules_of_it, ..Recurrence::default() });
    let events = support::events(vec![Body { recurrence, ..Body::single(content) }]);
    let range = Timestamp::from_seconds(1_770_000_000)..Timestamp::from_seconds(1_771_000_000);
    let kept = Taking::of(&config, &events, &rules, &range);
    assert!(!kept.covers(&rules, &range));
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
