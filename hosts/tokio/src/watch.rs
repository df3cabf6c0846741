//! Keeping a graph in step until stopped.

use std::ops::ControlFlow;
use std::pin::pin;

use kalends_core::keys::GraphKeys;
use kalends_core::ports::{Clock, JobQueue};
use kalends_core::time::Timestamp;
use kalends_driver::{Driver, DriverError, Options, Ports, Report, Stop, Timer};
use tokio::sync::watch::Receiver;

/// How often a graph is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WatchOptions {
    /// From the end of one sync to the start of the next, in milliseconds. Jobs that fall due
    /// earlier bring the next sync forward. Never less than the rest.
    pub every_ms: i64,
    /// The least time between two syncs, in milliseconds, whatever falls due.
    pub rest_ms: i64,
    /// The longest one sync may take, in milliseconds.
    pub longest_ms: i64,
    /// The most passes of one sync.
    pub max_passes: u32,
}

impl Default for WatchOptions {
    fn default() -> Self {
        Self { every_ms: 300_000, rest_ms: 5_000, longest_ms: 3_600_000, max_passes: 8 }
    }
}

/// Syncs a graph again and again, until `stop` turns true, its sender goes away, or `each` says
/// so. A sync under way when the stop comes ends at its next good place; what it has not done is
/// done by the next one.
///
/// `each` sees how every sync ended. An error of the store is one too: decide there whether to go
/// on.
pub async fn watch<P: Ports>(
    driver: &Driver<P>,
    keys: &GraphKeys,
    options: WatchOptions,
    mut stop: Receiver<bool>,
    mut each: impl FnMut(Result<Report, DriverError>) -> ControlFlow<()>,
) {
    let ports = driver.ports();
    while !is_stopped(&stop) {
        let asked = Stop::new();
        let deadline = Some(ports.clock().now().saturating_add_millis(options.longest_ms));
        let max_passes = options.max_passes;
        let sync_options =
            Options { deadline, max_passes, stop: asked.clone(), ..Options::default() };
        let ended = {
            let mut sync = pin!(driver.sync(keys, &sync_options));
            tokio::select! {
                ended = &mut sync => ended,
                () = stopped(&mut stop) => {
                    asked.ask();
                    sync.await
                }
            }
        };
        if each(ended).is_break() {
            return;
        }
        let next = next_sync(ports, keys, options).await;
        tokio::select! {
            () = ports.timer().until(next) => {}
            () = stopped(&mut stop) => return,
        }
    }
}

async fn next_sync<P: Ports>(ports: &P, keys: &GraphKeys, options: WatchOptions) -> Timestamp {
    let now = ports.clock().now();
    let every = now.saturating_add_millis(options.every_ms.max(options.rest_ms));
    let rest = now.saturating_add_millis(options.rest_ms);
    // Where the queue cannot be asked, the interval holds.
    let due = ports.store().next_due(keys.graph).await.ok().flatten();
    due.map_or(every, |(at, _)| at.clamp(rest, every))
}

fn is_stopped(stop: &Receiver<bool>) -> bool {
    *stop.borrow() || stop.has_changed().is_err()
}

/// Comes back when the stop was asked for, or nobody is left who could.
async fn stopped(stop: &mut Receiver<bool>) {
    let _ = stop.wait_for(|asked| *asked).await;
}
