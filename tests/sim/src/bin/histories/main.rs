//! Lives histories by the thousand: `cargo xtask sim`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line speaks through them")]

mod crew;
mod options;
mod script;
mod table;

use std::process::ExitCode;

use clap::Parser as _;
use mimalloc::MiMalloc;

use options::{Options, Table};

/// Histories make and drop small texts by the million.
#[global_allocator]
static MEMORY: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let options = Options::parse();
    // A history that ends otherwise is told of in one piece, when it has ended.
    std::panic::set_hook(Box::new(|_| {}));
    let failed: usize = match (&options.script, options.table) {
        (Some(file), _) => script::live(file),
        (None, Some(Table::TMinus)) => table::t_minus(&options),
        (None, None) => options.batches().iter().map(|batch| crew::run(batch, &options)).sum(),
    };
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
