//! What servers do to bodies before they store them. The stored text is written anew from the
//! parsed lines; the client's octets are kept only by a server that changes nothing.

use super::ics::{self, Component, Line};
use super::profile::Rewrite;
use super::state::hash;
use std::collections::BTreeSet;

/// The text to store.
pub(crate) fn rewrite(original: &str, calendar: &Component, habits: Rewrite) -> String {
    let mut calendar = calendar.clone();
    let mut changed = habits.reorder;
    if habits.repair_uid {
        changed |= repair_uid(&mut calendar, original);
    }
    if habits.unescape_x {
        changed = true;
        calendar.each(&mut |object| {
            for line in object.lines.iter_mut().filter(|line| line.name.starts_with("X-")) {
                line.value = line.value.replace("\\,", ",").replace("\\;", ";");
            }
        });
    }
    if habits.strip_x {
        changed = true;
        calendar.each(&mut |object| object.lines.retain(|line| !line.name.starts_with("X-")));
    }
    if let Some(max) = habits.title_chars_max {
        changed = true;
        calendar.each(&mut |object| {
            for line in object.lines.iter_mut().filter(|line| line.name == "SUMMARY") {
                line.value = line.value.chars().take(max).collect();
            }
        });
    }
    if habits.add_vtimezone {
        changed |= add_zones(&mut calendar);
    }
    if habits.reorder {
        calendar.each(&mut |object| object.lines.sort_by(|a, b| a.name.cmp(&b.name)));
    }
    if changed { calendar.write() } else { original.to_owned() }
}

fn repair_uid(calendar: &mut Component, original: &str) -> bool {
    let uid = format!("repaired-{:016x}", hash(&[original.as_bytes()]));
    let mut repaired = false;
    for object in calendar.children.iter_mut().filter(|object| object.name != "VTIMEZONE") {
        if object.value("UID").is_none() {
            object.lines.push(Line::new("UID", &uid));
            repaired = true;
        }
    }
    repaired
}

fn add_zones(calendar: &mut Component) -> bool {
    let defined: BTreeSet<String> = calendar
        .children_named("VTIMEZONE")
        .filter_map(|zone| zone.value("TZID").map(str::to_owned))
        .collect();
    let wanted: BTreeSet<String> = calendar
        .objects()
        .flat_map(|object| &object.lines)
        .filter_map(|line| line.param("TZID").map(str::to_owned))
        .collect();
    let zones: Vec<Component> = wanted.difference(&defined).filter_map(|tzid| zone(tzid)).collect();
    let added = !zones.is_empty();
    calendar.children.splice(0..0, zones);
    added
}

/// The present rules of a few zones.
fn zone(tzid: &str) -> Option<Component> {
    let europe = ["19810329T020000", "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU"];
    let europe_back = ["19961027T030000", "FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU"];
    let america = ["20070311T020000", "FREQ=YEARLY;BYMONTH=3;BYDAY=2SU"];
    let america_back = ["20071104T020000", "FREQ=YEARLY;BYMONTH=11;BYDAY=1SU"];
    let (winter, summer, to_summer, to_winter) = match tzid {
        "Europe/Berlin" | "Europe/Paris" | "Europe/Vienna" | "Europe/Zurich" => {
            ("+0100", "+0200", europe, europe_back)
        }
        "America/New_York" => ("-0500", "-0400", america, america_back),
        "America/Los_Angeles" => ("-0800", "-0700", america, america_back),
        "Asia/Tokyo" => return ics::read(&fixed(tzid, "+0900")).ok()?.children.pop(),
        _ => return None,
    };
    let part = |kind: &str, from: &str, to: &str, [start, rule]: [&str; 2]| {
        format!(
            "BEGIN:{kind}\r\nDTSTART:{start}\r\nTZOFFSETFROM:{from}\r\nTZOFFSETTO:{to}\r\n\
             RRULE:{rule}\r\nEND:{kind}\r\n"
        )
    };
    let text = format!(
        "BEGIN:VCALENDAR\r\nBEGIN:VTIMEZONE\r\nTZID:{tzid}\r\n{}{}END:VTIMEZONE\r\n\
         END:VCALENDAR\r\n",
        part("DAYLIGHT", winter, summer, to_summer),
        part("STANDARD", summer, winter, to_winter),
    );
    ics::read(&text).ok()?.children.pop()
}

fn fixed(tzid: &str, offset: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nBEGIN:VTIMEZONE\r\nTZID:{tzid}\r\nBEGIN:STANDARD\r\n\
         DTSTART:19700101T000000\r\nTZOFFSETFROM:{offset}\r\nTZOFFSETTO:{offset}\r\n\
         END:STANDARD\r\nEND:VTIMEZONE\r\nEND:VCALENDAR\r\n"
    )
}
