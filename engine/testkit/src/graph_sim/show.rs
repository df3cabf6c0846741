//! Events as the service shows them.

use serde_json::{Map, Value, json};

use super::context::Lens;
use super::fault::Quirk;
use super::hash;
use super::html;
use super::ids;
use super::profile::{Belief, Profile};
use super::series::Instance;
use super::state::{Content, Event, Slot};
use super::times::{self, Point};
use super::zones;

/// The date of what has no time.
const NO_TIME: &str = "0001-01-01T00:00:00Z";
/// How Outlook's global object ids begin, and where the day of an instance stands in them.
const UID_START: &str = "040000008200E00074C5B7101A82E008";
const NO_DAY: &str = "00000000";

/// A single event or a master, with what is linked to it.
pub(crate) fn whole(lens: &Lens<'_>, number: u64, event: &Event) -> Value {
    let id = ids::of_event(lens.state.seed, number, event, lens.ids());
    let kind = if event.recurrence.is_some() { "seriesMaster" } else { "singleInstance" };
    let mut out = content(lens, number, event, &event.content);
    name(&mut out, lens, (&id, kind), number, &event.content);
    let filler = lens.profile.holds(Belief::PatternsHaveFiller);
    out["recurrence"] = json!(event.recurrence.as_ref().map(|one| one.show(filler)));
    out["iCalUId"] = json!(uid(event, None));
    if let Some(transaction) = &event.transaction {
        out["transactionId"] = json!(transaction);
    }
    if event.recurrence.is_some() {
        if lens.profile.holds(Belief::CancelledAreListed) {
            let own = ids::of_event(lens.state.seed, number, event, lens.ids());
            let days = event.cancelled.iter().map(|date| format!("OID.{own}.{date}"));
            out["cancelledOccurrences"] = days.collect::<Vec<_>>().into();
        }
        let days = event.exceptions.keys().filter_map(|day| event.instance_on(*day, lens.profile));
        let shown = days.map(|instance| occurrence(lens, number, event, &instance));
        out["exceptionOccurrences"] = shown.collect::<Vec<_>>().into();
    }
    out
}

/// An occurrence or an exception in full, as views and by-id reads give it.
pub(crate) fn occurrence(
    lens: &Lens<'_>,
    number: u64,
    event: &Event,
    instance: &Instance,
) -> Value {
    let stored = event.content_of(instance);
    let mut out = content(lens, number, event, &stored);
    let id = occurrence_id(lens, number, event, instance);
    let kind = if instance.is_exception { "exception" } else { "occurrence" };
    name(&mut out, lens, (&id, kind), number, &stored);
    out["seriesMasterId"] = json!(ids::of_event(lens.state.seed, number, event, lens.ids()));
    out["recurrence"] = Value::Null;
    out["iCalUId"] = json!(uid(event, Some(instance)));
    if let Some(recurrence) = &event.recurrence {
        let planned = event.slot_on(recurrence, instance.date);
        out["originalStart"] = json!(times::show_instant(planned.start_ms()));
    }
    out
}

/// An occurrence as a delta round gives it: when it is, and of which series (3.4).
pub(crate) fn bare(lens: &Lens<'_>, number: u64, event: &Event, instance: &Instance) -> Value {
    let stored = event.content_of(instance);
    let (start, end) = edges(lens, &stored.slot);
    json!({
        "@odata.type": "#microsoft.graph.event",
        "@odata.etag": etag(number, &stored),
        "id": occurrence_id(lens, number, event, instance),
        "seriesMasterId": ids::of_event(lens.state.seed, number, event, lens.ids()),
        "type": "occurrence",
        "start": start,
        "end": end,
    })
}

pub(crate) fn occurrence_id(
    lens: &Lens<'_>,
    number: u64,
    event: &Event,
    instance: &Instance,
) -> String {
    ids::of_occurrence((lens.state.seed, lens.profile), number, event, instance.date, lens.ids())
}

/// The change key of a content.
pub(crate) fn change_key(number: u64, content: &Content) -> String {
    format!("cK{number:x}Q{:x}Aw==", content.change)
}

pub(crate) fn etag(number: u64, content: &Content) -> String {
    format!("W/\"{}\"", change_key(number, content))
}

/// Different for every instance of a series (3.2).
fn uid(event: &Event, instance: Option<&Instance>) -> String {
    let Some(date) = instance.map(|one| one.date) else {
        return event.uid.clone();
    };
    let day = format!("{:04X}{:02X}{:02X}", date.year(), date.month(), date.day());
    let hex = event.uid.strip_prefix(UID_START).and_then(|rest| rest.strip_prefix(NO_DAY));
    hex.map_or_else(|| format!("{}-{day}", event.uid), |rest| format!("{UID_START}{day}{rest}"))
}

/// The iCalUId of a new event.
pub(crate) fn new_uid(seed: u64, profile: &Profile, number: u64) -> String {
    if profile.holds(Belief::UidsAreHex) {
        let word = hash::word(seed, "uid", number).to_uppercase();
        return format!("{UID_START}{NO_DAY}{word}");
    }
    hash::guid(seed, "uid", number)
}

fn name(
    out: &mut Value,
    lens: &Lens<'_>,
    (id, kind): (&str, &str),
    number: u64,
    content: &Content,
) {
    out["@odata.etag"] = json!(etag(number, content));
    out["id"] = json!(id);
    out["type"] = json!(kind);
    out["changeKey"] = json!(change_key(number, content));
    out["webLink"] = json!(format!(
        "https://outlook.office365.com/owa/?itemid={}&exvsurl=1&path=/calendar/item",
        super::query::encode(id)
    ));
    let properties = content.extended.iter();
    let properties = properties.map(|(id, value)| json!({"id": id, "value": value}));
    if !content.extended.is_empty() {
        out["singleValueExtendedProperties"] = properties.collect::<Vec<_>>().into();
    }
    // A time at which nothing happened is not shown by a calendar that lags.
    let created = lens.state.events.get(&number).map_or(0, |event| event.created_ms);
    out["createdDateTime"] = json!(times::show_instant(created));
    out["lastModifiedDateTime"] = json!(times::show_instant(content.modified_ms));
}

/// What masters, singles, occurrences and exceptions have in common.
fn content(lens: &Lens<'_>, number: u64, event: &Event, content: &Content) -> Value {
    let (start, end) = edges(lens, &content.slot);
    let body = if lens.prefer.text_body {
        json!({"contentType": "text", "content": html::text(&content.html)})
    } else {
        json!({"contentType": "html", "content": content.html})
    };
    let preview: String = html::text(&content.html).chars().take(255).collect();
    let mut out = Map::new();
    for (name, value) in defaults() {
        out.insert(name.to_owned(), value);
    }
    out.extend(content.plain.clone());
    let is_online = content.plain.get("isOnlineMeeting") == Some(&Value::Bool(true));
    if is_online {
        out.insert("onlineMeeting".to_owned(), json!({"joinUrl": join_url(number)}));
    }
    let mut out = Value::Object(out);
    out["body"] = body;
    out["bodyPreview"] = json!(preview);
    out["start"] = start;
    out["end"] = end;
    out["isAllDay"] = json!(content.slot.all_day);
    out["attendees"] = json!(content.attendees);
    out["originalStartTimeZone"] = json!(original_zone(lens, &content.slot.start_zone));
    out["originalEndTimeZone"] = json!(original_zone(lens, &content.slot.end_zone));
    people(&mut out, lens, event);
    out
}

fn people(out: &mut Value, lens: &Lens<'_>, event: &Event) {
    let organizer = event.organizer.as_str();
    let owner = lens.state.calendars.get(&event.calendar).map(|calendar| calendar.owner);
    let owner = owner.and_then(|owner| lens.state.users.get(&owner));
    let known = lens.state.users.values().find(|user| user.address == organizer);
    let name = known.map_or(organizer, |user| user.name.as_str());
    let is_own = owner.is_some_and(|owner| owner.address == organizer);
    out["organizer"] = json!({"emailAddress": {"name": name, "address": organizer}});
    out["isOrganizer"] = json!(is_own);
    if is_own {
        out["responseStatus"] = json!({"response": "organizer", "time": NO_TIME});
    }
}

/// The address of a meeting.
pub(crate) fn join_url(number: u64) -> String {
    format!("https://teams.microsoft.com/l/meetup-join/{number}")
}

fn edges(lens: &Lens<'_>, slot: &Slot) -> (Value, Value) {
    let ignores = lens.profile.has(Quirk::ZoneIgnored);
    let zone = if ignores { "UTC" } else { lens.prefer.shown_zone() };
    if slot.all_day {
        return (times::show(slot.start, zone), times::show(slot.end, zone));
    }
    let seen = |civil, own: &str| Point { civil, zone: own.to_owned() }.seen_in(zone);
    (
        times::show(seen(slot.start, &slot.start_zone), zone),
        times::show(seen(slot.end, &slot.end_zone), zone),
    )
}

fn original_zone(lens: &Lens<'_>, zone: &str) -> String {
    if lens.profile.has(Quirk::ZonesAreCustom) {
        return zones::CUSTOM.to_owned();
    }
    if lens.profile.holds(Belief::OriginalZonesAreWindows) {
        return zones::windows_name(zone);
    }
    zone.to_owned()
}

fn defaults() -> [(&'static str, Value); 22] {
    [
        ("subject", json!("")),
        ("importance", json!("normal")),
        ("sensitivity", json!("normal")),
        ("showAs", json!("busy")),
        ("categories", json!([])),
        ("hasAttachments", json!(false)),
        ("isCancelled", json!(false)),
        ("isDraft", json!(false)),
        ("isReminderOn", json!(true)),
        ("reminderMinutesBeforeStart", json!(15)),
        ("responseRequested", json!(true)),
        ("allowNewTimeProposals", json!(true)),
        ("hideAttendees", json!(false)),
        ("isOnlineMeeting", json!(false)),
        ("onlineMeetingProvider", json!("unknown")),
        ("onlineMeetingUrl", Value::Null),
        ("onlineMeeting", Value::Null),
        ("seriesMasterId", Value::Null),
        ("responseStatus", json!({"response": "none", "time": NO_TIME})),
        ("location", no_location()),
        ("locations", json!([])),
        ("recurrence", Value::Null),
    ]
}

fn no_location() -> Value {
    json!({
        "displayName": "",
        "locationType": "default",
        "uniqueIdType": "unknown",
        "address": {},
        "coordinates": {},
    })
}
