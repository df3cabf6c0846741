//! The breakages of laws in `tests/mutants` fit the tree: those that do not cannot be tried.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::laws::LAWS;
use crate::workspace::Problem;

/// Holds each patch below `tests/mutants` against the tree, with every line of its context, and then
/// all of them on top of each other, as `cargo xtask mutants` applies them.
///
/// # Errors
///
/// Says what could not be read, or that there is no git.
pub fn check_mutants(root: &Path) -> Result<Vec<Problem>, String> {
    let folder = root.join("tests/mutants");
    let (mut all, mut problems) = (String::new(), Vec::new());
    for patch in patches(&folder)? {
        let name = patch.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = fs::read_to_string(&patch).map_err(|e| format!("read {name}: {e}"))?;
        let law = text.lines().find_map(|line| line.strip_prefix("law: "));
        if !law.is_some_and(|law| LAWS.contains(&law)) {
            problems.push(format!("tests/mutants/{name} names no law in a line `law: `"));
        }
        if let Some(why) = refused(root, &text)? {
            problems.push(format!("tests/mutants/{name} does not apply any more; {why}"));
        }
        all.push_str(&text);
    }
    if problems.is_empty()
        && let Some(why) = refused(root, &all)?
    {
        problems.push(format!("two patches in tests/mutants touch the same lines; {why}"));
    }
    Ok(problems)
}

fn patches(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|e| format!("list {}: {e}", folder.display()))?;
    let mut patches: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    patches.retain(|path| path.extension().is_some_and(|extension| extension == "patch"));
    patches.sort();
    Ok(patches)
}

/// Why a patch does not fit the tree; `None`: it does. Nothing is written.
fn refused(root: &Path, patch: &str) -> Result<Option<String>, String> {
    let mut command = Command::new("git");
    // A tree that was unpacked below another repository is not a part of that.
    command.env("GIT_CEILING_DIRECTORIES", root.parent().unwrap_or(root));
    command.args(["apply", "--check", "-"]).current_dir(root);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut git = command.spawn().map_err(|e| format!("run git apply: {e}"))?;
    if let Some(mut stdin) = git.stdin.take() {
        stdin.write_all(patch.as_bytes()).map_err(|e| format!("write to git apply: {e}"))?;
    }
    let ended = git.wait_with_output().map_err(|e| format!("wait for git apply: {e}"))?;
    let why = String::from_utf8_lossy(&ended.stderr).trim().replace('\n', ", ");
    Ok((!ended.status.success()).then_some(why))
}
