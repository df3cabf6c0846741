//! Setting a graph up: finding accounts, adding them, and every other edit.

use std::sync::atomic::{AtomicI64, AtomicU64};

use kalends_core::author::{author, check};
use kalends_core::discover::discovered;
use kalends_core::graph::{Account, Lifecycle};
use kalends_core::ids::{AccountId, RunId};
use kalends_core::keys::GraphKeys;
use kalends_core::plan::Note;
use kalends_core::ports::{Clock, Entropy, GraphStore as _};
use kalends_core::provider::{CalendarItem, Done, Failure, FailureClass, Output, ProviderOp};
use kalends_core::slice::{Missing, ReadSet};
use kalends_core::step::{Discovery, Env, UserEdit};
use kalends_core::time::Timestamp;
use kalends_driver::{
    Bounds, Budget, Collect, Decider, Driver, DriverError, Ended, Limits, Opened, Ports, Talk,
};

use crate::error::FindFailure;

/// What the provider showed of an account before anything was kept of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Who it belongs to: account ids are derived from it.
    pub subject: String,
    /// Whether it makes calendars.
    pub makes_calendars: bool,
    /// What the provider wants to be given next time.
    pub remember: String,
    /// Its calendars.
    pub calendars: Vec<CalendarItem>,
    /// What time its server said it was, to the second; `None`: it did not say.
    pub date: Option<Timestamp>,
}

/// An account to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// The provider's kind: `caldav`, `feed`, ...
    pub provider: String,
    /// Its name in the graph.
    pub name: String,
}

/// Asks a provider for an account's calendars, without keeping anything: it shows whether address
/// and credential are right.
///
/// # Errors
/// [`FindFailure::Provider`] says what is wrong, by class.
pub async fn find<P: Ports>(ports: &P, opened: &Opened) -> Result<Found, FindFailure> {
    let limits = Limits::default();
    let deadline = ports.clock().now().saturating_add_millis(limits.write_ms);
    let bounds = Bounds { deadline, stop: None, ends: Some(deadline), limits: &limits };
    let (account, requests) = (AccountId::from_bytes([0; 16]), AtomicU64::new(0));
    let (date, budget) = (AtomicI64::new(0), Budget::default());
    let talk = Talk { ports, account, opened, requests: &requests, date: &date, budget: &budget };
    let mut said = Collect::default();
    let (subject, makes_calendars, remember) =
        match talk.converse(&ProviderOp::Discover, bounds, &mut said).await? {
            Ended::Done(Done::Discovered { subject, makes_calendars, remember }) => {
                (subject, makes_calendars, remember)
            }
            Ended::Done(Done::Failed(failure)) => return Err(failure.into()),
            Ended::Done(_) | Ended::Stopped => return Err(wrong_end().into()),
        };
    let calendars = said.0.into_iter().filter_map(|output| match output {
        Output::Calendar(item) => Some(*item),
        Output::Item(_) | Output::Name { .. } | Output::Schedule(_) => None,
    });
    let date = match date.into_inner() {
        0 => None,
        date => Some(Timestamp::from_millis(date)),
    };
    Ok(Found { subject, makes_calendars, remember, calendars: calendars.collect(), date })
}

/// Adds an account that was found, with its calendars, to the graph. Where the graph knows it
/// already, by an import or an earlier sign-in, its calendars alone are brought up to date.
///
/// The caller keeps the credential under the id given back (the graph's keys derive it from kind
/// and subject), before it syncs.
///
/// # Errors
/// [`DriverError::Edit`] where another account has the name, or this one is being removed.
pub async fn add_account<P: Ports>(
    driver: &Driver<P>,
    keys: &GraphKeys,
    new: &NewAccount,
    found: &Found,
) -> Result<AccountId, DriverError> {
    let id = keys.account(&new.provider, &found.subject);
    let run = draw_run(driver.ports());
    let decider = Decider::new(driver.ports(), keys, run);
    let config = decider.load(&ReadSet::default()).await?.config;
    let is_known = |known: &Account| known.name == new.name && known.state == Lifecycle::Active;
    if !config.accounts.get(&id).is_some_and(is_known) {
        let edit = UserEdit::AddAccount {
            id,
            provider: new.provider.clone(),
            name: new.name.clone(),
            subject: found.subject.clone(),
        };
        self::edit(driver, keys, edit).await?;
    }
    let discovery = Discovery {
        date: None,
        account: id,
        makes_calendars: found.makes_calendars,
        calendars: found.calendars.clone(),
    };
    let mut want = ReadSet::default();
    want.health.insert(id);
    let _planned =
        decider.decide("discovered", want, |slice, env| discovered(slice, &discovery, env)).await?;
    Ok(id)
}

/// Carries out one edit, or says why not. The run it is put down to, and what was remarked.
///
/// # Errors
/// [`DriverError::Edit`] where it is refused; the text says what to do.
pub async fn edit<P: Ports>(
    driver: &Driver<P>,
    keys: &GraphKeys,
    edit: UserEdit,
) -> Result<(RunId, Vec<Note>), DriverError> {
    driver.author(keys, &[edit]).await
}

/// The same in a run that is named beforehand: where that run is in the journal, it was carried out.
///
/// # Errors
/// As [`edit`].
pub async fn edit_in<P: Ports>(
    driver: &Driver<P>,
    keys: &GraphKeys,
    run: RunId,
    edit: UserEdit,
) -> Result<(RunId, Vec<Note>), DriverError> {
    driver.author_in(keys, run, &[edit]).await
}

/// Carries out a few edits in one step: all of them, or none where one is refused.
///
/// # Errors
/// As [`edit`]; and `NotTogether` where another came first, or they do not fit in one step.
pub async fn edit_at_once<P: Ports>(
    driver: &Driver<P>,
    keys: &GraphKeys,
    edits: &[UserEdit],
) -> Result<(RunId, Vec<Note>), DriverError> {
    driver.author_at_once(keys, edits).await
}

/// What would be remarked on an edit, without anything being done: a plan of it is refused as the edit
/// itself would be.
///
/// # Errors
/// As [`edit`].
pub async fn tried<P: Ports>(
    driver: &Driver<P>,
    keys: &GraphKeys,
    edit: &UserEdit,
) -> Result<Vec<Note>, DriverError> {
    let ports = driver.ports();
    let (now, seed) = (ports.clock().now(), ports.entropy().seed());
    let env = Env { now, run: RunId::draw(&seed, now, 0), seed, keys: keys.clone() };
    let mut want = ReadSet::default();
    loop {
        let slice = ports.store().load(keys.graph, &want).await?;
        check(&slice.config, edit)?;
        let wanted = want.len();
        match author(&slice, std::slice::from_ref(edit), &env) {
            Ok(plan) => return Ok(plan.notes),
            Err(Missing(more)) => want.merge(*more),
        }
        if want.len() == wanted {
            return Err(DriverError::Stuck { step: "author" });
        }
    }
}

fn draw_run<P: Ports>(ports: &P) -> RunId {
    RunId::draw(&ports.entropy().seed(), ports.clock().now(), 0)
}

fn wrong_end() -> Failure {
    Failure {
        class: FailureClass::Protocol,
        code: "exchange.wrong-end".to_owned(),
        detail: "a discovery ended in the answer to something else: report this".to_owned(),
        retry_at: None,
    }
}
