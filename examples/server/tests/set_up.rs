//! Accounts and edges: what is refused and what is said then, and options that change.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod support;

use std::process::Command;

use kalends_testkit::caldav_sim::Profile;
use serde_json::json;
use support::api::{Api, key};
use support::carrier::{Server, now_ms};
use support::{Kalends, calendar, event, hours, two_accounts};

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
    // The same over HTTP, of another.
    let part = kalends.done("explain 2@x")["mirrors"][0]["parts"][0]["part"].clone();
    let (api, key) = (Api::start(&kalends, "--every 3600"), key(&kalends, ""));
    let resume = || api.with(&key, "POST /v1/mirrors/resume", &json!({"part": part}).to_string());
    let resumed = resume().done();
    assert!(part.as_str().unwrap().starts_with(resumed["event"].as_str().unwrap()), "{resumed}");
    assert_eq!(resume().problem(), (422, "usage"), "it follows already");
}

/// Catches a password that crosses the network readable without a word, and a word about one that
/// stays on this machine, goes over TLS or is not there.
#[test]
fn a_password_that_others_can_read_on_its_way_is_warned_of() {
    let server = Server::start(Profile::radicale());
    server.sim().add_user("alice", "secret");
    server.sim().add_calendar("alice", "work");
    // This machine too, but its spelling does not say so.
    let plain = server.url.replace("127.0.0.1", "0.0.0.0");
    let tls = plain.replace("http:", "https:");
    let feed = format!("feed --name team --url {plain}/team.ics");
    let signed_in = |url: &str| format!("caldav --name work --url {url} --user alice");
    let cases = [
        (signed_in(&plain), true, true),
        (signed_in(&server.url), true, false),
        (signed_in(&tls), false, false),
        (format!("{feed} --user alice"), false, true),
        (feed, false, false),
    ];
    for (account, added, warned) in cases {
        let output = Kalends::new().run(&format!("account add {account}"));
        let said = String::from_utf8(output.stderr).unwrap();
        let warns = said.contains("warning: the address is plain http: the password crosses");
        assert_eq!((output.status.success(), warns), (added, warned), "{account}: {said}");
    }
}

/// Runs its arguments at a terminal, answers the first question once what is typed is not shown, and
/// prints what the terminal showed.
const AT_A_TERMINAL: &str = r#"
import os, pty, sys, termios, time
child, terminal = pty.fork()
if child == 0:
    os.execv(sys.argv[2], sys.argv[2:])
shown = b""
while not shown.endswith(b": "):
    shown += os.read(terminal, 1)
tries = 0
while termios.tcgetattr(terminal)[3] & termios.ECHO and tries < 3000:
    tries += 1
    time.sleep(0.01)
os.write(terminal, sys.argv[1].encode() + b"\n")
try:
    while more := os.read(terminal, 1024):
        shown += more
except OSError:
    pass
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"#;

/// Catches a password that cannot be typed, one that is read otherwise than it was typed, and one
/// that the screen shows.
#[test]
fn a_password_is_asked_for_at_a_terminal_and_not_shown() {
    let server = Server::start(Profile::radicale());
    server.sim().add_user("alice", "hush hush");
    server.sim().add_calendar("alice", "work");
    let kalends = Kalends::new();
    let line = format!("account add caldav --name work --url {} --user alice", server.url);
    let output = Command::new("python3")
        .args(["-c", AT_A_TERMINAL, "hush hush", env!("CARGO_BIN_EXE_kalends")])
        .args(line.split(' '))
        .env("KALENDS_DATA", kalends.path("data"))
        .env_remove("KALENDS_KEY")
        .env_remove("KALENDS_PASSWORD")
        .output()
        .unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{shown}{said}");
    assert!(shown.starts_with("password of account work: "), "{shown}");
    assert!(shown.contains("account work is added"), "{shown}");
    assert!(!shown.contains("hush"), "{shown}");
    assert_eq!(kalends.done("sync")["settled"], true);
}

/// Runs its arguments at a terminal, prints the first line that it showed, and ends with what runs.
const LOOKED_AT: &str = r#"
import os, pty, sys
child, terminal = pty.fork()
if child == 0:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    os.execv(sys.argv[1], sys.argv[1:])
shown = b""
while b"\n" not in shown:
    shown += os.read(terminal, 1024)
sys.stdout.buffer.write(shown)
sys.stdout.flush()
try:
    while os.read(terminal, 1024):
        pass
except OSError:
    pass
"#;

/// Catches a server that shows no way in to whoever starts it, and a way in that leads nowhere.
#[test]
fn a_server_at_a_terminal_shows_a_link_that_signs_a_browser_in() {
    let kalends = Kalends::new();
    let mut command = Command::new("python3");
    command.args(["-c", LOOKED_AT, env!("CARGO_BIN_EXE_kalends"), "serve"]);
    command.args(["--listen", "127.0.0.1:0"]).env("KALENDS_DATA", kalends.path("data"));
    let (api, ready) = Api::ready(command);
    let (_, link) = ready["page"].as_str().unwrap().split_once(api.host()).unwrap();
    let cookie = api.form(link, &[], "").cookie();
    assert_eq!(api.ask("GET /page", &[("Cookie", &cookie)], "").status, 200);
    assert_eq!(api.form(link, &[], "").status, 410, "once");
}

/// Runs its arguments at a terminal as wide as a page, and prints what the terminal showed on standard
/// error.
const WATCHED: &str = r#"
import fcntl, os, pty, struct, sys, termios
terminal, theirs = pty.openpty()
fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
child = os.fork()
if child == 0:
    os.dup2(theirs, 2)
    os.execv(sys.argv[1], sys.argv[1:])
os.close(theirs)
shown = b""
try:
    while more := os.read(terminal, 1024):
        shown += more
except OSError:
    pass
sys.stdout.buffer.write(b"\n== shown ==\n" + shown)
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"#;

/// Catches a sync that says nothing for as long as it takes, and one that stirs its report among what
/// it says.
#[test]
fn a_terminal_shows_what_a_sync_does_while_it_does_it() {
    let (server, kalends, work) = two_accounts();
    kalends.done("edge add --from work/work --to home --detail busy");
    for n in 0..60 {
        let text = calendar(&[event(&format!("many{n}@x"), "Many", hours(33 + n))]);
        server.sim().person(now_ms()).put(&work, &format!("many{n}.ics"), &text).unwrap();
    }
    let sync = |program: &mut Command| {
        let output = program.env("KALENDS_DATA", kalends.path("data")).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let binary = env!("CARGO_BIN_EXE_kalends");
    let watched = sync(Command::new("python3").args(["-c", WATCHED, binary, "sync"]));
    let (report, shown) = watched.0.split_once("\n== shown ==\n").unwrap();
    for said in ["looking for calendars", "reading, ", "writing, "] {
        assert!(shown.contains(said), "{said} is not in {shown:?}");
    }
    assert!(report.contains("settled") && !report.contains("reading, "), "{report:?}");
    let unwatched = sync(Command::new(binary).arg("sync"));
    assert_eq!(unwatched.1, "", "nobody looks");
}

/// Catches a token that cannot be given, and one that is sent as a password.
#[test]
fn an_account_is_signed_in_to_with_a_token() {
    let server = Server::start(Profile::radicale());
    server.sim().add_user("alice", "secret");
    server.sim().add_calendar("alice", "work");
    server.sim().set_bearer("alice", Some("t.0-ken"));
    let mut kalends = Kalends::new();
    let add = format!("account add caldav --name work --url {} --bearer", server.url);
    kalends.extra.push(("KALENDS_TOKEN".to_owned(), "t.0-ken".to_owned()));
    kalends.done(&add);
    kalends.extra.clear();
    assert_eq!(kalends.done("sync")["settled"], true);
    let is_token = |value: &str| value == "Bearer t.0-ken";
    assert!(
        server.sim().log().iter().all(|it| it.request.get("authorization").is_some_and(is_token))
    );
    server.sim().set_bearer("alice", Some("another"));
    assert_eq!(kalends.json("sync").1, 4, "its sign-in is over");
    kalends.extra.push(("KALENDS_TOKEN".to_owned(), "another".to_owned()));
    assert_eq!(kalends.done(&add)["known"], true);
    assert_eq!(kalends.done("sync")["settled"], true);
    for wrong in [format!("{add} --user alice"), "account add caldav --name x --bearer".to_owned()]
    {
        assert_eq!(kalends.json(&wrong).1, 2, "{wrong}");
    }
}
