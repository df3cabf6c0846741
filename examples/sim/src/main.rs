//! The `kalends-sim` binary: one provider on the loopback address, until a signal ends it.

#![allow(clippy::print_stderr, reason = "a command line speaks through it")]

mod args;
mod caldav;
mod failure;
mod faults;
mod google;
mod graph;
mod log;
mod run;

use std::process::ExitCode;

use clap::Parser as _;

use crate::args::{Cli, Provider};

fn main() -> ExitCode {
    let done = match Cli::parse().provider {
        Provider::Caldav(args) => caldav::run(&args),
        Provider::Google(args) => google::run(&args),
        Provider::Graph(args) => graph::run(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            failure.exit_code()
        }
    }
}
