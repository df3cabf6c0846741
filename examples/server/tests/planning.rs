//! When a person has time, as the binary says it: rules, proposals, holds and sessions over a
//! CalDAV server.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod support;

use serde_json::Value;
use support::carrier::{Server, now_ms};
use support::{Kalends, calendar, event, hours, two_accounts};

/// Bob's calendar on the server.
fn desk(server: &Server) -> String {
    server.sim().calendars().into_iter().find(|path| path.contains("desk")).unwrap()
}

fn local(at: kalends::recurrence::Timestamp) -> String {
    at.to_string()[..16].to_owned()
}

/// The reasons at a time.
fn why(kalends: &Kalends, hour: i64) -> Vec<String> {
    let at = hours(hour);
    let (from, to) = (at.to_string(), at.saturating_add_millis(60_000).to_string());
    let said = kalends.done(&format!("availability --from {from} --to {to}"));
    let one = &said["stretches"][0];
    one["why"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned()).collect()
}

/// Catches rules that are kept and not heeded, and ones that cannot be taken back.
#[test]
fn rules_are_set_heeded_listed_and_taken_back() {
    let (_server, kalends, _) = two_accounts();
    kalends.done("sync");
    assert_eq!(why(&kalends, 24 + 9), ["busy"]);
    assert_eq!(why(&kalends, 24 + 20), [""; 0]);
    kalends.done("rule set home UTC");
    kalends.done("rule set hours all 08:00-17:00");
    kalends.done("rule set buffers --before 30m");
    assert_eq!(why(&kalends, 24 + 20), ["outside-hours"]);
    let hour = kalends.done("rule set notice 90d");
    assert_eq!(why(&kalends, 24 + 12), ["notice"]);
    let listed = kalends.done("rule list");
    assert_eq!(listed["rules"].as_array().unwrap().len(), 4, "{listed}");
    kalends.done(&format!("rule remove {}", hour["id"].as_str().unwrap()));
    assert_eq!(why(&kalends, 24 + 12), [""; 0]);
    assert_eq!(kalends.json("rule remove rul_01J9Z3NDEKTSV4RRFFQ69G5FAV").1, 2);
    // Times are said by the clock they were said by.
    let trip = "rule set trip Asia/Tokyo --from 2030-03-09T08:00 --to 2030-03-11 --name Kyoto";
    let says = "2030-03-09 08:00 to 2030-03-11 00:00 Asia/Tokyo Kyoto";
    assert_eq!(kalends.done(trip)["says"], says);
    // The journal tells all of it, and an undo of a run takes its rule back.
    assert_eq!(kalends.json("journal --verify").1, 0);
    let journal = kalends.done("journal");
    let text = journal.to_string();
    assert!(text.contains("rule/rul_"), "{text}");
}

/// Catches a public answer that says more than when there is time.
#[test]
fn the_public_answer_holds_free_times_alone() {
    let (_server, kalends, _) = two_accounts();
    kalends.done("sync");
    let (from, to) = (hours(24).to_string(), hours(48).to_string());
    let said = kalends.done(&format!("availability --public --from {from} --to {to}"));
    assert_eq!(support::fields(&said), ["free"]);
    let free = said["free"].as_array().unwrap();
    assert_eq!(free.len(), 2, "{said}");
    assert!(free.iter().all(|one| support::fields(one) == ["end", "start"]), "{said}");
}

/// Catches a hold that stays in the calendar it was carried to, and one that is placed twice.
#[test]
fn a_hold_is_carried_by_an_edge_and_taken_back() {
    let (server, kalends, _) = two_accounts();
    kalends.done("sync");
    let at = local(hours(24 + 12));
    let hold = kalends.done(&format!("hold add --at {at} --length 1h --expires 2d --title Ask"));
    let id = hold["id"].as_str().unwrap().to_owned();
    kalends.done("edge add --from own/main --to home/desk --detail busy");
    kalends.done("sync");
    let desk = desk(&server);
    let shown = || server.sim().resources(&desk).into_values().collect::<Vec<String>>();
    let texts = shown();
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert!(texts[0].contains("STATUS:TENTATIVE") && !texts[0].contains("Ask"), "{texts:?}");
    let (refused, code) = kalends.json(&format!("hold add --at {at} --length 30m"));
    assert_eq!((refused["error"]["code"].as_str(), code), (Some("hold.taken"), 2));
    assert_eq!(kalends.done("hold list")["holds"].as_array().unwrap().len(), 1);
    assert_eq!(why(&kalends, 24 + 12), ["held"]);
    kalends.done(&format!("hold release {id}"));
    kalends.done("sync");
    assert_eq!(shown().len(), 0);
    let (said, code) = kalends.json(&format!("hold release {id}"));
    assert_eq!((said["error"]["code"].as_str(), code), (Some("not-found"), 2));
}

/// Catches a session that commits what is taken, or leaves its hold behind.
#[test]
fn a_session_finds_holds_and_commits() {
    let (_server, kalends, _) = two_accounts();
    kalends.done("sync");
    let (from, to) = (hours(24 + 8).to_string(), hours(24 + 12).to_string());
    let line = format!("session open --length 1h --grid 60 --from {from} --to {to} --title Plan");
    let session = kalends.done(&line);
    let id = session["id"].as_str().unwrap().to_owned();
    let starts: Vec<&str> =
        session["candidates"].as_array().unwrap().iter().map(|at| at.as_str().unwrap()).collect();
    assert_eq!(starts.len(), 3, "{session}");
    assert!(!starts.contains(&hours(24 + 9).to_string().as_str()), "{session}");
    assert_eq!(kalends.json(&format!("session commit {id}")).1, 2, "nothing is held yet");
    assert_eq!(kalends.done(&format!("session hold {id}"))["state"], "held");
    assert_eq!(kalends.done(&format!("session commit {id}"))["state"], "committed");
    assert_eq!(kalends.done("hold list")["holds"], Value::Array(Vec::new()));
    let span = format!("events --from {from} --to {to}");
    let titles = kalends.done(&span).to_string();
    assert!(titles.contains("Plan"), "{titles}");
    assert_eq!(kalends.done(&format!("session cancel {id}"))["state"], "cancelled");
    assert!(!kalends.done(&span).to_string().contains("Plan"));
}

/// Catches an answer of nobody that is taken for free, and a calendar of another that is not asked.
#[test]
fn others_are_asked_and_unknown_is_not_free() {
    let (server, kalends, _) = two_accounts();
    kalends.done("sync");
    let desk = desk(&server);
    let text = calendar(&[event("desk@x", "Secret", hours(24 + 10))]);
    server.sim().person(now_ms()).put(&desk, "d.ics", &text).unwrap();
    let (from, to) = (hours(24 + 9).to_string(), hours(24 + 12).to_string());
    let span = format!("--length 1h --grid 60 --from {from} --to {to}");
    // Alice's own meeting is at nine, Bob's at ten.
    let said = kalends.done(&format!("propose {span} --with {desk} --via home"));
    let starts: Vec<&str> = said["proposals"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["meetings"][0]["start"].as_str().unwrap())
        .collect();
    assert_eq!(starts, [hours(24 + 11).to_string()], "{said}");
    let (said, code) = kalends.json(&format!("propose {span} --with carol@example.org"));
    assert_eq!((code, said["proposals"].as_array().unwrap().len()), (3, 0), "{said}");
    assert_eq!(said["unknown"][0]["of"], "carol@example.org");
    let line = format!("propose {span} --with carol@example.org --without-unknown");
    assert_eq!(kalends.done(&line)["proposals"].as_array().unwrap().len(), 2);
    let file = kalends.path("dana.ics");
    std::fs::write(&file, calendar(&[event("dana@x", "D", hours(24 + 11))])).unwrap();
    let said = kalends.done(&format!("propose {span} --with file://{}", file.display()));
    let starts = said["proposals"].as_array().unwrap();
    assert_eq!(starts.len(), 1, "{said}");
    assert_eq!(starts[0]["meetings"][0]["start"], hours(24 + 10).to_string());
}
