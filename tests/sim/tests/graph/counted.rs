//! What a change costs at Graph once a notice told of it.

use kalends_core::budget::{Load, day};
use kalends_core::ports::Provider as _;
use kalends_core::watch::Upkeep;
use kalends_microsoft::{GRAPH, Microsoft, MicrosoftConfig};
use kalends_oracle::Change;
use kalends_sim_tests::{Act, Post};

use serde_json::json;

use super::{Scene, scene, standup};

/// The calls since the last look: their methods, and what they are about.
fn calls(scene: &Scene) -> Vec<String> {
    let about = |call: &String| {
        let (method, path) = call.split_once(' ').unwrap_or_default();
        let last = path.rsplit('/').next().unwrap_or_default();
        let is_list = ["delta", "calendars", "events", "$batch", "subscriptions"].contains(&last);
        let what = if is_list { last } else { "one" };
        format!("{method} {what}")
    };
    scene.asked().iter().map(about).collect()
}

/// What is told is brought, and then done by a worker.
fn told(scene: &Scene, post: &mut Post) {
    post.bring_all(&scene.world);
    assert_eq!(calls(scene), [""; 0], "a notice makes no call");
    scene.world.clock.advance_millis(5_000);
    scene.world.work();
}

/// Alice's calendar in Bob's, and Graph tells of both.
fn listening() -> (Scene, Post) {
    let mut scene = scene();
    scene.world.listens = true;
    scene.mirror(0, 1);
    scene.put(0, "a", "Dentist", 10);
    scene.put(0, "b", "Lunch", 11);
    let mut post = Post::default();
    for _ in 0..4 {
        scene.world.settle();
        let _ = scene.asked();
        told(&scene, &mut post);
    }
    assert_eq!([0, 1].map(|place| scene.world.upkeep(place)), [Upkeep::Active; 2]);
    let _ = scene.asked();
    (scene, post)
}

/// Flow A at Graph: one changed event that is mirrored is one delta, one read and one write after one
/// notice; the echo is one delta, and nothing is written.
#[test]
fn one_changed_event_is_one_delta_one_read_and_one_write() {
    let (scene, mut post) = listening();
    scene.world.work();
    assert_eq!(calls(&scene), [""; 0], "nobody told of anything, and nobody looks");
    scene.act(0, "a", Act::Change(&Change::Title("Doctor".into())));
    told(&scene, &mut post);
    assert_eq!(calls(&scene), ["GET delta", "GET one", "PATCH one"]);
    assert_eq!(scene.titles(1), ["Doctor", "Lunch"]);
    told(&scene, &mut post);
    assert_eq!(calls(&scene), ["GET delta"], "the echo");
    scene.put(0, "c", "Board", 12);
    told(&scene, &mut post);
    assert_eq!(calls(&scene), ["GET delta", "GET one", "POST events"]);
    told(&scene, &mut post);
    assert_eq!(calls(&scene), ["GET delta"], "the echo of what was made");
    scene.act(0, "b", Act::Delete);
    told(&scene, &mut post);
    let asked = calls(&scene);
    let count = |what: &str| asked.iter().filter(|call| *call == what).count();
    assert_eq!(count("DELETE one"), 1, "{asked:?}");
    assert_eq!(scene.titles(1), ["Board", "Doctor"]);
}

/// Catches a budget that reckons what is not asked: a read of each of our own writes, whose answers say
/// all. Of a series they do not say what became of its instances, and its echo takes a read.
#[test]
fn a_budget_reckons_a_change_as_what_it_takes() {
    let (scene, mut post) = listening();
    let config = MicrosoftConfig { api: GRAPH.to_owned(), remember: String::new() };
    let one = Load { watched: 1, changes: 1, writes: 1, ..Load::default() };
    let reckoned = day(&one, &Microsoft::new(config).allowance());
    let mut takes = || {
        told(&scene, &mut post);
        let changed = calls(&scene);
        told(&scene, &mut post);
        [changed, calls(&scene)]
    };
    scene.act(0, "a", Act::Change(&Change::Title("Doctor".into())));
    let [changed, echo] = takes();
    let asked = changed.len() + echo.len();
    assert_eq!(asked as u64, reckoned.requests(), "{changed:?} {echo:?}");
    let id = scene.make(0, &standup());
    let made = ["GET delta", "GET one", "POST events"];
    assert_eq!(takes(), [made.as_slice(), &["GET delta", "GET one"]]);
    scene.edit(&id, &json!({ "subject": "Daily" }));
    let retitled = ["GET delta", "GET one", "PATCH one"];
    assert_eq!(takes(), [retitled.as_slice(), &["GET delta", "GET one"]]);
}

/// A pass in which nothing changed is one request for each calendar, and one list of calendars for each
/// account, which has no delta.
#[test]
fn a_pass_in_which_nothing_changed_is_one_request_a_calendar() {
    let scene = scene();
    scene.mirror(0, 1);
    scene.put(0, "a", "Dentist", 10);
    scene.rests("first");
    let _ = scene.asked();
    scene.world.sync();
    let mut asked = scene.asked();
    asked.sort();
    let all = asked.clone();
    asked.dedup_by(|later, first| later == first && !later.ends_with("/me/calendars"));
    assert_eq!(asked, all, "none is asked twice");
    let deltas = asked.iter().filter(|call| call.ends_with("/calendarView/delta")).count();
    let held = ["alice", "bob"].map(|user| {
        let address = kalends_sim_tests::GraphSite::address(user);
        scene.graph.sim().calendars(&address).len()
    });
    assert_eq!((deltas, asked.len()), (held[0] + held[1], held[0] + held[1] + 2), "{asked:?}");
}
