//! Watches: kept open at providers, and listened to.

use std::collections::BTreeSet;

use kalends_core::cursor::Cursor;
use kalends_core::few::Few;
use kalends_core::graph::{Account, Calendar, Lifecycle};
use kalends_core::ids::{AccountId, ScopeId};
use kalends_core::keys::GraphKeys;
use kalends_core::plan::Plan;
use kalends_core::ports::{GraphStore, StoreError};
use kalends_core::provider::ProviderOp;
use kalends_core::slice::{ReadSet, Slice};
use kalends_core::step::Env;
use kalends_core::time::Timestamp;
use kalends_core::watch::{self, Push, Tended, Watch};

use crate::account::{is_read, talked_to};
use crate::converse::{Collect, Ended};
use crate::decide::Verdict;
use crate::error::DriverError;
use crate::ports::{Opened, Ports};
use crate::run::Run;

/// Requests about the watches of one scope in one run, at most.
const ROUNDS_MAX: u32 = 4;
/// A watch that is due and could not be tended is due again after this time, in milliseconds: its
/// account rests, or nobody is signed in. A third of the life of any is longer.
const AGAIN_MS: i64 = 60 * 60_000;
/// Of so many looks, one lists whole what stays in doubt: an hour of looks every five minutes.
const DOUBTED_ONE_IN: u8 = 12;

impl Verdict for Tended {
    fn plan(&self) -> Option<&Plan> {
        Some(&self.plan)
    }
}

/// When a watch of a graph is to be tended next, of those that somebody can tend.
pub(crate) async fn upkeep_at<S: GraphStore>(
    store: &S,
    keys: &GraphKeys,
    slice: &Slice,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let watches = at_providers(slice).map(Calendar::scope).collect();
    let slice = store.load(keys.graph, &ReadSet { watches, ..ReadSet::default() }).await?;
    let due = slice.watches.values().flatten().map(|watch| watch::due_at(watch, keys, now));
    let later = now.saturating_add_millis(AGAIN_MS);
    Ok(due.map(|at| if at > now { at } else { later }).min())
}

/// The calendars whose watches are tended: those that are at a provider that is talked to.
fn at_providers(slice: &Slice) -> impl Iterator<Item = &Calendar> {
    let talked_to = talked_to(&slice.config);
    let calendars = slice.config.calendars.values();
    calendars.filter(move |one| one.provider_id.is_some() && talked_to.contains_key(&one.account))
}

impl<P: Ports> Run<'_, P> {
    /// Tends the watches that are due, though nobody reads their accounts now.
    pub(crate) async fn tend_due(&self) -> Result<(), DriverError> {
        if self.options.notices_at.is_none() {
            return Ok(());
        }
        let set_up = self.decider.load(&ReadSet::default()).await?;
        let watches = at_providers(&set_up).map(Calendar::scope).collect();
        let slice = self.decider.load(&ReadSet { watches, ..ReadSet::default() }).await?;
        let is_due = |calendar: &&Calendar| {
            let watch = slice.watches.get(&calendar.scope()).and_then(Option::as_ref);
            watch.is_some_and(|watch| watch::due_at(watch, self.keys, self.now()) <= self.now())
        };
        let due = at_providers(&set_up).filter(is_due).map(|calendar| calendar.account);
        for id in due.collect::<BTreeSet<AccountId>>() {
            let Some(account) = set_up.config.accounts.get(&id) else { continue };
            if self.is_over() || self.rest_of(id, 2).await?.is_some() {
                continue;
            }
            match self.open(&set_up.config, account).await {
                Ok(opened) => self.tend_watches(account, &opened).await?,
                Err(failure) => self.account_failed(id, &failure).await?,
            }
        }
        Ok(())
    }

    /// Opens, renews and closes the watches of an account's calendars, where notices can come in.
    /// Those of an account on its way out are closed in any case, before it ends.
    pub(crate) async fn tend_watches(
        &self,
        account: &Account,
        opened: &Opened,
    ) -> Result<(), DriverError> {
        let leaves = account.state != Lifecycle::Active;
        let Some(base) = self.options.notices_at.as_deref().or(leaves.then_some("")) else {
            return Ok(());
        };
        let terms = opened.provider.watches();
        let slice = self.decider.load(&ReadSet::default()).await?;
        let ours = slice.config.calendars.values().filter(|c| c.account == account.id);
        for calendar in ours.filter(|calendar| calendar.provider_id.is_some()) {
            if self.is_over() {
                return Ok(());
            }
            let stays = account.state == Lifecycle::Active && is_read(calendar, &slice.config);
            let address = || format!("{base}/{}", account.provider);
            let push = terms.filter(|_| stays).map(|terms| Push {
                terms,
                address: address(),
                listens_ms: self.options.listens_ms,
            });
            self.tend_watch(account, opened, calendar.scope(), push.as_ref()).await?;
        }
        Ok(())
    }

    async fn tend_watch(
        &self,
        account: &Account,
        opened: &Opened,
        scope: ScopeId,
        push: Option<&Push>,
    ) -> Result<(), DriverError> {
        let mut want = ReadSet::default();
        want.watches.insert(scope);
        for _ in 0..ROUNDS_MAX {
            let step = |s: &Slice, env: &Env| watch::tend(s, scope, push, env);
            let next = self.decider.decide("tend", want.clone(), step).await?;
            let Some(sent) = next.send else { return Ok(()) };
            let op = ProviderOp::Watch(sent.1.clone());
            let ended = self.talk(account.id, opened, &op, &mut Collect::default()).await?;
            let Ended::Done(done) = ended else { return Ok(()) };
            let step = |s: &Slice, env: &Env| watch::tended(s, scope, &sent, &done, env);
            self.record("tended", want.clone(), step).await?;
        }
        Ok(())
    }

    /// The scopes that are left out for now: their watches have told of nothing since they were
    /// read, and that is not too long ago; nor is it time to compare them whole, since that finds what
    /// nothing tells of.
    pub(crate) async fn watched(&self, slice: &Slice) -> Result<BTreeSet<ScopeId>, DriverError> {
        if self.options.notices_at.is_none() {
            return Ok(BTreeSet::new());
        }
        let scopes: Few<BTreeSet<ScopeId>> =
            slice.config.calendars.values().map(Calendar::scope).collect();
        let watches = scopes.clone();
        let slice =
            self.decider.load(&ReadSet { cursors: scopes, watches, ..ReadSet::default() }).await?;
        let rests = |scope: &ScopeId, watch: &Watch| {
            let cursor = slice.cursors.get(scope).and_then(Option::as_ref)?;
            let (read_at, since) = (cursor.read_at?, watch.speaks_since(self.now())?);
            // A clock that was set back makes nothing fresh.
            let age = self.now().millis_since(read_at);
            let fresh = (0..self.limits.watched_ms).contains(&age);
            let rests = fresh && since <= read_at && cursor.failing.is_none();
            (rests && !self.is_to_be_compared(cursor)).then_some(())
        };
        let watches = slice.watches.iter();
        let resting = watches.filter(|(scope, watch)| {
            watch.as_ref().is_some_and(|watch| rests(scope, watch).is_some())
        });
        Ok(resting.map(|(scope, _)| *scope).collect())
    }

    /// Whether it is time to compare a watched calendar whole. Where that came to no end, since its listings
    /// may lack something, it is tried again once a word may be lost, and at one in so many looks, as the
    /// name of the run falls: a clock may stand.
    fn is_to_be_compared(&self, cursor: &Cursor) -> bool {
        let due = |at: Timestamp| at.saturating_add_millis(self.limits.compare_ms) <= self.now();
        let is_tried = || self.id.as_bytes()[15].is_multiple_of(DOUBTED_ONE_IN);
        cursor.compared_at.is_some_and(due) && (cursor.committed.is_some() || is_tried())
    }

    /// Counts changes that a listing found and no watch had told of.
    pub(crate) async fn found_changes(
        &self,
        scope: ScopeId,
        before: Option<Timestamp>,
    ) -> Result<(), DriverError> {
        let Some(before) = before.filter(|_| self.options.notices_at.is_some()) else {
            return Ok(());
        };
        let mut want = ReadSet::default();
        want.watches.insert(scope);
        let step = |s: &Slice, env: &Env| watch::missed(s, scope, before, env);
        self.record("missed", want, step).await
    }
}
