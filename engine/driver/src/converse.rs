//! One conversation with a provider: the exchange decides, this carries.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use futures_util::future::{Either, select};
use kalends_core::budget::{Allowance, Kind};
use kalends_core::http_date::http_date;
use kalends_core::ids::AccountId;
use kalends_core::ports::{
    Call, Clock, Entropy, Exchange, Http, HttpBody, HttpFailure, HttpHead, Input, Turn,
};
use kalends_core::provider::{Done, Failure, FailureClass, Output, ProviderOp};
use kalends_core::time::Timestamp;

use crate::budget::{Budget, Seat, Wish};
use crate::error::DriverError;
use crate::hooks::{Flow, Hooks, Point, Talked};
use crate::limits::Limits;
use crate::ports::{Accounts, Opened, Ports, Timer};
use crate::stop::Stop;
use crate::weight::bytes_of;

/// The code of a conversation that ended because nothing may be sent before a time.
const SPENT: &str = "budget.spent";

/// Takes what a conversation gives, some at a time, in its order.
pub trait Sink {
    /// Takes the next outputs. The conversation rests until they are taken.
    fn take(&mut self, outputs: Vec<Output>) -> impl Future<Output = Result<(), DriverError>>;

    /// The conversation begins again from its beginning, with another token: what was taken comes
    /// once more.
    fn again(&mut self) {}
}

/// Keeps everything.
#[derive(Debug, Default)]
pub struct Collect(pub Vec<Output>);

impl Sink for Collect {
    async fn take(&mut self, outputs: Vec<Output>) -> Result<(), DriverError> {
        self.0.extend(outputs);
        Ok(())
    }

    fn again(&mut self) {
        self.0.clear();
    }
}

/// What ends a conversation from outside.
#[derive(Debug, Clone, Copy)]
pub struct Bounds<'a> {
    /// No answer is waited for after this time, nothing is sent, and no more is made of an answer than
    /// the batch that was handed on last.
    pub deadline: Timestamp,
    /// Ends it before its next request, or behind a batch that was handed on, where that is safe: for
    /// reads.
    pub stop: Option<&'a Stop>,
    /// Ends the whole run: no turn is waited for beyond it.
    pub ends: Option<Timestamp>,
    /// Batches, and the most requests.
    pub limits: &'a Limits,
}

/// How a conversation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// By itself.
    Done(Done),
    /// Because it was asked to stop. Nothing is known of what it was for.
    Stopped,
}

/// Carries conversations with one account.
#[derive(Debug, Clone, Copy)]
pub struct Talk<'a, P> {
    /// The ports.
    pub ports: &'a P,
    /// The account, for calls to records.
    pub account: AccountId,
    /// How to talk to it.
    pub opened: &'a Opened,
    /// Counts every request, when it is sent.
    pub requests: &'a AtomicU64,
    /// The time the provider showed last, in milliseconds; 0 where it showed none.
    pub date: &'a AtomicI64,
    /// Is asked before each request.
    pub budget: &'a Budget,
}

impl<P: Ports> Talk<'_, P> {
    /// Carries one conversation to its end. A [`Failure`] of the provider is a [`Done`], not an
    /// error.
    ///
    /// # Errors
    /// What the sink says, and [`DriverError::Killed`] at a fail-point.
    pub async fn converse<K: Sink>(
        &self,
        op: &ProviderOp,
        bounds: Bounds<'_>,
        sink: &mut K,
    ) -> Result<Ended, DriverError> {
        let exchange = match self.opened.provider.start(op, &self.opened.credential) {
            Ok(exchange) => exchange,
            Err(failure) => return Ok(Ended::Done(Done::Failed(failure))),
        };
        let mut line = Line {
            talk: self,
            bounds,
            allowance: self.opened.provider.allowance(),
            kind: Kind::of(op),
            seat: None,
            body: None,
            sent: 0,
            held: Vec::new(),
            held_bytes: 0,
        };
        let ended = line.carry(exchange, sink).await?;
        line.seat = None;
        line.heed(&ended);
        line.tell(&ended);
        if !line.held.is_empty() {
            sink.take(line.held).await?;
        }
        Ok(ended)
    }
}

/// A conversation under way.
struct Line<'a, P: Ports> {
    talk: &'a Talk<'a, P>,
    bounds: Bounds<'a>,
    allowance: Allowance,
    kind: Kind,
    /// The request under way.
    seat: Option<Seat>,
    body: Option<<P::Http as Http>::Body>,
    sent: u32,
    held: Vec<Output>,
    held_bytes: usize,
}

impl<P: Ports> Line<'_, P> {
    async fn carry<K: Sink>(
        &mut self,
        mut exchange: Box<dyn Exchange>,
        sink: &mut K,
    ) -> Result<Ended, DriverError> {
        let mut input = Input::Start;
        loop {
            let turn = exchange.resume(input, self.talk.ports.clock().now());
            input = match turn {
                Turn::Item(output) => {
                    // As long as the answer comes in, its pieces are counted.
                    if self.body.is_none() {
                        self.held_bytes += bytes_of(&output);
                    }
                    self.held.push(output);
                    if self.hand_on(sink).await?
                        && let Some(ended) = self.ends_behind_batch()
                    {
                        return Ok(ended);
                    }
                    Input::Start
                }
                Turn::More => match self.next_piece().await {
                    Some(input) => input,
                    None => return Ok(self.fail(FailureClass::Protocol, "exchange.no-body")),
                },
                Turn::Draw => Input::Drawn(self.talk.ports.entropy().seed()),
                Turn::Send(call) => {
                    if let Err(at) = self.sit(exchange.counts()).await {
                        return Ok(self.spent(at));
                    }
                    if self.is_stopped() {
                        return Ok(Ended::Stopped);
                    }
                    if self.is_late() {
                        return Ok(self.fail(FailureClass::Transient, "deadline"));
                    }
                    if self.sent >= self.bounds.limits.conversation_requests {
                        return Ok(self.fail(FailureClass::Protocol, "exchange.endless"));
                    }
                    self.send(call).await?
                }
                Turn::Done(done) => return Ok(Ended::Done(done)),
            };
        }
    }

    /// Hands outputs on when enough have come together, so that memory stays bounded. Whether it did.
    async fn hand_on<K: Sink>(&mut self, sink: &mut K) -> Result<bool, DriverError> {
        let limits = self.bounds.limits;
        let full = self.held.len() >= limits.batch_items || self.held_bytes >= limits.batch_bytes;
        if full {
            self.held_bytes = 0;
            sink.take(std::mem::take(&mut self.held)).await?;
        }
        Ok(full)
    }

    /// Waits until one more request may be sent; what it takes is no part of a conversation's time.
    async fn sit(&mut self, count: u32) -> Result<(), Timestamp> {
        (self.body, self.seat) = (None, None);
        let Talk { ports, account, budget, .. } = *self.talk;
        let Bounds { stop, ends, .. } = self.bounds;
        let (allowance, kind) = (&self.allowance, self.kind);
        let wish = Wish { account, allowance, kind, count, latest: ends, stop };
        let before = ports.clock().now();
        self.seat = Some(budget.turn(ports, &wish).await?);
        let waited = ports.clock().now().millis_since(before).max(0);
        let deadline = self.bounds.deadline.saturating_add_millis(waited);
        self.bounds.deadline = ends.map_or(deadline, |ends| deadline.min(ends));
        Ok(())
    }

    /// A provider that asks for rest asks it of every conversation with the account, also where it
    /// is unknown what became of this one.
    fn heed(&self, ended: &Ended) {
        if let Ended::Done(Done::Failed(failure)) = ended
            && matches!(failure.class, FailureClass::Throttled | FailureClass::Unknown)
            && let Some(until) = failure.retry_at
        {
            let Talk { ports, account, budget, .. } = *self.talk;
            budget.rest(account, until, ports.clock().now());
        }
    }

    /// Tells whoever looks on how it ended.
    fn tell(&self, ended: &Ended) {
        let failed = match ended {
            Ended::Done(Done::Failed(failure)) => Some(failure.class),
            Ended::Done(_) | Ended::Stopped => None,
        };
        let (provider, requests) = (self.allowance.provider, self.sent);
        self.talk.ports.hooks().talked(&Talked { provider, requests, failed });
    }

    async fn send(&mut self, call: Call) -> Result<Input, DriverError> {
        let Talk { ports, account, requests, .. } = *self.talk;
        self.sent += 1;
        requests.fetch_add(1, Ordering::Relaxed);
        live(ports.hooks().point(Point::Sending))?;
        let input = match call {
            Call::Http(request) => {
                let sending = ports.http().send(request);
                match in_time(ports, self.bounds.deadline, sending).await {
                    Some(Ok((head, body))) => {
                        if let Some(date) = date_of(&head) {
                            self.talk.date.store(date.as_millis(), Ordering::Relaxed);
                        }
                        self.body = Some(body);
                        Input::Head(head)
                    }
                    Some(Err(failure)) => Input::Failed(failure),
                    None => Input::Failed(HttpFailure::Deadline),
                }
            }
            Call::Records(call) => {
                let (outputs, done) = ports.accounts().records(account, call).await;
                Input::Records(outputs, Box::new(done))
            }
        };
        live(ports.hooks().point(Point::Answered))?;
        Ok(input)
    }

    /// The next piece of the answer; `None` where there is no answer to read from.
    async fn next_piece(&mut self) -> Option<Input> {
        let ports = self.talk.ports;
        let mut body = self.body.take()?;
        // A peer that drips without an end is late too, though each piece comes in time.
        if self.is_late() {
            return Some(Input::Failed(HttpFailure::Deadline));
        }
        let input = match in_time(ports, self.bounds.deadline, body.chunk()).await {
            Some(Ok(Some(piece))) => {
                self.held_bytes += piece.len();
                self.body = Some(body);
                Input::Chunk(piece)
            }
            Some(Ok(None)) => Input::End,
            Some(Err(failure)) => Input::Failed(failure),
            None => Input::Failed(HttpFailure::Deadline),
        };
        if self.body.is_none() {
            self.seat = None;
        }
        Some(input)
    }

    /// Whether a read ends here, though all that is left of it may have come: one answer may be large,
    /// and what is made of it may take long.
    fn ends_behind_batch(&self) -> Option<Ended> {
        if self.is_stopped() {
            return Some(Ended::Stopped);
        }
        let is_late = self.kind == Kind::Read && self.is_late();
        is_late.then(|| self.fail(FailureClass::Transient, "deadline"))
    }

    fn is_late(&self) -> bool {
        self.talk.ports.clock().now() >= self.bounds.deadline
    }

    fn is_stopped(&self) -> bool {
        self.kind == Kind::Read && self.bounds.stop.is_some_and(Stop::asked)
    }

    /// Ends it because nothing may be sent before then.
    fn spent(&self, at: Timestamp) -> Ended {
        self.failed(FailureClass::Throttled, SPENT, Some(at))
    }

    /// Ends it without the exchange's word.
    fn fail(&self, class: FailureClass, code: &str) -> Ended {
        self.failed(class, code, None)
    }

    /// A write may have been done all the same.
    fn failed(&self, class: FailureClass, code: &str, retry_at: Option<Timestamp>) -> Ended {
        let writes = self.kind == Kind::Write;
        let class = if writes && self.sent > 0 { FailureClass::Unknown } else { class };
        Ended::Done(Done::Failed(Failure {
            class,
            code: code.to_owned(),
            detail: format!("ended after {} requests: it is tried again later", self.sent),
            retry_at,
        }))
    }
}

/// The time before which nothing of a conversation was sent, nor may be.
pub(crate) fn not_before(done: &Done) -> Option<Timestamp> {
    match done {
        Done::Failed(failure)
            if failure.code == SPENT && failure.class == FailureClass::Throttled =>
        {
            failure.retry_at
        }
        Done::Failed(_)
        | Done::Discovered { .. }
        | Done::Listed(_)
        | Done::Fetched
        | Done::Stored(_)
        | Done::Deleted
        | Done::MadeCalendar { .. }
        | Done::Watching(_) => None,
    }
}

async fn in_time<P: Ports, T>(
    ports: &P,
    deadline: Timestamp,
    work: impl Future<Output = T>,
) -> Option<T> {
    match select(pin!(work), pin!(ports.timer().until(deadline))).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(((), _)) => None,
    }
}

fn live(flow: Flow) -> Result<(), DriverError> {
    match flow {
        Flow::Go => Ok(()),
        Flow::Die => Err(DriverError::Killed),
    }
}

/// What time it is at whoever answers. An answer that a cache kept says when it was made, and how old it
/// is (RFC 9111, 5.1); where that cannot be read, it says nothing.
fn date_of(head: &HttpHead) -> Option<Timestamp> {
    let made = head.header("date").and_then(http_date)?;
    let age: u32 = head.header("age").map_or(Ok(0), |age| age.trim().parse()).ok()?;
    Some(made.saturating_add_millis(i64::from(age) * 1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches a clock that is called wrong because a cache answered with what it had kept for hours.
    #[test]
    fn the_date_of_an_answer_from_a_cache_is_as_old_as_it_says() {
        let date = ("date".to_owned(), "Sun, 06 Nov 1994 08:49:37 GMT".to_owned());
        let head = |more: &[(String, String)]| HttpHead {
            status: 200,
            headers: [std::slice::from_ref(&date), more].concat(),
        };
        assert_eq!(date_of(&head(&[])), Some(Timestamp::from_seconds(784_111_777)));
        let aged = |age: &str| date_of(&head(&[("age".to_owned(), age.to_owned())]));
        assert_eq!(
            aged("0"),
            Some(Timestamp::from_seconds(784_111_777)),
            "some say so of each answer"
        );
        assert_eq!(aged("86400"), Some(Timestamp::from_seconds(784_111_777 + 86_400)));
        assert_eq!(aged("long"), None);
    }
}
