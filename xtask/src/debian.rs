//! Packages from Debian, where this is Debian and we may install.

use std::path::Path;
use std::process::Command;

use crate::run::{Done, loudly, step, succeeds};

/// Installs packages, the lists refreshed first.
pub(crate) fn install(packages: &[&str]) -> Done {
    let apt = || apt_get().ok_or("no apt-get, or no right to use it".to_owned());
    step(apt()?.args(["update", "-qq"])).or_else(|e| {
        // An old list may still do.
        loudly(&e);
        Ok::<(), String>(())
    })?;
    step(apt()?.args(["install", "-y", "-qq", "--no-install-recommends"]).args(packages))
}

fn apt_get() -> Option<Command> {
    if !Path::new("/usr/bin/apt-get").exists() {
        return None;
    }
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout == b"0\n");
    let mut command = if is_root {
        Command::new("apt-get")
    } else if succeeds(Command::new("sudo").args(["-n", "true"])) {
        let mut sudo = Command::new("sudo");
        sudo.args(["-n", "--preserve-env=DEBIAN_FRONTEND", "apt-get"]);
        sudo
    } else {
        return None;
    };
    command.env("DEBIAN_FRONTEND", "noninteractive");
    Some(command)
}
