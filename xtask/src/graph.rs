//! `cargo xtask graph`: Microsoft's own client against the simulator of Microsoft Graph.

use std::process::Command;

use crate::run::{Done, build_programs, built, is_ci, loudly, root, step};
use crate::tools::{folder, install_venv};

const WANTED: &str = "tests/servers/graph-requirements.txt";
const TOUR: &str = "tests/servers/client/tour_graph.py";

/// Lets the client do all that it is asked to. It is too large for every machine: where it cannot
/// be had that is said, and only a failure in CI.
pub(crate) fn run() -> Done {
    let venv = folder().join("graph");
    if let Err(why) = install_venv("graph", WANTED) {
        if is_ci() {
            return Err(why);
        }
        loudly(&format!("left out: msgraph-sdk against `kalends-sim graph` ({why})"));
        return Ok(());
    }
    build_programs(&["kalends-sim"])?;
    let mut tour = Command::new(venv.join("bin/python"));
    tour.current_dir(root()).arg(TOUR);
    step(tour.arg(built("kalends-sim")).arg("graph"))
}
