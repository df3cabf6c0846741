//! Two and three graphs that commit one meeting by messages, killed at every point.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod crash;
mod holds;
mod host;
mod rush;
mod session;
mod story;
mod town;

use kalends_contracts::{HostileMemory, Memory, SqliteFile, SqliteMemory};
use kalends_core::meeting::MeetingState;
use kalends_testkit::contract::Subject;

use crash::Fate;
use story::{STORIES, Story, Weather};
use town::Town;

#[test]
fn a_meeting_killed_at_every_point_in_memory() {
    killed_at_every_point::<Memory>(STORIES);
}

#[test]
fn a_meeting_killed_at_every_point_on_a_hostile_store() {
    killed_at_every_point::<HostileMemory>(STORIES);
}

#[test]
fn a_meeting_killed_at_every_point_on_sqlite() {
    // One of each end: committed, refused, and called off after all.
    for story in [0, 1, 5] {
        killed_at_every_point::<SqliteMemory>(&STORIES[story..=story]);
    }
}

#[test]
fn a_meeting_whose_process_dies_again_and_again_on_sqlite() {
    dying_again_and_again::<SqliteFile>();
}

#[test]
fn a_meeting_whose_process_dies_again_and_again_in_memory() {
    dying_again_and_again::<Memory>();
}

#[test]
fn messages_doubled_reordered_and_lost_end_in_all_or_none() {
    for story in STORIES {
        for seed in 0..80 {
            let town = Town::<Memory>::new();
            live(&town, story, &Weather::bad(seed), &Fate::none()).unwrap();
            town.check(story);
        }
    }
}

#[test]
fn bad_weather_and_a_death_on_a_hostile_store() {
    for story in STORIES {
        for seed in 0..50 {
            let town = Town::<HostileMemory>::new();
            let _ = live(&town, story, &Weather::bad(seed), &Fate::at(1 + seed));
            live(&town, story, &Weather::bad(seed + 1_000), &Fate::none()).unwrap();
            town.check(story);
        }
    }
}

#[test]
fn the_stories_end_both_ways() {
    let ends: Vec<_> = STORIES.iter().map(|story| story.ends).collect();
    assert!(ends.contains(&[MeetingState::Committed, MeetingState::Committed]), "{ends:?}");
    assert!(ends.contains(&[MeetingState::Cancelled, MeetingState::Committed]), "{ends:?}");
}

/// Plays a story with a death at one point after the other, until one comes to its end.
fn killed_at_every_point<S: Subject + Default>(stories: &[Story]) {
    for story in stories {
        let mut point = 0;
        loop {
            point += 1;
            let town = Town::<S>::new();
            let fate = Fate::at(point);
            let ended = live(&town, story, &Weather::fair(), &fate);
            if !fate.met() {
                ended.unwrap();
                break;
            }
            assert!(ended.is_err(), "{}: lived on after point {point}", story.name);
            live(&town, story, &Weather::fair(), &Fate::none()).unwrap();
            town.check(story);
        }
        assert!(point > 30, "{}: only {point} points", story.name);
    }
}

/// Each life is so short that it brings about one thing, or two.
fn dying_again_and_again<S: Subject + Default>() {
    for story in STORIES {
        let town = Town::<S>::new();
        let mut lives = 0;
        loop {
            lives += 1;
            assert!(lives < 500, "{}: no end after {lives} lives", story.name);
            let fate = Fate::at(5);
            let ended = live(&town, story, &Weather::fair(), &fate);
            if !fate.met() {
                ended.unwrap();
                break;
            }
        }
        assert!(lives > 5, "{}: only {lives} lives", story.name);
        town.check(story);
    }
}

/// One life of the process that hosts all graphs: the story from its beginning, to its end or
/// until the process dies.
fn live<S: Subject>(
    town: &Town<S>,
    story: &Story,
    weather: &Weather<'_>,
    fate: &Fate,
) -> Result<(), kalends_driver::DriverError> {
    story.play(&host::Host::new(town.store(), fate), weather)
}
