//! `cargo xtask test`.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::run::{Done, cargo, is_ci, loudly};
use crate::{bindings, tools};

/// The crate whose tests start real servers.
const SERVERS: &str = "kalends-servers";

/// Where the property tests begin.
const SEED: (&str, &str) = ("PROPTEST_RNG_SEED", "20261121");

/// Installs what tests need, runs `cargo test`, and ends with one line of totals.
pub(crate) fn run(long: bool, args: &[String]) -> Done {
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
    let without_servers = !missing.is_empty() && args.is_empty();
    let mut command = cargo(&["test", "--no-fail-fast"]);
    match args {
        [] => command.arg("--workspace"),
        args => command.args(args),
    };
    if without_servers {
        command.args(["--exclude", SERVERS]);
    }
    command.env("KALENDS_TOOLS", tools::folder());
    if long {
        command.env("KALENDS_LONG", "1");
    } else if std::env::var_os(SEED.0).is_none() {
        // The same cases every time: a red run is then about the change. New cases are for the
        // long run.
        command.env(SEED.0, SEED.1);
    }
    let mut child =
        command.stdout(Stdio::piped()).spawn().map_err(|e| format!("run cargo test: {e}"))?;
    let output = child.stdout.take().ok_or("read what cargo test prints")?;
    let totals = follow(BufReader::new(output))?;
    let status = child.wait().map_err(|e| format!("wait for cargo test: {e}"))?;
    if !missing.is_empty() {
        loudly(&format!("left out: the tests of {SERVERS}, for what is missing (said above)"));
    }
    if !long {
        loudly("sampled: places where a process is killed or a fault strikes. All of them: --long");
    }
    println!("\n{} passed, {} failed", totals.passed, totals.failed);
    match (status.success(), totals.failed) {
        (true, 0) if totals.passed > 0 => Ok(()),
        (true, 0) => Err("no test ran".to_owned()),
        (_, 0) => Err("cargo test failed before all tests could run".to_owned()),
        (_, failed) => Err(format!("{failed} failed")),
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Totals {
    passed: u64,
    failed: u64,
}

/// Passes the output on and adds up the closing line of each test program.
fn follow(output: impl BufRead) -> Done<Totals> {
    let mut totals = Totals::default();
    for line in output.split(b'\n') {
        let line = line.map_err(|e| format!("read what cargo test prints: {e}"))?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        if let Some(counts) = line.strip_prefix("test result: ") {
            totals.passed += count(counts, " passed");
            totals.failed += count(counts, " failed");
        }
    }
    Ok(totals)
}

fn count(counts: &str, what: &str) -> u64 {
    let before = counts.split(what).next().unwrap_or_default();
    let number = before.rsplit(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    number.parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_lines_are_added_up() {
        let output = "running 2 tests\n\
            test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out\n\
            test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out\n";
        assert_eq!(follow(output.as_bytes()).unwrap(), Totals { passed: 15, failed: 2 });
    }

    #[test]
    fn bytes_that_are_no_text_do_not_end_the_run() {
        let output = b"\xff\xfe\ntest result: ok. 1 passed; 0 failed\n";
        assert_eq!(follow(&output[..]).unwrap().passed, 1);
    }
}
