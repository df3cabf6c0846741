//! What nobody could find out about Graph, each way: a story comes out the same.

use kalends_oracle::Change;
use kalends_sim_tests::Act;
use kalends_testkit::graph_sim::{Belief, Profile, Repeated};
use serde_json::json;

use crate::{Scene, standup};

/// Singles and a series by weekdays, changed and cancelled here and there.
fn story(scene: &Scene, name: &str) {
    scene.mirror(0, 1);
    scene.mirror(2, 1);
    scene.mirror(0, 2);
    scene.put(0, "a", "Dentist", 10);
    scene.put(2, "c.ics", "Board", 12);
    let id = scene.make(0, &standup());
    scene.world.settle();
    scene.edit(&scene.occurrence(&id, "2026-06-10"), &json!({ "subject": "Review" }));
    scene.delete(&scene.occurrence(&id, "2026-06-11"));
    scene.act(0, "a", Act::Change(&Change::Title("Doctor".into())));
    scene.world.settle();
    scene.act(2, "c.ics", Act::Delete);
    scene.rests(name);
    assert_eq!(scene.titles(1), ["Doctor", "Standup"], "{name}");
    assert_eq!(scene.titles(2), ["Doctor", "Standup"], "{name}");
    let count = |shown: &[String]| shown.iter().filter(|one| one.contains("Review")).count();
    assert_eq!(count(&scene.shows(1)), 1, "{name}: {:?}", scene.shows(1));
}

fn profiles() -> Vec<(String, Profile)> {
    let flipped = |(name, belief)| (String::from(name), Profile::default().flipped(belief));
    let mut all: Vec<_> = Belief::ALL.into_iter().map(flipped).collect();
    for repeated in [Repeated::Created, Repeated::Ok, Repeated::Conflict] {
        let mut profile = Profile::default();
        profile.repeated = repeated;
        all.push((format!("repeated {repeated:?}"), profile));
    }
    all
}

#[test]
fn every_belief_of_graph_may_hold_or_not() {
    for (name, profile) in profiles() {
        story(&Scene::new(profile), &name);
    }
}
