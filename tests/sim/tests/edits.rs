//! Edits of mirrors at odd moments.

mod common;

use common::{at_rest, origin, small};
use kalends_core::ports::Clock;
use kalends_testkit::caldav_sim::{Profile, When};
use kalends_testkit::memory::MemoryStore;

/// Catches an edit that is passed over because the mirror was to be deleted just then, and stays
/// when it is wanted again after all.
#[test]
fn a_mirror_edited_while_it_was_not_wanted_is_put_right_when_it_is_wanted_again() {
    let (world, mut history) = small::<MemoryStore>(Profile::plain());
    at_rest(&world, &history);
    assert!(world.http.sim().plan("DELETE", "*", When::Always, "X1"));
    history.delete(&world, 0, "person-a.ics");
    let _waits = world.sync();
    let path = world.path(1).unwrap_or_default();
    let now = world.clock.now().as_millis();
    for name in history.ours(&world, 1).into_keys() {
        let edited = world
            .http
            .sim()
            .person(now)
            .edit(&path, &name, |text| text.replacen("SUMMARY:Dentist", "SUMMARY:Tampered", 1));
        assert_eq!(edited, Ok(()));
    }
    let _waits = world.sync();
    history.put(&world, "person-a.ics", origin(0, "a", "Dentist", 10));
    let _wanted = world.sync();
    world.http.sim().faults_mut().clear();
    at_rest(&world, &history);
}
