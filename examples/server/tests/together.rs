//! One meeting of two users of `kalends serve`, each with a graph of their own.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod support;

use serde_json::{Value, json};
use support::api::{Api, key, settle};
use support::{Kalends, hours, two_accounts};

/// Nine o'clock, so many days from now, in UTC.
fn nine(days: i64) -> String {
    format!("{}T09:00:00Z", &hours(24 * days).to_string()[..10])
}

struct Two {
    api: Api,
    ann: String,
    bob: String,
    graph_of_bob: String,
}

impl Two {
    /// Both, and Ann's graph.
    fn without_consent(kalends: &Kalends) -> (Self, Value) {
        let graph_of_bob = kalends.done("user add bob")["graph"].as_str().unwrap().to_owned();
        let api = Api::start(kalends, "--allow-private --every 3600");
        let (ann, bob) = (key(kalends, ""), key(kalends, "--user bob"));
        settle(&api, &ann);
        let graph = api.with(&ann, "GET /v1/status", "").done()["graph"].clone();
        (Self { api, ann, bob, graph_of_bob }, graph)
    }

    /// Bob has an interview on the first morning, and lets Ann do as much as the tier says.
    fn start(kalends: &Kalends, tier: &str) -> Self {
        let (two, graph) = Self::without_consent(kalends);
        let interview = json!({
            "title": "Interview", "location": "Room of bob", "start": nine(3),
            "end": nine(3).replace("T09", "T19"),
        });
        two.made(&two.bob, "events", &interview);
        two.made(&two.bob, "rules", &json!({"kind": "consent", "graph": graph, "tier": tier}));
        two
    }

    fn made(&self, key: &str, path: &str, body: &Value) -> Value {
        let made = self.api.with(key, &format!("POST /v1/{path}"), &body.to_string());
        assert!((200..300).contains(&made.status), "{path}: {made:?}");
        made.done()
    }

    /// Ann looks for an hour on the day of Bob's interview or on the one after.
    fn search(&self) -> String {
        let wish = json!({
            "length": "1h", "from": nine(3), "to": nine(4), "title": "Merger", "grid": 60,
            "with": [self.graph_of_bob],
        });
        let opened = self.made(&self.ann, "sessions", &wish);
        assert_eq!(opened["state"], "candidates", "{opened}");
        let first = opened["candidates"][0].as_str().unwrap().to_owned();
        let over = &nine(3).replace("T09", "T19");
        assert!(first >= *over, "{first} is in Bob's interview, which ends at {over}");
        opened["id"].as_str().unwrap().to_owned()
    }

    fn step(&self, key: &str, line: &str) -> Value {
        self.api.with(key, line, "{}").done()
    }

    fn occurrences(&self, key: &str) -> String {
        let span = format!("GET /v1/occurrences?from={}&to={}", nine(2), nine(6));
        self.api.with(key, &span, "").text
    }
}

/// Catches words that are not carried between graphs, busy times that are not heard, and a title
/// that crosses.
#[test]
fn two_users_find_a_time_and_it_takes_place_for_both() {
    let (_server, kalends, _) = two_accounts();
    let two = Two::start(&kalends, "book");
    let session = two.search();
    let held = two.step(&two.ann, &format!("POST /v1/sessions/{session}/hold"));
    assert_eq!((&held["state"], &held["guests"][0]["said"]), (&json!("held"), &json!("told")));
    let done = two.step(&two.ann, &format!("POST /v1/sessions/{session}/commit"));
    assert_eq!(done["state"], "committed", "{done}");
    let (hers, his) = (two.occurrences(&two.ann), two.occurrences(&two.bob));
    let id = |text: &str| text.matches("\"event\"").count();
    assert!(hers.contains("Merger") && !hers.contains("Interview"), "{hers}");
    assert!(his.contains("Interview") && !his.contains("Merger"), "{his}");
    assert_eq!(id(&his), 2, "the interview and the meeting: {his}");
    let gone = two.step(&two.ann, &format!("DELETE /v1/sessions/{session}"));
    assert_eq!(gone["state"], "cancelled");
    assert_eq!(id(&two.occurrences(&two.bob)), 1, "what was called off is gone");
}

/// Catches a server that writes what another's search holds only once its interval is over.
#[test]
fn what_another_books_is_written_at_once() {
    let (server, kalends, _) = two_accounts();
    let (two, graph) = Two::without_consent(&kalends);
    two.made(&two.ann, "events", &json!({"title": "Lunch", "start": nine(9)}));
    two.made(&two.ann, "edges", &json!({"from": "own/main", "to": "home"}));
    let consent = json!({"kind": "consent", "graph": two.graph_of_bob, "tier": "book"});
    two.made(&two.ann, "rules", &consent);
    settle(&two.api, &two.ann);
    // What was asked for woke her loop, which looks once more and then rests. Bob has no account: only
    // hers are asked.
    two.api.with(&two.ann, "POST /v1/runs", "").done();
    let asked = server.asked();
    support::until("her loop looks once more", || server.asked() > asked);
    let wish = json!({"length": "1h", "from": nine(3), "to": nine(4), "with": [graph]});
    let session = two.made(&two.bob, "sessions", &wish)["id"].as_str().unwrap().to_owned();
    two.step(&two.bob, &format!("POST /v1/sessions/{session}/hold"));
    let written = || {
        let sim = server.sim();
        let overlays = sim.calendars().into_iter().filter(|path| path.contains("/bob/kalends-"));
        overlays.map(|path| sim.resources(&path).len()).sum::<usize>()
    };
    support::until("it is written, before the interval is over", || written() == 2);
}

/// Catches a booking without the word of who wants to be asked, a word that anybody can give, and
/// one that does not arrive.
#[test]
fn who_wants_to_be_asked_is_asked() {
    let (_server, kalends, _) = two_accounts();
    let two = Two::start(&kalends, "ask");
    kalends.done("user add eve");
    let eve = key(&kalends, "--user eve");
    let session = two.search();
    two.step(&two.ann, &format!("POST /v1/sessions/{session}/hold"));
    let commit = format!("POST /v1/sessions/{session}/commit");
    assert_eq!(two.api.with(&two.ann, &commit, "").problem(), (422, "session.waiting"));
    let waiting = two.step(&two.bob, "GET /v1/meetings");
    let meeting = waiting["meetings"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(waiting["meetings"][0]["answers"][0]["answer"], "waiting", "{waiting}");
    let accept = format!("POST /v1/meetings/{meeting}/accept");
    assert_eq!(two.api.with(&eve, &accept, "").problem(), (422, "meeting.unknown"));
    assert_eq!(two.api.with(&two.ann, &accept, "").problem(), (422, "meeting.not-asked"));
    two.step(&two.bob, &accept);
    assert_eq!(two.api.with(&two.bob, &accept, "").problem(), (422, "meeting.not-asked"));
    assert_eq!(two.step(&two.ann, &commit)["state"], "committed");
    assert!(!two.occurrences(&two.bob).contains("Merger"));
}

/// Catches a name that tells who else is here, and a search that stays open for somebody who never
/// consented, or shows what they did not want to tell.
#[test]
fn who_did_not_consent_tells_nothing() {
    let (_server, kalends, _) = two_accounts();
    let two = Two::start(&kalends, "book");
    let rules = two.step(&two.bob, "GET /v1/rules");
    let consent = rules["rules"].as_array().unwrap().iter().find(|rule| rule["kind"] == "consent");
    let consent = consent.unwrap()["id"].as_str().unwrap();
    two.api.with(&two.bob, &format!("DELETE /v1/rules/{consent}"), "").done();
    let wish = json!({"length": "1h", "from": nine(3), "to": nine(4), "with": [two.graph_of_bob]});
    let opened = two.made(&two.ann, "sessions", &wish);
    assert_eq!(opened["guests"][0]["said"], "denied", "{opened}");
    assert_eq!(opened["candidates"], json!([]), "{opened}");
    let named = json!({"length": "1h", "with": ["bob"]}).to_string();
    assert_eq!(two.api.with(&two.ann, "POST /v1/sessions", &named).problem(), (400, "request"));
}

/// Catches a command line that leaves what a graph says where nobody carries it.
#[test]
fn the_command_line_asks_users_by_name() {
    let (_server, kalends, _) = two_accounts();
    kalends.done("user add bob");
    let line = format!("session open --length 1h --with bob --from {} --to {}", nine(3), nine(4));
    let opened = kalends.done(&line);
    assert_eq!(opened["guests"][0]["said"], "denied", "{opened}");
    let (unknown, exit) = kalends.json("session open --length 1h --with nobody");
    assert_ne!(exit, 0);
    assert!(unknown.to_string().contains("user list"), "{unknown}");
    assert_eq!(kalends.done("meeting list"), json!({"meetings": []}));
}
