//! From Graph's events to contents and bodies.

use kalends_core::event::{Body, Content, Exception, Person, Recurrence, Status};
use kalends_core::time::{When, Zone};

use crate::mapping;
use crate::recurrence;
use crate::text;
use crate::time::{self, Unreadable};
use crate::wire::event::{BodyJson, EventJson, RecipientJson};

/// The doubt that an event's own zone is not known by its name.
pub(crate) const ZONE_DOUBT: &str = "graph.zone";

/// A single, or the master of a series, without what was changed or cancelled of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decoded {
    pub(crate) body: Body,
    pub(crate) doubts: Vec<&'static str>,
}

/// Reads a single or a master.
pub(crate) fn whole(event: &EventJson, mailbox: &Zone) -> Result<Decoded, Unreadable> {
    let times = time::read(event, mailbox)?;
    let content = content(event, times.span);
    let doubts = if times.zone_doubtful { vec![ZONE_DOUBT] } else { Vec::new() };
    let mut body = Body::single(content);
    if let Some(json) = &event.recurrence {
        let rule = recurrence::read(json, &body.content.span.start).ok_or("graph.recurrence")?;
        body.recurrence = Some(Recurrence { rules: vec![rule], ..Recurrence::default() });
    }
    Ok(Decoded { body, doubts })
}

/// Reads one instance of a series.
pub(crate) fn instance(event: &EventJson, mailbox: &Zone) -> Result<Content, Unreadable> {
    let times = time::read(event, mailbox)?;
    Ok(content(event, times.span))
}

/// Adds what was changed of a series to its master.
pub(crate) fn add_exceptions(
    body: &mut Body,
    exceptions: &[EventJson],
    mailbox: &Zone,
) -> Result<(), Unreadable> {
    let start = body.content.span.start.clone();
    for event in exceptions {
        let original = time::original(event, &start).ok_or("graph.original-start")?;
        let content = instance(event, mailbox)?;
        body.exceptions.push(Exception { original, this_and_future: false, content });
    }
    body.exceptions.sort_by(|a, b| a.original.cmp(&b.original));
    body.exceptions.dedup_by(|a, b| a.original == b.original);
    Ok(())
}

/// The original start of a changed instance whose series is not at hand: as its own times are said.
pub(crate) fn original(event: &EventJson, content: &Content) -> Option<When> {
    let zone = event.original_start_time_zone.as_deref().and_then(Zone::resolve);
    let like = match (&content.span.start, zone) {
        (When::Zoned(civil, _), Some(zone)) => When::Zoned(*civil, zone),
        (start, _) => start.clone(),
    };
    time::original(event, &like)
}

fn content(event: &EventJson, span: kalends_core::event::Span) -> Content {
    let mut content = Content::at(span);
    content.title = event.subject.clone().unwrap_or_default();
    content.description = event.body.as_ref().map(plain_body).unwrap_or_default();
    content.location = event
        .location
        .as_ref()
        .and_then(|location| location.display_name.clone())
        .unwrap_or_default();
    content.meeting = meeting(event);
    if event.is_cancelled == Some(true) {
        content.status = Status::Cancelled;
    }
    content.busy = mapping::busy(event.show_as.as_deref());
    content.privacy = mapping::privacy(event.sensitivity.as_deref());
    content.categories = event.categories.clone().unwrap_or_default();
    let attendees: Vec<Person> = event.attendees.iter().flatten().filter_map(person).collect();
    let organized = event.is_organizer != Some(false);
    // Of an appointment without people the organizer is the mailbox's owner.
    if !organized || !attendees.is_empty() {
        content.organizer = event.organizer.as_ref().and_then(person);
    }
    content.attendees = attendees;
    content.organized = organized;
    let answer = event.response_status.as_ref().and_then(|status| status.response.as_deref());
    content.response = mapping::response(answer);
    content
}

fn plain_body(body: &BodyJson) -> String {
    let content = body.content.as_deref().unwrap_or_default();
    // What was asked for as text may come as HTML all the same.
    let is_html =
        body.content_type.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("html"));
    if is_html { text::plain(content) } else { content.replace("\r\n", "\n").trim().to_owned() }
}

fn meeting(event: &EventJson) -> String {
    let joined = event.online_meeting.as_ref().and_then(|meeting| meeting.join_url.clone());
    joined.or_else(|| event.online_meeting_url.clone()).unwrap_or_default()
}

fn person(recipient: &RecipientJson) -> Option<Person> {
    let address = recipient.email_address.as_ref()?;
    let name = address.name.clone().unwrap_or_default();
    let email = address.address.clone().unwrap_or_default();
    (!name.is_empty() || !email.is_empty()).then_some(Person { name, email })
}
