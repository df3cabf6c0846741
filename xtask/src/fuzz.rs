//! The fuzz targets, under cargo-fuzz, where it is installed.

use std::fs;
use std::process::Command;

use crate::run::{Done, loudly, root, step, succeeds};

/// Seconds for each target.
const SECONDS: u32 = 60;

/// Runs each target for a while, from the committed corpus; what it finds beside that stays in
/// `target`. Without cargo-fuzz and the compiler that it wants, says so: the tests run the same
/// functions over seeded damage.
pub(crate) fn run() -> Done {
    let has = |args: &[&str]| succeeds(Command::new("cargo").args(args));
    if !has(&["+nightly", "fuzz", "--version"]) {
        loudly(
            "left out: the fuzz targets, for want of cargo-fuzz or a nightly compiler.\n\
             To have both: rustup toolchain install nightly; cargo install --locked cargo-fuzz",
        );
        return Ok(());
    }
    targets()?.iter().try_for_each(|target| fuzz(target))
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
    command.args(["+nightly", "fuzz", "run", "--fuzz-dir", "tests/fuzz/libfuzzer", target]);
    command.arg(found).arg(seeds).args(["--", "-max_len=16384", "-timeout=10"]);
    step(command.arg(format!("-max_total_time={SECONDS}")).current_dir(root()))
}
