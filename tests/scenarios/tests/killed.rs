//! Every story, with a process that is killed on its way and started again: before each request,
//! after each answer and after each commit, in turn. It ends as where nobody was killed.
//!
//! At some of the places, others in each story; at all of them with `KALENDS_LONG`, and by
//! `cargo xtask sim --killed`, which takes a tenth of the time.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

use kalends_scenarios::{Places, Visited, stories, visit};

/// So many places are visited in each story where not all are.
const PLACES_SOON: u64 = 8;

/// Catches what a dead process wrote and nobody knows of, or takes for a person's edit.
/// `KALENDS_STORY` names one story.
#[test]
fn a_process_that_is_killed_anywhere_in_a_story_ends_it_the_same() {
    let long = std::env::var_os("KALENDS_LONG").is_some();
    let which = if long { Places::All } else { Places::Some(PLACES_SOON) };
    let only = std::env::var("KALENDS_STORY").ok();
    let mut all = Visited::default();
    for (number, (name, story)) in (0..).zip(stories().unwrap()) {
        if only.as_ref().is_none_or(|only| *only == name) {
            all.join(visit(&name, &story, number, which).unwrap());
        }
    }
    let is_enough = all.is_enough();
    let Visited { places, visited, reached, wrong } = all;
    println!("killed at {reached} of {visited} places that were visited, of {places}");
    assert!(is_enough, "only {reached} of {visited} places were reached");
    assert!(wrong.is_empty(), "{} to mend:\n{}", wrong.len(), wrong.join("\n"));
}
