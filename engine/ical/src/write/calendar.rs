//! Whole VCALENDARs.

use std::collections::BTreeMap;

use kalends_core::event::{Body, Content, Span};
use kalends_core::provider::MirrorDoc;
use kalends_recurrence::{Extra, Gap, Length, Timestamp, When, Zone};

use super::event::{Envelope, events};
use crate::syntax::{Lines, escaped};
use crate::zones::timezone;

/// Writes a mirror part as a whole VCALENDAR, with the VTIMEZONE of each zone it names.
///
/// Its UID is the derived id and `@kalends`; each VEVENT bears the mark. There are no people, no
/// alarms and no conference objects in it, whatever the body holds. Where the document is one
/// instance of a series it is written under its RECURRENCE-ID; a body that stands for an instance
/// alone, in a document that does not, is written as a single event, since servers stumble over an
/// instance without its series. The same document and stamp give the same bytes.
#[must_use]
pub fn mirror(doc: &MirrorDoc, stamp: Timestamp) -> Vec<u8> {
    let uid = format!("{}@kalends", doc.derived);
    let envelope = Envelope { uid: &uid, mark: Some(&doc.mark), stamp };
    let instance = doc.instance.as_ref().map(|(_, original)| original);
    let mut uses = Uses::default();
    uses.body(&doc.body);
    if let Some(original) = instance {
        uses.at(original);
    }
    let mut lines = begun();
    zone_lines(&mut lines, &uses);
    events(&mut lines, &doc.body, instance, envelope);
    lines.line("END:VCALENDAR");
    lines.into_bytes()
}

/// Writes the events, each under its UID, as one VCALENDAR for people to take away.
///
/// Without marks, so that nobody takes them for copies of ours, and without attendees, so that a
/// server that reads them back in invites nobody.
#[must_use]
pub fn export(list: &[(String, Body)], stamp: Timestamp) -> Vec<u8> {
    let mut export = Export::new(stamp);
    export.see(list);
    let mut bytes = export.head();
    bytes.extend(export.events(list));
    bytes.extend(Export::END);
    bytes
}

/// [`export`] of more events than are held at once: [`Export::see`] each page, write the head, then
/// read the pages again and write their events, and [`Export::END`] at last.
#[derive(Debug)]
pub struct Export {
    uses: Uses,
    stamp: Timestamp,
    /// For those who subscribe: what it is called, and how often they may look.
    feed: Option<(String, u32)>,
}

impl Export {
    /// What ends the VCALENDAR.
    pub const END: &[u8] = b"END:VCALENDAR\r\n";

    /// An export of no events yet, with the time that is their DTSTAMP.
    #[must_use]
    pub fn new(stamp: Timestamp) -> Self {
        Self { uses: Uses::default(), stamp, feed: None }
    }

    /// Says what it is called, and after how many hours to look again (RFC 7986).
    #[must_use]
    pub fn named(self, name: &str, hours: u32) -> Self {
        Self { feed: Some((name.to_owned(), hours)), ..self }
    }

    /// The same, with another time as DTSTAMP.
    #[must_use]
    pub fn stamped(self, stamp: Timestamp) -> Self {
        Self { stamp, ..self }
    }

    /// Takes notice of the zones of a page.
    pub fn see(&mut self, list: &[(String, Body)]) {
        for (_, body) in list {
            self.uses.body(body);
        }
    }

    /// What begins the VCALENDAR, with the VTIMEZONE of each zone that was seen.
    #[must_use]
    pub fn head(&self) -> Vec<u8> {
        let mut lines = begun();
        if let Some((name, hours)) = &self.feed {
            for property in ["NAME", "X-WR-CALNAME"] {
                lines.line(&format!("{property}:{}", escaped(name)));
            }
            lines.line(&format!("REFRESH-INTERVAL;VALUE=DURATION:PT{hours}H"));
            lines.line(&format!("X-PUBLISHED-TTL:PT{hours}H"));
        }
        zone_lines(&mut lines, &self.uses);
        lines.into_bytes()
    }

    /// The VEVENTs of a page, behind the VTIMEZONEs of zones that came in since the head.
    #[must_use]
    pub fn events(&mut self, list: &[(String, Body)]) -> Vec<u8> {
        let mut late = Uses::default();
        for (_, body) in list {
            late.body(body);
        }
        late.zones.retain(|zone, _| !self.uses.zones.contains_key(zone));
        let mut lines = Lines::new();
        zone_lines(&mut lines, &late);
        self.uses.zones.append(&mut late.zones);
        for (uid, body) in list {
            let envelope = Envelope { uid, mark: None, stamp: self.stamp };
            events(&mut lines, body, body.instance_of.as_ref(), envelope);
        }
        lines.into_bytes()
    }
}

fn begun() -> Lines {
    let mut lines = Lines::new();
    lines.line("BEGIN:VCALENDAR");
    lines.line("VERSION:2.0");
    lines.line("PRODID:-//Kalends//Kalends//EN");
    lines.line("CALSCALE:GREGORIAN");
    lines
}

/// Writes the VTIMEZONEs, sorted by name.
pub(crate) fn zone_lines(lines: &mut Lines, uses: &Uses) {
    for (zone, (first, last)) in &uses.zones {
        timezone(lines, zone, *first, *last);
    }
}

/// Which zones are used, from when to when; without a last time where a series has no known end.
#[derive(Debug, Default)]
pub(crate) struct Uses {
    pub(crate) zones: BTreeMap<Zone, (Timestamp, Option<Timestamp>)>,
}

impl Uses {
    pub(crate) fn body(&mut self, body: &Body) {
        self.content(&body.content);
        for exception in &body.exceptions {
            self.at(&exception.original);
            self.content(&exception.content);
        }
        let Some(recurrence) = &body.recurrence else {
            return;
        };
        for extra in &recurrence.extras {
            match extra {
                Extra::At(start) | Extra::Period { start, .. } => self.at(start),
            }
        }
        for gone in &recurrence.excluded {
            self.at(gone);
        }
        if !recurrence.rules.is_empty() {
            self.endless(&body.content.span);
        }
    }

    fn content(&mut self, content: &Content) {
        let span = &content.span;
        self.at(&span.start);
        let seconds = match span.length {
            Length::Exact(seconds) => seconds,
            Length::Nominal { days, seconds } => i64::from(days) * 86_400 + seconds,
        };
        if let When::Zoned(civil, zone) = &span.start {
            let start = zone.instant(*civil, Gap::Shift);
            let end = start.saturating_add_millis(seconds.max(0).saturating_mul(1_000));
            let end_zone = span.end_zone.as_ref().unwrap_or(zone);
            self.seen(end_zone, end);
        }
    }

    pub(crate) fn at(&mut self, when: &When) {
        if let When::Zoned(civil, zone) = when {
            self.seen(zone, zone.instant(*civil, Gap::Shift));
        }
    }

    fn seen(&mut self, zone: &Zone, at: Timestamp) {
        if *zone == Zone::utc() {
            return;
        }
        let (first, last) = self.zones.entry(zone.clone()).or_insert((at, Some(at)));
        *first = (*first).min(at);
        *last = last.map(|last| last.max(at));
    }

    fn endless(&mut self, span: &Span) {
        for zone in span.start.zone().into_iter().chain(&span.end_zone) {
            if let Some((_, last)) = self.zones.get_mut(zone) {
                *last = None;
            }
        }
    }
}
