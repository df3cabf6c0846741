//! Calendar objects: as a person writes them, and as the person's client shows them.

#![allow(dead_code, reason = "each suite uses a part of it")]

use serde::Deserialize;
use serde_json::{Value, json};

/// One object in a calendar, as `client/people.py` shows it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct Entry {
    pub(crate) uid: String,
    pub(crate) summary: String,
    pub(crate) description: String,
    pub(crate) location: String,
    pub(crate) start: String,
    pub(crate) zone: String,
    pub(crate) rrule: String,
    pub(crate) exdates: u64,
    /// Original start, start, title.
    pub(crate) overrides: Vec<[String; 3]>,
    /// Start, end, title; zoned times as instants.
    pub(crate) instances: Vec<[String; 3]>,
    pub(crate) alarms: u64,
    pub(crate) people: u64,
    pub(crate) privacy: String,
    pub(crate) marked: bool,
}

/// What a person's client puts: an object with these components.
pub(crate) fn put(calendar: &str, uid: &str, components: &[String]) -> Value {
    let ics = format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//a person//EN\r\n{}END:VCALENDAR\r\n",
        components.concat()
    );
    json!({ "calendar": calendar, "uid": uid, "ics": ics })
}

/// An event with these lines.
pub(crate) fn event(uid: &str, lines: &[&str]) -> String {
    let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    format!("BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\n{lines}END:VEVENT\r\n")
}

/// An event of one hour on a day, with a title, and notes that no level below full shows.
pub(crate) fn hour(calendar: &str, uid: &str, day: &str, title: &str) -> Value {
    let (start, end) = (format!("DTSTART:{day}T090000Z"), format!("DTEND:{day}T100000Z"));
    let (title, notes) = (format!("SUMMARY:{title}"), format!("DESCRIPTION:Notes of {title}"));
    put(calendar, uid, &[event(uid, &[&start, &end, &title, &notes])])
}

/// Central European time, as clients write it.
pub(crate) const BERLIN: Zone = Zone {
    name: "Europe/Berlin",
    offsets: ["+0100", "+0200"],
    winter: "19961027T030000\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
    summer: "19810329T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
};

/// Time on the east coast of the United States.
pub(crate) const NEW_YORK: Zone = Zone {
    name: "America/New_York",
    offsets: ["-0500", "-0400"],
    winter: "20071104T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU",
    summer: "20070311T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU",
};

/// A zone with its rules since long ago.
pub(crate) struct Zone {
    name: &'static str,
    /// In winter, in summer.
    offsets: [&'static str; 2],
    winter: &'static str,
    summer: &'static str,
}

impl Zone {
    /// Its component.
    pub(crate) fn component(&self) -> String {
        let Self { name, offsets: [low, high], winter, summer } = self;
        format!(
            "BEGIN:VTIMEZONE\r\nTZID:{name}\r\n\
             BEGIN:STANDARD\r\nDTSTART:{winter}\r\nTZOFFSETFROM:{high}\r\nTZOFFSETTO:{low}\r\n\
             END:STANDARD\r\n\
             BEGIN:DAYLIGHT\r\nDTSTART:{summer}\r\nTZOFFSETFROM:{low}\r\nTZOFFSETTO:{high}\r\n\
             END:DAYLIGHT\r\nEND:VTIMEZONE\r\n"
        )
    }

    /// A property with a time in this zone.
    pub(crate) fn at(&self, property: &str, day: &str, time: &str) -> String {
        format!("{property};TZID={}:{day}T{time}", self.name)
    }
}
