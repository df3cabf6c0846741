//! What was not seen before is not written over: neither somebody's change of an instance, nor
//! anything at a version that is not known.

#![allow(clippy::unwrap_used, reason = "what is not as expected ends a test")]

mod common;
mod gym;
use common::*;
use gym::*;
use kalends_core::provider::FailureClass;
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
    let mut same = exception("W/\"x\"", false);
    same["subject"] = "Gym".into();
    same["start"]["dateTime"] = "2026-06-03T05:00:00".into();
    same["end"]["dateTime"] = "2026-06-03T06:00:00".into();
    let heard = write(same);
    assert_eq!(heard.stored().version, Some(version("W/\"y\" i")));
    assert_eq!(heard.header(heard.sent.len() - 1, "If-Match"), Some("W/\"x\""));
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
