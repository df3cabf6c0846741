//! Erasures that are refused, broken off, or brought to their end by somebody else.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod support;

use serde_json::{Value, json};
use support::api::{Api, key};
use support::running::spawn;
use support::{Kalends, until};

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
