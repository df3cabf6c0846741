//! What a part waits for that is to be written: told once, for what is sent and for what is explained.

use core::ops::ControlFlow;

use super::part::{Step, next};
use super::theirs::Asked;
use crate::compile::Projected;
use crate::graph::{Calendar, Edge, SeriesShape};
use crate::mirror::{Part, PartKey, Unwanted, Wanted};
use crate::slice::{Bundle, Config};
use crate::time::Timestamp;

/// What it waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// Its origin, which is yet to say whether it follows what a person made of an instance.
    Origin,
    /// The release of what a person cancelled of its series: the mirror is about to be theirs.
    Release,
    /// A reading of its calendar, where a person may have changed an instance of which no version of the
    /// series tells.
    Reading,
    /// Its series, which is not there yet as it is to be: what lies there may be a single still, or have
    /// other instances.
    Series,
}

/// What a part waits for under an edge, as of some time, where it is to be written; `fails`: whether its
/// calendar fails to be read since lately. What holds up a whole edge, calendar or account is not told.
pub(crate) fn wait(
    bundle: &Bundle,
    edge: &Edge,
    key: PartKey,
    (config, now, fails): (&Config, Timestamp, bool),
) -> Option<Wait> {
    let mirror = bundle.mirrors.get(&edge.id)?;
    let target = config.calendars.get(&mirror.mirror.calendar)?;
    let step = next(mirror, (key, mirror.parts.get(&key)?))?;
    let whose = Asked { bundle, edge: Some(edge), mirror, key, target };
    let is_wanted = mirror.mirror.wanted == Wanted::Yes;
    let projected = if is_wanted { whose.document((config, now)) } else { None };
    let known = || Ok::<bool, core::convert::Infallible>(fails);
    match waits(&whose, (step, projected), (config, now), &known) {
        Ok(ControlFlow::Break(wait)) => Some(wait),
        Ok(ControlFlow::Continue(_)) => None,
    }
}

/// Whether something is done with a part now, with this document where it is written, or what it waits
/// for. `fails`, asked only where it matters: whether its calendar fails to be read since lately.
pub(super) fn waits<E>(
    whose: &Asked<'_>,
    (step, projected): (Step, Option<Projected>),
    as_of: (&Config, Timestamp),
    fails: &impl Fn() -> Result<bool, E>,
) -> Result<ControlFlow<Wait, Option<Projected>>, E> {
    if is_for_its_origin(whose) {
        return Ok(ControlFlow::Break(Wait::Origin));
    }
    let is_hidden = || step == Step::Delete && whose.is_hidden(as_of);
    let projected = if step == Step::Read || !whose.is_about_to_be_theirs() || is_hidden() {
        projected
    } else if whose.says_otherwise(projected.as_ref(), as_of) {
        projected.map(|it| whose.without_cancelled(it))
    } else {
        return Ok(ControlFlow::Break(Wait::Release));
    };
    if is_to_be_read_first(whose, (step, projected.as_ref()), as_of, fails)? {
        return Ok(ControlFlow::Break(Wait::Reading));
    }
    let follows = is_for_its_series(whose, (step, projected.as_ref()));
    Ok(if follows { ControlFlow::Break(Wait::Series) } else { ControlFlow::Continue(projected) })
}

/// Whether a changed instance is to be written whose series is yet to be. What is to tell less than it does
/// waits for nothing: it goes by its own id and version.
fn is_for_its_series(whose: &Asked<'_>, (step, projected): (Step, Option<&Projected>)) -> bool {
    let is_written = match step {
        Step::Create | Step::Replace => matches!(whose.key, PartKey::Override(_)),
        Step::Delete | Step::Read => false,
    };
    let is_instance = projected.is_some_and(|it| it.instance.is_some());
    let series = whose.mirror.parts.get(&PartKey::Whole);
    let hides = || {
        step == Step::Replace
            && series.is_some_and(|series| series.object.is_some())
            && whose.shows_less(projected)
    };
    is_written && is_instance && series.and_then(Part::written).is_none() && !hides()
}

/// Whether an instance that a person cancelled or changed in the mirror is to go, and its origin has
/// yet to say whether it follows.
fn is_for_its_origin(whose: &Asked<'_>) -> bool {
    let part = whose.mirror.parts.get(&whose.key).filter(|part| part.is_theirs(whose.key));
    let edge = whose.edge.filter(|_| part.is_some());
    let source = edge.and_then(|edge| whose.bundle.presences.get(&edge.from));
    let pending = source.and_then(|presence| presence.pending.as_ref());
    pending.is_some_and(|change| change.parked.is_none() && change.from == edge.map(|it| it.id))
}

/// Whether a person may have changed an instance, which would be written over, or go along: where that
/// cannot be read it is waited for, for a few tries. What is to tell less than it does waits for nothing.
fn is_to_be_read_first<E>(
    whose: &Asked<'_>,
    (step, projected): (Step, Option<&Projected>),
    as_of: (&Config, Timestamp),
    fails: &impl Fn() -> Result<bool, E>,
) -> Result<bool, E> {
    if step == Step::Delete && whose.goes_with_its_series() {
        // Put back without the series, the instance would be there again as that has it.
        let series = Asked { key: PartKey::Whole, ..*whose };
        let says = series.document(as_of);
        return is_to_be_read_first(&series, (Step::Replace, says.as_ref()), as_of, fails);
    }
    let is_there = match step {
        Step::Replace | Step::Delete => is_in_parts(whose.target),
        Step::Create | Step::Read => false,
    };
    // Of what goes nobody knows any more whether it is a series.
    let goes = step == Step::Delete && whose.key == PartKey::Whole;
    if !is_there || !(goes || has_instances(whose, projected)) || !fails()? {
        return Ok(false);
    }
    let at_once =
        if goes { hides(whose.mirror.mirror.wanted) } else { whose.shows_less(projected) };
    Ok(!at_once)
}

/// Whether a calendar holds the changed instances of a series as objects of their own.
const fn is_in_parts(target: &Calendar) -> bool {
    match target.capabilities.series {
        SeriesShape::Parts | SeriesShape::Patterns => true,
        SeriesShape::Whole | SeriesShape::Singles => false,
    }
}

/// Whether what is written is a series, or takes the place of one that is known to have instances of their
/// own.
fn has_instances(whose: &Asked<'_>, projected: Option<&Projected>) -> bool {
    let parts = &whose.mirror.parts;
    let is_object = |(key, part): (&PartKey, &Part)| {
        matches!(key, PartKey::Override(_)) && part.object.is_some()
    };
    let lies_there = parts.get(&whose.key).and_then(|part| part.acks.last()?.fields);
    projected.is_some_and(|it| it.body.recurrence.is_some())
        || whose.key == PartKey::Whole && parts.iter().any(is_object)
        || lies_there.is_some_and(|fields| fields.content.is_series())
}

/// Whether a mirror goes since its calendar is to show nothing of its event. Where that is gone, or is shown
/// there otherwise, nothing was asked to be hidden.
const fn hides(wanted: Wanted) -> bool {
    match wanted {
        Wanted::No(Unwanted::Filtered(_) | Unwanted::EdgeRetiring) | Wanted::Yes => true,
        Wanted::No(Unwanted::SourceGone | Unwanted::HeldByTarget | Unwanted::OutOfWindow)
        | Wanted::CoveredBy(_) => false,
    }
}

#[cfg(test)]
mod tests;
