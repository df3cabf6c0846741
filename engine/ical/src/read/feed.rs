//! A whole feed, whose events are read one by one.

use std::collections::BTreeSet;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use super::object::{Decoded, INSTANCES_MAX, Reader, nothing, too_many, uid, uid_of};
use crate::DecodeError;
use crate::syntax::{Component, Document, Kind, Property, duration, prepared_owned};
use crate::zones::Zones;

/// The most lines of one event, its instances among them: some bytes of text take hundreds of
/// memory while they are read.
const LINES_MAX: usize = 200_000;

/// The most bytes of VTIMEZONEs that an event takes along: many times what any zone needs. Each event
/// may name all zones of its feed, and they would be written out once for each.
const ZONES_BYTES_MAX: usize = 64 * 1024;

/// A feed: its text, and where its events stand in it. Of one event no more than some thirty bytes
/// are held beside its text, until it is read.
#[derive(Clone)]
pub struct Feed {
    /// The calendar's name: NAME (RFC 7986 section 5.1) or X-WR-CALNAME.
    pub name: Option<String>,
    /// How long its publisher wants it to be left between two reads, in seconds: REFRESH-INTERVAL
    /// (RFC 7986 section 5.7) or X-PUBLISHED-TTL.
    pub refresh_s: Option<i64>,
    /// Whether every calendar came to its END:VCALENDAR: without it the text was cut, and absence
    /// says nothing.
    pub complete: bool,
    reader: Reader,
    text: Vec<u8>,
    zones: Zones,
    /// Event by event, in the order of their first part; of each its master first.
    parts: Vec<Part>,
}

/// One event of a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedEvent {
    /// UID; empty where there is none. Several may have the same.
    pub uid: String,
    /// RECURRENCE-ID as written, where the feed holds this instance and not its series.
    pub instance: Option<String>,
    /// What it says, or why it could not be read.
    pub decoded: Result<Decoded, DecodeError>,
    /// Its components as an object of their own, with the VTIMEZONEs it cannot be read without.
    pub raw: Vec<u8>,
}

/// One VEVENT of a feed.
#[derive(Debug, Clone)]
struct Part {
    span: Range<u32>,
    /// Where its UID line begins.
    uid_at: Option<u32>,
    /// Whether it goes together with others of the same UID, and the UID's hash. Who writes a feed may
    /// find two UIDs of one hash, and has their events set aside for it, but no others.
    goes_together: bool,
    uid_hash: u64,
    is_instance: bool,
    /// The number of its event.
    event: u32,
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed").field("parts", &self.parts.len()).finish_non_exhaustive()
    }
}

impl Feed {
    /// Finds the events for [`Reader::feed`].
    pub(super) fn find(reader: &Reader, text: Vec<u8>) -> Result<Self, DecodeError> {
        let text = prepared_owned(text);
        if u32::try_from(text.len()).is_err() {
            return Err(too_many());
        }
        let (mut zones, mut parts) = (Zones::default(), Vec::new());
        let document = Document::hand_on(&text, &mut |one| {
            match one.kind {
                Kind::Event => parts.push(Part::of(&one)),
                Kind::Zone => zones.add(&one),
                Kind::Calendar | Kind::Standard | Kind::Daylight | Kind::FreeBusy | Kind::Other => {
                }
            }
            None
        });
        if document.overfull {
            return Err(too_many());
        }
        if !document.opened {
            return Err(nothing(&document));
        }
        let (name, refresh_s) = (name(&document), refresh_s(&document));
        let complete = document.is_complete();
        put_together(&mut parts);
        Ok(Self { name, refresh_s, complete, reader: reader.clone(), text, zones, parts })
    }

    /// How many events it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.parts.last().map_or(0, |last| last.event as usize + 1)
    }

    /// Whether it has no event.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The UID of each event; empty where there is none. No event is read for it.
    pub fn uids(&self) -> impl Iterator<Item = String> {
        let events = self.parts.chunk_by(|one, next| one.event == next.event);
        events.map(|event| event.first().and_then(|first| self.uid(first)).unwrap_or_default())
    }

    /// Reads all events, one as it is asked for.
    pub fn events(&mut self) -> impl Iterator<Item = FeedEvent> {
        (0..self.len()).filter_map(|number| self.event(number))
    }

    /// Reads the event of this number, from 0 to one less than there are.
    pub fn event(&mut self, number: usize) -> Option<FeedEvent> {
        let from = self.parts.partition_point(|part| (part.event as usize) < number);
        let to = self.parts.partition_point(|part| (part.event as usize) <= number);
        let parts = self.parts.get(from..to).filter(|parts| !parts.is_empty())?;
        let mut lines = 0;
        let components: Vec<Component<'_>> = parts
            .iter()
            .take(INSTANCES_MAX + 1)
            .map_while(|part| {
                let component = Component::event_again(&self.text, part.place())?;
                lines += component.properties.len();
                (lines <= LINES_MAX).then_some(component)
            })
            .collect();
        let all: Vec<&Component<'_>> = components.iter().collect();
        let decoded = match all.len() == parts.len() {
            true => self.reader.event(&all, &mut self.zones),
            false => Err(too_many()),
        };
        Some(FeedEvent {
            uid: components.first().and_then(uid).unwrap_or_default(),
            instance: instance(&components),
            decoded,
            raw: raw(&self.text, parts, &components, &self.zones),
        })
    }

    fn uid(&self, part: &Part) -> Option<String> {
        uid_of(&Property::at(&self.text, part.uid_at? as usize)?)
    }
}

impl Part {
    fn of(event: &Component<'_>) -> Self {
        let uid = uid(event);
        // One that was cut may be anything: it is an event of its own.
        let goes_together = uid.is_some() && event.closed;
        let mut hasher = DefaultHasher::new();
        uid.hash(&mut hasher);
        Self {
            span: short(event.span.start)..short(event.span.end),
            uid_at: uid.as_ref().and(event.property("UID")).map(|line| short(line.span.start)),
            goes_together,
            uid_hash: hasher.finish(),
            is_instance: event.property("RECURRENCE-ID").is_some(),
            event: 0,
        }
    }

    const fn place(&self) -> Range<usize> {
        self.span.start as usize..self.span.end as usize
    }
}

/// A place in a text whose length was looked at.
fn short(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

/// Numbers the events and sorts their parts. What belongs together is a master with its instances,
/// or the instances of one UID without a master. A second master of one UID is an event of its own.
fn put_together(parts: &mut [Part]) {
    parts.sort_unstable_by_key(|part| (part.goes_together, part.uid_hash, part.span.start));
    let are_same = |one: &Part, next: &Part| {
        one.goes_together && next.goes_together && one.uid_hash == next.uid_hash
    };
    for same in parts.chunk_by_mut(are_same) {
        let first = |instance: bool| {
            let found = same.iter().find(|part| part.is_instance == instance);
            found.map(|part| part.span.start)
        };
        let (master, instance) = (first(false), first(true));
        let series = [master, instance].into_iter().flatten().min();
        for part in same {
            // An event goes by where it begins, until all are found.
            let start = part.span.start;
            let is_of_series = part.is_instance || master == Some(start);
            part.event = series.filter(|_| is_of_series).unwrap_or(start);
        }
    }
    parts.sort_unstable_by_key(|part| (part.event, part.is_instance, part.span.start));
    let events = parts.chunk_by_mut(|one, next| one.event == next.event);
    for (number, event) in (0..).zip(events) {
        event.iter_mut().for_each(|part| part.event = number);
    }
}

fn instance(event: &[Component<'_>]) -> Option<String> {
    let keys = event.iter().map(|event| event.property("RECURRENCE-ID"));
    let keys: Option<Vec<&Property<'_>>> = keys.collect();
    keys?.iter().map(|key| key.value().trim().to_owned()).min()
}

fn raw(text: &[u8], parts: &[Part], read: &[Component<'_>], zones: &Zones) -> Vec<u8> {
    let mut out = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n".to_vec();
    let mut written: BTreeSet<usize> = BTreeSet::new();
    let mut room = ZONES_BYTES_MAX;
    let properties = read.iter().flat_map(|event| &event.properties);
    for tzid in properties.filter_map(|property| property.parameter("TZID")) {
        let zone = zones.needed(&tzid).filter(|zone| zone.len() <= room);
        if let Some(zone) = zone.filter(|zone| written.insert(zone.start)) {
            room -= zone.len();
            push_component(&mut out, &text[zone.clone()]);
        }
    }
    for part in parts {
        push_component(&mut out, &text[part.place()]);
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
    let name = said(document, ["NAME", "X-WR-CALNAME"])?.text().trim().to_owned();
    (!name.is_empty()).then_some(name)
}

fn refresh_s(document: &Document<'_>) -> Option<i64> {
    let line = said(document, ["REFRESH-INTERVAL", "X-PUBLISHED-TTL"])?;
    let (days, seconds) = duration(line.value().trim())?;
    days.checked_mul(86_400)?.checked_add(seconds).filter(|seconds| *seconds > 0)
}

/// What the calendars say of themselves under the first of these names that is there.
fn said<'d, 'a>(document: &'d Document<'a>, names: [&str; 2]) -> Option<&'d Property<'a>> {
    let named = |name| document.calendars.iter().find_map(|one| one.property(name));
    names.into_iter().find_map(named)
}
