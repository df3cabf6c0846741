//! calendar-query and free-busy-query (RFC 4791 sections 7.8 and 7.10).

use super::context::Cx;
use super::ics::{self, Component, Line};
use super::ics_time;
use super::multistatus::{self, Wanted};
use super::properties::Target;
use super::reply::{Body, Reply};
use super::report::poisoned;
use super::xml::{CAL, Element};

/// calendar-query.
pub(crate) fn query(cx: &Cx<'_>, path: &str, root: &Element) -> Reply {
    if cx.profile.reads.query_depth_required && cx.request.get("depth") != Some("1") {
        return Reply::words(400, "Depth: 1 is needed");
    }
    let Some(outer) = root.child(CAL, "filter").and_then(|filter| filter.child(CAL, "comp-filter"))
    else {
        return Reply::refused(403, CAL, "valid-filter");
    };
    if outer.attrs.get("name").map(String::as_str) != Some("VCALENDAR") {
        return Reply::refused(403, CAL, "valid-filter");
    }
    let Some(held) = cx.state.calendars.get(path) else {
        return Reply::status(404);
    };
    if let Some(reply) = poisoned(cx, held.resources.values()) {
        return reply;
    }
    let filters: Vec<&Element> = outer.all(CAL, "comp-filter").collect();
    let newest = cx.now_ms - cx.profile.reads.query_lag_ms;
    let wanted = Wanted::read(Some(root));
    let mut responses = Vec::new();
    for name in cx.members(path) {
        let Some(resource) = held.resources.get(&name) else {
            continue;
        };
        let late = cx.profile.reads.query_lag_ms > 0 && resource.created_ms > newest;
        let Ok(calendar) = ics::read(&resource.text) else {
            continue;
        };
        if !late && filters.iter().all(|filter| passes(&calendar, filter)) {
            let target = Target::Member(path.to_owned(), name);
            responses.push(multistatus::found(cx, &target, &wanted, true));
        }
    }
    Reply::multistatus(multistatus::document(cx, responses))
}

fn passes(calendar: &Component, filter: &Element) -> bool {
    let Some(name) = filter.attrs.get("name") else {
        return false;
    };
    let absent = filter.child(CAL, "is-not-defined").is_some();
    let mut found: Vec<&Component> = calendar.children_named(name).collect();
    if absent || found.is_empty() {
        return absent && found.is_empty();
    }
    if let Some(range) = filter.child(CAL, "time-range") {
        let (from, to) = range_of(range);
        if ics_time::instances(calendar, from, to).is_empty() {
            return false;
        }
    }
    for prop in filter.all(CAL, "prop-filter") {
        found.retain(|object| property_passes(object, prop));
    }
    !found.is_empty()
}

fn property_passes(object: &Component, filter: &Element) -> bool {
    let Some(name) = filter.attrs.get("name") else {
        return false;
    };
    let mut values = object.lines_named(name).map(|line| line.value.to_lowercase());
    if filter.child(CAL, "is-not-defined").is_some() {
        return values.next().is_none();
    }
    match filter.child(CAL, "text-match") {
        None => values.next().is_some(),
        Some(wanted) => {
            let negated = wanted.attrs.get("negate-condition").is_some_and(|text| text == "yes");
            let text = wanted.text.to_lowercase();
            values.any(|value| value.contains(&text)) != negated
        }
    }
}

fn range_of(range: &Element) -> (i64, i64) {
    let edge = |name: &str| range.attrs.get(name).and_then(|text| ics_time::utc(text));
    (edge("start").unwrap_or(i64::MIN), edge("end").unwrap_or(i64::MAX))
}

/// free-busy-query: one VFREEBUSY of what is neither transparent nor cancelled.
pub(crate) fn free_busy(cx: &Cx<'_>, path: &str, root: &Element) -> Reply {
    let Some(range) = root.child(CAL, "time-range") else {
        return Reply::words(400, "time-range is missing");
    };
    let (from, to) = range_of(range);
    let Some(held) = cx.state.calendars.get(path) else {
        return Reply::status(404);
    };
    let mut periods = Vec::new();
    for resource in held.resources.values() {
        let Ok(mut calendar) = ics::read(&resource.text) else {
            continue;
        };
        calendar.children.retain(|object| {
            object.value("TRANSP") != Some("TRANSPARENT")
                && object.value("STATUS") != Some("CANCELLED")
        });
        periods.extend(ics_time::instances(&calendar, from, to));
    }
    periods.sort_unstable();
    let mut busy = Component::new("VFREEBUSY");
    busy.lines.push(Line::new("DTSTART", &stamp(from)));
    busy.lines.push(Line::new("DTEND", &stamp(to)));
    for (start, end) in periods {
        let value = format!("{}/{}", stamp(start.max(from)), stamp(end.min(to)));
        busy.lines.push(Line::new("FREEBUSY", &value));
    }
    let mut calendar = Component::new("VCALENDAR");
    calendar.lines.push(Line::new("VERSION", "2.0"));
    calendar.lines.push(Line::new("PRODID", "-//server//EN"));
    calendar.children.push(busy);
    Reply::status(200)
        .header("Content-Type", "text/calendar; charset=utf-8")
        .body(Body::Bytes(calendar.write().into_bytes()))
}

fn stamp(ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}
