//! What happens, told as it does: the feed of `kalends serve`, and what its loops notice.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod support;

use std::thread;
use std::time::Duration;

use kalends_testkit::caldav_sim::Profile;
use support::api::{Api, interrupt, key, settle};
use support::carrier::Server;
use support::events::{End, Heard, Listener};
use support::running::free_port;
use support::{Kalends, two_accounts};

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
