//! `getSchedule`: who is free when, with an error for each one that cannot be told (3.11).

use serde_json::{Value, json};

use super::answer::{Answer, Outcome, Refusal};
use super::context::Cx;
use super::series::Window;
use super::state::AccountKind;
use super::times;

const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: i64 = 60_000;

/// `POST /me/calendar/getSchedule`.
pub(crate) fn get(cx: &mut Cx<'_>) -> Outcome {
    cx.takes(&[])?;
    let caller = cx.state.users.get(&cx.user).ok_or_else(Refusal::not_found)?;
    if caller.kind == AccountKind::Consumer {
        return Err(Refusal::denied());
    }
    let body = cx.body.clone().unwrap_or_default();
    let unknown = body.as_object().and_then(|members| {
        let known = ["schedules", "startTime", "endTime", "availabilityViewInterval"];
        members.keys().find(|name| !known.iter().any(|one| one.eq_ignore_ascii_case(name))).cloned()
    });
    if let Some(name) = unknown {
        return Err(Refusal::unread(&format!(
            "The parameter '{name}' is not in method 'getSchedule'."
        )));
    }
    let member = |name: &str| {
        let members = body.as_object().into_iter().flatten();
        members.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    };
    let names = member("schedules").and_then(Value::as_array).cloned().unwrap_or_default();
    let edge = |name| {
        let sent = member(name).ok_or_else(|| Refusal::unread(&format!("{name} is missing.")))?;
        times::read_point(sent, false).map(|point| point.instant_ms())
    };
    let window = (edge("startTime")?, edge("endTime")?);
    let minutes = match member("availabilityViewInterval") {
        None => 30,
        Some(Value::Null) => {
            return Err(Refusal::new(500, "ErrorInternalServerError", "Value cannot be null."));
        }
        Some(value) => value.as_i64().unwrap_or_default(),
    };
    check(cx, names.len(), window, minutes)?;
    let names = names.iter().filter_map(Value::as_str);
    let value: Vec<Value> = names.map(|name| one(cx, name, window, minutes)).collect();
    Ok(Answer::new(200, json!({"value": value})))
}

fn check(cx: &Cx<'_>, names: usize, window: Window, minutes: i64) -> Result<(), Refusal> {
    let limits = &cx.profile.limits;
    let refused = |code: &str, message: &str| Err(Refusal::new(400, code, message));
    if names == 0 {
        return refused("ErrorInvalidRequest", "schedules must not be empty.");
    }
    if names > limits.schedules_max {
        return refused("ErrorMailboxDataArrayTooBig", "There are too many schedules.");
    }
    if window.1 - window.0 > limits.schedule_days_max * DAY_MS {
        return refused("ErrorTimeIntervalTooBig", "The requested time duration is too long.");
    }
    if window.1 <= window.0 || !(5..=1_440).contains(&minutes) {
        return refused("ErrorInvalidTimeInterval", "The time interval is not valid.");
    }
    Ok(())
}

fn one(cx: &Cx<'_>, name: &str, window: Window, minutes: i64) -> Value {
    let user = cx.state.user(name);
    let Some(user) = user.filter(|user| cx.state.users[user].has_mailbox) else {
        return json!({
            "scheduleId": name,
            "error": {
                "message": "Unable to resolve e-mail address to an Active Directory object.",
                "responseCode": "ErrorMailRecipientNotFound",
            },
        });
    };
    let busy = busy(cx, user, window);
    let slots = (window.1 - window.0 + minutes * MINUTE_MS - 1) / (minutes * MINUTE_MS);
    let view = (0..slots).map(|slot| {
        let from = window.0 + slot * minutes * MINUTE_MS;
        let until = (from + minutes * MINUTE_MS).min(window.1);
        let inside = busy.iter().filter(|one| one.start < until && one.end > from);
        inside.map(|one| one.digit).max().unwrap_or('0')
    });
    json!({
        "scheduleId": name,
        "availabilityView": view.collect::<String>(),
        "scheduleItems": busy.iter().map(|one| one.shown.clone()).collect::<Vec<_>>(),
        "workingHours": working_hours(&cx.state.users[&user].zone),
    })
}

struct Busy {
    start: i64,
    end: i64,
    digit: char,
    shown: Value,
}

/// What the default calendar of a person holds in a window. Private things have no subject.
fn busy(cx: &Cx<'_>, user: usize, window: Window) -> Vec<Busy> {
    let mut out = Vec::new();
    let calendar = cx.state.default_calendar(user);
    for (_, event) in calendar.into_iter().flat_map(|one| cx.state.events_of(one)) {
        let single = event.content.clone();
        let contents = match &event.recurrence {
            None if event.touches(window, cx.profile) => vec![single],
            None => Vec::new(),
            Some(_) => {
                let instances = event.instances(window, cx.profile);
                instances.iter().map(|instance| event.content_of(instance)).collect()
            }
        };
        for content in contents {
            let text = |name: &str| content.plain.get(name).and_then(Value::as_str);
            let status = text("showAs").unwrap_or("busy");
            let digit = match status {
                "free" => '0',
                "tentative" => '1',
                "oof" => '3',
                "workingElsewhere" => '4',
                _ => '2',
            };
            let is_private = matches!(text("sensitivity"), Some("private" | "confidential"));
            let (start, end) = (content.slot.start_ms(), content.slot.end_ms());
            let at = |ms| times::show(times::civil(ms, &jiff::tz::TimeZone::UTC), "UTC");
            let mut shown = json!({
                "status": status,
                "start": at(start),
                "end": at(end),
                "isPrivate": is_private,
            });
            if user == cx.caller && !is_private {
                shown["subject"] = json!(text("subject").unwrap_or_default());
            }
            out.push(Busy { start, end, digit, shown });
        }
    }
    out.sort_by_key(|one| (one.start, one.end));
    out
}

/// Monday to Friday, eight to five.
pub(crate) fn working_hours(zone: &str) -> Value {
    json!({
        "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"],
        "startTime": "08:00:00.0000000",
        "endTime": "17:00:00.0000000",
        "timeZone": {"name": zone},
    })
}
