//! What is wrong with a PUT body: refusals that servers differ on, and complaints for the log.

use super::ics::{self, Component};
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet};

const FREQUENCIES: [&str; 7] =
    ["SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"];
const ONCE: [&str; 12] = [
    "UID",
    "DTSTAMP",
    "DTSTART",
    "DTEND",
    "DURATION",
    "SUMMARY",
    "DESCRIPTION",
    "LOCATION",
    "RRULE",
    "STATUS",
    "TRANSP",
    "SEQUENCE",
];

/// What was found in one calendar object resource (RFC 4791 section 4.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent findings")]
pub(crate) struct Inspection {
    pub(crate) calendar: Component,
    pub(crate) uids: BTreeSet<String>,
    pub(crate) kinds: BTreeSet<String>,
    pub(crate) no_uid: bool,
    pub(crate) no_start: bool,
    pub(crate) method: bool,
    pub(crate) bad_rule: bool,
    pub(crate) unknown_zone: bool,
    pub(crate) orphan: bool,
    pub(crate) organizer: Option<String>,
    pub(crate) attendees: Vec<String>,
    pub(crate) complaints: Vec<String>,
}

/// Reads and inspects a body. The error is for what is no iCalendar at all.
pub(crate) fn inspect(body: &[u8]) -> Result<Inspection, String> {
    let text = std::str::from_utf8(body).map_err(|_| "body is not UTF-8".to_owned())?;
    let calendar = ics::read(text)?;
    let mut found = Inspection { complaints: form(text), ..Inspection::default() };
    head(&calendar, &mut found);
    for object in calendar.objects() {
        self::object(object, &mut found);
    }
    if found.uids.len() > 1 {
        found.complaints.push(format!("{} UIDs in one resource", found.uids.len()));
    }
    if found.kinds.is_empty() {
        found.complaints.push("no component but time zones".to_owned());
    }
    let masters = calendar.objects().filter(|object| object.line("RECURRENCE-ID").is_none());
    match masters.count() {
        0 => found.orphan = !found.kinds.is_empty(),
        1 => {}
        many => found.complaints.push(format!("{many} masters in one resource")),
    }
    zones(&calendar, &mut found);
    found.calendar = calendar;
    Ok(found)
}

/// The UID of a body, the first of several; `None` where it has none or is no iCalendar.
pub(crate) fn uid(text: &str) -> Option<String> {
    let calendar = ics::read(text).ok()?;
    let uids = calendar.objects().filter_map(|object| object.value("UID"));
    uids.filter(|uid| !uid.is_empty()).min().map(str::to_owned)
}

fn form(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let bytes = text.as_bytes();
    let is_alone = |at: usize| match bytes[at] {
        b'\r' => bytes.get(at + 1) != Some(&b'\n'),
        b'\n' => at == 0 || bytes[at - 1] != b'\r',
        _ => false,
    };
    if (0..bytes.len()).any(is_alone) {
        out.push("a line does not end with CRLF".to_owned());
    }
    if !text.ends_with("\r\n") {
        out.push("the last line is not ended".to_owned());
    }
    if let Some(long) = text.split("\r\n").find(|line| line.len() > 75) {
        out.push(format!("a line has {} octets, fold at 75", long.len()));
    }
    if text.chars().any(|char| char.is_control() && !matches!(char, '\r' | '\n' | '\t')) {
        out.push("a control character".to_owned());
    }
    out
}

fn head(calendar: &Component, found: &mut Inspection) {
    if calendar.value("VERSION") != Some("2.0") {
        found.complaints.push("VERSION is not 2.0".to_owned());
    }
    if calendar.value("PRODID").is_none() {
        found.complaints.push("no PRODID".to_owned());
    }
    if calendar.line("METHOD").is_some() {
        found.method = true;
        found.complaints.push("METHOD in a stored object".to_owned());
    }
}

fn object(object: &Component, found: &mut Inspection) {
    let name = &object.name;
    found.kinds.insert(name.clone());
    match object.value("UID") {
        Some(uid) if !uid.is_empty() => {
            found.uids.insert(uid.to_owned());
        }
        Some(_) | None => {
            found.no_uid = true;
            found.complaints.push(format!("{name} without UID"));
        }
    }
    if object.value("DTSTART").is_none() && name == "VEVENT" {
        found.no_start = true;
        found.complaints.push("VEVENT without DTSTART".to_owned());
    }
    if object.value("DTSTAMP").is_none() {
        found.complaints.push(format!("{name} without DTSTAMP"));
    }
    if object.line("DTEND").is_some() && object.line("DURATION").is_some() {
        found.complaints.push("DTEND and DURATION together".to_owned());
    }
    for once in ONCE {
        if object.lines_named(once).count() > 1 {
            found.complaints.push(format!("{once} more than once"));
        }
    }
    rule(object, found);
    kinds_agree(object, found);
    if let Some(organizer) = object.value("ORGANIZER") {
        found.organizer = Some(organizer.to_owned());
    }
    found.attendees.extend(object.lines_named("ATTENDEE").map(|line| line.value.clone()));
}

fn rule(object: &Component, found: &mut Inspection) {
    for line in object.lines_named("RRULE") {
        let freq = line.value.split(';').find_map(|part| part.strip_prefix("FREQ="));
        if !freq.is_some_and(|freq| FREQUENCIES.contains(&freq)) {
            found.bad_rule = true;
            found.complaints.push(format!("RRULE without a valid FREQ: {}", line.value));
        }
        if line.value.contains("COUNT=") && line.value.contains("UNTIL=") {
            found.complaints.push("COUNT and UNTIL together".to_owned());
        }
        let start = object.line("DTSTART");
        let until = line.value.split(';').find_map(|part| part.strip_prefix("UNTIL="));
        if let (Some(start), Some(until)) = (start, until) {
            let zoned = start.param("TZID").is_some() || start.value.ends_with('Z');
            let wanted = (start.value.len() == 8, zoned);
            if (until.len() == 8, until.ends_with('Z')) != wanted {
                found.complaints.push(format!("UNTIL={until} is not of the kind of DTSTART"));
            }
        }
    }
}

fn kinds_agree(object: &Component, found: &mut Inspection) {
    for line in &object.lines {
        let timed = ["DTSTART", "DTEND", "RECURRENCE-ID", "EXDATE", "RDATE"];
        if !timed.contains(&line.name.as_str()) {
            continue;
        }
        let date = line.param("VALUE") == Some("DATE");
        for value in line.value.split(',') {
            if date != (value.len() == 8) {
                found
                    .complaints
                    .push(format!("{} has a value of another type: {value}", line.name));
            }
            if value.ends_with('Z') && line.param("TZID").is_some() {
                found.complaints.push(format!("{} has both Z and TZID", line.name));
            }
        }
    }
}

fn zones(calendar: &Component, found: &mut Inspection) {
    let defined: BTreeSet<&str> =
        calendar.children_named("VTIMEZONE").filter_map(|zone| zone.value("TZID")).collect();
    let mut wanted: BTreeMap<&str, &str> = BTreeMap::new();
    for line in calendar.objects().flat_map(|object| &object.lines) {
        if let Some(tzid) = line.param("TZID") {
            wanted.insert(tzid, &line.name);
        }
    }
    for (tzid, name) in wanted {
        if defined.contains(tzid) {
            continue;
        }
        found.unknown_zone |= TimeZone::get(tzid).is_err();
        found.complaints.push(format!("{name} names TZID {tzid} without a VTIMEZONE"));
    }
}
