//! What was not seen before is not written over: neither somebody's change of an instance, nor
//! anything at a version that is not known.

#![allow(clippy::unwrap_used, reason = "what is not as expected ends a test")]

mod common;
mod gym;
use common::*;
use gym::*;
use kalends_core::provider::{FailureClass, Item, MirrorDoc, ObjectName, Payload, ProviderOp};
use serde_json::{Value, json};

/// What stands at its place already and is not ours is left as it is.
#[test]
fn a_changed_instance_is_not_written_over_somebodys_change() {
    let write = |there: Value| {
        let mut master = master("W/\"1\"");
        master["exceptionOccurrences"] = json!([there]);
        run_with(&create(moved()), move |call| {
            (call == "PATCH /me/calendars/c/events/e.3")
                .then(|| (200, exception("W/\"y\"", true).to_string()))
                .or_else(|| call.contains("/e/instances?").then(|| (200, instances(&[1, 2, 4, 5]))))
                .unwrap_or_else(|| (200, master.to_string()))
        })
    };
    // By hand, by hand with the mark of another instance, by another series' mark.
    let mut other = exception("W/\"x\"", true);
    other["singleValueExtendedProperties"] = properties("another", "e");
    let mut copied = exception("W/\"x\"", true);
    copied["singleValueExtendedProperties"] = properties("0123456789abcdefghijklmnop", "f");
    for there in [exception("W/\"x\"", false), other, copied] {
        let heard = write(there);
        assert_eq!(heard.failure().class, FailureClass::Taken);
        assert_eq!(heard.failure().code, "graph.instance-taken");
        assert!(heard.sent.iter().all(|call| call.method == "GET"));
    }
    // One that says what its series says is nobody's change.
    let heard = write(as_ruled());
    assert_eq!(heard.stored().version, Some(version("W/\"y\" i")));
    assert_eq!(heard.header(heard.sent.len() - 1, "If-Match"), Some("W/\"x\""));
}

fn as_ruled() -> Value {
    let mut same = exception("W/\"x\"", false);
    same["subject"] = "Gym".into();
    same["start"]["dateTime"] = "2026-06-03T05:00:00".into();
    same["end"]["dateTime"] = "2026-06-03T06:00:00".into();
    same
}

fn later() -> Box<MirrorDoc> {
    let mut later = gym(&[]);
    later.body.content.span.start = zoned("2026-06-01T08:00:00", "Europe/Rome");
    later
}

fn rewrite(op: &ProviderOp, listed: &Value, alone: &Value) -> Heard {
    let mut master = master("W/\"1\"");
    master["exceptionOccurrences"] = json!([listed]);
    run_with(op, |call| {
        let of_instance = call.contains("/events/e.3?");
        (200, if of_instance { alone.to_string() } else { master.to_string() })
    })
}

/// Other times void whatever was made of instances, and not every change of one gives the series
/// another version. Catches an instance that counts as ours by its mark, which a person's edit of it
/// keeps.
#[test]
fn no_rule_is_written_over_a_change_of_an_instance_that_was_not_seen() {
    let tag = held("W/\"1\"", &[]);
    let (ours, theirs) = (exception("W/\"x\"", true), exception("W/\"x\"", false));
    for there in [&ours, &theirs] {
        for op in [replace(&tag, later()), replace_knowing(&tag, "W/\"w\" i", later())] {
            let heard = rewrite(&op, there, there);
            assert_eq!(heard.failure().class, FailureClass::Stale, "{there}");
            assert!(heard.sent.iter().all(|call| call.method == "GET"));
        }
    }
    // What was seen, whoever made it; and what says what the series says.
    let op = replace_knowing(&tag, "W/\"x\" i", later());
    for there in [&ours, &theirs] {
        assert!(rewrite(&op, there, &Value::Null).stored().resets_instances, "{there}");
    }
    let as_ruled = rewrite(&replace(&tag, later()), &as_ruled(), &Value::Null);
    assert!(as_ruled.stored().resets_instances);
    // A list may leave out what an event says when it is read alone.
    let mut untagged = ours.clone();
    untagged.as_object_mut().unwrap().remove("@odata.etag");
    assert!(rewrite(&op, &untagged, &ours).stored().resets_instances);
    let stale = rewrite(&op, &untagged, &exception("W/\"y\"", true));
    assert_eq!(stale.failure().class, FailureClass::Stale);
}

/// A service that takes other times, from this day of June on, and leaves instances as they are;
/// `listed`: the third one as its series lists it, `alone`: as it is read by itself.
fn that_keeps_instances(op: &ProviderOp, day: u8, listed: &Value, alone: &Value) -> Heard {
    let wrote = std::cell::Cell::new(false);
    run_with(op, |call| {
        wrote.set(wrote.get() || call.starts_with("PATCH"));
        let mut master = master("W/\"1\"");
        master["exceptionOccurrences"] = json!([listed]);
        if wrote.get() {
            let at = |hour| json!({"dateTime": format!("2026-06-{day:02}T{hour}:00:00"), "timeZone": "UTC"});
            (master["start"], master["end"]) = (at("06"), at("07"));
            master["recurrence"]["range"]["startDate"] = format!("2026-06-{day:02}").into();
        }
        (200, if call.contains("/events/e.3?") { alone.to_string() } else { master.to_string() })
    })
}

/// What was sent to change something.
fn changes(heard: &Heard) -> Vec<(&str, &str)> {
    let calls = heard.sent.iter().filter(|call| call.method != "GET");
    calls.map(|call| (call.method, call.url.rsplit('/').next().unwrap())).collect()
}

/// Catches an instance that stays as its series had it when it was put back, since the series says something
/// else by now: it is nobody's change.
#[test]
fn an_instance_that_was_put_back_may_be_changed_again() {
    let heard = that_keeps_instances(
        &replace_knowing(&held("W/\"1\"", &[]), "W/\"x\" i", later()),
        1,
        &exception("W/\"x\"", true),
        &exception("W/\"x\"", true),
    );
    let put_back = heard.sent.iter().rfind(|call| call.method == "PATCH").unwrap();
    let body: Value = serde_json::from_slice(&put_back.body).unwrap();
    let write = |title: Option<&str>| {
        let mut there = exception("W/\"x\"", false);
        for field in ["subject", "start", "end", "singleValueExtendedProperties"] {
            there[field] = body[field].clone();
        }
        if let Some(title) = title {
            there["subject"] = title.into();
        }
        let mut master = master("W/\"1\"");
        master["subject"] = "Swimming".into();
        master["exceptionOccurrences"] = json!([there]);
        run_with(&create(moved()), move |call| {
            (call == "PATCH /me/calendars/c/events/e.3")
                .then(|| (200, exception("W/\"y\"", true).to_string()))
                .or_else(|| call.contains("/e/instances?").then(|| (200, instances(&[1, 2, 4, 5]))))
                .unwrap_or_else(|| (200, master.to_string()))
        })
    };
    assert_eq!(write(None).stored().version, Some(version("W/\"y\" i")));
    // What somebody made of it since is theirs.
    assert_eq!(write(Some("Sauna")).failure().code, "graph.instance-taken");
}

/// Catches a changed instance that stays where other times do not take it back, of which nobody knows
/// any more that it was ours.
#[test]
fn an_instance_that_other_times_leave_as_it_was_is_put_back() {
    let tag = held("W/\"1\"", &[]);
    let op = replace_knowing(&tag, "W/\"x\" i", later());
    let ours = exception("W/\"x\"", true);
    let mut untagged = ours.clone();
    untagged.as_object_mut().unwrap().remove("@odata.etag");
    for listed in [&ours, &untagged] {
        let heard = that_keeps_instances(&op, 1, listed, &ours);
        assert_eq!(changes(&heard), [("PATCH", "e"), ("PATCH", "e.3")], "{listed}");
        let patched = heard.sent.iter().rfind(|call| call.method == "PATCH").unwrap();
        let body: Value = serde_json::from_slice(&patched.body).unwrap();
        assert_eq!(body["subject"], "Gym", "{listed}");
        assert_eq!(body["start"]["dateTime"], "2026-06-03T06:00:00", "{listed}: as it is now");
        assert_eq!(body["singleValueExtendedProperties"][0]["value"], "", "{listed}");
    }
    // One that is as its series has it when it is looked at needs nothing.
    let mut occurrence = as_ruled();
    occurrence["type"] = "occurrence".into();
    let heard = that_keeps_instances(&op, 1, &untagged, &occurrence);
    assert_eq!(changes(&heard), [("PATCH", "e")]);
    // Nobody wrote over what somebody made of it since.
    let calls = std::cell::Cell::new(0);
    let heard = run_with(&op, |call| {
        let mut master = master("W/\"1\"");
        let wrote = calls.get() > 0;
        calls.set(calls.get() + u32::from(call.starts_with("PATCH")));
        let mut there = ours.clone();
        if wrote {
            there["subject"] = "Sauna".into();
        }
        master["exceptionOccurrences"] = json!([there]);
        (200, master.to_string())
    });
    assert_eq!(heard.sent.iter().filter(|call| call.method == "PATCH").count(), 1);
}

/// Catches a time that nobody wants, on a day that the rule has not any more, and that no part of the
/// mirror stands for from then on.
#[test]
fn an_instance_that_stays_on_a_day_that_the_rule_has_left_goes() {
    let tag = held("W/\"1\"", &[]);
    let mut elsewhere = later();
    elsewhere.body.content.span.start = zoned("2026-06-10T08:00:00", "Europe/Rome");
    let op = replace_knowing(&tag, "W/\"x\" i", elsewhere);
    let ours = exception("W/\"x\"", true);
    let heard = that_keeps_instances(&op, 10, &ours, &ours);
    assert_eq!(changes(&heard), [("PATCH", "e"), ("DELETE", "e.3")]);
    assert!(heard.stored().resets_instances);
}

/// Catches a title that is to be hidden and stays, since the times of its series wait until somebody
/// has looked at an instance.
#[test]
fn what_is_to_be_hidden_does_not_wait_for_instances() {
    let tag = held("W/\"1\"", &[]);
    let mut busy = later();
    busy.body.content.title = "Busy".into();
    let theirs = exception("W/\"x\"", false);
    let heard = rewrite(&replace(&tag, busy), &theirs, &theirs);
    assert_eq!(heard.failure().class, FailureClass::Stale, "it is known what is written");
    let patched: Vec<Value> = heard
        .sent
        .iter()
        .filter(|call| call.method == "PATCH")
        .map(|call| serde_json::from_slice(&call.body).unwrap())
        .collect();
    let [patched] = &patched[..] else { panic!("{patched:?}") };
    assert_eq!(patched["subject"], "Busy");
    assert!(patched.get("recurrence").is_none() && patched.get("start").is_none(), "{patched}");
    let mark = patched["singleValueExtendedProperties"].as_array().unwrap();
    assert!(
        mark.iter().any(|one| one["value"] == "-"),
        "it says that it is written in part: {patched}"
    );
}

/// Whoever reads a mirror again, since its version is another one, sees whose change that was; of
/// what a list does not say it of, after a look at it alone.
#[test]
fn what_became_of_its_instances_is_told_before_a_mirror() {
    let names = vec![ObjectName::Known(id("e"))];
    let op = ProviderOp::Fetch { calendar: id("c"), names };
    let read = |listed: &Value, alone: &Value| {
        let mut master = master("W/\"1\"");
        master["exceptionOccurrences"] = json!([listed]);
        run_with(&op, |call| {
            let of_instance = call.contains("/events/e.3?");
            (200, if of_instance { alone.to_string() } else { master.to_string() })
        })
    };
    let (ours, theirs) = (exception("W/\"x\"", true), exception("W/\"x\"", false));
    for (listed, alone, is_ours, calls) in
        [(&ours, &Value::Null, true, 1), (&theirs, &ours, true, 3), (&theirs, &theirs, false, 3)]
    {
        let heard = read(listed, alone);
        assert_eq!(heard.sent.len(), calls);
        let [Item::Event(changed), Item::Event(series)] = &heard.items()[..] else {
            panic!("{heard:?}")
        };
        assert_eq!((&changed.id, changed.mark.is_some()), (&id("e.3"), is_ours));
        assert_eq!(series.id, id("e"));
        assert!(matches!(&series.payload, Payload::Whole(body) if body.exceptions.is_empty()));
    }
    // As its series has it, it stands for nothing.
    let heard = read(&as_ruled(), &as_ruled());
    assert!(matches!(heard.items()[..], [Item::AsRuled { .. }, Item::Event(_)]), "{heard:?}");
}

/// A copy bears the mark that was made for another event: it is the person's, with all that is
/// otherwise in it.
#[test]
fn a_copied_series_keeps_what_was_changed_of_it() {
    let names = vec![ObjectName::Known(id("e"))];
    let op = ProviderOp::Fetch { calendar: id("c"), names };
    let mut copied = exception("W/\"x\"", true);
    copied["singleValueExtendedProperties"] = properties("0123456789abcdefghijklmnop", "other");
    for there in [copied, exception("W/\"x\"", false)] {
        let mut copy = master("W/\"1\"");
        copy.as_object_mut().unwrap().remove("transactionId");
        copy["exceptionOccurrences"] = json!([there]);
        let heard = run_with(&op, |_| (200, copy.to_string()));
        let item = heard.event();
        assert_eq!(item.native, "e");
        let Payload::Whole(body) = &item.payload else { panic!("{item:?}") };
        let titles: Vec<&str> = body.exceptions.iter().map(|e| e.content.title.as_str()).collect();
        assert_eq!(titles, ["Pool"]);
    }
}

/// Without a condition nothing is written onto what is there.
#[test]
fn nothing_is_written_at_a_version_that_is_not_known() {
    let untagged = instances(&[1, 2, 3, 4, 5]).replace("\"@odata.etag\"", "\"no-tag\"");
    let script = |call: &str| {
        if call.contains("/e/instances?") {
            return (200, untagged.clone());
        }
        (200, master("W/\"1\"").to_string())
    };
    let heard = run_with(&create(moved()), script);
    assert_eq!(heard.failure().code, "graph.no-version");
    assert!(heard.sent.iter().all(|call| call.method == "GET"));
    let cancelling = replace(&held("W/\"1\"", &[]), gym(&[3]));
    let heard = run_with(&cancelling, |call| {
        assert!(!call.starts_with("DELETE"), "{call}");
        script(call)
    });
    assert_eq!(heard.failure().code, "graph.no-version");
    for op in [replace("", lunch()), replace("", gym(&[])), delete(""), delete(" i")] {
        let heard = run_with(&op, |call| {
            assert!(call.starts_with("GET"), "{call}");
            script(call)
        });
        assert_eq!(heard.failure().class, FailureClass::Stale, "{op:?}");
    }
}
