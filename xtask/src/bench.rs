//! `cargo xtask bench`.

use std::fs;
use std::path::Path;

use crate::run::{Done, cargo, root, step};

/// Runs the benchmarks of the named crates, or of all that have a `benches` folder, but for the examples:
/// those are minutes of load.
pub(crate) fn run(crates: &[String]) -> Done {
    let crates = if crates.is_empty() { with_benches() } else { crates.to_vec() };
    if crates.is_empty() {
        return Err("no crate has a `benches` folder".to_owned());
    }
    let mut command = cargo(&["bench", "--benches"]);
    for name in &crates {
        command.args(["--package", name]);
    }
    step(&mut command)
}

fn with_benches() -> Vec<String> {
    let groups = ["engine", "providers", "hosts", "tests"];
    let folders = groups.iter().filter_map(|g| fs::read_dir(root().join(g)).ok()).flatten();
    let mut names: Vec<String> = folders
        .flatten()
        .map(|entry| entry.path())
        .filter(|folder| folder.join("benches").is_dir())
        .filter_map(|folder| package_name(&folder))
        .collect();
    names.sort();
    names
}

/// The name in a crate's manifest, which has one assignment a line.
pub(crate) fn package_name(folder: &Path) -> Option<String> {
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).ok()?;
    let name = manifest.lines().find_map(|l| l.strip_prefix("name = "))?;
    Some(name.trim_matches('"').to_owned())
}
