//! Running programs, each said before it starts.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

/// What went wrong, as a sentence that says what to do where that is known.
pub(crate) type Done<T = ()> = Result<T, String>;

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map_or_else(|| here.clone(), PathBuf::from)
}

/// Where cargo builds to.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// A cargo command in the workspace.
pub(crate) fn cargo(args: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.args(args).current_dir(root());
    command
}

/// Builds programs with the features that the tests of the workspace have, which cargo settles for
/// all that is built at once: what both stand on is then built once.
pub(crate) fn build_programs(names: &[&str]) -> Done {
    // An example takes part for the features of what tests alone depend on.
    let mut command = cargo(&["build", "--quiet", "--workspace", "--examples"]);
    for name in names {
        command.args(["--bin", name]);
    }
    step(&mut command)
}

/// A program that was built for tests.
pub(crate) fn built(name: &str) -> PathBuf {
    target().join("debug").join(name)
}

/// Runs a command with its output shown; fails where it fails.
pub(crate) fn step(command: &mut Command) -> Done {
    let said = said(command);
    eprintln!("\n$ {said}");
    let start = Instant::now();
    let status = command.status().map_err(|e| format!("run `{said}`: {e}"))?;
    eprintln!("  ({:.1} s)", start.elapsed().as_secs_f32());
    if status.success() { Ok(()) } else { Err(format!("`{said}` failed")) }
}

/// Whether a command succeeds, with nothing shown.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// Whether this runs for a change, where a missing tool is a failure.
pub(crate) fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|v| !v.is_empty() && v != "false" && v != "0")
}

/// Says something that must not be overlooked.
pub(crate) fn loudly(text: &str) {
    let bar = "!".repeat(72);
    eprintln!("\n{bar}\n{text}\n{bar}");
}

fn said(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}
