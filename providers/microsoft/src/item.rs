//! Items of the engine.

use kalends_core::event::Body;
use kalends_core::ids::{ProviderId, Version};
use kalends_core::known_marks::product_of;
use kalends_core::presence::Evidence;
use kalends_core::provider::{Broken, EventItem, Item, Payload};
use serde_json::Value;

use crate::decode;
use crate::exchange::series::Series;
use crate::mark::{self, Marked};
use crate::version::{Held, SeriesSketch};
use crate::wire::event::EventJson;

/// Bytes of an unreadable event that are handed on.
const RAW_BYTES_MAX: usize = 64 * 1024;

/// An event item.
pub(crate) fn item(
    event: &EventJson,
    marked: Marked,
    payload: Payload,
    version: Option<Version>,
    doubts: Vec<&'static str>,
) -> Item {
    let id = event.id.clone().unwrap_or_default();
    let native = native(event, &marked, &id);
    Item::Event(Box::new(EventItem {
        uid: event.i_cal_uid.clone().filter(|uid| !uid.is_empty()).unwrap_or_else(|| id.clone()),
        native,
        id: ProviderId(id),
        version,
        payload,
        mark: marked.mark,
        foreign: foreign(event),
        fresh: true,
        doubts,
        changed_at: None,
    }))
}

/// A series as an item. One of ours is its master alone, each changed instance an object of its
/// own; of a person's, what was changed belongs to it, and is replaced as a whole with it.
pub(crate) fn series(mut series: Series, mailbox: &kalends_core::time::Zone) -> Item {
    let marked = Marked::of(&series.event);
    let mut changed = Vec::new();
    if !is_ours(&series.event) {
        let exceptions: Vec<EventJson> =
            series.exceptions().map(|(_, event)| event.clone()).collect();
        if let Err(code) = decode::add_exceptions(&mut series.body, &exceptions, mailbox) {
            return unreadable(&series.event, code, &Value::Null);
        }
        changed = exceptions.iter().map(|event| event.tag().unwrap_or_default()).collect();
    }
    if is_ours(&series.event) && marked.series.as_deref() == Some(mark::IN_PART) {
        series.doubts.push(EventItem::IN_PART);
    }
    let version = series_version(&series.event, &series.body, &changed);
    item(&series.event, marked, Payload::Whole(series.body), version, series.doubts)
}

/// Whether an event bears the mark that was made for it. A person's copy of a mirror bears one, too,
/// and is theirs with all that they changed of it.
pub(crate) fn is_ours(event: &EventJson) -> bool {
    let marked = Marked::of(event);
    let made_for = marked.derived.as_ref().filter(|_| marked.mark.is_some());
    made_for.is_some_and(|derived| event.transaction_id.as_ref() == Some(derived))
}

/// Another product whose category an event bears: of all that products leave at an event the one that
/// comes with every reading.
fn foreign(event: &EventJson) -> Option<String> {
    let mut products = event.categories.iter().flatten().map(|name| product_of("CATEGORIES", name));
    products.find_map(|product| product).map(str::to_owned)
}

/// The version of a series.
pub(crate) fn series_version(
    event: &EventJson,
    body: &Body,
    changed: &[String],
) -> Option<Version> {
    event.tag().map(|tag| Held::series(tag, SeriesSketch::of(body, changed)).version())
}

/// An object that is not there.
pub(crate) fn removed(id: &str) -> Item {
    Item::Removed { id: ProviderId(id.to_owned()), evidence: Evidence::ReadAlone }
}

/// An instance that is as its series has it.
pub(crate) fn as_ruled(id: &str) -> Item {
    Item::AsRuled { id: ProviderId(id.to_owned()) }
}

/// An event that makes no sense.
pub(crate) fn unreadable(event: &EventJson, code: &str, raw: &Value) -> Item {
    let id = ProviderId(event.id.clone().unwrap_or_default());
    let version = event.tag().map(|tag| Held::single(tag).version());
    let reason = match code {
        "graph.recurrence" => "its series repeats in a way that is not known: edit it there",
        "graph.instance" | "graph.instances" => {
            "its instances are not those of its rule, or make no sense: save the series there anew"
        }
        "graph.cancelled" => "which of its instances were cancelled is not told: edit it there",
        "graph.cancelled-far" => {
            "its instances were cancelled over more years than are looked at: end it there earlier"
        }
        decode::ZONE_DOUBT => "its times are in a zone that is not known: edit it there",
        _ => "a part of it is missing or makes no sense: open it there and save it anew",
    };
    Item::Broken(Broken {
        id,
        version,
        code: code.to_owned(),
        reason: reason.to_owned(),
        raw: raw_bytes(raw),
    })
}

/// An event that the server does not give.
pub(crate) fn refused(id: &str, code: String) -> Item {
    Item::Broken(Broken {
        id: ProviderId(id.to_owned()),
        version: None,
        code,
        reason: "the server does not give this event: open it there and save it anew".to_owned(),
        raw: Vec::new(),
    })
}

/// A series that is not there, says the server, while instances of it are.
pub(crate) fn masterless(id: &str) -> Item {
    refused(id, "graph.master".to_owned())
}

fn raw_bytes(raw: &Value) -> Vec<u8> {
    if raw.is_null() {
        return Vec::new();
    }
    let mut bytes = raw.to_string().into_bytes();
    bytes.truncate(RAW_BYTES_MAX);
    bytes
}

/// The name that a mark is made for: the transaction id, which is told at creation and never
/// changes or is copied; of a changed instance, which is not created, the id that stands beside the
/// mark, as long as it is an instance of the same series.
fn native(event: &EventJson, marked: &Marked, id: &str) -> String {
    let of_instance = match (&event.series_master_id, &marked.series) {
        (Some(series), Some(ours)) if series == ours => marked.derived.clone(),
        (Some(_), _) => Some(id.to_owned()),
        (None, _) => event.transaction_id.clone(),
    };
    of_instance.filter(|native| !native.is_empty()).unwrap_or_else(|| id.to_owned())
}
