//! `cargo xtask walk`: the README's walk-through, for real.

use std::path::Path;
use std::process::Command;

use kalends_servers::{Account, Running, Server, Tools};
use serde_json::Value;

use crate::run::{Done, cargo, root, step, target};
use crate::tools;

/// What a person types, with the password of the account it is for.
const STEPS: &[(&str, Option<usize>)] = &[
    ("account add caldav --name work --url URL --user alice", Some(0)),
    ("account add caldav --name home --url URL --user bob", Some(1)),
    ("edge add --from work/Work --to home --detail busy", None),
    ("edge add --from home/Home --to work/Work --detail title", None),
    ("plan", None),
    ("sync", None),
];

/// Starts Radicale with two people on it, federates their calendars as a user would, and lets an
/// independent client look at what came of it: the mirrors are there, one that was tampered with is
/// mended, and then there is nothing to write.
pub(crate) fn run() -> Done {
    tools::install_python()?;
    let server = Server::Radicale.start().map_err(|e| e.to_string())?;
    seed(&server)?;
    step(&mut cargo(&["build", "--release", "--package", "kalends-server"]))?;
    let data = server.dir().join("kalends");
    for (line, whose) in STEPS {
        kalends(&server, &data, line, whose.and_then(|n| server.accounts.get(n)))?;
    }
    person(&server, "show")?;
    person(&server, "tamper")?;
    syncs(&data, [0, 1, 0])?;
    syncs(&data, [0, 0, 0])?;
    person(&server, "show")?;
    kalends(&server, &data, "status", None)
}

/// Puts the walk-through's events into the calendars of the first two people, who are not asked.
pub(crate) fn seed(server: &Running) -> Done {
    person(server, "seed")
}

fn kalends(server: &Running, data: &Path, line: &str, account: Option<&Account>) -> Done {
    println!("\n$ kalends {line}");
    let line = line.replace("URL", &server.url);
    let mut command = Command::new(target().join("release/kalends"));
    command.arg("--data").arg(data).args(line.split(' '));
    if let Some(account) = account {
        command.env("KALENDS_PASSWORD", &account.password);
    }
    let status = command.status().map_err(|e| format!("start kalends: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("`kalends {line}` failed")) }
}

/// Syncs, which settles and creates, updates and deletes so many.
fn syncs(data: &Path, writes: [u64; 3]) -> Done {
    println!("\n$ kalends sync --json");
    let mut command = Command::new(target().join("release/kalends"));
    let output = command.arg("--data").arg(data).args(["sync", "--json"]).output();
    let output = output.map_err(|e| format!("start kalends: {e}"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{}", said.trim_end());
    let report: Value = serde_json::from_str(&said).map_err(|e| format!("read {said:?}: {e}"))?;
    let wrote = ["created", "updated", "deleted"].map(|field| report[field].as_u64());
    if wrote == writes.map(Some) && report["settled"] == true {
        return Ok(());
    }
    Err(format!("created, updated and deleted {wrote:?} instead of {writes:?}, or did not settle"))
}

fn person(server: &Running, what: &str) -> Done {
    println!("\n# an independent client: {what}");
    let python = Tools::find().python().map_err(|e| e.to_string())?;
    let mut command = Command::new(python);
    command.arg(root().join("xtask/src/walk.py")).args([what, &server.url]);
    for account in &server.accounts {
        command.args([&account.user, &account.password]);
    }
    let status = command.status().map_err(|e| format!("start python: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("the client's {what} failed")) }
}
