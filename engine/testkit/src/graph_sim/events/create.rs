//! A new event, and what is said to one that was sent before (3.6).

use serde_json::{Map, Value};

use super::super::answer::{Answer, Outcome, Refusal};
use super::super::context::Cx;
use super::super::ids::Named;
use super::super::profile::{Belief, Profile, Repeated};
use super::super::query;
use super::super::recurrence::Recurrence;
use super::super::series::month_ends;
use super::super::show;
use super::super::state::{Content, Event, State};
use super::super::strict::Rule;
use super::super::{times, webhooks, write};

/// `POST .../events`.
pub(crate) fn create(cx: &mut Cx<'_>, calendar: Option<u64>) -> Outcome {
    cx.takes(&[])?;
    let calendar = calendar.or_else(|| cx.state.default_calendar(cx.user));
    let calendar = calendar.ok_or_else(Refusal::not_found)?;
    cx.check_writable(calendar)?;
    let body = cx.object("event")?;
    super::note_read_only(cx, &body);
    super::note_loud(cx, &body, false);
    note_offsets(cx, &body);
    if !body.contains_key("transactionId") {
        cx.note(Rule::NoTransaction, "an event is made without a transactionId");
    }
    if let Some(repeated) = repeated(cx, calendar, &body) {
        return repeated;
    }
    let number = insert(cx.state, cx.profile, calendar, &body, cx.now_ms)?;
    invite(cx, number);
    super::note_write(cx, (number, None), "POST", Value::Object(body).to_string());
    webhooks::changed(cx.state, number, webhooks::Change::Created, cx.now_ms);
    answer(cx, number, 201)
}

/// Stores an event as anyone makes it, without telling anyone.
pub(crate) fn insert(
    state: &mut State,
    profile: &Profile,
    calendar: u64,
    body: &Map<String, Value>,
    now_ms: i64,
) -> Result<u64, Refusal> {
    if !body.contains_key("start") || !body.contains_key("end") {
        let message = "At least one property failed validation: start and end are required.";
        return Err(Refusal::new(400, "ErrorPropertyValidationFailure", message));
    }
    let mut content = Content::default();
    write::apply(profile, state.drawn + 1, &mut content, body)?;
    let recurrence = recurrence(profile, &mut content, body.get("recurrence"))?;
    let owner = state.calendars.get(&calendar).map(|calendar| calendar.owner);
    let owner = owner.and_then(|owner| state.users.get(&owner));
    let organizer = owner.map(|owner| owner.address.clone()).unwrap_or_default();
    let transaction = body.get("transactionId").and_then(Value::as_str).map(str::to_owned);
    let number = state.draw();
    let event = Event {
        calendar,
        moves: 0,
        uid: show::new_uid(state.seed, profile, number),
        created_ms: now_ms,
        transaction,
        organizer,
        content,
        recurrence,
        exceptions: std::collections::BTreeMap::new(),
        cancelled: std::collections::BTreeSet::new(),
        seq: 0,
        before: None,
    };
    state.events.insert(number, event);
    super::touch(state, number, now_ms);
    Ok(number)
}

/// The recurrence of a body, in line with the content's start (3.9).
pub(super) fn recurrence(
    profile: &Profile,
    content: &mut Content,
    sent: Option<&Value>,
) -> Result<Option<Recurrence>, Refusal> {
    let Some(sent) = sent.filter(|sent| !sent.is_null()) else {
        return Ok(None);
    };
    let validates = profile.holds(Belief::FillerIsValidated);
    let mut read = Recurrence::read(sent, &content.slot.start_zone, validates)?;
    let (start, end) = content.slot.in_zone(&read.zone);
    let refused = |why: &str| Err(Refusal::new(400, "ErrorPropertyValidationFailure", why));
    if start.date() != read.start {
        return refused(
            "At least one property failed validation: recurrence.range.startDate is not the day of start.",
        );
    }
    let first = read.first(month_ends(profile));
    let Some(first) = first else {
        return refused(
            "At least one property failed validation: the recurrence has no occurrence.",
        );
    };
    if first != read.start {
        if !profile.holds(Belief::UnmatchedStartsMove) {
            return refused(
                "At least one property failed validation: start does not match the recurrence pattern.",
            );
        }
        let length = end.duration_since(start);
        let slot = &mut content.slot;
        slot.start = first.to_datetime(start.time());
        slot.end = slot.start.saturating_add(length);
        if !slot.all_day {
            slot.start_zone.clone_from(&read.zone);
            slot.end_zone.clone_from(&read.zone);
        }
        read.start = first;
    }
    Ok(Some(read))
}

fn repeated(cx: &Cx<'_>, calendar: u64, body: &Map<String, Value>) -> Option<Outcome> {
    let transaction = body.get("transactionId")?.as_str()?;
    let mut held = cx.state.events_of(calendar);
    let (number, _) = held.find(|(_, event)| event.transaction.as_deref() == Some(transaction))?;
    Some(match cx.profile.repeated {
        Repeated::Created => answer(cx, number, 201),
        Repeated::Ok => answer(cx, number, 200),
        Repeated::Conflict => {
            let message = "An event with the same transactionId exists.";
            Err(Refusal::new(409, "ErrorDuplicateTransactionId", message))
        }
    })
}

/// A whole event with its headers.
pub(super) fn answer(cx: &Cx<'_>, number: u64, status: u16) -> Outcome {
    let event = cx.state.events.get(&number).ok_or_else(Refusal::not_found)?;
    let mut shown = show::whole(&cx.lens(), number, event);
    query::narrow(&mut shown, &cx.query)?;
    shown["@odata.context"] = format!("{}/$metadata#events/$entity", cx.base).into();
    let tag = show::etag(number, &event.content);
    Ok(Answer::new(status, shown).header("ETag", &tag))
}

/// The number and the day of a named thing.
pub(super) const fn place(named: Named) -> (u64, Option<jiff::civil::Date>) {
    match named {
        Named::Whole(number) => (number, None),
        Named::Occurrence(number, date) => (number, Some(date)),
    }
}

/// A non-empty list of attendees is an invitation: there is no way to send none (3.2).
fn invite(cx: &mut Cx<'_>, number: u64) {
    if let Some(event) = cx.state.events.get(&number) {
        let is_draft = event.content.plain.get("isDraft") == Some(&Value::Bool(true));
        let to = if is_draft { Vec::new() } else { super::told(event) };
        super::respond::mail(cx, number, "invitation", to);
    }
}

/// Notes a time with an offset: what it means is not known.
pub(super) fn note_offsets(cx: &mut Cx<'_>, body: &Map<String, Value>) {
    for name in ["start", "end"] {
        let text = body.get(name).and_then(|sent| sent.get("dateTime")).and_then(Value::as_str);
        if text.is_some_and(times::has_offset) {
            cx.note(Rule::Offset, &format!("{name} has an offset"));
        }
    }
}
