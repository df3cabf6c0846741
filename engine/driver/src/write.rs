//! The outbox pump: jobs that are due, several calendars at once, one write each.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;

use futures_util::future::{Either, FutureExt, select};
use futures_util::stream::{FuturesUnordered, StreamExt};
use kalends_core::ids::{CalendarId, ProviderId};
use kalends_core::plan::JobKey;
use kalends_core::ports::Claim;
use kalends_core::slice::{ReadSet, Slice};
use kalends_core::step::{Env, Subject, WriteOutcome};
use kalends_core::time::Timestamp;

use crate::error::DriverError;
use crate::fetch::{Place, Reading, Source};
use crate::hooks::{Hooks, Progress};
use crate::operate::{Carried, Target, to_read_back};
use crate::ports::Ports;
use crate::run::Run;
use crate::steps;

/// How often one job is carried out on end; after that it rests, so that no job keeps a run
/// alive.
const TURNS_MAX: u32 = 12;
/// How long a write rests then, in milliseconds.
const REST_MS: i64 = 60_000;
/// How long a reading rests then, in milliseconds: that a calendar is told of all the time is no fault
/// of its own, and its last change waits for no longer than one that is told of once.
const READING_REST_MS: i64 = 2_000;

impl<P: Ports> Run<'_, P> {
    /// Carries out the jobs that are due, until none is. Whether there were any.
    pub(crate) async fn write(&self) -> Result<bool, DriverError> {
        let mut pump = Pump::default();
        let mut flying = FuturesUnordered::new();
        let mut waiting = Vec::new();
        let mut any = false;
        'pump: loop {
            for claim in self.claim(&pump, flying.len() + waiting.len()).await? {
                any = true;
                if pump.take_turn(&claim) {
                    flying.push(Either::Left(Box::pin(self.fly(claim))));
                } else {
                    let rest = self.now().saturating_add_millis(rest_ms(claim.job.key));
                    self.finish(&mut pump, &claim, Some(rest)).await?;
                }
            }
            let idle = flying.is_empty();
            for (calendar, ids) in pump.due_to_read_back(self.limits.fetch_ids, idle) {
                flying.push(Either::Right(Box::pin(self.read_back(calendar, ids))));
            }
            if waiting.is_empty() {
                let Some(first) = flying.next().await else { return Ok(any) };
                waiting.push(first?);
            }
            while let Some(Some(next)) = flying.next().now_or_never() {
                waiting.push(next?);
            }
            let mut landing = pin!(self.land(&mut pump, std::mem::take(&mut waiting)));
            // Those in flight go on meanwhile: one of them may have the turn that landing needs.
            while !flying.is_empty() {
                match select(landing.as_mut(), flying.next()).await {
                    Either::Left((landed, _)) => {
                        landed?;
                        continue 'pump;
                    }
                    Either::Right((next, _)) => waiting.extend(next.transpose()?),
                }
            }
            landing.await?;
        }
    }

    async fn claim(&self, pump: &Pump, flying: usize) -> Result<Vec<Claim>, DriverError> {
        let free = self.limits.lanes.max(1).saturating_sub(flying);
        if free == 0 || self.is_over() {
            return Ok(Vec::new());
        }
        let now = self.now();
        let claims = self.store.claim(self.keys.graph, now, free, self.limits.lease_ms).await?;
        let mut clear = Vec::new();
        for claim in claims {
            if pump.busy.contains(&claim.job.lane) {
                // Its lane is taken by a reading of ours that the queue does not know of.
                self.store.finish(self.keys.graph, &claim, Some(claim.job.run_at)).await?;
            } else {
                clear.push(claim);
            }
        }
        Ok(clear)
    }

    async fn fly(&self, claim: Claim) -> Result<Landed, DriverError> {
        Ok(Landed::Job(claim, self.carry_out(&claim).await?))
    }

    /// Settles what came back, each calendar's together, and ends the claims.
    async fn land(&self, pump: &mut Pump, landed: Vec<Landed>) -> Result<(), DriverError> {
        let mut sent: BTreeMap<Target, Vec<WriteOutcome>> = BTreeMap::new();
        let mut finished = Vec::new();
        for one in landed {
            match one {
                Landed::Job(claim, Carried::Sent(target, outcome)) => {
                    sent.entry(target).or_default().push(*outcome);
                    finished.push((claim, None));
                }
                Landed::Job(claim, Carried::Done) => finished.push((claim, None)),
                Landed::Job(claim, Carried::Later(at)) => finished.push((claim, Some(at))),
                Landed::Job(claim, Carried::Stopped) => {
                    finished.push((claim, Some(claim.job.run_at)));
                }
                Landed::ReadBack(calendar) => {
                    pump.busy.remove(&calendar);
                }
            }
        }
        for (target, outcomes) in sent {
            self.settle(pump, target, outcomes).await?;
        }
        for (claim, again) in finished {
            self.finish(pump, &claim, again).await?;
        }
        self.ports.hooks().progress(Progress::Writing(self.tally.written()));
        Ok(())
    }

    async fn settle(
        &self,
        pump: &mut Pump,
        (calendar, account): Target,
        outcomes: Vec<WriteOutcome>,
    ) -> Result<(), DriverError> {
        let mut rest = outcomes.as_slice();
        while !rest.is_empty() {
            let step = |s: &Slice, env: &Env| steps::settle(s, rest, env);
            let mut want = look_at(rest);
            want.cursors.insert(calendar.into());
            want.health.insert(account);
            let plan = self.plan("settle", want, step).await?;
            if plan.taken == 0 {
                return Err(DriverError::Stuck { step: "settle" });
            }
            let (taken, left) = rest.split_at(plan.taken.min(rest.len()));
            for outcome in taken {
                let is_written = self.tally.count_outcome(outcome);
                if let (true, Subject::Part(part)) = (is_written, outcome.sent.subject) {
                    self.ports.hooks().wrote(part.event);
                }
                self.tally.count_failure(calendar, outcome);
            }
            let ids = taken.iter().filter_map(to_read_back).chain(plan.fetch);
            pump.read_back.entry(calendar).or_default().extend(ids);
            rest = left;
        }
        Ok(())
    }

    async fn finish(
        &self,
        pump: &mut Pump,
        claim: &Claim,
        again: Option<Timestamp>,
    ) -> Result<(), DriverError> {
        // A job that is due again at once would be claimed for ever.
        let soon = self.now().saturating_add_millis(1);
        self.store.finish(self.keys.graph, claim, again.map(|at| at.max(soon))).await?;
        pump.busy.remove(&claim.job.lane);
        Ok(())
    }

    /// Reads back what was written, as the provider shows it.
    async fn read_back(
        &self,
        calendar: CalendarId,
        ids: BTreeSet<ProviderId>,
    ) -> Result<Landed, DriverError> {
        let slice = self.decider.load(&ReadSet::default()).await?;
        let landed = Landed::ReadBack(calendar);
        let Some(account) = Self::account_of(&slice, calendar) else { return Ok(landed) };
        let Some(row) = slice.config.calendars.get(&calendar) else { return Ok(landed) };
        let Some(provider_id) = row.provider_id.clone() else { return Ok(landed) };
        // Where it fails the parts stay to be read back: the next listing shows them.
        if let Ok(opened) = self.open(&slice.config, account).await {
            let place = Place { account: account.id, opened, calendar, provider_id, read_at: None };
            match self.fetch(&place, ids.into_iter().collect(), Source::Otherwise).await? {
                Reading::Whole | Reading::Stopped => {}
                Reading::Failed(failure) => {
                    self.scope_failed(account.id, calendar.into(), &failure).await?;
                }
            }
        }
        Ok(landed)
    }
}

/// What is under way.
#[derive(Debug, Default)]
struct Pump {
    busy: BTreeSet<CalendarId>,
    turns: BTreeMap<JobKey, u32>,
    read_back: BTreeMap<CalendarId, BTreeSet<ProviderId>>,
}

#[derive(Debug)]
enum Landed {
    Job(Claim, Carried),
    ReadBack(CalendarId),
}

impl Pump {
    /// Takes the lane of a job, unless the job has had its turns.
    fn take_turn(&mut self, claim: &Claim) -> bool {
        let turns = self.turns.entry(claim.job.key).or_default();
        *turns += 1;
        *turns <= TURNS_MAX && self.busy.insert(claim.job.lane)
    }

    /// What is to be read back now: enough of one calendar, or anything when nothing else is under
    /// way.
    fn due_to_read_back(
        &mut self,
        enough: usize,
        idle: bool,
    ) -> Vec<(CalendarId, BTreeSet<ProviderId>)> {
        let mut due = Vec::new();
        for (calendar, ids) in std::mem::take(&mut self.read_back) {
            let wanted = !ids.is_empty() && (idle || ids.len() >= enough);
            if wanted && self.busy.insert(calendar) {
                due.push((calendar, ids));
            } else {
                self.read_back.insert(calendar, ids);
            }
        }
        due
    }
}

const fn rest_ms(job: JobKey) -> i64 {
    match job {
        JobKey::Pull(_) => READING_REST_MS,
        JobKey::Part(_) | JobKey::Origin(..) | JobKey::Overlay(_) => REST_MS,
    }
}

fn look_at(outcomes: &[WriteOutcome]) -> ReadSet {
    let mut want = ReadSet::default();
    for outcome in outcomes {
        match outcome.sent.subject {
            Subject::Part(part) => {
                want.events.insert(part.event);
            }
            Subject::Origin(event, _) => {
                want.events.insert(event);
            }
            Subject::Overlay(_) => {}
        }
    }
    want
}
