//! Events as Google takes them.

use kalends_core::event::{Busy, Content, Privacy, Status};
use kalends_core::provider::{Failure, FailureClass, MirrorDoc};
use kalends_core::time::When;
use serde_json::{Map, Value, json};

use crate::context::fail;
use crate::marks;
use crate::recurrence;
use crate::text;
use crate::times;

/// A mirror part whole, in which nothing is left to Google's defaults: no people, no conference,
/// reminders switched off in words. `series` is the id of the series that an instance belongs to.
pub(crate) fn document(doc: &MirrorDoc, series: Option<&str>) -> Result<Value, Failure> {
    let content = &doc.body.content;
    let lines = doc.body.recurrence.as_ref().map(recurrence::lines);
    let mut event = fields(content, lines.is_some())?;
    let mut private = Map::new();
    private.insert(marks::MARK.to_owned(), json!(doc.mark));
    match (&doc.instance, series) {
        (Some((_, original)), Some(series)) => {
            let name = marks::instance_name(&doc.derived, series);
            private.insert(marks::NAME.to_owned(), json!(name));
            place_in(&mut event, series, original)?;
        }
        (Some(_) | None, _) => {
            event.insert("id".to_owned(), json!(doc.derived));
        }
    }
    let word = marks::busy_word(content.busy);
    private.extend(word.map(|word| (marks::BUSY.to_owned(), json!(word))));
    event.insert("extendedProperties".to_owned(), json!({ "private": private }));
    event.insert("reminders".to_owned(), json!({ "useDefault": false, "overrides": [] }));
    event.extend(lines.map(|lines| ("recurrence".to_owned(), json!(lines))));
    Ok(Value::Object(event))
}

/// Says which instance of which series an event is.
pub(crate) fn place_in(
    event: &mut Map<String, Value>,
    series: &str,
    original: &When,
) -> Result<(), Failure> {
    let at = kalends_core::event::Span {
        start: original.clone(),
        length: kalends_core::time::Length::Exact(0),
        end_zone: None,
    };
    let (start, _) = times::start_and_end(&at, true).ok_or_else(no_zone)?;
    event.insert("recurringEventId".to_owned(), json!(series));
    event.insert("originalStartTime".to_owned(), start);
    Ok(())
}

/// Texts, times, status, and how it fills and shows the time.
pub(crate) fn fields(content: &Content, is_series: bool) -> Result<Map<String, Value>, Failure> {
    let (start, end) = times::start_and_end(&content.span, is_series).ok_or_else(no_zone)?;
    let mut fields = Map::new();
    let named = [
        ("summary", json!(content.title)),
        ("description", json!(text::written(&content.description))),
        ("location", json!(content.location)),
        ("start", start),
        ("end", end),
        ("status", json!(status(content.status))),
        ("transparency", json!(transparency(content.busy))),
        ("visibility", json!(visibility(content.privacy))),
    ];
    fields.extend(named.map(|(name, value)| (name.to_owned(), value)));
    Ok(fields)
}

/// A series whose zone Google has no name for.
pub(crate) fn no_zone() -> Failure {
    fail(
        FailureClass::Refused,
        "google.zone",
        "give the series a time zone of the IANA database: google knows no other",
    )
}

/// The word for a status. What is called off still stands there: `cancelled` would delete it.
pub(crate) const fn status(status: Status) -> &'static str {
    match status {
        Status::Confirmed | Status::Cancelled => "confirmed",
        Status::Tentative => "tentative",
    }
}

/// The word for how it fills the time.
pub(crate) const fn transparency(busy: Busy) -> &'static str {
    match busy {
        Busy::Free => "transparent",
        Busy::Tentative | Busy::Busy | Busy::OutOfOffice | Busy::Elsewhere => "opaque",
    }
}

/// The word for who may see it.
pub(crate) const fn visibility(privacy: Privacy) -> &'static str {
    match privacy {
        Privacy::Default => "default",
        Privacy::Public => "public",
        Privacy::Private => "private",
        Privacy::Confidential => "confidential",
    }
}
