//! The requests of Graph.

use kalends_core::ids::ProviderId;
use kalends_kit::{Expect, Intent, Request, Url};
use serde_json::Value;

use crate::context::encoded;
use crate::mark;

/// Bytes that are read of one answer: a page, a batch, a series with all that was changed of it.
const ANSWER_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// What every call prefers: ids that survive moves, times in UTC, and bodies as text. Each of them
/// holds for the call that says it and for no other.
pub(crate) const PREFER: &str =
    "IdType=\"ImmutableId\", outlook.timezone=\"UTC\", outlook.body-content-type=\"text\"";

/// The fields of an event that are read.
const FIELDS: &str = "id,changeKey,type,subject,body,start,end,isAllDay,showAs,sensitivity,location,\
    isCancelled,isOrganizer,organizer,attendees,responseStatus,onlineMeeting,onlineMeetingUrl,\
    categories,recurrence,seriesMasterId,originalStart,originalStartTimeZone,originalEndTimeZone,\
    iCalUId,transactionId,createdDateTime,cancelledOccurrences";

/// The query that reads an event with our properties and, of a series, what was changed of it.
pub(crate) fn event_query() -> String {
    let properties = mark::expand();
    format!("?$select={FIELDS}&$expand={properties},exceptionOccurrences")
}

/// The query that says no more of an event than what it is and at which version.
pub(crate) const TAG_QUERY: &str = "?$select=id,changeKey,type,seriesMasterId";

/// The query that shows whether a calendar gives any event at all.
pub(crate) const ANY_QUERY: &str = "?$select=id,subject,body,start&$top=1";

/// The query that finds events by a derived id.
pub(crate) fn derived_query(derived: &str) -> String {
    let filter = encoded(&mark::filter(derived));
    format!("?$filter={filter}&$expand={}", mark::expand())
}

/// The query for the instances of a series between two times in UTC.
pub(crate) fn between(from: &str, to: &str) -> String {
    format!("?startDateTime={}&endDateTime={}", encoded(from), encoded(to))
}

/// Reads something.
pub(crate) fn get(url: Url) -> Request {
    request("GET", url, Intent::Read, None, None)
}

/// Reads one event of those that are asked for, or a part of one.
pub(crate) fn one(url: Url) -> Request {
    Request { expect: Expect::OneOfMany(ANSWER_BYTES_MAX), ..get(url) }
}

/// Reads a page of a list, of at most so many entries.
pub(crate) fn page(url: Url, size: u32) -> Request {
    in_pages(get(url), size)
}

/// The same of the instances of one event.
pub(crate) fn page_of_one(url: Url, size: u32) -> Request {
    in_pages(one(url), size)
}

fn in_pages(mut request: Request, size: u32) -> Request {
    request.headers[0].1 = format!("{PREFER}, odata.maxpagesize={size}");
    request
}

/// Asks something that needs a body.
pub(crate) fn ask(url: Url, body: &Value) -> Request {
    request("POST", url, Intent::Read, None, Some(body))
}

/// Makes something.
pub(crate) fn post(url: Url, body: &Value) -> Request {
    request("POST", url, Intent::Write, None, Some(body))
}

/// Changes an event, on condition that it is at this version.
pub(crate) fn patch(url: Url, etag: &str, body: &Value) -> Request {
    request("PATCH", url, Intent::Write, Some(etag), Some(body))
}

/// Deletes an event, on condition that it is at this version.
pub(crate) fn delete(url: Url, etag: &str) -> Request {
    request("DELETE", url, Intent::Write, Some(etag), None)
}

/// Changes what has no versions: a subscription.
pub(crate) fn change(url: Url, body: &Value) -> Request {
    request("PATCH", url, Intent::Write, None, Some(body))
}

/// Deletes what has no versions: a subscription, a calendar.
pub(crate) fn remove(url: Url) -> Request {
    request("DELETE", url, Intent::Write, None, None)
}

/// The path of the events of a calendar.
pub(crate) fn events_path(calendar: &ProviderId) -> String {
    format!("{}/events", crate::context::calendar_path(calendar))
}

fn request(
    method: &'static str,
    url: Url,
    intent: Intent,
    etag: Option<&str>,
    body: Option<&Value>,
) -> Request {
    let mut headers = vec![header("Prefer", PREFER), header("Accept", "application/json")];
    headers.extend(etag.map(|etag| header("If-Match", etag)));
    if body.is_some() {
        headers.push(header("Content-Type", "application/json"));
    }
    let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
    let expect = Expect::Bytes(ANSWER_BYTES_MAX);
    Request { method, url, headers, body, expect, intent, open_place: true }
}

fn header(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}
