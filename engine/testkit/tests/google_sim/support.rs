//! A tiny client: requests as text, replies as JSON.

use kalends_testkit::google_sim::GoogleSim;
use kalends_testkit::wire::{SimReply, SimRequest};
use serde_json::{Value, json};

/// 2026-01-01T00:00:00Z.
pub(crate) const NOW: i64 = 1_767_225_600_000;
pub(crate) const ANN: &str = "ann@example.com";
pub(crate) const BOB: &str = "bob@example.com";
/// The primary calendar's events.
pub(crate) const EVENTS: &str = "calendars/primary/events";

/// A server with Ann and Bob, and Ann's client.
pub(crate) struct Desk {
    pub(crate) sim: GoogleSim,
    pub(crate) token: String,
    pub(crate) now: i64,
}

/// Every reply of every test is held against the discovery document.
impl Drop for Desk {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.sim.reply_problems(), [""; 0]);
        }
    }
}

/// A status and a body; null where there is none.
pub(crate) type Found = (u16, Value);

pub(crate) fn desk() -> Desk {
    let mut sim = GoogleSim::new(7);
    assert!(sim.add_user(ANN, "Europe/Paris") && sim.add_user(BOB, "America/New_York"));
    let token = sim.grant(ANN, "client", &[], NOW).access;
    Desk { sim, token, now: NOW }
}

impl Desk {
    /// Sends a request a second after the last one.
    pub(crate) fn send(&mut self, request: SimRequest) -> SimReply {
        self.now += 1_000;
        self.sim.handle(self.now, &request)
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> SimRequest {
        let url = format!("http://localhost/calendar/v3/{path}");
        SimRequest::new(method, &url).header("Authorization", &format!("Bearer {}", self.token))
    }

    fn with(&self, method: &str, path: &str, body: &Value) -> SimRequest {
        let request = self.request(method, path).header("Content-Type", "application/json");
        request.body(body.to_string())
    }

    pub(crate) fn get(&mut self, path: &str) -> Found {
        let request = self.request("GET", path);
        found(&self.send(request))
    }

    pub(crate) fn post(&mut self, path: &str, body: &Value) -> Found {
        let request = self.with("POST", path, body);
        found(&self.send(request))
    }

    /// `POST` without a body.
    pub(crate) fn ask(&mut self, path: &str) -> Found {
        let request = self.request("POST", path);
        found(&self.send(request))
    }

    pub(crate) fn put(&mut self, path: &str, body: &Value) -> Found {
        let request = self.with("PUT", path, body);
        found(&self.send(request))
    }

    pub(crate) fn patch(&mut self, path: &str, body: &Value) -> Found {
        let request = self.with("PATCH", path, body);
        found(&self.send(request))
    }

    /// `PATCH` on condition of an entity tag.
    pub(crate) fn patch_if(&mut self, path: &str, tag: &Value, body: &Value) -> Found {
        let request = self.with("PATCH", path, body).header("If-Match", tag.as_str().unwrap());
        found(&self.send(request))
    }

    pub(crate) fn delete(&mut self, path: &str) -> Found {
        let request = self.request("DELETE", path);
        found(&self.send(request))
    }

    /// Makes an event of the primary calendar and gives it as the server shows it.
    pub(crate) fn insert(&mut self, event: &Value) -> Value {
        let (status, body) = self.post(EVENTS, event);
        assert_eq!(status, 200, "{body}");
        body
    }

    /// The sync token after everything so far.
    pub(crate) fn sync_token(&mut self) -> String {
        let (_, body) = self.get(&format!("{EVENTS}?maxResults=2500"));
        body["nextSyncToken"].as_str().unwrap().to_owned()
    }

    /// What changed since.
    pub(crate) fn since(&mut self, token: &str) -> Found {
        self.get(&format!("{EVENTS}?syncToken={token}"))
    }
}

pub(crate) fn found(reply: &SimReply) -> Found {
    (reply.status, serde_json::from_slice(&reply.body).unwrap_or(Value::Null))
}

/// The reason of a refusal.
pub(crate) fn reason(body: &Value) -> &str {
    body["error"]["errors"][0]["reason"].as_str().unwrap_or_default()
}

/// An hour on a day of January 2026, from ten in Paris.
pub(crate) fn event(day: u8) -> Value {
    json!({
        "summary": format!("Day {day}"),
        "start": {"dateTime": format!("2026-01-{day:02}T10:00:00"), "timeZone": "Europe/Paris"},
        "end": {"dateTime": format!("2026-01-{day:02}T11:00:00"), "timeZone": "Europe/Paris"},
    })
}

/// The same with other fields.
pub(crate) fn with(mut event: Value, more: Value) -> Value {
    for (key, value) in more.as_object().unwrap() {
        event[key] = value.clone();
    }
    event
}

pub(crate) fn daily(day: u8) -> Value {
    with(event(day), json!({"recurrence": ["RRULE:FREQ=DAILY;COUNT=5"]}))
}

/// The ids of a list.
pub(crate) fn ids(body: &Value) -> Vec<String> {
    let items = body["items"].as_array().unwrap();
    items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
