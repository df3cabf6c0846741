//! How the person wants to work, said and taken back.

use super::{authored, events};
use crate::draft::Draft;
use crate::event::{Body, Busy, Content, Kind, Span};
use crate::ids::{EventId, RuleId};
use crate::journal::CauseKind;
use crate::keys::GraphKeys;
use crate::meeting;
use crate::schedule::{Rule, Trip};
use crate::slice::Missing;
use crate::time::{Length, When};

/// Sets a rule. A trip that blocks is an event of the own calendar too, so that edges carry it.
pub(super) fn set(draft: &mut Draft<'_>, rule: &Rule) -> Result<(), Missing> {
    let id = rule.id(&draft.env.keys);
    if draft.config().rules.get(&id) == Some(rule) {
        return Ok(());
    }
    if let Rule::Trip(trip, name) = rule
        && trip.blocks
    {
        let event = event_of(&draft.env.keys, id);
        events::put(draft, Some(event), &away(trip, name))?;
    }
    draft.config_mut(authored()).rules.insert(id, rule.clone());
    Ok(())
}

/// Takes a rule back, and the event that a trip brought.
pub(super) fn remove(draft: &mut Draft<'_>, id: RuleId) -> Result<(), Missing> {
    if let Some(Rule::Trip(..)) = draft.config().rules.get(&id) {
        let event = event_of(&draft.env.keys, id);
        meeting::take_away(draft, event, CauseKind::Authored)?;
    }
    draft.config_mut(authored()).rules.remove(&id);
    Ok(())
}

/// The event that a trip brings.
pub(super) fn event_of(keys: &GraphKeys, trip: RuleId) -> EventId {
    keys.event(&trip.to_string(), "", 0)
}

fn away(trip: &Trip, name: &str) -> Body {
    let length = trip.range.end.millis_since(trip.range.start) / 1_000;
    let start = When::Zoned(trip.zone.civil(trip.range.start), trip.zone.clone());
    let mut content = Content::at(Span { start, length: Length::Exact(length), end_zone: None });
    content.title = name.to_owned();
    content.kind = Kind::OutOfOffice;
    content.busy = Busy::OutOfOffice;
    Body::single(content)
}
