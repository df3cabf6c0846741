//! The programs that hold the tests: built, then run side by side, each one's output in one piece.

use std::collections::VecDeque;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;

use serde_json::Value;

use crate::run::{Done, cargo, root};

/// Much of a test's time is waiting for a server or a process. More at once, and deadlines of tests
/// pass where there are two cores.
const AT_ONCE: usize = 2;

/// What its waits take longest: begun first.
const FIRST: [&str; 2] = ["tests/servers/", "examples/server/"];

/// A program of tests.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Program {
    /// What it was built from, below the root.
    source: String,
    /// Its package's folder, where it runs.
    folder: PathBuf,
    path: PathBuf,
}

/// Builds the tests of the workspace but for those of some packages.
pub(crate) fn build(without: &[&str]) -> Done<Vec<Program>> {
    let mut command = cargo(&["test", "--workspace", "--no-run"]);
    command.args(["--message-format", "json-render-diagnostics"]);
    for package in without {
        command.args(["--exclude", package]);
    }
    let built = command.stderr(Stdio::inherit()).output();
    let built = built.map_err(|e| format!("run cargo test --no-run: {e}"))?;
    if !built.status.success() {
        return Err("the tests do not build".to_owned());
    }
    let said = String::from_utf8_lossy(&built.stdout);
    let mut all: Vec<_> = said.lines().filter_map(program).collect();
    all.sort_by_key(|one| !FIRST.iter().any(|first| one.source.starts_with(first)));
    Ok(all)
}

/// The program that a line of cargo's tells of.
fn program(line: &str) -> Option<Program> {
    let told: Value = serde_json::from_str(line).ok()?;
    let is_test = told["profile"]["test"].as_bool() == Some(true);
    let path = told["executable"].as_str().filter(|_| is_test)?;
    let source = PathBuf::from(told["target"]["src_path"].as_str()?);
    let manifest = PathBuf::from(told["manifest_path"].as_str()?);
    let below = source.strip_prefix(root()).unwrap_or(&source);
    Some(Program {
        source: below.display().to_string(),
        folder: manifest.parent()?.to_owned(),
        path: path.into(),
    })
}

/// Runs them; what each printed is given to `shown` when it has ended. Names those that failed.
pub(crate) fn run(
    programs: Vec<Program>,
    with: impl Fn(&mut Command) + Sync,
    shown: impl FnMut(&[u8]) + Send,
) -> Done<Vec<String>> {
    let (waiting, shown) = (Mutex::new(VecDeque::from(programs)), Mutex::new(shown));
    let failed = Mutex::new(Ok(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(next) = locked(&waiting).pop_front() {
                    let ended = one(&next, &with);
                    let output = ended.as_ref().map_or(&[][..], |(_, output)| output);
                    let title = format!("\n     Running {}\n", next.source);
                    locked(&shown)(&[title.as_bytes(), output].concat());
                    let mut failed = locked(&failed);
                    match (ended, failed.as_mut()) {
                        (Ok((false, _)), Ok(list)) => list.push(next.source),
                        (Err(error), Ok(_)) => *failed = Err(error),
                        (_, Err(_)) | (Ok((true, _)), Ok(_)) => {}
                    }
                }
            });
        }
    });
    failed.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Whether it went well, and all it printed, in the order in which it did.
fn one(program: &Program, with: &impl Fn(&mut Command)) -> Done<(bool, Vec<u8>)> {
    let failed = |error: std::io::Error| format!("run {}: {error}", program.path.display());
    let (mut reader, writer) = std::io::pipe().map_err(failed)?;
    let mut command = Command::new(&program.path);
    command.current_dir(&program.folder).env("CARGO_MANIFEST_DIR", &program.folder);
    command.stdin(Stdio::null()).stdout(writer.try_clone().map_err(failed)?).stderr(writer);
    with(&mut command);
    let mut child = command.spawn().map_err(failed)?;
    // It holds the ends of the pipe that must be shut for the output to end.
    drop(command);
    let mut output = Vec::new();
    std::io::copy(&mut reader, &mut output).map_err(failed)?;
    let status = child.wait().map_err(failed)?;
    if !status.success() && !output.windows(12).any(|part| part == b"test result:") {
        writeln!(output, "{} ended with {status}", program.source).map_err(failed)?;
    }
    Ok((status.success(), output))
}

fn locked<T>(value: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    value.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches a test that is left out, and a program that holds none and is run.
    #[test]
    fn programs_of_tests_are_told_from_others() {
        let line = |test: bool, executable: &str| {
            format!(
                r#"{{"reason":"compiler-artifact","manifest_path":"/w/a/Cargo.toml","executable":
                {executable},"target":{{"src_path":"/w/a/tests/b.rs"}},"profile":{{"test":{test}}}}}"#
            )
        };
        let found = program(&line(true, r#""/t/b""#)).unwrap();
        assert_eq!((found.path, found.folder), ("/t/b".into(), "/w/a".into()));
        assert_eq!(program(&line(false, r#""/t/b""#)), None);
        assert_eq!(program(&line(true, "null")), None);
        assert_eq!(program("warning: unused"), None);
    }

    /// Catches a failure that goes unnoticed, and output that is lost or mixed.
    #[test]
    fn each_says_its_own_and_a_failure_is_named() {
        let script = |name: &str, text: &str| {
            let path = std::env::temp_dir().join(format!("{}-{name}", std::process::id()));
            std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
            let mut all = std::fs::metadata(&path).unwrap().permissions();
            std::os::unix::fs::PermissionsExt::set_mode(&mut all, 0o755);
            std::fs::set_permissions(&path, all).unwrap();
            Program { source: name.to_owned(), folder: std::env::temp_dir(), path }
        };
        let good = script("good", "echo one; echo two >&2; echo $GIVEN");
        let bad = script("bad", "echo three; exit 1");
        let paths = [good.path.clone(), bad.path.clone()];
        let mut said = Vec::new();
        let with = |command: &mut Command| {
            command.env("GIVEN", "given");
        };
        let failed = run(vec![good, bad], with, |text| said.extend_from_slice(text)).unwrap();
        paths.iter().for_each(|path| std::fs::remove_file(path).unwrap());
        assert_eq!(failed, ["bad"]);
        let said = String::from_utf8(said).unwrap();
        assert!(said.contains("Running good\none\ntwo\ngiven\n"), "{said}");
        assert!(said.contains("Running bad\nthree\nbad ended with"), "{said}");
    }
}
