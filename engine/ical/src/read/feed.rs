//! Reads a whole feed.

use std::collections::BTreeMap;

use super::object::{Decoded, Reader, nothing, too_many, uid};
use crate::DecodeError;
use crate::syntax::{Component, Document, prepared};
use crate::zones::Zones;

/// A feed, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// The calendar's name: NAME (RFC 7986 section 5.1) or X-WR-CALNAME.
    pub name: Option<String>,
    /// The events, in the order of their first component.
    pub events: Vec<FeedEvent>,
    /// Whether every calendar came to its END:VCALENDAR: without it the text was cut, and absence
    /// says nothing.
    pub complete: bool,
}

/// One event of a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedEvent {
    /// What it goes by in the feed; no two events of a feed have the same.
    pub key: FeedKey,
    /// What it says, or why it could not be read.
    pub decoded: Result<Decoded, DecodeError>,
    /// Its components as an object of their own, with the VTIMEZONEs it cannot be read without.
    pub raw: Vec<u8>,
}

/// What an event goes by in a feed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeedKey {
    /// UID; empty where there is none.
    pub uid: String,
    /// RECURRENCE-ID as written, where the feed holds this instance and not its series.
    pub instance: Option<String>,
    /// 0 for the first event that goes by the same, 1 for the second, ...
    pub copy: u32,
}

/// Reads a feed for [`Reader::feed`].
pub(super) fn read(reader: &Reader, bytes: &[u8]) -> Result<Feed, DecodeError> {
    let text = prepared(bytes);
    let document = Document::parse(&text);
    if document.overfull {
        return Err(too_many());
    }
    if !document.opened {
        return Err(nothing(&document));
    }
    let mut zones = Zones::new(&document);
    let mut copies: BTreeMap<(String, Option<String>), u32> = BTreeMap::new();
    let mut events = Vec::new();
    for group in groups(&document) {
        let uid = uid(group[0]).unwrap_or_default();
        let instance = instance(&group);
        let count = copies.entry((uid.clone(), instance.clone())).or_default();
        let key = FeedKey { uid, instance, copy: *count };
        *count += 1;
        let decoded = reader.event(&group, &mut zones);
        events.push(FeedEvent { key, decoded, raw: raw(&text, &group, &zones) });
    }
    Ok(Feed { name: name(&document), events, complete: document.is_complete() })
}

/// The VEVENTs that belong together: a master with its instances, or the instances of one UID
/// without a master. A second master of one UID is an event of its own.
fn groups<'d, 'a>(document: &'d Document<'a>) -> Vec<Vec<&'d Component<'a>>> {
    let mut groups: Vec<Vec<&Component<'a>>> = Vec::new();
    let mut mastered: BTreeMap<String, usize> = BTreeMap::new();
    let mut waiting: BTreeMap<String, Vec<&Component<'a>>> = BTreeMap::new();
    let mut order: Vec<String> = Vec::new();
    for event in document.events() {
        let Some(uid) = uid(event).filter(|_| event.closed) else {
            groups.push(vec![event]);
            continue;
        };
        if event.property("RECURRENCE-ID").is_none() {
            mastered.entry(uid).or_insert(groups.len());
            groups.push(vec![event]);
            continue;
        }
        if !waiting.contains_key(&uid) {
            order.push(uid.clone());
        }
        waiting.entry(uid).or_default().push(event);
    }
    for uid in order {
        let instances = waiting.remove(&uid).unwrap_or_default();
        match mastered.get(&uid) {
            Some(master) => groups[*master].extend(instances),
            None => groups.push(instances),
        }
    }
    groups.sort_by_key(|group| group.iter().map(|event| event.span.start).min());
    groups
}

fn instance(group: &[&Component<'_>]) -> Option<String> {
    let masterless = group.iter().all(|event| event.property("RECURRENCE-ID").is_some());
    let first = group.iter().filter(|_| masterless).map(|event| event.property("RECURRENCE-ID"));
    first.flatten().map(|key| key.value().trim().to_owned()).min()
}

fn raw(text: &[u8], group: &[&Component<'_>], zones: &Zones<'_, '_>) -> Vec<u8> {
    let mut out = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n".to_vec();
    let mut written: Vec<usize> = Vec::new();
    let properties = group.iter().flat_map(|event| &event.properties);
    for tzid in properties.filter_map(|property| property.parameter("TZID")) {
        let zone = zones.needed(&tzid).filter(|zone| !written.contains(&zone.span.start));
        if let Some(zone) = zone {
            written.push(zone.span.start);
            push_component(&mut out, &text[zone.span.clone()]);
        }
    }
    for event in group {
        push_component(&mut out, &text[event.span.clone()]);
    }
    out.extend_from_slice(b"END:VCALENDAR\r\n");
    out
}

fn push_component(out: &mut Vec<u8>, component: &[u8]) {
    // A blank before BEGIN would fold it onto the line before.
    out.extend_from_slice(component.trim_ascii_start());
    if !component.ends_with(b"\n") {
        out.extend_from_slice(b"\r\n");
    }
}

fn name(document: &Document<'_>) -> Option<String> {
    let named = |name| document.calendars.iter().find_map(move |one| one.property(name));
    let name = named("NAME").or_else(|| named("X-WR-CALNAME"))?.text().trim().to_owned();
    (!name.is_empty()).then_some(name)
}
