//! Instances that were put back as their series had them, and stay objects by themselves (Google).
//! They do not follow the series, and a listing does not tell of those that lag behind it: a read of
//! the series alone does.

use super::mirror::{Is, Seen};
use crate::event::Body;
use crate::graph::{Capabilities, SeriesShape};
use crate::mirror::{Part, PartKey, PartStatus};

/// Whether a series that a listing shows as it is wanted may have instances behind it: it says
/// something else than was acknowledged last, or what became of a write of it is not known.
pub(super) fn may_lag(
    (key, part): (PartKey, &Part),
    (is, seen): (&Is, &Seen),
    body: &Body,
    target: &Capabilities,
) -> bool {
    let is_series = key == PartKey::Whole && body.recurrence.is_some();
    let as_wanted = matches!(is, Is::Echo | Is::ReadBack) && !seen.fresh;
    let is_open = matches!(part.status, PartStatus::Unsure | PartStatus::ReadBack);
    let was_written = part.acks.last().is_none_or(|ack| ack.content != seen.content);
    is_series && as_wanted && target.series == SeriesShape::Parts && (is_open || was_written)
}
