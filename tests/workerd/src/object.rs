//! A graph in an object, which works a slice at a time.

use std::cell::{Cell, RefCell};

use kalends::core::meeting::Message;
use kalends::core::plan::Plan;
use kalends::core::ports::{GraphStore as _, StoreError};
use kalends::core::slice::ReadSet;
use kalends::driver::{Deliver, DriverError};
use kalends::ids::GraphId;
use kalends::queries::{CountsOf, Queries as _};
use kalends_cloudflare::{GraphObject, ObjectOptions, WorkerClock, open_parcel, parcels};
use kalends_core::ports::Clock as _;
use kalends_testkit::contract::outbox::message;
use kalends_testkit::contract::rows::GRAPH;
use worker::Storage;

use crate::host::{alarm, far, vault};
use crate::synced::{CaldavOnly, Places, add, address, event, open, send};

/// The names of the cases here.
pub(crate) const CASES: [&str; 3] = [
    "object::many_events_are_taken_in_a_thousand_rows_an_alarm",
    "object::what_an_object_did_not_hand_on_the_next_one_does",
    "object::parcels_fit_into_a_queue",
];

/// The halves of a case between which the whole runtime ends: `run.mjs` asks for one, and for the
/// other in the next runtime.
const HALVES: [&str; 2] = ["object::something_is_said", "object::the_next_runtime_hands_it_on"];

/// Runs a case; whether there is one of that name.
pub(crate) async fn run(name: &str, storage: &Storage, places: &Places) -> bool {
    match CASES.iter().chain(&HALVES).position(|case| *case == name) {
        Some(0) => many_events_are_taken_in_a_thousand_rows_an_alarm(storage, places).await,
        Some(1) => what_an_object_did_not_hand_on_the_next_one_does(storage).await,
        Some(2) => parcels_fit_into_a_queue(),
        Some(3) => something_is_said(storage).await,
        Some(4) => the_next_runtime_hands_it_on(storage).await,
        _ => return false,
    }
    true
}

/// More than a look and one slice may take in.
const EVENTS: u32 = 700;
/// The most rows that an alarm may change.
const ROWS_MAX: u64 = 1_000;

/// Fails if a look at what a sync would write takes in more than an alarm may, or passes for all of it; if an
/// alarm does more than it may, if one that was cut is not followed by another at once,
/// or if what was cut is never done.
async fn many_events_are_taken_in_a_thousand_rows_an_alarm(storage: &Storage, places: &Places) {
    let object = opened(storage);
    let account = add(object.driver(), object.keys(), "carol", &places.sim).await;
    let loaded = object.driver().ports().store.load(GRAPH, &ReadSet::default()).await;
    let config = match loaded {
        Ok(slice) => slice.config,
        Err(error) => unreachable!("the graph is read: {error}"),
    };
    let Some(many) = config.calendars.values().find(|it| it.account == account && it.on) else {
        unreachable!("carol has a calendar");
    };
    for n in 0..EVENTS {
        let (uid, folder) = (format!("many-{n}"), address(places, many));
        let made = send("PUT", &format!("{folder}{uid}.ics"), "carol", &event(&uid, n % 24)).await;
        assert!(matches!(made.0, 201 | 204), "{made:?}");
    }
    let Ok((_, false)) = object.preview().await else { unreachable!("a look is no whole one") };
    let counts = object.driver().ports().store.query(CountsOf { graph: GRAPH }).await;
    let some = 1..u64::from(EVENTS);
    assert!(counts.is_ok_and(|counts| some.contains(&counts.events)), "a look takes in a part");
    let (mut slices, mut cut) = (0, true);
    while cut {
        slices += 1;
        assert!(slices < 20, "it comes to an end");
        let worked = match object.work(&Post::default()).await {
            Ok(Some(worked)) => worked,
            other => unreachable!("it works: {other:?}"),
        };
        assert!(worked.rows <= ROWS_MAX, "{worked:?}");
        cut = worked.cut;
        assert!(!cut || alarm(storage).await.is_some_and(|at| at <= WorkerClock.now()));
    }
    assert!(slices > 1, "one slice was enough");
    let counts = object.driver().ports().store.query(CountsOf { graph: GRAPH }).await;
    assert_eq!(counts.map(|counts| counts.events), Ok(u64::from(EVENTS)));
}

/// Fails if a message is lost with an object that ended between its commit and the queue, or with a
/// queue that was out of order for a while; or if it is sent twice where nothing went wrong.
async fn what_an_object_did_not_hand_on_the_next_one_does(storage: &Storage) {
    something_is_said(storage).await;
    the_next_runtime_hands_it_on(storage).await;
}

/// A commit of messages that nobody hands on.
async fn something_is_said(storage: &Storage) {
    let said = Plan { messages: vec![message(1), message(2)], ..Plan::default() };
    let ended = opened(storage);
    let store = &ended.driver().ports().store;
    let version = store.load(GRAPH, &ReadSet::default()).await.map(|slice| slice.version);
    let committed = match version {
        Ok(version) => store.commit(GRAPH, version, &said).await,
        Err(error) => Err(error),
    };
    assert!(committed.is_ok(), "{committed:?}");
}

async fn the_next_runtime_hands_it_on(storage: &Storage) {
    assert!(alarm(storage).await.is_some_and(|at| at < far(0)));
    let next = opened(storage);
    let post = Post::default();
    post.broken.set(true);
    assert!(next.work(&post).await.is_ok_and(|worked| worked.is_some()));
    assert_eq!(post.sent.borrow().len(), 0);
    post.broken.set(false);
    assert!(next.work(&post).await.is_ok_and(|worked| worked.is_some()));
    assert!(next.work(&post).await.is_ok_and(|worked| worked.is_some()));
    assert_eq!(*post.sent.borrow(), [message(1), message(2)]);
}

/// Fails if a message of a queue is longer than Cloudflare takes, or says something else when it is
/// read.
fn parcels_fit_into_a_queue() {
    let messages: Vec<Message> = (0..1_000).map(message).collect();
    let parcels = parcels(GRAPH, &messages);
    let Ok(parcels) = parcels else { unreachable!("they fit: {parcels:?}") };
    assert!(parcels.len() > 1 && parcels.iter().all(|parcel| parcel.len() < 128_000));
    let read: Vec<_> = parcels.iter().map(|parcel| open_parcel(parcel)).collect();
    assert!(read.iter().all(|read| read.as_ref().is_ok_and(|(to, _)| *to == GRAPH)));
    let read: Vec<Message> = read.into_iter().flatten().flat_map(|(_, some)| some).collect();
    assert_eq!(read, messages);
    assert!(open_parcel("{\"v\":99,\"to\":\"x\",\"messages\":[]}").is_err());
}

fn opened(storage: &Storage) -> GraphObject<CaldavOnly> {
    let options = ObjectOptions { fetch: open(), ..ObjectOptions::default() };
    let made = GraphObject::<CaldavOnly>::create(storage, vault(), GRAPH);
    assert_eq!(made, Ok(()));
    match GraphObject::open(storage, vault(), CaldavOnly, options) {
        Ok(Some(object)) => object,
        other => unreachable!("the graph is there: {other:?}"),
    }
}

/// Keeps what it is given, or fails.
#[derive(Default)]
struct Post {
    sent: RefCell<Vec<Message>>,
    broken: Cell<bool>,
}

impl Deliver for Post {
    async fn deliver(&self, _: GraphId, messages: &[Message]) -> Result<(), DriverError> {
        if self.broken.get() {
            return Err(StoreError::Failed("out of order".to_owned()).into());
        }
        self.sent.borrow_mut().extend_from_slice(messages);
        Ok(())
    }
}
