//! When others have time: asked once for all who want to know, and for as long as it is fresh.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod common;

use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;

use common::{Count, Hand, NoAccounts, Rows, block_on, opened};
use futures_util::future::join_all;
use kalends_core::availability::{Availability, Schedule};
use kalends_core::ids::AccountId;
use kalends_core::ports::{Call, Http, HttpBody, HttpFailure, HttpHead, HttpRequest, Input, Turn};
use kalends_core::provider::{Done, Failure, FailureClass, Output};
use kalends_core::time::Timestamp;
use kalends_driver::{NoHooks, Opened, Others, Parts, Question};

const FRESH_MS: i64 = 1_000;

/// A provider that takes its time.
#[derive(Default)]
struct Slow(AtomicU32);

impl Http for Slow {
    type Body = Nothing;

    async fn send(&self, _: HttpRequest) -> Result<(HttpHead, Nothing), HttpFailure> {
        self.0.fetch_add(1, Ordering::Relaxed);
        let mut waits = 20;
        poll_fn(|context| {
            context.waker().wake_by_ref();
            waits -= 1;
            if waits == 0 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        Ok((HttpHead { status: 200, headers: Vec::new() }, Nothing))
    }
}

struct Nothing;

impl HttpBody for Nothing {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, HttpFailure> {
        Ok(None)
    }
}

type Ports = Parts<Rows, Slow, Hand, Count, NoAccounts, Hand, NoHooks>;

fn ports() -> Ports {
    let hand = Hand::default();
    Parts {
        store: Rows::default(),
        http: Slow::default(),
        clock: hand.clone(),
        entropy: Count::default(),
        accounts: NoAccounts,
        timer: hand,
        hooks: NoHooks,
    }
}

fn get() -> Turn {
    Turn::Send(Call::Http(HttpRequest {
        method: "GET",
        url: "https://a.example/busy".to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
        answer_bytes_max: 1_000,
    }))
}

/// Tells of the first of those asked for, and of no other.
fn telling() -> Opened {
    opened(|n, input| match (n, input) {
        (0, _) => get(),
        (_, Input::End) => {
            let availability = Availability::Known(Vec::new());
            let of = "ann".to_owned();
            Turn::Item(Output::Schedule(Box::new(Schedule { of, availability, hours: None })))
        }
        (_, Input::Start) => Turn::Done(Done::Fetched),
        (
            _,
            Input::Head(_)
            | Input::Chunk(_)
            | Input::Failed(_)
            | Input::Records(..)
            | Input::Drawn(_),
        ) => Turn::More,
    })
}

fn failing() -> Opened {
    opened(|_, _| {
        Turn::Done(Done::Failed(Failure {
            class: FailureClass::Forbidden,
            code: "no".to_owned(),
            detail: String::new(),
            retry_at: None,
        }))
    })
}

fn question(of: &[&str]) -> Question {
    Question {
        account: AccountId::from_bytes([1; 16]),
        of: of.iter().map(|one| (*one).to_owned()).collect(),
        from: Timestamp::from_millis(0),
        to: Timestamp::from_millis(10),
    }
}

fn calls(ports: &Ports) -> u32 {
    ports.http.0.load(Ordering::Relaxed)
}

#[test]
fn many_who_ask_the_same_at_once_cost_one_call() {
    let (ports, others, opened) = (ports(), Others::new(FRESH_MS), telling());
    let asked = question(&["ann", "bob"]);
    let all = (0..50).map(|_| others.ask(&ports, &opened, &asked));
    let said = block_on(join_all(all));
    assert_eq!(calls(&ports), 1);
    for one in said {
        let schedules = one.unwrap().unwrap();
        assert_eq!(schedules[0].availability, Availability::Known(Vec::new()));
        let unknown = matches!(schedules[1].availability, Availability::Unknown { .. });
        assert!(unknown, "nobody told of bob: {schedules:?}");
        assert_eq!(schedules[1].of, "bob");
    }
}

#[test]
fn an_answer_counts_while_it_is_fresh_and_for_its_question_alone() {
    let (ports, others, opened) = (ports(), Others::new(FRESH_MS), telling());
    let ask = |of: &[&str]| block_on(others.ask(&ports, &opened, &question(of))).unwrap().unwrap();
    ask(&["ann"]);
    ask(&["ann"]);
    assert_eq!(calls(&ports), 1);
    ask(&["bob"]);
    assert_eq!(calls(&ports), 2);
    ports.clock.now.fetch_add(FRESH_MS, Ordering::Relaxed);
    ask(&["ann"]);
    assert_eq!(calls(&ports), 3);
}

#[test]
fn a_failure_is_not_kept_and_who_gives_up_holds_up_nobody() {
    let (ports, others, opened) = (ports(), Others::new(FRESH_MS), telling());
    let asked = question(&["ann"]);
    assert!(block_on(others.ask(&ports, &failing(), &asked)).unwrap().is_err());
    {
        // Asked, and dropped while the answer is on its way.
        let mut first = pin!(others.ask(&ports, &opened, &asked));
        block_on(poll_fn(|context| {
            assert!(first.as_mut().poll(context).is_pending());
            Poll::Ready(())
        }));
    }
    assert_eq!(calls(&ports), 1);
    assert!(block_on(others.ask(&ports, &opened, &asked)).unwrap().is_ok());
    assert_eq!(calls(&ports), 2);
}
