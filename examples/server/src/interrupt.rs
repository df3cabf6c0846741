//! Ctrl-C, and where there is such a thing, a request to terminate.

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;

use crate::outcome::warn;

/// Set for a process that is to end with the one that started it, whose end closes its standard input.
pub(crate) const LEASH: &str = "KALENDS_LEASH";

/// How a process ends that was interrupted, as shells count it: 128 and the number of the signal.
const INTERRUPTED: i32 = 130;

/// At the first interruption `ask` is called, so that the work ends at its next good place. Whoever
/// does not want to wait for that interrupts again, which ends the process: what is under way is
/// found out by the next sync, as after any crash.
pub(crate) fn on_interrupt(ask: impl FnOnce() + Send + 'static) -> JoinHandle<()> {
    // Listened to from here on: between the first and the second none is missed.
    let mut signals = Signals::listen();
    tokio::spawn(async move {
        signals.next().await;
        warn("ending at the next good place; again to end at once");
        ask();
        signals.next().await;
        std::process::exit(INTERRUPTED);
    })
}

/// Calls `ask` once standard input ends, in a process that is on the leash.
pub(crate) fn on_end_of_input(ask: impl FnOnce() + Send + 'static) {
    if std::env::var_os(LEASH).is_some() {
        // Nobody waits for this thread: it may read as long as the process lives.
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
            ask();
        });
    }
}

#[cfg(unix)]
struct Signals([Option<Signal>; 2]);

#[cfg(unix)]
impl Signals {
    fn listen() -> Self {
        Self([SignalKind::interrupt(), SignalKind::terminate()].map(|kind| signal(kind).ok()))
    }

    /// Without a signal to wait for, it runs until it is killed.
    async fn next(&mut self) {
        let [interrupt, terminate] = &mut self.0;
        tokio::select! {
            () = heard(interrupt) => {}
            () = heard(terminate) => {}
        }
    }
}

#[cfg(unix)]
async fn heard(signal: &mut Option<Signal>) {
    if let Some(signal) = signal
        && signal.recv().await.is_some()
    {
        return;
    }
    std::future::pending::<()>().await;
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> Self {
        Self
    }

    /// Without a signal to wait for, it runs until it is killed.
    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
