//! `cargo xtask ci`: what runs for every change, in the order in which it fails soonest.

use std::process::Command;

use crate::beside::Beside;
use crate::run::{Done, cargo, loudly, step, succeeds};
use crate::{bindings, fuzz, graph, mutants, sim, test, worker};

/// What is off where nobody asks for it: checked always, built in the long run.
const TELEMETRY: &str = "kalends-server/otel";

/// Format; lints, docs and dependencies beside wasm; in the long run the fuzz targets and Workers; the
/// tour of Graph and the bindings; in the long run T-Minus' table, stories killed at every place, and the
/// breakages that histories must notice; at the end the tests, so that their closing lines stand last. The
/// architecture is among the tests. The histories are built and lived beside all that is before the tests run,
/// since there is always something that waits.
pub(crate) fn run(long: bool) -> Done {
    step(&mut cargo(&["fmt", "--all", "--check"]))?;
    let wasm = Beside::begin(&["wasm"])?;
    let length: &[&str] = if long { &["--long"] } else { &[] };
    let histories = Beside::begin(&[&["sim"], length].concat())?;
    let all = ["clippy", "--workspace", "--all-targets", "--features", TELEMETRY];
    step(cargo(&all).args(["--", "-D", "warnings"]))?;
    let least = ["clippy", "--package", "kalends-ffi", "--lib", "--no-default-features"];
    step(cargo(&least).args(["--", "-D", "warnings"]))?;
    step(cargo(&["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))?;
    dependencies()?;
    wasm.end()?;
    if long {
        fuzz::run()?;
        worker::run(worker::Action::Test)?;
    }
    graph::run()?;
    bindings::run(bindings::Language::Kotlin, bindings::Action::Test)?;
    if long {
        let traced =
            ["test", "-p", "kalends-server", "--features", TELEMETRY, "--test", "operated"];
        step(cargo(&traced).arg("a_collector_hears"))?;
        sim::run(&["--table", "t-minus"].map(str::to_owned))?;
        sim::run(&[sim::KILLED.to_owned()])?;
        mutants::run(&[])?;
    }
    test::run(long, &[], Some(histories))
}

fn dependencies() -> Done {
    if !succeeds(Command::new("cargo").args(["deny", "--version"])) {
        loudly(
            "left out: licences, advisories and bans of the dependencies, for want of cargo-deny.\n\
             To have it: cargo install --locked cargo-deny",
        );
        return Ok(());
    }
    step(&mut cargo(&["deny", "--workspace", "check", "bans", "licenses", "sources"]))?;
    if !succeeds(&mut cargo(&["deny", "fetch", "db"])) {
        loudly("left out: advisories of the dependencies; their database cannot be fetched");
        return Ok(());
    }
    step(&mut cargo(&["deny", "--workspace", "check", "advisories"]))
}
