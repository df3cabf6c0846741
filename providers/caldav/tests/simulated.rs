//! Every operation against every measured server, and reading under every known fault.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "what is not as expected ends a test"
)]

use std::collections::{BTreeMap, BTreeSet};

use kalends_core::ids::{ProviderId, Version};
use kalends_core::ports::{HttpFailure, HttpHead, HttpRequest, Provider};
use kalends_core::presence::{Evidence, Guests};
use kalends_core::provider::{
    CalendarItem, Done, FailureClass, Item, Listed, Listing, ObjectName, Output, ProviderOp,
};
use kalends_testkit::caldav_sim::{CaldavSim, Delivery, Fault, Profile, SimRequest, When};

mod common;
use common::*;

const ORIGIN: &str = "http://127.0.0.1:8080";
const DERIVED: &str = "0123456789abcdefghijklmnop";

struct World {
    sim: CaldavSim,
    remember: String,
    now_ms: i64,
}

impl World {
    fn new(profile: Profile) -> Self {
        let mut sim = CaldavSim::new(profile, 7);
        sim.set_strict(true);
        sim.add_user("alice", "secret");
        sim.add_calendar("alice", "work");
        Self { sim, remember: String::new(), now_ms: NOW.as_millis() }
    }

    fn with_events(profile: Profile, count: usize) -> Self {
        let mut world = Self::new(profile);
        for n in 0..count {
            world.put(&format!("e{n}.ics"), &ics(&format!("u{n}@x"), &format!("t{n}")));
        }
        world
    }

    fn calendar(&self) -> String {
        self.sim.calendars()[0].clone()
    }

    fn put(&mut self, name: &str, text: &str) {
        self.now_ms += 2_000;
        let calendar = self.calendar();
        let now_ms = self.now_ms;
        self.sim.person(now_ms).put(&calendar, name, text).unwrap();
        self.now_ms += 2_000;
    }

    fn delete(&mut self, name: &str) {
        self.now_ms += 2_000;
        let calendar = self.calendar();
        let now_ms = self.now_ms;
        self.sim.person(now_ms).delete(&calendar, name).unwrap();
        self.now_ms += 2_000;
    }

    fn run(&mut self, op: &ProviderOp) -> Heard {
        let config = config(&format!("{ORIGIN}/"), &self.remember);
        let (sim, now_ms) = (&mut self.sim, &mut self.now_ms);
        run(&config, op, 997, |request| {
            *now_ms += 10;
            ask(sim, *now_ms, request)
        })
    }

    fn discover(&mut self) -> Vec<CalendarItem> {
        let heard = self.run(&ProviderOp::Discover);
        let Done::Discovered { remember, .. } = &heard.done else { panic!("{:?}", heard.done) };
        self.remember.clone_from(remember);
        calendars(&heard)
    }

    fn list(&mut self, calendar: &ProviderId, listing: Listing) -> (Vec<Output>, Listed) {
        let heard = self.run(&ProviderOp::List { calendar: calendar.clone(), listing });
        match heard.done {
            Done::Listed(listed) => (heard.outputs, listed),
            other => panic!("{other:?}"),
        }
    }

    fn fetch(&mut self, calendar: &ProviderId, names: &[ObjectName]) -> Heard {
        self.run(&ProviderOp::Fetch { calendar: calendar.clone(), names: names.to_vec() })
    }

    fn assert_clean(&self, name: &str) {
        assert_eq!(self.sim.violations(), [], "{name}");
        assert!(self.sim.mail().is_empty(), "{name}");
    }
}

fn ask(sim: &mut CaldavSim, now_ms: i64, request: &HttpRequest) -> Answer {
    let reply = sim.handle(
        now_ms,
        &SimRequest {
            method: request.method.to_owned(),
            url: request.url.clone(),
            headers: request.headers.clone(),
            body: request.body.clone(),
        },
    );
    let headers =
        reply.headers.iter().map(|(name, value)| (name.to_lowercase(), value.clone())).collect();
    let head = HttpHead { status: reply.status, headers };
    match reply.delivery {
        Delivery::Complete | Delivery::Drip { .. } | Delivery::ChunkedWithTrailers => {
            Answer::Whole(head, reply.body)
        }
        Delivery::Refused => Answer::None(HttpFailure::Refused),
        Delivery::NoSuchHost => Answer::None(HttpFailure::Dns),
        Delivery::TlsFailure => Answer::None(HttpFailure::Tls),
        Delivery::DropBeforeCommit | Delivery::DropAfterCommit => Answer::None(HttpFailure::Reset),
        Delivery::Stall => Answer::None(HttpFailure::Deadline),
        Delivery::TruncateAt(len) => {
            let len = len.min(reply.body.len());
            Answer::Cut(head, reply.body[..len].to_vec(), HttpFailure::Cut)
        }
        Delivery::StallAt(len) => {
            let len = len.min(reply.body.len());
            Answer::Cut(head, reply.body[..len].to_vec(), HttpFailure::Deadline)
        }
        Delivery::Endless(byte) => {
            let mut body = reply.body;
            body.resize(body.len() + 100_000, byte);
            Answer::Cut(head, body, HttpFailure::TooLarge)
        }
    }
}

fn calendars(heard: &Heard) -> Vec<CalendarItem> {
    heard
        .outputs
        .iter()
        .filter_map(|output| match output {
            Output::Calendar(item) => Some((**item).clone()),
            Output::Item(_) | Output::Name { .. } | Output::Schedule(_) => None,
        })
        .collect()
}

/// What was named or came with content.
fn names(outputs: &[Output]) -> BTreeMap<String, Option<Version>> {
    outputs
        .iter()
        .filter_map(|output| match output {
            Output::Name { id, version } => Some((id.0.clone(), version.clone())),
            Output::Item(Item::Event(event)) => Some((event.id.0.clone(), event.version.clone())),
            Output::Item(Item::Broken(broken)) => Some((broken.id.0.clone(), None)),
            Output::Item(_) | Output::Calendar(_) | Output::Schedule(_) => None,
        })
        .collect()
}

fn removed(outputs: &[Output]) -> BTreeSet<String> {
    outputs
        .iter()
        .filter_map(|output| match output {
            Output::Item(Item::Removed { id, .. }) => Some(id.0.clone()),
            Output::Item(_) | Output::Name { .. } | Output::Calendar(_) | Output::Schedule(_) => {
                None
            }
        })
        .collect()
}

fn known(id: &ProviderId, name: &str) -> ObjectName {
    ObjectName::Known(ProviderId(format!("{}{name}", id.0)))
}

#[test]
fn discovery_costs_one_request_once_the_home_is_known() {
    for profile in Profile::all() {
        let name = profile.name;
        let mut world = World::with_events(profile, 2);
        let first = world.discover();
        assert_eq!(first.len(), 1, "{name}");
        assert_eq!(first[0].id.0, world.calendar(), "{name}");
        assert!(first[0].capabilities.write && first[0].derived.is_none(), "{name}");
        world.sim.clear_log();
        let second = world.discover();
        assert_eq!(world.sim.log().len(), 1, "{name}");
        assert_eq!(first, second, "{name}");
        world.assert_clean(name);
    }
}

#[test]
fn a_whole_listing_names_everything_and_its_token_goes_on() {
    for profile in Profile::all() {
        let name = profile.name;
        for listing in [Listing::Names, Listing::Contents] {
            let mut world = World::with_events(profile.clone(), 7);
            world.delete("e6.ics");
            let calendar = world.discover().remove(0);
            let (outputs, listed) = world.list(&calendar.id, listing.clone());
            // Radicale speaks of what was deleted before: such a first report is not judged by.
            let contents = matches!(listing, Listing::Contents);
            assert_eq!(listed.whole, !(contents && name == "radicale"), "{name}");
            assert_eq!(names(&outputs).len(), 6, "{name}");
            assert!(removed(&outputs).is_empty(), "{name}");
            assert_eq!(calendar.token.is_some(), listed.token.is_some(), "{name}");
            let Some(token) = listed.token else { continue };
            world.put("e0.ics", &ics("u0@x", "changed"));
            world.put("new.ics", &ics("new@x", "new"));
            world.delete("e1.ics");
            let (outputs, listed) = world.list(&calendar.id, Listing::Since(token));
            assert!(!listed.whole, "{name}");
            let changed = names(&outputs);
            for path in ["e0.ics", "new.ics"] {
                assert!(changed.contains_key(&format!("{}{path}", calendar.id.0)), "{name} {path}");
            }
            assert!(removed(&outputs).contains(&format!("{}e1.ics", calendar.id.0)), "{name}");
            let token = listed.token.unwrap();
            assert_eq!(Some(token), world.discover()[0].token.clone(), "{name}");
            world.assert_clean(name);
        }
    }
}

#[test]
fn objects_are_fetched_and_missing_ones_are_said_to_be_missing() {
    for profile in Profile::all() {
        let name = profile.name;
        let mut world = World::with_events(profile, 3);
        let calendar = world.discover().remove(0).id;
        let wanted =
            [known(&calendar, "e0.ics"), known(&calendar, "e2.ics"), known(&calendar, "no.ics")];
        let heard = world.fetch(&calendar, &wanted);
        assert_eq!(heard.done, Done::Fetched, "{name}");
        let events: Vec<_> = heard
            .items()
            .into_iter()
            .filter_map(|item| match item {
                Item::Event(event) => Some(event),
                Item::Removed { evidence, .. } => {
                    assert_eq!(*evidence, Evidence::ReadAlone);
                    None
                }
                other => panic!("{name}: {other:?}"),
            })
            .collect();
        assert_eq!(events.len(), 2, "{name}");
        assert!(events.iter().all(|event| event.fresh && event.version.is_some()), "{name}");
        assert_eq!(removed(&heard.outputs).len(), 1, "{name}");
        let (outputs, _) = world.list(&calendar, Listing::Names);
        for event in events {
            assert_eq!(names(&outputs)[&event.id.0], event.version, "{name}");
        }
        world.assert_clean(name);
    }
}

#[test]
fn a_fetch_from_a_calendar_that_is_gone_says_nothing_of_its_objects() {
    for profile in Profile::all() {
        let name = profile.name;
        let mut world = World::with_events(profile, 2);
        let calendar = world.discover().remove(0).id;
        let now_ms = world.now_ms;
        world.sim.person(now_ms).delete_calendar(&calendar.0).unwrap();
        let heard = world.fetch(&calendar, &[known(&calendar, "e0.ics")]);
        assert!(heard.outputs.is_empty(), "{name}: {:?}", heard.outputs);
        assert_eq!(heard.failure().class, FailureClass::CalendarGone, "{name}");
        for listing in [Listing::Names, Listing::Contents] {
            let op = ProviderOp::List { calendar: calendar.clone(), listing };
            assert_eq!(world.run(&op).failure().class, FailureClass::CalendarGone, "{name}");
        }
    }
}

#[test]
fn writes_are_conditional_and_read_back() {
    for profile in Profile::all() {
        let name = profile.name;
        let mut world = World::new(profile);
        let calendar = world.discover().remove(0).id;
        let create = ProviderOp::Create { calendar: calendar.clone(), doc: doc(DERIVED, "one") };
        let Done::Stored(stored) = world.run(&create).done else { panic!("{name}") };
        assert_eq!(stored.id.0, format!("{}{DERIVED}.ics", calendar.0), "{name}");
        assert_eq!(world.run(&create).failure().class, FailureClass::Taken, "{name}");

        let read = |world: &mut World| {
            let heard = world.fetch(&calendar, &[ObjectName::Derived(DERIVED.into())]);
            match heard.items().as_slice() {
                [Item::Event(event)] => (**event).clone(),
                other => panic!("{name}: {other:?}"),
            }
        };
        let event = read(&mut world);
        assert_eq!(event.id, stored.id, "{name}");
        assert_eq!(event.native, format!("{DERIVED}@kalends"), "{name}");
        assert!(event.mark.is_some(), "{name}");
        if let Some(version) = &stored.version {
            assert_eq!(Some(version), event.version.as_ref(), "{name}");
        }
        let version = event.version.unwrap();
        let replace = |version: &Version, title: &str| ProviderOp::Replace {
            calendar: calendar.clone(),
            id: stored.id.clone(),
            version: version.clone(),
            doc: doc(DERIVED, title),
            instances: Vec::new(),
        };
        world.now_ms += 2_000;
        let Done::Stored(_) = world.run(&replace(&version, "two")).done else { panic!("{name}") };
        let failed = world.run(&replace(&version, "three"));
        assert_eq!(failed.failure().class, FailureClass::Stale, "{name}");
        let delete = |version: &Version| ProviderOp::Delete {
            calendar: calendar.clone(),
            id: stored.id.clone(),
            version: version.clone(),
            guests: Guests::Untold,
        };
        assert_eq!(world.run(&delete(&version)).failure().class, FailureClass::Stale, "{name}");
        let version = read(&mut world).version.unwrap();
        assert_eq!(world.run(&delete(&version)).done, Done::Deleted, "{name}");
        assert_eq!(world.run(&delete(&version)).done, Done::Deleted, "{name}");
        assert_eq!(world.run(&replace(&version, "x")).failure().class, FailureClass::NotFound);
        world.assert_clean(name);
    }
}

#[test]
fn an_origin_is_patched_where_it_is_as_it_was() {
    for profile in Profile::all() {
        let name = profile.name;
        let mut world = World::new(profile);
        world.put("e.ics", &ics("u@x", "before").replace("SUMMARY", "X-KEEP:yes\r\nSUMMARY"));
        let calendar = world.discover().remove(0).id;
        let heard = world.fetch(&calendar, &[known(&calendar, "e.ics")]);
        let [Item::Event(event)] = heard.items()[..] else { panic!("{name}") };
        let kalends_core::provider::Payload::Whole(base) = &event.payload else { panic!() };
        let mut want = base.clone();
        want.content.title = "after".into();
        let patch = ProviderOp::Patch {
            calendar: calendar.clone(),
            id: event.id.clone(),
            version: event.version.clone().unwrap(),
            base: Box::new(base.clone()),
            want: Box::new(want),
            guests: Guests::Untold,
        };
        let Done::Stored(_) = world.run(&patch).done else { panic!("{name}") };
        let text = world.sim.resources(&calendar.0)["e.ics"].clone();
        assert!(text.contains("after") && text.contains("X-KEEP:yes"), "{name}: {text}");
        assert_eq!(world.run(&patch).failure().class, FailureClass::Stale, "{name}");
        world.assert_clean(name);
    }
}

#[test]
fn calendars_are_made_once_and_only_ours_are_deleted() {
    for profile in Profile::all() {
        let (name, makes) = (profile.name, profile.writes.make_calendar.is_ok());
        let mut world = World::new(profile);
        let theirs = world.discover().remove(0).id;
        let make = ProviderOp::MakeCalendar { derived: "abc0".into(), name: "Busy & free".into() };
        if !makes {
            assert_eq!(world.run(&make).failure().class, FailureClass::Unsupported, "{name}");
            continue;
        }
        let Done::MadeCalendar { calendar } = world.run(&make).done else { panic!("{name}") };
        assert_eq!(world.run(&make).done, Done::MadeCalendar { calendar: calendar.clone() });
        let found = world.discover();
        let ours = found.iter().find(|item| item.id == calendar).unwrap();
        assert_eq!(ours.derived.as_deref(), Some("abc0"), "{name}");
        assert_eq!(ours.name, "Busy & free", "{name}");
        let derived = vec!["abc0".to_owned()];
        let delete = ProviderOp::DeleteCalendar { calendar: calendar.clone(), derived };
        assert_eq!(world.run(&delete).done, Done::Deleted, "{name}");
        world.assert_clean(name);
        // A collection that is not there looks like an object to the strict simulator.
        world.sim.set_strict(false);
        assert_eq!(world.run(&delete).done, Done::Deleted, "{name}");
        let provider = kalends_caldav::Caldav::new(config(ORIGIN, ""));
        for not_ours in [theirs, calendar] {
            let derived = vec!["of-another-graph".to_owned()];
            let op = ProviderOp::DeleteCalendar { calendar: not_ours, derived };
            assert_eq!(provider.start(&op, &basic()).err().unwrap().class, FailureClass::Refused);
        }
    }
}

#[test]
fn a_poison_item_is_found_and_the_rest_is_read() {
    for (profile, fault) in
        Profile::all().into_iter().flat_map(|p| [(p.clone(), "C27-400"), (p, "C27-500")])
    {
        let name = profile.name;
        let mut world = World::with_events(profile, 20);
        let calendar = world.discover().remove(0).id;
        let now_ms = world.now_ms;
        world.sim.person(now_ms).poison(&calendar.0, "e7.ics").unwrap();
        assert!(world.sim.plan("*", "*", When::Always, fault));
        let (outputs, _) = world.list(&calendar, Listing::Contents);
        assert_eq!(names(&outputs).len(), 20, "{name} {fault}");
        let wanted: Vec<ObjectName> =
            (0..20).map(|n| known(&calendar, &format!("e{n}.ics"))).collect();
        let heard = world.fetch(&calendar, &wanted);
        assert_eq!(heard.done, Done::Fetched, "{name} {fault}");
        assert_eq!(names(&heard.outputs).len(), 20, "{name} {fault}");
        assert!(heard.requests <= 14, "{name} {fault}: {}", heard.requests);
    }
}

/// Under no fault does reading say that something is gone that is there, or call a listing whole
/// that leaves something out, or go on without an end.
#[test]
fn no_fault_makes_reading_lie() {
    let mut classes: BTreeMap<FailureClass, usize> = BTreeMap::new();
    for profile in [Profile::plain(), Profile::sabre(), Profile::radicale(), Profile::cyrus()] {
        for code in Fault::names() {
            // A window hides what is old, a lossy first report leaves out what is there, and a server
            // may hide all: that looks like a whole listing from outside.
            let hides = ["C11-empty", "C17", "C30"].contains(&code.as_str());
            let mut world = World::with_events(profile.clone(), 12);
            let calendar = world.discover().remove(0).id;
            let (_, first) = world.list(&calendar, Listing::Names);
            world.put("e3.ics", &ics("u3@x", "changed"));
            assert!(world.sim.plan("*", "*", When::Always, &code), "{code}");
            let mut listings = vec![Listing::Names, Listing::Contents];
            listings.extend(first.token.map(Listing::Since));
            for listing in listings {
                let op = ProviderOp::List { calendar: calendar.clone(), listing: listing.clone() };
                let heard = world.run(&op);
                let there = world.sim.resources(&calendar.0);
                // A tombstone for what is there cannot be told from a true one.
                let lies = code == "C11-response" && matches!(listing, Listing::Since(_));
                for path in removed(&heard.outputs).into_iter().filter(|_| !lies) {
                    let name = path.rsplit('/').next().unwrap();
                    assert!(!there.contains_key(name), "{code} {listing:?} {path}");
                }
                match &heard.done {
                    Done::Listed(listed) if listed.whole && !hides => {
                        assert_eq!(
                            names(&heard.outputs).len(),
                            there.len(),
                            "{} {code} {listing:?}",
                            profile.name
                        );
                    }
                    Done::Failed(failure) => *classes.entry(failure.class).or_default() += 1,
                    _ => {}
                }
            }
            let heard = world.fetch(&calendar, &[known(&calendar, "e3.ics")]);
            let there = world.sim.resources(&calendar.0).contains_key("e3.ics");
            let said_gone = !removed(&heard.outputs).is_empty();
            assert!(hides || !(there && said_gone), "{} {code}: {heard:?}", profile.name);
            let _ = world.run(&ProviderOp::Discover);
        }
    }
    for class in [FailureClass::CursorLost, FailureClass::Throttled, FailureClass::Protocol] {
        assert!(classes.contains_key(&class), "{classes:?}");
    }
}

/// Under no fault does a write say that it was taken when it was not, or overwrite what a person
/// wrote meanwhile.
#[test]
fn no_fault_makes_writing_lie() {
    for profile in [Profile::plain(), Profile::sabre(), Profile::radicale()] {
        for code in Fault::names() {
            let mut world = World::new(profile.clone());
            let calendar = world.discover().remove(0).id;
            assert!(world.sim.plan("*", "*", When::Always, &code), "{code}");
            let create = ProviderOp::Create { calendar: calendar.clone(), doc: doc(DERIVED, "x") };
            let heard = world.run(&create);
            let there = world.sim.resources(&calendar.0);
            match &heard.done {
                Done::Stored(stored) => {
                    let name = stored.id.0.rsplit('/').next().unwrap();
                    assert!(there.contains_key(name), "{code}: {name} {there:?}");
                }
                // Where a person was faster, the place is taken.
                Done::Failed(failure) if failure.class != FailureClass::Unknown => {
                    let taken = failure.class == FailureClass::Taken
                        && ["C34-raced", "X23"].contains(&code.as_str());
                    assert!(taken || there.is_empty(), "{} {code}: {failure:?}", profile.name);
                }
                _ => {}
            }
        }
    }
}
