//! Calling an erasure off, as long as no row of it was deleted.

use kalends::UserEdit;
use kalends::core::graph::Lifecycle;
use kalends::core::ids::{AccountId, EdgeId, RunId};
use kalends::core::plan::Note;
use kalends::core::ports::Clock as _;
use kalends::core::slice::Config;
use kalends_tokio::SystemClock;

use super::put_back::put_back;
use super::rows::{Entry, Erasure};
use crate::commands::birth::Birth;
use crate::commands::undo;
use crate::data::Data;
use crate::error::{CliError, Exit};
use crate::hooks::CliHooks;
use crate::serve::Registry;
use crate::view::{CalledOffView, SparedView, UndoneKept};
use crate::{failpoint, host};

/// What became of an attempt to call one off.
pub(super) enum CallOff {
    /// What it was taking is to be put back.
    Begun(Erasure),
    /// Its rows are being deleted, or are deleted.
    TooLate,
    /// None was begun.
    Nothing,
}

/// The run in which an erasure takes accounts away, so that it can be taken back as one.
pub(super) fn run_of(erasure: &Erasure) -> RunId {
    Birth::of_request(("erasure", &erasure.id), erasure.begun).run()
}

/// Whoever went on with an erasure meanwhile finds it gone.
pub(super) fn was_called_off() -> CliError {
    let text = "the erasure was called off meanwhile: nothing is deleted here";
    CliError::new("erasure.called-off", text, Exit::Usage)
}

/// Calls the erasure of a graph off. Accounts and edges that were on their way out stay, and edges that
/// ended since are added again; accounts that went already are to be added by whoever had them. Where it
/// fails it goes on when it is called off again, or when somebody looks after erasures.
pub(crate) async fn call_off(data: &Data, registry: &Registry) -> Result<CalledOffView, CliError> {
    let erasure = match registry.call_off(data.keys.graph, SystemClock.now())? {
        CallOff::Begun(erasure) => erasure,
        CallOff::TooLate => {
            let text = "it is too late: what is recorded here is being deleted";
            return Err(CliError::new("erasure.too-late", text, Exit::Usage));
        }
        CallOff::Nothing => return Err(CliError::not_found("no erasure was begun")),
    };
    failpoint::named("called-off");
    carry_out(data, registry, &erasure).await
}

/// Puts back what an erasure was taking that is called off, and then forgets it.
pub(super) async fn carry_out(
    data: &Data,
    registry: &Registry,
    erasure: &Erasure,
) -> Result<CalledOffView, CliError> {
    let lost = take_back(data, erasure).await?;
    registry.forget_called_off(&erasure.id)?;
    let config = data.config().await?;
    let spared = erasure.ledger.iter().map(|entry| spared(&config, entry));
    Ok(CalledOffView { called_off: erasure.id.clone(), accounts: spared.collect(), lost })
}

/// Takes back what an erasure did to accounts and edges. Tells of edges that are not as they were.
pub(super) async fn take_back(data: &Data, erasure: &Erasure) -> Result<Vec<UndoneKept>, CliError> {
    let driver = host::driver(data, CliHooks::quiet())?;
    let run = run_of(erasure);
    let (_, notes) = kalends::edit(&driver, &data.keys, UserEdit::Undo { run }).await?;
    let is_gone = |note: &&Note| note.code == "undo.gone";
    let gone: Vec<EdgeId> = notes.iter().filter(is_gone).filter_map(|note| note.edge).collect();
    put_back(data, &driver, (run, &gone)).await?;
    let config = data.config().await?;
    // Of accounts it is told one by one how they are.
    let is_lost = |note: &&Note| match note.edge {
        Some(edge) => !(is_gone(note) && config.edges.contains_key(&edge)),
        None => false,
    };
    let lost: Vec<Note> = notes.iter().filter(is_lost).cloned().collect();
    Ok(undo::left_alone(&lost))
}

fn spared(config: &Config, entry: &Entry) -> SparedView {
    let id = entry.id.as_ref().and_then(|id| id.parse::<AccountId>().ok());
    let account = id.and_then(|id| config.accounts.get(&id));
    let state = account.map_or("removed", |account| match account.state {
        // How to reach it was forgotten.
        Lifecycle::Active | Lifecycle::Paused(_) if entry.abandoned => "signed-out",
        Lifecycle::Active | Lifecycle::Paused(_) => "stays",
        Lifecycle::Retiring | Lifecycle::Abandoned => "leaving",
    });
    SparedView { account: entry.name.clone().unwrap_or_default(), state }
}
