//! A task in a process of its own, beside others: what it prints comes in one piece at its end.

use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::run::Done;

/// A task under way. It ends with this, and so does all that it has begun.
pub(crate) struct Beside {
    said: String,
    child: Child,
    printed: File,
}

impl Beside {
    /// Begins a task of this program, by its arguments. It takes what time others leave.
    pub(crate) fn begin(task: &[&str]) -> Done<Self> {
        let xtask = std::env::current_exe().map_err(|e| format!("find this program: {e}"))?;
        Self::spawn(task.join(" "), nice(&xtask).args(task))
    }

    fn spawn(said: String, command: &mut Command) -> Done<Self> {
        let failed = |error: std::io::Error| format!("begin `{said}`: {error}");
        let printed = tempfile::tempfile().map_err(failed)?;
        let to = || printed.try_clone().map_err(failed);
        command.stdin(Stdio::null()).stdout(to()?).stderr(to()?);
        eprintln!("\nbegun beside the rest: {said}");
        let child = command.spawn().map_err(failed)?;
        Ok(Self { said, child, printed })
    }

    /// Waits for its end and shows what it printed; fails where it failed.
    pub(crate) fn end(mut self) -> Done {
        let failed = |error: std::io::Error| format!("wait for `{}`: {error}", self.said);
        let status = self.child.wait().map_err(failed)?;
        let mut output = Vec::new();
        self.printed
            .rewind()
            .and_then(|()| self.printed.read_to_end(&mut output))
            .map_err(failed)?;
        std::io::stderr().write_all(&output).map_err(failed)?;
        if status.success() { Ok(()) } else { Err(format!("`{}` failed", self.said)) }
    }
}

/// A command that takes what time others leave.
pub(crate) fn nice(program: &Path) -> Command {
    let mut command = Command::new("nice");
    command.args(["-n", "10"]).arg(program);
    command
}

impl Drop for Beside {
    fn drop(&mut self) {
        // It has ended, or what it would find matters no more.
        if let Ok(None) = self.child.try_wait() {
            end_all(self.child.id());
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Ends a process and all that it has begun. They stay in the group of whoever runs this, where an
/// interruption at the terminal reaches them too.
fn end_all(first: u32) {
    let mut all = vec![first];
    let mut next = 0;
    while let Some(process) = all.get(next).copied() {
        next += 1;
        // One that stands still begins no other while those that it has begun are looked for.
        signal("-STOP", process);
        all.extend(begun_by(process));
    }
    all.into_iter().for_each(|process| signal("-KILL", process));
}

fn begun_by(process: u32) -> Vec<u32> {
    let listed = Command::new("ps").args(["-A", "-o", "pid=,ppid="]).output();
    let text = listed.map(|output| output.stdout).unwrap_or_default();
    let pair = |line: &str| {
        let mut numbers = line.split_whitespace().map_while(|number| number.parse().ok());
        Some((numbers.next()?, numbers.next()?))
    };
    let pairs = String::from_utf8_lossy(&text).lines().filter_map(pair).collect::<Vec<_>>();
    pairs.into_iter().filter(|(_, by)| *by == process).map(|(one, _)| one).collect()
}

/// It may have ended meanwhile.
fn signal(name: &str, process: u32) {
    let to = Command::new("kill").args([name, &process.to_string()]).stderr(Stdio::null()).status();
    drop(to);
}

#[cfg(test)]
mod tests {
    use std::io::BufRead as _;

    use super::*;

    fn script(text: &str) -> Beside {
        Beside::spawn(text.to_owned(), Command::new("sh").args(["-c", text])).unwrap()
    }

    /// Catches a failure beside the rest that goes unnoticed.
    #[test]
    fn a_failure_is_one_of_the_whole() {
        assert_eq!(script("exit 0").end(), Ok(()));
        assert_eq!(script("exit 3").end(), Err("`exit 3` failed".to_owned()));
    }

    /// Catches a task that goes on with its next command when the run has failed.
    #[test]
    fn it_ends_with_whoever_began_it() {
        let one = script("exec sleep 60");
        let process = format!("/proc/{}", one.child.id());
        assert!(Path::new(&process).exists());
        drop(one);
        assert!(!Path::new(&process).exists());
    }

    /// Catches a build that a task has begun and that takes the machine's time when the run has failed.
    #[test]
    fn all_that_it_has_begun_ends_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let inner = format!("exec 3>{}; echo begun >&3; sleep 5; echo late >&3", pipe.display());
        let one = script(&format!("sh -c '{inner}'; true"));
        let mut reader = std::io::BufReader::new(File::open(&pipe).unwrap());
        let mut said = String::new();
        reader.read_line(&mut said).unwrap();
        assert_eq!(said, "begun\n");
        drop(one);
        // It ends where nobody is left who could write.
        assert_eq!(reader.read_to_string(&mut said).unwrap(), 0);
    }
}
