//! Microsoft Graph in a world: with itself, and with CalDAV.

mod bad_input;
mod behind;
mod beliefs;
mod beside;
mod counted;
mod failing;
mod foreign;
mod killed;
mod overlay;
mod put_right;
mod singly;
mod turned;

use std::sync::Arc;

use crate::common::origin;
use kalends_core::graph::{CalendarKind, DetailLevel, EdgeOptions, OnEdit};
use kalends_core::ports::Clock as _;
use kalends_oracle::{Change, Exception, Level, Origin};
use kalends_sim_tests::{Act, CaldavSite, GraphSite, Site, World};
use kalends_testkit::caldav_sim;
use kalends_testkit::graph_sim::{Profile, contract};
use kalends_testkit::memory::MemoryStore;
use serde_json::{Value, json};

/// Alice and Bob at Graph, Carol at a CalDAV server, a calendar each: 0, 1 and 2.
struct Scene {
    graph: GraphSite,
    caldav: CaldavSite,
    world: World<MemoryStore>,
}

impl Scene {
    fn new(mut profile: Profile) -> Self {
        profile.limits.counts_running = true;
        let graph = GraphSite::new(profile, 5);
        let caldav = CaldavSite::new(caldav_sim::Profile::plain(), 5);
        let site: Arc<dyn Site> = Arc::new(graph.clone());
        let members = vec![
            (Arc::clone(&site), "alice"),
            (Arc::clone(&site), "bob"),
            (Arc::new(caldav.clone()) as _, "carol"),
        ];
        let world = World::of(caldav.clone(), vec![site], members, 5, &[0, 1, 2]);
        Self { graph, caldav, world }
    }

    /// Mirrors beside the person's own events.
    fn mirror(&self, from: usize, to: usize) {
        let (level, kind) = (DetailLevel::Full, CalendarKind::TrueMirror);
        self.world.edge_with(from, to, EdgeOptions { level, kind, ..EdgeOptions::default() });
    }

    fn put(&self, place: usize, name: &str, title: &str, day: u8) {
        let now = self.world.clock.now().as_millis();
        let said = origin(place, name, title, day);
        self.at(place).act(now, &self.path(place), name, Act::Put(&said)).unwrap();
    }

    fn act(&self, place: usize, name: &str, act: Act<'_>) {
        let now = self.world.clock.now().as_millis();
        self.at(place).act(now, &self.path(place), name, act).unwrap();
    }

    fn at(&self, place: usize) -> &dyn Site {
        if place < 2 { &self.graph } else { &self.caldav }
    }

    fn path(&self, place: usize) -> String {
        self.world.path(place).unwrap()
    }

    /// A person at Graph makes an event as Graph's own JSON.
    fn make(&self, place: usize, event: &Value) -> String {
        let now = self.world.clock.now().as_millis();
        self.graph.sim().person(now).create(&self.path(place), event).unwrap()
    }

    fn edit(&self, id: &str, change: &Value) {
        let now = self.world.clock.now().as_millis();
        self.graph.sim().person(now).edit(id, change).unwrap();
    }

    fn occurrence(&self, id: &str, day: &str) -> String {
        self.graph.sim().person(0).occurrence(id, day).unwrap()
    }

    fn delete(&self, id: &str) {
        let now = self.world.clock.now().as_millis();
        self.graph.sim().person(now).delete(id).unwrap();
    }

    /// What a calendar of Graph shows: titles with starts, of series with what was changed and
    /// cancelled of them.
    fn shows(&self, place: usize) -> Vec<String> {
        let events = self.graph.sim().events(&self.path(place));
        let one = |event: &Value| {
            let start = event["start"]["dateTime"].as_str().unwrap().get(..16).unwrap().to_owned();
            format!("{} {start}", event["subject"].as_str().unwrap())
        };
        let mut all: Vec<String> = events
            .values()
            .map(|event| {
                let pattern = event["recurrence"]["pattern"]["type"].as_str().unwrap_or("once");
                let changed = event["exceptionOccurrences"].as_array();
                let mut changed: Vec<String> = changed.into_iter().flatten().map(one).collect();
                changed.sort();
                let gone = event["cancelledOccurrences"].as_array().map_or(0, Vec::len);
                format!("{} {pattern} {changed:?} -{gone}", one(event))
            })
            .collect();
        all.sort();
        all
    }

    fn titles(&self, place: usize) -> Vec<String> {
        let site = self.at(place);
        let path = self.path(place);
        let look = |name: String| site.look(&path, &name).map(|says| says.title);
        let mut all: Vec<String> = site.names(&path).into_iter().filter_map(look).collect();
        all.sort();
        all
    }

    /// Settles; nothing was sent that Graph does not take, nobody was mailed, and it stays so.
    fn rests(&self, after: &str) {
        self.world.settle();
        let report = self.world.sync();
        let written = (report.created, report.updated, report.deleted);
        assert_eq!(written, (0, 0, 0), "{after}: {report:?}");
        assert_eq!(self.graph.violations(), Vec::<String>::new(), "{after}");
        assert!(self.graph.sim().mail().is_empty(), "{after}");
        assert_eq!(contract::breaches(self.graph.sim().log()), Vec::<String>::new(), "{after}");
    }

    /// What was asked of Graph since the last look, without sign-ins.
    fn asked(&self) -> Vec<String> {
        let mut sim = self.graph.sim();
        let all = sim.log().iter().map(|logged| {
            let path = logged.request.path();
            format!("{} {}", logged.request.method, path.split('?').next().unwrap_or_default())
        });
        let all = all.collect();
        sim.clear_log();
        all
    }
}

fn scene() -> Scene {
    Scene::new(Profile::default())
}

/// Weekdays at nine in Berlin, ten times from Monday, 8 June 2026.
fn standup() -> Value {
    let time = |hour: u8| {
        let text = format!("2026-06-08T{hour:02}:00:00");
        json!({ "dateTime": text, "timeZone": "W. Europe Standard Time" })
    };
    json!({
        "subject": "Standup", "start": time(9), "end": time(10),
        "recurrence": {
            "pattern": {"type": "weekly", "interval": 1, "firstDayOfWeek": "monday",
                "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"]},
            "range": {"type": "numbered", "startDate": "2026-06-08", "numberOfOccurrences": 10,
                "recurrenceTimeZone": "W. Europe Standard Time"}},
    })
}

/// Rows 3 and 5 of the pitfalls: a graph of edges both ways neither loops nor writes twice.
#[test]
fn pitfall_3_events_of_graph_and_caldav_are_mirrored_each_way_once() {
    let scene = scene();
    for (from, to) in [(0, 1), (1, 0), (0, 2), (2, 0), (1, 2), (2, 1)] {
        scene.mirror(from, to);
    }
    scene.put(0, "a.ics", "Dentist", 10);
    scene.put(1, "b.ics", "Lunch", 11);
    scene.put(2, "c.ics", "Board", 12);
    scene.rests("first");
    for place in 0..3 {
        assert_eq!(scene.titles(place), ["Board", "Dentist", "Lunch"], "{place}");
    }
    scene.act(0, "a.ics", Act::Change(&Change::Title("Doctor".into())));
    scene.act(2, "c.ics", Act::Change(&Change::Title("Panel".into())));
    let report = scene.world.sync();
    assert!(report.passes <= 2, "{report:?}");
    scene.rests("retitled");
    for place in 0..3 {
        assert_eq!(scene.titles(place), ["Doctor", "Lunch", "Panel"], "{place}");
    }
    scene.act(1, "b.ics", Act::Delete);
    scene.act(2, "c.ics", Act::Delete);
    scene.rests("deleted");
    for place in 0..3 {
        assert_eq!(scene.titles(place), ["Doctor"], "{place}");
    }
}

#[test]
fn a_pass_without_a_change_is_one_call_a_calendar_and_a_change_one_read_and_one_write() {
    let scene = scene();
    scene.mirror(0, 1);
    for (n, title) in ["One", "Two", "Three"].into_iter().enumerate() {
        scene.put(0, &format!("e{n}"), title, 10 + n as u8);
    }
    scene.rests("first");
    let calendars = scene.world.config().calendars.len();
    scene.asked();
    scene.world.sync();
    let asked = scene.asked();
    let deltas = asked.iter().filter(|call| call.ends_with("/calendarView/delta")).count();
    let lists = asked.iter().filter(|call| call.ends_with("/me/calendars")).count();
    assert!(deltas <= calendars, "{asked:?}");
    assert_eq!((lists, deltas + lists), (2, asked.len()), "{asked:?}");
    scene.act(0, "e1", Act::Change(&Change::Title("Second".into())));
    let report = scene.world.sync();
    assert_eq!((report.created, report.updated, report.deleted), (0, 1, 0), "{report:?}");
    let asked = scene.asked();
    let of = |method: &str, what: &str| {
        asked.iter().filter(|call| call.starts_with(method) && call.contains(what)).count()
    };
    assert_eq!((of("GET", "/events/"), of("PATCH", "/events/")), (1, 1), "{asked:?}");
    assert_eq!((of("POST", ""), of("DELETE", "")), (0, 0), "{asked:?}");
    // The pass that reads it, and at most one that sees the echo.
    assert!(of("GET", "/calendarView/delta") <= 2 * calendars, "{asked:?}");
}

/// Row 11 of the pitfalls.
#[test]
fn pitfall_11_a_series_is_one_with_what_became_of_its_instances() {
    let scene = scene();
    scene.mirror(0, 1);
    let id = scene.make(0, &standup());
    scene.rests("first");
    assert_eq!(scene.shows(1), scene.shows(0));
    assert!(
        scene.shows(1)[0].starts_with("Standup 2026-06-08T07:00 weekly [] -0"),
        "{:?}",
        scene.shows(1)
    );
    scene.edit(&scene.occurrence(&id, "2026-06-10"), &json!({ "subject": "Review" }));
    scene.rests("retitled");
    assert_eq!(scene.shows(1), scene.shows(0));
    scene.delete(&scene.occurrence(&id, "2026-06-11"));
    scene.rests("cancelled");
    assert_eq!(scene.shows(1), scene.shows(0));
    let time =
        |hour: u8| json!({ "dateTime": format!("2026-06-12T{hour}:00:00"), "timeZone": "UTC" });
    let moved = json!({ "start": time(14), "end": time(15) });
    scene.edit(&scene.occurrence(&id, "2026-06-12"), &moved);
    scene.rests("moved");
    assert_eq!(scene.shows(1), scene.shows(0));
    scene.edit(&id, &json!({ "subject": "Daily" }));
    scene.rests("the series retitled");
    assert_eq!(scene.shows(1), scene.shows(0));
    let mut other = standup()["recurrence"].clone();
    other["range"]["numberOfOccurrences"] = json!(7);
    scene.edit(&id, &json!({ "recurrence": other }));
    scene.rests("another rule");
    assert_eq!(scene.shows(1), scene.shows(0));
    scene.delete(&id);
    scene.rests("deleted");
    assert!(scene.shows(1).is_empty());
}

/// Exchange lets no instance go to the day of another one or past it; CalDAV and Google do.
#[test]
fn pitfall_11_an_instance_that_passes_its_neighbour_stands_beside_its_series() {
    let scene = scene();
    scene.mirror(2, 1);
    let at = |day: u8, hour: u8| format!("202606{day:02}T{hour:02}0000Z");
    let put = |moved: &[(u8, String)], after: &str| {
        let exceptions = moved.iter().map(|(day, start)| Exception {
            original: at(*day, 9),
            start: start.clone(),
            title: "Standup".to_owned(),
            private: false,
        });
        let series = Origin {
            rule: "FREQ=DAILY;COUNT=5".to_owned(),
            exceptions: exceptions.collect(),
            ..origin(2, "s", "Standup", 8)
        };
        scene.act(2, "s.ics", Act::Put(&series));
        scene.rests(after);
        scene.shows(1)
    };
    let apart = "Standup 2026-06-11T13:00 once [] -0";
    let shown = put(&[(9, at(11, 13))], "past two");
    assert_eq!(shown, ["Standup 2026-06-08T09:00 daily [] -1", apart]);
    let shown = put(&[(9, at(11, 13)), (10, at(10, 15))], "another within its day");
    let within = "Standup 2026-06-08T09:00 daily [\"Standup 2026-06-10T15:00\"] -1";
    assert_eq!(shown, [within, apart]);
    let shown = put(&[(9, at(9, 13))], "back to its day");
    assert_eq!(shown, ["Standup 2026-06-08T09:00 daily [\"Standup 2026-06-09T13:00\"] -0"]);
    // Each goes where the next one was.
    let shown = put(&[(10, at(11, 13)), (11, at(12, 13)), (12, at(13, 13))], "one after the other");
    assert_eq!(shown.len(), 1, "{shown:?}");
}

/// Exchange gives what is written of a series to its changed instances too, as far as they do not say
/// it by themselves. Catches that taken for a person's edit, after which an instance keeps a title
/// that is hidden by now.
#[test]
fn what_a_lower_level_hides_goes_from_changed_instances_too() {
    for on_edit in [OnEdit::Detach, OnEdit::Propagate, OnEdit::Revert] {
        let scene = scene();
        let (level, kind) = (DetailLevel::Full, CalendarKind::TrueMirror);
        let options = EdgeOptions { level, kind, on_edit, ..EdgeOptions::default() };
        let edge = scene.world.edge_with(2, 1, options.clone());
        let instance = |day: u8, hour: u8| Exception {
            original: format!("202606{day:02}T090000Z"),
            start: format!("202606{day:02}T{hour:02}0000Z"),
            title: "Interview".to_owned(),
            private: false,
        };
        let series = Origin {
            rule: "FREQ=DAILY;COUNT=5".to_owned(),
            exceptions: vec![instance(9, 9), instance(10, 11)],
            ..origin(2, "s", "Standup", 8)
        };
        scene.act(2, "s.ics", Act::Put(&series));
        scene.rests("first");
        assert_eq!(scene.shows(1).join(" ").matches("Interview").count(), 2);
        scene.world.change_edge(&edge, EdgeOptions { level: DetailLevel::Busy, ..options });
        scene.rests("lowered");
        let shown = scene.shows(1).join(" ");
        assert!(!shown.contains("Interview"), "{on_edit:?}: {shown}");
        assert!(shown.contains("Busy 2026-06-10T11:00"), "{on_edit:?}: {shown}");
        let kept = scene.at(2).look(&scene.path(2), "s.ics").unwrap();
        assert_eq!(kept.exceptions, series.exceptions, "{on_edit:?}: the origin stays as it is");
    }
}

/// Row 10 of the pitfalls, and what a person does to a mirror.
#[test]
fn pitfall_10_an_instance_that_is_changed_in_a_mirror_is_as_the_origin_has_it_again() {
    let scene = scene();
    scene.mirror(0, 1);
    scene.make(0, &standup());
    scene.rests("first");
    let mirror = scene.graph.sim().events(&scene.path(1)).into_keys().next().unwrap();
    scene.edit(&scene.occurrence(&mirror, "2026-06-10"), &json!({ "subject": "Mine" }));
    scene.rests("retitled there");
    let shown = scene.shows(1);
    assert!(!shown[0].contains("Mine"), "{shown:?}");
    scene.delete(&scene.occurrence(&mirror, "2026-06-15"));
    scene.rests("cancelled there");
    assert_eq!(scene.graph.sim().events(&scene.path(1)).len(), 1);
    assert!(scene.shows(1)[0].ends_with("-0"), "{:?}", scene.shows(1));
    scene.edit(&mirror, &json!({ "subject": "Theirs" }));
    scene.rests("the series retitled there");
    assert!(scene.shows(1)[0].starts_with("Standup"), "{:?}", scene.shows(1));
}

/// Row 4 of the pitfalls.
#[test]
fn pitfall_4_a_copy_of_a_mirror_is_the_persons_and_a_moved_one_is_made_again() {
    let scene = scene();
    scene.mirror(0, 1);
    scene.put(0, "a", "Dentist", 10);
    scene.rests("first");
    let mirror = scene.at(1).names(&scene.path(1)).remove(0);
    scene.act(1, &mirror, Act::Copy(&scene.path(1), "copy"));
    scene.rests("copied");
    assert_eq!(scene.titles(1), ["Dentist", "Dentist"]);
    scene.act(0, "a", Act::Delete);
    scene.rests("the origin deleted");
    assert_eq!(scene.at(1).names(&scene.path(1)), ["copy"]);
}

#[test]
fn a_mirror_that_is_deleted_by_hand_is_made_again_and_the_rule_of_the_edge_holds() {
    let scene = scene();
    scene.mirror(0, 1);
    scene.put(0, "a", "Dentist", 10);
    scene.rests("first");
    let mirror = scene.at(1).names(&scene.path(1)).remove(0);
    scene.act(1, &mirror, Act::Delete);
    scene.rests("deleted there");
    assert_eq!(scene.titles(1), ["Dentist"]);
}

#[test]
fn an_overlay_is_made_once_and_holds_busy_time() {
    let scene = scene();
    // The overlay of Bob's account.
    scene.world.edge(0, 4, Level::Busy);
    scene.put(0, "a", "Dentist", 10);
    scene.rests("first");
    let overlay = scene.path(4);
    let events = scene.graph.sim().events(&overlay);
    let event = events.values().next().unwrap();
    assert_eq!((events.len(), &event["subject"]), (1, &json!("Busy")));
    assert_eq!(event["isReminderOn"], false);
    assert_eq!(scene.graph.sim().calendars(&GraphSite::address("bob")).len(), 3);
}

/// A lost token costs a comparison and nothing else (row 17).
#[test]
fn pitfall_17_a_lost_token_changes_nothing() {
    let scene = scene();
    scene.mirror(0, 1);
    scene.put(0, "a", "Dentist", 10);
    scene.make(0, &standup());
    scene.rests("first");
    scene.graph.sim().expire_tokens(None);
    let report = scene.world.sync();
    assert_eq!((report.created, report.updated, report.deleted), (0, 0, 0), "{report:?}");
    scene.act(0, "a", Act::Change(&Change::Title("Doctor".into())));
    scene.graph.sim().expire_tokens(None);
    scene.rests("changed and lost");
    assert_eq!(scene.titles(1), ["Doctor", "Standup"]);
}
