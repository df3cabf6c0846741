//! One request, understood: which method, with which parameters and which body.

use std::collections::BTreeMap;

use serde_json::Value;
use url::form_urlencoded;

use crate::wire::SimRequest;

use super::discovery::{Method, discovery};
use super::error::ApiError;
use super::json::Object;
use super::time;
use jiff::Timestamp;

/// Where the API is, below the base of the server.
pub(crate) const SERVICE_PATH: &str = "/calendar/v3/";

/// A request of the API.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: &'static Method,
    pub(crate) named: BTreeMap<String, String>,
    pub(crate) query: Query,
    pub(crate) body: Option<Value>,
    pub(crate) if_match: Option<String>,
    pub(crate) if_none_match: Option<String>,
    pub(crate) authorization: Option<String>,
}

/// Query parameters in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query(pub(crate) Vec<(String, String)>);

impl Call {
    /// The call that a request makes; `None` where the API has no such method.
    pub(crate) fn of(request: &SimRequest) -> Option<Self> {
        let rest = request.raw_path().strip_prefix(SERVICE_PATH)?;
        let segments: Vec<String> = rest.split('/').map(decoded).collect();
        let (method, named) = discovery().find(&request.method, &segments)?;
        let header = |name: &str| request.get(name).map(str::to_owned);
        Some(Self {
            method,
            named,
            query: Query::of(request),
            body: serde_json::from_slice(&request.body).ok(),
            if_match: header("if-match"),
            if_none_match: header("if-none-match"),
            authorization: header("authorization"),
        })
    }

    /// The body as an object; 400 where it is none.
    pub(crate) fn object(&self) -> Result<&Object, ApiError> {
        let broken = || ApiError::new(400, "global", "parseError", "Parse Error");
        self.body.as_ref().and_then(Value::as_object).ok_or_else(broken)
    }

    /// A parameter of the path; empty where the method has none of that name.
    pub(crate) fn named(&self, name: &str) -> &str {
        self.named.get(name).map(String::as_str).unwrap_or_default()
    }
}

impl Query {
    pub(crate) fn of(request: &SimRequest) -> Self {
        let url = request.url.split('#').next().unwrap_or_default();
        let (_, query) = url.split_once('?').unwrap_or_default();
        Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    /// The first value of a parameter.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// All values of a parameter.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.0.iter().filter(move |(key, _)| key == name);
        named.map(|(_, value)| value.as_str())
    }

    /// Whether a parameter is given.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Whether a switch is on.
    pub(crate) fn on(&self, name: &str) -> bool {
        self.get(name) == Some("true")
    }

    /// How many entries a page may have.
    pub(crate) fn page(&self, default: usize, most: usize) -> usize {
        let asked = self.get("maxResults").and_then(|text| text.parse().ok());
        asked.unwrap_or(default).clamp(1, most)
    }

    /// An instant with its offset (RFC 3339); 400 where it is none.
    pub(crate) fn instant(&self, name: &str) -> Result<Option<Timestamp>, ApiError> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        let read = time::instant(text).map(Some);
        read.ok_or_else(|| {
            ApiError::new(400, "global", "badRequest", "Bad Request").at("parameter", name)
        })
    }
}

fn decoded(segment: &str) -> String {
    // A plus is a plus in a path: only in forms it is a blank.
    let form = segment.replace('+', "%2B");
    let pairs = format!("x={form}");
    let mut parsed = form_urlencoded::parse(pairs.as_bytes());
    parsed.next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_queries_are_decoded() {
        let url = "http://h/calendar/v3/calendars/a%2Bb%40c/events?q=x+y&eventTypes=a&eventTypes=b";
        let call = Call::of(&SimRequest::new("GET", url)).unwrap();
        assert_eq!(call.method.id, "calendar.events.list");
        assert_eq!(call.named("calendarId"), "a+b@c");
        assert_eq!(call.query.get("q"), Some("x y"));
        assert_eq!(call.query.all("eventTypes").collect::<Vec<_>>(), ["a", "b"]);
        assert!(Call::of(&SimRequest::new("GET", "http://h/calendar/v3/nothing")).is_none());
    }
}
