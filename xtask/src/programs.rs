//! The programs that hold the tests: built, then run side by side, each one's output in one piece.

use std::collections::VecDeque;
use std::io::{Read as _, Seek as _, Write as _};
use std::iter;
use std::mem;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use serde_json::Value;

use crate::beside::nice;
use crate::run::{Done, cargo, root};

/// Much of a test's time is waiting for a server or a process. More at once, and deadlines of tests
/// pass where there are two cores.
const AT_ONCE: usize = 2;

/// What never waits and has no deadline: its clock is a number. One of these runs beside the others, in
/// the time that they leave.
const PATIENT: [&str; 2] = ["tests/contracts/", "tests/sim/"];

/// What lives histories by the hundred, and carries every zone: optimised, as histories are, they take a
/// tenth of the time.
const OPTIMISED: [(&str, &str); 2] =
    [("kalends-sim-tests", "world"), ("kalends-contracts", "zones")];

/// What a program prints when its tests have run.
const CLOSING: &[u8] = b"test result:";

/// What its waits take longest, then what works longest: begun first, in this order.
const FIRST: [&str; 4] = [
    "tests/servers/tests/pairs.rs",
    "tests/servers/",
    "examples/server/",
    "tests/sim/tests/main.rs",
];

/// A program of tests.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Program {
    /// What it was built from, below the root.
    source: String,
    /// Its package's folder, where it runs.
    folder: PathBuf,
    path: PathBuf,
}

impl Program {
    fn is_of(&self, folder: &str) -> bool {
        self.source.starts_with(folder)
    }

    fn is_patient(&self) -> bool {
        PATIENT.iter().any(|folder| self.is_of(folder))
    }
}

/// Who runs programs, one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Runner {
    /// Runs what waits or has deadlines, and when that is begun what is patient.
    Any,
    /// Runs what is patient, in the time that others leave.
    Beside,
}

impl Runner {
    /// Takes what it runs next.
    fn next(self, waiting: &mut Waiting) -> Option<Program> {
        match self {
            Self::Any => waiting.others.pop_front().or_else(|| waiting.patient.pop_front()),
            Self::Beside => waiting.patient.pop_front(),
        }
    }

    fn command(self, program: &Program) -> Command {
        match self {
            Self::Any => Command::new(&program.path),
            Self::Beside => nice(&program.path),
        }
    }
}

/// What is to be run.
#[derive(Debug)]
struct Waiting {
    patient: VecDeque<Program>,
    others: VecDeque<Program>,
}

impl Waiting {
    fn of(programs: Vec<Program>) -> Self {
        let (patient, others): (Vec<_>, Vec<_>) =
            programs.into_iter().partition(Program::is_patient);
        Self { patient: patient.into(), others: others.into() }
    }
}

/// Builds the tests of the workspace but for those of some packages.
pub(crate) fn build(without: &[&str]) -> Done<Vec<Program>> {
    let excluded = without.iter().flat_map(|package| ["--exclude", package]);
    let everything = built(iter::once("--workspace").chain(excluded))?;
    let named = OPTIMISED.iter().flat_map(|(package, test)| ["--package", package, "--test", test]);
    let optimised = built(["--profile", "histories"].into_iter().chain(named))?;
    let mut all = replaced(everything, optimised);
    all.sort_by_key(|one| FIRST.iter().position(|first| one.is_of(first)).unwrap_or(FIRST.len()));
    Ok(all)
}

fn built<'a>(which: impl IntoIterator<Item = &'a str>) -> Done<Vec<Program>> {
    let mut command = cargo(&["test", "--no-run", "--message-format", "json-render-diagnostics"]);
    let built = command.args(which).stderr(Stdio::inherit()).output();
    let built = built.map_err(|e| format!("run cargo test --no-run: {e}"))?;
    if !built.status.success() {
        return Err("the tests do not build".to_owned());
    }
    Ok(String::from_utf8_lossy(&built.stdout).lines().filter_map(program).collect())
}

/// All programs, those that were built in another way in that way only.
fn replaced(mut all: Vec<Program>, otherwise: Vec<Program>) -> Vec<Program> {
    all.retain(|one| otherwise.iter().all(|other| one.source != other.source));
    all.extend(otherwise);
    all
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
    let (waiting, shown) = (Mutex::new(Waiting::of(programs)), Mutex::new(shown));
    let failed = Mutex::new(Ok(Vec::new()));
    let (waiting, shown, failed, with) = (&waiting, &shown, &failed, &with);
    let runners = iter::repeat_n(Runner::Any, AT_ONCE).chain([Runner::Beside]);
    thread::scope(|scope| {
        for runner in runners {
            scope.spawn(move || {
                loop {
                    let Some(next) = runner.next(&mut locked(waiting)) else { return };
                    eprintln!("begun: {}", next.source);
                    let ended = one(&next, runner, with);
                    let output = ended.as_ref().map_or(&[][..], |(_, output)| output);
                    let title = format!("\n     Running {}\n", next.source);
                    locked(shown)(&[title.as_bytes(), output].concat());
                    let mut failed = locked(failed);
                    match (ended, failed.as_mut()) {
                        (Ok((false, _)), Ok(list)) => list.push(next.source),
                        (Err(error), Ok(_)) => *failed = Err(error),
                        (_, Err(_)) | (Ok((true, _)), Ok(_)) => {}
                    }
                }
            });
        }
    });
    mem::replace(&mut *locked(failed), Ok(Vec::new()))
}

/// Whether it went well, and all it printed, in the order in which it did. It is in a file: what a
/// program that was killed leaves running would hold a pipe open for ever.
fn one(program: &Program, runner: Runner, with: &impl Fn(&mut Command)) -> Done<(bool, Vec<u8>)> {
    let failed = |error: std::io::Error| format!("run {}: {error}", program.path.display());
    let mut printed = tempfile::tempfile().map_err(failed)?;
    let to = || printed.try_clone().map_err(failed);
    let mut command = runner.command(program);
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

    /// Catches a program that runs twice, and one that runs in no way since another is built in two.
    #[test]
    fn what_is_built_in_two_ways_runs_once() {
        let program = |source: &str, path: &str| Program {
            source: source.to_owned(),
            folder: PathBuf::new(),
            path: path.into(),
        };
        let all = vec![program("a", "plain/a"), program("b", "plain/b")];
        let ran = replaced(all, vec![program("b", "quick/b")]);
        assert_eq!(ran, [program("a", "plain/a"), program("b", "quick/b")]);
    }

    /// Catches a program with deadlines that has to take the time that others leave, and one that is
    /// patient and run while others wait for a place.
    #[test]
    fn only_what_is_patient_runs_beside_the_others() {
        let all = ["tests/sim/a.rs", "tests/servers/b.rs", "tests/contracts/c.rs"];
        let program = |source: &str| Program {
            source: source.to_owned(),
            folder: PathBuf::new(),
            path: "p".into(),
        };
        let mut waiting = Waiting::of(all.map(program).into());
        let mut next = |runner: Runner| Some(runner.next(&mut waiting)?.source);
        assert_eq!(next(Runner::Beside).as_deref(), Some("tests/sim/a.rs"));
        assert_eq!(next(Runner::Any).as_deref(), Some("tests/servers/b.rs"));
        assert_eq!(next(Runner::Any).as_deref(), Some("tests/contracts/c.rs"));
        let mut waiting = Waiting::of(vec![program("tests/servers/b.rs")]);
        assert_eq!(Runner::Beside.next(&mut waiting), None);
        let priority = |runner: Runner| {
            let command = runner.command(&program("tests/sim/a.rs"));
            command.get_program().to_owned()
        };
        assert_eq!([Runner::Any, Runner::Beside].map(priority), ["p", "nice"]);
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
        let mut all = vec![
            script("good", "echo one; echo two >&2; echo test result: $GIVEN"),
            script("bad", "sleep 20 & echo three; echo test result: no; exit 1"),
            script("short", "exit 0"),
        ];
        all[0].source = "tests/sim/good".to_owned();
        let mut said = Vec::new();
        let with = |command: &mut Command| {
            command.env("GIVEN", "given");
        };
        let mut failed = run(all, with, |text| said.extend_from_slice(text)).unwrap();
        failed.sort();
        assert_eq!(failed, ["bad", "short"]);
        let said = String::from_utf8(said).unwrap();
        assert!(said.contains("Running tests/sim/good\none\ntwo\ntest result: given\n"), "{said}");
        assert!(said.contains("Running bad\nthree\n"), "{said}");
        assert!(said.contains("Running short\nshort did not run all its tests"), "{said}");
    }
}
