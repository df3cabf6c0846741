use crate::support::{NOW, event, names, server, sync, token};
use kalends_testkit::caldav_sim::Profile;

#[test]
fn a_person_moves_copies_deletes_and_brings_back() {
    let (mut sim, work) = server(Profile::plain());
    let home = sim.add_calendar("alice", "home");
    let mut person = sim.person(NOW);
    person.put(&work, "a.ics", &event("a@test", "")).unwrap();
    person.copy(&work, "a.ics", &home, "copy.ics").unwrap();
    person.duplicate(&work, "a.ics", &home, "new.ics").unwrap();
    person.move_to(&work, "a.ics", &home).unwrap();
    assert!(person.text(&work, "a.ics").is_err());
    person.delete(&home, "copy.ics").unwrap();
    assert!(person.text(&home, "copy.ics").is_err());
    person.undelete(&home, "copy.ics").unwrap();
    assert!(person.undelete(&home, "copy.ics").is_err());
    let held = sim.resources(&home);
    assert_eq!(held.keys().collect::<Vec<_>>(), ["a.ics", "copy.ics", "new.ics"]);
    assert_eq!(held["a.ics"], held["copy.ics"]);
    assert!(!held["new.ics"].contains("a@test"));
}

#[test]
fn what_a_person_does_is_seen_over_the_wire_and_not_in_the_log() {
    let (mut sim, work) = server(Profile::plain());
    let before = token(&sim.handle(NOW, &sync(&work, "")));
    let mut person = sim.person(NOW);
    person.put(&work, "a.ics", &event("a@test", "")).unwrap();
    person.edit(&work, "a.ics", |text| text.replace("Planning", "Changed")).unwrap();
    assert_eq!(sim.log().len(), 1);
    let reply = sim.handle(NOW, &sync(&work, &before));
    assert_eq!(names(&reply), ["a.ics"]);
    sim.person(NOW).delete_calendar(&work).unwrap();
    assert_eq!(sim.handle(NOW, &sync(&work, "")).status, 404);
}

#[test]
fn what_does_not_exist_is_an_error_and_changes_nothing() {
    let (mut sim, work) = server(Profile::plain());
    let mut person = sim.person(NOW);
    person.put(&work, "a.ics", &event("a@test", "")).unwrap();
    assert!(person.delete(&work, "b.ics").is_err());
    assert!(person.move_to(&work, "a.ics", "/none/").is_err());
    assert!(person.put("/none/", "a.ics", "").is_err());
    assert_eq!(sim.resources(&work).len(), 1);
}

#[test]
fn equal_calls_give_equal_replies_and_the_seed_is_in_the_tokens() {
    let run = |seed: u64| {
        let mut sim = kalends_testkit::caldav_sim::CaldavSim::new(Profile::radicale(), seed);
        sim.add_user("alice", "secret");
        let work = sim.add_calendar("alice", "work");
        crate::support::fill(&mut sim, &work, 3);
        sim.handle(NOW, &sync(&work, ""))
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}
