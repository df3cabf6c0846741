//! When people have time: the graph's own person by what is recorded, others by what their
//! providers say.

use core::ops::Range;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kalends_core::availability::{Availability, Schedule};
use kalends_core::event::Busy;
use kalends_core::ids::GraphId;
use kalends_core::ports::{GraphStore, StoreError};
use kalends_core::schedule::{Hours, Inquiry, Rules, Stretch, Weekdays, Why, availability, reach};
use kalends_core::slice::{Config, ReadSet, TimePage};
use kalends_core::time::{Timestamp, Zone};

/// The time looked at at once, in milliseconds: four weeks.
const SPAN_MS: i64 = 28 * 86_400_000;

/// When the graph's person has time, with every reason against it, and the set-up it was read
/// with. Looks at four weeks at a time, so that a year is not held in memory at once.
///
/// # Errors
/// [`StoreError`].
pub async fn own_time<S: GraphStore>(
    store: &S,
    graph: GraphId,
    inquiry: &Inquiry,
) -> Result<(Arc<Config>, Vec<Stretch>), StoreError> {
    let mut config = store.load(graph, &ReadSet::default()).await?.config;
    let (mut time, mut from) = (Vec::<Stretch>::new(), inquiry.range.start);
    while from < inquiry.range.end {
        let range = from..from.saturating_add_millis(SPAN_MS).min(inquiry.range.end);
        from = range.end;
        let reach = reach(&Rules::of(config.rules.values()), &range);
        let page = TimePage { from: reach.start, to: reach.end };
        let want = ReadSet { times: [page].into(), ..ReadSet::default() };
        let slice = store.load(graph, &want).await?;
        config = slice.config;
        let found = slice.events.into_iter().filter_map(|(id, bundle)| Some((id, bundle?)));
        let rules = Rules::of(config.rules.values());
        let part = Inquiry { range, ..inquiry.clone() };
        for next in availability(&config, &found.collect(), &rules, &part) {
            match time.last_mut() {
                Some(last) if is_alike(last, &next) => last.range.end = next.range.end,
                Some(_) | None => time.push(next),
            }
        }
    }
    Ok((config, time))
}

fn is_alike(one: &Stretch, other: &Stretch) -> bool {
    one.free_permille == other.free_permille && one.why == other.why
}

/// Another's time as stretches for [`propose`](kalends_core::schedule::propose), with their working
/// hours where the provider tells them; `None` where it is not known.
#[must_use]
pub fn time_of(
    schedule: &Schedule,
    range: &Range<Timestamp>,
    heed_hours: bool,
) -> Option<Vec<Stretch>> {
    let Availability::Known(taken) = &schedule.availability else { return None };
    let mut rules = Rules::none(Zone::utc());
    if let Some(hours) = schedule.hours.as_ref().filter(|_| heed_hours) {
        rules.zone = hours.zone.clone();
        let days = hours.days.iter().fold(0, |days, day| days | 1 << day.index());
        rules.hours.push(Hours {
            zone: None,
            days: Weekdays(days),
            minutes: hours.from_minute..hours.to_minute,
        });
    }
    let inquiry = Inquiry { now: range.start, range: range.clone(), waived: BTreeSet::new() };
    let open = availability(&Config::default(), &BTreeMap::new(), &rules, &inquiry);
    let mut cuts: Vec<Timestamp> = open.iter().map(|one| one.range.start).collect();
    cuts.extend(taken.iter().flat_map(|one| [one.from, one.to]).filter(|at| range.contains(at)));
    cuts.push(range.end);
    cuts.sort_unstable();
    cuts.dedup();
    let stretch = |pair: &[Timestamp]| {
        let at = pair[0];
        let mut why = open
            .iter()
            .find(|one| one.range.contains(&at))
            .map(|one| one.why.clone())
            .unwrap_or_default();
        let on = taken.iter().filter(|one| one.from <= at && at < one.to);
        let least = on.map(|one| chance(one.how)).min();
        why.extend(least.map(|free| if free == 0 { Why::Busy } else { Why::Perhaps }));
        let outside = why.contains(&Why::Hours);
        let free_permille = if outside { 0 } else { least.unwrap_or(1_000) };
        Stretch { range: at..pair[1], free_permille, why }
    };
    Some(cuts.windows(2).map(stretch).collect())
}

/// How likely somebody is free, of a thousand, where their calendar shows this.
const fn chance(how: Busy) -> u16 {
    match how {
        // Elsewhere they work, in another place.
        Busy::Free | Busy::Elsewhere => 1_000,
        Busy::Tentative => 500,
        Busy::Busy | Busy::OutOfOffice => 0,
    }
}
