//! `DELETE .../events/{id}`: of an event with all that belongs to it, or of one occurrence.

use jiff::civil::Date;

use super::super::answer::{Answer, Outcome, Refusal};
use super::super::context::Cx;
use super::super::state::{Gone, State};
use super::super::webhooks;
use super::change::precondition;
use super::create::place;

/// 204; the organizer's deletion mails cancellations (3.2).
pub(crate) fn delete(cx: &mut Cx<'_>, calendar: Option<u64>, id: &str) -> Outcome {
    cx.takes(&[])?;
    let (number, date) = place(cx.event(id, calendar)?);
    let event = cx.state.events.get(&number).ok_or_else(Refusal::not_found)?;
    let (held_in, told) = (event.calendar, super::told(event));
    cx.check_writable(held_in)?;
    match date {
        None => {
            let held = event.content.clone();
            precondition(cx, (number, None), &held)?;
            super::note_write(cx, (number, None), "DELETE", String::new());
            super::respond::mail(cx, number, "cancellation", told);
            webhooks::changed(cx.state, number, webhooks::Change::Deleted, cx.now_ms);
            discard(cx.state, number);
        }
        Some(date) => {
            let instance = event.instance_on(date, cx.profile).ok_or_else(Refusal::not_found)?;
            let held = event.content_of(&instance);
            precondition(cx, (number, Some(date)), &held)?;
            super::note_write(cx, (number, Some(date)), "PATCH", String::new());
            super::respond::mail(cx, number, "cancellation", told);
            cancel_occurrence(cx.state, number, date, cx.now_ms);
            webhooks::changed(cx.state, number, webhooks::Change::Updated, cx.now_ms);
        }
    }
    Ok(Answer::empty(204))
}

/// Takes an event away and remembers that it was there.
pub(crate) fn discard(state: &mut State, number: u64) {
    if let Some(event) = state.events.remove(&number) {
        let seq = state.next_seq();
        state.gone.push(Gone { seq, number, event });
    }
}

/// Takes one occurrence of a series away.
pub(crate) fn cancel_occurrence(state: &mut State, number: u64, date: Date, now_ms: i64) {
    if let Some(event) = state.events.get_mut(&number) {
        event.exceptions.remove(&date);
        event.cancelled.insert(date);
    }
    super::touch(state, number, now_ms);
}
