//! Answers to invitations and the end of meetings: what mails people.

use serde_json::{Value, json};

use super::super::answer::{Answer, Outcome, Refusal};
use super::super::context::Cx;
use super::super::ids::{self, IdSpace};
use super::super::state::Mail;
use super::super::times;
use super::super::webhooks;
use super::create::place;

/// `POST .../accept`, `decline` and `tentativelyAccept`: 202.
pub(crate) fn respond(cx: &mut Cx<'_>, calendar: Option<u64>, id: &str, verb: &str) -> Outcome {
    cx.takes(&[])?;
    let (number, _) = place(cx.event(id, calendar)?);
    let response = match verb {
        "accept" => "accepted",
        "decline" => "declined",
        _ => "tentativelyAccepted",
    };
    let event = cx.state.events.get_mut(&number).ok_or_else(Refusal::not_found)?;
    let owner = cx.state.users.get(&cx.user).map(|user| user.address.clone());
    if owner.as_deref() == Some(event.organizer.as_str()) {
        let message = "Your request can't be completed. You can't respond to this meeting because you're the meeting organizer.";
        return Err(Refusal::invalid(message));
    }
    let organizer = event.organizer.clone();
    let status = json!({"response": response, "time": times::show_instant(cx.now_ms)});
    event.content.plain.insert("responseStatus".to_owned(), status);
    let sends = cx.body.as_ref().and_then(|body| body.get("sendResponse"));
    super::touch(cx.state, number, cx.now_ms);
    if sends != Some(&Value::Bool(false)) {
        mail(cx, number, "response", vec![organizer]);
    }
    webhooks::changed(cx.state, number, webhooks::Change::Updated, cx.now_ms);
    Ok(Answer::empty(202))
}

/// `POST .../cancel`: 202, for organizers only.
pub(crate) fn cancel(cx: &mut Cx<'_>, calendar: Option<u64>, id: &str) -> Outcome {
    cx.takes(&[])?;
    let (number, _) = place(cx.event(id, calendar)?);
    let event = cx.state.events.get(&number).ok_or_else(Refusal::not_found)?;
    let owner = cx.state.users.get(&cx.user).map(|user| user.address.as_str());
    if owner != Some(event.organizer.as_str()) {
        let message =
            "Your request can't be completed. You need to be an organizer to cancel a meeting.";
        return Err(Refusal::invalid(message));
    }
    let to = super::told(event);
    mail(cx, number, "cancellation", to);
    webhooks::changed(cx.state, number, webhooks::Change::Deleted, cx.now_ms);
    super::discard(cx.state, number);
    Ok(Answer::empty(202))
}

/// Logs what was sent to whom, if to anyone.
pub(super) fn mail(cx: &mut Cx<'_>, number: u64, kind: &'static str, to: Vec<String>) {
    let Some(event) = cx.state.events.get(&number).filter(|_| !to.is_empty()) else {
        return;
    };
    let subject = event.content.plain.get("subject").and_then(Value::as_str);
    let subject = subject.unwrap_or_default();
    let from = cx.state.users.get(&cx.user).map(|user| user.address.clone());
    let seed = cx.state.seed;
    let place = ids::of_calendar(seed, event.calendar);
    let id = ids::of_event(seed, number, event, IdSpace::Immutable);
    cx.state.mail.push(Mail {
        at_ms: cx.now_ms,
        calendar: place,
        event: id,
        kind,
        subject: subject.to_owned(),
        from: from.unwrap_or_default(),
        to,
    });
}
