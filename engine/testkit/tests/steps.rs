//! What a step asks of the allocator. Counted work grows only where someone decides that it may.

use std::collections::BTreeMap;

use kalends_testkit::steps;

/// The most allocations of each step, little above what was counted.
const MOST: [(&str, u64); 5] = [
    ("ingest 50 new events", 2_300),
    ("ingest 50 changed events", 3_200),
    ("ingest 50 unchanged events", 52),
    ("dispatch one write", 32),
    ("settle one write", 52),
];

#[test]
fn no_step_asks_the_allocator_more_often_than_it_did() {
    let mut counted = BTreeMap::new();
    steps::steps(&mut |name, step| {
        let asked = allocation_counter::measure(step);
        counted.insert(name.to_owned(), asked.count_total);
    });
    let most: BTreeMap<_, _> = MOST.map(|(name, most)| (name.to_owned(), most)).into();
    assert!(counted.keys().eq(most.keys()), "{counted:?}");
    let above = counted.iter().filter(|(name, count)| **count > most[*name]);
    assert_eq!(above.collect::<Vec<_>>(), [], "of {counted:?}");
}
