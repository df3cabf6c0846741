//! The fuzz targets, under cargo-fuzz, where it is installed.

use std::fs;
use std::process::Command;

use crate::run::{Done, loudly, root, step, succeeds};

/// Seconds for each target.
const SECONDS: u32 = 60;

/// Runs each target for a while, from the committed corpus; what it finds beside that stays in
/// `target`. Installs cargo-fuzz where it is missing, and without it says so: the tests run the
/// same functions over seeded damage.
pub(crate) fn run() -> Done {
    if !has(&["fuzz", "--version"]) && !has(&["install", "--locked", "cargo-fuzz"]) {
        loudly(
            "left out: the fuzz targets, for want of cargo-fuzz, which could not be installed.\n\
             To have it: cargo install --locked cargo-fuzz",
        );
        return Ok(());
    }
    targets()?.iter().try_for_each(|target| fuzz(target))
}

fn has(args: &[&str]) -> bool {
    succeeds(Command::new("cargo").args(args))
}

fn targets() -> Result<Vec<String>, String> {
    let folder = root().join("tests/fuzz/corpus");
    let entries = fs::read_dir(&folder).map_err(|e| format!("list {}: {e}", folder.display()))?;
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    Ok(names)
}

fn fuzz(target: &str) -> Done {
    let found = root().join("target/fuzz").join(target);
    fs::create_dir_all(&found).map_err(|e| format!("make {}: {e}", found.display()))?;
    let seeds = root().join("tests/fuzz/corpus").join(target);
    let mut command = Command::new("cargo");
    // Sanitizers are for nightly compilers, or for one that is told to take it for one.
    if has(&["+nightly", "--version"]) {
        command.arg("+nightly");
    } else {
        command.env("RUSTC_BOOTSTRAP", "1");
    }
    command.args(["fuzz", "run", "--fuzz-dir", "tests/fuzz/libfuzzer", target]);
    command.arg(found).arg(seeds).args(["--", "-max_len=16384", "-timeout=10"]);
    step(command.arg(format!("-max_total_time={SECONDS}")).current_dir(root()))
}
