//! The requests of Google's API.

use kalends_kit::{Expect, Intent, Request, Url};
use serde_json::Value;

/// Bytes of a page or an event that are read at most. A page that is larger is asked for again
/// with fewer events.
const ANSWER_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Reads something.
pub(crate) fn get(url: Url) -> Request {
    request("GET", url, Vec::new(), Intent::Read)
}

/// Asks a question that takes a body, and changes nothing.
pub(crate) fn question(url: Url, body: &Value) -> Request {
    with_body(request("POST", url, Vec::new(), Intent::Read), body)
}

/// Writes something; with the tag it must have, if it is there already.
pub(crate) fn write(method: &'static str, url: Url, etag: Option<&str>, body: &Value) -> Request {
    with_body(on_condition(request(method, url, Vec::new(), Intent::Write), etag), body)
}

/// Deletes something; with the tag it must have.
pub(crate) fn delete(url: Url, etag: Option<&str>) -> Request {
    on_condition(request("DELETE", url, Vec::new(), Intent::Write), etag)
}

fn request(method: &'static str, url: Url, body: Vec<u8>, intent: Intent) -> Request {
    Request {
        method,
        url,
        headers: vec![("Accept".to_owned(), "application/json".to_owned())],
        body,
        expect: Expect::Bytes(ANSWER_BYTES_MAX),
        intent,
        open_place: true,
    }
}

fn with_body(mut request: Request, body: &Value) -> Request {
    let kind = ("Content-Type".to_owned(), "application/json; charset=utf-8".to_owned());
    request.headers.push(kind);
    request.body = body.to_string().into_bytes();
    request
}

fn on_condition(mut request: Request, etag: Option<&str>) -> Request {
    request.headers.extend(etag.map(|etag| ("If-Match".to_owned(), etag.to_owned())));
    request
}
