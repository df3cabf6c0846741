//! The requests of Google's API.

use kalends_kit::{Expect, Intent, Request, Url};
use serde_json::Value;

use crate::version::Tag;

/// Bytes of a page or an event that are read at most. A page that is larger is asked for again
/// with fewer events.
const ANSWER_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Reads something.
pub(crate) fn get(url: Url) -> Request {
    request("GET", url, Vec::new(), Intent::Read)
}

/// Reads one event of those that are asked for, or a part of one: a page that comes in its place stands for
/// it alone.
pub(crate) fn one(url: Url) -> Request {
    Request { expect: Expect::OneOfMany(ANSWER_BYTES_MAX), ..get(url) }
}

/// Asks a question that takes a body, and changes nothing.
pub(crate) fn question(url: Url, body: &Value) -> Request {
    with_body(request("POST", url, Vec::new(), Intent::Read), body)
}

/// Makes something under a name that is free.
pub(crate) fn create(url: Url, body: &Value) -> Request {
    with_body(request("POST", url, Vec::new(), Intent::Write), body)
}

/// Changes something that has this tag.
pub(crate) fn change(method: &'static str, url: Url, tag: &Tag, body: &Value) -> Request {
    with_body(on_condition(request(method, url, Vec::new(), Intent::Write), tag), body)
}

/// Deletes something that has this tag.
pub(crate) fn delete(url: Url, tag: &Tag) -> Request {
    on_condition(request("DELETE", url, Vec::new(), Intent::Write), tag)
}

/// Deletes a calendar: calendars have no versions.
pub(crate) fn delete_calendar(url: Url) -> Request {
    request("DELETE", url, Vec::new(), Intent::Write)
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

fn on_condition(mut request: Request, tag: &Tag) -> Request {
    request.headers.push(("If-Match".to_owned(), tag.text().to_owned()));
    request
}
