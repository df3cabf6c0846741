//! What a body changes of an event.

use std::collections::BTreeSet;

use jiff::ToSpan;
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::answer::Refusal;
use super::html;
use super::profile::{Belief, Profile};
use super::query;
use super::show;
use super::state::{Content, Slot};
use super::times;

/// Properties that are kept as they are sent.
const PLAIN: &[&str] = &[
    "subject",
    "importance",
    "sensitivity",
    "showAs",
    "categories",
    "allowNewTimeProposals",
    "responseRequested",
    "hideAttendees",
    "isReminderOn",
    "reminderMinutesBeforeStart",
    "isOnlineMeeting",
    "onlineMeetingProvider",
    "isDraft",
];

/// Properties that only the service sets; what is sent for them is ignored.
pub(crate) const READ_ONLY: &[&str] = &[
    "id",
    "changeKey",
    "createdDateTime",
    "lastModifiedDateTime",
    "bodyPreview",
    "cancelledOccurrences",
    "hasAttachments",
    "iCalUId",
    "isCancelled",
    "isOrganizer",
    "onlineMeeting",
    "onlineMeetingUrl",
    "organizer",
    "originalStart",
    "responseStatus",
    "seriesMasterId",
    "type",
    "webLink",
];

/// Puts what a body says into a content; gives the names of what is no longer as it was.
/// Recurrence and `transactionId` are not part of a content.
pub(crate) fn apply(
    profile: &Profile,
    number: u64,
    content: &mut Content,
    body: &Map<String, Value>,
) -> Result<BTreeSet<String>, Refusal> {
    let before = content.clone();
    for (name, value) in body {
        if PLAIN.contains(&name.as_str()) {
            plain(profile, content, name, value);
        }
    }
    place(content, body);
    if let Some(sent) = body.get("body") {
        let text = sent.get("content").and_then(Value::as_str).unwrap_or_default();
        let is_html = sent.get("contentType").and_then(Value::as_str) != Some("text");
        content.html = html::stored(text, is_html);
    }
    if let Some(people) = body.get("attendees") {
        attendees(profile, content, people);
    }
    properties(&mut content.extended, body.get("singleValueExtendedProperties"))?;
    if ["start", "end", "isAllDay"].iter().any(|name| body.contains_key(*name)) {
        content.slot = slot(profile, &content.slot, body)?;
    }
    meeting(number, content, &before);
    Ok(touched(&before, content))
}

fn plain(profile: &Profile, content: &mut Content, name: &str, value: &Value) {
    let old = content.plain.get(name).and_then(Value::as_array);
    let mut value = value.clone();
    if let (Some(old), Some(new)) = (old, value.as_array_mut())
        && !profile.holds(Belief::ArraysAreReplaced)
    {
        let missing: Vec<Value> = old.iter().filter(|one| !new.contains(one)).cloned().collect();
        new.extend(missing);
    }
    if value.is_null() {
        content.plain.remove(name);
    } else {
        content.plain.insert(name.to_owned(), value);
    }
}

/// Writing `location` replaces `locations`, and the other way round (3.2).
fn place(content: &mut Content, body: &Map<String, Value>) {
    let (location, locations) = match (body.get("location"), body.get("locations")) {
        (Some(one), _) if !one.is_null() => (filled(one), json!([filled(one)])),
        (Some(_), _) => (Value::Null, json!([])),
        (None, Some(all)) => (filled(all.get(0).unwrap_or(&Value::Null)), all.clone()),
        (None, None) => return,
    };
    let is_empty = location.get("displayName").and_then(Value::as_str).is_none_or(str::is_empty);
    if is_empty {
        content.plain.remove("location");
        content.plain.remove("locations");
    } else {
        content.plain.insert("location".to_owned(), location);
        content.plain.insert("locations".to_owned(), locations);
    }
}

fn filled(location: &Value) -> Value {
    let mut out = location.as_object().cloned().unwrap_or_default();
    out.entry("displayName").or_insert_with(|| json!(""));
    out.entry("locationType").or_insert_with(|| json!("default"));
    let shown = out.get("displayName").cloned().unwrap_or_default();
    out.entry("uniqueId").or_insert(shown);
    out.entry("uniqueIdType").or_insert_with(|| json!("private"));
    Value::Object(out)
}

fn attendees(profile: &Profile, content: &mut Content, people: &Value) {
    let sent = people.as_array().cloned().unwrap_or_default();
    let mut all: Vec<Value> = sent
        .into_iter()
        .map(|mut person| {
            if person.get("type").is_none() {
                person["type"] = json!("required");
            }
            if person.get("status").is_none() {
                person["status"] = json!({"response": "none", "time": "0001-01-01T00:00:00Z"});
            }
            person
        })
        .collect();
    if !profile.holds(Belief::ArraysAreReplaced) {
        let missing = content.attendees.iter().filter(|old| !all.contains(old));
        let missing: Vec<Value> = missing.cloned().collect();
        all.extend(missing);
    }
    content.attendees = all;
}

/// Extended properties are set one by one; what is not named stays (3.8).
pub(crate) fn properties(
    held: &mut BTreeMap<String, String>,
    sent: Option<&Value>,
) -> Result<(), Refusal> {
    for property in sent.and_then(Value::as_array).into_iter().flatten() {
        let id = property.get("id").and_then(Value::as_str).unwrap_or_default();
        let is_named = id.strip_prefix("String {").and_then(|rest| rest.split_once("} Name "));
        if is_named.is_none_or(|(guid, name)| guid.len() != 36 || name.is_empty()) {
            let message = format!("The extended property '{id}' has no valid id.");
            return Err(Refusal::new(400, "ErrorInvalidProperty", &message));
        }
        let id = query::folded(id);
        match property.get("value").and_then(Value::as_str) {
            Some(value) => held.insert(id, value.to_owned()),
            None => held.remove(&id),
        };
    }
    Ok(())
}

/// When the event is after a change of some of its times.
fn slot(profile: &Profile, old: &Slot, body: &Map<String, Value>) -> Result<Slot, Refusal> {
    let honours = profile.holds(Belief::OffsetsCount);
    let read = |name: &str| body.get(name).map(|sent| times::read_point(sent, honours)).transpose();
    let mut out = old.clone();
    if let Some(start) = read("start")? {
        (out.start, out.start_zone) = (start.civil, start.zone);
    }
    if let Some(end) = read("end")? {
        (out.end, out.end_zone) = (end.civil, end.zone);
    }
    if let Some(all_day) = body.get("isAllDay").and_then(Value::as_bool) {
        out.all_day = all_day;
    }
    check(profile, &out)?;
    Ok(out)
}

fn check(profile: &Profile, slot: &Slot) -> Result<(), Refusal> {
    let refused = |code: &str, why: &str| Err(Refusal::new(400, code, why));
    if slot.all_day {
        let midnights = [slot.start, slot.end].iter().all(|edge| {
            edge.time().subsec_nanosecond() == 0 && edge.time() == jiff::civil::Time::midnight()
        });
        let is_long = slot.start.checked_add(1.day()).is_ok_and(|next| slot.end >= next);
        if !midnights || !is_long || slot.start_zone != slot.end_zone {
            let own = profile.holds(Belief::AllDayHasItsOwnCode);
            let code = if own { "ErrorPropertyValidationFailure" } else { "ErrorInvalidRequest" };
            let why = "The Event.Start property for an all-day event needs to be set to midnight.";
            return refused(code, why);
        }
    }
    let (start, end) = (slot.start_ms(), slot.end_ms());
    if end < start || (end == start && !profile.holds(Belief::ZeroLengthIsTaken)) {
        let why = "At least one property failed validation. The end must not be before the start.";
        return refused("ErrorPropertyValidationFailure", why);
    }
    Ok(())
}

/// An online meeting appends its block to the body; a body without it drops the meeting (3.2).
fn meeting(number: u64, content: &mut Content, before: &Content) {
    let is_on = |content: &Content| content.plain.get("isOnlineMeeting") == Some(&json!(true));
    if !is_on(content) {
        return;
    }
    if !is_on(before) {
        content.html = html::with_meeting(&content.html, &show::join_url(number));
        let provider = content.plain.entry("onlineMeetingProvider");
        provider.or_insert_with(|| json!("teamsForBusiness"));
    } else if !html::has_meeting(&content.html) {
        content.plain.remove("isOnlineMeeting");
        content.plain.remove("onlineMeetingProvider");
    }
}

/// Names of what differs.
fn touched(before: &Content, after: &Content) -> BTreeSet<String> {
    let names = before.plain.keys().chain(after.plain.keys());
    let differs = |name: &&String| before.plain.get(*name) != after.plain.get(*name);
    let mut out: BTreeSet<String> = names.filter(differs).cloned().collect();
    let parts = [
        ("body", before.html != after.html),
        ("attendees", before.attendees != after.attendees),
        ("start", before.slot != after.slot),
        ("singleValueExtendedProperties", before.extended != after.extended),
    ];
    out.extend(parts.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name.to_owned()));
    out
}

/// Carries what changed of a master to an exception, where it is not the exception's own.
pub(crate) fn inherit(
    exception: &mut Content,
    own: &BTreeSet<String>,
    master: &Content,
    changed: &BTreeSet<String>,
) {
    for name in changed.difference(own) {
        match name.as_str() {
            "body" => exception.html.clone_from(&master.html),
            "attendees" => exception.attendees.clone_from(&master.attendees),
            "singleValueExtendedProperties" => exception.extended.clone_from(&master.extended),
            "start" => {}
            plain => match master.plain.get(plain) {
                Some(value) => {
                    exception.plain.insert(plain.to_owned(), value.clone());
                }
                None => {
                    exception.plain.remove(plain);
                }
            },
        }
    }
}
