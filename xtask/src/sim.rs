//! `cargo xtask sim`.

use crate::run::{Done, cargo, step};

/// Builds and runs the histories of the simulated world.
pub(crate) fn run(args: &[String]) -> Done {
    let mut command = cargo(&["run", "--quiet", "--profile", "histories"]);
    command.args(["--package", "kalends-sim-tests", "--bin", "histories", "--"]);
    step(command.args(args))
}
