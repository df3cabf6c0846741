//! When somebody's time is taken, as a VFREEBUSY says (RFC 5545 section 3.6.4).

use kalends_core::availability::{Taken, disjoint};
use kalends_core::event::Busy;
use kalends_core::time::{Gap, Timestamp, Zone};

use super::object::{nothing, too_many};
use crate::error::DecodeError;
use crate::syntax::{Clock, Document, Kind, Property, clock, duration, prepared};

/// The times that are taken, disjoint and sorted; of two at once, the surer one.
///
/// # Errors
/// [`DecodeError`] where the text holds no VFREEBUSY, broke off, or has a time that cannot be
/// read: half an answer is none.
pub fn free_busy(bytes: &[u8]) -> Result<Vec<Taken>, DecodeError> {
    let text = prepared(bytes);
    // All events of a feed may stand beside it.
    let document = Document::hand_on(&text, &mut |one| (one.kind == Kind::FreeBusy).then_some(one));
    if document.overfull {
        return Err(too_many());
    }
    let told: Vec<_> =
        document.calendars.iter().flat_map(|calendar| calendar.children(Kind::FreeBusy)).collect();
    if told.is_empty() || !document.is_complete() {
        return Err(nothing(&document));
    }
    let mut taken = Vec::new();
    for property in told.iter().flat_map(|one| one.all("FREEBUSY")) {
        let how = how(property);
        for period in property.value().split(',').map(str::trim).filter(|text| !text.is_empty()) {
            let (from, to) = read(period).ok_or_else(|| nothing(&document))?;
            taken.extend(how.filter(|_| from < to).map(|how| Taken { from, to, how }));
        }
    }
    Ok(disjoint(taken))
}

/// `None` for free (RFC 5545 section 3.2.9): what is not known is taken.
fn how(property: &Property<'_>) -> Option<Busy> {
    match property.parameter("FBTYPE").map(|text| text.to_uppercase()).as_deref() {
        Some("FREE") => None,
        Some("BUSY-TENTATIVE") => Some(Busy::Tentative),
        Some("BUSY-UNAVAILABLE") => Some(Busy::OutOfOffice),
        Some(_) | None => Some(Busy::Busy),
    }
}

fn read(period: &str) -> Option<(Timestamp, Timestamp)> {
    let (start, end) = period.split_once('/')?;
    let start = instant(start)?;
    let end = match instant(end) {
        Some(end) => end,
        None => {
            let (days, seconds) = duration(end)?;
            let seconds = days.checked_mul(86_400)?.checked_add(seconds)?;
            start.checked_add_millis(seconds.checked_mul(1_000)?)?
        }
    };
    Some((start, end))
}

/// All times of a VFREEBUSY are in UTC.
fn instant(text: &str) -> Option<Timestamp> {
    let utc = |civil| Zone::utc().instant(civil, Gap::Shift);
    match clock(text)? {
        Clock::Utc(civil) | Clock::Local(civil) => Some(utc(civil)),
        Clock::Offset(civil, offset) => Some(utc(civil.add_seconds(-i64::from(offset)))),
        Clock::Date(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &str) -> Result<Vec<Taken>, DecodeError> {
        let text = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VFREEBUSY\r\n{lines}END:VFREEBUSY\r\n\
             END:VCALENDAR\r\n"
        );
        free_busy(text.as_bytes())
    }

    fn taken(from: &str, to: &str, how: Busy) -> Taken {
        Taken { from: from.parse().unwrap(), to: to.parse().unwrap(), how }
    }

    #[test]
    fn periods_are_read_in_every_form() {
        let lines = "FREEBUSY:20260302T090000Z/20260302T100000Z,20260302T120000Z/PT30M\r\n\
                     FREEBUSY;FBTYPE=FREE:20260302T130000Z/PT1H\r\n\
                     FREEBUSY;FBTYPE=BUSY-TENTATIVE:20260302T093000Z/PT1H\r\n";
        let expected = [
            taken("2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z", Busy::Busy),
            taken("2026-03-02T10:00:00Z", "2026-03-02T10:30:00Z", Busy::Tentative),
            taken("2026-03-02T12:00:00Z", "2026-03-02T12:30:00Z", Busy::Busy),
        ];
        assert_eq!(read(lines), Ok(expected.to_vec()));
        assert_eq!(read(""), Ok(Vec::new()));
    }

    #[test]
    fn what_cannot_be_read_whole_is_not_known() {
        assert!(read("FREEBUSY:20260302T090000Z/soon\r\n").is_err());
        assert!(free_busy(b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n").is_err());
        assert!(free_busy(b"BEGIN:VCALENDAR\r\nBEGIN:VFREEBUSY\r\n").is_err());
        assert!(free_busy(b"<html>sign in</html>").is_err());
    }
}
