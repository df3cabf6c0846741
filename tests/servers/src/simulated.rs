//! `kalends-sim`, started as any other server is.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::built::built;
use crate::process::Leashed;

const READY_WITHIN: Duration = Duration::from_secs(30);

/// A simulated provider in a process of its own, until this is dropped.
#[derive(Debug)]
pub struct Simulated {
    /// What its READY line says: a JSON object.
    pub ready: String,
    // The order matters: the program ends before its folder goes.
    _process: Leashed,
    dir: TempDir,
}

impl Simulated {
    /// Starts `kalends-sim` with these arguments and, where there are any, these faults, and waits
    /// until it is ready.
    ///
    /// # Panics
    ///
    /// When it does not come up, with what it said.
    #[must_use]
    pub fn start(line: &str, faults: &str) -> Self {
        let program = built("kalends-sim");
        let Ok(dir) = tempfile::Builder::new().prefix("kalends-sim-").tempdir() else {
            panic!("a temporary folder can be made");
        };
        let mut command = Command::new(program);
        command.args(line.split_whitespace());
        command.arg("--log").arg(dir.path().join("exchanges.jsonl"));
        if !faults.is_empty() {
            let file = dir.path().join("faults.json");
            let written = fs::write(&file, faults);
            assert!(written.is_ok(), "the faults are written");
            command.arg("--faults").arg(file);
        }
        let printed = dir.path().join("printed");
        let process = Leashed::start(&command, &printed);
        let process = process.unwrap_or_else(|why| panic!("kalends-sim starts: {why}"));
        Self { ready: ready(&printed), _process: process, dir }
    }

    /// What it was asked and answered so far, a JSON line each.
    ///
    /// # Panics
    ///
    /// When it has not kept that.
    #[must_use]
    pub fn exchanges(&self) -> String {
        let file = self.dir.path().join("exchanges.jsonl");
        fs::read_to_string(&file).unwrap_or_else(|why| panic!("read {}: {why}", file.display()))
    }
}

fn ready(printed: &Path) -> String {
    let start = Instant::now();
    loop {
        let said = fs::read_to_string(printed).unwrap_or_default();
        let line = said.split_inclusive('\n').find_map(|line| line.strip_prefix("READY "));
        if let Some(ready) = line.and_then(|line| line.strip_suffix('\n')) {
            return ready.to_owned();
        }
        assert!(start.elapsed() < READY_WITHIN, "kalends-sim is not ready; it printed:\n{said}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
