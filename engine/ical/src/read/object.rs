//! Reads one object.

use kalends_core::event::Body;
use kalends_recurrence::{Length, Timestamp};

use super::feed::Feed;
use super::piece::Piece;
use super::span::is_inverted;
use super::whole;
use crate::DecodeError;
use crate::syntax::{Component, Document, Property, prepared};
use crate::zones::Zones;

/// What one object says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// UID.
    pub uid: String,
    /// The event.
    pub body: Body,
    /// Our mark (X-KALENDS-MARK), as found; not verified.
    pub mark: Option<String>,
    /// Another product whose mark it bears.
    pub foreign: Option<String>,
    /// Codes of what was read otherwise than it is written, each once: [`END_BEFORE_START`].
    pub doubts: Vec<&'static str>,
    /// LAST-MODIFIED, the last of them.
    pub changed_at: Option<Timestamp>,
}

/// An event or an instance that ends before it starts: it is read as one without length, or of one
/// day. Every server stores such events.
pub const END_BEFORE_START: &str = "ical.end-before-start";

/// The most VEVENTs of one event that are read; far more than any series has, and than is kept.
pub(super) const INSTANCES_MAX: usize = 10_000;

/// The most values of RDATE and EXDATE of one event that are read.
const DATES_MAX: usize = 20_000;

/// Reads objects for one owner.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Reader {
    /// The owner's mail addresses, in lower case and without `mailto:`.
    pub addresses: Vec<String>,
}

impl Reader {
    /// Reads one CalDAV resource (RFC 4791 section 4.1): all VEVENTs of one UID.
    ///
    /// # Errors
    ///
    /// A [`DecodeError`] that concerns this object only: `ical.syntax`, `ical.no-event`,
    /// `ical.cut`, `ical.no-uid`, `ical.two-uids`, `ical.no-start`, `ical.bad-rrule`,
    /// `ical.exrule`, `ical.unknown-zone`, `ical.too-many`, and `ical.bad-` with the name of a
    /// property whose value is none.
    ///
    /// `ical.unknown-zone` is for a TZID that neither its name nor a VTIMEZONE explains (RFC 5545
    /// section 3.2.19 demands one). Taken as floating, such a time would be some other time for most
    /// who see it, and nobody would be told; set aside, the event keeps its text and says what it
    /// lacks.
    pub fn object(&self, bytes: &[u8]) -> Result<Decoded, DecodeError> {
        let text = prepared(bytes);
        let document = Document::parse(&text);
        if document.overfull {
            return Err(too_many());
        }
        let events: Vec<&Component<'_>> = document.events().collect();
        if events.is_empty() {
            return Err(nothing(&document));
        }
        if document.calendars.iter().any(|calendar| !calendar.closed) {
            return Err(cut());
        }
        self.event(&events, &mut Zones::new(&document))
    }

    /// Finds the events of a whole feed, to read each alone: one that cannot be read does not hold
    /// up the others.
    ///
    /// # Errors
    ///
    /// `ical.syntax` where the text is no calendar at all, `ical.too-many` where it has more lines
    /// or events than any has.
    pub fn feed(&self, text: impl Into<Vec<u8>>) -> Result<Feed, DecodeError> {
        Feed::find(self, text.into())
    }

    /// Reads the VEVENTs of one event.
    pub(super) fn event(
        &self,
        events: &[&Component<'_>],
        zones: &mut Zones,
    ) -> Result<Decoded, DecodeError> {
        let uid = one_uid(events)?;
        if events.len() > INSTANCES_MAX {
            return Err(too_many());
        }
        let mut pieces = Vec::with_capacity(events.len());
        let mut dates = 0;
        let mut doubts = Vec::new();
        for event in events {
            if !event.closed {
                return Err(cut());
            }
            if event.overfull {
                return Err(too_many());
            }
            let piece = Piece::read(event, zones, &self.addresses)?;
            dates += piece.recurring.extras.len() + piece.recurring.excluded.len();
            if dates > DATES_MAX {
                return Err(too_many());
            }
            // Only a length that may have been made up is looked at twice.
            if is_shortest(piece.content.span.length) && is_inverted(event, zones) {
                doubts = vec![END_BEFORE_START];
            }
            pieces.push(piece);
        }
        let mark = pieces.iter_mut().find_map(|piece| piece.mark.take());
        let foreign = pieces.iter().find_map(|piece| piece.foreign).map(str::to_owned);
        let changed_at = pieces.iter().filter_map(Piece::changed_at).max();
        Ok(Decoded { uid, body: whole::body(pieces)?, mark, foreign, doubts, changed_at })
    }
}

const fn is_shortest(length: Length) -> bool {
    matches!(length, Length::Exact(0) | Length::Nominal { days: 1, seconds: 0 })
}

pub(crate) fn nothing(document: &Document<'_>) -> DecodeError {
    if document.opened {
        return DecodeError::new("ical.no-event", "put a VEVENT into the object");
    }
    DecodeError::new("ical.syntax", "send an iCalendar object: it must begin with BEGIN:VCALENDAR")
}

pub(crate) fn too_many() -> DecodeError {
    let reason = "part the series, or take lines out: it has too many of them or of instances";
    DecodeError::new("ical.too-many", reason)
}

pub(crate) fn cut() -> DecodeError {
    DecodeError::new("ical.cut", "read it again: its END line is missing")
}

fn one_uid(events: &[&Component<'_>]) -> Result<String, DecodeError> {
    let mut found: Option<String> = None;
    for event in events {
        let uid = uid(event).ok_or_else(|| {
            DecodeError::new("ical.no-uid", "give every VEVENT of the object its UID")
        })?;
        if found.as_ref().is_some_and(|found| *found != uid) {
            let reason = "store events of different UIDs in objects of their own";
            return Err(DecodeError::new("ical.two-uids", reason));
        }
        found = Some(uid);
    }
    found.ok_or_else(|| DecodeError::new("ical.no-event", "put a VEVENT into the object"))
}

/// The UID; `None` where it is missing or empty.
pub(super) fn uid(event: &Component<'_>) -> Option<String> {
    uid_of(event.property("UID")?)
}

/// The same of its line.
pub(super) fn uid_of(line: &Property<'_>) -> Option<String> {
    let uid = line.text().trim().to_owned();
    (!uid.is_empty()).then_some(uid)
}
