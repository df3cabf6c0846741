//! What is read otherwise than it is written, and what is one too many.

use std::collections::BTreeSet;

use crate::common::small;
use kalends_core::event::{Body, Content, Span};
use kalends_core::ids::{ProviderId, RunId, Version};
use kalends_core::ingest::ingest;
use kalends_core::plan::Row;
use kalends_core::ports::GraphStore;
use kalends_core::presence::AsideKind;
use kalends_core::provider::{Batch, EventItem, Item, Payload};
use kalends_core::read;
use kalends_core::slice::ReadSet;
use kalends_core::time::{Length, When, Zone};
use kalends_driver::Decider;
use kalends_sim_tests::World;
use kalends_testkit::block_on::block_on;
use kalends_testkit::caldav_sim::Profile;
use kalends_testkit::memory::MemoryStore;

type Memory = World<MemoryStore>;

/// Catches an event whose time was made up without a word, and a word that stays after the mend.
#[test]
fn what_was_read_otherwise_than_written_is_explained_until_it_is_mended() {
    let (world, _) = small::<MemoryStore>(Profile::plain());
    let told = |uid: &str, version: &str, doubts: &[&'static str]| {
        take(&world, vec![item(uid, uid, version, doubts)]);
        let mut want = ReadSet::default();
        let event = world.keys.event(uid, "", 0);
        want.events.insert(event);
        let slice = block_on(world.store.load(world.keys.graph, &want)).unwrap();
        let bundle = slice.event(&event).unwrap().as_ref().unwrap();
        let found = read::explain((&slice.config, &BTreeSet::new()), event, bundle, []);
        found.presences[0].reasons.iter().map(|reason| reason.code.clone()).collect::<Vec<_>>()
    };
    assert_eq!(told("a", "1", &[END_BEFORE_START]), [END_BEFORE_START]);
    assert_eq!(told("a", "2", &[END_BEFORE_START]), [END_BEFORE_START]);
    assert!(told("a", "3", &[]).is_empty());
    assert_eq!(told("a", "4", &[END_BEFORE_START]), [END_BEFORE_START]);
    assert!(told("b", "1", &[]).is_empty());
}

/// Catches an object that is passed over in silence since too many others bear its UID.
#[test]
fn an_object_under_a_uid_that_too_many_bear_is_set_aside() {
    let (world, _) = small::<MemoryStore>(Profile::plain());
    take(&world, (0..=100).map(|n| item(&format!("{n:03}"), "same", "1", &[])).collect());
    let rows = world.store.rows(world.keys.graph).into_values();
    let set_aside: Vec<(String, String)> = rows
        .filter_map(|row| if let Row::Aside(aside) = row { Some(aside) } else { None })
        .filter_map(|aside| {
            let AsideKind::Quarantined(why) = aside.what else { return None };
            Some((aside.object.0, why.code))
        })
        .collect();
    assert_eq!(set_aside, [("/alice/work/100.ics".to_owned(), "uid-repeated".to_owned())]);
}

/// Catches an instance that was invited alone, recorded as a changed instance of itself once a list
/// of changes shows it as one of a series that nobody sees, and one that stays when it is cancelled.
#[test]
fn an_instance_invited_alone_is_shown_again_as_one_of_its_series() {
    let (world, _) = small::<MemoryStore>(Profile::plain());
    let original = when();
    let alone = Body { instance_of: Some(original.clone()), ..Body::single(content("Alone")) };
    let of_series = |title: Option<&str>| Payload::Instance {
        series: ProviderId("/alice/work/unseen.ics".to_owned()),
        original: original.clone(),
        content: title.map(|title| Box::new(content(title))),
    };
    let told =
        |version: &str, payload: Payload| {
            let Item::Event(event) = item("a", "a", version, &[]) else { return None };
            take(&world, vec![Item::Event(Box::new(EventItem { payload, ..*event }))]);
            let mut rows = world.store.rows(world.keys.graph).into_values();
            rows.find_map(|row| {
                if let Row::Presence(_, _, presence) = row { Some(*presence) } else { None }
            })
        };
    assert_eq!(told("1", Payload::Whole(alone.clone())).map(|it| it.body), Some(alone.clone()));
    let again = told("2", of_series(Some("Again"))).map(|it| (it.body, it.instances));
    let body = Body { content: content("Again"), ..alone };
    assert_eq!(again, Some((body, Vec::new())));
    let gone = told("3", of_series(None)).and_then(|it| it.gone);
    assert!(gone.is_some_and(|gone| gone.confirmed));
}

fn take(world: &Memory, mut items: Vec<Item>) {
    let driver = world.driver();
    let decider = Decider::new(driver.ports(), &world.keys, RunId::from_bytes([3; 16]));
    while !items.is_empty() {
        let batch = Batch { scope: world.calendar(0).into(), items, unfinished: false };
        let step = |slice: &_, env: &_| ingest(slice, &batch, env);
        let plan = block_on(decider.decide("by hand", ReadSet::default(), step)).unwrap();
        items = batch.items;
        items.drain(..plan.taken);
    }
}

/// The code that the reader of iCalendar gives.
const END_BEFORE_START: &str = "ical.end-before-start";

fn when() -> When {
    When::Zoned(kalends_core::time::Civil::from_seconds(1_780_400_000), Zone::utc())
}

fn content(title: &str) -> Content {
    let span = Span { start: when(), length: Length::Exact(0), end_zone: None };
    Content { title: title.to_owned(), ..Content::at(span) }
}

fn item(name: &str, uid: &str, version: &str, doubts: &[&'static str]) -> Item {
    Item::Event(Box::new(EventItem {
        id: ProviderId(format!("/alice/work/{name}.ics")),
        version: Some(Version(version.to_owned())),
        native: name.to_owned(),
        uid: uid.to_owned(),
        payload: Payload::Whole(Body::single(content(""))),
        mark: None,
        foreign: None,
        fresh: false,
        doubts: doubts.to_vec(),
        changed_at: None,
    }))
}
