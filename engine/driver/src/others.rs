//! When others have time, asked once for all who want to know.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64};

use futures_util::lock::Mutex;
use kalends_core::availability::{Availability, Schedule};
use kalends_core::ids::AccountId;
use kalends_core::ports::Clock as _;
use kalends_core::provider::{Done, Failure, FailureClass, Output, ProviderOp};
use kalends_core::time::Timestamp;

use crate::budget::Budget;
use crate::converse::{Bounds, Collect, Ended, Talk};
use crate::error::DriverError;
use crate::limits::Limits;
use crate::ports::{Opened, Ports};

/// Whose time, and when.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    /// The account to ask with.
    pub account: AccountId,
    /// Addresses, or the provider's ids of calendars.
    pub of: Vec<String>,
    /// From this time on.
    pub from: Timestamp,
    /// Up to this time.
    pub to: Timestamp,
}

/// What others said of their time, for as long as it is fresh. Whoever asks the same while an
/// answer is on its way waits for that one: any number of callers, one call of the provider.
#[derive(Debug)]
pub struct Others {
    fresh_ms: i64,
    budget: Budget,
    asked: Mutex<BTreeMap<Question, Arc<Mutex<Option<Answered>>>>>,
}

#[derive(Debug, Clone)]
struct Answered {
    at: Timestamp,
    schedules: Vec<Schedule>,
}

impl Others {
    /// Answers are given again for so long, in milliseconds.
    #[must_use]
    pub fn new(fresh_ms: i64) -> Self {
        Self::within(fresh_ms, Budget::default())
    }

    /// The same, keeping to what providers allow together with the drivers of this budget.
    #[must_use]
    pub fn within(fresh_ms: i64, budget: Budget) -> Self {
        Self { fresh_ms, budget, asked: Mutex::default() }
    }

    /// When others have time, in the order of the question; somebody of whom the provider says
    /// nothing is unknown, never free.
    ///
    /// The inner [`Failure`] says why the provider could not be asked; nothing is kept of that.
    ///
    /// # Errors
    /// [`DriverError::Killed`] at a fail-point.
    pub async fn ask<P: Ports>(
        &self,
        ports: &P,
        opened: &Opened,
        question: &Question,
    ) -> Result<Result<Vec<Schedule>, Failure>, DriverError> {
        let place = {
            let mut asked = self.asked.lock().await;
            let now = ports.clock().now();
            asked.retain(|_, place| {
                // What is locked is being asked.
                place.try_lock().is_none_or(|known| self.is_fresh(known.as_ref(), now))
            });
            Arc::clone(asked.entry(question.clone()).or_default())
        };
        let mut known = place.lock().await;
        if let Some(known) =
            known.as_ref().filter(|one| self.is_fresh(Some(one), ports.clock().now()))
        {
            return Ok(Ok(known.schedules.clone()));
        }
        let said = ask(ports, opened, question, &self.budget).await?;
        if let Ok(schedules) = &said {
            *known = Some(Answered { at: ports.clock().now(), schedules: schedules.clone() });
        }
        Ok(said)
    }

    fn is_fresh(&self, known: Option<&Answered>, now: Timestamp) -> bool {
        known.is_some_and(|one| one.at <= now && now.millis_since(one.at) < self.fresh_ms)
    }
}

async fn ask<P: Ports>(
    ports: &P,
    opened: &Opened,
    question: &Question,
    budget: &Budget,
) -> Result<Result<Vec<Schedule>, Failure>, DriverError> {
    let Question { of, from, to, account } = question;
    let op = ProviderOp::FreeBusy { of: of.clone(), from: *from, to: *to };
    let limits = Limits::default();
    let deadline = ports.clock().now().saturating_add_millis(limits.write_ms);
    let bounds = Bounds { deadline, stop: None, ends: Some(deadline), limits: &limits };
    let (requests, date) = (AtomicU64::new(0), AtomicI64::new(0));
    let account = *account;
    let talk = Talk { ports, account, opened, requests: &requests, date: &date, budget };
    let mut said = Collect::default();
    match talk.converse(&op, bounds, &mut said).await? {
        Ended::Done(Done::Fetched) => {}
        Ended::Done(Done::Failed(failure)) => return Ok(Err(failure)),
        Ended::Done(_) | Ended::Stopped => return Ok(Err(wrong_end())),
    }
    let told = said.0.into_iter().filter_map(|output| match output {
        Output::Schedule(schedule) => Some((schedule.of.clone(), *schedule)),
        Output::Item(_) | Output::Name { .. } | Output::Calendar(_) => None,
    });
    let mut told: BTreeMap<String, Schedule> = told.collect();
    let one = |of: &String| told.remove(of).unwrap_or_else(|| unknown(of, "freebusy.not-told"));
    Ok(Ok(of.iter().map(one).collect()))
}

fn unknown(of: &str, code: &str) -> Schedule {
    let availability = Availability::Unknown { code: code.to_owned() };
    Schedule { of: of.to_owned(), availability, hours: None }
}

fn wrong_end() -> Failure {
    Failure {
        class: FailureClass::Protocol,
        code: "exchange.wrong-end".to_owned(),
        detail: "a question about time ended in the answer to something else: report this"
            .to_owned(),
        retry_at: None,
    }
}
