//! A service that fails for a while, or asks for less: nothing is lost, and no more is sent than it
//! takes.

use std::collections::{BTreeMap, BTreeSet};

use kalends_core::graph::{CalendarKind, DetailLevel, EdgeOptions, OnEdit, Window};
use kalends_oracle::Change;
use kalends_sim_tests::{Act, Post, Site as _};
use kalends_testkit::caldav_sim::When;
use kalends_testkit::graph_sim::{Belief, Fault, FaultPlan, Profile};
use serde_json::json;

use super::bad_input::set_aside;
use super::{Scene, scene, standup};

/// A story under one fault, and what became of it. Whether the fault was met.
fn lives_through(name: &str, (methods, path): (&[&str], &str), nth: u32) -> bool {
    let mut scene = scene();
    for method in methods.iter().collect::<BTreeSet<_>>() {
        let known = scene.graph.sim().faults_mut().add(method, path, When::Nth(nth), name);
        assert!(known, "{name}");
    }
    scene.world.listens = methods.contains(&"NOTIFY");
    let mut post = Post::default();
    scene.mirror(0, 1);
    scene.put(0, "a", "Dentist", 10);
    scene.put(0, "b", "Lunch", 11);
    scene.make(0, &standup());
    for title in ["Doctor", "Surgeon", "Physician"] {
        scene.world.settle();
        scene.act(0, "a", Act::Change(&Change::Title(title.into())));
        scene.act(0, "b", Act::Change(&Change::Title(format!("Lunch with the {title}"))));
        scene.world.clock.advance_millis(60_000);
        post.bring_all(&scene.world);
    }
    scene.world.settle();
    let met = scene.graph.sim().faults_mut().rules().iter().any(|(_, count)| *count >= nth);
    scene.graph.calm();
    scene.world.settle();
    let titles = ["Lunch with the Physician", "Physician", "Standup"];
    assert_eq!(scene.titles(1), titles, "{name} {nth}");
    assert!(scene.graph.sim().mail().is_empty());
    scene.world.is_at_rest();
    met
}

/// Lost answers, refusals for a time and broken rounds, each at the first places that it fits; and
/// each of them is met.
#[test]
fn faults_that_pass_change_nothing_in_the_end() {
    for name in Fault::passing() {
        let met = [1, 2, 4].map(|nth| lives_through(name, FaultPlan::place(name), nth));
        assert!(met.contains(&true), "{name} is met nowhere");
    }
}

/// Catches an event that is not asked for again until it changes, because the server failed once.
#[test]
fn an_event_that_the_server_failed_at_once_is_mirrored_at_once() {
    for name in ["G30-500", "G18-500"] {
        let scene = scene();
        scene.mirror(0, 1);
        scene.rests("first");
        scene.put(0, "a", "Dentist", 10);
        let path = "*/events/*";
        assert!(scene.graph.sim().faults_mut().add("GET", path, When::Nth(1), name));
        scene.world.settle();
        assert!(scene.graph.sim().faults_mut().rules()[0].1 > 0, "it is met");
        assert_eq!(scene.titles(1), ["Dentist"], "{name}");
    }
}

/// Catches a calendar that stands still for good, since the server always fails at a few of its events, or
/// something on the way gives a page in their place; and an event that stays away once it comes again.
#[test]
fn events_that_the_server_always_fails_at_hold_up_no_other() {
    for (name, code) in [("G30-500", "graph.InternalServerError"), ("X12", "graph.json")] {
        let scene = scene();
        scene.mirror(0, 1);
        scene.rests("first");
        let at = |hour: u8| json!({"dateTime": format!("2026-06-12T{hour:02}:00:00"), "timeZone": "UTC"});
        for n in 0..5 {
            let bad = json!({"subject": format!("Bad {n}"), "start": at(9), "end": at(10)});
            let path = format!("*/events/{}*", scene.make(0, &bad));
            assert!(scene.graph.sim().faults_mut().add("GET", &path, When::Always, name));
        }
        scene.put(0, "a", "Dentist", 10);
        scene.world.settle();
        let met = scene.graph.sim().faults_mut().rules().iter().all(|(_, n)| *n >= 3);
        assert!(met, "each is asked for again");
        assert_eq!(scene.titles(1), ["Dentist"], "{name}");
        let aside: Vec<String> = set_aside(&scene).into_values().collect();
        assert_eq!(aside, vec![code; 5], "{name}");
        scene.act(0, "a", Act::Change(&Change::Title("Doctor".into())));
        scene.world.settle();
        assert_eq!(scene.titles(1), ["Doctor"], "{name}");
        // The next round begins anew, and names them once more.
        scene.graph.calm();
        scene.world.clock.advance_millis(15 * 86_400_000);
        scene.world.settle();
        assert_eq!(scene.titles(1).len(), 6, "{name}");
    }
}

/// Catches a calendar that stands still for good, since one event, or the instances of a series, never come
/// whole, or a page comes in their place.
#[test]
fn what_never_comes_whole_holds_up_no_other() {
    let at =
        |hour: u8| json!({"dateTime": format!("2026-06-12T{hour:02}:00:00"), "timeZone": "UTC"});
    let single = json!({"subject": "Bad", "start": at(9), "end": at(10)});
    for (name, code) in [("X12", "graph.json"), ("X3", "net.cut")] {
        for (event, part) in [(&single, "*"), (&standup(), "/instances*")] {
            let scene = scene();
            scene.mirror(0, 1);
            scene.rests("first");
            let id = scene.make(0, event);
            if event.get("recurrence").is_some() {
                // Which of its instances are there is looked for.
                scene.delete(&scene.occurrence(&id, "2026-06-10"));
            }
            let path = format!("*/events/{id}{part}");
            assert!(scene.graph.sim().faults_mut().add("GET", &path, When::Always, name));
            scene.world.settle();
            assert!(scene.graph.sim().faults_mut().rules()[0].1 >= 3, "it is asked for again");
            scene.put(0, "a", "Dentist", 10);
            scene.world.settle();
            assert_eq!(scene.titles(1), ["Dentist"], "{name} {part}");
            assert_eq!(set_aside(&scene), BTreeMap::from([(id, code.to_owned())]), "{part}");
            scene.graph.calm();
            scene.world.clock.advance_millis(15 * 86_400_000);
            scene.world.settle();
            assert_eq!(scene.titles(1).len(), 2, "{name} {part}");
            assert!(set_aside(&scene).is_empty(), "{name} {part}");
        }
    }
}

/// Catches a batch that counts as one request: a mailbox that takes three at once refuses the fourth.
#[test]
fn no_more_is_asked_of_a_mailbox_at_once_than_it_takes() {
    let mut profile = Profile::default();
    profile.limits.concurrent_max = 3;
    let scene = Scene::new(profile);
    scene.mirror(0, 1);
    scene.mirror(1, 0);
    for n in 0..25 {
        scene.put(0, &format!("a{n}"), &format!("Here {n}"), 1 + n);
        scene.put(1, &format!("b{n}"), &format!("There {n}"), 1 + n);
    }
    scene.rests("first");
    let sim = scene.graph.sim();
    let throttled = sim.log().iter().filter(|logged| {
        String::from_utf8_lossy(&logged.reply.body).contains("ApplicationThrottled")
    });
    assert_eq!(throttled.count(), 0);
    let batches = sim.log().iter().filter(|logged| logged.request.path().ends_with("/$batch"));
    assert!(batches.count() > 5, "several are read together");
}

/// Catches an edge that reaches further than its source is listed, and silently lacks what lies there.
#[test]
fn a_wide_edge_has_what_lies_far_back_and_far_ahead() {
    let scene = scene();
    let at = |day: &str, hour: u8| json!({"dateTime": format!("{day}T{hour:02}:00:00"), "timeZone": "UTC"});
    for (title, day) in [("Long ago", "2025-11-10"), ("Far ahead", "2029-03-05")] {
        scene.make(0, &json!({"subject": title, "start": at(day, 9), "end": at(day, 10)}));
    }
    scene.mirror(0, 2);
    let (level, kind) = (DetailLevel::Full, CalendarKind::TrueMirror);
    let options = EdgeOptions { level, kind, ..EdgeOptions::default() };
    let edge = scene.world.edge_with(0, 1, options.clone());
    scene.rests("narrow");
    assert!(scene.titles(1).is_empty() && scene.titles(2).is_empty());
    let window = Window { past_days: 365, future_days: 1_200 };
    scene.world.change_edge(&edge, EdgeOptions { window, ..options });
    scene.rests("wide");
    assert_eq!(scene.titles(1), ["Far ahead", "Long ago"]);
    assert!(scene.titles(2).is_empty(), "the other edge is as narrow as before");
}

/// Catches a series that has other cancelled instances where it is read alone than where its calendar is
/// listed: what the one cancels the other would have take place again.
#[test]
fn a_series_that_is_read_alone_reaches_as_far_as_where_it_is_listed() {
    let scene = Scene::new(Profile::default().flipped(Belief::CancelledAreListed));
    let at =
        |hour: u8| json!({"dateTime": format!("2025-10-06T{hour:02}:00:00"), "timeZone": "UTC"});
    let id = scene.make(
        0,
        &json!({
            "subject": "Jour fixe", "start": at(9), "end": at(10),
            "recurrence": {
                "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["monday"]},
                "range": {"type": "numbered", "startDate": "2025-10-06",
                    "numberOfOccurrences": 60, "recurrenceTimeZone": "UTC"}},
        }),
    );
    scene.delete(&scene.occurrence(&id, "2025-11-10"));
    let (level, kind, on_edit) = (DetailLevel::Full, CalendarKind::TrueMirror, OnEdit::Propagate);
    let window = Window { past_days: 365, future_days: 400 };
    let options = EdgeOptions { level, kind, on_edit, window, ..EdgeOptions::default() };
    scene.world.edge_with(0, 1, options);
    scene.rests("mirrored");
    let shown = scene.shows(0);
    assert!(shown[0].ends_with("-1"), "{shown:?}");
    assert_eq!(scene.shows(1), shown);
    for title in ["Weekly", "Team"] {
        // Whether it was written nobody knows: the mirror is read alone.
        let path = "/v1.0*events*";
        assert!(scene.graph.sim().faults_mut().add("PATCH", path, When::Nth(1), "X3"));
        scene.edit(&id, &json!({ "subject": title }));
        scene.rests(title);
        let met = scene.graph.sim().faults_mut().rules().iter().any(|(_, n)| *n > 0);
        assert!(met, "{title}");
        scene.graph.calm();
        assert!(scene.shows(0)[0].starts_with(title) && scene.shows(0)[0].ends_with("-1"));
        assert_eq!(scene.shows(1), scene.shows(0), "{title}");
    }
}
