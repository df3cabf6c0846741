//! Everything that is run on the project, by one name: `cargo xtask help`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line speaks through them")]

mod bench;
mod beside;
mod bindings;
mod ci;
mod debian;
mod fuzz;
mod graph;
mod mutants;
mod pictures;
mod programs;
mod run;
mod servers;
mod sim;
mod test;
mod tools;
mod walk;
mod wasm;
mod wasm_imports;
mod worker;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Tests, CI and benchmarks of Kalends.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Installs what the tests need, then runs every test and doc test.
    ///
    /// Examples: `cargo xtask test`; `cargo xtask test -- -p kalends-core echo`
    Test {
        #[command(flatten)]
        length: Length,
        /// Arguments for `cargo test` instead of `--workspace`.
        #[arg(last = true)]
        args: Vec<String>,
    },
    /// What runs for every change: format, lints, docs, dependencies, wasm, histories, Microsoft's client,
    /// Kotlin's bindings, and the tests.
    Ci {
        #[command(flatten)]
        length: Length,
    },
    /// Runs the criterion benchmarks of the named crates, or of all that have any.
    Bench {
        /// Crates, by their package names.
        crates: Vec<String>,
    },
    /// Generates the bindings of a language, and tests them in it.
    ///
    /// Example: `cargo xtask bindings python test`
    Bindings {
        /// Which.
        language: bindings::Language,
        /// What to do.
        action: bindings::Action,
    },
    /// Breaks the laws one by one in a copy of the tree, and sees that histories notice.
    Mutants {
        /// Which, by their names in tests/mutants; all without a name.
        names: Vec<String>,
    },
    /// Lives random histories of people, networks and processes: `cargo xtask sim -- --help`.
    ///
    /// Example: `cargo xtask sim --profile giving --start 4711 --seeds 1 --depth wire`
    Sim {
        /// What the histories are told.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Microsoft's own client for Python against `kalends-sim graph`.
    Graph,
    /// The README's walk-through on a real server: two people, two edges, one sync.
    Walk,
    /// Keeps pictures of the page of `kalends demo`, light and dark, in examples/server/docs.
    Pictures,
    /// Builds the engine and the providers for wasm32-unknown-unknown and looks at their imports.
    Wasm,
    /// Builds the host for Cloudflare Workers, or tests it inside workerd; installs what that takes.
    Worker {
        /// What to do.
        action: worker::Action,
    },
    /// Starts the real calendar servers on the loopback address, until Enter is pressed.
    ///
    /// Where they know two people, these have the calendars of the walk-through: alice Work, bob
    /// Home. Example: `cargo xtask servers radicale --port 5232`
    Servers {
        /// Which: radicale, xandikos, sabre. All without a name.
        names: Vec<servers::Name>,
        /// The port of the one that is named; without it, any that is free.
        #[arg(long)]
        port: Option<u16>,
    },
}

#[derive(clap::Args)]
struct Length {
    /// Also the long runs: KALENDS_LONG=1 for the tests; with `ci` the fuzz targets, Workers,
    /// T-Minus' table and the mutants, too.
    #[arg(long)]
    long: bool,
}

fn main() -> ExitCode {
    let done = match Cli::parse().task {
        Task::Test { length, args } => test::run(length.long, &args, None),
        Task::Ci { length } => ci::run(length.long),
        Task::Bench { crates } => bench::run(&crates),
        Task::Bindings { language, action } => bindings::run(language, action),
        Task::Mutants { names } => mutants::run(&names),
        Task::Sim { args } => sim::run(&args),
        Task::Graph => graph::run(),
        Task::Walk => walk::run(),
        Task::Pictures => pictures::run(),
        Task::Wasm => wasm::run(),
        Task::Worker { action } => worker::run(action),
        Task::Servers { names, port } => servers::run(&names, port),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("\nxtask: {problem}");
            ExitCode::FAILURE
        }
    }
}
