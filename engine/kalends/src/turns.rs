//! Whose turn it was, of those of whom one is enough.

use core::ops::Range;
use std::collections::BTreeSet;

use kalends_core::ids::GraphId;
use kalends_core::ports::{GraphStore, StoreError};
use kalends_core::schedule::propose::Fairness;
use kalends_core::schedule::turns;
use kalends_core::slice::{ReadSet, TimePage};
use kalends_core::time::Timestamp;

use crate::read::spans;

/// How often each of a group was asked, by the graph's own meetings that begin in a range. Looks at
/// four weeks at a time. Of others' calendars nothing is read.
///
/// # Errors
/// [`StoreError`].
pub async fn fairness<S: GraphStore>(
    store: &S,
    graph: GraphId,
    group: &BTreeSet<String>,
    range: Range<Timestamp>,
) -> Result<Fairness<String>, StoreError> {
    let mut fairness = Fairness::of(group.iter().cloned());
    for span in spans(range) {
        let times = [TimePage { from: span.start, to: span.end }].into();
        let slice = store.load(graph, &ReadSet { times, ..ReadSet::default() }).await?;
        let found = slice.events.into_iter().filter_map(|(id, bundle)| Some((id, bundle?)));
        for turn in turns(&slice.config, &found.collect(), group, &span) {
            turn.who.iter().for_each(|who| fairness.chose(who));
        }
    }
    Ok(fairness)
}
