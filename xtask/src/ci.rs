//! `cargo xtask ci`: what runs for every change, in the order in which it fails soonest.

use std::process::Command;

use crate::run::{Done, cargo, loudly, step, succeeds};
use crate::{bindings, fuzz, graph, mutants, sim, test, wasm};

/// Format, lints, docs, dependencies, wasm, in the long run the fuzz targets, the histories, in the
/// long run T-Minus' table and the breakages that they must notice, the bindings, and at the end the
/// tests, so that their closing lines stand last. The architecture is among the tests.
pub(crate) fn run(long: bool) -> Done {
    step(&mut cargo(&["fmt", "--all", "--check"]))?;
    step(&mut cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    step(cargo(&["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))?;
    dependencies()?;
    wasm::run()?;
    graph::run()?;
    if long {
        fuzz::run()?;
    }
    let length: &[String] = if long { &["--long".to_owned()] } else { &[] };
    sim::run(length)?;
    if long {
        sim::run(&["--table", "t-minus"].map(str::to_owned))?;
        mutants::run(&[])?;
    }
    bindings::run(bindings::Language::Kotlin, bindings::Action::Test)?;
    test::run(long, &[])
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
