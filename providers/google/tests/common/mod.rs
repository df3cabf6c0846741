//! Drives exchanges by hand: what they send is answered by a function.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::wildcard_enum_match_arm,
    reason = "each suite uses a part of it, and what is not as expected ends a test"
)]

use std::collections::VecDeque;

use kalends_core::event::{Body, Content, Span};
use kalends_core::ids::{ProviderId, StepSeed, Version};
use kalends_core::ports::{
    Call, Credential, HttpFailure, HttpHead, HttpRequest, Input, Provider, Turn,
};
use kalends_core::provider::{
    Broken, Done, EventItem, Failure, Item, MirrorDoc, ObjectName, Output, ProviderOp,
};
use kalends_core::time::{Civil, Date, Length, Timestamp, When, Zone};
use kalends_google::{Google, GoogleConfig};
use serde_json::Value;

pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_780_000_000);
pub(crate) const DERIVED: &str = "0123456789abcdefghijklmnop";

/// What a server answers with.
pub(crate) enum Answer {
    Whole(u16, Vec<(String, String)>, Vec<u8>),
    Cut(Vec<u8>, HttpFailure),
    None(HttpFailure),
}

pub(crate) fn json(body: &Value) -> Answer {
    text(200, &body.to_string())
}

pub(crate) fn text(status: u16, body: &str) -> Answer {
    let kind = ("content-type".to_owned(), "application/json; charset=UTF-8".to_owned());
    Answer::Whole(status, vec![kind], body.as_bytes().to_vec())
}

/// A page that something on the way gives.
pub(crate) fn web_page() -> Answer {
    let kind = ("content-type".to_owned(), "text/html".to_owned());
    Answer::Whole(200, vec![kind], b"<html><body>Please sign in.</body></html>".to_vec())
}

/// An error as Google gives it.
pub(crate) fn error(status: u16, reason: &str) -> Answer {
    text(status, &error_body(status, reason, ""))
}

pub(crate) fn error_body(status: u16, reason: &str, location: &str) -> String {
    serde_json::json!({ "error": {
        "errors": [{ "domain": "global", "reason": reason, "message": "m", "location": location }],
        "code": status,
        "message": "m",
    }})
    .to_string()
}

/// A request as tests look at it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Asked {
    pub(crate) method: &'static str,
    /// Below the API, decoded.
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) if_match: Option<String>,
    pub(crate) body: Value,
}

impl Asked {
    fn of(request: &HttpRequest) -> Self {
        let rest = request.url.strip_prefix(API).expect("below the api");
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let header = |name: &str| {
            request.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
        };
        assert_eq!(header("Authorization").as_deref(), Some("Bearer token"));
        Self {
            method: request.method,
            path: decoded(path),
            query: pairs
                .map(|pair| pair.split_once('=').expect("a name and a value"))
                .map(|(name, value)| (name.to_owned(), decoded(value)))
                .collect(),
            if_match: header("If-Match"),
            body: if request.body.is_empty() {
                Value::Null
            } else {
                serde_json::from_slice(&request.body).expect("a body of json")
            },
        }
    }

    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Method and path.
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, tail)) = rest.split_first() {
        if *first == b'%' {
            let hex = core::str::from_utf8(&tail[..2]).unwrap();
            bytes.push(u8::from_str_radix(hex, 16).unwrap());
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// What came of a conversation.
#[derive(Debug, PartialEq)]
pub(crate) struct Heard {
    pub(crate) outputs: Vec<Output>,
    pub(crate) done: Done,
    pub(crate) asked: Vec<Asked>,
}

impl Heard {
    pub(crate) fn items(&self) -> Vec<&Item> {
        let items = self.outputs.iter().map(|output| match output {
            Output::Item(item) => item,
            other => panic!("no item: {other:?}"),
        });
        items.collect()
    }

    pub(crate) fn event(&self) -> &EventItem {
        match self.items()[..] {
            [Item::Event(event)] => event,
            ref other => panic!("one event: {other:?}"),
        }
    }

    pub(crate) fn broken(&self) -> &Broken {
        match self.items()[..] {
            [Item::Broken(broken)] => broken,
            ref other => panic!("one that is broken: {other:?}"),
        }
    }

    pub(crate) fn failure(&self) -> &Failure {
        match &self.done {
            Done::Failed(failure) => failure,
            other => panic!("no failure: {other:?}"),
        }
    }

    /// What was written, as it was asked.
    pub(crate) fn writes(&self) -> Vec<&Asked> {
        self.asked.iter().filter(|asked| asked.method != "GET").collect()
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.asked.iter().map(Asked::line).collect()
    }
}

pub(crate) const API: &str = "https://api.example/calendar/v3/";

pub(crate) fn config() -> GoogleConfig {
    GoogleConfig {
        api: API.trim_end_matches("/calendar/v3/").to_owned(),
        granted: String::new(),
        remember: "google 1\nmain-zone Europe/Berlin\n".to_owned(),
    }
}

pub(crate) fn run(op: &ProviderOp, server: impl FnMut(&Asked) -> Answer) -> Heard {
    run_with(config(), op, server)
}

/// The same for an account of which so much was allowed.
pub(crate) fn run_as(
    granted: &str,
    op: &ProviderOp,
    server: impl FnMut(&Asked) -> Answer,
) -> Heard {
    run_with(GoogleConfig { granted: granted.to_owned(), ..config() }, op, server)
}

/// A server whose lists begin with an empty page.
pub(crate) fn paged(mut server: impl FnMut(&Asked) -> Answer) -> impl FnMut(&Asked) -> Answer {
    move |asked| {
        let ends = ["/instances", "/events"];
        let is_list = asked.method == "GET" && ends.iter().any(|end| asked.path.ends_with(end));
        if is_list && asked.value("pageToken").is_none() {
            return text(200, r#"{"kind":"calendar#events","items":[],"nextPageToken":"p2"}"#);
        }
        server(asked)
    }
}

/// Carries one exchange, its answers in pieces.
pub(crate) fn run_with(
    config: GoogleConfig,
    op: &ProviderOp,
    mut server: impl FnMut(&Asked) -> Answer,
) -> Heard {
    let credential = Credential::Bearer("token".to_owned());
    let mut exchange = match Google::new(config).start(op, &credential) {
        Ok(exchange) => exchange,
        Err(failure) => {
            return Heard { outputs: vec![], done: Done::Failed(failure), asked: vec![] };
        }
    };
    let (mut outputs, mut asked) = (Vec::new(), Vec::new());
    let mut pending: VecDeque<Input> = [].into();
    let mut input = Input::Start;
    loop {
        input = match exchange.resume(input, NOW) {
            Turn::Item(output) => {
                outputs.push(output);
                Input::Start
            }
            Turn::Draw => Input::Drawn(StepSeed([7; 32])),
            Turn::More => pending.pop_front().expect("an answer is under way"),
            Turn::Done(done) => return Heard { outputs, done, asked },
            Turn::Send(Call::Http(request)) => {
                assert!(asked.len() < 500, "a conversation without an end");
                let one = Asked::of(&request);
                pending.clear();
                let answer = server(&one);
                asked.push(one);
                let (status, headers, body, end) = match answer {
                    Answer::Whole(status, headers, body) => (status, headers, body, Input::End),
                    Answer::Cut(body, failure) => (200, vec![], body, Input::Failed(failure)),
                    Answer::None(failure) => {
                        input = Input::Failed(failure);
                        continue;
                    }
                };
                pending.extend(body.chunks(4_096).map(|part| Input::Chunk(part.to_vec())));
                pending.push_back(end);
                Input::Head(HttpHead { status, headers })
            }
            Turn::Send(Call::Records(_)) => panic!("no records here"),
        };
    }
}

pub(crate) fn id(text: &str) -> ProviderId {
    ProviderId(text.to_owned())
}

pub(crate) fn calendar() -> ProviderId {
    id("work@group.calendar.google.com")
}

pub(crate) fn berlin() -> Zone {
    Zone::parse("Europe/Berlin").unwrap()
}

/// A time in Berlin, so many days after the first of June 2026.
pub(crate) fn at(day: i32, hour: u32) -> When {
    let date = Date::new(2026, 6, 1).unwrap().add_days(day);
    When::Zoned(Civil::new(date, hour * 3_600), berlin())
}

pub(crate) fn content(title: &str, start: When) -> Content {
    let span = Span { start, length: Length::Exact(3_600), end_zone: None };
    Content { title: title.to_owned(), ..Content::at(span) }
}

/// An hour in Berlin at ten.
pub(crate) fn body(title: &str, day: i32) -> Body {
    Body::single(content(title, at(day, 10)))
}

pub(crate) fn doc(title: &str) -> Box<MirrorDoc> {
    doc_of(body(title, 1))
}

pub(crate) fn doc_of(body: Body) -> Box<MirrorDoc> {
    let mark = "mark0123".to_owned();
    Box::new(MirrorDoc { derived: DERIVED.to_owned(), mark, body, instance: None })
}

pub(crate) fn version(etag: &str) -> Version {
    Version(format!("\"{etag}\""))
}

pub(crate) fn fetch(name: &str) -> ProviderOp {
    ProviderOp::Fetch { calendar: calendar(), names: vec![ObjectName::Known(id(name))] }
}

/// Reads one event alone, as the server has it; of no series an instance was put back.
pub(crate) fn read(event: &Value) -> Heard {
    let name = event["id"].as_str().unwrap_or("e1").to_owned();
    run(&fetch(&name), |asked| match asked.path.ends_with("/events") {
        true => text(200, r#"{"kind":"calendar#events","items":[]}"#),
        false => json(event),
    })
}

/// An event as Google gives it.
pub(crate) fn event(name: &str, title: &str) -> Value {
    serde_json::json!({
        "kind": "calendar#event",
        "etag": "\"3181161784712000\"",
        "id": name,
        "status": "confirmed",
        "htmlLink": "https://www.google.com/calendar/event?eid=x",
        "created": "2026-05-01T08:00:00.000Z",
        "updated": "2026-05-02T08:00:00.123Z",
        "summary": title,
        "creator": { "email": "me@example.org", "self": true },
        "organizer": { "email": "me@example.org", "self": true },
        "start": { "dateTime": "2026-06-02T10:00:00+02:00", "timeZone": "Europe/Berlin" },
        "end": { "dateTime": "2026-06-02T11:00:00+02:00", "timeZone": "Europe/Berlin" },
        "iCalUID": format!("{name}@google.com"),
        "sequence": 0,
        "reminders": { "useDefault": true },
        "eventType": "default",
    })
}
