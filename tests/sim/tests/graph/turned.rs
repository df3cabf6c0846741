//! Beliefs about Graph that few events meet: those without length, calendars of one name, what reaches
//! over the edge of what is listed, subscriptions that are gone. Each story is told both ways.

use kalends_core::mirror::ParkReason;
use kalends_core::ports::Clock as _;
use kalends_core::watch::Upkeep;
use kalends_oracle::{Change, Level};
use kalends_sim_tests::{Act, GraphSite, Post, Site as _};
use kalends_testkit::caldav_sim::When;
use kalends_testkit::graph_sim::{Belief, Profile};
use serde_json::json;

use super::{Scene, scene};
use crate::common::parked;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

fn both(belief: Belief) -> [(bool, Scene); 2] {
    let held = Profile::default().holds(belief);
    [held, !held].map(|holds| {
        let mut profile = Profile::default();
        profile.set(belief, holds);
        (holds, Scene::new(profile))
    })
}

/// Row 15 of the pitfalls. Catches an event without length that is refused again and again, or that
/// stays away once it has one.
#[test]
fn an_event_without_length_is_mirrored_or_refused_once_and_said() {
    for (taken, scene) in both(Belief::ZeroLengthIsTaken) {
        scene.mirror(2, 1);
        let ics = |end: &str| {
            format!(
                "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\nBEGIN:VEVENT\r\n\
                 UID:z@person\r\nDTSTAMP:20260601T000000Z\r\nDTSTART:20260610T090000Z\r\n\
                 DTEND:{end}\r\nSUMMARY:Reminder\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
            )
        };
        let put = |end: &str| {
            let (now, path) = (scene.world.clock.now().as_millis(), scene.path(2));
            let put = scene.caldav.sim().person(now).put(&path, "z.ics", &ics(end));
            assert_eq!(put, Ok(()));
        };
        put("20260610T090000Z");
        let _ = scene.asked();
        for _ in 0..4 {
            scene.world.settle();
            scene.world.clock.advance_millis(DAY_MS / 2);
        }
        let posts = scene.asked().iter().filter(|call| call.starts_with("POST")).count();
        assert_eq!(posts, 1, "{taken}: written once");
        let shown = if taken { vec!["Reminder 2026-06-10T09:00 once [] -0"] } else { vec![] };
        assert_eq!(scene.shows(1), shown);
        let why = if taken { vec![] } else { vec![ParkReason::Refused] };
        assert_eq!(parked(&scene.world), why);
        put("20260610T093000Z");
        scene.world.settle();
        assert_eq!(scene.shows(1), ["Reminder 2026-06-10T09:00 once [] -0"], "{taken}");
        assert!(parked(&scene.world).is_empty(), "{taken}");
    }
}

/// Catches an overlay that is not made, or a calendar of a person's that is taken for it, since it has
/// the name that the overlay is to have.
#[test]
fn an_overlay_is_made_beside_a_calendar_of_its_name() {
    let bob = GraphSite::address("bob");
    let first = scene();
    first.world.edge(0, 4, Level::Busy);
    first.put(0, "a", "Dentist", 10);
    first.rests("an overlay");
    let overlay = first.path(4);
    let name_of = |scene: &Scene, id: &str| {
        let all = scene.graph.sim().calendars(&bob).into_iter();
        all.filter(|(known, _)| known == id).map(|(_, name)| name).next().unwrap()
    };
    let name = name_of(&first, &overlay);
    for (unique, scene) in both(Belief::NamesAreUnique) {
        let theirs = scene.graph.sim().add_calendar(&bob, &name);
        scene.world.edge(0, 4, Level::Busy);
        scene.put(0, "a", "Dentist", 10);
        scene.rests("an overlay");
        let overlay = scene.path(4);
        assert_ne!(overlay, theirs);
        let expected = if unique { format!("{name} (2)") } else { name.clone() };
        assert_eq!(name_of(&scene, &overlay), expected);
        let held = |calendar: &str| scene.graph.sim().events(calendar).len();
        assert_eq!((held(&overlay), held(&theirs)), (1, 0), "{unique}");
    }
}

/// Catches a long event, or its mirror, that is taken for deleted once its start lies behind the edge
/// of what is listed.
#[test]
fn a_long_event_stays_while_only_its_end_is_in_what_is_listed() {
    for (held, scene) in both(Belief::ViewsHoldOverlaps) {
        scene.mirror(0, 1);
        let day = |text: &str| json!({"dateTime": format!("{text}T00:00:00"), "timeZone": "UTC"});
        let voyage = json!({"subject": "Voyage", "isAllDay": true, "start": day("2026-06-05"),
            "end": day("2026-10-20")});
        let id = scene.make(0, &voyage);
        scene.rests("made");
        let mirror = scene.graph.sim().events(&scene.path(1)).into_keys().next().unwrap();
        for turn in 0..12 {
            scene.world.clock.advance_millis(10 * DAY_MS);
            scene.rests(&format!("{held}: turn {turn}"));
            assert_eq!(scene.titles(1), ["Voyage"], "{held}: turn {turn}");
        }
        assert!(scene.graph.sim().event(&mirror).is_some(), "{held}: it is the same mirror");
        if held {
            scene.edit(&id, &json!({ "subject": "Cruise" }));
            scene.rests("renamed");
            assert_eq!(scene.titles(1), ["Cruise"]);
        }
        scene.delete(&id);
        scene.rests("deleted");
        assert_eq!(scene.titles(1), [""; 0], "{held}: it was looked for by its id");
    }
}

/// Catches a calendar of which nothing is told any more, since a subscription that is gone is not known
/// by the word that Graph has for it.
#[test]
fn a_subscription_that_is_gone_is_followed_by_another() {
    for (own, mut scene) in both(Belief::GoneSubscriptionHasItsOwnCode) {
        scene.world.listens = true;
        scene.mirror(0, 1);
        scene.put(0, "a", "Dentist", 10);
        let mut post = Post::default();
        let mut turn = |scene: &Scene| {
            scene.world.settle();
            post.bring_all(&scene.world);
            scene.world.clock.advance_millis(5_000);
            scene.world.work();
        };
        for _ in 0..3 {
            turn(&scene);
        }
        let first = scene.graph.sim().subscriptions(scene.world.clock.now().as_millis());
        let path = "*/subscriptions/*";
        assert!(scene.graph.sim().faults_mut().add("PATCH", path, When::Always, "G38"));
        for _ in 0..12 {
            scene.world.clock.advance_millis(DAY_MS / 2);
            turn(&scene);
        }
        assert!(scene.graph.sim().faults_mut().rules()[0].1 > 0, "{own}: it is met");
        scene.graph.calm();
        turn(&scene);
        turn(&scene);
        let second = scene.graph.sim().subscriptions(scene.world.clock.now().as_millis());
        assert_eq!(second.len(), first.len(), "{own}: one for each calendar");
        assert!(second.iter().all(|one| !first.contains(one)), "{own}: others");
        assert_eq!([0, 1].map(|place| scene.world.upkeep(place)), [Upkeep::Active; 2], "{own}");
        scene.act(0, "a", Act::Change(&Change::Title("Doctor".into())));
        post.bring_all(&scene.world);
        scene.world.clock.advance_millis(5_000);
        scene.world.work();
        assert_eq!(scene.titles(1), ["Doctor"], "{own}");
        scene.rests("told");
    }
}
