//! The form of a queued job.

use serde::{Deserialize, Serialize};

use super::form::{self, WireError};
use super::text::{self, millis};
use crate::ids::CalendarId;
use crate::plan::{Job, JobKey};
use crate::time::Timestamp;

#[derive(Serialize, Deserialize)]
struct JobForm {
    #[serde(rename = "k", with = "text")]
    key: JobKey,
    #[serde(rename = "l", with = "text")]
    lane: CalendarId,
    #[serde(rename = "t", with = "millis")]
    run_at: Timestamp,
    #[serde(rename = "s", with = "millis")]
    starts: Timestamp,
}

/// A job's queued form.
#[must_use]
pub fn job(job: &Job) -> Vec<u8> {
    let Job { key, lane, run_at, starts } = *job;
    form::write(&JobForm { key, lane, run_at, starts })
}

/// Reads what [`job`] wrote.
///
/// # Errors
/// [`WireError`] where the bytes are not the form of a job.
pub fn read_job(bytes: &[u8]) -> Result<Job, WireError> {
    let JobForm { key, lane, run_at, starts } = form::read("job", bytes)?;
    Ok(Job { key, lane, run_at, starts })
}
