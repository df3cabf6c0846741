//! The command line, as far as all providers share it.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::caldav::CaldavArgs;
use crate::google::GoogleArgs;
use crate::graph::GraphArgs;

/// Serves a simulated calendar provider over HTTP, for tests.
///
/// When it accepts connections it prints one line on standard output: READY and a JSON object.
/// SIGINT and SIGTERM end it; what it holds is forgotten then.
#[derive(Debug, Parser)]
#[command(name = "kalends-sim", version, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) provider: Provider,
}

/// Which provider.
#[derive(Debug, Subcommand)]
pub(crate) enum Provider {
    /// A CalDAV server that answers as one of several measured servers would
    Caldav(CaldavArgs),
    /// Google Calendar with OAuth and webhooks
    Google(GoogleArgs),
    /// The calendars of Microsoft Graph with OAuth and subscriptions
    Graph(GraphArgs),
}

/// What every provider is told.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// Where to listen; with port 0, READY says which one it is
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS:PORT")]
    pub(crate) listen: SocketAddr,
    /// Enters into what the provider draws: tokens, nonces
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) seed: u64,
    /// A JSON file with the faults to make; --list shows their names
    #[arg(long, value_name = "FILE")]
    pub(crate) faults: Option<PathBuf>,
    /// Write a JSON line for each exchange into this file, anew
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  kalends-sim caldav
  kalends-sim caldav --listen 127.0.0.1:5232 --user alice:secret --calendar alice/Work
  kalends-sim google --user alice@example.com

Exit codes: 0 ended by a signal, 1 cannot listen or write, 2 the command line or a file it names is wrong";
