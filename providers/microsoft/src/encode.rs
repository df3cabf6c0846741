//! From contents to what is written to Graph. People, alarms and meetings are never among it.

use kalends_core::event::{Body, Content};
use kalends_core::provider::{Failure, FailureClass};
use kalends_core::time::{When, Zone};
use serde_json::{Map, Value, json};

use crate::context::fail;
use crate::mapping;
use crate::recurrence;
use crate::time::{self, zone_name};
use crate::wire::recurrence::RecurrenceJson;

/// All that a mirror says besides its times. What it does not say is written as nothing, and the
/// reminder, which Exchange sets by itself, as off.
pub(crate) fn fields(content: &Content) -> Map<String, Value> {
    object([
        ("subject", json!(content.title)),
        ("body", json!({ "contentType": "text", "content": content.description })),
        ("location", json!({ "displayName": content.location })),
        ("showAs", json!(mapping::show_as(content))),
        ("sensitivity", json!(mapping::sensitivity(content.privacy))),
        ("categories", json!([])),
        ("isReminderOn", json!(false)),
    ])
}

/// The times of a single or of one instance.
pub(crate) fn times(content: &Content) -> Map<String, Value> {
    object(time::write(&content.span, None))
}

/// The times of an origin, in its own zone where the server has a name for it.
pub(crate) fn own_times(content: &Content) -> Map<String, Value> {
    let zone = content.span.start.zone().and_then(zone_name);
    object(time::write(&content.span, zone))
}

/// The times of a series and its pattern.
///
/// # Errors
/// `Refused` where no pattern says it, or the server knows no such zone.
pub(crate) fn series(body: &Body) -> Result<Map<String, Value>, Failure> {
    let mut all = object(time::write(&body.content.span, Some(zone_of(body)?)));
    let pattern = serde_json::to_value(pattern(body)?).unwrap_or_default();
    all.insert("recurrence".to_owned(), pattern);
    Ok(all)
}

/// The rule of a series.
pub(crate) fn pattern(body: &Body) -> Result<RecurrenceJson, Failure> {
    let (start, zone) = (&body.content.span.start, zone_of(body)?);
    let pattern = body.recurrence.as_ref().and_then(|r| recurrence::write(start, r, zone));
    pattern.ok_or_else(|| {
        let detail = "the calendar keeps no such series: simplify its rule";
        fail(FailureClass::Refused, "graph.no-pattern", detail)
    })
}

fn zone_of(body: &Body) -> Result<&str, Failure> {
    match &body.content.span.start {
        When::Zoned(_, zone) => series_zone(zone),
        When::Floating(_) | When::Date(_) => Ok("UTC"),
    }
}

/// An object of these members.
pub(crate) fn object<'a>(
    members: impl IntoIterator<Item = (&'a str, Value)>,
) -> Map<String, Value> {
    let mut object = Map::new();
    object.extend(members.into_iter().map(|(key, value)| (key.to_owned(), value)));
    object
}

fn series_zone(zone: &Zone) -> Result<&str, Failure> {
    zone_name(zone).ok_or_else(|| {
        let detail = "the server has no name for the series' time zone: choose another one";
        fail(FailureClass::Refused, "graph.zone", detail)
    })
}
