//! What a server says of the largest object it stores.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "what is not as expected ends a test"
)]

use kalends_caldav::Caldav;
use kalends_core::event::Body;
use kalends_core::ids::ProviderId;
use kalends_core::ports::{HttpHead, Provider};
use kalends_core::presence::Guests;
use kalends_core::provider::{
    CalendarItem, Done, FailureClass, Item, MirrorDoc, ObjectName, Output, Payload, ProviderOp,
};
use kalends_testkit::caldav_sim::{CaldavSim, Profile, SimRequest};

mod common;
use common::*;

const DERIVED: &str = "0123456789abcdefghijklmnop";

struct World {
    sim: CaldavSim,
    remember: String,
}

impl World {
    fn new(max_octets: usize) -> Self {
        let mut profile = Profile::plain();
        profile.writes.max_octets = Some(max_octets);
        let mut sim = CaldavSim::new(profile, 7);
        sim.set_strict(true);
        sim.add_user("alice", "secret");
        sim.add_calendar("alice", "work");
        Self { sim, remember: String::new() }
    }

    fn run(&mut self, op: &ProviderOp) -> Heard {
        let provider = Caldav::new(config("http://127.0.0.1:8080/", &self.remember));
        carry(provider.start(op, &basic()).unwrap(), 997, |request| {
            let asked = SimRequest {
                method: request.method.to_owned(),
                url: request.url.clone(),
                headers: request.headers.clone(),
                body: request.body.clone(),
            };
            let reply = self.sim.handle(NOW.as_millis(), &asked);
            let headers = reply.headers.iter().map(|(k, v)| (k.to_lowercase(), v.clone()));
            Answer::Whole(HttpHead { status: reply.status, headers: headers.collect() }, reply.body)
        })
    }

    fn discover(&mut self) -> CalendarItem {
        let heard = self.run(&ProviderOp::Discover);
        match heard.done {
            Done::Discovered { remember, .. } => self.remember = remember,
            other => panic!("{other:?}"),
        }
        match heard.outputs.into_iter().next() {
            Some(Output::Calendar(found)) => *found,
            other => panic!("{other:?}"),
        }
    }

    fn create(&mut self, calendar: &ProviderId, description: &str) -> Done {
        let mut doc: Box<MirrorDoc> = doc(DERIVED, "x");
        description.clone_into(&mut doc.body.content.description);
        self.run(&ProviderOp::Create { calendar: calendar.clone(), doc }).done
    }

    fn writes(&self) -> usize {
        self.sim.log().iter().filter(|logged| logged.request.method == "PUT").count()
    }
}

#[test]
fn the_size_is_found_with_the_calendar() {
    assert_eq!(World::new(65_500).discover().capabilities.object_octets_max, Some(65_500));
    let mut world = World::new(0);
    assert_eq!(world.discover().capabilities.object_octets_max, None);
}

#[test]
fn what_is_larger_is_parked_before_it_is_sent() {
    let mut world = World::new(2_000);
    let calendar = world.discover().id;
    match world.create(&calendar, &"y".repeat(3_000)) {
        Done::Failed(failure) => assert_eq!(failure.class, FailureClass::TooLarge),
        other => panic!("{other:?}"),
    }
    assert_eq!(world.writes(), 0);
    assert!(matches!(world.create(&calendar, "short"), Done::Stored(_)));
    assert_eq!(world.writes(), 1);
}

#[test]
fn an_origin_is_not_patched_beyond_it() {
    let mut world = World::new(2_000);
    let calendar = world.discover().id;
    let text = ics("u@x", "t");
    world.sim.person(NOW.as_millis()).put(&calendar.0, "a.ics", &text).unwrap();
    let names = vec![ObjectName::Known(ProviderId(format!("{}a.ics", calendar.0)))];
    let listed = world.run(&ProviderOp::Fetch { calendar: calendar.clone(), names });
    let event = listed.outputs.into_iter().find_map(|output| match output {
        Output::Item(Item::Event(event)) => Some(event),
        _ => None,
    });
    let event = event.unwrap();
    let Payload::Whole(base) = event.payload.clone() else { panic!("{event:?}") };
    let version = event.version.clone().unwrap();
    let mut want: Body = base.clone();
    want.content.description = "y".repeat(3_000);
    let (base, want) = (Box::new(base), Box::new(want));
    let id = event.id.clone();
    match world
        .run(&ProviderOp::Patch { calendar, id, version, base, want, guests: Guests::Untold })
        .done
    {
        Done::Failed(failure) => assert_eq!(failure.class, FailureClass::TooLarge),
        other => panic!("{other:?}"),
    }
    assert_eq!(world.writes(), 0);
}
