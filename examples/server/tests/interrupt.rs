//! Interrupting the binary while a server does not answer.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod support;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
#[cfg(feature = "demo")]
use support::api::{Api, key};
use support::{Kalends, calendar, event, hours};

/// Ends with the test, however that ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(kalends: &Kalends, line: &str) -> Running {
    let mut command = kalends.command(line);
    Running(command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap())
}

/// The next request of a feed reader, read up to its empty line.
fn asked(listener: &TcpListener) -> TcpStream {
    let (stream, _) = listener.accept().unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
    stream
}

fn answer(mut stream: TcpStream) {
    let body = calendar(&[event("a@x", "One", hours(30))]);
    let length = body.len();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/calendar\r\nConnection: close\r\n";
    stream.write_all(format!("{head}Content-Length: {length}\r\n\r\n{body}").as_bytes()).unwrap();
}

fn signal(child: &Child, name: &str) {
    let id = child.id().to_string();
    assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
}

/// Answers one request.
fn serve(listener: &TcpListener) {
    answer(asked(listener));
}

#[test]
fn a_watch_names_accounts_that_came_later_and_forgets_those_that_went() {
    let kalends = Kalends::new();
    std::fs::write(kalends.path("rota.ics"), calendar(&[])).unwrap();
    kalends.done("account add feed --name rota --file rota.ics");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/team.ics", listener.local_addr().unwrap());
    let mut running = start(&kalends, "watch --every 5");
    let child = &mut running.0;
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let first = said.next().unwrap();
    assert!(first.contains("0 read"), "{first}");
    std::thread::scope(|scope| {
        scope.spawn(|| serve(&listener));
        kalends.done(&format!("account add feed --name team --url {url}"));
    });
    kalends.done("account remove rota");
    // Nobody answers there any more.
    drop(listener);
    let store = rusqlite::Connection::open(kalends.path("data/kalends.sqlite")).unwrap();
    let kept = || store.query_row("SELECT count(*) FROM secrets", [], |row| row.get::<_, u32>(0));
    assert_eq!(kept(), Ok(3));
    let second: Vec<String> = said.by_ref().take(2).collect();
    assert!(second[0].starts_with("warning: team"), "{second:?}");
    assert!(second[1].contains("0 read"), "{second:?}");
    assert_eq!(kept(), Ok(2));
    signal(child, "-TERM");
    assert!(child.wait().unwrap().code().is_some());
}

/// Catches a demo whose server goes on when its terminal is closed or it is killed, one that leaves its
/// folder, and one that does not listen before it has begun.
#[cfg(feature = "demo")]
#[test]
fn a_demo_ends_with_its_server_however_it_ends() {
    for (name, is_begun) in [("-HUP", true), ("-KILL", true), ("-INT", false)] {
        let kalends = Kalends::new();
        let mut command = kalends.command("demo --no-open --edits-every 0");
        let command = command.env("TMPDIR", kalends.folder.path());
        let mut demo = Running(command.stdout(Stdio::piped()).spawn().unwrap());
        let mut said = BufReader::new(demo.0.stdout.take().unwrap());
        let left = || std::fs::read_dir(kalends.folder.path()).unwrap().count();
        let mut port = None;
        if is_begun {
            let mut line = String::new();
            said.read_line(&mut line).unwrap();
            let ready: Value = serde_json::from_str(line.strip_prefix("READY ").unwrap()).unwrap();
            port = ready["url"].as_str().unwrap().rsplit(':').next().unwrap().parse::<u16>().ok();
        } else {
            until(|| left() > 0);
        }
        signal(&demo.0, name);
        demo.0.wait().unwrap();
        if name != "-KILL" {
            assert_eq!(left(), 0, "{name}");
        }
        if let Some(port) = port {
            until(|| TcpStream::connect(("127.0.0.1", port)).is_err());
        }
    }
}

/// Catches a demo in which nobody does anything, or of which the server hears nothing.
#[cfg(feature = "demo")]
#[test]
fn what_somebody_edits_in_a_demo_is_seen_over_http() {
    let mut kalends = Kalends::new();
    let mut command = kalends.command("demo --no-open --edits-every 1");
    command.env("TMPDIR", kalends.folder.path());
    let (api, _) = Api::ready(command);
    let folder = std::fs::read_dir(kalends.folder.path()).unwrap().next().unwrap().unwrap().path();
    kalends.extra.push(("KALENDS_DATA".to_owned(), folder.display().to_string()));
    let key = key(&kalends, "");
    let [from, to] = [hours(-48), hours(24 * 21)];
    let shown = || {
        let page = api.with(&key, &format!("GET /v1/occurrences?from={from}&to={to}"), "").done();
        page["occurrences"].to_string()
    };
    assert!(shown().contains("Dinner with Lena"), "{}", shown());
    until(|| shown().contains("Call from Mara"));
    until(|| shown().contains("Dinner with Lena and Tom"));
    until(|| !shown().contains("Call from Mara"));
}

#[cfg(feature = "demo")]
fn until(is: impl Fn() -> bool) {
    for _ in 0..2_400 {
        if is() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("it never comes to this");
}

#[test]
fn a_second_interruption_ends_what_waits_for_a_server() {
    for (line, first, second) in
        [("sync", "-INT", "-INT"), ("watch", "-INT", "-INT"), ("watch", "-TERM", "-INT")]
    {
        let kalends = Kalends::new();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/team.ics", listener.local_addr().unwrap());
        std::thread::scope(|scope| {
            scope.spawn(|| serve(&listener));
            kalends.done(&format!("account add feed --name team --url {url}"));
        });
        let mut running = start(&kalends, line);
        let child = &mut running.0;
        let silent = asked(&listener);
        signal(child, first);
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut text = String::new();
        said.read_line(&mut text).unwrap();
        assert!(text.contains("again to end at once"), "{line}: {text}");
        assert_eq!(child.try_wait().unwrap(), None, "{line} did not wait for the answer");
        signal(child, second);
        assert_eq!(child.wait().unwrap().code(), Some(130), "{line}");
        drop(silent);
        let mut rest = String::new();
        said.read_to_string(&mut rest).unwrap();
        assert!(!rest.contains("panicked"), "{rest}");
    }
}
