//! What is read otherwise than it is written.

mod common;

use common::small;
use kalends_core::event::{Body, Content, Span};
use kalends_core::ids::{ProviderId, RunId, Version};
use kalends_core::ingest::ingest;
use kalends_core::provider::{Batch, EventItem, Item, Payload};
use kalends_core::slice::ReadSet;
use kalends_core::time::{Length, When, Zone};
use kalends_driver::Decider;
use kalends_testkit::block_on::block_on;
use kalends_testkit::caldav_sim::Profile;
use kalends_testkit::memory::MemoryStore;

/// Catches an event whose time was made up without a word, and a word that is said at every sync.
#[test]
fn a_doubt_is_noted_when_its_event_is_new_or_changed_and_not_again() {
    let (world, _) = small::<MemoryStore>(Profile::plain());
    let driver = world.driver();
    let decider = Decider::new(driver.ports(), &world.keys, RunId::from_bytes([3; 16]));
    let place = world.calendar(0);
    let told = |title: &str, version: &str| {
        let batch = Batch { scope: place.into(), items: vec![inverted(title, version)] };
        let mut notes = Vec::new();
        let plan = block_on(decider.decide("by hand", ReadSet::default(), |slice, env| {
            let plan = ingest(slice, &batch, env)?;
            notes.clone_from(&plan.notes);
            Ok(plan)
        }));
        assert!(plan.is_ok());
        notes.retain(|note| note.code == END_BEFORE_START && note.calendar == Some(place));
        notes.iter().filter(|note| note.event.is_some()).count()
    };
    assert_eq!(told("new", "1"), 1);
    assert_eq!(told("new", "1"), 0);
    assert_eq!(told("new", "2"), 0);
    assert_eq!(told("changed", "3"), 1);
}

/// The code that the reader of iCalendar gives.
const END_BEFORE_START: &str = "ical.end-before-start";

fn inverted(title: &str, version: &str) -> Item {
    let civil = kalends_core::time::Civil::from_seconds(1_780_400_000);
    let start = When::Zoned(civil, Zone::utc());
    let mut content = Content::at(Span { start, length: Length::Exact(0), end_zone: None });
    title.clone_into(&mut content.title);
    Item::Event(Box::new(EventItem {
        id: ProviderId("/alice/work/inverted.ics".to_owned()),
        version: Some(Version(version.to_owned())),
        native: "inverted".to_owned(),
        uid: "inverted".to_owned(),
        payload: Payload::Whole(Body::single(content)),
        mark: None,
        foreign: None,
        fresh: false,
        doubts: vec![END_BEFORE_START],
    }))
}
