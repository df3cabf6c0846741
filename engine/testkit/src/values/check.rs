//! What a calendar refuses to hold.

use kalends_core::event::{Body, Content};
use kalends_core::graph::{Capabilities, SeriesShape};
use kalends_core::provider::{FailureClass, MirrorDoc};
use kalends_core::time::{Pattern, When};

use super::shelf::in_parts;

/// Why something is refused: the class and a code.
pub(super) type Refusal = (FailureClass, &'static str);

/// Holds a mirror's document against what the calendar can hold, and against what no mirror says.
pub(super) fn document(doc: &MirrorDoc, can: &Capabilities) -> Result<(), Refusal> {
    let contents = contents(&doc.body);
    if contents.clone().any(|content| !content.attendees.is_empty() || content.organizer.is_some())
    {
        return Err((FailureClass::Refused, "values.people"));
    }
    if doc.instance.is_some() && !in_parts(can) {
        return Err((FailureClass::Unsupported, "values.no-instances"));
    }
    if doc.instance.is_some() && doc.body.recurrence.is_some() {
        return Err((FailureClass::Refused, "values.series-in-instance"));
    }
    body(&doc.body, can)
}

/// Holds a body against what the calendar can hold.
pub(super) fn body(body: &Body, can: &Capabilities) -> Result<(), Refusal> {
    match can.series {
        SeriesShape::Singles if body.recurrence.is_some() => {
            return Err((FailureClass::Unsupported, "values.no-series"));
        }
        SeriesShape::Parts | SeriesShape::Patterns if !body.exceptions.is_empty() => {
            return Err((FailureClass::Refused, "values.instances-in-master"));
        }
        SeriesShape::Patterns if !is_pattern(body) => {
            return Err((FailureClass::Refused, "values.no-pattern"));
        }
        SeriesShape::Whole | SeriesShape::Parts | SeriesShape::Patterns | SeriesShape::Singles => {}
    }
    let is_floating =
        |content: &Content| matches!(content.span.start, When::Floating(_)) && !can.floating;
    if contents(body).any(is_floating) {
        return Err((FailureClass::Refused, "values.floating"));
    }
    let is_long = |text: &str, most: Option<u32>| {
        most.is_some_and(|most| text.chars().count() > most as usize)
    };
    let too_long = contents(body).any(|content| {
        is_long(&content.title, can.title_chars_max)
            || is_long(&content.description, can.description_chars_max)
    });
    if too_long { Err((FailureClass::TooLarge, "values.too-long")) } else { Ok(()) }
}

fn is_pattern(body: &Body) -> bool {
    body.recurrence.as_ref().is_none_or(|recurrence| {
        let rule = match recurrence.rules.as_slice() {
            [rule] => Pattern::of(&body.content.span.start, rule),
            _ => None,
        };
        recurrence.extras.is_empty() && rule.is_some()
    })
}

fn contents(body: &Body) -> impl Iterator<Item = &Content> + Clone {
    body.exceptions.iter().map(|exception| &exception.content).chain([&body.content])
}
