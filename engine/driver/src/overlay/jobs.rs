//! The queue of a layer. Jobs below are not seen: who plans takes them in first.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use kalends_core::plan::{Job, JobKey};
use kalends_core::ports::Claim;
use kalends_core::time::Timestamp;

#[derive(Debug, Default)]
pub(super) struct Jobs {
    waiting: BTreeMap<JobKey, Job>,
    leased: BTreeMap<JobKey, Job>,
    fence: u64,
}

impl Jobs {
    pub(super) fn push(&mut self, job: Job) {
        let known = self.waiting.get(&job.key).map_or(job.run_at, |known| known.run_at);
        self.waiting.insert(job.key, Job { run_at: job.run_at.min(known), ..job });
    }

    pub(super) fn claim(&mut self, now: Timestamp, max: usize) -> Vec<Claim> {
        let mut lanes: BTreeSet<_> = self.leased.values().map(|job| job.lane).collect();
        let due = self.waiting.values().filter(|job| job.run_at <= now);
        let mut due: Vec<Job> = due.copied().collect();
        due.sort_by_key(|job| (job.starts, job.run_at, job.key));
        due.retain(|job| lanes.insert(job.lane));
        due.truncate(max);
        due.into_iter()
            .map(|job| {
                self.waiting.remove(&job.key);
                self.leased.insert(job.key, job);
                self.fence += 1;
                Claim { job, fence: self.fence }
            })
            .collect()
    }

    pub(super) fn finish(&mut self, claim: &Claim, again: Option<Timestamp>) {
        let leased = self.leased.remove(&claim.job.key);
        if let (Some(job), Some(run_at)) = (leased, again) {
            self.push(Job { run_at, ..job });
        }
    }

    pub(super) fn peek(&self, now: Timestamp, after: Option<JobKey>, limit: usize) -> Vec<Job> {
        let first = after.map_or(Bound::Unbounded, Bound::Excluded);
        let due = self.waiting.range((first, Bound::Unbounded)).map(|(_, job)| *job);
        due.filter(|job| job.run_at <= now).take(limit).collect()
    }

    pub(super) fn next_due(&self) -> Option<(Timestamp, JobKey)> {
        self.waiting.values().map(|job| (job.run_at, job.key)).min()
    }
}
