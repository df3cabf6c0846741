//! `PATCH .../events/{id}`: of a single event, a master, or one occurrence.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Map, Value};

use super::super::answer::{Answer, Outcome, Refusal};
use super::super::context::Cx;
use super::super::fault::Quirk;
use super::super::profile::{Belief, Profile};
use super::super::query;
use super::super::series::{Instance, month_ends};
use super::super::show;
use super::super::state::{Content, Event, Exception, Slot, State};
use super::super::strict::Rule;
use super::super::{webhooks, write};
use super::create::place;

/// How far ahead the next occurrence is sought.
const NEIGHBOUR_YEARS: i64 = 10;

pub(crate) fn patch(cx: &mut Cx<'_>, calendar: Option<u64>, id: &str) -> Outcome {
    cx.takes(&[])?;
    let (number, date) = place(cx.event(id, calendar)?);
    let event = cx.state.events.get(&number).cloned().ok_or_else(Refusal::not_found)?;
    cx.check_writable(event.calendar)?;
    let body = cx.object("event")?;
    super::note_read_only(cx, &body);
    super::note_loud(cx, &body, true);
    super::create::note_offsets(cx, &body);
    if body.contains_key("transactionId") {
        cx.note(Rule::ReadOnly, "transactionId cannot be changed");
    }
    let held = match date {
        None => event.content.clone(),
        Some(date) => {
            let instance = event.instance_on(date, cx.profile).ok_or_else(Refusal::not_found)?;
            event.content_of(&instance)
        }
    };
    precondition(cx, (number, date), &held)?;
    edit(cx.state, cx.profile, (number, date), &body, cx.now_ms)?;
    super::note_write(cx, (number, date), "PATCH", Value::Object(body).to_string());
    tell(cx, number);
    match date {
        None => super::create::answer(cx, number, 200),
        Some(date) => shown(cx, number, date),
    }
}

/// `If-Match` against the change key; and what happens where another client is at the item (3.7).
pub(super) fn precondition(
    cx: &mut Cx<'_>,
    (number, date): (u64, Option<Date>),
    held: &Content,
) -> Result<(), Refusal> {
    let conflict = || Refusal::new(412, "ErrorIrresolvableConflict", CONFLICT);
    if cx.profile.has(Quirk::ChangedMeanwhile) {
        return Err(conflict());
    }
    let Some(tag) = cx.if_match.clone() else {
        // Whatever happens to a series moves the keys of all its occurrences: there is nothing
        // that a client could hold on to.
        if date.is_none() {
            cx.note(Rule::Unconditional, &cx.path.clone());
        }
        return Ok(());
    };
    let key = tag.trim().trim_start_matches("W/").trim_matches('"');
    if tag == "*" || key == show::change_key(number, held) { Ok(()) } else { Err(conflict()) }
}

const CONFLICT: &str = "The send or update operation could not be performed because the change key passed in the request does not match the current change key for the item.";

fn tell(cx: &mut Cx<'_>, number: u64) {
    if let Some(event) = cx.state.events.get(&number) {
        let to = super::told(event);
        super::respond::mail(cx, number, "update", to);
    }
    webhooks::changed(cx.state, number, webhooks::Change::Updated, cx.now_ms);
}

fn shown(cx: &Cx<'_>, number: u64, date: Date) -> Outcome {
    let event = cx.state.events.get(&number).ok_or_else(Refusal::not_found)?;
    let instance = event.instance_on(date, cx.profile).ok_or_else(Refusal::not_found)?;
    let mut shown = show::occurrence(&cx.lens(), number, event, &instance);
    query::narrow(&mut shown, &cx.query)?;
    shown["@odata.context"] = format!("{}/$metadata#events/$entity", cx.base).into();
    Ok(Answer::new(200, shown))
}

/// Changes an event, or the instance of a day, as anyone does it.
pub(crate) fn edit(
    state: &mut State,
    profile: &Profile,
    (number, date): (u64, Option<Date>),
    body: &Map<String, Value>,
    now_ms: i64,
) -> Result<(), Refusal> {
    let old = state.events.get(&number).ok_or_else(Refusal::not_found)?;
    let new = match date {
        None => changed(profile, number, old, body)?,
        Some(date) => {
            let instance = old.instance_on(date, profile).ok_or_else(Refusal::not_found)?;
            deviating(profile, number, old, &instance, body)?
        }
    };
    state.events.insert(number, new);
    super::touch(state, number, now_ms);
    let seq = state.seq;
    if let Some(event) = state.events.get_mut(&number) {
        let touched =
            event.exceptions.iter_mut().filter(|(day, _)| date.is_none_or(|date| **day == date));
        for (_, exception) in touched {
            exception.content.change = seq;
            exception.content.modified_ms = now_ms;
        }
    }
    Ok(())
}

/// The event as a body makes it.
fn changed(
    profile: &Profile,
    number: u64,
    old: &Event,
    body: &Map<String, Value>,
) -> Result<Event, Refusal> {
    let mut new = old.clone();
    let touched = write::apply(profile, number, &mut new.content, body)?;
    let sent = body.get("recurrence");
    new.recurrence = match (sent, &old.recurrence) {
        (Some(sent), _) => super::create::recurrence(profile, &mut new.content, Some(sent))?,
        (None, Some(held)) if touched.contains("start") => {
            let (start, _) = new.content.slot.in_zone(&held.zone);
            let mut moved = held.clone();
            moved.start = start.date();
            let shown = moved.show(false);
            super::create::recurrence(profile, &mut new.content, Some(&shown))?
        }
        (None, held) => held.clone(),
    };
    let differs = touched.contains("start") || new.recurrence != old.recurrence;
    let names_times = ["start", "end", "isAllDay", "recurrence"];
    let named = names_times.iter().any(|name| body.contains_key(*name));
    let voids = differs || (named && profile.holds(Belief::EqualTimesVoidToo));
    if new.recurrence.is_none() || (voids && profile.holds(Belief::MasterEditsVoidExceptions)) {
        new.exceptions.clear();
        new.cancelled.clear();
    }
    for exception in new.exceptions.values_mut() {
        write::inherit(&mut exception.content, &exception.own, &new.content, &touched);
    }
    new.before = Some(Box::new(old.content.clone()));
    Ok(new)
}

/// The event with an exception made of one instance.
fn deviating(
    profile: &Profile,
    number: u64,
    old: &Event,
    instance: &Instance,
    body: &Map<String, Value>,
) -> Result<Event, Refusal> {
    if body.get("recurrence").is_some_and(|sent| !sent.is_null()) {
        return Err(Refusal::invalid("An occurrence has no recurrence of its own."));
    }
    let mut content = old.content_of(instance);
    let touched = write::apply(profile, number, &mut content, body)?;
    if touched.contains("start") {
        check_crossing(profile, old, instance, &content)?;
    }
    let mut new = old.clone();
    let held = new.exceptions.remove(&instance.date);
    let mut own: BTreeSet<String> = held.map(|held| held.own).unwrap_or_default();
    own.extend(touched);
    new.exceptions.insert(instance.date, Exception { content, own });
    Ok(new)
}

/// An occurrence stays between its neighbours, and on none of their days (3.2).
fn check_crossing(
    profile: &Profile,
    event: &Event,
    instance: &Instance,
    content: &Content,
) -> Result<(), Refusal> {
    let Some(recurrence) = &event.recurrence else {
        return Ok(());
    };
    let day = |slot: &Slot| slot.in_zone(&recurrence.zone).0.date();
    let until = instance.date.saturating_add(NEIGHBOUR_YEARS.years());
    let dates = recurrence.dates(until, month_ends(profile));
    let live = |date: &&Date| !event.cancelled.contains(date);
    let held = |date: &Date| event.instance_on(*date, profile).map(|held| day(&held.slot));
    let before = dates.iter().rev().filter(live).find(|date| **date < instance.date);
    let after = dates.iter().filter(live).find(|date| **date > instance.date);
    let new = day(&content.slot);
    let crosses = before.and_then(held).is_some_and(|day| new <= day)
        || after.and_then(held).is_some_and(|day| new >= day);
    if crosses {
        let message = "Modified occurrence is crossing or overlapping adjacent occurrence.";
        return Err(Refusal::new(400, "ErrorOccurrenceCrossingBoundary", message));
    }
    Ok(())
}
