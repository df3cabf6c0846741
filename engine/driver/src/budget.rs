//! The governor of a process, asked before each request.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use kalends_core::budget::{Allowance, Ask, Governor, Kind, Turn};
use kalends_core::ids::AccountId;
use kalends_core::ports::Clock;
use kalends_core::time::Timestamp;

use crate::ports::{Ports, Timer};
use crate::stop::Stop;

/// A turn that is further away is waited for elsewhere, in milliseconds: the job is queued for it.
const WAIT_MS_MAX: i64 = 120_000;
/// How long nobody looks whether the run is to stop, in milliseconds.
const LOOK_MS: i64 = 1_000;

/// What is sent, counted against what providers allow. Drivers that share one, in one process,
/// keep limits together; its clones are one.
#[derive(Debug, Clone, Default)]
pub struct Budget(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    governor: Governor,
    /// Who waits for one that is under way to end.
    waiting: Vec<Waker>,
    /// Calls that take several places and wait for them, in the order in which they came.
    lines: Vec<(u64, AccountId)>,
    /// How many ever waited so.
    waited: u64,
}

/// Who may wait for several places: whoever stops waiting leaves the line.
struct Line<'a> {
    budget: &'a Budget,
    nth: Option<u64>,
}

/// Whose turn is waited for, and until when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish<'a> {
    pub(crate) account: AccountId,
    pub(crate) allowance: &'a Allowance,
    pub(crate) kind: Kind,
    /// As how many requests it is counted.
    pub(crate) count: u32,
    pub(crate) latest: Option<Timestamp>,
    pub(crate) stop: Option<&'a Stop>,
}

/// A request under way, or a place for one. Dropped when it has ended.
#[derive(Debug)]
pub(crate) struct Seat {
    budget: Budget,
    account: AccountId,
    allowance: Allowance,
    kind: Kind,
    count: u32,
}

impl Budget {
    /// Waits for a turn. The time before which there is none, where that is too late to wait for
    /// or nothing waits here. Who waits for a place looks at the time and the stop whenever one is left:
    /// whoever holds one leaves it in time, and at a stop.
    pub(crate) async fn turn<P: Ports>(
        &self,
        ports: &P,
        wish: &Wish<'_>,
    ) -> Result<Seat, Timestamp> {
        let Wish { account, allowance, kind, count, latest, stop } = *wish;
        let ask = Ask { account, allowance, kind, count };
        let latest =
            latest.into_iter().chain([ports.clock().now().saturating_add_millis(WAIT_MS_MAX)]);
        let latest = latest.min();
        loop {
            let mut line = Line { budget: self, nth: None };
            let turn = poll_fn(|cx| {
                let mut kept = self.lock();
                match kept.ask(&ask, &mut line.nth, ports.clock().now()) {
                    Turn::Full
                        if stop.is_some_and(Stop::asked)
                            || latest.is_some_and(|latest| ports.clock().now() > latest) =>
                    {
                        Poll::Ready(Some(ports.clock().now()))
                    }
                    Turn::Full => {
                        kept.waiting.push(cx.waker().clone());
                        Poll::Pending
                    }
                    Turn::Go => Poll::Ready(None),
                    Turn::At(at) => Poll::Ready(Some(at)),
                }
            });
            let Some(at) = turn.await else {
                let (budget, allowance) = (self.clone(), *allowance);
                return Ok(Seat { budget, account, allowance, kind, count });
            };
            let stopped = stop.is_some_and(Stop::asked);
            if !ports.timer().waits() || stopped || latest.is_some_and(|latest| at > latest) {
                return Err(at);
            }
            drop(line);
            let look = ports.clock().now().saturating_add_millis(LOOK_MS);
            ports.timer().until(at.min(look)).await;
        }
    }

    /// How much was spent of what each provider allows, in thousandths, as [`Governor::used`].
    #[must_use]
    pub fn used(&self, now: Timestamp) -> BTreeMap<&'static str, u64> {
        self.lock().governor.used(now)
    }

    /// The provider asks for rest.
    pub(crate) fn rest(&self, account: AccountId, until: Timestamp, now: Timestamp) {
        self.lock().governor.rest(account, until, now);
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Asks for a turn. Where one that takes several places waits, what is left is kept for it: of
    /// those that take one there are always more.
    fn ask(&mut self, ask: &Ask<'_>, nth: &mut Option<u64>, now: Timestamp) -> Turn {
        let first = self.lines.iter().find(|(_, account)| *account == ask.account);
        let is_kept = first.is_some_and(|(first, _)| Some(*first) != *nth);
        let turn = if is_kept { Turn::Full } else { self.governor.ask(ask, now) };
        if turn == Turn::Full && ask.count > 1 && nth.is_none() {
            self.waited += 1;
            self.lines.push((self.waited, ask.account));
            *nth = Some(self.waited);
        }
        turn
    }

    fn wake(&mut self) {
        std::mem::take(&mut self.waiting).into_iter().for_each(Waker::wake);
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        let Some(nth) = self.nth else { return };
        let mut kept = self.budget.lock();
        kept.lines.retain(|(other, _)| *other != nth);
        kept.wake();
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut kept = self.budget.lock();
        let Self { account, ref allowance, kind, count, .. } = *self;
        kept.governor.ended(&Ask { account, allowance, kind, count });
        kept.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THREE: Allowance = Allowance { at_once: Some(3), ..Allowance::NONE };

    /// Catches a call of several requests that waits for ever, since single ones come all the time.
    #[test]
    fn what_takes_several_places_has_them_once_those_under_way_have_ended() {
        let (mut kept, now) = (Kept::default(), Timestamp::from_millis(0));
        let account = AccountId::from_bytes([1; 16]);
        let ask = |count| Ask { account, allowance: &THREE, kind: Kind::Read, count };
        let (mut none, mut first, mut second) = (None, None, None);
        assert_eq!(kept.ask(&ask(1), &mut none, now), Turn::Go);
        assert_eq!(kept.ask(&ask(3), &mut first, now), Turn::Full);
        assert_eq!(kept.ask(&ask(2), &mut second, now), Turn::Full);
        assert_eq!(kept.ask(&ask(1), &mut none, now), Turn::Full, "two are kept");
        let other = Ask { account: AccountId::from_bytes([2; 16]), ..ask(1) };
        assert_eq!(kept.ask(&other, &mut none, now), Turn::Go);
        kept.governor.ended(&ask(1));
        assert_eq!(kept.ask(&ask(2), &mut second, now), Turn::Full, "it came later");
        assert_eq!(kept.ask(&ask(3), &mut first, now), Turn::Go);
        kept.lines.retain(|(nth, _)| Some(*nth) != first);
        kept.governor.ended(&ask(3));
        assert_eq!(kept.ask(&ask(2), &mut second, now), Turn::Go);
        kept.lines.clear();
        assert_eq!(kept.ask(&ask(1), &mut none, now), Turn::Go);
        assert_eq!(none, None, "one that takes one place keeps none");
    }
}
