//! Passes over one graph, until it is settled.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use futures_util::stream::{FuturesUnordered, StreamExt};
use kalends_core::author::{EditError, check};
use kalends_core::cursor::{Question, Review, Verdict};
use kalends_core::graph::Calendar;
use kalends_core::ids::{CalendarId, RunId};
use kalends_core::keys::GraphKeys;
use kalends_core::plan::{Job, JobKey, Note};
use kalends_core::ports::{Clock, Entropy};
use kalends_core::provider::FailureClass;
use kalends_core::slice::{AnyCalendar, ReadSet, Slice};
use kalends_core::step::{Env, UserEdit};
use kalends_core::time::Timestamp;

use crate::account::talked_to;
use crate::budget::Budget;
use crate::error::DriverError;
use crate::hooks::{Hooks, Progress};
use crate::limits::{Limits, Rules};
use crate::options::{First, Options, Report, Rests};
use crate::ports::Ports;
use crate::run::Run;
use crate::steps;

/// How often releases and writes follow each other in one pass.
const ROUNDS_MAX: u32 = 8;
/// Jobs whose rest is ended in one step.
const TRIED_MAX: usize = 500;
/// No job rests longer than this, in milliseconds.
const RESTS_MAX_MS: i64 = 2 * 86_400_000;

/// Keeps graphs in step with their providers, over the ports of a host.
#[derive(Debug, Clone)]
pub struct Driver<P> {
    ports: P,
    rules: Rules,
}

impl<P: Ports> Driver<P> {
    /// A driver over these ports, which keeps to what providers allow by itself.
    #[must_use]
    pub fn new(ports: P, limits: Limits) -> Self {
        Self::within(ports, limits, Budget::default())
    }

    /// A driver over these ports that keeps to what providers allow together with the others of
    /// this budget.
    #[must_use]
    pub const fn within(ports: P, limits: Limits, budget: Budget) -> Self {
        Self { ports, rules: Rules { limits, budget } }
    }

    /// The ports.
    #[must_use]
    pub const fn ports(&self) -> &P {
        &self.ports
    }

    /// Reads what changed in every account and writes what follows from it, in passes, until
    /// nothing is left to do, the deadline passes or somebody asks to stop.
    ///
    /// The future may be dropped at any await: what was not committed is found again.
    ///
    /// # Errors
    /// [`DriverError`] for what the store does wrong; what a provider does wrong is in the
    /// report.
    pub async fn sync(&self, keys: &GraphKeys, options: &Options) -> Result<Report, DriverError> {
        let run = Run::new(&self.ports, keys, &self.rules, options, self.draw_run());
        let mut passes = 0;
        let mut waited = BTreeSet::new();
        run.clear_shelves().await?;
        run.begin().await?;
        while passes < options.max_passes && !run.is_over() {
            passes += 1;
            self.ports.hooks().progress(Progress::Pass(passes));
            if passes > 1 || options.first == First::Reading {
                run.read(passes).await?;
                if passes < options.max_passes && run.is_read_before_writing(&mut waited).await? {
                    continue;
                }
            }
            run.release_and_write().await?;
            // Behind the writes, which somebody may wait for.
            if passes == 1 && options.first == First::Queue {
                run.tend_due().await?;
            }
            if !run.is_read_again(&mut waited).await? && !run.is_due().await? {
                break;
            }
        }
        run.report(passes).await
    }

    /// Carries out edits of the set-up or of the graph's own calendar, in order, up to the first
    /// that is refused. The run they are put down to, and what the steps remarked.
    ///
    /// # Errors
    /// [`DriverError::Edit`] where one is refused, with what to do; and what the store does wrong.
    pub async fn author(
        &self,
        keys: &GraphKeys,
        edits: &[UserEdit],
    ) -> Result<(RunId, Vec<Note>), DriverError> {
        self.author_in(keys, self.draw_run(), edits).await
    }

    /// The same in a run that is named beforehand.
    ///
    /// # Errors
    /// As [`author`](Self::author).
    pub async fn author_in(
        &self,
        keys: &GraphKeys,
        run: RunId,
        edits: &[UserEdit],
    ) -> Result<(RunId, Vec<Note>), DriverError> {
        let options = Options::default();
        let run = Run::new(&self.ports, keys, &self.rules, &options, run);
        let mut notes = Vec::new();
        for edit in edits {
            let slice = run.decider.load(&ReadSet::default()).await?;
            check(&slice.config, edit)?;
            let one = std::slice::from_ref(edit);
            let step = |s: &Slice, env: &Env| steps::author(s, one, env);
            notes.extend(run.plan("author", ReadSet::default(), step).await?.notes);
        }
        Ok((run.id, notes))
    }

    /// Carries out a few edits in one step: all of them, or none where one is refused.
    ///
    /// # Errors
    /// As [`author`](Self::author), and [`EditError::NotTogether`] where they do not fit in one step.
    pub async fn author_at_once(
        &self,
        keys: &GraphKeys,
        edits: &[UserEdit],
    ) -> Result<(RunId, Vec<Note>), DriverError> {
        let options = Options::default();
        let run = Run::new(&self.ports, keys, &self.rules, &options, self.draw_run());
        let slice = run.decider.load(&ReadSet::default()).await?;
        for edit in edits {
            check(&slice.config, edit)?;
        }
        let step = |s: &Slice, env: &Env| steps::author_together(s, edits, env);
        let plan = run.plan("author", ReadSet::default(), step).await?;
        if plan.taken == edits.len() {
            return Ok((run.id, plan.notes));
        }
        // Another came first, as the set-up says, or there was no room.
        let slice = run.decider.load(&ReadSet::default()).await?;
        for edit in edits {
            check(&slice.config, edit)?;
        }
        Err(EditError::NotTogether.into())
    }

    pub(crate) const fn rules(&self) -> &Rules {
        &self.rules
    }

    pub(crate) fn draw_run(&self) -> RunId {
        RunId::draw(&self.ports.entropy().seed(), self.ports.clock().now(), 0)
    }
}

impl<P: Ports> Run<'_, P> {
    /// Ends what rests, where that is asked for.
    pub(crate) async fn begin(&self) -> Result<(), DriverError> {
        match self.options.rests {
            Rests::Kept => return Ok(()),
            Rests::Ended => {}
        }
        let later = self.now().saturating_add_millis(RESTS_MAX_MS);
        let mut after = None;
        loop {
            let waiting = self.store.peek(self.keys.graph, later, after, TRIED_MAX).await?;
            after = waiting.last().map(|job| job.key);
            let resting: Vec<Job> =
                waiting.iter().filter(|job| rests(job, self.now())).copied().collect();
            let slice = self.decider.load(&ReadSet::default()).await?;
            let mut want = ReadSet::default();
            want.health.extend(slice.config.accounts.keys());
            want.cursors.extend(slice.config.calendars.values().map(Calendar::scope));
            let step = |s: &Slice, env: &Env| steps::try_now(s, &resting, env);
            self.record("try_now", want, step).await?;
            if waiting.len() < TRIED_MAX {
                return Ok(());
            }
        }
    }

    /// Reads every account, several at once.
    pub(crate) async fn read(&self, pass: u32) -> Result<(), DriverError> {
        self.tally.forget_failures();
        let slice = self.decider.load(&ReadSet::default()).await?;
        let mut accounts = talked_to(&slice.config).into_values();
        let mut reading = FuturesUnordered::new();
        loop {
            while reading.len() < self.limits.accounts.max(1) && !self.is_over() {
                let Some(account) = accounts.next() else { break };
                reading.push(Box::pin(self.read_account(&slice.config, account, pass)));
            }
            match reading.next().await {
                Some(read) => read?,
                None => return Ok(()),
            }
        }
    }

    /// Lets deletions take effect, looks after what is due by time, and writes; until neither
    /// finds anything.
    pub(crate) async fn release_and_write(&self) -> Result<(), DriverError> {
        for _ in 0..ROUNDS_MAX {
            if self.is_over() {
                return Ok(());
            }
            let released = self.drain("release", &self.evidence(), steps::release).await?;
            let ticked = self.drain("tick", &ReadSet::default(), steps::tick).await?;
            let wrote = self.write().await?;
            if !released && !ticked && !wrote {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Whether all is read again before anything is written: what waits for it may take away what
    /// would be written now. A run that has to end in time writes first.
    async fn is_read_before_writing(
        &self,
        waited: &mut BTreeSet<Waits>,
    ) -> Result<bool, DriverError> {
        if self.options.deadline.is_some() || self.is_over() {
            return Ok(false);
        }
        self.drain("release", &self.evidence(), steps::release).await?;
        self.is_read_again(waited).await
    }

    /// Whether another reading may tell more: of deletions that wait until all was read since, and
    /// of calendars that say they are gone. What waited before this pass too is let be.
    pub(crate) async fn is_read_again(
        &self,
        waited: &mut BTreeSet<Waits>,
    ) -> Result<bool, DriverError> {
        let mut waits = self.waiting_deletions().await?;
        let failures = self.tally.failures().into_iter();
        let gone = failures.filter(|(_, _, failure)| failure.class == FailureClass::CalendarGone);
        waits.extend(gone.filter_map(|(_, scope, _)| Some(Waits::Gone(scope?.calendar()))));
        let anew = !waits.is_empty() && waits != *waited;
        *waited = waits;
        Ok(anew)
    }

    /// Records that all was read once of what waits to be read twice, where that is not done by what
    /// waits.
    pub(crate) async fn search_again(&self, waits: &BTreeSet<Waits>) -> Result<(), DriverError> {
        let again: BTreeSet<CalendarId> = waits.iter().filter_map(Waits::for_all_again).collect();
        if again.is_empty() {
            return Ok(());
        }
        let mut want = ReadSet::default();
        want.runs.insert(self.id);
        let step = |s: &Slice, env: &Env| steps::search_again(s, &again, env);
        self.record("search_again", want, step).await
    }

    /// What is wanted to begin with where deletions are looked at.
    fn evidence(&self) -> ReadSet {
        ReadSet { evidence: [AnyCalendar].into(), runs: [self.id].into(), ..ReadSet::default() }
    }

    /// Calendars with deletions that neither took effect nor wait for a person.
    async fn waiting_deletions(&self) -> Result<BTreeSet<Waits>, DriverError> {
        let slice = self.decider.load(&self.evidence()).await?;
        let gone: BTreeSet<CalendarId> = slice.evidence.values().flatten().copied().collect();
        if gone.is_empty() {
            return Ok(BTreeSet::new());
        }
        let want = ReadSet { gone: gone.into(), ..self.evidence() };
        let slice = self.decider.load(&want).await?;
        let run = slice.runs.get(&self.id).and_then(Option::as_ref);
        let (held, calendars) = (&slice.config.reviews, &slice.config.calendars);
        let is_searched = |calendar: &CalendarId| {
            let account = calendars.get(calendar).map(|calendar| calendar.account);
            run.is_some_and(|run| account.is_some_and(|account| run.searched.contains(&account)))
        };
        let waits = slice.gone.iter().filter(|(calendar, page)| {
            let asked = held.get(calendar).and_then(|review| review.asked(Question::Deleted));
            let asked = asked.filter(|asked| asked.verdict == Verdict::Waiting);
            let asked = asked.map_or(0, |asked| asked.count);
            !page.events.is_empty() && (asked == 0 || page.presences_gone > asked)
        });
        let waits = waits.map(|(calendar, _)| match is_searched(calendar) {
            false => Waits::ForAll(*calendar),
            true => Waits::ForAllAgain(*calendar),
        });
        Ok(waits.collect())
    }

    pub(crate) async fn is_due(&self) -> Result<bool, DriverError> {
        let next = self.store.next_due(self.keys.graph).await?;
        Ok(next.is_some_and(|(at, _)| at <= self.now()))
    }

    pub(crate) async fn report(&self, passes: u32) -> Result<Report, DriverError> {
        let slice = self.decider.load(&ReadSet::default()).await?;
        let asked = slice.config.reviews.values().flat_map(Review::questions);
        let waiting = asked.filter(|(_, asked)| asked.verdict == Verdict::Waiting);
        let held = waiting.map(|(_, asked)| u64::from(asked.count)).sum();
        let (quarantined, parked) = self.tally.set_aside();
        let mut failures = self.tally.failures();
        let was_read = failures.is_empty();
        for (calendar, failure) in self.tally.unwritten() {
            if let Some(calendar) = slice.config.calendars.get(&calendar) {
                failures.push((calendar.account, Some(calendar.scope()), failure));
            }
        }
        let next = self.store.next_due(self.keys.graph).await?;
        // A pull that is planned for later is no work left over.
        let idle = match next {
            Some((at, JobKey::Pull(_))) => at > self.now(),
            Some((_, JobKey::Part(_) | JobKey::Origin(..) | JobKey::Overlay(_))) => false,
            None => true,
        };
        let tally = &self.tally;
        Ok(Report {
            run: self.id,
            settled: idle && was_read && passes > 0 && !self.is_over(),
            passes,
            pulled: tally.pulled.load(Ordering::Relaxed),
            created: tally.created.load(Ordering::Relaxed),
            updated: tally.updated.load(Ordering::Relaxed),
            deleted: tally.deleted.load(Ordering::Relaxed),
            held,
            quarantined,
            parked,
            requests: tally.requests.load(Ordering::Relaxed),
            failures,
        })
    }
}

/// What another reading may tell more of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Waits {
    /// A calendar that says it is gone.
    Gone(CalendarId),
    /// Deletions in a calendar, until all of its account was read since.
    ForAll(CalendarId),
    /// Those of which so much hangs that all is read twice.
    ForAllAgain(CalendarId),
}

impl Waits {
    const fn for_all_again(&self) -> Option<CalendarId> {
        match self {
            Self::ForAllAgain(calendar) => Some(*calendar),
            Self::Gone(_) | Self::ForAll(_) => None,
        }
    }
}

/// Whether a job waits for its time. A pull that is planned for later is no rest.
fn rests(job: &Job, now: Timestamp) -> bool {
    match job.key {
        JobKey::Part(_) | JobKey::Origin(..) | JobKey::Overlay(_) => job.run_at > now,
        JobKey::Pull(_) => false,
    }
}
