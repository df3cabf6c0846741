//! Keeps syncing until stopped.

use std::ops::ControlFlow;

use kalends::driver::DriverError;
use kalends::{Report, ids::RunId};
use kalends_tokio::{WatchOptions, watch};
use serde_json::json;

use super::sync::{exit, report_json, warn_of_failures};
use crate::data::Data;
use crate::error::{CliError, Exit};
use crate::hooks::CliHooks;
use crate::host;
use crate::interrupt::on_interrupt;
use crate::outcome::{Outcome, warn};

pub(crate) async fn run(data: &Data, every_seconds: u32) -> Result<Outcome, CliError> {
    let _working = data.begin_work().await?;
    let driver = host::driver(data, CliHooks::quiet())?;
    let options =
        WatchOptions { every_ms: i64::from(every_seconds) * 1_000, ..WatchOptions::default() };
    let (stop, asked) = tokio::sync::watch::channel(false);
    on_interrupt(move || {
        // Where nobody listens any more, the watch has ended.
        let _ = stop.send(true);
    });
    let config = data.config().await?;
    let mut syncs = 0_u64;
    let mut last: Option<Report> = None;
    let mut failed: Option<CliError> = None;
    let each = |ended: Result<Report, DriverError>| {
        syncs += 1;
        match ended {
            Ok(report) => {
                warn_of_failures(&config, &report.failures);
                warn(&line(report.run, &report));
                last = Some(report);
            }
            // Another process may have been faster: the next sync finds what is left.
            Err(DriverError::Contended { .. }) => warn("busy: tried again later"),
            Err(error) => {
                failed = Some(error.into());
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    };
    watch(&driver, &data.keys, options, asked, each).await;
    if let Some(error) = failed {
        return Err(error);
    }
    let config = data.config().await?;
    let exit = last.as_ref().map_or(Exit::Done, |report| exit(report, &config));
    let json = json!({"syncs": syncs, "last": last.as_ref().map(report_json)});
    Ok(Outcome::new(json, format!("stopped after {syncs} syncs")).with_exit(exit))
}

fn line(run: RunId, report: &Report) -> String {
    format!(
        "{run}: {} read, {} created, {} updated, {} deleted{}",
        report.pulled,
        report.created,
        report.updated,
        report.deleted,
        if report.settled { "" } else { ", not settled" }
    )
}
