//! A program run to its end, with what it used.

use std::fs;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What a run of a program used, and what it printed.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) wall: Duration,
    /// In steps of 10 ms, like `system`.
    pub(crate) user: Duration,
    pub(crate) system: Duration,
    /// The most memory it held at once, in kB.
    pub(crate) peak_kb: u64,
    pub(crate) stdout: String,
}

impl Run {
    /// User and system time together.
    pub(crate) fn cpu(&self) -> Duration {
        self.user + self.system
    }
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
    let after = children_cpu();
    let [user, system] = [0, 1].map(|kind| after[kind] - before[kind]);
    Run { wall, user, system, peak_kb, stdout }
}

fn high_water(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// User and system time that all ended children used so far.
fn children_cpu() -> [Duration; 2] {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    [13, 14].map(|field| Duration::from_millis(10 * fields[field].parse::<u64>().unwrap()))
}
