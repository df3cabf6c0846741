//! From the text of an event to an item.

use kalends_core::event::{Body, Content};
use kalends_core::ids::{ProviderId, Version};
use kalends_core::presence::Evidence;
use kalends_core::provider::{Broken, EventItem, Failure, FailureClass, Item, Payload};
use kalends_core::time::Zone;

use crate::content;
use crate::marks;
use crate::recurrence;
use crate::slot;
use crate::times;
use crate::version::version;
use crate::wire::{Event, Name};

/// Bytes of an unreadable event that are handed on.
const RAW_BYTES_MAX: usize = 64 * 1024;

/// Why an event cannot be read; nothing of it holds text of the event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unreadable {
    pub(crate) code: String,
    pub(crate) reason: String,
}

impl Unreadable {
    pub(crate) fn new(code: &str, reason: &str) -> Self {
        Self { code: code.to_owned(), reason: reason.to_owned() }
    }
}

/// How an event was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// In a listing.
    Listed,
    /// Alone, after the listing.
    Alone,
}

/// The item of an event's text; `None` where it does not even say which event it is.
pub(crate) fn item(text: &str, zone: &Zone, reading: Reading) -> Option<Item> {
    let name = Name::read(text)?;
    let id = ProviderId(name.id);
    let version = version(name.etag.as_deref(), name.recurring_event_id.as_deref());
    let read = serde_json::from_str::<Event>(text)
        .map_err(|_| Unreadable::new("google.shape", "save the event anew: a field of it is odd"))
        .and_then(|event| of_event(&event, version.clone(), zone, reading));
    Some(read.unwrap_or_else(|Unreadable { code, reason }| {
        let raw = text.as_bytes()[..text.len().min(RAW_BYTES_MAX)].to_vec();
        Item::Broken(Broken { id, version, code, reason, raw })
    }))
}

/// The item of an event that is not there, or stands for nothing of its own.
pub(crate) fn removed(id: &str, reading: Reading) -> Item {
    let evidence = match reading {
        Reading::Listed => Evidence::Tombstone,
        Reading::Alone => Evidence::ReadAlone,
    };
    Item::Removed { id: ProviderId(id.to_owned()), evidence }
}

fn of_event(
    event: &Event,
    version: Option<Version>,
    zone: &Zone,
    reading: Reading,
) -> Result<Item, Unreadable> {
    let mut doubts = Vec::new();
    let mut as_made = false;
    let payload = match &event.recurring_event_id {
        None if event.is_cancelled() => return Ok(removed(&event.id, reading)),
        None => Payload::Whole(whole(event, zone, &mut doubts)?),
        Some(series) => {
            let Some(original) = &event.original_start_time else {
                // Of a cancelled event nothing but the id is sure to be there.
                if event.is_cancelled() {
                    return Ok(removed(&event.id, reading));
                }
                return Err(Unreadable::new(
                    "google.no-original",
                    "read the event again: it does not say which instance it is",
                ));
            };
            let original = times::when(original, zone, &mut doubts)?;
            let content = match event.is_cancelled() {
                true => None,
                false => Some(content_of(event, zone, &mut doubts)?),
            };
            let is_reset = |content: &Content| slot::is_reset(event, series, content);
            as_made = content.as_ref().is_some_and(is_reset);
            if reading == Reading::Listed && as_made {
                return Ok(removed(&event.id, reading));
            }
            let series = ProviderId(series.clone());
            Payload::Instance { series, original, content: content.map(Box::new) }
        }
    };
    let empty = as_made.then_some("");
    Ok(Item::Event(Box::new(EventItem {
        id: ProviderId(event.id.clone()),
        version,
        native: marks::native(event),
        uid: event.uid.clone().filter(|uid| !uid.is_empty()).unwrap_or_else(|| event.id.clone()),
        payload,
        mark: event.private(marks::MARK).or(empty).map(str::to_owned),
        foreign: marks::foreign(event),
        fresh: reading == Reading::Alone,
        doubts,
        changed_at: event.updated.as_deref().and_then(|updated| updated.parse().ok()),
    })))
}

/// A single, or a series without the instances that differ, which are events of their own.
pub(crate) fn whole(
    event: &Event,
    zone: &Zone,
    doubts: &mut Vec<&'static str>,
) -> Result<Body, Unreadable> {
    let content = content_of(event, zone, doubts)?;
    let lines = event.recurrence.as_deref().unwrap_or_default();
    let recurrence = match lines {
        [] => None,
        _ if doubts.contains(&times::UNKNOWN_ZONE) => {
            return Err(Unreadable::new(
                times::UNKNOWN_ZONE,
                "choose the time zone of the series anew: its name is unknown",
            ));
        }
        lines => Some(recurrence::read(&content.span.start, lines)?),
    };
    Ok(Body { recurrence, ..Body::single(content) })
}

fn content_of(
    event: &Event,
    zone: &Zone,
    doubts: &mut Vec<&'static str>,
) -> Result<Content, Unreadable> {
    let (content, found) = content::content(event, zone)?;
    for code in found {
        if !doubts.contains(&code) {
            doubts.push(code);
        }
    }
    Ok(content)
}

/// The item of an instance whose series is not there: an event of its own, where it takes place.
pub(crate) fn alone(text: &str, zone: &Zone) -> Option<Item> {
    let found = item(text, zone, Reading::Alone)?;
    let Item::Event(mut event) = found else {
        return Some(found);
    };
    if let Payload::Instance { original, content, .. } = event.payload {
        let Some(content) = content else {
            return Some(removed(&event.id.0, Reading::Alone));
        };
        event.payload =
            Payload::Whole(Body { instance_of: Some(original), ..Body::single(*content) });
    }
    Some(Item::Event(event))
}

impl From<Unreadable> for Failure {
    fn from(unreadable: Unreadable) -> Self {
        let Unreadable { code, reason } = unreadable;
        Self { class: FailureClass::Refused, code, detail: reason, retry_at: None }
    }
}
