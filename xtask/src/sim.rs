//! `cargo xtask sim`.

use crate::run::{Done, cargo, step};

/// Asks for the stories, each with its process killed at every place, in place of histories.
pub(crate) const KILLED: &str = "--killed";

/// Builds and runs the histories of the simulated world.
pub(crate) fn run(args: &[String]) -> Done {
    let mut command = cargo(&["run", "--quiet", "--profile", "histories"]);
    if args == [KILLED] {
        return step(command.args(["--package", "kalends-scenarios", "--bin", "killed"]));
    }
    command.args(["--package", "kalends-sim-tests", "--bin", "histories", "--"]);
    step(command.args(args))
}
