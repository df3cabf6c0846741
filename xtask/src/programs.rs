//! The programs that hold the tests: built, then run side by side, each one's output in one piece.

use std::collections::VecDeque;
use std::io::{Read as _, Seek as _, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use serde_json::Value;

use crate::run::{Done, cargo, root};

/// Much of a test's time is waiting for a server or a process. More at once, and deadlines of tests
/// pass where there are two cores.
const AT_ONCE: usize = 2;

/// What a program prints when its tests have run.
const CLOSING: &[u8] = b"test result:";

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
                    eprintln!("begun: {}", next.source);
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
    failed.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Whether it went well, and all it printed, in the order in which it did. It is in a file: what a
/// program that was killed leaves running would hold a pipe open for ever.
fn one(program: &Program, with: &impl Fn(&mut Command)) -> Done<(bool, Vec<u8>)> {
    let failed = |error: std::io::Error| format!("run {}: {error}", program.path.display());
    let mut printed = tempfile::tempfile().map_err(failed)?;
    let to = || printed.try_clone().map_err(failed);
    let mut command = Command::new(&program.path);
    command.current_dir(&program.folder).env("CARGO_MANIFEST_DIR", &program.folder);
    command.stdin(Stdio::null()).stdout(to()?).stderr(to()?);
    with(&mut command);
    let status = command.status().map_err(failed)?;
    let mut output = Vec::new();
    printed.rewind().and_then(|()| printed.read_to_end(&mut output)).map_err(failed)?;
    let is_whole = output.windows(CLOSING.len()).any(|part| part == CLOSING);
    if !is_whole {
        writeln!(output, "{} did not run all its tests: {status}", program.source)
            .map_err(failed)?;
    }
    Ok((status.success() && is_whole, output))
}

fn locked<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// Catches a failure that goes unnoticed, a program that ends before its tests, one that leaves
    /// something running which is waited for, and output that is lost or mixed.
    #[test]
    fn each_says_its_own_and_a_failure_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let script = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
            let mut all = std::fs::metadata(&path).unwrap().permissions();
            std::os::unix::fs::PermissionsExt::set_mode(&mut all, 0o755);
            std::fs::set_permissions(&path, all).unwrap();
            Program { source: name.to_owned(), folder: folder.path().to_owned(), path }
        };
        let all = vec![
            script("good", "echo one; echo two >&2; echo test result: $GIVEN"),
            script("bad", "sleep 20 & echo three; echo test result: no; exit 1"),
            script("short", "exit 0"),
        ];
        let mut said = Vec::new();
        let with = |command: &mut Command| {
            command.env("GIVEN", "given");
        };
        let mut failed = run(all, with, |text| said.extend_from_slice(text)).unwrap();
        failed.sort();
        assert_eq!(failed, ["bad", "short"]);
        let said = String::from_utf8(said).unwrap();
        assert!(said.contains("Running good\none\ntwo\ntest result: given\n"), "{said}");
        assert!(said.contains("Running bad\nthree\n"), "{said}");
        assert!(said.contains("Running short\nshort did not run all its tests"), "{said}");
    }
}
