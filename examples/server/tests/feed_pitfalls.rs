//! What goes wrong with feeds in calendar sync elsewhere, by the numbers of the collected pitfalls:
//! the binary over a feed that is mirrored into a CalDAV account.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod support;

use kalends_testkit::caldav_sim::Profile;
use serde_json::json;
use support::carrier::Server;
use support::{Kalends, calendar, event, hours};

const EVENTS: i64 = 8;

/// A feed with events from the first on, mirrored into Bob's desk.
struct Scene {
    server: Server,
    kalends: Kalends,
}

impl Scene {
    fn new() -> Self {
        let server = Server::start(Profile::sabre());
        server.sim().add_user("bob", "secret");
        server.sim().add_calendar("bob", "desk");
        let scene = Self { server, kalends: Kalends::new() };
        scene.publish(&calendar(&events(0)));
        scene.kalends.done("account add feed --name team --file team.ics");
        let url = &scene.server.url;
        scene.kalends.done(&format!("account add caldav --name home --url {url} --user bob"));
        let listed = scene.kalends.done("calendars team");
        let team = listed["calendars"][0]["id"].as_str().unwrap();
        scene.kalends.done(&format!("edge add --from team/{team} --to home/desk --detail title"));
        scene
    }

    fn publish(&self, text: &str) {
        std::fs::write(self.kalends.path("team.ics"), text).unwrap();
    }

    fn mirrors(&self) -> usize {
        let path = self.server.sim().calendars().into_iter().find(|path| path.ends_with("/desk/"));
        self.server.sim().resources(&path.unwrap()).len()
    }
}

fn events(from: i64) -> Vec<String> {
    let one = |n: i64| event(&format!("{n}@team"), &format!("E{n}"), hours(24 * n + 30));
    (from..EVENTS).map(one).collect()
}

/// Catches mirrors that are deleted because a feed was empty, cut, no feed, or not there, and ones
/// that stay though two whole feeds lack their events.
#[test]
fn pitfall_01_what_a_feed_does_not_show_once_is_not_gone() {
    let scene = Scene::new();
    scene.kalends.done("sync");
    let whole = calendar(&events(0));
    assert_eq!(scene.mirrors(), 8);
    let (cut, bare) = (&whole[..whole.len() / 2], calendar(&[]));
    for wrong in [cut, "", "<!doctype html><html><form>", "BEGIN:VCALENDAR\r\n"] {
        scene.publish(wrong);
        for _ in 0..3 {
            let (report, _) = scene.kalends.json("sync");
            assert_eq!(report["deleted"], 0, "{wrong:?}: {report}");
        }
        assert_eq!(scene.mirrors(), 8, "{wrong:?}");
    }
    std::fs::remove_file(scene.kalends.path("team.ics")).unwrap();
    assert_eq!(scene.kalends.json("sync").0["deleted"], 0);
    // Once without any event, and then whole again.
    scene.publish(&bare);
    assert_eq!(scene.kalends.json("sync").0["deleted"], 0);
    scene.publish(&whole);
    assert_eq!(scene.kalends.done("sync")["deleted"], 0);
    assert_eq!(scene.mirrors(), 8);
    scene.publish(&calendar(&events(1)));
    assert_eq!(scene.kalends.done("sync")["deleted"], 0, "one feed lacks it");
    assert_eq!(scene.kalends.done("sync")["deleted"], 1, "two do");
    assert_eq!(scene.mirrors(), 7);
}

/// Catches a feed that is given up, or an event that is moved by hours, since nothing explains the
/// name of a zone.
#[test]
fn pitfall_13_a_zone_that_nothing_explains_sets_one_event_aside() {
    let scene = Scene::new();
    let mut all = events(0);
    let windows = |text: &str, zone: &str| {
        text.replace("DTSTART:", &format!("DTSTART;TZID={zone}:"))
            .replace("DTEND:", &format!("DTEND;TZID={zone}:"))
            .replace("00Z\r\n", "00\r\n")
    };
    all[0] = windows(&all[0], "Moon/Base");
    all[1] = windows(&all[1], "W. Europe Standard Time");
    scene.publish(&calendar(&all));
    let report = scene.kalends.json("sync").0;
    assert_eq!((&report["quarantined"], &report["created"]), (&json!(1), &json!(7)), "{report}");
    assert_eq!(scene.mirrors(), 7);
}

/// Catches one unreadable event that holds up its feed, is deleted for it, or is told of at each
/// sync.
#[test]
fn pitfall_23_one_bad_event_is_set_aside_alone() {
    let scene = Scene::new();
    scene.kalends.done("sync");
    let mut all = events(0);
    all[2] = all[2].replace("DTSTART:", "DTSTART:someday");
    all[3] = all[3].replace("SUMMARY:E3", "SUMMARY:Changed");
    scene.publish(&calendar(&all));
    let report = scene.kalends.json("sync").0;
    let counts = ["quarantined", "updated", "deleted"].map(|field| &report[field]);
    assert_eq!(counts, [1, 1, 0], "{report}");
    let again = scene.kalends.json("sync").0;
    assert_eq!((&again["quarantined"], &again["updated"]), (&json!(0), &json!(0)), "{again}");
    assert_eq!(scene.mirrors(), 8, "what it said last stays");
}
