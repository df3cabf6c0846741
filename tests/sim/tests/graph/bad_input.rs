//! What Graph should not say, and the whole way from there to the mirrors: what is wrong is set aside
//! with its reason, what is only odd is read, and the calendar goes on.

use std::collections::BTreeMap;

use kalends_core::plan::Row;
use kalends_core::presence::{Aside, AsideKind};
use kalends_testkit::wire::{SimReply, SimRequest};
use serde_json::{Value, json};

use super::{Scene, scene, standup};

/// Does something to each object of a reply.
fn each(value: &mut Value, how: &dyn Fn(&mut Value)) {
    match value {
        Value::Array(all) => all.iter_mut().for_each(|one| each(one, how)),
        Value::Object(members) => {
            members.values_mut().for_each(|one| each(one, how));
            how(value);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// From now on each object of Graph's replies is spoilt like this.
fn spoil(scene: &Scene, how: impl Fn(&SimRequest, &mut Value) + Send + 'static) {
    scene.graph.spoil(move |request, reply| {
        let Ok(mut body) = serde_json::from_slice::<Value>(&reply.body) else { return reply };
        each(&mut body, &|object: &mut Value| how(request, object));
        SimReply { body: body.to_string().into_bytes(), ..reply }
    });
}

fn mend(scene: &Scene) {
    scene.graph.spoil(|_, reply| reply);
}

/// An hour in the morning of a day of June.
fn meeting(title: &str, day: usize) -> Value {
    let at = |hour| json!({ "dateTime": format!("2026-06-{day:02}T{hour:02}:00:00"), "timeZone": "UTC" });
    json!({ "subject": title, "start": at(9), "end": at(10) })
}

/// What is set aside, by object: why.
pub(crate) fn set_aside(scene: &Scene) -> BTreeMap<String, String> {
    let rows = scene.world.store.rows(scene.world.keys.graph).into_values();
    let asides = rows.filter_map(|row| {
        let Row::Aside(Aside { object, what: AsideKind::Quarantined(why), .. }) = row else {
            return None;
        };
        Some((object.0, why.code))
    });
    asides.collect()
}

/// What becomes of a body.
type Spoil = fn(&[u8]) -> Vec<u8>;

fn is_delta(request: &SimRequest) -> bool {
    request.path().ends_with("/calendarView/delta")
}

/// Catches an event that stops its calendar, is asked for again and again, or stays away once it can be
/// read.
#[test]
fn pitfall_23_what_cannot_be_read_is_set_aside_alone() {
    let scene = scene();
    scene.mirror(0, 1);
    scene.rests("first");
    let mut ids = BTreeMap::new();
    for (n, title) in ["Rule", "Time", "Shape", "Long", "Words", "Hidden", "Early", "Ages", "Good"]
        .into_iter()
        .enumerate()
    {
        let mut event = meeting(title, 10 + n);
        match title {
            "Rule" => {
                event["recurrence"] = standup()["recurrence"].clone();
                event["recurrence"]["range"]["startDate"] = json!("2026-06-10");
            }
            "Ages" => {
                event["start"]["dateTime"] = json!("1601-01-01T00:00:00");
                event["end"]["dateTime"] = json!("9999-12-31T00:00:00");
            }
            _ => {}
        }
        ids.insert(title, scene.make(0, &event));
    }
    spoil(&scene, |_, object| match object["subject"].as_str() {
        Some("Rule") => object["recurrence"]["pattern"]["type"] = json!("fortnightly"),
        Some("Time") => object["start"]["dateTime"] = json!("soon"),
        Some("Shape") => object["location"] = json!("Lift"),
        Some("Long") => object["body"]["content"] = json!("All of it. ".repeat(100_000)),
        Some("Words") => object["showAs"] = json!("holodeck"),
        Some("Hidden") => object["sensitivity"] = json!("cosmic"),
        Some("Early") => {
            object["start"]["dateTime"] = json!("1601-01-01T00:00:00");
            object["end"]["dateTime"] = json!("1601-01-01T01:00:00");
        }
        _ => {}
    });
    scene.rests("spoilt");
    // A sensitivity that is not known is as private as any.
    assert_eq!(scene.titles(1), ["Ages", "Busy", "Good", "Words"]);
    let aside = set_aside(&scene);
    let code = |title: &str| aside.get(&ids[title]).map(String::as_str);
    for (title, why) in [
        ("Rule", "graph.recurrence"),
        ("Time", "graph.time"),
        ("Shape", "graph.json"),
        ("Long", "item.too-large"),
    ] {
        assert_eq!(code(title), Some(why), "{aside:?}");
    }
    assert_eq!(aside.len(), 4, "{aside:?}");
    scene.asked();
    scene.world.sync();
    let asked = scene.asked();
    assert!(!asked.iter().any(|call| call.contains("/events/")), "tried again: {asked:?}");
    scene.make(0, &meeting("Next", 25));
    mend(&scene);
    scene.edit(&ids["Time"], &json!({ "subject": "Timely" }));
    scene.rests("mended");
    assert_eq!(scene.titles(1), ["Ages", "Busy", "Good", "Next", "Timely", "Words"]);
    assert_eq!(set_aside(&scene).len(), 3, "the others are as they were");
}

/// Catches a list that is cut, or is none, taken for a calendar in which nothing is any more.
#[test]
fn pitfall_1_a_round_that_is_cut_or_is_no_list_deletes_nothing_and_loses_nothing() {
    let spoilt: [Spoil; 6] = [
        |body| body[..body.len() / 2].to_vec(),
        |body| body[..body.len() - 1].to_vec(),
        |_| Vec::new(),
        |_| b"{}".to_vec(),
        |_| b"{\"value\":null}".to_vec(),
        |_| b"{\"value\":[]}".to_vec(),
    ];
    for (n, how) in spoilt.into_iter().enumerate() {
        let scene = scene();
        scene.mirror(0, 1);
        scene.put(0, "a", "Dentist", 10);
        scene.make(0, &standup());
        scene.rests("first");
        scene.graph.spoil(move |request, reply| {
            let body = if is_delta(request) { how(&reply.body) } else { reply.body.clone() };
            SimReply { body, ..reply }
        });
        scene.put(0, "b", "Lunch", 11);
        for _ in 0..3 {
            scene.graph.sim().expire_tokens(None);
            let report = scene.world.sync();
            let written = (report.created, report.updated, report.deleted);
            assert_eq!(written, (0, 0, 0), "{n}: {report:?}");
            assert!(!report.failures.is_empty(), "{n}: it is said that it could not be read");
            scene.world.clock.advance_millis(7_200_000);
        }
        mend(&scene);
        scene.rests("mended");
        assert_eq!(scene.titles(1), ["Dentist", "Lunch", "Standup"], "{n}");
    }
}

/// From now on a master is not there, says the server, wherever it is asked for; its instances are.
fn lose_master(scene: &Scene, id: &str) {
    let master = id.to_owned();
    let gone = json!({ "error": { "code": "ErrorItemNotFound", "message": "" } });
    scene.graph.spoil(move |_, reply| {
        let Ok(mut body) = serde_json::from_slice::<Value>(&reply.body) else { return reply };
        if body["id"] == master.as_str() {
            return SimReply { status: 404, body: gone.to_string().into_bytes(), ..reply };
        }
        if let Some(all) = body.get_mut("value").and_then(Value::as_array_mut) {
            all.retain(|one| one["id"] != master.as_str());
        }
        // What was read together with others.
        for one in body.get_mut("responses").and_then(Value::as_array_mut).into_iter().flatten() {
            if one["body"]["id"] == master.as_str() {
                (one["status"], one["body"]) = (json!(404), gone.clone());
            }
        }
        SimReply { body: body.to_string().into_bytes(), ..reply }
    });
}

/// Catches a series whose instances are told of and whose master is not there, that stops its calendar,
/// is mirrored in pieces, or stays away when it is there again.
#[test]
fn instances_whose_master_is_404_are_no_events_until_it_is_there() {
    let scene = scene();
    scene.mirror(0, 1);
    scene.put(0, "a", "Dentist", 10);
    scene.rests("first");
    let id = scene.make(0, &standup());
    lose_master(&scene, &id);
    scene.put(0, "b", "Lunch", 11);
    scene.rests("without its master");
    assert_eq!(scene.titles(1), ["Dentist", "Lunch"]);
    assert_eq!(set_aside(&scene), BTreeMap::from([(id.clone(), "graph.master".to_owned())]));
    mend(&scene);
    scene.edit(&id, &json!({ "subject": "Daily" }));
    scene.rests("with it");
    assert_eq!(scene.titles(1), ["Daily", "Dentist", "Lunch"]);
    assert_eq!(set_aside(&scene), BTreeMap::new());
}

/// Row 10 of the pitfalls. Catches a series that is taken for deleted because its master is not found,
/// though its instances are there: the mirror would go.
#[test]
fn pitfall_10_a_mirrored_series_whose_master_is_404_stays_as_it_was() {
    for change in ["an instance", "nothing", "everything is compared"] {
        let scene = scene();
        scene.mirror(0, 1);
        let id = scene.make(0, &standup());
        scene.rests("mirrored");
        let shown = scene.shows(1);
        lose_master(&scene, &id);
        match change {
            "an instance" => {
                scene.edit(&scene.occurrence(&id, "2026-06-10"), &json!({ "subject": "Review" }));
            }
            "nothing" => {}
            _ => scene.graph.sim().expire_tokens(None),
        }
        scene.rests(change);
        scene.world.clock.advance_millis(86_400_000);
        scene.rests(change);
        assert_eq!(scene.shows(1), shown, "{change}");
        mend(&scene);
        scene.edit(&id, &json!({ "subject": "Daily" }));
        scene.rests("with it");
        assert!(scene.shows(1)[0].starts_with("Daily"), "{change}: {:?}", scene.shows(1));
        scene.delete(&id);
        scene.rests("deleted");
        assert!(scene.shows(1).is_empty(), "{change}: one that is deleted goes");
    }
}

/// Catches instances that do not say what they are instances of, taken for events of their own.
#[test]
fn instances_that_name_no_master_are_set_aside_and_their_series_is_mirrored() {
    let scene = scene();
    scene.mirror(0, 1);
    scene.put(0, "a", "Dentist", 10);
    scene.rests("first");
    let id = scene.make(0, &standup());
    spoil(&scene, |_, object| {
        if object["type"] == "occurrence" {
            object["seriesMasterId"] = Value::Null;
        }
    });
    scene.put(0, "b", "Lunch", 11);
    scene.rests("spoilt");
    assert_eq!(scene.titles(1), ["Dentist", "Lunch", "Standup"]);
    let aside = set_aside(&scene);
    assert!(aside.values().all(|code| code == "graph.no-master"), "{aside:?}");
    for day in [8, 9, 10, 11, 12, 15, 16, 17, 18, 19] {
        let instance = scene.occurrence(&id, &format!("2026-06-{day:02}"));
        assert!(aside.contains_key(&instance), "{day}: {aside:?}");
    }
    mend(&scene);
    scene.graph.sim().expire_tokens(None);
    scene.rests("mended");
    assert_eq!(set_aside(&scene), BTreeMap::new(), "they are the series' again");
    assert_eq!(scene.titles(1), ["Dentist", "Lunch", "Standup"]);
}

/// Catches a series with so many changed instances that it holds up its calendar.
#[test]
fn five_thousand_changed_instances_of_a_series_hold_up_no_other_event() {
    let scene = scene();
    scene.mirror(0, 1);
    scene.rests("first");
    let mut crowd = meeting("Crowd", 8);
    crowd["recurrence"] = json!({
        "pattern": { "type": "daily", "interval": 1 },
        "range": { "type": "numbered", "startDate": "2026-06-08", "numberOfOccurrences": 900,
            "recurrenceTimeZone": "UTC" },
    });
    let id = scene.make(0, &crowd);
    let master = id.clone();
    spoil(&scene, move |_, object| {
        if object["id"] != master.as_str() || object["exceptionOccurrences"].is_null() {
            return;
        }
        let first: kalends_core::time::Date = "2026-06-08".parse().unwrap();
        let changed = (0..5_000).map(|n| {
            let day = first.add_days(n);
            let at =
                |hour| json!({ "dateTime": format!("{day}T{hour:02}:00:00"), "timeZone": "UTC" });
            json!({
                "id": format!("{master}.{n}"), "@odata.etag": format!("W/\"{n}\""),
                "type": "exception", "seriesMasterId": master, "subject": format!("Guest {n}. {}", "x".repeat(80)),
                "originalStart": format!("{day}T09:00:00Z"), "start": at(11), "end": at(12),
            })
        });
        object["exceptionOccurrences"] = changed.collect::<Vec<_>>().into();
        object["recurrence"]["range"]["numberOfOccurrences"] = json!(5_000);
    });
    scene.make(0, &meeting("Good", 12));
    scene.rests("crowded");
    assert_eq!(scene.titles(1), ["Good"]);
    assert_eq!(set_aside(&scene), BTreeMap::from([(id, "item.too-large".to_owned())]));
}
