//! A program run to its end, with what it used.

use std::fs;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What a run of a program used, and what it printed.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) wall: Duration,
    /// User and system time together, in steps of 10 ms.
    pub(crate) cpu: Duration,
    /// The most memory it held at once, in kB.
    pub(crate) peak_kb: u64,
    pub(crate) stdout: String,
}

/// Runs a program, which must succeed. Linux only: it reads `/proc`.
pub(crate) fn run(command: &mut Command) -> Run {
    let (began, before) = (Instant::now(), children_cpu());
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak_kb = 0;
    // What it prints is one line: it fits into the pipe.
    while child.try_wait().unwrap().is_none() {
        peak_kb = peak_kb.max(high_water(&fs::read_to_string(&status).unwrap_or_default()));
        sleep(Duration::from_millis(2));
    }
    let wall = began.elapsed();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{command:?} fails");
    let stdout = String::from_utf8(output.stdout).unwrap();
    Run { wall, cpu: children_cpu() - before, peak_kb, stdout }
}

fn high_water(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// What all ended children used so far.
fn children_cpu() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = fields.skip(13).take(2).map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(10 * ticks)
}
