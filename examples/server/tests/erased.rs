//! Erasures that are refused, broken off, or brought to their end by somebody else.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod support;

use kalends_testkit::caldav_sim::When;
use serde_json::{Value, json};
use support::api::{Api, key};
use support::carrier::Server;
use support::running::spawn;
use support::{Kalends, two_accounts, until};

/// How many erasures were begun.
fn begun(kalends: &Kalends) -> i64 {
    let file = rusqlite::Connection::open(kalends.path("data/kalends.sqlite")).unwrap();
    file.query_row("SELECT count(*) FROM server_erasure", [], |row| row.get(0)).unwrap()
}

fn statement(erased: &Value) -> Value {
    serde_json::from_str(erased["certificate"]["statement"].as_str().unwrap()).unwrap()
}

/// The erasure of dave, whose process is killed when his rows are gone.
fn killed(kalends: &mut Kalends) {
    kalends.done("user add dave");
    kalends.extra = vec![("KALENDS_FAIL_IN".to_owned(), "erased".to_owned())];
    assert!(!kalends.run("erase --user dave --yes").status.success());
    kalends.extra.clear();
    assert!(!kalends.done("user list").to_string().contains("dave"));
}

/// Catches an erasure that is refused for a name that was mistyped, and goes on all the same.
#[test]
fn an_erasure_that_is_refused_was_not_begun() {
    let kalends = Kalends::new();
    kalends.done("user add dave");
    let (said, code) = kalends.json("erase --user dave --yes --abandon nope");
    assert_eq!((&said["error"]["code"], code), (&json!("not-found"), 2));
    assert_eq!(begun(&kalends), 0);
    let api = Api::start(&kalends, "--every 3600");
    let dave = key(&kalends, "--user dave");
    let typo = r#"{"user": "dave", "abandon": ["nope"]}"#;
    assert_eq!(api.with(&dave, "POST /v1/erasure", typo).problem(), (404, "not-found"));
    assert_eq!(api.with(&dave, "GET /v1/erasure", "").problem(), (404, "not-found"));
    assert_eq!(begun(&kalends), 0);
}

/// Catches an account that was judged before an erasure began and comes behind it: it is in no ledger.
#[test]
fn nobody_adds_an_account_while_an_erasure_begins() {
    let kalends = Kalends::new();
    kalends.done("user add dave");
    let adding = std::fs::File::create(kalends.path("data/kalends.adding")).unwrap();
    adding.lock_shared().unwrap();
    let erasing = spawn(&kalends, "erase --user dave --yes --json");
    erasing.until_it_opens("kalends.adding");
    assert_eq!(begun(&kalends), 0);
    drop(adding);
    let erased: Value = serde_json::from_slice(&erasing.ended().stdout).unwrap();
    assert_eq!(erased["state"], "erased", "{erased}");
}

/// Catches a certificate that nobody is given because a server brought the erasure to its end, and one
/// that is given to a user who began anew under the name.
#[test]
fn whoever_asks_again_is_handed_the_certificate() {
    let mut kalends = Kalends::new();
    killed(&mut kalends);
    let file = rusqlite::Connection::open(kalends.path("data/kalends.sqlite")).unwrap();
    let look = "SELECT id FROM server_erasure WHERE certificate IS NOT NULL";
    let api = Api::start(&kalends, "--every 3600");
    until("the server ends it", || file.query_row(look, [], |_| Ok(())).is_ok());
    let id: String = file.query_row(look, [], |row| row.get(0)).unwrap();
    drop((file, api));
    for _ in 0..2 {
        let erased = kalends.done("erase --user dave --yes --certificate c.json");
        assert_eq!((&erased["id"], &statement(&erased)["id"]), (&json!(id), &json!(id)));
        kalends.done("verify-certificate c.json");
        std::fs::remove_file(kalends.path("c.json")).unwrap();
    }
    let (said, code) = kalends.json("erase --user erin --yes");
    assert_eq!((&said["error"]["code"], code), (&json!("not-found"), 2));
    kalends.done("user add dave");
    assert_ne!(kalends.done("erase --user dave --yes")["id"], id);
}

/// The owner's erasure, before a provider that deletes nothing now, and what it said.
fn refused_by_a_provider() -> (Server, Kalends, Value) {
    let (server, kalends, _) = two_accounts();
    kalends.done("edge add --from work/work --to home --detail full");
    kalends.done("sync");
    assert!(server.sim().plan("DELETE", "*", When::Always, "C40-503"));
    let (waiting, code) = kalends.json("erase --yes");
    assert_eq!((&waiting["state"], code), (&json!("waiting"), 3), "{waiting}");
    (server, kalends, waiting)
}

/// Catches a second erasure, of nothing, whose certificate is handed out for the one that was asked for.
#[test]
fn the_owner_who_asks_again_is_handed_the_certificate_of_what_was_there() {
    let (server, kalends, waiting) = refused_by_a_provider();
    let again = String::from_utf8(kalends.run("erase --yes").stdout).unwrap();
    assert!(again.contains(waiting["id"].as_str().unwrap()), "{again}");
    server.sim().faults_mut().clear();
    let api = Api::start(&kalends, "--allow-private --every 3600");
    let at = format!("GET /certificates/{}", waiting["id"].as_str().unwrap());
    until("the server ends it", || api.ask(&at, &[], "").status == 200);
    let erased = kalends.done("erase --yes");
    assert_eq!(erased["id"], waiting["id"]);
    assert_eq!(statement(&erased)["accounts"].as_array().unwrap().len(), 2);
    assert!(statement(&erased)["rows"].as_u64().unwrap() > 0, "{erased}");
    kalends.done("event add --title New --start 2030-01-01");
    assert_ne!(kalends.done("erase --yes")["id"], waiting["id"], "they began anew");
}

/// Catches an erasure that waits, and that nobody sees who did not begin it, or can call off.
#[test]
fn an_erasure_that_waits_is_shown_and_called_off() {
    let (server, kalends, waiting) = refused_by_a_provider();
    let one = &waiting["waiting"][0];
    assert_eq!((&one["account"], one["again"].is_string()), (&json!("home"), true), "{waiting}");
    let said = String::from_utf8(kalends.run("erase --yes").stdout).unwrap();
    assert!(said.contains("again at 20") && said.contains("--call-off"), "{said}");
    let text = String::from_utf8(kalends.run("status").stdout).unwrap();
    assert!(text.starts_with("erasure era_") && text.contains("waits for home"), "{text}");
    let api = Api::start(&kalends, "--allow-private --every 3600");
    let key = key(&kalends, "");
    let status = api.with(&key, "GET /v1/status", "").done();
    assert_eq!(status["erasure"]["id"], waiting["id"], "{status}");
    let visit = api.form("/page/sign-in", &[], &format!("key={key}")).cookie();
    let page = api.ask("GET /page", &[("Cookie", &visit)], "");
    assert!(page.text.contains("It waits for home, work."), "{}", page.text);
    assert_eq!(api.form("/page/erasure/call-off", &[("Cookie", &visit)], "token=x").status, 403);
    let off = api.with(&key, "DELETE /v1/erasure", "").done();
    assert_eq!(off["called_off"], waiting["id"]);
    let mut stays = off["accounts"].as_array().unwrap().iter();
    assert!(stays.len() == 2 && stays.all(|one| one["state"] == "stays"), "{off}");
    assert_eq!(begun(&kalends), 0);
    assert_eq!(api.with(&key, "DELETE /v1/erasure", "").problem(), (404, "not-found"));
    let form = format!("token={}", page.token());
    let late = api.form("/page/erasure/call-off", &[("Cookie", &visit)], &form);
    assert_eq!(late.status, 404, "{late:?}");
    drop(api);
    let status = kalends.done("status");
    assert_eq!(status["erasure"], Value::Null);
    let mut accounts = status["accounts"].as_array().unwrap().iter();
    assert!(accounts.all(|one| one["state"] == "active"), "{status}");
    assert_eq!(status["edges"][0]["state"], "active", "{status}");
    server.sim().faults_mut().clear();
    // The provider is asked again when it said so.
    let (anew, _) = kalends.json("erase --yes");
    assert_ne!(anew["id"], waiting["id"], "it begins anew");
}

/// Catches accounts that stay on their way out because whoever called the erasure off died, or was not the
/// only one at work, before they were put back.
#[test]
fn a_call_off_that_dies_on_its_way_is_brought_to_its_end() {
    let (server, mut kalends, waiting) = refused_by_a_provider();
    let die = |kalends: &mut Kalends| {
        kalends.extra = vec![("KALENDS_FAIL_IN".to_owned(), "called-off".to_owned())];
        assert!(!kalends.run("erase --call-off").status.success());
        kalends.extra.clear();
        assert_eq!(kalends.done("status")["erasure"]["state"], "calling-off");
    };
    let stays = |kalends: &Kalends| {
        let status = kalends.done("status");
        let mut accounts = status["accounts"].as_array().unwrap().iter();
        assert!(accounts.all(|one| one["state"] == "active"), "{status}");
        assert_eq!(status["edges"][0]["state"], "active", "{status}");
        assert_eq!(status["erasure"], Value::Null);
    };
    die(&mut kalends);
    let off = kalends.done("erase --call-off");
    assert_eq!((&off["called_off"], &off["lost"]), (&waiting["id"], &json!([])));
    stays(&kalends);
    assert_eq!(kalends.json("erase --yes").1, 3);
    die(&mut kalends);
    let api = Api::start(&kalends, "--allow-private --every 3600");
    until("the server calls it off", || begun(&kalends) == 0);
    drop(api);
    stays(&kalends);
    assert_eq!(kalends.json("erase --yes").1, 3);
    die(&mut kalends);
    server.sim().faults_mut().clear();
    assert_eq!(begun(&kalends), 1);
    let (anew, _) = kalends.json("erase --yes");
    assert!(anew["id"].is_string() && anew["id"] != waiting["id"], "it begins anew: {anew}");
}

/// An erasure that waits, of a pair of edges of which one held no mirrors and ended at once.
fn one_edge_is_gone() -> (Server, Kalends) {
    let (server, kalends, _) = two_accounts();
    kalends.done("edge add --from work/work --to home/desk --two-way --detail full");
    kalends.done("sync");
    assert!(server.sim().plan("DELETE", "*", When::Always, "C40-503"));
    assert_eq!(kalends.json("erase --yes").1, 3);
    assert_eq!(kalends.done("edge list")["edges"].as_array().unwrap().len(), 1);
    (server, kalends)
}

/// Catches an edge that ended before the erasure was called off, and is lost.
#[test]
fn edges_that_ended_come_back_when_an_erasure_is_called_off() {
    let (_server, kalends) = one_edge_is_gone();
    assert_eq!(kalends.done("erase --call-off")["lost"], json!([]));
    let edges = kalends.done("edge list");
    let edges = edges["edges"].as_array().unwrap();
    assert_eq!(edges.len(), 2);
    let is_whole = |one: &Value| one["state"] == "active" && one["on_edit"] == "propagate";
    assert!(edges.iter().all(is_whole), "{edges:?}");
    let [one, other] = [0, 1].map(|n| (&edges[n]["id"], &edges[n]["pair"]));
    assert_eq!((one.1, other.1), (other.0, one.0), "each is the other's pair");
}

/// Catches an edge that is lost and that nobody is told of.
#[test]
fn an_edge_that_does_not_come_back_is_named() {
    let (_server, kalends) = one_edge_is_gone();
    let journal = kalends.done("journal");
    let ended = journal["entries"].as_array().unwrap().iter().filter(|one| {
        one["cause"] == "released" && one["edge"].is_string() && one["event"] == Value::Null
    });
    let file = rusqlite::Connection::open(kalends.path("data/kalends.sqlite")).unwrap();
    for entry in ended {
        let seq = entry["seq"].as_i64().unwrap();
        file.execute("DELETE FROM payloads WHERE seq = ?", [seq]).unwrap();
    }
    drop(file);
    let told = String::from_utf8(kalends.run("erase --call-off").stdout).unwrap();
    assert!(told.contains("edge pol_") && told.contains("add it again"), "{told}");
    assert!(!told.contains("nothing was deleted"), "{told}");
}

/// Catches an erasure that is called off when its rows are gone: nobody would be told so.
#[test]
fn what_is_erased_is_not_called_off() {
    let mut kalends = Kalends::new();
    kalends.done("event add --title Old --start 2030-01-01");
    kalends.extra = vec![("KALENDS_FAIL_IN".to_owned(), "erased".to_owned())];
    assert!(!kalends.run("erase --yes").status.success());
    kalends.extra.clear();
    let status = kalends.done("status");
    assert_eq!(status["erasure"]["state"], "ending", "{status}");
    let text = String::from_utf8(kalends.run("status").stdout).unwrap();
    assert!(text.contains("is ending") && !text.contains("--call-off"), "{text}");
    let (late, code) = kalends.json("erase --call-off");
    assert_eq!((&late["error"]["code"], code), (&json!("erasure.too-late"), 2));
    assert!(kalends.done("erase --yes")["certificate"].is_object());
    let (none, code) = kalends.json("erase --call-off");
    assert_eq!((&none["error"]["code"], code), (&json!("not-found"), 2));
}

/// Catches an erasure that fails each time, and holds up all that were begun behind it.
#[test]
fn an_erasure_that_fails_holds_up_no_other() {
    let mut kalends = Kalends::new();
    killed(&mut kalends);
    let file = rusqlite::Connection::open(kalends.path("data/kalends.sqlite")).unwrap();
    let broken = "INSERT INTO server_erasure (id, graph, user, ledger, begun_ms)
        VALUES ('era_0', zeroblob(16), 'ghost', '[]', 0)";
    file.execute(broken, []).unwrap();
    let api = Api::start(&kalends, "--every 3600");
    let ended = "SELECT 1 FROM server_erasure WHERE certificate IS NOT NULL";
    until("dave's is ended", || file.query_row(ended, [], |_| Ok(())).is_ok());
    drop(api);
}
