//! The binary over two CalDAV accounts of the simulator. KALENDS_LONG kills a sync at every
//! fail-point, one after the other (about half a minute).

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod support;

use std::ops::RangeInclusive;
use std::process::Stdio;

use kalends_testkit::caldav_sim::{Profile, When};
use serde_json::{Value, json};
use support::api::{Api, key};
use support::carrier::{Server, now_ms};
use support::{Kalends, calendar, event, hours, two_accounts, two_accounts_at};

/// Catches an edge that waits for ever, without a word, for an overlay that is never made.
#[test]
fn an_edge_to_a_server_that_makes_no_calendars_rests_and_says_so() {
    let (_server, kalends, _) = two_accounts_at(Profile::bare());
    kalends.done("edge add --from work/work --to home --detail busy");
    let _tried = kalends.json("sync");
    assert_eq!(kalends.done("sync")["settled"], true);
    let edge = kalends.done("edge list")["edges"][0].clone();
    assert_eq!((&edge["state"], &edge["rests"]), (&json!("paused"), &json!("no-calendar")));
    let plan = kalends.run("plan");
    assert!(plan.status.success());
    let said = String::from_utf8(plan.stderr).unwrap();
    assert!(said.contains("the server makes no calendars"), "{said}");
    let listed = String::from_utf8(kalends.run("edge list").stdout).unwrap();
    assert!(listed.contains("paused: no-calendar"), "{listed}");
}

fn put_many(server: &Server, calendar_path: &str, numbers: RangeInclusive<i64>) {
    for n in numbers {
        let text = calendar(&[event(&format!("{n}@x"), "Many", hours(24 * n + 9))]);
        server.sim().person(now_ms()).put(calendar_path, &format!("{n}.ics"), &text).unwrap();
    }
}

fn delete_many(server: &Server, calendar_path: &str, numbers: RangeInclusive<i64>) {
    for n in numbers {
        server.sim().person(now_ms()).delete(calendar_path, &format!("{n}.ics")).unwrap();
    }
}

fn counts(json: &Value) -> [u64; 3] {
    ["created", "updated", "deleted"].map(|field| json[field].as_u64().unwrap())
}

#[test]
fn a_sync_writes_the_mirrors_that_a_plan_announced_and_the_next_writes_none() {
    let (_server, kalends, _) = two_accounts();
    kalends.done("edge add --from work/work --to home --detail busy");
    let plan = kalends.done("plan");
    let actions: Vec<&str> = plan["operations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|operation| operation["action"].as_str().unwrap())
        .collect();
    assert_eq!(actions, ["make-calendar", "create", "create", "create"]);
    assert_eq!(kalends.done("status")["counts"]["events"], 3, "a plan stores what it read");
    let again = kalends.done("plan");
    assert_eq!((&again["operations"], &again["requests"]), (&plan["operations"], &json!(2)));
    assert_eq!(counts(&kalends.done("sync")), [3, 0, 0]);
    assert_eq!(counts(&kalends.done("sync")), [0, 0, 0]);
    assert_eq!(kalends.done("plan")["operations"], json!([]));
    let why = kalends.done("explain 1@x");
    assert_eq!(why["mirrors"][0]["wanted"], true);
    assert_eq!(why["mirrors"][0]["parts"][0]["state"], "live");
}

#[test]
fn a_wrong_password_asks_for_another_and_keeps_nothing() {
    let server = Server::start(Profile::radicale());
    server.sim().add_user("alice", "secret");
    let mut kalends = Kalends::new();
    kalends.password = "wrong".to_owned();
    let line = format!("account add caldav --name work --url {} --user alice", server.url);
    let (json, code) = kalends.json(&line);
    assert_eq!(code, 4, "{json}");
    assert!(json["error"]["message"].as_str().unwrap().contains("password"), "{json}");
    assert_eq!(kalends.done("account list")["accounts"], json!([]));
}

#[test]
fn a_password_that_changed_exits_4_until_the_account_is_added_again() {
    let (server, mut kalends, _) = two_accounts();
    server.sim().set_password("alice", "other");
    assert_eq!(kalends.json("sync").1, 4);
    kalends.password = "other".to_owned();
    let line = format!("account add caldav --name work --url {} --user alice", server.url);
    assert_eq!(kalends.done(&line)["known"], true);
    assert_eq!(kalends.done("sync")["pulled"], 3);
}

#[test]
fn nobody_at_an_address_is_said_so() {
    let kalends = Kalends::new();
    let (json, code) =
        kalends.json("account add caldav --name work --url http://127.0.0.1:9 --user alice");
    assert_eq!(code, 1, "{json}");
    assert!(json["error"]["message"].as_str().unwrap().contains("cannot be reached"), "{json}");
}

#[test]
fn an_imported_bundle_keeps_ids_and_mirrors() {
    let (server, kalends, _) = two_accounts();
    kalends.done("edge add --from work/work --to home --detail title");
    kalends.done("sync");
    let before = kalends.done("edge list");
    kalends.done("bundle export graph.json");
    std::fs::remove_dir_all(kalends.path("data")).unwrap();
    assert_eq!(kalends.done("bundle import graph.json")["known"], false);
    let again = kalends.done("bundle import graph.json");
    assert_eq!((&again["known"], &again["run"]), (&json!(true), &json!(null)));
    assert_eq!(kalends.done("edge list"), before);
    for (name, user) in [("work", "alice"), ("home", "bob")] {
        let url = &server.url;
        let line = format!("account add caldav --name {name} --url {url} --user {user}");
        assert_eq!(kalends.done(&line)["known"], true);
    }
    let again = kalends.done("sync");
    assert_eq!((counts(&again), &again["settled"]), ([0, 0, 0], &json!(true)));
    let bundle = std::fs::read_to_string(kalends.path("graph.json")).unwrap();
    let secret =
        serde_json::from_str::<Value>(&bundle).unwrap()["secret"].as_str().unwrap().to_owned();
    let forged = bundle.replace(&secret, &"ab".repeat(32));
    std::fs::write(kalends.path("forged.json"), forged).unwrap();
    assert_eq!(kalends.json("bundle import forged.json").1, 2, "a graph keeps its secret");
    kalends.done("edge add --from work/work --to home/desk --detail busy");
    assert_eq!(kalends.json("bundle import graph.json").1, 1, "only where nothing else is");
    assert_eq!(counts(&kalends.done("sync"))[1..], [0, 0], "its mirrors are its own still");
}

#[test]
fn two_syncs_at_once_write_each_mirror_once() {
    let (server, kalends, _) = two_accounts();
    kalends.done("edge add --from work/work --to home/desk --detail title");
    let mut children: Vec<_> =
        (0..2).map(|_| kalends.command("sync").stdout(Stdio::null()).spawn().unwrap()).collect();
    for child in &mut children {
        child.wait().unwrap();
    }
    let (_, code) = kalends.json("sync");
    assert!(code == 0 || code == 3, "{code}");
    let home = server.sim().calendars().into_iter().find(|path| path.contains("desk")).unwrap();
    assert_eq!(server.sim().resources(&home).len(), 3);
    kalends.done("journal --verify");
}

#[test]
fn an_edge_that_is_removed_or_undone_takes_its_mirrors_back() {
    let (server, kalends, work) = two_accounts();
    let edge = kalends.done("edge add --from work/work --to home --detail full");
    kalends.done("sync");
    let id = edge["edges"][0]["id"].as_str().unwrap();
    kalends.done(&format!("edge remove {id}"));
    assert!(kalends.done("sync")["deleted"].as_u64().unwrap() >= 1);
    kalends.done("sync");
    assert_eq!(kalends.done("edge list")["edges"], json!([]));

    let edge = kalends.done("edge add --from work/work --to home/desk");
    assert_eq!(counts(&kalends.done("sync")), [3, 0, 0]);
    kalends.done(&format!("undo {}", edge["run"].as_str().unwrap()));
    assert_eq!(counts(&kalends.done("sync")), [0, 0, 3]);
    assert_eq!(server.sim().resources(&work).len(), 3, "origins stay");
}

/// Catches an erasure that breaks the chain, or leaves what events said.
#[test]
fn what_the_journal_says_of_events_can_be_erased_and_the_chain_holds() {
    let (_server, kalends, _) = two_accounts();
    let edge = kalends.done("edge add --from work/work --to home/desk --detail full");
    kalends.done("sync");
    let erased = kalends.done("journal --erase-before 2100-01-01")["erased"].as_u64().unwrap();
    let journal = kalends.done("journal");
    let entries = journal["entries"].as_array().unwrap();
    assert_eq!(entries.len() as u64, erased);
    assert!(entries.iter().all(|entry| entry["changes"].is_null()));
    let verified = kalends.done("journal --verify");
    assert_eq!((&verified["valid"], &verified["erased"]), (&json!(true), &json!(erased)));
    assert_eq!(counts(&kalends.done("sync")), [0, 0, 0]);
    // What nobody knows any more is not said to be taken back.
    let (refused, exit) = kalends.json(&format!("undo {}", edge["run"].as_str().unwrap()));
    assert_eq!((exit, &refused["error"]["code"]), (2, &json!("not-found")), "{refused}");
    assert!(refused["error"]["message"].as_str().unwrap().contains("erased"), "{refused}");
    assert_eq!(kalends.done("edge list")["edges"][0]["state"], "active");
}

#[test]
fn a_lower_detail_rewrites_what_was_shown() {
    let (server, kalends, _) = two_accounts();
    let edge = kalends.done("edge add --from work/work --to home/desk --detail title");
    kalends.done("sync");
    let id = edge["edges"][0]["id"].as_str().unwrap();
    let changed = kalends.done(&format!("edge change {id} --detail busy --past-days 10"));
    assert_eq!((&changed["detail"], &changed["past_days"]), (&json!("busy"), &json!(10)));
    assert_eq!(counts(&kalends.done("sync")), [0, 3, 0]);
    let home = server.sim().calendars().into_iter().find(|path| path.contains("desk")).unwrap();
    for text in server.sim().resources(&home).values() {
        assert!(!text.contains("SUMMARY:E") && text.contains("SUMMARY:Busy"), "{text}");
    }
}

#[test]
fn many_deletions_at_once_are_held_until_a_person_has_spoken() {
    let (server, kalends, work) = two_accounts();
    put_many(&server, &work, 4..=40);
    kalends.done("edge add --from work/work --to home/desk --detail title");
    assert_eq!(counts(&kalends.done("sync")), [40, 0, 0]);
    delete_many(&server, &work, 1..=30);
    let (held, code) = kalends.json("sync");
    assert_eq!((counts(&held), &held["held"], code), ([0, 0, 0], &json!(30), 3));
    let list = kalends.done("held list");
    assert_eq!(
        (&list["held"][0]["name"], &list["held"][0]["count"]),
        (&json!("work/work"), &json!(30))
    );
    let (refused, code) = kalends.json("held approve work/work --count 15");
    assert_eq!((&refused["error"]["code"], code), (&json!("review.changed"), 1), "{refused}");
    assert_eq!(kalends.done("held list")["held"][0]["verdict"], "waiting");
    kalends.done("held approve work/work --count 30");
    assert_eq!(counts(&kalends.done("sync")), [0, 0, 30]);
    assert_eq!(kalends.done("held list")["held"], json!([]), "an approval is used up");
    assert_eq!(kalends.done("status")["counts"]["events"], 10, "those that are still held");
    put_many(&server, &work, 41..=70);
    assert_eq!(counts(&kalends.done("sync")), [30, 0, 0]);
    delete_many(&server, &work, 41..=70);
    assert_eq!(kalends.json("sync").0["held"], 30, "the next ones are judged anew");
    answers_only_what_was_shown(&kalends);
    kalends.done("held reject work/work");
    let stays = || {
        let (kept, _) = kalends.json("sync");
        assert_eq!((counts(&kept), &kept["held"]), ([0, 0, 0], &json!(0)));
    };
    stays();
    put_many(&server, &work, 71..=100);
    assert_eq!(counts(&kalends.done("sync")), [30, 0, 0]);
    delete_many(&server, &work, 71..=100);
    assert_eq!(kalends.json("sync").0["held"], 30);
    let calendar = kalends.done("held list")["held"][0]["calendar"].clone();
    let (api, key) = (Api::start(&kalends, "--allow-private --every 3600"), key(&kalends, ""));
    let path = format!("PUT /v1/held/{}", calendar.as_str().unwrap());
    assert_eq!(api.with(&key, &path, r#"{"approve": false}"#).done()["verdict"], "rejected");
    drop(api);
    stays();
}

/// Thirty are held: catches a word on fewer, over HTTP and from the page, that lets all of them go.
fn answers_only_what_was_shown(kalends: &Kalends) {
    let held = kalends.done("held list")["held"][0].clone();
    let calendar = held["calendar"].as_str().unwrap();
    let (api, key) = (Api::start(kalends, "--allow-private --every 3600"), key(kalends, ""));
    let path = format!("PUT /v1/held/{calendar}");
    let say = |body: Value| api.with(&key, &path, &body.to_string());
    assert_eq!(say(json!({"approve": true})).problem(), (422, "usage"), "of how many is not said");
    let fewer = say(json!({"approve": true, "count": 29}));
    assert_eq!(fewer.problem(), (409, "review.changed"));
    let cookie = api.form("/page/sign-in", &[], &format!("key={key}")).cookie();
    let cookie = [("Cookie", cookie.as_str())];
    let page = api.ask("GET /page", &cookie, "");
    assert!(page.text.contains("name=\"count\" value=\"30\""), "{}", page.text);
    let form = format!("token={}&calendar={calendar}&approve=true&count=29", page.token());
    assert_eq!(api.form("/page/held", &cookie, &form).status, 409);
    assert_eq!(kalends.done("held list")["held"][0], held, "nobody's word was taken");
    let all = say(json!({"approve": true, "count": 30})).done();
    assert_eq!(all["verdict"], "approved");
}

#[test]
fn a_scope_that_is_switched_off_takes_its_mirrors_back() {
    let (_server, kalends, _) = two_accounts();
    kalends.done("edge add --from work/work --to home/desk");
    kalends.done("sync");
    assert_eq!(kalends.done("calendars scope work/work --off")["calendar"]["on"], false);
    assert_eq!(counts(&kalends.done("sync")), [0, 0, 3]);
    kalends.done("calendars scope work/work --on");
    assert_eq!(counts(&kalends.done("sync")), [3, 0, 0]);
}

#[test]
fn a_name_that_may_mean_two_calendars_lists_both() {
    let (server, kalends, _) = two_accounts();
    {
        let mut sim = server.sim();
        let other = sim.add_calendar("alice", "other");
        sim.person(now_ms()).rename_calendar(&other, "work").unwrap();
    }
    kalends.done("sync");
    let (json, code) = kalends.json("calendars scope work/work --off");
    assert_eq!((code, &json["error"]["code"]), (2, &json!("usage")));
    assert_eq!(json["error"]["message"].as_str().unwrap().matches("cal_").count(), 2, "{json}");
    assert_eq!(kalends.done("calendars scope work/other --off")["calendar"]["on"], false);
}

#[cfg(unix)]
#[test]
fn a_sync_killed_at_any_fail_point_is_finished_by_the_next() {
    use std::os::unix::process::ExitStatusExt as _;
    let count = {
        let (_server, mut kalends, _) = two_accounts();
        kalends.done("edge add --from work/work --to home/desk --detail title");
        let file = kalends.path("count").to_string_lossy().into_owned();
        kalends.extra.push(("KALENDS_FAIL_COUNT".to_owned(), file));
        kalends.done("sync");
        std::fs::read_to_string(kalends.path("count")).unwrap().lines().count()
    };
    assert!(count > 10, "{count}");
    // Each of them with KALENDS_LONG set; else a few of every sort.
    let step = if std::env::var_os("KALENDS_LONG").is_some() { 1 } else { 7 };
    for at in (1..=count).step_by(step) {
        let (server, mut kalends, _) = two_accounts();
        kalends.done("edge add --from work/work --to home/desk --detail title");
        kalends.extra.push(("KALENDS_FAIL_AT".to_owned(), at.to_string()));
        assert_eq!(kalends.run("sync").status.signal(), Some(9), "fail-point {at}");
        kalends.extra.clear();
        assert_eq!(kalends.done("sync")["settled"], true, "fail-point {at}");
        assert_eq!(counts(&kalends.done("sync")), [0, 0, 0], "fail-point {at}");
        kalends.done("journal --verify");
        let home = server.sim().calendars().into_iter().find(|path| path.contains("desk")).unwrap();
        assert_eq!(server.sim().resources(&home).len(), 3, "fail-point {at}");
    }
}

/// Catches an event that hides behind another with the same UID.
#[test]
fn all_events_that_bear_a_uid_are_explained() {
    let (server, kalends, work) = two_accounts();
    for n in [1, 2] {
        let text = calendar(&[event("1@x", &format!("Copy {n}"), hours(48 + n))]);
        server.sim().person(now_ms()).put(&work, &format!("copy{n}.ics"), &text).unwrap();
    }
    kalends.done("sync");
    let said = kalends.done("explain 1@x");
    let events = said["events"].as_array().unwrap();
    let mut titles: Vec<&str> =
        events.iter().map(|one| one["presences"][0]["title"].as_str().unwrap()).collect();
    titles.sort_unstable();
    assert_eq!(titles, ["Copy 1", "Copy 2", "E1"]);
    assert!(events.iter().all(|one| one["uid"] == "1@x"));
    let text = String::from_utf8(kalends.run("explain 1@x").stdout).unwrap();
    assert!(text.contains("Copy 1") && text.contains("Copy 2"), "{text}");

    let one = kalends.done("explain 2@x");
    assert_eq!((&one["uid"], &one["events"]), (&json!("2@x"), &json!(null)));
    let named = events[1]["event"].as_str().unwrap();
    assert_eq!(kalends.done(&format!("explain {named}"))["event"], events[1]["event"]);
}

/// Catches a change of an origin that was given up and that no list shows, nor any retry takes.
#[test]
fn a_change_of_an_origin_that_is_parked_is_listed_and_retried() {
    let (server, kalends, work) = two_accounts();
    let line = "edge add --from work/work --to home/desk --detail full --on-edit propagate";
    kalends.done(line);
    kalends.done("sync");
    let desk = work.replace("alice", "bob").replace("work", "desk");
    assert!(server.sim().plan("PUT", "*alice*", When::Always, "C8-403"));
    let held = server.sim().resources(&desk);
    let (mirror, _) = held.iter().find(|(_, text)| text.contains("SUMMARY:E1")).unwrap();
    let mine = |text: String| text.replace("SUMMARY:E1", "SUMMARY:Mine");
    server.sim().person(now_ms()).edit(&desk, mirror, |text| mine(text.to_owned())).unwrap();
    assert_eq!(kalends.json("sync").1, 3, "it says that something is parked");

    let listed = kalends.done("parked list")["parked"].clone();
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
    assert_eq!(listed[0]["kind"], "origin");
    assert!(listed[0]["code"].as_str().unwrap().starts_with("origin-parked."), "{listed}");
    server.sim().faults_mut().clear();
    let name = listed[0]["part"].as_str().unwrap();
    assert_eq!(kalends.done(&format!("parked retry {name}"))["retried"], json!([name]));
    kalends.done("sync");
    assert_eq!(kalends.done("parked list")["parked"], json!([]));
    let origin = server.sim().resources(&work)["1.ics"].clone();
    assert!(origin.contains("SUMMARY:Mine"), "{origin}");
}

/// Catches a content that lost and can be brought back only by whoever knows its number, one that
/// comes back elsewhere, and an entry without one that is taken for it.
#[test]
fn what_lost_is_found_in_the_journal_and_brought_back() {
    let (server, kalends, work) = two_accounts();
    kalends.done("edge add --from work/work --to home/desk --detail full");
    kalends.done("sync");
    let desk = work.replace("alice", "bob").replace("work", "desk");
    let mirrors = || server.sim().resources(&desk);
    let mirror = mirrors().into_iter().find(|(_, text)| text.contains("SUMMARY:E1")).unwrap().0;
    let mine = |text: String| text.replace("SUMMARY:E1", "SUMMARY:Mine");
    server.sim().person(now_ms()).edit(&desk, &mirror, mine).unwrap();
    kalends.done("sync");
    assert!(mirrors()[&mirror].contains("SUMMARY:E1"), "an edit is reverted");
    let journal = kalends.done("journal");
    let entries = journal["entries"].as_array().unwrap();
    let number = |cause: &str| {
        let found = entries.iter().rfind(|entry| entry["cause"] == cause);
        found.unwrap_or_else(|| panic!("{cause}: {journal}"))["seq"].as_u64().unwrap()
    };
    let lost = number("mirror-edited");
    assert_eq!(kalends.json(&format!("restore {}", lost + 1_000)).1, 2, "no such entry");
    assert_eq!(kalends.done(&format!("restore {lost}"))["restored"], json!(lost));
    kalends.done("sync");
    let origin = server.sim().resources(&work)["1.ics"].clone();
    for text in [&origin, &mirrors()[&mirror]] {
        assert!(text.contains("SUMMARY:Mine"), "{text}");
    }
}
