//! The ports of a driver on this machine.

use kalends::{Driver, Parts};
use kalends_sqlite::SqliteStore;
use kalends_tokio::{OsEntropy, ReqwestHttp, SystemClock};

use crate::accounts::{Kinds, StoredAccounts};
use crate::data::Data;
use crate::error::CliError;
use crate::failpoint::{self, Passing};
use crate::hooks::CliHooks;

/// The ports.
pub(crate) type Host =
    Parts<SqliteStore, ReqwestHttp, SystemClock, OsEntropy, StoredAccounts, SystemClock, CliHooks>;

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
    Ok(Driver::within(ports, failpoint::limits(), data.budget.clone()))
}
