//! Keeps syncing until stopped.

use std::net::SocketAddr;
use std::ops::ControlFlow;

use kalends::core::ports::Credential;
use kalends::driver::DriverError;
use kalends::{Report, ids::RunId};
use kalends_tokio::{Inbox, Listening, Secret, WatchOptions, watch_listening};
use serde_json::json;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::sync::{exit, failed};
use crate::accounts::provider;
use crate::data::Data;
use crate::error::{CliError, Exit};
use crate::hooks::CliHooks;
use crate::host;
use crate::interrupt::on_interrupt;
use crate::outcome::{Outcome, warn};
use crate::view;

pub(crate) async fn run(
    data: &Data,
    every_seconds: u32,
    listen: Option<(SocketAddr, String)>,
) -> Result<Outcome, CliError> {
    let mut door = match listen {
        Some((address, public)) => Some((open(address).await?, public_address(&public)?)),
        None => None,
    };
    let _working = data.begin_work().await?;
    let driver = host::driver(data, CliHooks::quiet())?;
    let options =
        WatchOptions { every_ms: i64::from(every_seconds) * 1_000, ..WatchOptions::default() };
    let (stop, asked) = tokio::sync::watch::channel(false);
    on_interrupt(move || {
        // Where nobody listens any more, the watch has ended.
        let _ = stop.send(true);
    });
    let (told, ended) = unbounded_channel();
    let (mut syncs, mut failed) = (0_u64, None);
    let watching = {
        let (syncs, failed) = (&mut syncs, &mut failed);
        let each = move |ended: Result<Report, DriverError>| {
            *syncs += 1;
            match ended {
                // Whoever is told stops listening over an error of its own: then this ends too.
                Ok(report) => match told.send(report) {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(_) => ControlFlow::Break(()),
                },
                // Another process may have been faster: the next sync finds what is left.
                Err(DriverError::Contended { .. }) => {
                    warn("busy: tried again later");
                    ControlFlow::Continue(())
                }
                Err(error) => {
                    *failed = Some(error);
                    ControlFlow::Break(())
                }
            }
        };
        let listening = door.as_mut().map(|(inbox, public)| Listening {
            public: Some(public.clone()),
            visits: inbox.visits(),
            provider: &|kind| provider(kind, &Secret::new("", Credential::None)).ok(),
        });
        watch_listening(&driver, &data.keys, (options, listening), asked, each)
    };
    let ((), last) = tokio::join!(watching, tell(data, ended));
    if let Some(error) = failed {
        return Err(error.into());
    }
    let last = last?;
    let config = data.config().await?;
    let exit = last.as_ref().map_or(Exit::Done, |report| exit(report, &config));
    let json = json!({"syncs": syncs, "last": last.as_ref().map(view::Report::of)});
    Ok(Outcome::new(json, format!("stopped after {syncs} syncs")).with_exit(exit))
}

async fn open(address: SocketAddr) -> Result<Inbox, CliError> {
    let inbox = Inbox::listen(address).await.map_err(|error| {
        CliError::failed("listen", &format!("{address} cannot be listened on: {error}"))
    })?;
    warn(&format!("listening on {}", inbox.address()));
    Ok(inbox)
}

/// An address that providers send to: over TLS, or to this machine, where a simulator is.
pub(crate) fn public_address(public: &str) -> Result<String, CliError> {
    let here = ["http://127.0.0.1:", "http://localhost:"];
    if !public.starts_with("https://") && !here.iter().any(|start| public.starts_with(start)) {
        return Err(CliError::usage("--public: providers send notices over https only"));
    }
    Ok(public.trim_end_matches('/').to_owned())
}

/// Says what each sync came to, and clears up behind it; the last of them. The set-up is read anew
/// each time: other processes add accounts and remove them.
async fn tell(
    data: &Data,
    mut ended: UnboundedReceiver<Report>,
) -> Result<Option<Report>, CliError> {
    let mut last = None;
    while let Some(report) = ended.recv().await {
        let remarks = failed(&*data.config().await?, &report.failures);
        remarks.iter().for_each(|remark| warn(remark));
        data.forget_removed().await?;
        warn(&line(report.run, &report));
        last = Some(report);
    }
    Ok(last)
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
