//! Calling an erasure off, as long as no row of it was deleted.

use kalends::UserEdit;
use kalends::core::graph::Lifecycle;
use kalends::core::ids::{AccountId, RunId};
use kalends::core::slice::Config;

use super::rows::{Entry, Erasure};
use crate::commands::birth::Birth;
use crate::data::Data;
use crate::error::{CliError, Exit};
use crate::hooks::CliHooks;
use crate::host;
use crate::outcome::warn;
use crate::serve::Registry;
use crate::view::{CalledOffView, SparedView};

/// What became of an attempt to call one off.
pub(super) enum CallOff {
    Done(Erasure),
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
    CliError::new("erasure.called-off", text, Exit::Failed)
}

/// Calls the erasure of a graph off. Accounts that were on their way out stay; those that went already
/// are to be added again.
pub(crate) async fn call_off(data: &Data, registry: &Registry) -> Result<CalledOffView, CliError> {
    let erasure = match registry.call_off(data.keys.graph)? {
        CallOff::Done(erasure) => erasure,
        CallOff::TooLate => {
            let text = "it is too late: what is recorded here is being deleted";
            return Err(CliError::new("erasure.too-late", text, Exit::Usage));
        }
        CallOff::Nothing => return Err(CliError::not_found("no erasure was begun")),
    };
    let driver = host::driver(data, CliHooks::quiet())?;
    let undo = UserEdit::Undo { run: run_of(&erasure) };
    if let Err(error) = kalends::edit(&driver, &data.keys, undo).await {
        warn(&format!("its accounts could not be kept: {error}"));
    }
    let config = data.config().await?;
    let spared = erasure.ledger.iter().map(|entry| spared(&config, entry));
    Ok(CalledOffView { called_off: erasure.id.clone(), accounts: spared.collect() })
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
