//! The time of the graph that a step decides for.

use core::ops::Range;
use std::collections::{BTreeMap, BTreeSet};

use super::availability::{Inquiry, Stretch, availability, reach};
use super::hold::Hold;
use super::rules::Rules;
use super::why::Why;
use crate::draft::Draft;
use crate::ids::EventId;
use crate::slice::{Bundle, Missing, ReadSet, TimePage};
use crate::time::Timestamp;

/// When the person has time, by what is recorded and by what this step changed of it.
pub(crate) fn own_time(
    draft: &Draft<'_>,
    range: &Range<Timestamp>,
    waived: BTreeSet<Why>,
) -> Result<Vec<Stretch>, Missing> {
    let events = events(draft, range)?;
    let inquiry = Inquiry { now: draft.env.now, range: range.clone(), waived };
    let rules = Rules::of(draft.config().rules.values());
    Ok(availability(draft.config(), &events, &rules, &inquiry))
}

/// What speaks against a time, all of it.
pub(crate) fn against(
    draft: &Draft<'_>,
    range: &Range<Timestamp>,
    waived: BTreeSet<Why>,
) -> Result<BTreeSet<Why>, Missing> {
    Ok(reasons(&own_time(draft, range, waived)?))
}

/// What speaks against the time of a hold, were it not held.
pub(crate) fn against_but(draft: &Draft<'_>, hold: &Hold) -> Result<BTreeSet<Why>, Missing> {
    let mut events = events(draft, &hold.range)?;
    events.remove(&hold.event);
    let mut config = draft.config().clone();
    config.holds.remove(&hold.id);
    let (range, waived) = (hold.range.clone(), BTreeSet::new());
    let inquiry = Inquiry { now: draft.env.now, range, waived };
    let rules = Rules::of(config.rules.values());
    Ok(reasons(&availability(&config, &events, &rules, &inquiry)))
}

fn reasons(stretches: &[Stretch]) -> BTreeSet<Why> {
    stretches.iter().flat_map(|stretch| stretch.why.iter().copied()).collect()
}

fn events(
    draft: &Draft<'_>,
    range: &Range<Timestamp>,
) -> Result<BTreeMap<EventId, Bundle>, Missing> {
    let rules = Rules::of(draft.config().rules.values());
    let reach = reach(&rules, range);
    let page = TimePage { from: reach.start, to: reach.end };
    let ids: BTreeSet<EventId> =
        draft.slice.time_page(&page)?.iter().copied().chain(draft.edited()).collect();
    let mut missing = ReadSet::default();
    let mut events = BTreeMap::<EventId, Bundle>::new();
    for id in ids {
        match draft.event(id) {
            Ok(bundle) => events.extend(bundle.map(|bundle| (id, bundle.clone()))),
            Err(Missing(want)) => missing.merge(*want),
        }
    }
    if !missing.is_empty() {
        return Err(Missing::of(missing));
    }
    Ok(events)
}
