//! The exchange loop.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod common;

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use common::{Piece, TestPorts, block_on, opened, ports};
use kalends_core::ids::{AccountId, ProviderId};
use kalends_core::ports::{Call, HttpFailure, HttpRequest, Input, Turn};
use kalends_core::provider::{Done, Failure, FailureClass, Listed, Output, ProviderOp};
use kalends_core::time::Timestamp;
use kalends_driver::{
    Bounds, Budget, Collect, DriverError, Ended, FailAt, Hooks, Limits, NoHooks, Opened, Sink,
    Stop, Talk,
};

const DISCOVER: ProviderOp = ProviderOp::Discover;

fn delete() -> ProviderOp {
    ProviderOp::DeleteCalendar { calendar: ProviderId("c".to_owned()), derived: Vec::new() }
}

fn get(url: &str) -> Turn {
    Turn::Send(Call::Http(HttpRequest {
        method: "GET",
        url: url.to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
        answer_bytes_max: 1_000,
    }))
}

fn name(text: &str) -> Output {
    Output::Name { id: ProviderId(text.to_owned()), version: None }
}

fn over() -> Turn {
    Turn::Done(Done::Listed(Listed::default()))
}

/// Ends with the failure that came in, under the code of its name.
fn failed(failure: HttpFailure) -> Turn {
    Turn::Done(Done::Failed(Failure {
        class: FailureClass::Unknown,
        code: format!("{failure:?}"),
        detail: String::new(),
        retry_at: None,
    }))
}

struct Given {
    ended: Result<Ended, DriverError>,
    requests: u64,
}

fn converse<K: Hooks, S: Sink>(
    ports: &TestPorts<K>,
    opened: &Opened,
    op: &ProviderOp,
    stop: &Stop,
    sink: &mut S,
) -> Given {
    let requests = AtomicU64::new(0);
    let account = AccountId::from_bytes([1; 16]);
    let limits = Limits { batch_items: 3, conversation_requests: 5, ..Limits::default() };
    let deadline = Timestamp::from_millis(1_000);
    let bounds = Bounds { deadline, stop: Some(stop), ends: None, limits: &limits };
    let (date, budget) = (AtomicI64::new(0), Budget::default());
    let talk = Talk { ports, account, opened, requests: &requests, date: &date, budget: &budget };
    let ended = block_on(talk.converse(op, bounds, sink));
    Given { ended, requests: requests.load(Ordering::Relaxed) }
}

fn code(given: &Given) -> (FailureClass, &str) {
    match &given.ended {
        Ok(Ended::Done(Done::Failed(failure))) => (failure.class, &failure.code),
        other => panic!("not a failure: {other:?}"),
    }
}

#[derive(Default)]
struct Batches(Vec<usize>);

impl Sink for Batches {
    async fn take(&mut self, outputs: Vec<Output>) -> Result<(), DriverError> {
        self.0.push(outputs.len());
        Ok(())
    }
}

#[test]
fn heads_chunks_and_ends_reach_the_exchange_in_order() {
    let ports = ports(NoHooks);
    let pieces = vec![Piece::Bytes("one"), Piece::Bytes("two")];
    ports.http.answers.lock().unwrap().push_back(Ok((207, pieces)));
    let opened = opened(|turn, input| match (turn, input) {
        (0, Input::Start) => get("http://a/1"),
        (1, Input::Head(head)) if head.status == 207 => Turn::More,
        (2, Input::Chunk(_)) => Turn::Item(name("one")),
        (3, Input::Start) => Turn::More,
        (4, Input::Chunk(chunk)) if chunk == b"two" => Turn::More,
        (5, Input::End) => over(),
        other => panic!("out of order: {other:?}"),
    });
    let mut sink = Collect::default();
    let given = converse(&ports, &opened, &DISCOVER, &Stop::new(), &mut sink);
    assert_eq!(given.ended, Ok(Ended::Done(Done::Listed(Listed::default()))));
    assert_eq!((given.requests, sink.0), (1, vec![name("one")]));
}

#[test]
fn outputs_are_handed_on_in_bounded_batches() {
    let opened = opened(|turn, _| if turn < 8 { Turn::Item(name("x")) } else { over() });
    let mut sink = Batches::default();
    let given = converse(&ports(NoHooks), &opened, &DISCOVER, &Stop::new(), &mut sink);
    assert!(given.ended.is_ok());
    assert_eq!(sink.0, [3, 3, 2]);
}

/// Asks to stop when it was given something.
struct Enough<'a>(&'a Stop, Batches);

impl Sink for Enough<'_> {
    async fn take(&mut self, outputs: Vec<Output>) -> Result<(), DriverError> {
        self.0.ask();
        self.1.take(outputs).await
    }
}

/// Fails if one large answer keeps a run going that was asked to stop: whoever bounds what is
/// committed in one go counts on it.
#[test]
fn stopping_ends_reads_between_two_batches_of_one_answer() {
    let items = || opened(|turn, _| if turn < 8 { Turn::Item(name("x")) } else { over() });
    let stop = Stop::new();
    let mut sink = Enough(&stop, Batches::default());
    let given = converse(&ports(NoHooks), &items(), &DISCOVER, &stop, &mut sink);
    assert_eq!((given.ended, sink.1.0), (Ok(Ended::Stopped), vec![3]));
    let mut sink = Enough(&stop, Batches::default());
    let given = converse(&ports(NoHooks), &items(), &delete(), &stop, &mut sink);
    assert_eq!((given.ended.is_ok(), sink.1.0), (true, vec![3, 3, 2]), "writes go on");
}

/// Takes so long for what it is given that the deadline passes.
struct Slow<'a>(&'a TestPorts<NoHooks>, Batches);

impl Sink for Slow<'_> {
    async fn take(&mut self, outputs: Vec<Output>) -> Result<(), DriverError> {
        self.0.clock.now.store(5_000, Ordering::Relaxed);
        self.1.take(outputs).await
    }
}

/// Fails if one large answer keeps a run going beyond its deadline, for as long as there is something
/// to be made of it.
#[test]
fn a_read_ends_at_its_deadline_between_two_batches_of_one_answer() {
    let items = || opened(|turn, _| if turn < 8 { Turn::Item(name("x")) } else { over() });
    for (op, took) in [(DISCOVER, &[3][..]), (delete(), &[3, 3, 2])] {
        let ports = ports(NoHooks);
        let mut sink = Slow(&ports, Batches::default());
        let given = converse(&ports, &items(), &op, &Stop::new(), &mut sink);
        assert_eq!(sink.1.0, took, "writes go on");
        if op == DISCOVER {
            assert_eq!(code(&given), (FailureClass::Transient, "deadline"));
        }
    }
}

#[test]
fn what_came_before_a_failure_is_handed_on_too() {
    let ports = ports(NoHooks);
    let pieces = vec![Piece::Bytes("x"), Piece::Broken(HttpFailure::Cut)];
    ports.http.answers.lock().unwrap().push_back(Ok((200, pieces)));
    let opened = opened(|_, input| match input {
        Input::Start => get("http://a/1"),
        Input::Chunk(_) => Turn::Item(name("x")),
        Input::Failed(failure) => failed(*failure),
        Input::Head(_) | Input::End | Input::Records(..) | Input::Drawn(_) => Turn::More,
    });
    // After the item the exchange is resumed with `Start`, and asks again: refused.
    let mut sink = Collect::default();
    let given = converse(&ports, &opened, &DISCOVER, &Stop::new(), &mut sink);
    assert_eq!(code(&given), (FailureClass::Unknown, "Refused"));
    assert_eq!((given.requests, sink.0.len()), (2, 1), "failed requests count");
}

#[test]
fn a_silent_peer_ends_at_the_deadline() {
    let ports = ports(NoHooks);
    ports.timer.jumps.store(true, Ordering::Relaxed);
    ports.http.answers.lock().unwrap().push_back(Ok((200, vec![Piece::Silence])));
    let opened = opened(|_, input| match input {
        Input::Start => get("http://a/1"),
        Input::Failed(failure) => failed(*failure),
        Input::Head(_) | Input::Chunk(_) | Input::End | Input::Records(..) | Input::Drawn(_) => {
            Turn::More
        }
    });
    let given = converse(&ports, &opened, &DISCOVER, &Stop::new(), &mut Collect::default());
    assert_eq!(code(&given), (FailureClass::Unknown, "Deadline"));
}

#[test]
fn nothing_is_sent_after_the_deadline_and_a_write_is_then_unsure() {
    let ports = ports(NoHooks);
    ports.http.answers.lock().unwrap().push_back(Ok((200, Vec::new())));
    let clock = ports.clock.clone();
    let opened = opened(move |turn, _| {
        if turn == 1 {
            clock.now.store(5_000, Ordering::Relaxed);
        }
        get("http://a/1")
    });
    let given = converse(&ports, &opened, &delete(), &Stop::new(), &mut Collect::default());
    assert_eq!((code(&given), given.requests), ((FailureClass::Unknown, "deadline"), 1));

    let given = converse(&ports, &opened, &delete(), &Stop::new(), &mut Collect::default());
    assert_eq!((code(&given), given.requests), ((FailureClass::Transient, "deadline"), 0));
}

#[test]
fn an_exchange_that_sends_without_end_is_ended() {
    let given = converse(
        &ports(NoHooks),
        &opened(|_, _| get("http://a/1")),
        &DISCOVER,
        &Stop::new(),
        &mut Collect::default(),
    );
    assert_eq!((code(&given), given.requests), ((FailureClass::Protocol, "exchange.endless"), 5));
}

#[test]
fn an_exchange_that_waits_for_no_answer_is_ended() {
    let opened = opened(|_, _| Turn::More);
    let given =
        converse(&ports(NoHooks), &opened, &DISCOVER, &Stop::new(), &mut Collect::default());
    assert_eq!(code(&given), (FailureClass::Protocol, "exchange.no-body"));
}

#[test]
fn stopping_ends_reads_before_their_next_request_and_lets_writes_finish() {
    let stop = Stop::new();
    stop.ask();
    let opened = opened(|_, input| match input {
        Input::Start => get("http://a/1"),
        Input::Head(_)
        | Input::Chunk(_)
        | Input::End
        | Input::Failed(_)
        | Input::Records(..)
        | Input::Drawn(_) => over(),
    });
    let ports = ports(NoHooks);
    let read = converse(&ports, &opened, &DISCOVER, &stop, &mut Collect::default());
    assert_eq!((read.ended, read.requests), (Ok(Ended::Stopped), 0));
    let write = converse(&ports, &opened, &delete(), &stop, &mut Collect::default());
    assert_eq!(write.requests, 1);
}

#[test]
fn fail_points_stand_before_and_after_each_request() {
    for (number, requests) in [(1, 0), (2, 1)] {
        let ports = ports(FailAt::new(Some(number)));
        let opened = opened(|_, _| get("http://a/1"));
        let given = converse(&ports, &opened, &DISCOVER, &Stop::new(), &mut Collect::default());
        assert_eq!(given.ended, Err(DriverError::Killed));
        assert_eq!(ports.http.sent.lock().unwrap().len(), requests);
    }
}

#[test]
fn an_exchange_that_wants_to_draw_is_given_the_hosts_randomness_and_no_request() {
    let opened = opened(|_, input| match input {
        Input::Start => Turn::Draw,
        Input::Drawn(seed) => {
            assert_eq!(seed.0[..4], [0; 4]);
            over()
        }
        Input::Head(_) | Input::Chunk(_) | Input::End | Input::Failed(_) | Input::Records(..) => {
            panic!("{input:?}")
        }
    });
    let ports = ports(NoHooks);
    let given = converse(&ports, &opened, &DISCOVER, &Stop::new(), &mut Collect::default());
    assert_eq!((given.ended.is_ok(), given.requests), (true, 0));
}
