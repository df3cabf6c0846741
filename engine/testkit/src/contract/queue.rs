//! Claiming and finishing jobs.

use kalends_core::ids::GraphId;
use kalends_core::mirror::PartKey;
use kalends_core::plan::{Job, JobKey};
use kalends_core::ports::{Claim, JobQueue as _};
use kalends_core::time::Timestamp;

use super::Subject;
use super::rows::*;
use crate::block_on::block_on;

const LEASE_MS: i64 = 60_000;

/// A job of event `n` in a lane, due at [`AT`].
#[must_use]
pub fn job(n: u32, lane: u32) -> Job {
    Job {
        key: JobKey::Part(part_ref(n, 1, PartKey::Whole)),
        lane: calendar_id(lane),
        run_at: AT,
        starts: AT.saturating_add_millis(i64::from(n)),
    }
}

/// Claims up to ten jobs.
pub fn claim<S: Subject>(subject: &S, graph: GraphId, now: Timestamp) -> Vec<Claim> {
    claim_up_to(subject, graph, now, 10)
}

fn claim_up_to<S: Subject>(subject: &S, graph: GraphId, now: Timestamp, max: usize) -> Vec<Claim> {
    match block_on(subject.store().claim(graph, now, max, LEASE_MS)) {
        Ok(claims) => claims,
        Err(error) => unreachable!("claiming works: {error}"),
    }
}

fn finish<S: Subject>(subject: &S, claim: &Claim, again: Option<Timestamp>) {
    let finished = block_on(subject.store().finish(GRAPH, claim, again));
    assert_eq!(finished, Ok(()));
}

fn next_due<S: Subject>(subject: &S) -> Option<(Timestamp, JobKey)> {
    match block_on(subject.store().next_due(GRAPH)) {
        Ok(due) => due,
        Err(error) => unreachable!("asking works: {error}"),
    }
}

fn jobs(claims: &[Claim]) -> Vec<Job> {
    claims.iter().map(|claim| claim.job).collect()
}

fn later(millis: i64) -> Timestamp {
    AT.saturating_add_millis(millis)
}

/// Nothing is claimed from an empty queue, or before its time.
pub fn a_job_waits_for_its_time<S: Subject>(subject: &S) {
    assert_eq!(claim(subject, GRAPH, AT), []);
    assert_eq!(next_due(subject), None);
    subject.queue(GRAPH, &[job(1, 1)]);
    assert_eq!(claim(subject, GRAPH, later(-1)), []);
    assert_eq!(next_due(subject), Some((AT, job(1, 1).key)));
    assert_eq!(jobs(&claim(subject, GRAPH, AT)), [job(1, 1)]);
}

/// A job of every kind comes back as it was queued.
pub fn every_kind_of_job_reads_back<S: Subject>(subject: &S) {
    let kinds = [
        JobKey::Part(part_ref(1, 1, PartKey::Override(AT))),
        JobKey::Origin(event_id(1), calendar_id(1)),
        JobKey::Overlay(calendar_id(2)),
        JobKey::Pull(calendar_id(3).into()),
    ];
    let queued: Vec<Job> =
        kinds.iter().zip(1..).map(|(key, n)| Job { key: *key, ..job(n, n) }).collect();
    subject.queue(GRAPH, &queued);
    assert_eq!(jobs(&claim(subject, GRAPH, AT)), queued);
}

/// One job of a lane runs at a time, the earliest event first; lanes run beside each other.
pub fn one_job_of_a_lane_runs_at_a_time<S: Subject>(subject: &S) {
    subject.queue(GRAPH, &[job(3, 1), job(2, 1), job(1, 2), job(4, 3)]);
    let first = claim_up_to(subject, GRAPH, AT, 2);
    assert_eq!(jobs(&first), [job(1, 2), job(2, 1)]);
    assert_eq!(jobs(&claim(subject, GRAPH, AT)), [job(4, 3)]);
    finish(subject, &first[1], None);
    assert_eq!(jobs(&claim(subject, GRAPH, AT)), [job(3, 1)]);
}

/// In a lane, a job that is not due lets a later event go first.
pub fn a_job_that_is_not_due_holds_nobody_up<S: Subject>(subject: &S) {
    let waits = Job { run_at: later(1), ..job(1, 1) };
    subject.queue(GRAPH, &[waits, job(2, 1)]);
    let claims = claim(subject, GRAPH, AT);
    assert_eq!(jobs(&claims), [job(2, 1)]);
    finish(subject, &claims[0], None);
    assert_eq!(next_due(subject), Some((later(1), waits.key)));
}

/// A finished job is gone; one that is to be tried again waits for its time.
pub fn a_finished_job_is_gone_or_due_again<S: Subject>(subject: &S) {
    subject.queue(GRAPH, &[job(1, 1), job(2, 2)]);
    let claims = claim(subject, GRAPH, AT);
    finish(subject, &claims[0], None);
    finish(subject, &claims[1], Some(later(500)));
    assert_eq!(claim(subject, GRAPH, later(499)), []);
    let again = claim(subject, GRAPH, later(500));
    assert_eq!(jobs(&again), [Job { run_at: later(500), ..job(2, 2) }]);
    assert_ne!(again[0].fence, claims[1].fence);
}

/// A job queued twice is one job, at the earlier time.
pub fn a_job_queued_twice_keeps_the_earlier_time<S: Subject>(subject: &S) {
    let at = |millis| Job { run_at: later(millis), ..job(1, 1) };
    subject.queue(GRAPH, &[at(10)]);
    subject.queue(GRAPH, &[at(5), at(20)]);
    assert_eq!(next_due(subject), Some((later(5), job(1, 1).key)));
    let claims = claim(subject, GRAPH, later(30));
    assert_eq!(jobs(&claims), [at(5)]);
    finish(subject, &claims[0], None);
    assert_eq!(next_due(subject), None);
}

/// A job queued while it is worked on stays queued, whatever the worker says.
pub fn a_job_queued_while_claimed_stays_queued<S: Subject>(subject: &S) {
    subject.queue(GRAPH, &[job(1, 1)]);
    let claims = claim(subject, GRAPH, AT);
    subject.queue(GRAPH, &[Job { run_at: later(9), ..job(1, 1) }]);
    assert_eq!(claim(subject, GRAPH, later(10)), []);
    finish(subject, &claims[0], None);
    assert_eq!(next_due(subject), Some((later(9), job(1, 1).key)));
    let claims = claim(subject, GRAPH, later(10));
    subject.queue(GRAPH, &[Job { run_at: later(30), ..job(1, 1) }]);
    finish(subject, &claims[0], Some(later(20)));
    assert_eq!(next_due(subject), Some((later(20), job(1, 1).key)));
}

/// A lease that ran out gives the job to another; the first worker then settles nothing.
pub fn a_worker_that_lost_its_lease_settles_nothing<S: Subject>(subject: &S) {
    subject.queue(GRAPH, &[job(1, 1)]);
    let lost = claim(subject, GRAPH, AT);
    assert_eq!(next_due(subject), Some((later(LEASE_MS), job(1, 1).key)));
    assert_eq!(claim(subject, GRAPH, later(LEASE_MS - 1)), []);
    let taken = claim(subject, GRAPH, later(LEASE_MS));
    assert_eq!(jobs(&taken), jobs(&lost));
    assert_ne!(taken[0].fence, lost[0].fence);
    finish(subject, &lost[0], None);
    finish(subject, &lost[0], Some(AT));
    assert_eq!(next_due(subject), Some((later(2 * LEASE_MS), job(1, 1).key)));
    finish(subject, &taken[0], None);
    assert_eq!(next_due(subject), None);
}

/// No fence comes twice, not even for a job that was done and queued again.
pub fn a_claim_of_a_former_job_settles_nothing<S: Subject>(subject: &S) {
    subject.queue(GRAPH, &[job(1, 1)]);
    let former = claim(subject, GRAPH, AT);
    finish(subject, &former[0], None);
    subject.queue(GRAPH, &[job(1, 1)]);
    let present = claim(subject, GRAPH, AT);
    finish(subject, &former[0], None);
    assert_eq!(next_due(subject), Some((later(LEASE_MS), job(1, 1).key)));
    finish(subject, &present[0], None);
    assert_eq!(next_due(subject), None);
}

/// Whoever only looks sees each job that could be claimed, page by page, and leases none.
pub fn looking_at_the_queue_leases_nothing<S: Subject>(subject: &S) {
    let waits = Job { run_at: later(1), ..job(3, 3) };
    subject.queue(GRAPH, &[job(1, 1), job(2, 1), waits, job(4, 4), job(5, 1)]);
    let taken = claim_up_to(subject, GRAPH, AT, 1);
    let mut seen = Vec::new();
    loop {
        let after = seen.last().map(|job: &Job| job.key);
        match block_on(subject.store().peek(GRAPH, AT, after, 2)) {
            Ok(page) if page.is_empty() => break,
            Ok(page) => seen.extend(page),
            Err(error) => unreachable!("looking works: {error}"),
        }
    }
    seen.sort_by_key(|job| job.key);
    let mut claimable = vec![job(2, 1), job(4, 4), job(5, 1)];
    claimable.sort_by_key(|job| job.key);
    assert_eq!((jobs(&taken), seen), (vec![job(1, 1)], claimable));
    assert_eq!(jobs(&claim(subject, GRAPH, AT)), [job(4, 4)]);
}

/// The queues of two graphs in one store stay apart.
pub fn two_queues_in_one_store_stay_apart<S: Subject>(subject: &S) {
    subject.create(OTHER);
    subject.queue(GRAPH, &[job(1, 1)]);
    subject.queue(OTHER, &[job(1, 1), job(2, 2)]);
    let mine = claim(subject, GRAPH, AT);
    assert_eq!(jobs(&mine), [job(1, 1)]);
    assert_eq!(jobs(&claim(subject, OTHER, AT)), [job(1, 1), job(2, 2)]);
    finish(subject, &mine[0], None);
    assert_eq!(next_due(subject), None);
}
