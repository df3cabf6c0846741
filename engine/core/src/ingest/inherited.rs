//! Changed instances that take over what is written of their series, as far as they do not say it
//! by themselves (Exchange).

use super::mirror::{Is, Seen};
use crate::compile::Projected;
use crate::event::Body;
use crate::fields::Field;
use crate::form;
use crate::graph::{Capabilities, SeriesShape};
use crate::mirror::{FieldHashes, Part, PartKey, PartStatus};
use crate::normalize;

/// Whether a part is such an instance.
pub(super) fn is_instance_of(part: PartKey, target: &Capabilities) -> bool {
    matches!(part, PartKey::Override(_)) && target.series == SeriesShape::Patterns
}

/// What an instance turned out to be that is not as acknowledged, and the fields in which it says
/// what was written of its series: no person need have been at those. `present`: what the series
/// should say now, which may have been written by a process that ended before it recorded that.
pub(super) fn judge(
    part: &Part,
    whole: Option<&Part>,
    seen: &Seen,
    present: impl FnOnce() -> Option<FieldHashes>,
) -> (Is, Vec<Field>) {
    let edited = (Is::Edited, Vec::new());
    let Some(whole) = whole else { return edited };
    let is_open = whole.object.is_some() && whole.status != PartStatus::Settled;
    let is_doubted = matches!(part.status, PartStatus::Unsure | PartStatus::ReadBack);
    let own = part.acks.last().and_then(|ack| ack.fields).map(|fields| fields.content);
    let Some(own) = own.filter(|_| is_open || is_doubted) else { return edited };
    // What it said by itself it did not have of its series, and has nothing of that now.
    let differing = seen.fields.differing(&own);
    let followed = |field: &Field| *field != Field::When && whole.said(*field, &own);
    let mut taken_over: Vec<Field> = differing.iter().copied().filter(followed).collect();
    if !may_say_anything(whole) {
        let present = if is_open { present() } else { None };
        let says = |field: &Field, said: &FieldHashes| !seen.fields.differing(said).contains(field);
        taken_over.retain(|field| {
            whole.said(*field, &seen.fields) || present.iter().any(|said| says(field, said))
        });
    } else if taken_over.len() == differing.len() {
        return (Is::Doubtful, Vec::new());
    }
    let is = match part.status {
        _ if taken_over.len() == differing.len() => Is::Outdated,
        // What the server made of the instance's own write was not seen yet.
        PartStatus::ReadBack => Is::Doubtful,
        PartStatus::Unsure | PartStatus::Settled | PartStatus::Due | PartStatus::Parked(_) => {
            Is::Edited
        }
    };
    (is, taken_over)
}

/// Whether what was written of a series last is not known field by field.
fn may_say_anything(whole: &Part) -> bool {
    match whole.status {
        PartStatus::Unsure if whole.attempts > 0 => true,
        PartStatus::Due | PartStatus::Unsure | PartStatus::ReadBack => !whole.before.is_empty(),
        PartStatus::Settled | PartStatus::Parked(_) => false,
    }
}

/// Whether a series may be what a write of ours left that ended before all instances were cancelled
/// which are to be missing.
pub(super) fn is_half_written(
    part: &Part,
    body: &Body,
    target: &Capabilities,
    present: impl FnOnce() -> Option<Projected>,
) -> bool {
    if part.status == PartStatus::Settled || target.series != SeriesShape::Patterns {
        return false;
    }
    let (Some(present), Some(held)) = (present(), &body.recurrence) else { return false };
    let missing = present.body.recurrence.iter().flat_map(|recurrence| &recurrence.excluded);
    let start = &body.content.span.start;
    let mut recurrence = held.clone();
    recurrence.excluded.extend(missing.map(|when| form::in_form_of(start, when)));
    let whole = Body { recurrence: Some(recurrence), ..body.clone() };
    normalize::hash(&whole, target) == present.hash
}
