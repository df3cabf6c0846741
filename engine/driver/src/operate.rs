//! One job: what it comes to now, and what the provider says to that.

use kalends_core::graph::Account;
use kalends_core::ids::{AccountId, CalendarId, ProviderId};
use kalends_core::mirror::PartRef;
use kalends_core::plan::{Job, JobKey};
use kalends_core::ports::Claim;
use kalends_core::provider::{Done, Failure, FailureClass, Item, ObjectName, Output, ProviderOp};
use kalends_core::slice::{ReadSet, Slice};
use kalends_core::step::{Action, Dispatch, Env, Operation, WriteOutcome};
use kalends_core::time::Timestamp;

use crate::converse::{Collect, Ended, not_before};
use crate::error::DriverError;
use crate::ports::Ports;
use crate::run::Run;
use crate::steps;

/// The calendar that was written to, and its account.
pub(crate) type Target = (CalendarId, AccountId);

/// What became of a claimed job.
#[derive(Debug)]
pub(crate) enum Carried {
    /// It was sent: to be settled, then finished.
    Sent(Target, Box<WriteOutcome>),
    /// Nothing is left to do.
    Done,
    /// To be looked at again then.
    Later(Timestamp),
    /// The run was asked to stop before anything was sent.
    Stopped,
}

impl<P: Ports> Run<'_, P> {
    /// Carries a claimed job out.
    pub(crate) async fn carry_out(&self, claim: &Claim) -> Result<Carried, DriverError> {
        let job = claim.job;
        if let JobKey::Pull(scope) = job.key {
            // Boxed, as the listing below: a write is not to carry the room that a reading takes.
            Box::pin(self.read_scope(scope)).await?;
            return Ok(Carried::Done);
        }
        let mut since = None;
        loop {
            let step = |s: &Slice, env: &Env| steps::dispatch_listed(s, &job, since, env);
            match self.decider.decide("dispatch", look_at(&job), step).await? {
                Dispatch::Send(operation) => return self.operate(*operation).await,
                Dispatch::Done(plan) => {
                    self.tally.count_plan(&plan);
                    return Ok(Carried::Done);
                }
                Dispatch::Later(at) => return Ok(Carried::Later(at)),
                Dispatch::List(_) if since.is_some() => {
                    return Err(DriverError::Stuck { step: "dispatch" });
                }
                Dispatch::List(calendar) => {
                    since = Some(self.now());
                    Box::pin(self.list_whole(calendar)).await?;
                }
            }
        }
    }

    async fn operate(&self, operation: Operation) -> Result<Carried, DriverError> {
        if let Some(done) = self.put_down(&operation) {
            let outcome = WriteOutcome { sent: operation.sent, done };
            let target = (operation.calendar, operation.account);
            return Ok(Carried::Sent(target, Box::new(outcome)));
        }
        let Operation { account, calendar, sent, op } = operation;
        let target = (calendar, account);
        let slice = self.decider.load(&ReadSet::default()).await?;
        let opened = match slice.config.accounts.get(&account) {
            Some(account) => self.open(&slice.config, account).await,
            None => Err(no_account()),
        };
        let opened = match opened {
            Ok(opened) => opened,
            Err(failure) => {
                let outcome = WriteOutcome { sent, done: Done::Failed(failure) };
                return Ok(Carried::Sent(target, Box::new(outcome)));
            }
        };
        let mut said = Collect::default();
        let done = match self.talk(account, &opened, &op, &mut said).await? {
            Ended::Done(done) => done,
            Ended::Stopped => return Ok(Carried::Stopped),
        };
        if let Some(at) = not_before(&done) {
            return Ok(Carried::Later(at));
        }
        let done = match (sent.action, done) {
            (Action::Read, Done::Fetched) => match untold(&op, &said.0) {
                Some(failure) => Done::Failed(failure),
                None => self.found(calendar, said.0).await?,
            },
            (_, done) => done,
        };
        Ok(Carried::Sent(target, Box::new(WriteOutcome { sent, done })))
    }

    /// Takes in what a read of one object gave, and says whether it was there.
    async fn found(&self, calendar: CalendarId, outputs: Vec<Output>) -> Result<Done, DriverError> {
        let items: Vec<Item> = outputs
            .into_iter()
            .filter_map(|output| match output {
                Output::Item(Item::Listed(_))
                | Output::Name { .. }
                | Output::Calendar(_)
                | Output::Schedule(_) => None,
                Output::Item(item) => Some(item),
            })
            .collect();
        let is_there = |item: &Item| !matches!(item, Item::Removed { .. } | Item::AsRuled { .. });
        let found = items.iter().any(is_there);
        self.ingest(calendar.into(), items).await?;
        Ok(if found { Done::Fetched } else { Done::Failed(not_found()) })
    }

    /// The account of a calendar.
    pub(crate) fn account_of(slice: &Slice, calendar: CalendarId) -> Option<&Account> {
        let account = slice.config.calendars.get(&calendar)?.account;
        slice.config.accounts.get(&account)
    }
}

/// What is to be read back of a write: its object, where the answer did not carry it.
pub(crate) fn to_read_back(outcome: &WriteOutcome) -> Option<ProviderId> {
    match &outcome.done {
        Done::Stored(stored) if stored.body.is_none() => Some(stored.id.clone()),
        Done::Stored(_)
        | Done::Discovered { .. }
        | Done::Listed(_)
        | Done::Fetched
        | Done::Deleted
        | Done::MadeCalendar { .. }
        | Done::Watching(_)
        | Done::Failed(_) => None,
    }
}

fn look_at(job: &Job) -> ReadSet {
    let mut want = ReadSet::default();
    match job.key {
        JobKey::Part(PartRef { event, .. }) | JobKey::Origin(event, _) => {
            want.events.insert(event);
        }
        JobKey::Overlay(_) | JobKey::Pull(_) => {}
    }
    want.cursors.insert(job.lane.into());
    want
}

fn no_account() -> Failure {
    Failure {
        class: FailureClass::Transient,
        code: "account.gone".to_owned(),
        detail: "the account was taken away meanwhile".to_owned(),
        retry_at: None,
    }
}

/// Why a read by a derived name says nothing of whether its place is taken: the server named
/// something there, and did not give it. Taken for somebody else's, it would be made again beside itself.
fn untold(op: &ProviderOp, outputs: &[Output]) -> Option<Failure> {
    let ProviderOp::Fetch { names, .. } = op else { return None };
    if names.iter().any(|name| matches!(name, ObjectName::Known(_))) {
        return None;
    }
    let broken = outputs.iter().find_map(|output| match output {
        Output::Item(Item::Broken(broken)) if broken.version.is_none() => Some(broken),
        Output::Item(_) | Output::Name { .. } | Output::Calendar(_) | Output::Schedule(_) => None,
    })?;
    Some(Failure {
        class: FailureClass::Transient,
        code: broken.code.clone(),
        detail: "the server does not give what may be there already".to_owned(),
        retry_at: None,
    })
}

fn not_found() -> Failure {
    Failure {
        class: FailureClass::NotFound,
        code: "read.not-found".to_owned(),
        detail: "the object is not there".to_owned(),
        retry_at: None,
    }
}
