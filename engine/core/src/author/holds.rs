//! Times that are held: placed, extended, released, turned into events.

use core::ops::Range;
use std::collections::BTreeSet;

use super::authored;
use super::events::{self, own_calendar};
use crate::draft::Draft;
use crate::event::{Body, Response, Status};
use crate::ids::{EventId, HoldId};
use crate::instances::{View, occurrences};
use crate::journal::{Cause, CauseKind};
use crate::meeting;
use crate::plan::Note;
use crate::schedule::{Hold, HoldEdit, Why, own};
use crate::slice::Missing;
use crate::time::{Gap, Timestamp, Zone};

pub(super) fn carry_out(draft: &mut Draft<'_>, edit: &HoldEdit) -> Result<(), Missing> {
    match edit {
        HoldEdit::Place { hold, body, expires, despite } => {
            place(draft, *hold, body, (*expires, *despite))
        }
        HoldEdit::Extend { hold, expires } => {
            extend(draft, *hold, *expires);
            Ok(())
        }
        HoldEdit::Release { hold } => release(draft, *hold),
        HoldEdit::Convert { hold, despite } => convert(draft, *hold, *despite),
    }
}

/// Places a hold, unless something speaks against its time. One that is there already stays as it
/// is.
fn place(
    draft: &mut Draft<'_>,
    id: Option<HoldId>,
    body: &Body,
    (expires, despite): (Timestamp, bool),
) -> Result<(), Missing> {
    let id = id.unwrap_or_else(|| HoldId::draw(&draft.env.seed, draft.env.now, 0));
    if draft.config().holds.contains_key(&id) {
        return Ok(());
    }
    let event = draft.env.keys.event(&id.to_string(), "", 0);
    if draft.event(event)?.is_some_and(|bundle| !bundle.presences.is_empty()) {
        draft.note(Note { event: Some(event), ..Note::new("hold.over") });
        return Ok(());
    }
    let Some(range) = when(body) else {
        draft.note(Note::new("hold.no-time"));
        return Ok(());
    };
    if expires <= draft.env.now {
        draft.note(Note::new("hold.expired"));
        return Ok(());
    }
    let why = own::against(draft, &range, BTreeSet::new())?;
    if !despite && why.iter().any(|why| why.stands_against_a_hold()) {
        draft.note(Note::new("hold.taken"));
        return Ok(());
    }
    events::put(draft, Some(event), &tentative(body))?;
    let hold = Hold { id, event, range, expires, meeting: None };
    draft.config_mut(authored()).holds.insert(id, hold);
    Ok(())
}

/// Nobody is named in it, so nobody can be mailed (L13).
fn tentative(body: &Body) -> Body {
    let mut body = Body::single(body.content.clone());
    body.content.status = Status::Tentative;
    body.content.organizer = None;
    body.content.attendees.clear();
    body.content.response = Response::None;
    body.content.organized = true;
    body
}

/// The one time at which a body takes place.
fn when(body: &Body) -> Option<Range<Timestamp>> {
    // As the own calendar is read.
    let (zone, gap) = (Zone::utc(), Gap::Shift);
    let all = Timestamp::MIN..Timestamp::MAX;
    let body = Body::single(body.content.clone());
    let found = occurrences(&body, all, View { zone: &zone, gap });
    let one = found.list.first().map(|one| one.start..one.end);
    one.filter(|range| range.start < range.end)
}

/// Holds a time for longer, or for less long.
fn extend(draft: &mut Draft<'_>, id: HoldId, expires: Timestamp) {
    let now = draft.env.now;
    let Some(hold) = draft.config().holds.get(&id) else { return };
    if expires <= now || !hold.is_live(now) {
        draft.note(Note::new("hold.expired"));
        return;
    }
    // Others were told how long: that stands.
    if hold.meeting.is_some() {
        draft.note(Note::new("hold.of-a-session"));
        return;
    }
    if let Some(hold) = draft.config_mut(authored()).holds.get_mut(&id) {
        hold.expires = expires;
    }
}

/// Lets a time go.
fn release(draft: &mut Draft<'_>, id: HoldId) -> Result<(), Missing> {
    let Some(hold) = draft.config().holds.get(&id).cloned() else { return Ok(()) };
    if hold.meeting.is_some() {
        draft.note(Note::new("hold.of-a-session"));
        return Ok(());
    }
    let_go(draft, &hold, CauseKind::Authored)
}

/// What was held goes away, with its mirrors.
pub(crate) fn let_go(draft: &mut Draft<'_>, hold: &Hold, why: CauseKind) -> Result<(), Missing> {
    meeting::take_away(draft, hold.event, why)?;
    draft.config_mut(Cause::of(why)).holds.remove(&hold.id);
    Ok(())
}

/// Turns a hold into an event that takes place, unless something came into its time meanwhile.
fn convert(draft: &mut Draft<'_>, id: HoldId, despite: bool) -> Result<(), Missing> {
    let Some(hold) = draft.config().holds.get(&id).cloned() else { return Ok(()) };
    if hold.meeting.is_some() {
        draft.note(Note::new("hold.of-a-session"));
        return Ok(());
    }
    if !hold.is_live(draft.env.now) {
        draft.note(Note::new("hold.expired"));
        return Ok(());
    }
    if !despite && is_crossed(draft, &hold)? {
        draft.note(Note { event: Some(hold.event), ..Note::new("hold.taken") });
        return Ok(());
    }
    settle(draft, &hold)
}

/// Whether events or other holds came into the time of a hold.
pub(crate) fn is_crossed(draft: &Draft<'_>, hold: &Hold) -> Result<bool, Missing> {
    let others = own::against_but(draft, hold)?;
    Ok(others.iter().any(|why| why.stands_against_a_hold()))
}

/// What was held takes place.
pub(crate) fn settle(draft: &mut Draft<'_>, hold: &Hold) -> Result<(), Missing> {
    let confirmed = confirmed(draft, hold.event)?;
    match confirmed {
        Some(body) => events::put(draft, Some(hold.event), &body)?,
        None => draft.note(Note { event: Some(hold.event), ..Note::new("hold.event-gone") }),
    }
    draft.config_mut(authored()).holds.remove(&hold.id);
    Ok(())
}

fn confirmed(draft: &mut Draft<'_>, event: EventId) -> Result<Option<Body>, Missing> {
    let calendar = own_calendar(draft);
    let presence = draft.event(event)?.and_then(|bundle| bundle.presences.get(&calendar));
    let mut body = presence.map(|presence| presence.body.clone());
    if let Some(body) = &mut body {
        body.content.status = Status::Confirmed;
    }
    Ok(body)
}

impl Why {
    /// Whether it stands against a hold that its own person asks for: what is in the calendar, and
    /// what else is held.
    pub(crate) const fn stands_against_a_hold(self) -> bool {
        match self {
            Self::Busy | Self::Held => true,
            Self::Perhaps
            | Self::Closed
            | Self::Trip
            | Self::Notice
            | Self::Horizon
            | Self::Milestone
            | Self::Hours
            | Self::Focus
            | Self::Buffer
            | Self::DailyLimit
            | Self::WeeklyLimit => false,
        }
    }
}
