//! `cargo xtask test`.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::beside::Beside;
use crate::run::{Done, cargo, is_ci, loudly};
use crate::{bindings, programs, tools};

/// The crate whose tests start real servers.
const SERVERS: &str = "kalends-servers";

/// Where the property tests begin.
const SEED: (&str, &str) = ("PROPTEST_RNG_SEED", "20261121");

/// Installs what tests need, runs them, and ends with one line of totals. What is under way beside has
/// ended before they run: they have deadlines.
pub(crate) fn run(long: bool, args: &[String], beside: Option<Beside>) -> Done {
    let missing = tools::install();
    for problem in &missing {
        loudly(problem);
    }
    if is_ci() && !missing.is_empty() {
        return Err("something that the tests need is missing".to_owned());
    }
    if args.is_empty() {
        bindings::run(bindings::Language::Python, bindings::Action::Test)?;
    }
    let mut totals = Totals::default();
    let failed = match args {
        [] => all(&missing, long, beside, &mut totals)?,
        args => some(args, long, &mut totals)?,
    };
    if !missing.is_empty() {
        loudly(&format!("left out: the tests of {SERVERS}, for what is missing (said above)"));
    }
    if !long {
        loudly("sampled: places where a process is killed or a fault strikes. All of them: --long");
    }
    println!("\n{} passed, {} failed", totals.passed, totals.failed);
    match (failed.is_empty(), totals.failed) {
        (true, 0) if totals.passed > 0 => Ok(()),
        (true, 0) => Err("no test ran".to_owned()),
        (_, 0) => Err(format!("ended before all tests could run: {}", failed.join(", "))),
        (_, count) => Err(format!("{count} failed, in {}", failed.join(", "))),
    }
}

/// Every test there is: the programs side by side, then the examples of the docs. Names what failed.
fn all(
    missing: &[String],
    long: bool,
    beside: Option<Beside>,
    totals: &mut Totals,
) -> Done<Vec<String>> {
    let without: &[&str] = if missing.is_empty() { &[] } else { &[SERVERS] };
    let programs = programs::build(without)?;
    beside.map_or(Ok(()), Beside::end)?;
    let mut failed = programs::run(
        programs,
        |command| set_up(command, long),
        |text| totals.follow(text).unwrap_or_else(|error| loudly(&error)),
    )?;
    let mut docs = cargo(&["test", "--workspace", "--doc", "--no-fail-fast"]);
    for package in without {
        docs.args(["--exclude", package]);
    }
    if !followed(&mut docs, long, totals)? {
        failed.push("the examples of the docs".to_owned());
    }
    Ok(failed)
}

/// Those that somebody names, as `cargo test` takes them.
fn some(args: &[String], long: bool, totals: &mut Totals) -> Done<Vec<String>> {
    let mut command = cargo(&["test", "--no-fail-fast"]);
    command.args(args);
    let failed = !followed(&mut command, long, totals)?;
    Ok(failed.then(|| "cargo test".to_owned()).into_iter().collect())
}

fn set_up(command: &mut Command, long: bool) {
    command.env("KALENDS_TOOLS", tools::folder());
    if long {
        command.env("KALENDS_LONG", "1");
    } else if std::env::var_os(SEED.0).is_none() {
        // The same cases every time: a red run is then about the change. New cases are for the
        // long run.
        command.env(SEED.0, SEED.1);
    }
}

/// Runs a command whose output counts; whether it went well.
fn followed(command: &mut Command, long: bool, totals: &mut Totals) -> Done<bool> {
    set_up(command, long);
    let mut child =
        command.stdout(Stdio::piped()).spawn().map_err(|e| format!("run cargo test: {e}"))?;
    let output = child.stdout.take().ok_or("read what cargo test prints")?;
    totals.follow(BufReader::new(output))?;
    let status = child.wait().map_err(|e| format!("wait for cargo test: {e}"))?;
    Ok(status.success())
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Totals {
    passed: u64,
    failed: u64,
}

impl Totals {
    /// Passes the output on and adds up the closing line of each test program.
    fn follow(&mut self, output: impl BufRead) -> Done {
        for line in output.split(b'\n') {
            let line = line.map_err(|e| format!("read what the tests print: {e}"))?;
            let line = String::from_utf8_lossy(&line);
            println!("{line}");
            if let Some(counts) = line.strip_prefix("test result: ") {
                self.passed += count(counts, " passed");
                self.failed += count(counts, " failed");
            }
        }
        Ok(())
    }
}

fn count(counts: &str, what: &str) -> u64 {
    let before = counts.split(what).next().unwrap_or_default();
    let number = before.rsplit(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    number.parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn followed(output: &[u8]) -> Totals {
        let mut totals = Totals::default();
        totals.follow(output).unwrap();
        totals
    }

    #[test]
    fn the_closing_lines_are_added_up() {
        let output = "running 2 tests\n\
            test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out\n\
            test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out\n";
        assert_eq!(followed(output.as_bytes()), Totals { passed: 15, failed: 2 });
    }

    #[test]
    fn bytes_that_are_no_text_do_not_end_the_run() {
        assert_eq!(followed(b"\xff\xfe\ntest result: ok. 1 passed; 0 failed\n").passed, 1);
    }
}
