//! `cargo xtask mutants`: histories that catch no breakage of a law prove nothing about it.
//!
//! Each patch below `tests/mutants` breaks one thing and names the histories that must notice. The
//! patches are applied, one at a time, to a copy of the tree below `target/mutants`, which is built
//! where the last one was.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::run::{Done, cargo, root};

/// The line of a patch that names its histories.
const HISTORIES: &str = "histories: ";

/// Tries the named mutants, or all; fails where one of them is not caught.
pub(crate) fn run(names: &[String]) -> Done {
    let mut missed = Vec::new();
    for patch in patches(names)? {
        let name = patch.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let caught = is_caught(&patch)?;
        println!("{name}: {}", if caught { "caught" } else { "NOT CAUGHT" });
        if !caught {
            missed.push(name);
        }
    }
    if missed.is_empty() { Ok(()) } else { Err(format!("not caught: {}", missed.join(", "))) }
}

fn patches(names: &[String]) -> Done<Vec<PathBuf>> {
    let folder = root().join("tests/mutants");
    let entries = fs::read_dir(&folder).map_err(|e| format!("read {}: {e}", folder.display()))?;
    let mut all: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    let wanted = |path: &Path| {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let is_patch = path.extension().is_some_and(|extension| extension == "patch");
        is_patch && (names.is_empty() || names.iter().any(|name| *name == stem))
    };
    all.retain(|path| wanted(path));
    all.sort();
    if all.is_empty() { Err("no mutant has such a name".to_owned()) } else { Ok(all) }
}

fn is_caught(patch: &Path) -> Done<bool> {
    let text = fs::read_to_string(patch).map_err(|e| format!("read {}: {e}", patch.display()))?;
    let histories = text.lines().find_map(|line| line.strip_prefix(HISTORIES));
    let histories = histories.ok_or_else(|| format!("{} names no histories", patch.display()))?;
    let tree = root().join("target/mutants/tree");
    copy(&tree)?;
    apply(patch, &tree)?;
    let built = in_tree(&tree, &["build"], &[]).status();
    if !built.map_err(|e| format!("build the mutant: {e}"))?.success() {
        return Err(format!("{} does not build", patch.display()));
    }
    let args: Vec<&str> =
        ["--", "--first"].into_iter().chain(histories.split_whitespace()).collect();
    let mut lived = in_tree(&tree, &["run"], &args);
    let status = lived.stdout(Stdio::null()).stderr(Stdio::null()).status();
    Ok(!status.map_err(|e| format!("live the histories: {e}"))?.success())
}

/// Brings the copy up to date; files that are the same keep their times, so that little is built.
fn copy(tree: &Path) -> Done {
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output();
    let listed = listed.map_err(|e| format!("run git ls-files: {e}"))?.stdout;
    for name in String::from_utf8_lossy(&listed).split('\0').filter(|name| !name.is_empty()) {
        let (from, to) = (root().join(name), tree.join(name));
        let Ok(new) = fs::read(&from) else { continue };
        if fs::read(&to).is_ok_and(|old| old == new) {
            continue;
        }
        let folder = to.parent().unwrap_or(tree);
        fs::create_dir_all(folder).map_err(|e| format!("make {}: {e}", folder.display()))?;
        fs::write(&to, new).map_err(|e| format!("write {}: {e}", to.display()))?;
    }
    Ok(())
}

fn apply(patch: &Path, tree: &Path) -> Done {
    let mut command = Command::new("git");
    // The copy lies below a repository that is not its own.
    command.env("GIT_CEILING_DIRECTORIES", tree.parent().unwrap_or(tree));
    let status = command.arg("apply").arg(patch).current_dir(tree).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(format!("{} does not apply any more: mend it", patch.display())),
        Err(error) => Err(format!("run git apply: {error}")),
    }
}

/// A cargo command on the histories of the copy.
fn in_tree(tree: &Path, task: &[&str], args: &[&str]) -> Command {
    let mut command = cargo(task);
    command.args(["--quiet", "--profile", "histories", "--package", "kalends-sim-tests"]);
    command.args(["--bin", "histories"]).args(args).current_dir(tree);
    command.env("CARGO_TARGET_DIR", root().join("target/mutants/target"));
    command
}
