//! From a provider to a process that serves it.

use std::io::{self, Write as _};

use kalends_sim::Served;
use kalends_testkit::wire::SimServer;
use serde_json::Value;
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::args::Common;
use crate::failure::Failure;

/// Listens, prints the READY line with what `ready` makes of the root's URL, and serves until a
/// signal comes.
pub(crate) fn serve<S: SimServer + Send + 'static>(
    common: &Common,
    sim: S,
    ready: impl FnOnce(&str) -> Value,
) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        // Listened to before READY is said: a signal right after it ends us as any other does.
        let mut end = End::listen()?;
        let served = Served::listen(common.listen, sim).await;
        let address = common.listen.to_string();
        let served = served.map_err(|why| Failure::Deaf { address, why })?;
        say(&ready(&served.url()))?;
        end.comes().await
    })
}

fn say(ready: &Value) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "READY {ready}")?;
    out.flush()
}

/// A request to end: Ctrl-C, and where there is such a thing, SIGTERM.
#[cfg(unix)]
struct End {
    interrupt: Signal,
    terminate: Signal,
}

#[cfg(unix)]
impl End {
    fn listen() -> Result<Self, Failure> {
        let interrupt = signal(SignalKind::interrupt())?;
        Ok(Self { interrupt, terminate: signal(SignalKind::terminate())? })
    }

    async fn comes(&mut self) -> Result<(), Failure> {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        Ok(())
    }
}

#[cfg(not(unix))]
struct End;

#[cfg(not(unix))]
impl End {
    fn listen() -> Result<Self, Failure> {
        Ok(Self)
    }

    async fn comes(&mut self) -> Result<(), Failure> {
        Ok(tokio::signal::ctrl_c().await?)
    }
}
