//! Reading feeds, over a simulated server that misbehaves.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "what is not as expected ends a test"
)]

use std::collections::BTreeSet;

use kalends_core::availability::{Availability, Taken};
use kalends_core::event::Busy;
use kalends_core::ids::ProviderId;
use kalends_core::ports::{
    Call, Credential, Exchange, HttpFailure, HttpHead, HttpRequest, Input, Provider, Turn,
};
use kalends_core::presence::Evidence;
use kalends_core::provider::{
    Done, Failure, FailureClass, Item, Listed, Listing, MirrorDoc, ObjectName, Output, ProviderOp,
};
use kalends_core::time::Timestamp;
use kalends_feed::{Feed, FeedConfig, stale_after_ms};
use kalends_testkit::caldav_sim::{Delivery, SimRequest};
use kalends_testkit::feed_sim::{FeedFault, FeedSim};

const NOW: Timestamp = Timestamp::from_seconds(1_780_000_000);
const ADDRESS: &str = "https://h/private-0123/team.ics";

fn feed_of(titles: &[&str]) -> String {
    let mut text =
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//t//EN\r\nX-WR-CALNAME:Team\r\n".to_owned();
    for (n, title) in titles.iter().enumerate() {
        text.push_str(&format!(
            "BEGIN:VEVENT\r\nUID:{title}@x\r\nDTSTAMP:20260101T000000Z\r\n\
             DTSTART:202606{:02}T090000Z\r\nDTEND:202606{:02}T100000Z\r\nSUMMARY:{title}\r\n\
             END:VEVENT\r\n",
            n + 1,
            n + 1
        ));
    }
    text.push_str("END:VCALENDAR\r\n");
    text
}

fn list(listing: Listing) -> ProviderOp {
    ProviderOp::List { calendar: ProviderId("feed".into()), listing }
}

struct World {
    sim: FeedSim,
    remember: String,
    now_ms: i64,
    chunk: usize,
}

struct Heard {
    outputs: Vec<Output>,
    done: Done,
    requests: Vec<HttpRequest>,
}

impl Heard {
    fn ids(&self) -> BTreeSet<String> {
        self.outputs
            .iter()
            .filter_map(|output| match output {
                Output::Item(Item::Event(event)) => Some(event.id.0.clone()),
                Output::Item(Item::Broken(broken)) => Some(broken.id.0.clone()),
                Output::Item(_)
                | Output::Name { .. }
                | Output::Calendar(_)
                | Output::Schedule(_) => None,
            })
            .collect()
    }

    fn listed(&self) -> &Listed {
        match &self.done {
            Done::Listed(listed) => listed,
            other => panic!("{other:?}"),
        }
    }

    fn token(&self) -> String {
        self.listed().token.clone().unwrap()
    }

    fn failure(&self) -> &Failure {
        match &self.done {
            Done::Failed(failure) => failure,
            other => panic!("{other:?}"),
        }
    }
}

impl World {
    fn new(titles: &[&str]) -> Self {
        let now_ms = NOW.as_millis();
        let sim = FeedSim::new("/private-0123/team.ics", &feed_of(titles), now_ms);
        Self { sim, remember: String::new(), now_ms, chunk: 50 }
    }

    fn publish(&mut self, titles: &[&str]) {
        self.now_ms += 60_000;
        self.sim.publish(&feed_of(titles), self.now_ms);
    }

    fn run(&mut self, op: &ProviderOp) -> Heard {
        let config = FeedConfig { url: ADDRESS.into(), remember: self.remember.clone() };
        let mut exchange = Feed::new(config).start(op, &Credential::None).unwrap();
        self.carry(exchange.as_mut())
    }

    fn carry(&mut self, exchange: &mut dyn Exchange) -> Heard {
        let (mut outputs, mut requests) = (Vec::new(), Vec::new());
        let mut pending: std::collections::VecDeque<Input> = [].into();
        let mut input = Input::Start;
        loop {
            input = match exchange.resume(input, NOW) {
                Turn::Item(output) => {
                    outputs.push(output);
                    Input::Start
                }
                Turn::More => pending.pop_front().unwrap(),
                Turn::Done(done) => return Heard { outputs, done, requests },
                Turn::Send(Call::Http(request)) => {
                    pending = self.answer(&request);
                    requests.push(request);
                    pending.pop_front().unwrap()
                }
                other @ (Turn::Send(Call::Records(_)) | Turn::Draw) => panic!("{other:?}"),
            };
        }
    }

    fn answer(&mut self, request: &HttpRequest) -> std::collections::VecDeque<Input> {
        self.now_ms += 1_000;
        let sim_request = SimRequest {
            method: request.method.to_owned(),
            url: request.url.clone(),
            headers: request.headers.clone(),
            body: Vec::new(),
        };
        let reply = self.sim.handle(self.now_ms, &sim_request);
        let headers = reply.headers.iter().map(|(k, v)| (k.to_lowercase(), v.clone())).collect();
        let mut inputs = vec![Input::Head(HttpHead { status: reply.status, headers })];
        let chunks = |body: &[u8]| -> Vec<Input> {
            body.chunks(self.chunk).map(|part| Input::Chunk(part.to_vec())).collect()
        };
        match reply.delivery {
            Delivery::TruncateAt(len) => {
                inputs.extend(chunks(&reply.body[..len.min(reply.body.len())]));
                inputs.push(Input::Failed(HttpFailure::Cut));
            }
            Delivery::StallAt(len) => {
                inputs.extend(chunks(&reply.body[..len.min(reply.body.len())]));
                inputs.push(Input::Failed(HttpFailure::Deadline));
            }
            Delivery::Endless(_) => {
                inputs.extend(chunks(&reply.body));
                inputs.push(Input::Failed(HttpFailure::TooLarge));
            }
            Delivery::Complete | Delivery::Drip { .. } | Delivery::ChunkedWithTrailers => {
                inputs.extend(chunks(&reply.body));
                inputs.push(Input::End);
            }
            Delivery::Refused
            | Delivery::NoSuchHost
            | Delivery::TlsFailure
            | Delivery::DropBeforeCommit
            | Delivery::DropAfterCommit
            | Delivery::Stall => inputs = vec![Input::Failed(HttpFailure::Reset)],
        }
        inputs.into()
    }
}

#[test]
fn discovery_reads_once_and_then_remembers() {
    let mut world = World::new(&["a"]);
    let first = world.run(&ProviderOp::Discover);
    let Done::Discovered { subject, makes_calendars, remember } = &first.done else { panic!() };
    assert!(!makes_calendars);
    assert!(!format!("{subject}{remember}").contains("private"));
    let [Output::Calendar(calendar)] = first.outputs.as_slice() else { panic!() };
    assert_eq!(calendar.name, "Team");
    assert!(!calendar.capabilities.write && calendar.capabilities.absence_twice);
    world.remember.clone_from(remember);
    let again = world.run(&ProviderOp::Discover);
    assert_eq!((again.requests.len(), &again.done), (0, &first.done));
    assert_eq!(again.outputs, first.outputs);
}

#[test]
fn a_feed_that_did_not_change_is_not_read_again() {
    let mut world = World::new(&["a", "b"]);
    let first = world.run(&list(Listing::Contents));
    assert_eq!(first.ids(), ["a@x", "b@x"].map(str::to_owned).into());
    assert!(first.listed().whole);
    let second = world.run(&list(Listing::Since(first.token())));
    assert!(second.listed().whole, "the set of events has to be seen twice");
    let third = world.run(&list(Listing::Since(second.token())));
    assert!(!third.listed().whole && third.outputs.is_empty());
    assert!(third.requests[0].headers.iter().any(|(name, _)| name == "If-None-Match"));
    assert_eq!(third.token(), second.token());
}

#[test]
fn an_event_that_is_missing_is_looked_for_in_a_second_whole_feed() {
    let mut world = World::new(&["a", "b"]);
    let mut token = world.run(&list(Listing::Contents)).token();
    token = world.run(&list(Listing::Since(token))).token();
    world.publish(&["a"]);
    for _ in 0..2 {
        let heard = world.run(&list(Listing::Since(token)));
        assert!(heard.listed().whole);
        assert_eq!(heard.ids(), ["a@x".to_owned()].into());
        token = heard.token();
    }
    assert!(!world.run(&list(Listing::Since(token))).listed().whole);
}

#[test]
fn what_is_cut_or_no_feed_is_not_a_listing() {
    let len = feed_of(&["a", "b"]).len();
    let mut faults: Vec<FeedFault> = (0..len - 2).map(FeedFault::Truncated).collect();
    faults.extend([
        FeedFault::Reset(40),
        FeedFault::LoginPage,
        FeedFault::Endless,
        FeedFault::Empty,
    ]);
    for fault in faults {
        let mut world = World::new(&["a", "b"]);
        world.sim.plan(fault.clone());
        let heard = world.run(&list(Listing::Names));
        let class = heard.failure().class;
        assert!(matches!(class, FailureClass::Protocol | FailureClass::Transient), "{fault:?}");
        assert!(heard.outputs.is_empty(), "{fault:?}");
    }
}

/// Catches a feed that nobody can hold and that fails for ever without a word on what would help.
#[test]
fn a_feed_of_too_many_events_is_refused_and_says_what_to_do() {
    let mut world = World::new(&[]);
    let events = "BEGIN:VEVENT\r\nEND:VEVENT\r\n".repeat(125_000);
    let feed = format!("BEGIN:VCALENDAR\r\n{events}END:VCALENDAR\r\n");
    world.sim.publish(&feed, world.now_ms);
    world.chunk = 1 << 20;
    let heard = world.run(&list(Listing::Names));
    let Failure { class, code, detail, .. } = heard.failure();
    assert_eq!((*class, &**code), (FailureClass::Protocol, "feed.too-large"));
    assert!(detail.contains("100,000 events") && detail.contains("publisher"), "{detail}");
}

#[test]
fn statuses_become_classes() {
    for (status, retry, class) in [
        (401, None, FailureClass::SignIn),
        (403, None, FailureClass::Forbidden),
        (404, None, FailureClass::CalendarGone),
        (410, None, FailureClass::CalendarGone),
        (429, Some("60".to_owned()), FailureClass::Throttled),
        (500, None, FailureClass::Transient),
        (503, Some("60".to_owned()), FailureClass::Throttled),
    ] {
        let mut world = World::new(&["a"]);
        world.sim.plan(FeedFault::Status(status, retry.clone()));
        let heard = world.run(&list(Listing::Names));
        assert_eq!(heard.failure().class, class, "{status}");
        assert_eq!(heard.failure().retry_at.is_some(), retry.is_some());
    }
}

#[test]
fn events_keep_their_ids_where_the_feed_changes_every_uid() {
    let mut world = World::new(&["a", "b", "c"]);
    world.sim.habits_mut().changing_uids = true;
    let Done::Discovered { remember, .. } = world.run(&ProviderOp::Discover).done else { panic!() };
    world.remember = remember;
    let first = world.run(&list(Listing::Contents));
    assert_eq!(first.ids().len(), 3);
    assert!(first.ids().iter().all(|id| id.starts_with("content:")), "{:?}", first.ids());
    let second = world.run(&list(Listing::Since(first.token())));
    assert_eq!(second.ids(), first.ids());
    world.publish(&["a", "b", "c", "d"]);
    let third = world.run(&list(Listing::Since(second.token())));
    assert!(third.ids().is_superset(&first.ids()) && third.ids().len() == 4);
    let names = first.ids().into_iter().map(|id| ObjectName::Known(ProviderId(id))).collect();
    let fetch = ProviderOp::Fetch { calendar: ProviderId("feed".into()), names };
    assert_eq!(world.run(&fetch).ids(), first.ids());
}

#[test]
fn a_new_feed_at_the_address_is_not_taken_for_new_uids() {
    let mut world = World::new(&["a", "b", "c"]);
    let first = world.run(&list(Listing::Contents));
    world.publish(&["k", "l", "m"]);
    let second = world.run(&list(Listing::Since(first.token())));
    assert_eq!(second.ids(), ["k@x", "l@x", "m@x"].map(str::to_owned).into());
}

#[test]
fn stamps_that_change_by_themselves_change_no_version() {
    let mut world = World::new(&["a", "b"]);
    world.sim.habits_mut().changing_stamps = true;
    let first = world.run(&list(Listing::Contents));
    let second = world.run(&list(Listing::Since(first.token())));
    assert_eq!(first.outputs, second.outputs);
}

/// Catches a feed whose text is the same for ever and that counts as changed by its stamps, or as
/// unknown where the server says that it is the same.
#[test]
fn the_tag_is_the_same_as_long_as_the_feed_says_the_same() {
    let mut world = World::new(&["a", "b"]);
    world.sim.habits_mut().changing_stamps = true;
    let mut heard = world.run(&list(Listing::Contents));
    let tag = heard.listed().tag.clone();
    assert!(tag.is_some());
    for _ in 0..3 {
        heard = world.run(&list(Listing::Since(heard.token())));
        assert_eq!(heard.listed().tag, tag);
    }
    assert_eq!(world.run(&list(Listing::Names)).listed().tag, tag);
    world.publish(&["a", "c"]);
    let changed = world.run(&list(Listing::Since(heard.token())));
    assert!(changed.listed().tag.is_some() && changed.listed().tag != tag);
}

#[test]
fn how_often_a_feed_is_to_be_read_is_kept_with_its_token() {
    let mut world = World::new(&["a"]);
    let text = feed_of(&["a"]).replace("VERSION:2.0", "VERSION:2.0\r\nX-PUBLISHED-TTL:P1W");
    world.sim.publish(&text, world.now_ms);
    let token = world.run(&list(Listing::Contents)).token();
    assert_eq!(stale_after_ms(&token), 14 * 86_400_000);
}

#[test]
fn a_fetch_gives_what_is_there_and_says_what_is_absent() {
    let mut world = World::new(&["a", "b"]);
    let names = ["a@x", "gone@x"].map(|id| ObjectName::Known(ProviderId(id.into())));
    let fetch = ProviderOp::Fetch { calendar: ProviderId("feed".into()), names: names.to_vec() };
    let heard = world.run(&fetch);
    let [Output::Item(Item::Event(event)), Output::Item(Item::Removed { id, evidence })] =
        heard.outputs.as_slice()
    else {
        panic!("{:?}", heard.outputs)
    };
    assert!(event.fresh && event.id.0 == "a@x");
    assert_eq!((id.0.as_str(), *evidence), ("gone@x", Evidence::Absent));
    assert_eq!(heard.done, Done::Fetched);
}

#[test]
fn one_bad_event_does_not_stop_the_others() {
    let mut world = World::new(&["a", "b"]);
    let text = feed_of(&["a", "b"]).replacen("DTSTART:20260601T090000Z\r\n", "", 1);
    world.sim.publish(&text, world.now_ms);
    let heard = world.run(&list(Listing::Contents));
    assert_eq!(heard.ids().len(), 2);
    let broken = |output: &Output| matches!(output, Output::Item(Item::Broken(_)));
    assert_eq!(heard.outputs.iter().filter(|output| broken(output)).count(), 1);
}

#[test]
fn a_feed_is_never_written() {
    let feed = Feed::new(FeedConfig { url: ADDRESS.into(), remember: String::new() });
    let op = ProviderOp::MakeCalendar { derived: "d".into(), name: "n".into() };
    let failure = feed.start(&op, &Credential::None).err().unwrap();
    assert_eq!(failure.class, FailureClass::Unsupported);
    let body = kalends_core::event::Body::single(kalends_core::event::Content::at(
        kalends_core::event::Span {
            start: kalends_core::time::When::Date(kalends_core::time::Date::from_days(0)),
            length: kalends_core::time::Length::Exact(0),
            end_zone: None,
        },
    ));
    let doc = MirrorDoc { derived: "d".into(), mark: String::new(), body, instance: None };
    let op = ProviderOp::Create { calendar: ProviderId("feed".into()), doc: Box::new(doc) };
    assert!(feed.start(&op, &Credential::None).is_err());
}

#[test]
fn the_address_shows_nowhere() {
    let config = FeedConfig { url: ADDRESS.into(), remember: String::new() };
    assert!(!format!("{config:?}{:?}", Feed::new(config.clone())).contains("private"));
    let bad = FeedConfig { url: "private-0123".into(), ..config };
    let failure = Feed::new(bad).start(&ProviderOp::Discover, &Credential::None).err().unwrap();
    assert!(!format!("{failure:?}").contains("private"));
}

#[test]
fn a_file_is_read_like_any_other_address() {
    let config = FeedConfig { url: "file:///home/a/cal.ics".into(), remember: String::new() };
    let mut exchange = Feed::new(config).start(&ProviderOp::Discover, &Credential::None).unwrap();
    match exchange.resume(Input::Start, NOW) {
        Turn::Send(Call::Http(request)) => assert_eq!(request.url, "file:///home/a/cal.ics"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_feed_tells_when_its_owner_is_taken_and_a_broken_one_does_not() {
    let mut world = World::new(&["a", "b"]);
    let (from, to) = ("2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z");
    let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
    let op = ProviderOp::FreeBusy { of: vec![ADDRESS.to_owned()], from, to };
    let availability = |heard: Heard| match heard.outputs.as_slice() {
        [Output::Schedule(schedule)] => schedule.availability.clone(),
        other => panic!("{other:?}"),
    };
    let known = availability(world.run(&op));
    let at = |text: &str| text.parse().unwrap();
    let (from, to) = (at("2026-06-01T09:00:00Z"), at("2026-06-01T10:00:00Z"));
    assert_eq!(known, Availability::Known(vec![Taken { from, to, how: Busy::Busy }]));
    let text = "BEGIN:VCALENDAR\r\nBEGIN:VFREEBUSY\r\nFREEBUSY:20260601T120000Z/PT1H\r\n\
                END:VFREEBUSY\r\nEND:VCALENDAR\r\n";
    world.sim.publish(text, NOW.as_millis());
    let (from, to) = (at("2026-06-01T12:00:00Z"), at("2026-06-01T13:00:00Z"));
    let known = availability(world.run(&op));
    assert_eq!(known, Availability::Known(vec![Taken { from, to, how: Busy::Busy }]));
    for text in ["<html>sign in</html>", &feed_of(&["a"]).replace("END:VCALENDAR", "")] {
        world.sim.publish(text, NOW.as_millis());
        let heard = world.run(&op);
        if matches!(heard.done, Done::Failed(_)) {
            assert!(heard.outputs.is_empty(), "{text}: {:?}", heard.outputs);
            continue;
        }
        let unknown = availability(heard);
        assert!(matches!(unknown, Availability::Unknown { .. }), "{text}: {unknown:?}");
    }
}
