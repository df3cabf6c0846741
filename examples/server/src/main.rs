//! The `kalends` binary: calendars of real accounts, federated from the command line.
//!
//! Every decision is the engine's. This program gives it a SQLite file, a sealing key, the
//! accounts' passwords and the network, and shows what it did.

mod accounts;
mod args;
mod commands;
mod config;
mod data;
#[cfg(feature = "demo")]
mod demo;
mod erasure;
mod error;
mod failpoint;
mod folder;
mod hooks;
mod host;
mod interrupt;
mod limited;
mod lookup;
mod mcp;
mod outcome;
mod post;
mod serve;
mod show;
mod sign_in;
#[cfg(feature = "otel")]
mod telemetry;
mod view;

use std::process::ExitCode;

use clap::Parser as _;

use crate::args::Cli;
use crate::error::CliError;
use crate::outcome::{Outcome, print_error, print_outcome};

fn main() -> ExitCode {
    let wants_json = std::env::args_os().any(|arg| arg == "--json");
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if wants_json && error.use_stderr() => {
            let text = error.to_string();
            let what = text.split("\n\n").next().unwrap_or_default();
            let what = what.trim_start_matches("error: ").replace('\n', " ");
            return print_error(&CliError::usage(what), true);
        }
        Err(error) => error.exit(),
    };
    let json = cli.json;
    match run(cli) {
        Ok(outcome) => print_outcome(&outcome, json),
        Err(error) => print_error(&error, json),
    }
}

fn run(cli: Cli) -> Result<Outcome, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| CliError::failed("runtime", &error))?;
    let outcome = runtime.block_on(commands::run(cli));
    failpoint::write_count();
    outcome
}
