//! Texts and readings that several tests share.
#![allow(dead_code, reason = "each test file takes what it needs")]

pub(crate) mod bodies;

use kalends_core::event::Body;
use kalends_ical::{DecodeError, Reader};
use kalends_recurrence::Length;

/// A VEVENT with UID `u`.
pub(crate) fn event(lines: &str) -> String {
    format!("BEGIN:VEVENT\r\nUID:u\r\nDTSTAMP:20260101T000000Z\r\n{lines}\r\nEND:VEVENT\r\n")
}

/// A VCALENDAR around components.
pub(crate) fn object(components: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//Test//EN\r\n{components}END:VCALENDAR\r\n"
    )
}

/// A VTIMEZONE with the rules of the European Union, one hour east.
pub(crate) fn vtimezone(tzid: &str, said: &str) -> String {
    format!(
        "BEGIN:VTIMEZONE\r\nTZID:{tzid}\r\n{said}BEGIN:STANDARD\r\nDTSTART:16010101T030000\r\n\
         TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\n\
         END:STANDARD\r\nBEGIN:DAYLIGHT\r\nDTSTART:16010101T020000\r\nTZOFFSETFROM:+0100\r\n\
         TZOFFSETTO:+0200\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\n\
         END:VTIMEZONE\r\n"
    )
}

/// The body of components in a VCALENDAR.
pub(crate) fn read(components: &str) -> Body {
    let text = object(components);
    Reader::default().object(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}")).body
}

/// Why a text cannot be read.
pub(crate) fn code(text: &str) -> DecodeError {
    Reader::default().object(text.as_bytes()).expect_err(text)
}

pub(crate) fn exact(seconds: i64) -> Length {
    Length::Exact(seconds)
}

/// Start and length, for people.
pub(crate) fn times(body: &Body) -> (String, Length) {
    (body.content.span.start.civil().to_string(), body.content.span.length)
}
