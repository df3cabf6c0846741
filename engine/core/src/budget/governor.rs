//! The governor: whether a request may be sent now, and else when.

use std::collections::{BTreeMap, VecDeque};

use crate::budget::{Allowance, Kind, Of, Rate};
use crate::ids::AccountId;
use crate::time::Timestamp;

/// A rate counts over this much more time than its provider says, in milliseconds: what is sent
/// later may arrive earlier.
const SLACK_MS: i64 = 5_000;
/// What nobody asked about for this long, in milliseconds, is forgotten where it holds nothing.
const SWEEP_MS: i64 = 600_000;

/// Counts what is sent in one process. One that begins knows of nothing: what another sent just
/// before may make it exceed a limit once, and then the provider says so.
#[derive(Debug, Clone, Default)]
pub struct Governor {
    accounts: BTreeMap<AccountId, Meter>,
    everyone: BTreeMap<&'static str, Meter>,
    /// What each provider was last said to allow, and each account's provider.
    allowed: BTreeMap<&'static str, Allowance>,
    providers: BTreeMap<AccountId, &'static str>,
    swept: Option<Timestamp>,
}

/// Whether a call may be sent.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// The account it goes to.
    pub account: AccountId,
    /// What its provider allows.
    pub allowance: &'a Allowance,
    /// What it is for.
    pub kind: Kind,
    /// As how many it is counted there; at least 1. More than may be under way at once count as
    /// so many as may.
    pub count: u32,
}

/// What the governor says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Turn {
    /// It may be sent, and is counted. [`Governor::ended`] is to be told of its end.
    Go,
    /// Not before this time; then ask again.
    At(Timestamp),
    /// As many as may be are under way: ask again when one of the account has ended.
    Full,
}

/// What is counted of one account, or of everyone at one provider.
#[derive(Debug, Clone, Default)]
struct Meter {
    /// When requests were sent, the oldest first: all of them, and those that are writes.
    sent: [VecDeque<Timestamp>; 2],
    /// Those under way: reads and writes.
    flying: [u32; 2],
    /// Since when and until when nothing is to be sent.
    rests: Option<(Timestamp, Timestamp)>,
}

impl Governor {
    /// Asks for one request, and counts it where it may be sent.
    pub fn ask(&mut self, ask: &Ask<'_>, now: Timestamp) -> Turn {
        self.sweep(now);
        let Ask { account, allowance, kind, .. } = *ask;
        let count = ask.count.max(1);
        self.allowed.insert(allowance.provider, *allowance);
        self.providers.insert(account, allowance.provider);
        let own = self.accounts.entry(account).or_default();
        let all = self.everyone.entry(allowance.provider).or_default();
        let mut at = own.rests(now);
        for (of, meter) in [(Of::Account, &mut *own), (Of::Everyone, &mut *all)] {
            let rates = || allowance.rates.iter().filter(move |rate| rate.of == of);
            meter.forget(rates().map(|rate| rate.span_ms).max().unwrap_or(0), now);
            at = at.max(rates().filter_map(|rate| meter.free_at(rate, (kind, count), now)).max());
        }
        if let Some(at) = at {
            return Turn::At(at);
        }
        if allowance.at_once.is_some_and(|most| !own.has_room(most.max(1), (kind, count))) {
            return Turn::Full;
        }
        own.flying[kind as usize] += count;
        let counts = |of: Of| allowance.rates.iter().any(|rate| rate.of == of);
        for (of, meter) in [(Of::Account, own), (Of::Everyone, all)] {
            if counts(of) {
                (0..count).for_each(|_| meter.count(kind, now));
            }
        }
        Turn::Go
    }

    /// What went with this question has ended, however it did.
    pub fn ended(&mut self, ask: &Ask<'_>) {
        if let Some(meter) = self.accounts.get_mut(&ask.account) {
            let flying = &mut meter.flying[ask.kind as usize];
            *flying = flying.saturating_sub(ask.count.max(1));
        }
    }

    /// The provider asks for rest until then.
    pub fn rest(&mut self, account: AccountId, until: Timestamp, now: Timestamp) {
        let meter = self.accounts.entry(account).or_default();
        let until = meter.rests(now).map_or(until, |known| known.max(until));
        meter.rests = Some((now, until));
    }

    /// How much was spent of what each provider allows, in thousandths: of the rate and the account
    /// that are nearest to their end. A provider without rates is left out.
    #[must_use]
    pub fn used(&self, now: Timestamp) -> BTreeMap<&'static str, u64> {
        let mut used = BTreeMap::new();
        let own = self.accounts.iter();
        let own =
            own.filter_map(|(id, meter)| Some((*self.providers.get(id)?, Of::Account, meter)));
        let all = self.everyone.iter().map(|(name, meter)| (*name, Of::Everyone, meter));
        for (name, of, meter) in own.chain(all) {
            let rates = self.allowed.get(name).map_or(&[][..], |allowance| allowance.rates);
            for rate in rates.iter().filter(|rate| rate.of == of) {
                let most = used.entry(name).or_default();
                *most = meter.used(rate, now).max(*most);
            }
        }
        used
    }

    fn sweep(&mut self, now: Timestamp) {
        if self.swept.is_some_and(|at| (0..SWEEP_MS).contains(&now.millis_since(at))) {
            return;
        }
        self.swept = Some(now);
        self.accounts.retain(|_, meter| !meter.is_idle(now));
        let accounts = &self.accounts;
        self.providers.retain(|id, _| accounts.contains_key(id));
    }
}

impl Meter {
    fn rests(&self, now: Timestamp) -> Option<Timestamp> {
        // A clock that was set back lengthens no rest.
        let (since, until) = self.rests?;
        (since <= now && now < until).then_some(until)
    }

    /// Forgets what no rate counts any more. What seems to be sent later than now was sent before a
    /// clock was set back, at the latest just now.
    fn forget(&mut self, span_ms: i64, now: Timestamp) {
        let gone = now.saturating_add_millis(-(span_ms + SLACK_MS));
        for sent in &mut self.sent {
            for at in sent.iter_mut().rev().take_while(|at| **at > now) {
                *at = now;
            }
            while sent.front().is_some_and(|at| *at <= gone) {
                sent.pop_front();
            }
        }
    }

    /// When a rate lets so many more of this kind through; `None`: now.
    fn free_at(
        &self,
        rate: &Rate,
        (kind, count): (Kind, u32),
        now: Timestamp,
    ) -> Option<Timestamp> {
        let span_ms = rate.span_ms + SLACK_MS;
        let begins = now.saturating_add_millis(-span_ms);
        let [all, writes] = &self.sent;
        let nth_last = |sent: &VecDeque<Timestamp>, most: u32| {
            let left = most.saturating_sub(count - 1).max(1) as usize;
            sent.len().checked_sub(left).map(|at| sent[at])
        };
        let whole = nth_last(all, rate.requests);
        let share = match kind {
            Kind::Read => None,
            Kind::Write => nth_last(writes, rate.share(kind)),
        };
        let held = whole.max(share).filter(|at| *at > begins)?;
        Some(held.saturating_add_millis(span_ms))
    }

    /// How much of a rate is spent, in thousandths.
    fn used(&self, rate: &Rate, now: Timestamp) -> u64 {
        let begins = now.saturating_add_millis(-rate.span_ms);
        let [all, _] = &self.sent;
        let sent = all.iter().rev().take_while(|at| **at > begins).count();
        sent as u64 * 1_000 / u64::from(rate.requests.max(1))
    }

    fn count(&mut self, kind: Kind, now: Timestamp) {
        let [all, writes] = &mut self.sent;
        all.push_back(now);
        match kind {
            Kind::Read => {}
            Kind::Write => writes.push_back(now),
        }
    }

    /// Whether so many more may be under way: the last place is for reading. What takes more than
    /// there are goes alone.
    fn has_room(&self, most: u32, (kind, count): (Kind, u32)) -> bool {
        let [reads, writes] = self.flying;
        let for_writes = if most > 1 { most - 1 } else { 1 };
        let fits = |flying: u32, most: u32| flying.saturating_add(count.min(most)) <= most;
        fits(reads + writes, most)
            && match kind {
                Kind::Read => true,
                Kind::Write => fits(writes, for_writes),
            }
    }

    fn is_idle(&self, now: Timestamp) -> bool {
        let recent = |at: &Timestamp| now.millis_since(*at) < SWEEP_MS + SLACK_MS;
        let counts = self.sent[0].back().is_some_and(recent);
        self.flying == [0, 0] && self.rests(now).is_none() && !counts
    }
}
