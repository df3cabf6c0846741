//! `kalends doctor`: whether what the program stands on is sound, and what to do where it is not.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use kalends::core::graph::{Account, Lifecycle};
use kalends::core::ports::Clock as _;
use kalends::core::time::Timestamp;
use kalends::driver::{Accounts as _, Ports as _};
use kalends::queries::{CountsOf, JournalFilter, JournalPage};
use kalends::{FindFailure, find};
use kalends_tokio::SystemClock;
use serde::Serialize;

use super::event::OWN;
use super::status;
use crate::config;
use crate::data::{Data, key_of_environment};
use crate::error::{CliError, Exit};
use crate::folder::KEY;
use crate::hooks::CliHooks;
use crate::host;
use crate::outcome::Outcome;
use crate::serve::{Registry, User};
use crate::show::table;

/// How far the journal's last entry may lie ahead of the clock, and a server's clock from ours.
const OFF_MS: i64 = 300_000;

/// How sound something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    /// As it should be.
    Good,
    /// It works, and wants to be looked at.
    Fair,
    /// It does not work.
    Bad,
}

/// What was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    check: &'static str,
    /// Whose, or which; none where there is one of it.
    of: Option<String>,
    state: State,
    /// How it is, and what to do.
    says: String,
}

#[derive(Debug, Serialize)]
struct Findings {
    state: State,
    findings: Vec<Finding>,
}

/// Looks at everything. A folder that cannot be opened is a finding too.
pub(crate) async fn run(folder: Option<PathBuf>, offline: bool) -> Result<Outcome, CliError> {
    let mut findings = Vec::new();
    match Data::open(folder).await {
        Ok(data) => look(&data, offline, &mut findings).await?,
        Err(error) => {
            let says = format!("{} ({})", error.message, error.code);
            findings.push(Finding { check: "data", of: None, state: State::Bad, says });
        }
    }
    let state = findings.iter().map(|one| one.state).max().unwrap_or(State::Good);
    let rows = findings.iter().map(|one| {
        let state = match one.state {
            State::Good => "good",
            State::Fair => "fair",
            State::Bad => "BAD",
        };
        let of = one.of.clone().unwrap_or_default();
        [state.to_owned(), one.check.to_owned(), of, one.says.clone()]
    });
    let text = table(["", "check", "of", ""], rows, "");
    let exit = match state {
        State::Good => Exit::Done,
        State::Fair => Exit::Unsettled,
        State::Bad => Exit::Failed,
    };
    Ok(Outcome::new(Findings { state, findings }, text).with_exit(exit))
}

async fn look(data: &Data, offline: bool, found: &mut Vec<Finding>) -> Result<(), CliError> {
    let mut push = |check, of: Option<&str>, (state, says)| {
        found.push(Finding { check, of: of.map(str::to_owned), state, says });
    };
    push("data", None, folder(&data.folder));
    push("sealing-key", None, key(&data.folder));
    push("file", None, file(data)?);
    push("config", None, settings(&data.folder));
    for user in Registry::of(data)?.users()? {
        let User { name, graph } = &user;
        let theirs = match data.of_graph(*graph).await {
            Ok(theirs) => theirs,
            Err(error) => {
                push("graph", Some(name), (State::Bad, error.message));
                continue;
            }
        };
        push("work", Some(name), work(&theirs).await?);
        for (of, says) in watches(&theirs).await? {
            push("calendar", Some(&format!("{name}: {of}")), says);
        }
        let config = theirs.config().await?;
        let own = OWN.split('/').next().unwrap_or_default();
        let mut dates = Vec::new();
        for account in config.accounts.values().filter(|one| one.provider != own) {
            let says =
                if offline { left(account) } else { reached(&theirs, account, &mut dates).await? };
            push("account", Some(&format!("{name}: {}", account.name)), says);
        }
        push("clock", Some(name), clock(&theirs, &dates).await?);
    }
    Ok(())
}

fn good(says: impl Into<String>) -> (State, String) {
    (State::Good, says.into())
}

fn folder(folder: &Path) -> (State, String) {
    let shown = folder.display();
    match mode(folder) {
        Some(mode) if mode & 0o077 != 0 => {
            (State::Fair, format!("{shown}: others may look into it: set its mode to 0700"))
        }
        Some(_) | None => good(shown.to_string()),
    }
}

fn key(folder: &Path) -> (State, String) {
    if key_of_environment().is_some() {
        return good("from KALENDS_KEY");
    }
    let file = folder.join(KEY);
    match mode(&file) {
        Some(mode) if mode & 0o077 != 0 => {
            (State::Bad, format!("{}: others may read it: set its mode to 0600", file.display()))
        }
        Some(_) | None => good(file.display().to_string()),
    }
}

#[cfg(unix)]
fn mode(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).ok().map(|found| found.permissions().mode())
}

#[cfg(not(unix))]
fn mode(_: &Path) -> Option<u32> {
    None
}

/// Whether SQLite finds its file whole. Its schema was brought up to date when it was opened.
fn file(data: &Data) -> Result<(State, String), CliError> {
    let connection = rusqlite::Connection::open(data.file())?;
    let said: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    Ok(match said.as_str() {
        "ok" => good(data.file().display().to_string()),
        _ => (State::Bad, format!("{said}: restore a backup")),
    })
}

fn settings(folder: &Path) -> (State, String) {
    match config::found(folder, env::var_os(config::VARIABLE).map(PathBuf::from)) {
        Ok(None) => good("none: as it is by default"),
        Ok(Some((file, _))) => good(file.display().to_string()),
        Err(error) => (State::Bad, error.message),
    }
}

/// The clock as a server's answer showed it.
struct Dated {
    theirs: Timestamp,
    ours: Timestamp,
}

impl Dated {
    fn off_ms(&self) -> i64 {
        self.theirs.millis_since(self.ours)
    }
}

/// A server's clock may be wrong: ours is, where none of those that answered agrees with it.
async fn clock(data: &Data, dates: &[Dated]) -> Result<(State, String), CliError> {
    let (now, graph, filter) = (SystemClock.now(), data.keys.graph, JournalFilter::All);
    let head = data.head().await?.seq;
    let page = JournalPage { graph, filter, after: head.saturating_sub(1), limit: 1 };
    let last = data.store.query(page).await?.first().map(|(entry, _)| entry.at);
    Ok(match last {
        Some(at) if at.millis_since(now) > OFF_MS => {
            (State::Bad, format!("it is behind: the last change was at {at}, and now it is {now}"))
        }
        Some(_) | None => match dates.iter().min_by_key(|date| date.off_ms().abs()) {
            Some(date) if date.off_ms().abs() > OFF_MS => {
                let Dated { theirs, ours } = date;
                let says =
                    format!("no server agrees: one said {theirs} when it was {ours} here: set it");
                (State::Bad, says)
            }
            Some(_) | None => good(now.to_string()),
        },
    })
}

async fn work(data: &Data) -> Result<(State, String), CliError> {
    let counts = data.store.query(CountsOf { graph: data.keys.graph }).await?;
    let open = [
        (counts.parked, "writes are tried no more: `parked list`"),
        (counts.gone, "deletions are looked at: `held list` has those that wait for your word"),
        (counts.quarantined, "objects cannot be read: `status`"),
    ];
    let open = open.iter().filter(|(count, _)| *count > 0);
    let says: Vec<String> = open.map(|(count, what)| format!("{count} {what}")).collect();
    let fine = || good(format!("{} events, {} mirrors", counts.events, counts.mirrors));
    Ok(if says.is_empty() { fine() } else { (State::Fair, says.join("; ")) })
}

/// How each calendar that is read is kept up to date.
async fn watches(data: &Data) -> Result<Vec<(String, (State, String))>, CliError> {
    let status = status::values(data).await?;
    let calendars = status.calendars.iter().filter(|one| one.calendar.is_read());
    Ok(calendars
        .map(|one| {
            let is_bad = one.failing.is_some() || one.stale.is_some();
            let state = if is_bad { State::Bad } else { State::Good };
            let stale = one.stale.as_ref().map(|since| format!("stale, {since}"));
            let failing = one.failing.as_ref().map(|code| format!("failing ({code})"));
            let read = one.read_at.as_ref().map(|at| format!("read at {at}, {}", one.upkeep));
            let says = stale.or(failing).or(read).unwrap_or_else(|| "not read yet".to_owned());
            (one.calendar.label(), (state, says))
        })
        .collect())
}

fn left(account: &Account) -> (State, String) {
    match account.state {
        Lifecycle::Active | Lifecycle::Paused(_) => good("not asked"),
        Lifecycle::Retiring | Lifecycle::Abandoned => {
            (State::Fair, "it is being removed: sync".to_owned())
        }
    }
}

/// Whether the provider answers as it did when the account was added.
async fn reached(
    data: &Data,
    account: &Account,
    dates: &mut Vec<Dated>,
) -> Result<(State, String), CliError> {
    let driver = host::driver(data, CliHooks::quiet())?;
    let opened = match driver.ports().accounts().open(data.keys.graph, account).await {
        Ok(opened) => opened,
        Err(failure) => return Ok((State::Bad, CliError::from(&failure).message)),
    };
    match find(driver.ports(), &opened).await {
        Ok(found) => {
            dates.extend(found.date.map(|theirs| Dated { theirs, ours: SystemClock.now() }));
            Ok(match left(account) {
                (State::Good, _) => good(format!("answers, {} calendars", found.calendars.len())),
                left => left,
            })
        }
        Err(FindFailure::Provider(failure)) => {
            let CliError { message, code, .. } = CliError::from(&failure);
            Ok((State::Bad, format!("{message} ({code})")))
        }
        Err(error @ FindFailure::Driver(_)) => Err(error.into()),
    }
}
