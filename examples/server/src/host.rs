//! The ports of a driver on this machine.

use kalends::core::plan::Note;
use kalends::ids::RunId;
use kalends::{Driver, Parts, UserEdit};
use kalends_sqlite::SqliteStore;
use kalends_tokio::{OsEntropy, ReqwestHttp, SystemClock};

use crate::accounts::{Kinds, StoredAccounts};
use crate::data::Data;
use crate::error::CliError;
use crate::failpoint::Passing;
use crate::hooks::CliHooks;

/// The ports.
pub(crate) type Host =
    Parts<SqliteStore, ReqwestHttp, SystemClock, OsEntropy, StoredAccounts, SystemClock, CliHooks>;

/// Makes an edit, and writes down who asked for it.
pub(crate) async fn edit(
    data: &Data,
    driver: &Driver<Host>,
    edit: UserEdit,
) -> Result<(RunId, Vec<Note>), CliError> {
    let (run, notes) = kalends::edit(driver, &data.keys, edit).await?;
    data.made(run);
    Ok((run, notes))
}

/// The same of a few edits: all of them, or none where one is refused.
pub(crate) async fn edit_at_once(
    data: &Data,
    driver: &Driver<Host>,
    edits: &[UserEdit],
) -> Result<(RunId, Vec<Note>), CliError> {
    let (run, notes) = kalends::edit_at_once(driver, &data.keys, edits).await?;
    data.made(run);
    Ok((run, notes))
}

/// The same in a run that is named beforehand.
pub(crate) async fn edit_in(
    data: &Data,
    driver: &Driver<Host>,
    run: RunId,
    edit: UserEdit,
) -> Result<(RunId, Vec<Note>), CliError> {
    let (run, notes) = kalends::edit_in(driver, &data.keys, run, edit).await?;
    data.made(run);
    Ok((run, notes))
}

/// The driver of a data folder.
pub(crate) fn driver(data: &Data, hooks: CliHooks) -> Result<Driver<Host>, CliError> {
    let http = data.http()?;
    let ports = Parts {
        store: data.store.clone(),
        http: http.clone(),
        clock: SystemClock,
        entropy: OsEntropy,
        accounts: StoredAccounts::refreshing(data.store.clone(), Kinds, Passing(http)),
        timer: SystemClock,
        hooks,
    };
    Ok(Driver::within(ports, data.limits, data.budget.clone()))
}
