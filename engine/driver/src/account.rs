//! Reading one account: its calendars, then what changed in each.

use std::collections::{BTreeMap, BTreeSet};

use kalends_core::cursor::{Cursor, Failing, Health};
use kalends_core::graph::{Account, Calendar, CalendarRole, Lifecycle, OverlayState};
use kalends_core::ids::{AccountId, CalendarId, ScopeId};
use kalends_core::ingest::Began;
use kalends_core::provider::{
    CalendarItem, Done, Failure, FailureClass, Item, Listed, Listing, Output, ProviderOp,
};
use kalends_core::slice::{Config, PresencePage, ReadSet, Slice};
use kalends_core::step::{Discovery, Env};
use kalends_core::time::Timestamp;

use crate::converse::{Collect, Ended};
use crate::error::DriverError;
use crate::fetch::{Place, Reading, wrong_end};
use crate::hooks::{Hooks, Progress};
use crate::ports::{Accounts, Opened, Ports};
use crate::run::Run;
use crate::steps;

impl<P: Ports> Run<'_, P> {
    /// Reads an account. What goes wrong with it is recorded with it, and never stops another.
    ///
    /// Refused credentials are tried once in a run: they may have been changed meanwhile.
    pub(crate) async fn read_account(
        &self,
        config: &Config,
        account: &Account,
        pass: u32,
    ) -> Result<(), DriverError> {
        if let Some(failure) = self.rest_of(account.id, pass).await? {
            self.tally.failed(account.id, None, &failure);
            return Ok(());
        }
        let opened = match self.open(config, account).await {
            Ok(opened) => opened,
            Err(failure) => return self.account_failed(account.id, &failure).await,
        };
        self.ports.hooks().progress(Progress::Discovering(account.id));
        match self.discover(account.id, &opened).await? {
            Discovered::Calendars(items) => {
                self.tend_watches(account, &opened).await?;
                self.read_calendars(account, &opened, &items, pass).await
            }
            Discovered::Failed(failure) => self.account_failed(account.id, &failure).await,
            Discovered::Stopped => Ok(()),
        }
    }

    /// Why an account is not talked to now, in this pass: credentials that were refused are tried in
    /// the first.
    pub(crate) async fn rest_of(
        &self,
        account: AccountId,
        pass: u32,
    ) -> Result<Option<Failure>, DriverError> {
        let mut want = ReadSet::default();
        want.health.insert(account);
        let slice = self.decider.load(&want).await?;
        let health = slice.health.get(&account).and_then(Option::as_ref);
        Ok(health.and_then(|health| resting(health, pass, self.now())))
    }

    async fn discover(
        &self,
        account: AccountId,
        opened: &Opened,
    ) -> Result<Discovered, DriverError> {
        let mut found = Collect::default();
        let op = ProviderOp::Discover;
        let (ended, date) = self.talk_dated(account, opened, &op, &mut found).await?;
        let (makes_calendars, remember) = match ended {
            Ended::Done(Done::Discovered { makes_calendars, remember, .. }) => {
                (makes_calendars, remember)
            }
            Ended::Done(Done::Failed(failure)) => return Ok(Discovered::Failed(failure)),
            Ended::Done(_) => return Ok(Discovered::Failed(wrong_end("a discovery"))),
            Ended::Stopped => return Ok(Discovered::Stopped),
        };
        match self.ports.accounts().remember(self.keys.graph, account, &remember).await {
            Ok(true) => self.forget(account),
            Ok(false) => {}
            Err(failure) => return Ok(Discovered::Failed(failure)),
        }
        let calendars = found.0.into_iter().filter_map(|output| match output {
            Output::Calendar(item) => Some(*item),
            Output::Item(_) | Output::Name { .. } | Output::Schedule(_) => None,
        });
        let calendars = calendars.collect();
        let discovery = Discovery { account, makes_calendars, date, calendars };
        let mut want = ReadSet::default();
        want.health.insert(account);
        want.runs.insert(self.id);
        let step = |s: &Slice, env: &Env| steps::discovered(s, &discovery, env);
        self.record("discovered", want, step).await?;
        Ok(Discovered::Calendars(discovery.calendars))
    }

    async fn read_calendars(
        &self,
        account: &Account,
        opened: &Opened,
        items: &[CalendarItem],
        pass: u32,
    ) -> Result<(), DriverError> {
        let slice = self.decider.load(&ReadSet::default()).await?;
        let watched = if pass == 1 { self.watched(&slice).await? } else { BTreeSet::new() };
        let ours = slice
            .config
            .calendars
            .values()
            .filter(|c| c.account == account.id && is_read(c, &slice.config))
            .filter(|c| !watched.contains(&c.scope()));
        let (mut unchanged, mut read) = (Vec::new(), Vec::new());
        for calendar in ours {
            if self.is_over() {
                break;
            }
            let item = items.iter().find(|item| Some(&item.id) == calendar.provider_id.as_ref());
            match self.read_calendar(opened, calendar, item, false).await? {
                Turnout::Unchanged => unchanged.push(calendar.scope()),
                Turnout::Read => read.push(calendar),
                Turnout::Failed => {}
                Turnout::AccountFailed(failure) => {
                    self.account_failed(account.id, &failure).await?;
                    break;
                }
            }
        }
        self.read_since(account, opened, &read).await?;
        if unchanged.is_empty() {
            return Ok(());
        }
        let mut want = ReadSet::default();
        want.runs.insert(self.id);
        want.cursors.extend(unchanged.iter().copied());
        let step = |s: &Slice, env: &Env| steps::scopes_read(s, &unchanged, env);
        self.record("scopes_read", want, step).await
    }

    /// Reads once more what was read before another calendar of the account showed that something is
    /// gone: it may have been moved, and all that is known of this one is older (L7). What is found so
    /// late again waits for the next pass.
    async fn read_since(
        &self,
        account: &Account,
        opened: &Opened,
        calendars: &[&Calendar],
    ) -> Result<(), DriverError> {
        let mut want = ReadSet::default();
        want.runs.insert(self.id);
        let slice = self.decider.load(&want).await?;
        let run = slice.runs.get(&self.id).and_then(Option::as_ref);
        let is_read =
            |calendar: &Calendar| run.is_none_or(|it| it.read.contains(&calendar.scope()));
        for calendar in calendars.iter().filter(|calendar| !is_read(calendar)) {
            if self.is_over() {
                break;
            }
            let turnout = self.read_calendar(opened, calendar, None, false).await?;
            if let Turnout::AccountFailed(failure) = turnout {
                return self.account_failed(account.id, &failure).await;
            }
        }
        Ok(())
    }

    /// Reads a calendar where it changed since, or whole where that is asked for or it is time.
    async fn read_calendar(
        &self,
        opened: &Opened,
        calendar: &Calendar,
        item: Option<&CalendarItem>,
        whole: bool,
    ) -> Result<Turnout, DriverError> {
        let Some(provider_id) = calendar.provider_id.clone() else {
            return Ok(Turnout::Failed);
        };
        let scope = calendar.scope();
        let mut want = ReadSet::default();
        want.cursors.insert(scope);
        let slice = self.decider.load(&want).await?;
        let cursor = slice.cursors.get(&scope).cloned().flatten();
        let failing = cursor.as_ref().and_then(|cursor| cursor.failing.as_ref());
        if let Some(failing) = failing.filter(|failing| is_open(failing, self.now())) {
            self.tally.failed(calendar.account, Some(scope), &rests(failing));
            return Ok(Turnout::Failed);
        }
        let doubted = self.is_doubted(calendar).await?;
        let listing = match self.listing(cursor.as_ref(), item) {
            Some(Some(_)) | None if whole || doubted => Listing::Names,
            Some(Some(listing)) => listing,
            Some(None) => self.first_listing(calendar.id).await?,
            None => return Ok(Turnout::Unchanged),
        };
        let place = Place {
            account: calendar.account,
            opened: opened.clone(),
            calendar: calendar.id,
            provider_id,
            read_at: cursor.as_ref().and_then(|cursor| cursor.read_at),
        };
        let began = Began::new(&slice.config, calendar.id, cursor.unwrap_or_default());
        match self.pull(&place, listing, &began).await? {
            Reading::Whole => Ok(Turnout::Read),
            Reading::Stopped => Ok(Turnout::Failed),
            Reading::Failed(failure) if is_of_account(&failure) => {
                Ok(Turnout::AccountFailed(failure))
            }
            Reading::Failed(failure) => {
                self.scope_failed(calendar.account, scope, &failure).await?;
                Ok(Turnout::Failed)
            }
        }
    }

    /// Reads one calendar because a job says so.
    pub(crate) async fn read_scope(&self, scope: ScopeId) -> Result<(), DriverError> {
        let slice = self.decider.load(&ReadSet::default()).await?;
        let known = slice.config.calendars.get(&scope.calendar());
        let Some(calendar) = known.filter(|c| is_read(c, &slice.config)) else { return Ok(()) };
        self.read_alone(&slice, calendar, false).await
    }

    /// Lists one calendar with all that it holds, because a job needs to know.
    pub(crate) async fn list_whole(&self, calendar: CalendarId) -> Result<(), DriverError> {
        let slice = self.decider.load(&ReadSet::default()).await?;
        let Some(calendar) = slice.config.calendars.get(&calendar) else { return Ok(()) };
        if self.is_dry() {
            let listed = Listed { whole: true, ..Listed::default() };
            return self.ingest(calendar.scope(), vec![Item::Listed(listed)]).await.map(drop);
        }
        self.read_alone(&slice, calendar, true).await
    }

    async fn read_alone(
        &self,
        slice: &Slice,
        calendar: &Calendar,
        whole: bool,
    ) -> Result<(), DriverError> {
        let Some(account) = slice.config.accounts.get(&calendar.account) else { return Ok(()) };
        let opened = match self.open(&slice.config, account).await {
            Ok(opened) => opened,
            Err(failure) => return self.account_failed(account.id, &failure).await,
        };
        match self.read_calendar(&opened, calendar, None, whole).await? {
            Turnout::AccountFailed(failure) => self.account_failed(account.id, &failure).await,
            Turnout::Unchanged | Turnout::Read | Turnout::Failed => Ok(()),
        }
    }

    /// How to list a calendar: `None`: not at all; `Some(None)`: for the first time.
    fn listing(
        &self,
        cursor: Option<&Cursor>,
        item: Option<&CalendarItem>,
    ) -> Option<Option<Listing>> {
        let Some(cursor) = cursor else { return Some(None) };
        let never_read = cursor.committed.is_none() && cursor.read_at.is_none();
        if never_read {
            return Some(None);
        }
        // A listing in doubt compared nothing: what it left out is not to wait for the next turn.
        let compare_at =
            cursor.compared_at.map(|at| at.saturating_add_millis(self.limits.compare_ms));
        let untold = cursor.written.len() >= Cursor::WRITTEN_MAX;
        // What the last one showed may be gone, and this one not tell of it.
        let interrupted = cursor.in_progress.is_some();
        if untold || interrupted || compare_at.is_none_or(|at| at <= self.now()) {
            return Some(Some(Listing::Names));
        }
        // What we wrote may be gone again, and the token be as it was.
        let seen = cursor.failing.is_none() && cursor.written.is_empty();
        if seen && item.is_some_and(|item| is_unchanged(cursor, item)) {
            return None;
        }
        Some(Some(cursor.committed.clone().map_or(Listing::Names, Listing::Since)))
    }

    /// Whether something was missed in a calendar where only a second whole listing can tell.
    async fn is_doubted(&self, calendar: &Calendar) -> Result<bool, DriverError> {
        if !calendar.capabilities.absence_twice {
            return Ok(false);
        }
        let mut want = ReadSet::default();
        want.gone.insert(calendar.id);
        let slice = self.decider.load(&want).await?;
        Ok(slice.gone.get(&calendar.id).is_some_and(|page| !page.events.is_empty()))
    }

    /// Everything with its content where nothing is recorded yet; else a comparison.
    async fn first_listing(&self, calendar: CalendarId) -> Result<Listing, DriverError> {
        let page = PresencePage { calendar, after: None, limit: 1 };
        let mut want = ReadSet::default();
        want.presences.insert(page);
        let slice = self.decider.load(&want).await?;
        let recorded = slice.presences.get(&page).is_some_and(|page| !page.events.is_empty());
        Ok(if recorded { Listing::Names } else { Listing::Contents })
    }
}

enum Discovered {
    Calendars(Vec<CalendarItem>),
    Failed(Failure),
    Stopped,
}

enum Turnout {
    Unchanged,
    Read,
    Failed,
    AccountFailed(Failure),
}

/// The accounts that are read at all: not resting, and with somebody to talk to. One that is being
/// taken away is read too, since its overlays go only when they are seen to be empty.
pub(crate) fn talked_to(config: &Config) -> BTreeMap<AccountId, &Account> {
    let lives = |account: &&Account| match account.state {
        Lifecycle::Active | Lifecycle::Retiring => true,
        Lifecycle::Paused(_) | Lifecycle::Abandoned => false,
    };
    let mut all: BTreeMap<_, _> =
        config.accounts.values().filter(lives).map(|account| (account.id, account)).collect();
    for calendar in config.calendars.values().filter(|c| c.role == CalendarRole::Own) {
        all.remove(&calendar.account);
    }
    all
}

/// Whether a calendar is read. One that mirrors are written to is, whatever its scope and though
/// its account is on its way out: else nobody would see what becomes of them. One that may not be
/// read is not asked for: that limits an account, and is no failure of each pass.
pub(crate) fn is_read(calendar: &Calendar, config: &Config) -> bool {
    let there = calendar.provider_id.is_some() && calendar.capabilities.read;
    let written = || {
        let edges = config.edges.values();
        edges.filter(|edge| edge.state != Lifecycle::Abandoned).any(|edge| edge.to == calendar.id)
    };
    match calendar.role {
        CalendarRole::Theirs | CalendarRole::Subscribed => {
            there && (config.takes_in(calendar) || written())
        }
        CalendarRole::Overlay(OverlayState::Made { .. } | OverlayState::Retiring) => there,
        CalendarRole::Overlay(OverlayState::Wanted { .. })
        | CalendarRole::Own
        | CalendarRole::Lost => false,
    }
}

fn is_unchanged(cursor: &Cursor, item: &CalendarItem) -> bool {
    match (&item.token, &cursor.committed) {
        (Some(now), Some(then)) => now == then,
        (Some(_) | None, _) => item.tag.is_some() && item.tag == cursor.tag,
    }
}

/// Failures that hold for every calendar of the account.
fn is_of_account(failure: &Failure) -> bool {
    matches!(
        failure.class,
        FailureClass::SignIn
            | FailureClass::Consent
            | FailureClass::Throttled
            | FailureClass::Quota
    )
}

fn resting(health: &Health, pass: u32, now: Timestamp) -> Option<Failure> {
    if pass > 1 && (health.needs_sign_in || health.needs_consent) {
        return Some(shut_out(health));
    }
    if let Some(failing) = health.failing.as_ref().filter(|failing| is_open(failing, now)) {
        return Some(rests(failing));
    }
    let until = health.throttled_until.filter(|until| *until > now)?;
    Some(Failure {
        class: FailureClass::Throttled,
        code: "account.throttled".to_owned(),
        detail: format!("the provider asked for rest until {until}"),
        retry_at: Some(until),
    })
}

fn shut_out(health: &Health) -> Failure {
    let (class, code, detail) = if health.needs_sign_in {
        let detail = "the credentials were refused: sign in again";
        (FailureClass::SignIn, "account.sign-in", detail)
    } else {
        let detail = "an administrator of the organisation must allow it first";
        (FailureClass::Consent, "account.consent", detail)
    };
    Failure { class, code: code.to_owned(), detail: detail.to_owned(), retry_at: None }
}

/// Whether the circuit is open: a single failure is tried again at once, many in a row are not.
fn is_open(failing: &Failing, now: Timestamp) -> bool {
    failing.times >= steps::CIRCUIT_OPENS_AT && failing.retry_at > now
}

fn rests(failing: &Failing) -> Failure {
    Failure {
        class: FailureClass::Transient,
        code: failing.code.clone(),
        detail: format!(
            "failed {} times in a row: rests until {}",
            failing.times, failing.retry_at
        ),
        retry_at: Some(failing.retry_at),
    }
}
