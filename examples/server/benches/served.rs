//! What `kalends serve` takes for many calendars that nothing happens in: its memory, and the processors' time of
//! a look at each of them, over HTTP. They are feeds, of which a server here says that they are as they were.
//!
//! `PEOPLE`, `CALENDARS` (of each), `EVENTS` (of each calendar), `PASSES` and `EVERY` (seconds from one to the next)
//! set how much: 1,000, 10, 230, 3 and 60.

#![allow(clippy::unwrap_used, reason = "a measurement ends on the first surprise")]
#![allow(clippy::print_stdout, reason = "it prints what it measures")]

mod canned;
#[path = "../tests/support/mod.rs"]
mod support;

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use canned::{cpu, mib, setting};
use serde_json::json;
use support::Kalends;
use support::api::{Api, key, value};

/// Feeds of so many events, and what was said of them.
#[derive(Default)]
struct Feeds {
    events: u32,
    told: AtomicU64,
    unchanged: AtomicU64,
}

async fn feed(
    State(feeds): State<Arc<Feeds>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    if headers.contains_key(header::IF_NONE_MATCH) {
        feeds.unchanged.fetch_add(1, Ordering::Relaxed);
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let told = [(header::ETAG, "\"1\""), (header::CONTENT_TYPE, "text/calendar")];
    let text = text(&name, feeds.events);
    feeds.told.fetch_add(1, Ordering::Relaxed);
    (told, text).into_response()
}

/// A calendar with an event every three hours around now.
fn text(name: &str, events: u32) -> String {
    let about = "Agenda, notes and an address to join. ".repeat(9);
    let mut text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//t//t//EN\r\n".to_owned();
    for n in 0..events {
        let start = support::stamp(support::hours(3 * (i64::from(n) - i64::from(events / 2))));
        write!(
            text,
            "BEGIN:VEVENT\r\nUID:{name}-{n}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:{start}\r\n\
             DURATION:PT45M\r\nSUMMARY:Meeting {n} about the next quarter\r\nDESCRIPTION:{about}\r\n\
             LOCATION:Room 4.12\\, second building\r\nEND:VEVENT\r\n"
        )
        .unwrap();
    }
    text + "END:VCALENDAR\r\n"
}

/// Where they are.
async fn serve(feeds: &Arc<Feeds>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/{name}", get(feed)).with_state(feeds.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

/// People, each with so many accounts.
fn connect(api: &Api, admin: &str, url: &str, (people, calendars): (u32, u32)) {
    for person in 0..people {
        let user = format!("user{person}");
        api.with(admin, "POST /v1/users", &json!({"name": user}).to_string()).done();
        let key = json!({"user": user, "name": "app"}).to_string();
        let key = api.with(admin, "POST /v1/keys", &key).done()["key"].as_str().unwrap().to_owned();
        for calendar in 0..calendars {
            let (name, url) = (format!("c{calendar}"), format!("{url}/{user}-{calendar}.ics"));
            let account = json!({"provider": "feed", "name": name, "url": url}).to_string();
            api.with(&key, "POST /v1/accounts", &account).done();
        }
    }
}

/// Waits until this is at least so much, an hour at most.
fn reach(what: &str, most: u64, now: impl Fn() -> u64) {
    let begun = Instant::now();
    while now() < most {
        assert!(begun.elapsed() < Duration::from_secs(3_600), "{what}: {} of {most}", now());
        thread::sleep(Duration::from_millis(200));
    }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (people, calendars) = (setting("PEOPLE", 1_000), setting("CALENDARS", 10));
    let feeds = Arc::new(Feeds { events: setting("EVENTS", 230), ..Feeds::default() });
    let all = u64::from(people * calendars);
    let url = runtime.block_on(serve(&feeds));
    let kalends = Kalends::new();
    let [admin, counts] =
        ["admin", "metrics"].map(|scope| key(&kalends, &format!("--scope {scope}")));
    let flags = format!("--allow-private --rate 0 --every {}", setting("EVERY", 60));
    let api = Api::start(&kalends, &flags);
    let process = api.process().to_string();
    let said = |what: &str, spent: Duration, begun: Instant| {
        println!(
            "{what}: {:.0?}, {:.1?} of the processors; {} MiB resident, {} at most",
            begun.elapsed(),
            spent,
            mib(&process, "VmRSS"),
            mib(&process, "VmHWM"),
        );
    };
    let begun = Instant::now();
    connect(&api, &admin, &url, (people, calendars));
    let known = || {
        let metrics = api.with(&counts, "GET /metrics", "").text;
        value(&metrics, "kalends_items_read_total") as u64
    };
    reach("events", all * u64::from(feeds.events), known);
    let what = format!("{all} calendars of {} events are taken in", feeds.events);
    said(&what, cpu(&process), begun);
    let passes = u64::from(setting("PASSES", 3));
    let seen = || feeds.unchanged.load(Ordering::Relaxed);
    // Whoever came last is looked at once before it counts.
    reach("looks", seen() + all, seen);
    let (begun, before, first) = (Instant::now(), cpu(&process), seen());
    reach("looks", first + passes * all, seen);
    let spent = cpu(&process) - before;
    let looks = (seen() - first) as f64;
    said(&format!("{looks} looks in which nothing changed"), spent, begun);
    println!("{:.3} ms of the processors a look", spent.as_secs_f64() * 1_000.0 / looks);
}
