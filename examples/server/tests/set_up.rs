//! Accounts and edges: what is refused and what is said then, and options that change.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod support;

use serde_json::json;
use support::carrier::now_ms;
use support::{calendar, event, hours, two_accounts};

/// Catches two edges that say the same, of which one covers the other until it is removed.
#[test]
fn a_second_edge_into_the_same_overlay_is_refused() {
    let (_server, kalends, _) = two_accounts();
    let add = "edge add --from work/work --to home --detail busy";
    let first = kalends.done(add)["edges"][0]["id"].as_str().unwrap().to_owned();
    let (refused, code) = kalends.json("edge add --from work/work --to home --detail full");
    assert_eq!(code, 2);
    assert!(refused["error"]["message"].as_str().unwrap().contains(&first), "{refused}");
    kalends.done("edge add --from home/desk --to work");
    kalends.done(&format!("edge remove {first}"));
    kalends.done(add);
}

/// Catches an edge that takes its copies along though somebody wants to keep them, one that goes on
/// writing, and a copy that is taken for an event of the person's.
#[test]
fn an_edge_that_is_abandoned_leaves_its_copies_where_they_are() {
    let (server, kalends, work) = two_accounts();
    let desk = work.replace("alice", "bob").replace("work", "desk");
    let edge = kalends.done("edge add --from work/work --to home/desk --detail title");
    kalends.done("sync");
    let copies = server.sim().resources(&desk);
    assert_eq!(copies.len(), 3);
    let id = edge["edges"][0]["id"].as_str().unwrap();
    kalends.done(&format!("edge remove {id} --abandon"));
    server.sim().person(now_ms()).delete(&work, "1.ics").unwrap();
    let report = kalends.done("sync");
    assert_eq!((&report["deleted"], &report["settled"]), (&json!(0), &json!(true)), "{report}");
    assert_eq!(server.sim().resources(&desk), copies);
    assert_eq!(kalends.done("edge list")["edges"], json!([]));
    kalends.done("edge add --from home/desk --to work/work --detail title");
    let own = calendar(&[event("own@x", "Own", hours(33))]);
    server.sim().person(now_ms()).put(&desk, "own.ics", &own).unwrap();
    let report = kalends.done("sync");
    assert_eq!(report["created"], 1, "what was copied from there does not go back: {report}");
}

/// Catches an overlay that is taken for a person's calendar: as a target beside their events, or as
/// something that can be switched off.
#[test]
fn an_overlay_is_no_calendar_of_the_persons() {
    let (_server, kalends, _) = two_accounts();
    let edges = kalends.done("edge add --from work/work --to home")["edges"].clone();
    let overlay = edges[0]["to"]["id"].as_str().unwrap().to_owned();
    for line in ["edge add --from home/desk --to", "edge add --to home/desk --from"] {
        assert_eq!(kalends.json(&format!("{line} {overlay}")).1, 2, "{line}");
    }
    assert_eq!(kalends.json(&format!("calendars scope {overlay} --off")).1, 2);
}

/// Catches advice about a name that nobody gave.
#[test]
fn an_account_that_is_known_is_named_and_so_is_one_on_its_way_out() {
    let (server, kalends, _) = two_accounts();
    let refused = |name: &str, user: &str| {
        let url = &server.url;
        let line = format!("account add caldav --name {name} --url {url} --user {user}");
        let (json, code) = kalends.json(&line);
        assert_eq!(code, 2, "{json}");
        json["error"]["message"].as_str().unwrap().to_owned()
    };
    let known = refused("other", "alice");
    assert!(known.contains("under the name \"work\""), "{known}");
    server.sim().add_user("carol", "secret");
    let taken = refused("work", "carol");
    assert!(taken.contains("give another name"), "{taken}");
    kalends.done("account remove work");
    let leaving = refused("work", "alice");
    assert!(leaving.contains("is being removed"), "{leaving}");
}

/// Catches an option that can be set and never taken back.
#[test]
fn options_of_an_edge_change_one_by_one_and_an_empty_one_is_none() {
    let (_server, kalends, _) = two_accounts();
    let add = "edge add --from work/work --to home --detail title --title T --skip-all-day \
               --only-keyword E1 --only-keyword E2 --skip-category x";
    let id = kalends.done(add)["edges"][0]["id"].as_str().unwrap().to_owned();
    let change = |flags: &[&str]| {
        let mut command = kalends.command(&format!("edge change {id} --json"));
        let output = command.args(flags).output().unwrap();
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    let changed = change(&["--only-keyword", "E3", "--skip-all-day", "false"]);
    assert_eq!(changed["filters"]["only_keywords"], json!(["E3"]));
    assert_eq!(changed["filters"]["skip_all_day"], false);
    assert_eq!((&changed["title"], &changed["detail"]), (&json!("T"), &json!("title")));
    let cleared = change(&["--only-keyword", "", "--title", "", "--skip-category", ""]);
    assert_eq!(cleared["filters"]["only_keywords"], json!([]));
    assert_eq!(cleared["filters"]["skip_categories"], json!([]));
    assert_eq!(cleared["title"], json!(null));
}

/// Catches a word of the person's that is passed over in silence.
#[test]
fn what_two_way_decides_by_itself_cannot_be_asked_for_otherwise() {
    let (_server, kalends, _) = two_accounts();
    let add = "edge add --from work/work --to home/desk --detail full --two-way";
    for other in ["--on-edit revert", "--on-delete restore"] {
        assert_eq!(kalends.json(&format!("{add} {other}")).1, 2, "{other}");
    }
    let said = format!("{add} --on-edit propagate --on-delete propagate");
    assert_eq!(kalends.done(&said)["edges"].as_array().unwrap().len(), 2);
}

/// Catches a word of success about a mirror that nothing holds up, or about a part that is not.
#[test]
fn only_what_rests_is_resumed() {
    let (_server, kalends, _) = two_accounts();
    kalends.done("edge add --from work/work --to home --detail busy");
    let written = kalends.done("sync");
    let part = kalends.done("explain 1@x")["mirrors"][0]["parts"][0]["part"].clone();
    let part = part.as_str().unwrap().to_owned();
    let (refused, code) = kalends.json(&format!("resume {part}"));
    assert_eq!(code, 2, "{refused}");
    assert!(refused["error"]["message"].as_str().unwrap().contains("follows"), "{refused}");
    kalends.done(&format!("undo {}", written["run"].as_str().unwrap()));
    let mirror = part.strip_suffix("/whole").unwrap();
    assert_eq!(kalends.json(&format!("resume {mirror}/nothing")).1, 2);
    kalends.done(&format!("resume {part}"));
    assert_eq!(kalends.json(&format!("resume {mirror}")).1, 2, "it follows already");
}
