//! A tiny client: builds requests as text and reads replies as JSON.

use kalends_testkit::graph_sim::{AccountKind, GraphSim, Profile, contract};
use kalends_testkit::wire::{SimReply, SimRequest, SimServer as _};
use serde_json::{Value, json};

/// 2026-06-01T08:00:00Z, a Monday.
pub(crate) const NOW: i64 = 1_780_300_800_000;
pub(crate) const ALICE: &str = "alice@contoso.example";
pub(crate) const BOB: &str = "bob@contoso.example";
pub(crate) const MARK: &str = "String {7c1a5b9e-3d2f-4e80-9b61-0a4d5e6f7a81} Name kal_m";

/// A service with two people, and what one of them sends.
pub(crate) struct Client {
    pub(crate) sim: GraphSim,
    pub(crate) token: String,
    pub(crate) now_ms: i64,
    pub(crate) prefer: String,
}

impl Client {
    pub(crate) fn new(profile: Profile) -> Self {
        let mut sim = GraphSim::new(profile, 7);
        sim.add_user(ALICE, "Alice", AccountKind::Work);
        sim.add_user(BOB, "Bob", AccountKind::Work);
        let scope = "Calendars.ReadWrite User.Read MailboxSettings.Read";
        let token = sim.bearer(NOW, ALICE, scope);
        Self { sim, token, now_ms: NOW, prefer: "IdType=\"ImmutableId\"".to_owned() }
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> SimRequest {
        let url = match path.starts_with("http") {
            true => path.to_owned(),
            false => format!("http://localhost/v1.0{path}"),
        };
        let request = SimRequest::new(method, &url)
            .header("Authorization", &format!("Bearer {}", self.token));
        if self.prefer.is_empty() { request } else { request.header("Prefer", &self.prefer) }
    }

    pub(crate) fn with_body(&self, method: &str, path: &str, body: &Value) -> SimRequest {
        let request = self.request(method, path).header("Content-Type", "application/json");
        request.body(body.to_string())
    }

    pub(crate) fn send(&mut self, request: &SimRequest) -> SimReply {
        self.sim.handle(self.now_ms, request)
    }

    pub(crate) fn get(&mut self, path: &str) -> Value {
        let request = self.request("GET", path);
        let reply = self.send(&request);
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        body(&reply)
    }

    pub(crate) fn status(&mut self, method: &str, path: &str) -> u16 {
        let request = self.request(method, path);
        self.send(&request).status
    }

    /// Posts, and gives what was made.
    pub(crate) fn post(&mut self, path: &str, sent: &Value) -> Value {
        let request = self.with_body("POST", path, sent);
        let reply = self.send(&request);
        assert_eq!(reply.status, 201, "{path}: {}", reply.text());
        body(&reply)
    }

    pub(crate) fn patch(&mut self, id: &str, sent: &Value) -> SimReply {
        let request = self.with_body("PATCH", &event_path(id), sent);
        self.send(&request)
    }

    /// Status and code of a refusal.
    pub(crate) fn refused(&mut self, request: &SimRequest) -> (u16, String) {
        let reply = self.send(request);
        (reply.status, code(&reply))
    }

    /// All pages of a list.
    pub(crate) fn all(&mut self, path: &str) -> Vec<Value> {
        let (mut out, mut next) = (Vec::new(), path.to_owned());
        loop {
            let page = self.get(&next);
            out.extend(page["value"].as_array().unwrap().clone());
            match page["@odata.nextLink"].as_str() {
                Some(link) => next = link.to_owned(),
                None => return out,
            }
        }
    }

    /// The log keeps to the published types, both ways.
    pub(crate) fn check_contract(&self) {
        assert_eq!(contract::breaches(self.sim.log()), Vec::<String>::new());
    }
}

pub(crate) fn client() -> Client {
    Client::new(Profile::default())
}

pub(crate) fn body(reply: &SimReply) -> Value {
    serde_json::from_slice(&reply.body).unwrap_or_else(|_| panic!("{reply:?}"))
}

pub(crate) fn code(reply: &SimReply) -> String {
    body(reply)["error"]["code"].as_str().unwrap_or_default().to_owned()
}

pub(crate) fn id(item: &Value) -> &str {
    item["id"].as_str().unwrap()
}

pub(crate) fn ids(items: &[Value]) -> Vec<&str> {
    items.iter().map(id).collect()
}

/// Percent-encodes what ids hold.
pub(crate) fn encoded(id: &str) -> String {
    id.replace('%', "%25").replace('/', "%2F").replace('+', "%2B").replace('=', "%3D")
}

pub(crate) fn event_path(id: &str) -> String {
    format!("/me/events/{}", encoded(id))
}

pub(crate) fn at(time: &str, zone: &str) -> Value {
    json!({"dateTime": time, "timeZone": zone})
}

/// An hour from nine o'clock on a day.
pub(crate) fn meeting(subject: &str, day: &str) -> Value {
    json!({
        "subject": subject,
        "start": at(&format!("{day}T09:00:00"), "UTC"),
        "end": at(&format!("{day}T10:00:00"), "UTC"),
        "isReminderOn": false,
        "transactionId": format!("{subject}-{day}"),
    })
}

/// Five days in a row from 10 June 2026, at nine in Berlin.
pub(crate) fn daily(subject: &str) -> Value {
    let zone = "Europe/Berlin";
    json!({
        "subject": subject,
        "start": at("2026-06-10T09:00:00", zone),
        "end": at("2026-06-10T10:00:00", zone),
        "transactionId": subject,
        "recurrence": {
            "pattern": {"type": "daily", "interval": 1},
            "range": {"type": "numbered", "startDate": "2026-06-10", "numberOfOccurrences": 5,
                      "recurrenceTimeZone": zone},
        },
    })
}
