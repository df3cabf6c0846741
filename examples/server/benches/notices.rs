//! What a provider's notice costs: from its coming in to the write that follows from it, with a
//! thousand calendars that are watched, alone and while the graph of somebody else takes in very many
//! events; and what the server answers when many come at once.
//!
//! `ACCOUNTS`, `ROUNDS`, `EVENTS`, `SECONDS` and `A_SECOND` set how much; the simulator answers at once.

#![allow(clippy::unwrap_used, reason = "a measurement ends on the first surprise")]
#![allow(clippy::print_stdout, reason = "it prints what it measures")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use kalends_sim::Served;
use kalends_testkit::caldav_sim::When;
use kalends_testkit::google_sim::GoogleSim;
use serde_json::{Value, json};
use support::Kalends;
use support::api::{Api, key};
use support::carrier::now_ms;
use support::running::free_port;

/// Calendars of an account; those of all are watched.
const CALENDARS: usize = 50;
const TARGET: &str = "target@example.com";

fn setting(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().map_or(usual, |text| text.parse().unwrap())
}

/// A channel that the server opened, as Google knows it.
#[derive(Clone)]
struct Channel {
    calendar: String,
    address: String,
    id: String,
    token: String,
    resource: String,
}

/// A value in a sorted list, at a share of its length.
fn at(sorted: &[f64], share: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * share).round() as usize]
}

fn told(what: &str, mut all: Vec<f64>) {
    all.sort_by(f64::total_cmp);
    let most = all.last().unwrap();
    let (half, nine, last) = (at(&all, 0.5), at(&all, 0.9), at(&all, 0.99));
    println!(
        "{what}: p50 {half:.1} ms, p90 {nine:.1}, p99 {last:.1}, most {most:.1}, of {}",
        all.len()
    );
}

/// Google with so many accounts, and a data folder that knows them: from the first calendar of each, an
/// edge goes to one more.
async fn set_up(accounts: usize) -> (Served<GoogleSim>, Kalends, Vec<String>) {
    let mut sim = GoogleSim::new(7);
    sim.add_client("program", "hush");
    assert!(sim.add_user(TARGET, "UTC"));
    let mut first = Vec::new();
    for n in 0..accounts {
        let email = format!("user{n}@example.com");
        assert!(sim.add_user(&email, "UTC"));
        for more in 1..CALENDARS {
            sim.add_calendar(&email, &format!("c{more}"));
        }
        first.push(email);
    }
    // Notices are sent by hand, so that it is known when.
    assert!(sim.plan("PUSH", "*", When::Always, "F20-lost"));
    let served = Served::listen("127.0.0.1:0", sim).await.unwrap();
    let mut kalends = Kalends::new();
    for name in ["API", "AUTH"] {
        kalends.extra.push((format!("KALENDS_GOOGLE_{name}"), served.url()));
    }
    for (n, email) in first.iter().map(String::as_str).chain([TARGET]).enumerate() {
        let tokens = served.sim().grant(email, "program", &[], now_ms());
        let file = json!({
            "refresh_token": tokens.refresh, "client_id": "program", "client_secret": "hush",
            "type": "authorized_user",
        });
        std::fs::write(kalends.path("token"), file.to_string()).unwrap();
        kalends.done(&format!("account add google --name a{n} --token-file token"));
    }
    for (n, email) in first.iter().enumerate() {
        kalends.done(&format!("edge add --from a{n}/{email} --to a{accounts} --detail title"));
    }
    (served, kalends, first)
}

/// The channels that the server opened so far.
fn channels(served: &Served<GoogleSim>) -> Vec<Channel> {
    let sim = served.sim();
    let opened = sim
        .log()
        .iter()
        .filter(|one| one.request.path().ends_with("/watch") && one.reply.status == 200);
    opened
        .map(|one| {
            let body: Value = serde_json::from_slice(&one.request.body).unwrap();
            let text = |field: &str| body[field].as_str().unwrap().to_owned();
            let calendar = one.request.path().split('/').rev().nth(2).unwrap().replace("%40", "@");
            let reply: Value = serde_json::from_slice(&one.reply.body).unwrap();
            Channel {
                calendar,
                address: text("address"),
                id: text("id"),
                token: text("token"),
                resource: reply["resourceId"].as_str().unwrap().to_owned(),
            }
        })
        .collect()
}

/// Sends a notice on a connection that stays open; the status.
fn notify(stream: &mut BufReader<TcpStream>, to: &Channel, number: usize) -> u16 {
    let path = to.address.splitn(4, '/').nth(3).unwrap();
    let head = format!(
        "POST /{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\nX-Goog-Channel-ID: {}\r\n\
         X-Goog-Channel-Token: {}\r\nX-Goog-Resource-ID: {}\r\nX-Goog-Resource-State: exists\r\n\
         X-Goog-Message-Number: {number}\r\n\r\n",
        to.id, to.token, to.resource
    );
    stream.get_mut().write_all(head.as_bytes()).unwrap();
    let (mut status, mut length) = (0, 0);
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        if status == 0 {
            status = line.split(' ').nth(1).unwrap().parse().unwrap();
        }
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
    }
    stream.read_exact(&mut vec![0; length]).unwrap();
    status
}

/// From a notice to the write: one change at a time.
fn latency(served: &Served<GoogleSim>, port: u16, channels: &[Channel], rounds: usize) -> Vec<f64> {
    let mut stream = BufReader::new(TcpStream::connect(("127.0.0.1", port)).unwrap());
    let mut all = Vec::new();
    for round in 0..rounds {
        let to = &channels[round % channels.len()];
        let day = support::hours(24 * i64::try_from(round % 60 + 1).unwrap()).to_string();
        let end = day.replace("T00:", "T01:");
        let event = json!({
            "summary": format!("E{round}"), "start": {"dateTime": day}, "end": {"dateTime": end}
        });
        let before = served.sim().log().len();
        served.sim().person(&to.calendar, now_ms()).add(&to.calendar, &event).unwrap();
        let sent = now_ms();
        let status = notify(&mut stream, to, round + 2);
        assert!((200..300).contains(&status), "{status}");
        let wrote = loop {
            {
                let sim = served.sim();
                let new = sim.log().iter().skip(before);
                let mut writes = new.filter(|one| {
                    one.request.method == "POST" && one.request.path().ends_with("/events")
                });
                if let Some(write) = writes.next() {
                    break write.at_ms;
                }
            }
            assert!(now_ms() < sent + 60_000, "nothing is written");
            thread::sleep(Duration::from_millis(2));
        };
        all.push((wrote - sent) as f64);
        // The sync that wrote it comes to its end, and so does the rest behind it.
        thread::sleep(Duration::from_millis(500));
    }
    all
}

/// So many notices a second from several connections; how long each answer took, and the errors.
fn flood(port: u16, channels: &[Channel], a_second: usize, seconds: usize) -> (Vec<f64>, usize) {
    const SENDERS: usize = 10;
    let senders: Vec<_> = (0..SENDERS)
        .map(|n| {
            let channels: Vec<Channel> =
                channels.iter().skip(n).step_by(SENDERS).cloned().collect();
            thread::spawn(move || {
                let mut stream = BufReader::new(TcpStream::connect(("127.0.0.1", port)).unwrap());
                let (mut took, mut errors, begun) = (Vec::new(), 0, Instant::now());
                let gap = Duration::from_secs_f64(SENDERS as f64 / a_second as f64);
                for number in 0..a_second * seconds / SENDERS {
                    let due = begun + gap * u32::try_from(number).unwrap();
                    thread::sleep(due.saturating_duration_since(Instant::now()));
                    let to = &channels[number % channels.len()];
                    // Counted from when it was due, so that a slow answer counts for those behind it.
                    let status = notify(&mut stream, to, number + 10_000);
                    errors += usize::from(!(200..300).contains(&status));
                    took.push(due.elapsed().as_secs_f64() * 1_000.0);
                }
                (took, errors)
            })
        })
        .collect();
    let (mut all, mut failed) = (Vec::new(), 0);
    for sender in senders {
        let (took, errors) = sender.join().unwrap();
        all.extend(took);
        failed += errors;
    }
    (all, failed)
}

/// A feed of so many events, for as long as this runs: its address.
fn feed(events: usize) -> String {
    let at = |n: usize| support::hours(i64::try_from(n % 2_000).unwrap());
    let event = |n: usize| support::event(&format!("{n}@x"), &format!("F{n}"), at(n));
    let body = support::calendar(&(0..events).map(event).collect::<Vec<_>>());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/all.ics", listener.local_addr().unwrap());
    let length = body.len();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(stream);
            let mut line = String::new();
            while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                line.clear();
            }
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/calendar\r\nConnection: close\r\n";
            let answer = format!("{head}Content-Length: {length}\r\n\r\n{body}");
            // Whoever asked may have gone.
            let _ = reader.get_mut().write_all(answer.as_bytes());
        }
    });
    address
}

/// From a notice to the write, as long as the graph of somebody else takes in so many events.
fn beside(
    stage: (&Served<GoogleSim>, u16, &[Channel]),
    api: &Api,
    key: &str,
    events: usize,
) -> Vec<f64> {
    let (served, port, channels) = stage;
    let account = json!({"provider": "feed", "name": "all", "url": feed(events)}).to_string();
    let begun = Instant::now();
    api.with(key, "POST /v1/accounts", &account).done();
    let mut all = Vec::new();
    let known = || api.with(key, "GET /v1/status", "").done()["counts"]["events"].as_u64();
    while known().unwrap() < events as u64 {
        all.extend(latency(served, port, channels, 4));
    }
    println!("{events} events of somebody else are taken in within {:.0?}", begun.elapsed());
    all
}

/// Calendars that were listed since a time. A reading follows the one before it by two seconds, also where
/// one sync had read a calendar so often that it leaves the rest to the next; so that all are read again
/// takes those, and as long as the machine needs to read them all.
fn listed(served: &Served<GoogleSim>, since: i64) -> usize {
    let sim = served.sim();
    let lists = sim.log().iter().filter(|one| one.at_ms >= since && one.request.method == "GET");
    let paths = lists.map(|one| one.request.path()).filter(|path| path.ends_with("/events"));
    paths.collect::<BTreeSet<_>>().len()
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (accounts, rounds) = (setting("ACCOUNTS", 20), setting("ROUNDS", 200));
    let (seconds, a_second) = (setting("SECONDS", 60), setting("A_SECOND", 500));
    let (served, kalends, first) = runtime.block_on(set_up(accounts));
    kalends.done("sync");
    kalends.done("user add other");
    let other = key(&kalends, "--user other");
    let port = free_port();
    let flags = format!("--allow-private --every 3600 --public http://127.0.0.1:{port}");
    let api = Api::start_at(&kalends, port, &flags);
    let wanted = accounts * CALENDARS;
    let begun = Instant::now();
    let opened = loop {
        let opened = channels(&served);
        if opened.len() >= wanted {
            break opened;
        }
        assert!(begun.elapsed() < Duration::from_secs(600), "{} channels", opened.len());
        thread::sleep(Duration::from_millis(200));
    };
    println!("{} calendars are watched after {:.0?}", opened.len(), begun.elapsed());
    let edges: Vec<Channel> =
        opened.iter().filter(|one| first.contains(&one.calendar)).cloned().collect();
    assert_eq!(edges.len(), first.len());
    thread::sleep(Duration::from_secs(2));
    told("from a notice to the write", latency(&served, port, &edges, rounds));
    let all = beside((&served, port, &edges), &api, &other, setting("EVENTS", 50_000));
    told("from a notice to the write meanwhile", all);
    let (took, failed) = flood(port, &opened, a_second, seconds);
    told(&format!("{a_second} notices a second, answered"), took);
    println!("{failed} were not taken");
    let (begun, ended) = (Instant::now(), now_ms());
    // Each is told of in each round; what came while it was read may have been read with it.
    let round_ms = i64::try_from(opened.len() * 1_000 / a_second).unwrap();
    while listed(&served, ended - round_ms - 2_000) < opened.len() {
        assert!(begun.elapsed() < Duration::from_secs(600), "a notice was lost");
        thread::sleep(Duration::from_millis(200));
    }
    println!("all calendars were read again {:.0?} after the last", begun.elapsed());
    drop(api);
}
