//! The job queue in the same database as the rows, so that a commit queues its jobs.
//!
//! To claim: run [`due`]; where it gave rows, run [`fences`] and then what [`lease`] gives, all in
//! one write transaction.

use kalends_core::ids::{CalendarId, GraphId};
use kalends_core::plan::{Job, JobKey};
use kalends_core::ports::Claim;
use kalends_core::time::Timestamp;

use crate::value::{Columns, Rows, Statement, Value};
use crate::{SqlError, codes};

/// Queues a job. One that waits already keeps the earlier time; one that is leased is due again
/// once its lease has ended.
pub(crate) fn push(graph: GraphId, job: &Job) -> Statement {
    Statement::new(
        "INSERT INTO jobs (graph, job, lane, run_at, starts, fence) VALUES (?1, ?2, ?3, ?4, ?5, 0) \
         ON CONFLICT (graph, job) DO UPDATE SET lane = excluded.lane, starts = excluded.starts, \
         run_at = CASE WHEN lease_until IS NULL THEN min(run_at, excluded.run_at) \
             ELSE run_at END, \
         again = CASE WHEN lease_until IS NULL THEN NULL \
             ELSE min(coalesce(again, excluded.run_at), excluded.run_at) END",
        [
            Value::Id(*graph.as_bytes()),
            Value::Blob(codes::job(&job.key)),
            Value::Id(*job.lane.as_bytes()),
            Value::millis(job.run_at),
            Value::millis(job.starts),
        ],
    )
}

/// Reads the jobs to claim: of each lane that nobody works on the first that is due, those of
/// the earliest events first. The lanes are walked by index, so that a long queue costs nothing.
#[must_use]
pub fn due(graph: GraphId, now: Timestamp, max: usize) -> Statement {
    Statement::new(
        "WITH RECURSIVE lanes (lane) AS ( \
             SELECT min(lane) FROM jobs WHERE graph = ?1 \
             UNION ALL \
             SELECT (SELECT min(lane) FROM jobs WHERE graph = ?1 AND lane > lanes.lane) \
             FROM lanes WHERE lanes.lane IS NOT NULL \
         ) \
         SELECT jobs.job, jobs.lane, jobs.run_at, jobs.starts FROM lanes JOIN jobs \
         ON jobs.graph = ?1 AND jobs.job = ( \
             SELECT first.job FROM jobs AS first WHERE first.graph = ?1 \
             AND first.lane = lanes.lane AND first.run_at <= ?2 \
             ORDER BY first.starts, first.run_at, first.job LIMIT 1 \
         ) \
         WHERE lanes.lane IS NOT NULL AND NOT EXISTS ( \
             SELECT 1 FROM jobs AS held WHERE held.graph = ?1 AND held.lane = lanes.lane \
             AND held.lease_until > ?2 \
         ) \
         ORDER BY jobs.starts, jobs.run_at, jobs.job LIMIT ?3",
        [Value::Id(*graph.as_bytes()), Value::millis(now), Value::count(max as u64)],
    )
}

/// Reads up to `limit` jobs that are due and that nobody works on, after the job `after`.
#[must_use]
pub fn peek(graph: GraphId, now: Timestamp, after: Option<JobKey>, limit: usize) -> Statement {
    Statement::new(
        "SELECT job, lane, run_at, starts FROM jobs WHERE graph = ?1 AND run_at <= ?2 \
         AND (lease_until IS NULL OR lease_until <= ?2) AND job > ?3 ORDER BY job LIMIT ?4",
        [
            Value::Id(*graph.as_bytes()),
            Value::millis(now),
            Value::Blob(after.map_or_else(Vec::new, |after| codes::job(&after))),
            Value::count(limit as u64),
        ],
    )
}

/// Reads what [`due`] or [`peek`] found.
///
/// # Errors
/// [`SqlError::Shape`].
pub fn read_due(rows: Rows) -> Result<Vec<Job>, SqlError> {
    let job = |row| {
        let mut row = Columns::of(row);
        Ok(Job {
            key: codes::read_job(&row.blob()?)?,
            lane: CalendarId::from_bytes(row.bytes()?),
            run_at: row.millis()?,
            starts: row.millis()?,
        })
    };
    rows.into_iter().map(job).collect()
}

/// Takes fences for `jobs` claims, and gives the last of them. No row: there is no such graph.
#[must_use]
pub fn fences(graph: GraphId, jobs: usize) -> Statement {
    Statement::new(
        "UPDATE graphs SET fence = fence + ?2 WHERE graph = ?1 RETURNING fence",
        [Value::Id(*graph.as_bytes()), Value::count(jobs as u64)],
    )
}

/// The claims of these jobs, and the statements that lease them; `rows` are those of [`fences`].
///
/// # Errors
/// [`SqlError::NoGraph`], [`SqlError::Shape`].
pub fn lease(
    graph: GraphId,
    jobs: Vec<Job>,
    rows: Rows,
    until: Timestamp,
) -> Result<(Vec<Claim>, Vec<Statement>), SqlError> {
    let last = Columns::of(rows.into_iter().next().ok_or(SqlError::NoGraph)?).count()?;
    let first = last.saturating_sub(jobs.len() as u64) + 1;
    let claims: Vec<Claim> =
        jobs.into_iter().zip(first..).map(|(job, fence)| Claim { job, fence }).collect();
    let statements = claims.iter().map(|claim| {
        Statement::new(
            "UPDATE jobs SET fence = ?3, lease_until = ?4 WHERE graph = ?1 AND job = ?2",
            [
                Value::Id(*graph.as_bytes()),
                Value::Blob(codes::job(&claim.job.key)),
                Value::count(claim.fence),
                Value::millis(until),
            ],
        )
    });
    let statements = statements.collect();
    Ok((claims, statements))
}

/// Ends a claim. A claim whose lease was taken over changes nothing.
#[must_use]
pub fn finish(graph: GraphId, claim: &Claim, again: Option<Timestamp>) -> [Statement; 2] {
    let graph = Value::Id(*graph.as_bytes());
    let job = Value::Blob(codes::job(&claim.job.key));
    let fence = Value::count(claim.fence);
    let at = again.map_or(Value::Null, Value::millis);
    [
        Statement::new(
            "UPDATE jobs SET run_at = min(coalesce(again, ?4), coalesce(?4, again)), fence = 0, \
             lease_until = NULL, again = NULL \
             WHERE graph = ?1 AND job = ?2 AND fence = ?3 AND coalesce(again, ?4) IS NOT NULL",
            [graph.clone(), job.clone(), fence.clone(), at],
        ),
        Statement::new(
            "DELETE FROM jobs WHERE graph = ?1 AND job = ?2 AND fence = ?3",
            [graph, job, fence],
        ),
    ]
}

/// Ends every lease of a graph, as if each claim had been given back untouched: for a host that
/// knows that nobody works on the graph, after a process that did was killed.
#[must_use]
pub fn end_leases(graph: GraphId) -> Statement {
    Statement::new(
        "UPDATE jobs SET run_at = min(run_at, coalesce(again, run_at)), fence = 0, \
         lease_until = NULL, again = NULL WHERE graph = ?1 AND lease_until IS NOT NULL",
        [Value::Id(*graph.as_bytes())],
    )
}

/// Reads the time at which the next job is due. A leased job counts at the end of its lease, and
/// stands for its lane.
#[must_use]
pub fn next_due(graph: GraphId) -> Statement {
    Statement::new(
        "SELECT coalesce(lease_until, run_at) AS at, job FROM jobs WHERE graph = ?1 \
         AND (lease_until IS NOT NULL OR NOT EXISTS ( \
             SELECT 1 FROM jobs AS held WHERE held.graph = ?1 AND held.lane = jobs.lane \
             AND held.lease_until IS NOT NULL \
         )) ORDER BY at, job LIMIT 1",
        [Value::Id(*graph.as_bytes())],
    )
}

/// Reads what [`next_due`] found.
///
/// # Errors
/// [`SqlError::Shape`].
pub fn read_next_due(rows: Rows) -> Result<Option<(Timestamp, JobKey)>, SqlError> {
    let found = |row| {
        let mut row = Columns::of(row);
        Ok((row.millis()?, codes::read_job(&row.blob()?)?))
    };
    rows.into_iter().next().map(found).transpose()
}
