//! Worlds with Google: whatever people, networks and Google do, it ends as the oracle says.

#![allow(clippy::print_stderr, reason = "a seed that ends otherwise shows its script")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use kalends_sim_tests::{
    Crowd, Depth, Giving, Kind, Mixed, Random, Tale, World, check_journal, check_wire, histories,
};
use kalends_testkit::memory::MemoryStore;

/// Histories that once ended otherwise: a write of a series had no answer, a listing showed what it
/// had made, and its changed instances waited for ever.
const FOUND_ALONE: [u64; 1] = [210];
const FOUND_WITH_CALDAV: [u64; 1] = [1_000_201];

/// How many histories of a kind are lived, in the long run more.
fn seeds() -> u64 {
    histories(20, 500)
}

/// Lives these histories, and names all seeds that end otherwise.
fn all(seeds: impl Iterator<Item = u64>, live: impl Fn(u64) -> bool) {
    let failed: Vec<u64> = seeds.filter(|seed| !live(*seed)).collect();
    assert!(failed.is_empty(), "seeds that end otherwise: {failed:?}");
}

fn world(seed: u64, mixed: Mixed) -> World<MemoryStore> {
    let mut random = Random::new(seed);
    let owners: Vec<usize> = (0..2 + random.below(3)).map(|_| random.below(2)).collect();
    World::of_google(seed, &owners, mixed)
}

/// Whether a history in which mirrors are put right ends as it should.
fn revert(seed: u64, mixed: Mixed) -> bool {
    let world = world(seed, mixed);
    let mut crowd = Crowd::new(&world, seed);
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        for _ in 0..20 {
            crowd.step(&world);
        }
        crowd.calm(&world);
        world.settle();
        crowd.history.check(&world);
        check_wire(&world, &crowd.history);
        check_journal(&world);
        world.is_at_rest();
    }));
    if outcome.is_err() {
        eprintln!("seed {seed} {mixed:?}:\n{}", crowd.history.script.join("\n"));
    }
    outcome.is_ok()
}

/// Whether a history in which edits of mirrors count ends as it should.
fn give(seed: u64, mixed: Mixed) -> bool {
    let world = world(seed, mixed);
    let mut giving = Giving::new(&world, seed);
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        for _ in 0..20 {
            giving.step(&world);
        }
        giving.rest(&world);
        check_wire(&world, &giving.crowd.history);
        check_journal(&world);
        world.is_at_rest();
    }));
    if outcome.is_err() {
        eprintln!("seed {seed} {mixed:?}:\n{}", giving.crowd.history.script.join("\n"));
    }
    outcome.is_ok()
}

#[test]
fn histories_at_google_end_as_the_oracle_says() {
    all(FOUND_ALONE.into_iter().chain(0..seeds()), |seed| revert(seed, Mixed::Alone));
}

#[test]
fn histories_between_google_and_caldav_end_as_the_oracle_says() {
    let seeds = FOUND_WITH_CALDAV.into_iter().chain(1_000_000..1_000_000 + seeds());
    all(seeds, |seed| revert(seed, Mixed::WithCaldav));
}

#[test]
fn edits_of_mirrors_at_google_and_caldav_end_as_the_edges_say() {
    all(2_000_000..2_000_000 + seeds(), |seed| give(seed, Mixed::WithCaldav));
}

/// Instances that a person changed in a mirror and no part stood for; one that was cancelled while a
/// change waited for its series; instances of a series that was yet to be written.
#[test]
fn edits_of_mirrors_at_google_end_as_the_edges_say() {
    for seed in [12, 28, 32, 47, 72, 74, 149, 489] {
        let tale = Tale::new(Depth::Google, Kind::Giving, seed, 25);
        assert_eq!(tale.live().trouble, None, "{tale}");
    }
}

/// Instances that were put back as their series was, and stayed so when it was changed: by a write that
/// had no answer, or by a person.
#[test]
fn instances_that_were_put_back_at_google_go_with_their_series() {
    for seed in [300_921, 302_311] {
        let tale = Tale::new(Depth::Google, Kind::Giving, seed, 25);
        assert_eq!(tale.live().trouble, None, "{tale}");
    }
}

/// Instances that were put right in mirrors which were a person's by then; a deletion that went to an event
/// which had come back under another name.
#[test]
fn mirrors_that_people_take_at_google_are_theirs() {
    for seed in [410_639, 417_041, 423_381, 429_803, 702_653] {
        let tale = Tale::new(Depth::Google, Kind::Giving, seed, 25);
        assert_eq!(tale.live().trouble, None, "{tale}");
    }
}

/// A deletion that went to an event which had moved to another calendar, and whose copy had come back to the
/// one that its mirror was of.
#[test]
fn a_deletion_may_go_to_what_came_back_to_the_calendar_that_was_mirrored() {
    let tale = Tale::drawn(Depth::Google, Kind::Giving, 14_000_641);
    assert_eq!(tale.live().trouble, None, "{tale}");
}

/// What was told live and then cancelled in one whole listing, and stayed.
#[test]
fn what_is_cancelled_while_it_is_listed_is_gone() {
    for seed in [701_700, 704_270] {
        let tale = Tale::new(Depth::Google, Kind::Reverting, seed, 25);
        assert_eq!(tale.live().trouble, None, "{tale}");
    }
}

/// A series that became a single while its edge came to show less: its changed instance went first, as
/// the series stood there until that was written.
#[test]
fn what_is_put_back_as_a_series_stands_there_shows_nothing_more() {
    let tale = Tale::drawn(Depth::Google, Kind::Giving, 2_000_064);
    assert_eq!(tale.live().trouble, None, "{tale}");
}

/// An instance that its origin cancelled was put back as its series had it, which waited for a calendar
/// that failed to be read; a person took the mirror then, and the instance stood in it.
#[test]
fn an_instance_that_goes_with_its_series_waits_with_it() {
    let tale = Tale::drawn(Depth::Google, Kind::Giving, 39_487);
    assert_eq!(tale.live().trouble, None, "{tale}");
}

/// What a person made of an instance was nowhere any more, since its series was deleted where its event had
/// moved away, in a calendar that failed to be read.
#[test]
fn nothing_that_was_made_of_an_instance_goes_unread_with_its_series() {
    let tale = Tale::drawn(Depth::Google, Kind::Giving, 11_200_627);
    assert_eq!(tale.live().trouble, None, "{tale}");
}

/// What a listing that lagged had lacked, and was deleted then; an account that went with its edges,
/// after so many writes as they were good for.
#[test]
fn what_lags_and_what_leaves_google_ends_as_it_should() {
    for (kind, seed) in [(Kind::Rough, 42_117), (Kind::Leaving, 42_013)] {
        let tale = Tale::drawn(Depth::Google, kind, seed);
        assert_eq!(tale.live().trouble, None, "{tale}");
    }
}

/// An instance that is read as it is though it says what its series says; one that was cancelled, and
/// of which a listing said but what is guaranteed.
#[test]
fn what_people_hold_at_google_is_recorded() {
    for (kind, seed) in [(Kind::Reverting, 410), (Kind::Rough, 0)] {
        let tale = Tale::drawn(Depth::Google, kind, seed);
        assert_eq!(tale.live().trouble, None, "{tale}");
    }
}

/// Rules that Google spelled in another order, and what it told of an event in two versions after that
/// had come from another calendar.
#[test]
fn what_google_says_in_its_own_way_is_what_people_meant() {
    let rules = [(Kind::Giving, 3_200_499), (Kind::Storm, 3_100_067)];
    // And copies with such rules, and a series that has one and is a person's.
    let kept = [(Kind::Reverting, 13_382), (Kind::Giving, 40_563)];
    for (kind, seed) in rules.into_iter().chain(kept).chain([(Kind::Giving, 3_201_643)]) {
        let tale = Tale::drawn(Depth::Google, kind, seed);
        assert_eq!(tale.live().trouble, None, "{tale}");
    }
}

/// An instance that was put back as its series stood, since the request that was to delete the series
/// or make it say less never came to Google.
#[test]
fn a_series_whose_write_was_lost_shows_what_it_showed() {
    for (kind, seed) in [(Kind::Storm, 3_000_048), (Kind::Giving, 3_201_311)] {
        let tale = Tale::drawn(Depth::Google, kind, seed);
        assert_eq!(tale.live().trouble, None, "{tale}");
    }
}

/// An overlay that had been made anew, and was not known again once the store was lost.
#[test]
fn an_overlay_that_was_made_anew_at_google_outlives_the_store() {
    let tale = Tale::drawn(Depth::Google, Kind::Storm, 3_100_625);
    assert_eq!(tale.live().trouble, None, "{tale}");
}

/// A worker that stood still between reading an instance and recording it: a person had changed it, and it
/// was ours again by then, with the same words.
#[test]
fn what_was_read_before_a_write_that_says_the_same_takes_no_mirror() {
    let tale = Tale::drawn(Depth::Google, Kind::Rough, 3_000_040);
    assert_eq!(tale.live().trouble, None, "{tale}");
}

/// A series with an instance that was put back as it stood, which a person copied: Google's copy has our
/// properties in that instance too.
#[test]
fn a_copy_of_a_series_at_google_is_a_persons_in_each_of_its_instances() {
    let tale = Tale::drawn(Depth::Google, Kind::Reverting, 4_004_514);
    assert_eq!(tale.live().trouble, None, "{tale}");
}

/// Catches a judge who wants an edit of a mirror to be followed that was carried off before anybody read it:
/// it is there to be seen where the mirror is now, which is a stray.
#[test]
fn an_edit_goes_along_with_the_mirror_that_a_person_carries_off() {
    let tale = Tale::drawn(Depth::Google, Kind::Giving, 5_300_249);
    assert_eq!(tale.live().trouble, None, "{tale}");
}

/// An instance that a person moved in a mirror which was about to go, since another edge shows its event
/// there: the series was deleted with it.
#[test]
fn a_series_on_its_way_out_stays_with_the_instance_that_a_person_moved() {
    let tale = Tale::drawn(Depth::Google, Kind::Giving, 6_001_603);
    assert_eq!(tale.live().trouble, None, "{tale}");
}

/// An instance that a person moved in a mirror that was to say more by then: its origin took the words over
/// that the mirror had said.
#[test]
fn an_instance_that_is_moved_in_a_mirror_keeps_what_it_is_called() {
    let tale = Tale::drawn(Depth::Google, Kind::Giving, 40_511);
    assert_eq!(tale.live().trouble, None, "{tale}");
}

/// An instance that a person changed in a mirror, cancelled in its origin while the mirror's calendar could
/// not be read: the series was written without it, and the change was gone.
#[test]
fn a_series_waits_for_what_a_listing_of_its_calendar_would_tell() {
    let tale = Tale::drawn(Depth::Google, Kind::Giving, 4_005_979);
    assert_eq!(tale.live().trouble, None, "{tale}");
}

/// Catches a mirror that stays away since it was made and deleted while a listing named the token again
/// that it was asked with.
#[test]
fn a_mirror_that_no_listing_named_is_missed_beside_google() {
    let tale = Tale::drawn(Depth::Google, Kind::Reverting, 9_002_566);
    assert_eq!(tale.live().trouble, None, "{tale}");
}
