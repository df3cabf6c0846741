//! What happens, told as it does: the feed of `kalends serve`, and what its loops notice.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod support;

use std::collections::BTreeSet;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use boon::{Compiler, SchemaIndex, Schemas};
use kalends_testkit::caldav_sim::{Profile, When};
use serde_json::{Value, json};
use support::api::{Api, interrupt, key, settle};
use support::carrier::{Server, now_ms};
use support::events::{End, Heard, Listener};
use support::running::free_port;
use support::{Kalends, calendar, event, fields, hours, two_accounts};

fn listen(api: &Api, key: &str, query: &str, last: Option<u64>) -> Listener {
    let (bearer, last) = (format!("Bearer {key}"), last.map(|id| id.to_string()));
    let seen = last.iter().map(|id| ("Last-Event-ID", id.as_str()));
    let headers: Vec<_> = [("Authorization", bearer.as_str())].into_iter().chain(seen).collect();
    Listener::open(api, &format!("/v1/changes{query}"), &headers)
}

/// The numbers of the changes of a stream up to its end, and the last of them.
fn numbers(listener: &mut Listener, told: &mut Vec<u64>) -> End {
    loop {
        match listener.next() {
            Ok(Heard { id, name, data }) if name == "change" => {
                assert_eq!(data["seq"].as_u64(), id);
                told.extend(id);
            }
            Ok(_) => {}
            Err(end) => return end,
        }
    }
}

/// Catches a change that is told twice or never when the listener or the server dies on the way, and
/// a title that is told to somebody who may see none.
#[test]
fn whoever_comes_again_misses_nothing_and_hears_nothing_twice() {
    let (_server, kalends, _) = two_accounts();
    let port = free_port();
    let flags = "--allow-private --every 3600";
    let api = Api::start_at(&kalends, port, flags);
    let key = key(&kalends, "");
    settle(&api, &key);
    let mut told = Vec::new();
    // A listener that goes away in the middle, and one that is torn off with the server.
    let mut first = listen(&api, &key, "?after=0", None);
    assert_eq!(first.next().unwrap().name, "ready");
    for _ in 0..2 {
        told.extend(first.until("change").id);
    }
    drop(first);
    let mut second = listen(&api, &key, "?after=0", told.last().copied());
    api.with(&key, "POST /v1/edges", r#"{"from": "work/work", "to": "home"}"#).done();
    let torn = thread::spawn(move || {
        let mut told = Vec::new();
        (numbers(&mut second, &mut told), told)
    });
    // It is killed while it writes mirrors down.
    let mut live = listen(&api, &key, "", None);
    while live.until("change").data["cause"] != "wrote" {}
    drop(api);
    let (end, more) = torn.join().unwrap();
    assert_eq!(end, End::Torn);
    told.extend(more);
    let api = Api::start_at(&kalends, port, flags);
    let mut third = listen(&api, &key, "", told.last().copied());
    settle(&api, &key);
    let head = kalends.done("journal")["entries"].as_array().unwrap().len() as u64;
    while *told.last().unwrap() < head {
        let change = third.until("change");
        let said = change.data.to_string();
        assert!(!said.contains("\"E1") && !said.contains("Busy"), "{said}");
        told.extend(change.id);
    }
    assert_eq!(told, (1..=head).collect::<Vec<_>>());
    // Whoever does not stay is told that they have it all.
    let mut all = listen(&api, &key, "?after=0&follow=false", None);
    assert_eq!(all.until("end").data["seq"].as_u64(), Some(head));
    assert_eq!(all.next().unwrap_err(), End::Clean);
    let beyond = listen(&api, &key, &format!("?after={}", head + 1), None);
    assert_eq!(beyond.status, 410);
    assert_eq!(listen(&api, &key, "?after=-1", None).status, 400);
}

/// Catches a listener that keeps the server from its end, one that goes on when its key was ended,
/// and as many of them as somebody likes.
#[test]
fn listeners_are_bounded_and_end_with_their_key_and_the_server() {
    let kalends = Kalends::new();
    let mut api = Api::start(&kalends, "--every 3600");
    let (first, second) = (key(&kalends, ""), key(&kalends, "--scope read"));
    let rule = r#"{"kind": "home", "zone": "Europe/Paris"}"#;
    let mut open: Vec<_> = (0..16).map(|_| listen(&api, &first, "", None)).collect();
    assert_eq!(listen(&api, &first, "", None).status, 429);
    open.truncate(15);
    let mut last = loop {
        // The server hears when somebody hangs up, a moment later.
        let next = listen(&api, &second, "", None);
        if next.status == 200 {
            break next;
        }
        thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(last.next().unwrap().name, "ready");
    let keys = kalends.done("key list");
    kalends.done(&format!("key revoke {}", keys["keys"][0]["id"].as_str().unwrap()));
    api.with(&second, "POST /v1/rules", rule).problem();
    let tools = key(&kalends, "--scope tools");
    assert_eq!(
        listen(&api, &tools, "", None).status,
        403,
        "tools are not told of all that happens"
    );
    let writer = key(&kalends, "--scope read --scope write");
    api.with(&writer, "POST /v1/rules", rule).done();
    for listener in &mut open {
        assert_eq!(numbers(listener, &mut Vec::new()), End::Clean, "its key was ended");
    }
    assert_eq!(last.until("change").data["cause"], "authored");
    interrupt(&api);
    assert_eq!(numbers(&mut last, &mut Vec::new()), End::Clean);
    assert!(api.ended().success());
}

/// Catches a server that does not see what the command line does beside it until its interval is
/// over.
#[test]
fn what_the_command_line_does_beside_it_is_taken_up_at_once() {
    let server = Server::start(Profile::radicale());
    let kalends = Kalends::new();
    let api = Api::start(&kalends, "--allow-private --every 3600");
    let reader = key(&kalends, "--scope read");
    let mut listener = listen(&api, &reader, "", None);
    listener.until("ready");
    {
        let mut sim = server.sim();
        sim.add_user("alice", "secret");
        sim.add_calendar("alice", "work");
    }
    let url = &server.url;
    kalends.done(&format!("account add caldav --name work --url {url} --user alice"));
    let is_read = || {
        let status = api.with(&reader, "GET /v1/status", "").done();
        let calendars = status["calendars"].as_array().unwrap().clone();
        calendars.iter().any(|one| one["name"] == "work" && one["read_at"].is_string())
    };
    while !is_read() {
        listener.until("status");
    }
}

/// What a change can be caused by, each of which the test below makes happen.
const CAUSES: [&str; 14] = [
    "adopted",
    "authored",
    "conflict",
    "discovered",
    "gone-seen",
    "held",
    "met",
    "mirror-edited",
    "released",
    "seen",
    "swept",
    "undone",
    "write-failed",
    "wrote",
];

/// Catches an event of the stream, whichever it is, that is not as the document says: schemathesis
/// looks at the first alone.
#[test]
fn every_change_is_told_as_the_document_says() {
    let (server, kalends, work) = two_accounts();
    let described = Described::new();
    kalends.done("edge add --from work/work --to home/desk --detail title --on-edit propagate");
    kalends.done("sync");
    // Somebody comes with the bundle alone, and finds the mirrors there.
    kalends.done("bundle export graph.json");
    std::fs::remove_dir_all(kalends.path("data")).unwrap();
    kalends.done("bundle import graph.json");
    for (name, user) in [("work", "alice"), ("home", "bob")] {
        let url = &server.url;
        kalends.done(&format!("account add caldav --name {name} --url {url} --user {user}"));
    }
    let mut api = Api::start(&kalends, "--allow-private --every 3600");
    let key = key(&kalends, "");
    let mut live = listen(&api, &key, "?after=0", None);
    let (tell, heard) = channel();
    let live = thread::spawn(move || {
        loop {
            match live.next() {
                Ok(one) => tell.send(one).unwrap(),
                Err(end) => return end,
            }
        }
    });
    settle(&api, &key);
    let is_told = |cause: &str| {
        let mut all = listen(&api, &key, "?after=0&follow=false", None);
        std::iter::from_fn(|| all.next().ok()).any(|one| one.data["cause"] == cause)
    };
    let sync = || drop(api.with(&key, "POST /v1/runs", ""));
    edited_and_deleted(&server, &work, &sync, &is_told);
    agreed_and_taken_back(&kalends, &api, &key);
    let id = kalends.done("edge list")["edges"][0]["from"]["id"].clone();
    server.sim().person(now_ms()).rename_calendar(&work, "Office").unwrap();
    api.with(&key, "POST /v1/edges", &json!({"from": id, "to": "home"}).to_string()).done();
    api.with(&key, "POST /v1/runs", "").done();
    let mut all = listen(&api, &key, "?after=0&follow=false", None);
    let all = std::iter::from_fn(|| all.next().ok());
    let told: Vec<Value> = all.filter_map(|one| described.change(&one)).collect();
    let listened = heard.iter().filter_map(|one| described.change(&one)).take(told.len());
    assert_eq!(listened.collect::<Vec<_>>(), told, "who listens hears the same");
    interrupt(&api);
    assert!(api.ended().success());
    heard.iter().for_each(drop);
    assert_eq!(live.join().unwrap(), End::Clean);
    let causes: BTreeSet<&str> = told.iter().map(|one| one["cause"].as_str().unwrap()).collect();
    assert_eq!(causes, BTreeSet::from(CAUSES));
}

/// People edit and delete on both sides, and a calendar refuses a write.
fn edited_and_deleted(
    server: &Server,
    work: &str,
    sync: &dyn Fn(),
    is_told: &dyn Fn(&str) -> bool,
) {
    let desk = "/bob/desk/";
    let mirror = |title: &str| {
        let mirrors = server.sim().resources(desk);
        mirrors.into_iter().find(|(_, text)| text.contains(title)).unwrap().0
    };
    let retitle = |path: &str, name: &str, title: &str| {
        let title = format!("SUMMARY:{title}\r\nEND:VEVENT");
        let edit = |text: String| {
            let at = text.find("SUMMARY:").unwrap();
            let end = at + text[at..].find("\r\n").unwrap() + 2;
            let text = format!("{}{}", &text[..at], &text[end..]);
            text.replace("END:VEVENT", &title)
        };
        server.sim().person(now_ms()).edit(path, name, edit).unwrap();
    };
    retitle(desk, &mirror("SUMMARY:E1"), "From the mirror");
    sync();
    // A look that is under way may see one of the two before the other is there.
    let second = mirror("SUMMARY:E2");
    let mut times = 0..20;
    while !is_told("conflict") {
        let time = times.next().unwrap();
        retitle(desk, &second, &format!("There {time}"));
        retitle(work, "2.ics", &format!("Here {time}"));
        sync();
    }
    server.sim().person(now_ms()).delete(work, "3.ics").unwrap();
    sync();
    for n in 4..=40 {
        let text = calendar(&[event(&format!("{n}@x"), "Many", hours(24 * n + 9))]);
        server.sim().person(now_ms()).put(work, &format!("{n}.ics"), &text).unwrap();
    }
    sync();
    for n in 4..=34 {
        server.sim().person(now_ms()).delete(work, &format!("{n}.ics")).unwrap();
    }
    sync();
    assert!(server.sim().plan("PUT", "*bob*", When::Always, "C8-403"));
    retitle(work, "40.ics", "Refused");
    sync();
    server.sim().faults_mut().clear();
}

/// An event is made and taken back, and a meeting found with another user.
fn agreed_and_taken_back(kalends: &Kalends, api: &Api, ann: &str) {
    let made = |key: &str, path: &str, body: &Value| {
        api.with(key, &format!("POST /v1/{path}"), &body.to_string()).done()
    };
    let lunch = made(ann, "events", &json!({"title": "Lunch", "start": "2030-01-01"}));
    made(ann, &format!("runs/{}/undo", lunch["run"].as_str().unwrap()), &json!({}));
    let bob = kalends.done("user add bob")["graph"].as_str().unwrap().to_owned();
    let his = key(kalends, "--user bob");
    let graph = api.with(ann, "GET /v1/status", "").done()["graph"].clone();
    made(&his, "rules", &json!({"kind": "consent", "graph": graph, "tier": "book"}));
    let (from, to) = (hours(24 * 50).to_string(), hours(24 * 51).to_string());
    let wish = json!({"length": "1h", "from": from, "to": to, "with": [bob]});
    let session = made(ann, "sessions", &wish)["id"].as_str().unwrap().to_owned();
    for step in ["hold", "commit"] {
        made(ann, &format!("sessions/{session}/{step}"), &json!({}));
    }
}

/// What the document says of the stream.
struct Described {
    schemas: Schemas,
    event: SchemaIndex,
    change: SchemaIndex,
    /// The fields of a change.
    known: BTreeSet<String>,
}

impl Described {
    fn new() -> Self {
        let document: Value = serde_json::from_str(include_str!("../openapi.json")).unwrap();
        let known = fields(&document["components"]["schemas"]["ChangeView"]["properties"]);
        let known = known.into_iter().map(str::to_owned).collect();
        let at = "http://127.0.0.1/openapi.json";
        let (mut compiler, mut schemas) = (Compiler::new(), Schemas::new());
        compiler.enable_content_assertions();
        compiler.add_resource(at, document).unwrap();
        let mut of =
            |pointer: &str| compiler.compile(&format!("{at}#{pointer}"), &mut schemas).unwrap();
        let stream = "/paths/~1v1~1changes/get/responses/200/content/text~1event-stream/schema";
        let (event, change) = (of(stream), of("/components/schemas/ChangeView"));
        Self { schemas, event, change, known }
    }

    /// What a change says; nothing of the other events. All are as the document has them.
    #[track_caller]
    fn change(&self, heard: &Heard) -> Option<Value> {
        let mut whole = json!({"event": heard.name, "data": heard.data.to_string()});
        if let Some(id) = heard.id {
            whole["id"] = json!(id.to_string());
        }
        self.holds(&whole, self.event);
        if heard.name != "change" {
            assert_eq!(fields(&heard.data), ["seq"], "{heard:?}");
            return None;
        }
        self.holds(&heard.data, self.change);
        assert_eq!(heard.id, heard.data["seq"].as_u64());
        let unknown = fields(&heard.data).into_iter().find(|field| !self.known.contains(*field));
        assert_eq!(unknown, None, "{heard:?}");
        Some(heard.data.clone())
    }

    #[track_caller]
    fn holds(&self, value: &Value, schema: SchemaIndex) {
        let judged = self.schemas.validate(value, schema);
        assert!(judged.is_ok(), "{value}: {}", judged.unwrap_err());
    }
}
