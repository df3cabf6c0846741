//! Instances of a series as parts of their own: found by their start, written under ids of
//! Google's, and made as their series has them again.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "what is not as expected ends a test"
)]

use kalends_core::event::{Body, Recurrence};
use kalends_core::ids::Version;
use kalends_core::presence::{Evidence, Guests};
use kalends_core::provider::{
    Done, FailureClass, Item, Listing, MirrorDoc, ObjectName, Payload, ProviderOp, Stored,
};
use kalends_core::time::Rule;
use serde_json::{Value, json};

mod common;
use common::*;

/// A weekly series that starts on the second of June.
fn series() -> Value {
    let mut series = event("s", "Weekly");
    series["recurrence"] = json!(["RRULE:FREQ=WEEKLY;COUNT=5"]);
    series["colorId"] = json!("7");
    series["reminders"] = json!({ "useDefault": false, "overrides": [] });
    series["extendedProperties"] = json!({ "private": { "kal_m": "of-series" } });
    series
}

/// An instance as Google makes it out of the series.
fn instance(changes: Value) -> Value {
    let mut instance = event("opaque1", "Weekly");
    instance["etag"] = json!("\"i1\"");
    instance["recurringEventId"] = json!("s");
    for (time, hour) in [("start", 10), ("end", 11), ("originalStartTime", 10)] {
        let text = format!("2026-06-09T{hour}:00:00+02:00");
        instance[time] = json!({ "dateTime": text, "timeZone": "Europe/Berlin" });
    }
    instance["extendedProperties"] = json!({ "private": { "kal_m": "of-series" } });
    for (name, value) in changes.as_object().unwrap() {
        instance[name] = value.clone();
    }
    instance
}

fn doc() -> Box<MirrorDoc> {
    let series = ObjectName::Known(id("s"));
    let mut doc = doc_of(Body::single(content("Moved", at(8, 15))));
    doc.instance = Some((series, at(8, 10)));
    doc
}

fn create() -> ProviderOp {
    ProviderOp::Create { calendar: calendar(), doc: doc() }
}

/// Google, where the instance stands like this.
fn server(now: Value) -> impl FnMut(&Asked) -> Answer {
    move |asked| match (asked.method, asked.path.rsplit('/').next().unwrap()) {
        ("GET", "instances") => json(&json!({ "kind": "calendar#events", "items": [now] })),
        ("GET", "s") => json(&series()),
        ("GET", "opaque1") => json(&now),
        ("PUT" | "PATCH", "opaque1") => {
            let mut event = asked.body.clone();
            event["etag"] = json!("\"i2\"");
            event["id"] = json!("opaque1");
            json(&event)
        }
        ("DELETE", "opaque1") => text(204, ""),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_changed_instance_is_found_by_its_start_and_written_whole() {
    let heard = run(&create(), server(instance(json!({}))));
    let events = format!("calendars/{}/events", calendar().0);
    assert_eq!(
        heard.lines(),
        [
            format!("GET {events}/s/instances"),
            format!("GET {events}/s"),
            format!("PUT {events}/opaque1"),
        ]
    );
    assert_eq!(heard.asked[0].value("originalStart"), Some("2026-06-09T10:00:00+02:00"));
    assert_eq!(heard.asked[0].value("showDeleted"), Some("true"));
    let put = &heard.asked[2];
    assert_eq!(put.if_match.as_deref(), Some("\"i1\""));
    assert_eq!(put.body["recurringEventId"], "s");
    assert_eq!(put.body["originalStartTime"]["dateTime"], "2026-06-09T10:00:00+02:00");
    assert_eq!(put.body["start"]["dateTime"], "2026-06-09T15:00:00+02:00");
    assert_eq!(
        put.body["extendedProperties"],
        json!({ "private": { "kal_m": "mark0123", "kal_n": format!("{DERIVED} s") } })
    );
    assert!(put.body.get("id").is_none() && put.body.get("recurrence").is_none());
    let Done::Stored(Stored { id: stored, version, body, .. }) = heard.done else {
        panic!("stored")
    };
    assert_eq!(stored, id("opaque1"));
    assert_eq!(version, Some(Version("\"i2\" in s".into())));
    assert_eq!(body.unwrap().content.title, "Moved");
}

#[test]
fn a_stub_and_what_we_wrote_before_are_written_over_and_a_persons_change_is_not() {
    let stub = json!({
        "id": "opaque1", "etag": "\"i1\"", "status": "cancelled", "recurringEventId": "s",
        "originalStartTime": { "dateTime": "2026-06-09T10:00:00+02:00" },
    });
    let heard = run(&create(), server(stub));
    assert!(matches!(heard.done, Done::Stored(_)), "{heard:?}");
    assert_eq!(heard.asked.len(), 2);
    // The answer to the first write was lost.
    let private = json!({ "kal_m": "mark0123", "kal_n": format!("{DERIVED} s") });
    let ours = json!({ "summary": "Half", "extendedProperties": { "private": private } });
    let heard = run(&create(), server(instance(ours)));
    assert!(matches!(heard.done, Done::Stored(_)), "{heard:?}");
    let heard = run(&create(), server(instance(json!({ "summary": "Theirs" }))));
    assert_eq!(heard.failure().class, FailureClass::Taken);
    assert_eq!(heard.asked.len(), 2, "nothing was written");
}

#[test]
fn without_a_series_or_an_instance_nothing_is_written() {
    let heard = run(&create(), |_| error(404, "notFound"));
    assert_eq!((heard.failure().class, heard.asked.len()), (FailureClass::NotFound, 1));
    let heard = run(&create(), |_| json(&json!({ "kind": "calendar#events", "items": [] })));
    // It is tried again once the series is another.
    assert_eq!((heard.failure().class, heard.asked.len()), (FailureClass::Refused, 1));
    let changed = |asked: &Asked| match asked.method {
        "PUT" => error(412, "conditionNotMet"),
        _ => server(instance(json!({})))(asked),
    };
    assert_eq!(run(&create(), changed).failure().class, FailureClass::Stale);
}

#[test]
fn an_instance_without_a_version_is_not_written() {
    let written = |heard: &Heard| heard.writes().len();
    for etag in [json!(""), Value::Null] {
        let heard = run(&create(), server(instance(json!({ "etag": etag }))));
        assert_eq!(heard.failure().code, "google.no-version");
        assert_eq!(written(&heard), 0);
        let mut event = taken_back();
        event["etag"] = etag;
        let heard = run(&replace_series(), |asked| match asked.method {
            "GET" => json(&json!({ "kind": "calendar#events", "items": [event] })),
            _ => json(&asked.body),
        });
        assert!(matches!(heard.done, Done::Stored(_)), "{heard:?}");
        assert_eq!(written(&heard), 1, "the series, and no instance of it");
    }
}

#[test]
fn what_we_wrote_is_known_by_the_name_we_gave_it_and_a_copy_is_not() {
    let read = |series: &str| {
        let private = json!({ "kal_m": "mark0123", "kal_n": format!("{DERIVED} s") });
        let changes =
            json!({ "recurringEventId": series, "extendedProperties": { "private": private } });
        let instance = instance(changes);
        let heard = run(&fetch("opaque1"), |asked| match asked.path.ends_with("opaque1") {
            true => json(&instance),
            false => json(&event(series, "Series")),
        });
        heard.event().native.clone()
    };
    assert_eq!(read("s"), DERIVED);
    assert_eq!(read("copy-of-s"), "opaque1");
}

fn replace() -> ProviderOp {
    let version = Version("\"i1\" in s".into());
    ProviderOp::Replace {
        calendar: calendar(),
        id: id("opaque1"),
        version,
        doc: doc(),
        instances: Vec::new(),
    }
}

fn delete() -> ProviderOp {
    let version = Version("\"i1\" in s".into());
    ProviderOp::Delete { calendar: calendar(), id: id("opaque1"), version, guests: Guests::Untold }
}

#[test]
fn an_instance_that_has_its_object_is_replaced_with_one_request() {
    let heard = run(&replace(), server(instance(json!({}))));
    assert_eq!(heard.asked.len(), 1);
    assert_eq!(heard.asked[0].if_match.as_deref(), Some("\"i1\""));
    assert_eq!(heard.asked[0].body["id"], "opaque1");
    assert_eq!(heard.asked[0].body["recurringEventId"], "s");
    assert!(matches!(heard.done, Done::Stored(_)));
}

/// What stands at Google after an instance was taken back.
fn taken_back() -> Value {
    let changed = instance(json!({ "summary": "Moved", "status": "cancelled" }));
    let heard = run(&delete(), server(changed));
    assert_eq!(heard.done, Done::Deleted);
    let methods: Vec<_> = heard.asked.iter().map(|asked| asked.method).collect();
    assert_eq!(methods, ["GET", "GET", "PUT"], "never deleted, which would cancel it");
    assert_eq!(heard.asked[2].if_match.as_deref(), Some("\"i1\""));
    let mut event = heard.asked[2].body.clone();
    event["id"] = json!("opaque1");
    event["etag"] = json!("\"i2\"");
    event
}

#[test]
fn a_deleted_change_is_the_instance_as_its_series_has_it() {
    let event = taken_back();
    for (name, value) in [
        ("summary", json!("Weekly")),
        ("status", json!("confirmed")),
        ("colorId", json!("7")),
        ("recurringEventId", json!("s")),
    ] {
        assert_eq!(event[name], value, "{name}");
    }
    assert_eq!(event["start"]["dateTime"], "2026-06-09T10:00:00+02:00");
    assert_eq!(event["end"]["dateTime"], "2026-06-09T11:00:00+02:00");
    let private = event["extendedProperties"]["private"].as_object().unwrap();
    assert_eq!(private["kal_r"], "s");
    assert!(!private.contains_key("kal_m") && private.contains_key("kal_h"));
}

fn listed(event: &Value) -> Vec<Item> {
    let op = ProviderOp::List { calendar: calendar(), listing: Listing::Contents };
    let page = json!({ "kind": "calendar#events", "items": [event, series()], "nextSyncToken": "s1", "timeZone": "UTC" });
    run(&op, |_| json(&page)).items().into_iter().cloned().collect()
}

#[test]
fn an_instance_that_was_taken_back_counts_as_nothing_until_someone_changes_it() {
    let event = taken_back();
    assert!(matches!(&listed(&event)[0], Item::Removed { id, .. } if id.0 == "opaque1"));
    let heard = run(&fetch("opaque1"), server(event.clone()));
    let evidence = Evidence::ReadAlone;
    assert_eq!(heard.items(), [&Item::Removed { id: id("opaque1"), evidence }]);
    // A person changes it: it is a change again, under no mark of ours.
    let mut edited = event.clone();
    edited["summary"] = json!("Mine");
    let Item::Event(item) = &listed(&edited)[0] else { panic!("an event") };
    assert!(matches!(item.payload, Payload::Instance { content: Some(_), .. }));
    assert!(item.mark.is_none());
    // The series changes, and the instance did not follow: a read by itself sees it.
    let heard = run(&fetch("opaque1"), |asked| match asked.path.ends_with("/s") {
        true => {
            let mut series = series();
            series["summary"] = json!("Renamed");
            json(&series)
        }
        false => json(&event),
    });
    assert_eq!(heard.event().mark.as_deref(), Some(""), "nobody changed it");
    // And it gives way to a change of ours.
    let heard = run(&create(), server(event));
    assert_eq!((heard.asked.len(), matches!(heard.done, Done::Stored(_))), (2, true));
}

#[test]
fn where_the_series_takes_place_no_more_the_instance_is_deleted() {
    let lines = |asked: &Asked| asked.method;
    let mut moved = series();
    moved["recurrence"] = json!(["RRULE:FREQ=WEEKLY;COUNT=1"]);
    for answer in [moved, json!({ "id": "s", "status": "cancelled" })] {
        let heard = run(&delete(), |asked| match asked.path.ends_with("/s") {
            true => json(&answer),
            false => server(instance(json!({})))(asked),
        });
        let methods: Vec<_> = heard.asked.iter().map(lines).collect();
        assert_eq!((methods, heard.done), (vec!["GET", "GET", "DELETE"], Done::Deleted));
        assert_eq!(heard.asked[2].if_match.as_deref(), Some("\"i1\""));
    }
    let heard = run(&delete(), |_| error(404, "notFound"));
    assert_eq!((heard.asked.len(), heard.done), (1, Done::Deleted));
    let heard = run(&delete(), server(instance(json!({ "etag": "\"i9\"" }))));
    assert_eq!((heard.failure().class, heard.asked.len()), (FailureClass::Stale, 1));
}

fn replace_series() -> ProviderOp {
    let mut body = body("Renamed", 1);
    let rules = vec![Rule::parse("FREQ=WEEKLY;COUNT=5").unwrap()];
    body.recurrence = Some(Recurrence { rules, ..Recurrence::default() });
    let (id, version, doc) = (id("s"), version("v1"), doc_of(body));
    ProviderOp::Replace { calendar: calendar(), id, version, doc, instances: Vec::new() }
}

/// What is asked where the series is written and has this instance, which was taken back once.
fn replaced_with(event: &Value) -> Heard {
    run(&replace_series(), series_with(event.clone()))
}

fn series_with(event: Value) -> impl FnMut(&Asked) -> Answer {
    move |asked| match (asked.method, asked.path.ends_with("/events")) {
        ("GET", true) => {
            assert_eq!(asked.value("privateExtendedProperty"), Some("kal_r=s"));
            json(&json!({ "kind": "calendar#events", "items": [event] }))
        }
        ("PUT", _) => {
            let mut kept = asked.body.clone();
            kept["etag"] = json!("\"v2\"");
            json(&kept)
        }
        other => panic!("{other:?}"),
    }
}

/// What a person made of such an instance since is for the engine to see.
#[test]
fn an_instance_that_a_person_changed_since_does_not_follow_its_series() {
    let mut event = taken_back();
    event["summary"] = json!("Mine");
    let heard = replaced_with(&event);
    assert!(matches!(heard.done, Done::Stored(_)));
    assert_eq!(heard.asked.iter().filter(|asked| asked.method == "PUT").count(), 1);
}

/// Catches a write into what a person copied from our series: Google's copy of it has the properties of
/// each instance, and the search finds them.
#[test]
fn an_instance_of_a_persons_copy_does_not_follow_the_series_that_it_was_copied_from() {
    let mut event = taken_back();
    (event["id"], event["recurringEventId"]) = (json!("copy_1"), json!("copy"));
    let heard = replaced_with(&event);
    assert!(matches!(heard.done, Done::Stored(_)));
    assert_eq!(heard.asked.iter().filter(|asked| asked.method == "PUT").count(), 1);
}

#[test]
fn instances_that_were_taken_back_follow_their_series() {
    let heard = replaced_with(&taken_back());
    let Done::Stored(Stored { id: stored, version: at, .. }) = &heard.done else {
        panic!("stored")
    };
    assert_eq!((stored, at), (&id("s"), &Some(version("v2"))));
    assert_eq!(heard.asked.len(), 3);
    assert_eq!(heard.asked[2].if_match.as_deref(), Some("\"i2\""));
    assert_eq!(heard.asked[2].body["summary"], "Renamed");
}

/// Catches an instance that is given up, and others that do not follow their series, since the first
/// page of a list is empty and names another.
#[test]
fn an_instance_is_looked_for_on_every_page() {
    let at_once = run(&create(), server(instance(json!({}))));
    let later = run(&create(), paged(server(instance(json!({})))));
    assert_eq!((later.writes(), &later.done), (at_once.writes(), &at_once.done));
    assert_eq!(later.asked[1].value("originalStart"), Some("2026-06-09T10:00:00+02:00"));
    assert_eq!(later.asked.len(), at_once.asked.len() + 1);
    let event = taken_back();
    let (at_once, later) =
        (replaced_with(&event), run(&replace_series(), paged(series_with(event))));
    assert_eq!((later.writes(), &later.done), (at_once.writes(), &at_once.done));
    // Pages that follow themselves have no end, and say nothing of what is there.
    let page = json!({ "kind": "calendar#events", "items": [], "nextPageToken": "p" });
    let heard = run(&create(), |_| json(&page));
    assert_eq!((heard.failure().class, heard.asked.len()), (FailureClass::Protocol, 2));
}

/// Catches instances that stay as their series was, since somebody else changed that, or a write of it
/// had no answer: whoever reads it is told of them, before it, and not of one that goes along already.
#[test]
fn a_series_that_is_read_tells_of_those_that_were_taken_back_and_are_behind_it() {
    let list = |title: &'static str, lines: &'static str| {
        move |asked: &Asked| match asked.path.ends_with("/s") {
            true => {
                let mut series = series();
                (series["summary"], series["recurrence"]) = (json!(title), json!([lines]));
                json(&series)
            }
            false => {
                assert_eq!(asked.value("privateExtendedProperty"), Some("kal_r=s"));
                let mut theirs = taken_back();
                (theirs["id"], theirs["summary"]) = (json!("opaque2"), json!("Mine"));
                let items = [taken_back(), theirs];
                json(&json!({ "kind": "calendar#events", "items": items }))
            }
        }
    };
    for (title, lines) in
        [("Renamed", "RRULE:FREQ=WEEKLY;COUNT=5"), ("Weekly", "RRULE:FREQ=WEEKLY;COUNT=1")]
    {
        for heard in
            [run(&fetch("s"), list(title, lines)), run(&fetch("s"), paged(list(title, lines)))]
        {
            let [Item::Event(behind), Item::Event(series)] = &heard.items()[..] else {
                panic!("{title} {lines}: {heard:?}")
            };
            assert_eq!((&behind.id, behind.mark.as_deref()), (&id("opaque1"), Some("")));
            assert!(behind.fresh && series.id == id("s"));
        }
    }
    let heard = run(&fetch("s"), list("Weekly", "RRULE:FREQ=WEEKLY;COUNT=5"));
    assert_eq!(heard.event().id, id("s"));
    // Where they cannot be read, nothing is said of the series either.
    let heard = run(&fetch("s"), |asked| match asked.path.ends_with("/s") {
        true => json(&series()),
        false => error(429, "rateLimitExceeded"),
    });
    assert_eq!((heard.failure().class, heard.outputs.len()), (FailureClass::Throttled, 0));
}

/// Catches a write that counts as done with all that hangs on it, though the search for such instances
/// or the write of one failed: the series is to be read then, which finds them.
#[test]
fn what_was_left_after_a_series_was_written_is_left_to_a_read_of_it() {
    let event = taken_back();
    for (method, is_search) in [("GET", true), ("PUT", false)] {
        let fails: [fn() -> Answer; 3] = [
            || error(429, "rateLimitExceeded"),
            || Answer::None(kalends_core::ports::HttpFailure::Reset),
            || text(200, "{"),
        ];
        for fail in &fails[..if is_search { 3 } else { 2 }] {
            let mut server = series_with(event.clone());
            let heard = run(&replace_series(), |asked| {
                let is_it = asked.method == method && is_search == asked.path.ends_with("/events");
                if is_it && !asked.path.ends_with("/s") { fail() } else { server(asked) }
            });
            let Done::Stored(stored) = &heard.done else { panic!("{:?}", heard.done) };
            assert_eq!((&stored.version, &stored.body), (&None, &None), "{method}");
        }
    }
}

/// Catches a series that cannot be read, since a page of the search for its instances is no more: the
/// search begins anew.
#[test]
fn a_search_whose_page_is_gone_begins_anew() {
    let mut searches = 0;
    let heard = run(&fetch("s"), |asked| {
        if asked.path.ends_with("/s") {
            return json(&series());
        }
        if asked.value("privateExtendedProperty").is_none() {
            return json(&json!({ "kind": "calendar#events", "items": [] }));
        }
        searches += 1;
        match (searches, asked.value("pageToken")) {
            (1, None) => {
                json(&json!({ "kind": "calendar#events", "items": [], "nextPageToken": "next" }))
            }
            (2, Some("next")) => error(410, "fullSyncRequired"),
            (3, None) => json(&json!({ "kind": "calendar#events", "items": [taken_back()] })),
            other => panic!("{other:?}"),
        }
    });
    assert!(matches!(heard.done, Done::Fetched), "{heard:?}");
    assert!(heard.items().iter().any(|item| matches!(item, Item::Event(one) if one.id == id("s"))));
    assert_eq!(searches, 3);
}

/// Catches a calendar that stands still, since the search behind one series of ours never comes whole.
#[test]
fn a_search_that_never_comes_whole_sets_its_series_aside_alone() {
    let cut = || Answer::Cut(b"{".to_vec(), kalends_core::ports::HttpFailure::Cut);
    for (answer, code) in [(web_page as fn() -> Answer, "google.json"), (cut, "net.cut")] {
        let names = ["s", "e"].map(|name| ObjectName::Known(id(name))).into();
        let op = ProviderOp::Fetch { calendar: calendar(), names };
        let heard = run(&op, |asked| {
            if asked.path.ends_with("/s") {
                return json(&series());
            }
            if asked.path.ends_with("/e") {
                return json(&event("e", "E"));
            }
            match asked.value("privateExtendedProperty") {
                Some(_) => answer(),
                None => json(&json!({ "kind": "calendar#events", "items": [] })),
            }
        });
        assert!(matches!(heard.done, Done::Fetched), "{heard:?}");
        let [Item::Event(other), Item::Broken(broken)] = heard.items()[..] else {
            panic!("{heard:?}")
        };
        assert_eq!((&other.id, &broken.id, &*broken.code), (&id("e"), &id("s"), code));
    }
}
