//! How somebody is erased, step by step: each may be the last one that a killed process did, and the
//! next attempt goes on from there.

use std::fs::File;
use std::time::{Duration, Instant};

use kalends::UserEdit;
use kalends::core::graph::{Account, Lifecycle};
use kalends::core::ids::AccountId;
use kalends::core::ports::{Clock as _, GraphStore as _, JobQueue as _};
use kalends::core::slice::{Config, ReadSet};
use kalends::driver::DriverError;
use kalends::{Options, Report};
use kalends_tokio::{Secret, SystemClock};
use serde_json::json;

use super::called_off::{carry_out, run_of, take_back, was_called_off};
use super::certificate::{Certificate, SigningKey};
use super::rows::{Entry, Erasure, MUCH, Stage};
use crate::commands::event::OWN;
use crate::data::Data;
use crate::error::CliError;
use crate::hooks::CliHooks;
use crate::outcome::warn;
use crate::serve::{Registry, User};
use crate::view::{ErasureView, WaitingView};
use crate::{failpoint, host};

/// Syncs until the last mirror is gone, at most.
const SYNCS_MAX: u32 = 4;
/// How long each of them lasts at most.
const SYNC_MS: i64 = 30_000;
/// How long it waits for whoever adds an account, before it leaves the sign-ins to the next attempt.
const ADDING: Duration = Duration::from_secs(20);

/// Begins to erase a user, or goes on; `abandon`: accounts whose mirrors are left as they are.
/// Erased at once, where every provider could be reached.
pub(crate) async fn erase(
    data: &Data,
    registry: &Registry,
    user: &User,
    abandon: &[String],
) -> Result<ErasureView, CliError> {
    let erasure = match registry.open_erasure(user.graph)? {
        Some(erasure) if erasure.erased.is_some() => {
            let view = finish(data, registry, erasure).await?;
            if registry.holds_nothing(user)? {
                return Ok(view);
            }
            // They began anew since.
            begin(data, registry, user, abandon).await?
        }
        Some(erasure) if erasure.stage == Stage::CalledOff => {
            // Whoever called it off did not come to an end with that.
            carry_out(data, registry, &erasure).await?;
            begin(data, registry, user, abandon).await?
        }
        Some(erasure) => erasure,
        None => begin(data, registry, user, abandon).await?,
    };
    must_know(&erasure.ledger, abandon)?;
    if data.is_watched() {
        // Whatever becomes of this process.
        warn(&format!("the erasure is {}", erasure.id));
    }
    let config = data.config().await?;
    for account in theirs(&config).iter().filter(|one| one.state == Lifecycle::Active) {
        if !abandon.contains(&account.name) {
            is_open(registry, &erasure)?;
            remove(data, registry, &erasure, (account.id, false)).await?;
        }
    }
    for entry in &erasure.ledger {
        if entry.name.as_ref().is_some_and(|name| abandon.contains(name)) {
            is_open(registry, &erasure)?;
            give_up(data, registry, (&erasure, &config), entry).await?;
        }
    }
    let report = retract(data).await?;
    let waiting = waiting(data, &erasure, report.as_ref()).await?;
    if waiting.is_empty() {
        return finish(data, registry, erasure).await;
    }
    is_open(registry, &erasure)?;
    Ok(ErasureView::at("waiting", erasure.id, waiting))
}

/// Fails where it was called off.
fn is_open(registry: &Registry, erasure: &Erasure) -> Result<(), CliError> {
    found_open(registry, erasure)?.ok_or_else(was_called_off)
}

/// `None` where it was called off.
fn found_open(registry: &Registry, erasure: &Erasure) -> Result<Option<()>, CliError> {
    let open = registry.erasure(&erasure.id)?.filter(|one| one.stage != Stage::CalledOff);
    Ok(open.map(drop))
}

/// Brings erasures to their end whose providers hold nothing any more, and those that a killed
/// process left behind. One that fails is in no other's way.
pub(crate) async fn go_on(data: &Data, registry: &Registry) -> Result<(), CliError> {
    registry.forget_marks(SystemClock.now())?;
    let mut all = Ok(());
    for erasure in registry.open_erasures()? {
        all = all.and(go_on_with(data, registry, erasure).await);
    }
    all
}

async fn go_on_with(data: &Data, registry: &Registry, erasure: Erasure) -> Result<(), CliError> {
    if erasure.erased.is_none() {
        let theirs = data.of_graph(erasure.graph).await?;
        if erasure.stage == Stage::CalledOff {
            return carry_out(&theirs, registry, &erasure).await.map(drop);
        }
        if !waiting(&theirs, &erasure, None).await?.is_empty() {
            return Ok(());
        }
    }
    finish(data, registry, erasure).await.map(drop)
}

/// How far the erasure of a graph is, where one was begun.
pub(crate) async fn begun(
    data: &Data,
    registry: &Registry,
) -> Result<Option<ErasureView>, CliError> {
    let Some(erasure) = registry.open_erasure(data.keys.graph)? else { return Ok(None) };
    Ok(Some(match erasure.stage {
        Stage::Waiting => {
            let waiting = waiting(data, &erasure, None).await?;
            ErasureView::at("waiting", erasure.id, waiting)
        }
        Stage::CalledOff => ErasureView::at("calling-off", erasure.id, Vec::new()),
        Stage::Ending => ErasureView::at("ending", erasure.id, Vec::new()),
    }))
}

/// The certificate of an erasure, once there is one.
pub(crate) fn certified(registry: &Registry, id: &str) -> Result<Certificate, CliError> {
    let certificate = registry.erasure(id)?.and_then(|erasure| erasure.certificate);
    certificate.ok_or_else(|| CliError::not_found(format!("there is no certificate {id:?}")))
}

/// The key that certificates are verified with, in base64.
pub(crate) fn public_key(data: &Data, registry: &Registry) -> Result<String, CliError> {
    Ok(signing_key(data, registry)?.public())
}

/// Nobody adds an account meanwhile, or it would be in no ledger.
async fn begin(
    data: &Data,
    registry: &Registry,
    user: &User,
    abandon: &[String],
) -> Result<Erasure, CliError> {
    let _nobody_adds = nobody_adds(data).await?;
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| CliError::failed("random", &error))?;
    let mut ledger = Vec::new();
    for account in theirs(&*data.config().await?) {
        // What nobody can open is of no use to anybody, and in nobody's way.
        let secret = data.credentials(account.id).await?;
        let secret = secret.and_then(|bytes| Secret::from_bytes(&bytes));
        let ends = secret.and_then(|secret| Some(secret.sign_in?.client.revoke.is_some()));
        let sign_in = ends.map_or("none", |ends| if ends { "ended" } else { "stays" });
        ledger.push(Entry {
            name: Some(account.name),
            id: Some(account.id.to_string()),
            provider: account.provider,
            abandoned: false,
            sign_in: sign_in.to_owned(),
        });
    }
    // Before anything is written down: what is refused has not begun.
    must_know(&ledger, abandon)?;
    let erasure = Erasure {
        id: format!("era_{:032x}", u128::from_be_bytes(random)),
        graph: user.graph,
        user: Some(user.name.clone()),
        ledger,
        begun: SystemClock.now(),
        stage: Stage::Waiting,
        erased: None,
        certificate: None,
    };
    let mark = signing_key(data, registry)?.mark(&user.name);
    registry.begin_erasure(&erasure, &mark)?;
    // Another process may have been faster.
    Ok(registry.open_erasure(user.graph)?.unwrap_or(erasure))
}

/// Fails where an account is to be abandoned that the erasure knows nothing of.
fn must_know(ledger: &[Entry], abandon: &[String]) -> Result<(), CliError> {
    let known = |name: &&String| ledger.iter().any(|entry| entry.name.as_ref() == Some(name));
    match abandon.iter().find(|name| !known(name)) {
        Some(name) => Err(CliError::not_found(format!("there is no account {name:?} to abandon"))),
        None => Ok(()),
    }
}

async fn nobody_adds(data: &Data) -> Result<File, CliError> {
    let adds = || CliError::failed("store.busy", &"an account is being added: try again");
    data.nobody_adds(ADDING).await?.ok_or_else(adds)
}

/// The accounts at providers.
fn theirs(config: &Config) -> Vec<Account> {
    let own = OWN.split('/').next().unwrap_or_default();
    config.accounts.values().filter(|account| account.provider != own).cloned().collect()
}

/// Where it was called off meanwhile, whoever did so may not have seen this one go: it is put back here.
async fn remove(
    data: &Data,
    registry: &Registry,
    erasure: &Erasure,
    (account, abandon): (AccountId, bool),
) -> Result<(), CliError> {
    let driver = host::driver(data, CliHooks::quiet())?;
    let edit = UserEdit::RemoveAccount { account, abandon };
    kalends::edit_in(&driver, &data.keys, run_of(erasure), edit).await?;
    unless_called_off(data, erasure, found_open(registry, erasure)?).await
}

async fn unless_called_off(
    data: &Data,
    erasure: &Erasure,
    open: Option<()>,
) -> Result<(), CliError> {
    if open.is_none() {
        take_back(data, erasure).await?;
    }
    open.ok_or_else(was_called_off)
}

/// Leaves what an account holds as it is, and forgets how to reach it.
async fn give_up(
    data: &Data,
    registry: &Registry,
    (erasure, config): (&Erasure, &Config),
    entry: &Entry,
) -> Result<(), CliError> {
    let Some(id) = entry.id.as_ref().and_then(|id| id.parse().ok()) else { return Ok(()) };
    if config.accounts.contains_key(&id) {
        remove(data, registry, erasure, (id, true)).await?;
        let open = registry.abandoned(data.keys.graph, id)?;
        unless_called_off(data, erasure, open).await?;
    }
    data.end_sign_in(id).await?;
    if data.credentials(id).await?.is_some() {
        // The provider cannot be reached: its owner ends it there.
        registry.sign_in_stays(data.keys.graph, id)?;
        data.store.delete_secret(data.keys.graph, id).await?;
    }
    Ok(())
}

/// Takes every mirror back, and ends what providers were asked to tell.
async fn retract(data: &Data) -> Result<Option<Report>, CliError> {
    let driver = host::driver(data, CliHooks::quiet())?;
    let mut last = None;
    for _ in 0..SYNCS_MAX {
        if theirs(&*data.config().await?).is_empty() {
            break;
        }
        let deadline = Some(SystemClock.now().saturating_add_millis(SYNC_MS));
        match driver.sync(&data.keys, &Options { deadline, ..Options::default() }).await {
            Ok(report) => {
                let failed = !report.failures.is_empty();
                last = Some(report);
                if failed {
                    break;
                }
            }
            // Somebody else works on it, to the same end.
            Err(DriverError::Contended { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    drop(driver);
    data.forget_removed_within(ADDING).await?;
    Ok(last)
}

/// The accounts that still hold something, or whose sign-in could not be ended, and why.
async fn waiting(
    data: &Data,
    erasure: &Erasure,
    report: Option<&Report>,
) -> Result<Vec<WaitingView>, CliError> {
    let config = data.config().await?;
    let accounts = theirs(&config);
    let mut want = ReadSet::default();
    want.health.extend(accounts.iter().map(|account| account.id));
    let slice = data.store.load(data.keys.graph, &want).await?;
    let next = data.store.next_due(data.keys.graph).await?.map(|(at, _)| at);
    let view = |account: &Account| {
        let failures = report.into_iter().flat_map(|report| &report.failures);
        let failed = failures.filter(|(of, ..)| *of == account.id).map(|(.., failure)| failure);
        let health = slice.health.get(&account.id).cloned().flatten().unwrap_or_default();
        let code = failed.map(|failure| failure.code.clone()).next();
        let failing = health.failing.as_ref();
        let code = code.or_else(|| failing.map(|failing| failing.code.clone()));
        let sign_in = health.needs_sign_in.then(|| "sign-in".to_owned());
        // Nothing is tried there before both: its rest, and the next write that nobody has claimed.
        let again = failing.map(|failing| failing.retry_at).max(next);
        let again = again.filter(|_| !health.needs_sign_in).map(|at| at.to_string());
        WaitingView { account: account.name.clone(), code: code.or(sign_in), again }
    };
    let mut waiting: Vec<_> = accounts.iter().map(view).collect();
    let kept = data.store.secrets(data.keys.graph).await?;
    let kept: Vec<String> = kept.iter().map(ToString::to_string).collect();
    let is_kept = |entry: &&Entry| entry.id.as_ref().is_some_and(|id| kept.contains(id));
    for name in erasure.ledger.iter().filter(is_kept).filter_map(|entry| entry.name.clone()) {
        if !waiting.iter().any(|one| one.account == name) {
            let code = Some("sign-in.not-ended".to_owned());
            waiting.push(WaitingView { account: name, code, again: None });
        }
    }
    waiting.sort_by(|one, other| one.account.cmp(&other.account));
    Ok(waiting)
}

/// Deletes the rows, writes the file anew, and signs that it was done.
pub(super) async fn finish(
    data: &Data,
    registry: &Registry,
    erasure: Erasure,
) -> Result<ErasureView, CliError> {
    if erasure.erased.is_none() {
        wipe(data, registry, &erasure).await?;
        failpoint::named("erased");
    }
    let id = &erasure.id;
    let erasure = registry.erasure(id)?.ok_or_else(was_called_off)?;
    let (at, rows) = erasure.erased.ok_or_else(was_called_off)?;
    if let Err(error) = data.compact(id).await {
        // The rows are gone; what is left of them in the file's free pages goes with the next attempt.
        warn(&format!("the file could not be written anew: {error}"));
        return Err(error);
    }
    let statement = json!({
        "format": "kalends.erasure.1",
        "id": erasure.id,
        "graph": erasure.graph.to_string(),
        "begun": erasure.begun.to_string(),
        "erased": at.to_string(),
        "rows": rows,
        "accounts": erasure.ledger,
    });
    let certificate = signing_key(data, registry)?.sign(statement.to_string());
    registry.certify(id, &certificate)?;
    Ok(ErasureView::erased(erasure.id.clone(), certified(registry, id)?))
}

/// Deletes the rows, those that may be many in pieces with as long a rest behind each: others write too.
async fn wipe(data: &Data, registry: &Registry, erasure: &Erasure) -> Result<(), CliError> {
    for table in MUCH {
        let mut began = Instant::now();
        while registry.wipe_some(erasure, table)? {
            tokio::time::sleep(began.elapsed()).await;
            began = Instant::now();
        }
    }
    // Credentials that are put down behind this would be nobody's, and nobody would end them.
    let _nobody_adds = nobody_adds(data).await?;
    registry.wipe(erasure, SystemClock.now())
}

pub(super) fn signing_key(data: &Data, registry: &Registry) -> Result<SigningKey, CliError> {
    if let Some(sealed) = registry.signing_key(None)? {
        return SigningKey::open(&data.vault, &sealed);
    }
    let (key, sealed) = SigningKey::draw(&data.vault)?;
    match registry.signing_key(Some(&sealed))? {
        // Another process may have been faster.
        Some(kept) => SigningKey::open(&data.vault, &kept),
        None => Ok(key),
    }
}

#[cfg(test)]
mod tests {
    use super::super::called_off::call_off;
    use super::*;
    use crate::commands::status;
    use crate::error::Exit;

    const WORK: AccountId = AccountId::from_bytes([7; 16]);

    /// Catches an account that goes, or is signed out, by the hand of whoever had looked just before the
    /// erasure was called off; and an answer that is not kept for a request that comes again.
    #[tokio::test]
    async fn nothing_goes_by_whoever_looked_before_it_was_called_off() {
        let folder = tempfile::tempdir().unwrap();
        let data = Data::open(Some(folder.path().to_owned())).await.unwrap();
        let registry = Registry::of(&data).unwrap();
        let driver = host::driver(&data, CliHooks::quiet()).unwrap();
        let (provider, name) = ("caldav".to_owned(), "work".to_owned());
        let edit = UserEdit::AddAccount { id: WORK, provider, name, subject: "w".to_owned() };
        kalends::edit(&driver, &data.keys, edit).await.unwrap();
        data.store.put_secret(data.keys.graph, WORK, b"secret").await.unwrap();
        let user = User { name: "owner".to_owned(), graph: data.keys.graph };
        let erasure = begin(&data, &registry, &user, &[]).await.unwrap();
        call_off(&data, &registry).await.unwrap();
        let removed = remove(&data, &registry, &erasure, (WORK, false)).await.unwrap_err();
        assert_eq!((removed.code.as_str(), removed.exit), ("erasure.called-off", Exit::Usage));
        let config = data.config().await.unwrap();
        let given_up =
            give_up(&data, &registry, (&erasure, &config), &erasure.ledger[0]).await.unwrap_err();
        assert_eq!(given_up.code, "erasure.called-off");
        assert_eq!(data.config().await.unwrap().accounts[&WORK].state, Lifecycle::Active);
        assert!(data.credentials(WORK).await.unwrap().is_some());
        assert_eq!(status::run(&data, false).await.unwrap().json["erasure"], json!(null));
    }
}
