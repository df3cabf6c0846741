//! What a pass costs, in requests to the simulated service.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "what is not as expected ends a test"
)]

mod service;

use kalends_core::event::Body;
use kalends_core::presence::Guests;
use kalends_core::provider::{
    Done, Item, Listing, MirrorDoc, ObjectName, Output, Payload, ProviderOp, Stored,
};
use kalends_core::time::When;
use kalends_testkit::graph_sim::{Belief, Profile};
use serde_json::{Value, json};
use service::*;

fn at(day: u8, hour: u8) -> Value {
    json!({"dateTime": format!("2026-06-{day:02}T{hour:02}:00:00"), "timeZone": "UTC"})
}

fn single(title: &str) -> Value {
    json!({"subject": title, "start": at(9, 9), "end": at(9, 10)})
}

fn weekly(title: &str) -> Value {
    let pattern = json!({"type": "weekly", "interval": 1, "daysOfWeek": ["tuesday"],
        "firstDayOfWeek": "monday"});
    let range = json!({"type": "noEnd", "startDate": "2026-06-09"});
    let recurrence = json!({"pattern": pattern, "range": range});
    json!({"subject": title, "start": at(9, 9), "end": at(9, 10), "recurrence": recurrence})
}

fn add(service: &mut Service, event: &Value) -> String {
    let (calendar, now) = (service.calendar.0.clone(), service.now.as_millis());
    service.sim.person(now).create(&calendar, event).unwrap()
}

fn body(came: &Came) -> Body {
    match &came.outputs[..] {
        [Output::Item(Item::Event(item))] => match &item.payload {
            Payload::Whole(body) => body.clone(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

fn stored(done: &Done) -> &Stored {
    match done {
        Done::Stored(stored) => stored,
        other => panic!("{other:?}"),
    }
}

/// Everything that was said before, so that only what changed is said now.
fn settled(service: &mut Service) -> String {
    let token = service.list(Listing::Names).token();
    service.calls();
    token
}

#[test]
fn a_pass_without_a_change_is_one_request() {
    let mut service = Service::new(Profile::default());
    add(&mut service, &single("Here"));
    add(&mut service, &weekly("Here too"));
    let token = settled(&mut service);
    let came = service.list(Listing::Since(token));
    assert!(came.outputs.is_empty());
    assert_eq!(service.calls().len(), 1);
}

/// One look at what changed, one read of it, one write of its mirror, whose answer says how it is
/// stored.
#[test]
fn a_changed_event_is_one_delta_one_read_and_one_write() {
    for event in [single("One"), weekly("Many")] {
        let mut service = Service::new(Profile::default());
        let token = settled(&mut service);
        add(&mut service, &event);
        let names = service.list(Listing::Since(token)).names();
        assert_eq!((names.len(), service.calls().len()), (1, 1));
        let body = body(&service.fetch(names));
        assert_eq!(service.calls().len(), 1);
        let mut target = Service::new(Profile::default());
        let (derived, mark) = ("0123456789abcdefghijklmnop".to_owned(), "m0".to_owned());
        let doc = Box::new(MirrorDoc { derived, mark, body, instance: None });
        let calendar = target.calendar.clone();
        let create = ProviderOp::Create { calendar: calendar.clone(), doc: doc.clone() };
        let created = target.run(&create).done;
        assert!(stored(&created).version.is_some() && stored(&created).body.is_some());
        assert_eq!(target.calls().len(), 1);
        let mut other = doc;
        other.body.content.title = "Other".to_owned();
        let Stored { id, version, .. } = stored(&created).clone();
        let version = version.unwrap();
        let replace = ProviderOp::Replace {
            calendar: calendar.clone(),
            id,
            version,
            doc: other,
            instances: Vec::new(),
        };
        let replaced = target.run(&replace).done;
        assert_eq!(target.calls().len(), 1);
        let Stored { id, version, .. } = stored(&replaced).clone();
        let version = version.unwrap();
        assert_eq!(
            target.run(&ProviderOp::Delete { calendar, id, version, guests: Guests::Untold }).done,
            Done::Deleted
        );
        assert_eq!(target.calls().len(), 1);
    }
}

/// Three reads go in one call, so that a first sync of masters is a third of the calls; where
/// the service does not say which instances were cancelled, each series costs one more.
#[test]
fn the_first_reads_of_series_go_together() {
    for (listed, calls) in [(true, 7), (false, 27)] {
        let mut profile = Profile::default();
        if !listed {
            profile = profile.flipped(Belief::CancelledAreListed);
        }
        let mut service = Service::new(profile);
        for n in 0..20 {
            add(&mut service, &weekly(&format!("Series {n}")));
        }
        let names: Vec<ObjectName> = service.list(Listing::Names).names();
        assert_eq!(names.len(), 20);
        service.calls();
        let came = service.fetch(names);
        assert_eq!((came.outputs.len(), service.calls().len()), (20, calls));
    }
}

/// Catches a series of which the instances that are to be missing cost a whole reading each.
#[test]
fn a_hundred_cancelled_instances_cost_two_calls_each() {
    let mut source = Service::new(Profile::default());
    let id = add(&mut source, &daily());
    let mut body = body(&source.fetch(vec![ObjectName::Known(kalends_core::ids::ProviderId(id))]));
    let start = body.content.span.start.clone();
    let When::Zoned(civil, zone) = start else { panic!("{start:?}") };
    let excluded = (1..=100).map(|n| When::Zoned(civil.add_seconds(n * 86_400), zone.clone()));
    body.recurrence.as_mut().unwrap().excluded = excluded.collect();
    let mut target = Service::new(Profile::default());
    let (derived, mark) = ("0123456789abcdefghijklmnop".to_owned(), "m0".to_owned());
    let doc = Box::new(MirrorDoc { derived, mark, body, instance: None });
    let calendar = target.calendar.clone();
    let created = target.run(&ProviderOp::Create { calendar, doc }).done;
    let held = stored(&created).body.as_ref().unwrap();
    assert_eq!(held.recurrence.as_ref().unwrap().excluded.len(), 100);
    let calls = target.calls();
    assert_eq!(calls.iter().filter(|call| call.starts_with("DELETE")).count(), 100);
    assert!(calls.len() <= 2 * 100 + 8, "{}", calls.len());
}

/// Every day for half a year.
fn daily() -> Value {
    let pattern = json!({"type": "daily", "interval": 1});
    let range = json!({"type": "numbered", "startDate": "2026-06-09", "numberOfOccurrences": 180});
    let recurrence = json!({"pattern": pattern, "range": range});
    json!({"subject": "Daily", "start": at(9, 9), "end": at(9, 10), "recurrence": recurrence})
}
