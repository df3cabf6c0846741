//! What nobody could find out about Graph, each way: two stories come out the same.

use std::collections::BTreeMap;

use kalends_core::ports::Clock as _;
use kalends_oracle::Change;
use kalends_sim_tests::{Act, GraphSite, Post, Site as _};
use kalends_testkit::graph_sim::{Belief, Profile, Repeated};
use kalends_testkit::wire::SimRequest;
use serde_json::{Value, json};

use super::{Scene, standup};

const HOUR_MS: i64 = 3_600_000;

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

/// A series by a pattern, of an hour or of whole days.
fn repeated(subject: &str, day: &str, pattern: &Value, count: u32) -> Value {
    let at = |hour: u8| {
        let text = format!("{day}T{hour:02}:00:00");
        json!({ "dateTime": text, "timeZone": "W. Europe Standard Time" })
    };
    json!({
        "subject": subject, "start": at(9), "end": at(10),
        "recurrence": {
            "pattern": pattern,
            "range": {"type": "numbered", "startDate": day, "numberOfOccurrences": count,
                "recurrenceTimeZone": "W. Europe Standard Time"}},
    })
}

/// What the service itself shows of a calendar, instance by instance, from June 2026 to the end of
/// March.
fn view(scene: &Scene, place: usize) -> BTreeMap<String, Vec<String>> {
    let now = scene.world.clock.now().as_millis();
    let user = GraphSite::address(["alice", "bob"][place]);
    let token = scene.graph.sim().bearer(now, &user, "Calendars.ReadWrite");
    let path = scene.path(place).replace('/', "%2F").replace('+', "%2B").replace('=', "%3D");
    let range = "startDateTime=2026-06-02T00:00:00Z&endDateTime=2027-04-01T00:00:00Z";
    let mut next =
        Some(format!("https://graph.microsoft.com/v1.0/me/calendars/{path}/calendarView?{range}"));
    let mut shown: BTreeMap<String, Vec<String>> = BTreeMap::new();
    while let Some(url) = next {
        let header = |name: &str, value: String| (name.to_owned(), value);
        let request = SimRequest {
            method: "GET".to_owned(),
            url,
            headers: vec![
                header("Authorization", format!("Bearer {token}")),
                header("Prefer", "IdType=\"ImmutableId\", odata.maxpagesize=500".to_owned()),
            ],
            body: Vec::new(),
        };
        let reply = scene.graph.handle(now, &request);
        scene.graph.ended(&request);
        let page: Value = serde_json::from_slice(&reply.body).unwrap();
        for event in page["value"].as_array().unwrap_or_else(|| panic!("{page}")) {
            let start = event["start"]["dateTime"].as_str().unwrap()[..16].to_owned();
            shown.entry(event["subject"].as_str().unwrap().to_owned()).or_default().push(start);
        }
        next = page["@odata.nextLink"].as_str().map(str::to_owned);
    }
    shown.values_mut().for_each(|starts| starts.sort());
    shown
}

/// Ends of months, the day that most years lack, whole days, and a program that is told of changes:
/// what the service itself shows of the one calendar it shows of the other.
fn second_story(scene: &mut Scene, name: &str) {
    scene.world.listens = true;
    scene.mirror(0, 1);
    scene.mirror(0, 2);
    let monthly = |day: u8| json!({"type": "absoluteMonthly", "interval": 1, "dayOfMonth": day});
    let yearly = json!({"type": "absoluteYearly", "interval": 1, "month": 2, "dayOfMonth": 29});
    let rent = scene.make(0, &repeated("Rent", "2026-05-31", &monthly(31), 9));
    scene.make(0, &repeated("Wages", "2026-05-30", &monthly(30), 12));
    scene.make(0, &repeated("Birthday", "2024-02-29", &yearly, 20));
    let day = |text: &str| json!({"dateTime": format!("{text}T00:00:00"), "timeZone": "UTC"});
    let trip = json!({"subject": "Trip", "isAllDay": true, "start": day("2026-06-12"),
        "end": day("2026-06-15")});
    let trip = scene.make(0, &trip);
    let mut post = Post::default();
    let mut rest = |scene: &Scene, after: &str| {
        scene.world.clock.advance_millis(HOUR_MS);
        scene.world.settle();
        post.bring_all(&scene.world);
        scene.rests(&format!("{name}: {after}"));
        let (there, here) = (view(scene, 0), view(scene, 1));
        assert_eq!(there, here, "{name}: {after}");
        assert!(there["Rent"].len() >= 3 && there["Wages"].len() >= 3, "{name}: {there:?}");
    };
    rest(scene, "first");
    scene.edit(&rent, &json!({ "location": { "displayName": "Bank" } }));
    scene.delete(&scene.occurrence(&rent, "2026-08-31"));
    scene.edit(&trip, &json!({ "end": day("2026-06-16") }));
    rest(scene, "changed");
    scene.delete(&rent);
    scene.make(0, &repeated("Rent", "2026-07-31", &monthly(31), 6));
    rest(scene, "another");
}

/// Catches a belief that is built in: a month's end that is not what Exchange takes it for.
#[test]
fn every_belief_of_graph_may_hold_or_not_at_the_ends_of_months() {
    second_story(&mut Scene::new(Profile::default()), "as it is believed");
    for (name, profile) in profiles() {
        second_story(&mut Scene::new(profile), &name);
    }
}
