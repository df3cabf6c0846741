//! `kalends serve`: from the first request to the last.

use std::future::IntoFuture as _;
use std::io::IsTerminal as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use kalends_tokio::WatchOptions;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

use super::api;
use super::clockwork::Clockwork;
use super::desks::Desks;
use super::feed::Listeners;
use super::limit::Limits;
use super::metrics::Metrics;
use super::page;
use super::pulse::Pulse;
use super::registry::{OWNER, Registry};
use super::retention::Retention;
use super::state::{Doors, Server};
use super::webhooks::Postman;
use super::whereabouts::{self, Known};
use crate::args::{LogFlag, ServeArgs};
use crate::commands::watch::public_address;
use crate::config;
use crate::data::{Data, Reach};
use crate::error::{CliError, machine};
use crate::interrupt::{on_end_of_input, on_interrupt};
use crate::outcome::{Outcome, announce, warn, write_log};

/// What holds where nobody says anything.
const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
const EVERY_S: u32 = 300;
const RATE: u32 = 1_200;
/// After how many pages (of 4 KiB) the store's log is copied into its file. With as many as a first sync
/// is fastest with, a commit waits 70 to 80 ms for the disk now and then; with these it was not measured.
const LOG_PAGES: u32 = 2_000;
/// How long requests that are under way may take once the server is to end.
const DRAIN: Duration = Duration::from_secs(35);

/// Serves until it is interrupted, and then until what is under way has ended.
pub(crate) async fn run(data: Data, args: ServeArgs) -> Result<Outcome, CliError> {
    let file = config::found(&data.folder, args.config.clone())?;
    let args = args.over(file.map(|(_, file)| file.serve).unwrap_or_default());
    let logs = args.log == Some(LogFlag::Json);
    if logs {
        write_log();
    }
    let public = args.public.as_deref().map(public_address).transpose()?;
    #[cfg(feature = "otel")]
    let _telemetry = crate::telemetry::Telemetry::begin()?;
    let registry = Registry::of(&data)?;
    data.store.copy_log_after(LOG_PAGES).await?;
    let _working = data.begin_work_after(|| registry.release_all()).await?;
    let reach = if args.allow_private == Some(true) { Reach::Network } else { Reach::Public };
    let (listener, address) = listen(args.listen.unwrap_or(LISTEN)).await?;
    let doors = Doors {
        hosts: hosts(address, public.as_deref()),
        public: public.clone(),
        port: address.port(),
        return_to: args.return_to.unwrap_or_default(),
    };
    let metrics = Arc::<Metrics>::default();
    let (stop, asked) = tokio::sync::watch::channel(false);
    let server = Server {
        registry,
        data: data.reaching(reach).comparing(args.compare).counted_by(metrics.clone()),
        desks: Desks::default(),
        pulse: Pulse::default(),
        listeners: Listeners::default(),
        doors: Arc::new(doors),
        metrics,
        limits: Arc::new(Limits::new(args.rate.unwrap_or(RATE))),
        logs,
        stop: asked.clone(),
    };
    // Where nobody listens any more, the server has ended.
    let end = move || {
        let _ = stop.send(true);
    };
    on_interrupt(end.clone());
    on_end_of_input(end);
    let every_ms = i64::from(args.every.unwrap_or(EVERY_S)) * 1_000;
    let options = WatchOptions { every_ms, ..WatchOptions::default() };
    let retention = Retention::of(args.keep_history);
    let clockwork = Clockwork { options, public, retention }.run(server.clone(), asked.clone());
    let clockwork = tokio::spawn(clockwork);
    let (data, desks) = (server.data.clone(), server.desks.clone());
    let pulse = tokio::spawn(server.pulse.clone().run(data, desks, asked.clone()));
    let postman = tokio::spawn(Postman::of(server.clone()).run(asked.clone()));
    let (router, _) = api::router(&server);
    let base = base(&server, address);
    let _known = made_known(&server, &base);
    announce(&format!("READY {}", ready(&server, address, &base)?));
    let until = |mut asked: tokio::sync::watch::Receiver<bool>| async move {
        let _ = asked.wait_for(|asked| *asked).await;
    };
    let serving =
        axum::serve(listener, router).with_graceful_shutdown(until(asked.clone())).into_future();
    let late = async {
        until(asked).await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        ended = serving => ended?,
        () = late => warn("some requests did not end in time"),
    }
    // A task that panicked has said so.
    let _ = (clockwork.await, pulse.await, postman.await);
    Ok(Outcome::new(json!({"stopped": true}), ""))
}

/// Tells commands beside this where it is, as long as what is given back is kept.
fn made_known(server: &Server, base: &str) -> Option<Known> {
    whereabouts::say(&server.data.folder, base).unwrap_or_else(|error| {
        warn(&format!("commands beside this do not know where it is: {}", machine(&error)));
        None
    })
}

/// What is said once requests are accepted. A link into the page is for the eyes of whoever started
/// this: where nobody looks on, it would lie in a log.
fn ready(server: &Server, address: SocketAddr, base: &str) -> Result<Value, CliError> {
    let url = format!("http://{address}");
    let mut said = json!({"url": url});
    if std::io::stdout().is_terminal() {
        said["page"] = page::invite(&server.registry, base, OWNER)?.into();
    }
    Ok(said)
}

/// Where a browser of this machine, or of the world where there is a public address, reaches it.
fn base(server: &Server, address: SocketAddr) -> String {
    let here =
        if address.ip().is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { address.ip() };
    let here = || format!("http://{}", SocketAddr::new(here, address.port()));
    server.doors.public.as_deref().map_or_else(here, |at| at.trim_end_matches('/').to_owned())
}

/// What this server is called by those who ask: nobody else's page gets through under another name.
fn hosts(address: SocketAddr, public: Option<&str>) -> Vec<String> {
    let public = public.and_then(|public| Url::parse(public).ok());
    let public = public.and_then(|public| public.host_str().map(str::to_owned));
    let here = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    here.into_iter().chain([address.ip().to_string()]).chain(public).collect()
}

async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), CliError> {
    let unheard = |error: std::io::Error| {
        CliError::failed("listen", &format!("{address}: {}", machine(&error)))
    };
    let listener = TcpListener::bind(address).await.map_err(unheard)?;
    let address = listener.local_addr().map_err(unheard)?;
    Ok((listener, address))
}
