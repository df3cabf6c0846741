//! The library: as the tests have it, and as it is shipped.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{built, generate, made};
use crate::run::{Done, cargo, step, target};

/// What the shipped library should have, stripped and with SQLite.
const BYTES_WANTED: u64 = 3_000_000;
/// What it may have: it is larger than it should be, and grows no further.
const BYTES_MAX: u64 = 8_400_000;

pub(super) fn name() -> String {
    format!("{DLL_PREFIX}kalends_ffi{DLL_SUFFIX}")
}

pub(super) fn debug() -> PathBuf {
    built(&name())
}

/// The shipped one as cargo builds it, with the names that the generator reads.
pub(super) fn dist() -> PathBuf {
    target().join("dist").join(name())
}

/// Builds the shipped library, and strips a copy.
pub(super) fn small() -> Done<PathBuf> {
    let words = ["build", "--quiet", "--profile", "dist", "--package", "kalends-ffi", "--lib"];
    step(&mut cargo(&words))?;
    let folder = made("dist");
    generate::empty(&folder)?;
    let small = folder.join(name());
    generate::copy(&dist(), &small)?;
    step(Command::new("strip").arg("--strip-unneeded").arg(&small))?;
    Ok(small)
}

/// Says how large it is; fails where it is too large.
pub(super) fn measure(library: &Path) -> Done {
    let bytes = fs::metadata(library).map_err(|e| format!("{}: {e}", library.display()))?.len();
    println!("library, stripped, with SQLite: {bytes} bytes (wanted {BYTES_WANTED})");
    if bytes < BYTES_MAX {
        return Ok(());
    }
    Err("the library has grown too large: see what takes the place, by `cargo bloat`".to_owned())
}
