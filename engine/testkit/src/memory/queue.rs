//! The queue of one graph in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use kalends_core::ids::CalendarId;
use kalends_core::plan::{Job, JobKey};
use kalends_core::ports::Claim;
use kalends_core::time::Timestamp;

#[derive(Debug, Clone, Default)]
pub(super) struct Queue {
    pub(super) jobs: BTreeMap<JobKey, Queued>,
    /// Counts all claims of the graph, so that no fence comes twice, not even for a job that was
    /// done and queued again.
    fence: u64,
}

#[derive(Debug, Clone)]
pub(super) struct Queued {
    pub(super) job: Job,
    lease: Option<Lease>,
}

#[derive(Debug, Clone)]
struct Lease {
    fence: u64,
    until: Timestamp,
    /// The job was queued again while it was leased.
    again: Option<Timestamp>,
}

impl Queued {
    fn is_held(&self, now: Timestamp) -> bool {
        self.lease.as_ref().is_some_and(|lease| lease.until > now)
    }
}

impl Queue {
    pub(super) fn push(&mut self, job: &Job) {
        let Some(queued) = self.jobs.get_mut(&job.key) else {
            self.jobs.insert(job.key, Queued { job: *job, lease: None });
            return;
        };
        match &mut queued.lease {
            Some(lease) => lease.again = earlier(lease.again, job.run_at),
            None => queued.job.run_at = queued.job.run_at.min(job.run_at),
        }
        queued.job.lane = job.lane;
        queued.job.starts = job.starts;
    }

    pub(super) fn claim(&mut self, now: Timestamp, max: usize, until: Timestamp) -> Vec<Claim> {
        let held = |queued: &Queued| queued.is_held(now);
        let mut lanes: BTreeSet<CalendarId> = self
            .jobs
            .values()
            .filter(|queued| held(queued))
            .map(|queued| queued.job.lane)
            .collect();
        let mut due: Vec<Job> = self
            .jobs
            .values()
            .filter(|queued| !held(queued) && queued.job.run_at <= now)
            .map(|queued| queued.job)
            .collect();
        due.sort_by_key(|job| (job.starts, job.run_at, job.key));
        due.retain(|job| lanes.insert(job.lane));
        due.truncate(max);
        due.into_iter().map(|job| self.lease(job, until)).collect()
    }

    fn lease(&mut self, job: Job, until: Timestamp) -> Claim {
        self.fence += 1;
        let fence = self.fence;
        if let Some(queued) = self.jobs.get_mut(&job.key) {
            let again = queued.lease.take().and_then(|lease| lease.again);
            queued.lease = Some(Lease { fence, until, again });
        }
        Claim { job, fence }
    }

    pub(super) fn finish(&mut self, claim: &Claim, again: Option<Timestamp>) {
        let Some(queued) = self.jobs.get_mut(&claim.job.key) else {
            return;
        };
        let Some(lease) = queued.lease.take_if(|lease| lease.fence == claim.fence) else {
            return;
        };
        let next = match (lease.again, again) {
            (Some(queued), Some(asked)) => Some(queued.min(asked)),
            (queued, asked) => queued.or(asked),
        };
        match next {
            Some(run_at) => queued.job.run_at = run_at,
            None => {
                self.jobs.remove(&claim.job.key);
            }
        }
    }

    pub(super) fn peek(&self, now: Timestamp, after: Option<JobKey>, limit: usize) -> Vec<Job> {
        let first = after.map_or(Bound::Unbounded, Bound::Excluded);
        let due = self.jobs.range((first, Bound::Unbounded)).map(|(_, queued)| queued);
        let due = due.filter(|queued| !queued.is_held(now) && queued.job.run_at <= now);
        due.take(limit).map(|queued| queued.job).collect()
    }

    /// A leased job counts at the end of its lease, and stands for its lane.
    pub(super) fn next_due(&self) -> Option<(Timestamp, JobKey)> {
        let leased = |queued: &&Queued| queued.lease.is_some();
        let busy: BTreeSet<CalendarId> =
            self.jobs.values().filter(leased).map(|queued| queued.job.lane).collect();
        let due = self.jobs.iter().filter_map(|(key, queued)| match &queued.lease {
            Some(lease) => Some((lease.until, *key)),
            None => (!busy.contains(&queued.job.lane)).then_some((queued.job.run_at, *key)),
        });
        due.min()
    }
}

fn earlier(at: Option<Timestamp>, other: Timestamp) -> Option<Timestamp> {
    Some(at.map_or(other, |at| at.min(other)))
}
