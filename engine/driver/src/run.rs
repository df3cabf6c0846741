//! What all parts of one run share.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};

use kalends_core::budget::Kind;
use kalends_core::graph::Account;
use kalends_core::ids::{AccountId, RunId, ScopeId};
use kalends_core::keys::GraphKeys;
use kalends_core::plan::Plan;
use kalends_core::ports::{Clock, Credential};
use kalends_core::provider::{Done, Failure, FailureClass, ProviderOp};
use kalends_core::slice::{Config, Missing, ReadSet, Slice};
use kalends_core::step::{Env, Operation};
use kalends_core::time::Timestamp;

use crate::budget::Budget;
use crate::converse::{Bounds, Ended, Sink, Talk};
use crate::decide::{Decider, Step};
use crate::error::DriverError;
use crate::limits::{Limits, Rules};
use crate::options::Options;
use crate::overlay::{Desk, Overlay};
use crate::ports::{Accounts, Opened, Ports};
use crate::preview::as_if_taken;
use crate::reach::reaching;
use crate::steps;
use crate::tally::Tally;
use crate::withhold::withheld;

/// The most times one step is run on end: what it has to do is long done then.
const ROUNDS_MAX: u32 = 10_000;

/// One run over one graph.
pub(crate) struct Run<'a, P: Ports> {
    pub(crate) ports: &'a P,
    /// Where it keeps what it decides, and finds its jobs.
    pub(crate) store: Desk<'a, P::Store>,
    pub(crate) keys: &'a GraphKeys,
    pub(crate) limits: &'a Limits,
    budget: &'a Budget,
    pub(crate) options: &'a Options,
    pub(crate) id: RunId,
    pub(crate) decider: Decider<'a, P>,
    pub(crate) tally: Tally,
    /// Whether the last batch that was taken in showed nothing new.
    pub(crate) quiet: AtomicBool,
    opened: Mutex<BTreeMap<AccountId, Opened>>,
    /// Where writes are put down instead of being sent.
    dry: Option<Mutex<Vec<Operation>>>,
    /// Whether what it decides is recorded, and queues nothing.
    withholds: bool,
}

impl<'a, P: Ports> Run<'a, P> {
    pub(crate) fn new(
        ports: &'a P,
        keys: &'a GraphKeys,
        rules: &'a Rules,
        options: &'a Options,
        id: RunId,
    ) -> Self {
        Self::at((ports, Desk::Store(ports.store())), keys, rules, options, id)
    }

    fn at(
        (ports, store): (&'a P, Desk<'a, P::Store>),
        keys: &'a GraphKeys,
        rules: &'a Rules,
        options: &'a Options,
        id: RunId,
    ) -> Self {
        Self {
            ports,
            store,
            keys,
            limits: &rules.limits,
            budget: &rules.budget,
            options,
            id,
            decider: Decider::at(store, ports, keys, id),
            tally: Tally::default(),
            quiet: AtomicBool::new(false),
            opened: Mutex::default(),
            dry: None,
            withholds: false,
        }
    }

    /// A run that only reads: it records what it read, and queues no job.
    pub(crate) fn reading(
        ports: &'a P,
        keys: &'a GraphKeys,
        rules: &'a Rules,
        options: &'a Options,
        id: RunId,
    ) -> Self {
        Self { withholds: true, ..Self::new(ports, keys, rules, options, id) }
    }

    /// A run that keeps what it decides in a layer, and puts its writes down instead of sending them.
    pub(crate) fn dry(
        (ports, layer): (&'a P, &'a Overlay<'a, P::Store>),
        keys: &'a GraphKeys,
        rules: &'a Rules,
        options: &'a Options,
        id: RunId,
    ) -> Self {
        let run = Self::at((ports, Desk::Layer(layer)), keys, rules, options, id);
        Self { dry: Some(Mutex::default()), ..run }
    }

    /// Puts a write down, and says how it would end; `None`: it is to be sent.
    pub(crate) fn put_down(&self, operation: &Operation) -> Option<Done> {
        let operations = self.dry.as_ref()?;
        let done = as_if_taken(&operation.op)?;
        operations.lock().unwrap_or_else(PoisonError::into_inner).push(operation.clone());
        Some(done)
    }

    /// Whether writes are put down instead of being sent: what the rows say of a calendar is then
    /// more than its provider can show.
    pub(crate) const fn is_dry(&self) -> bool {
        self.dry.is_some()
    }

    /// The writes put down.
    pub(crate) fn take_operations(&self) -> Vec<Operation> {
        let operations =
            self.dry.as_ref().map(|dry| dry.lock().unwrap_or_else(PoisonError::into_inner));
        operations.map(|mut operations| std::mem::take(&mut *operations)).unwrap_or_default()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.ports.clock().now()
    }

    /// Whether nothing new may be begun.
    pub(crate) fn is_over(&self) -> bool {
        let late = self.options.deadline.is_some_and(|deadline| self.now() >= deadline);
        late || self.options.stop.asked()
    }

    /// Decides and commits, and counts what came of it.
    pub(crate) async fn plan(
        &self,
        name: &'static str,
        want: ReadSet,
        mut step: impl FnMut(&Slice, &Env) -> Result<Plan, Missing> + Send,
    ) -> Result<Plan, DriverError> {
        self.plan_by(name, want, &mut step).await
    }

    async fn plan_by(
        &self,
        name: &'static str,
        want: ReadSet,
        step: Step<'_, Plan>,
    ) -> Result<Plan, DriverError> {
        let withholds = self.withholds;
        let mut step = |s: &Slice, env: &Env| {
            let plan = step(s, env)?;
            Ok(if withholds { withheld(plan, &s.config) } else { plan })
        };
        let plan = self.decider.decide_by(name, want, &mut step).await?;
        self.tally.count_plan(&plan);
        Ok(plan)
    }

    /// As [`Run::plan`], where nothing more is to be known of the plan.
    pub(crate) async fn record(
        &self,
        name: &'static str,
        want: ReadSet,
        mut step: impl FnMut(&Slice, &Env) -> Result<Plan, Missing> + Send,
    ) -> Result<(), DriverError> {
        self.plan_by(name, want, &mut step).await.map(|_| ())
    }

    /// Runs a step until it finds nothing to do, or the run is over. Whether it did anything.
    pub(crate) async fn drain(
        &self,
        name: &'static str,
        want: &ReadSet,
        mut step: impl FnMut(&Slice, &Env) -> Result<Plan, Missing> + Send,
    ) -> Result<bool, DriverError> {
        for round in 0..ROUNDS_MAX {
            let plan = self.plan_by(name, want.clone(), &mut step).await?;
            if plan.is_empty() || self.is_over() {
                return Ok(round > 0 || !plan.is_empty());
            }
        }
        Err(DriverError::Stuck { step: name })
    }

    /// Opens an account once in a run, to reach as far as its edges do.
    pub(crate) async fn open(&self, config: &Config, account: &Account) -> Result<Opened, Failure> {
        if let Some(opened) = self.cache().get(&account.id) {
            return Ok(opened.clone());
        }
        let opened = self.ports.accounts().open(self.keys.graph, account).await?;
        let opened = reaching(opened, config, account.id);
        self.cache().insert(account.id, opened.clone());
        Ok(opened)
    }

    /// Opens an account anew the next time: its provider has learned something.
    pub(crate) fn forget(&self, account: AccountId) {
        self.cache().remove(&account);
    }

    /// Carries a conversation, within the deadline of a conversation and of the run.
    pub(crate) async fn talk<K: Sink>(
        &self,
        account: AccountId,
        opened: &Opened,
        op: &ProviderOp,
        sink: &mut K,
    ) -> Result<Ended, DriverError> {
        Ok(self.talk_dated(account, opened, op, sink).await?.0)
    }

    /// The same, with the time the provider showed last.
    pub(crate) async fn talk_dated<K: Sink>(
        &self,
        account: AccountId,
        opened: &Opened,
        op: &ProviderOp,
        sink: &mut K,
    ) -> Result<(Ended, Option<Timestamp>), DriverError> {
        let longest = match Kind::of(op) {
            Kind::Read => self.limits.read_ms,
            Kind::Write => self.limits.write_ms,
        };
        let own = self.now().saturating_add_millis(longest);
        let deadline = self.options.deadline.map_or(own, |deadline| deadline.min(own));
        let (stop, ends) = (Some(&self.options.stop), self.options.deadline);
        let bounds = Bounds { deadline, stop, ends, limits: self.limits };
        let requests = &self.tally.requests;
        let date = &AtomicI64::new(0);
        // A token that was refreshed since holds for every conversation of the run.
        let known = self.cache().get(&account).cloned();
        let opened = known.as_ref().unwrap_or(opened);
        let talk = Talk { ports: self.ports, account, opened, requests, date, budget: self.budget };
        // Boxed: the futures around it are moved, and would each hold it twice.
        let mut ended = Box::pin(talk.converse(op, bounds, sink)).await?;
        if let Ended::Done(Done::Failed(failure)) = &ended
            && let Some(opened) = self.refreshed(account, &opened.credential, failure).await?
        {
            ended = match opened {
                Ok(opened) => {
                    sink.again();
                    let talk = Talk { opened: &opened, ..talk };
                    Box::pin(talk.converse(op, bounds, sink)).await?
                }
                Err(failure) => Ended::Done(Done::Failed(failure)),
            };
        }
        let shown = Some(date.load(Ordering::Relaxed)).filter(|date| *date != 0);
        Ok((ended, shown.map(Timestamp::from_millis)))
    }

    /// The account with another token, where the provider refused this one; `None`: there is none.
    async fn refreshed(
        &self,
        account: AccountId,
        spent: &Credential,
        failure: &Failure,
    ) -> Result<Option<Result<Opened, Failure>>, DriverError> {
        if failure.class != FailureClass::SignIn {
            return Ok(None);
        }
        let slice = self.decider.load(&ReadSet::default()).await?;
        let Some(account) = slice.config.accounts.get(&account) else { return Ok(None) };
        let refused = self.ports.accounts().refused(self.keys.graph, account, spent, failure);
        let Some(opened) = refused.await.transpose() else { return Ok(None) };
        let opened = opened.map(|opened| reaching(opened, &slice.config, account.id));
        if let Ok(opened) = &opened {
            self.cache().insert(account.id, opened.clone());
        }
        Ok(Some(opened))
    }

    /// Records that an account could not be talked to.
    pub(crate) async fn account_failed(
        &self,
        account: AccountId,
        failure: &Failure,
    ) -> Result<(), DriverError> {
        self.tally.failed(account, None, failure);
        let mut want = ReadSet::default();
        want.health.insert(account);
        let step = |s: &Slice, env: &Env| steps::account_failed(s, account, failure, env);
        self.record("account_failed", want, step).await
    }

    /// Records that a scope could not be read.
    pub(crate) async fn scope_failed(
        &self,
        account: AccountId,
        scope: ScopeId,
        failure: &Failure,
    ) -> Result<(), DriverError> {
        self.tally.failed(account, Some(scope), failure);
        let mut want = ReadSet::default();
        want.cursors.insert(scope);
        let step = |s: &Slice, env: &Env| steps::scope_failed(s, scope, failure, env);
        self.record("scope_failed", want, step).await
    }

    fn cache(&self) -> std::sync::MutexGuard<'_, BTreeMap<AccountId, Opened>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
