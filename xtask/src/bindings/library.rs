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
const BYTES_MAX: u64 = 6_250_000;

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

/// What SQLite is built without: nothing of ours asks it for that, and it is most of half a megabyte.
const LEAN_SQLITE: &str = "-USQLITE_ENABLE_FTS3 -USQLITE_ENABLE_FTS3_PARENTHESIS \
    -USQLITE_ENABLE_FTS5 -USQLITE_ENABLE_RTREE -USQLITE_ENABLE_DBSTAT_VTAB -USQLITE_ENABLE_STAT4 \
    -USQLITE_SOUNDEX -USQLITE_ENABLE_LOAD_EXTENSION -DSQLITE_OMIT_LOAD_EXTENSION";
/// No error of ours goes through its frames: they need no tables for unwinding, and no pointers to
/// frames, which the build would take over from Rust.
const LEAN_C: &str = "-fno-asynchronous-unwind-tables -fomit-frame-pointer";
/// Where each function keeps a pointer to its frame, the tables for unwinding it need not follow what it
/// pushes: a quarter of a megabyte less.
const LEAN_RUST: &str = "-Cforce-frame-pointers=yes";

/// A command that builds the shipped library, with SQLite as it is there.
pub(super) fn lean(command: &mut Command) -> &mut Command {
    command.env("LIBSQLITE3_FLAGS", LEAN_SQLITE).env("CFLAGS", LEAN_C).env("RUSTFLAGS", LEAN_RUST)
}

/// Builds the shipped library, and strips a copy.
pub(super) fn small() -> Done<PathBuf> {
    let words = ["build", "--quiet", "--profile", "dist", "--package", "kalends-ffi", "--lib"];
    step(lean(&mut cargo(&words)))?;
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

#[cfg(test)]
mod tests {
    #[test]
    fn nothing_keeps_the_library_from_lto() {
        let manifest = include_str!("../../../bindings/Cargo.toml");
        assert!(manifest.contains("\ncrate-type = [\"cdylib\", \"staticlib\"]\n"));
        let workspace = include_str!("../../../Cargo.toml");
        let profile = "\n[profile.dist]\ninherits = \"release\"\nlto = \"fat\"\n";
        assert!(workspace.contains(profile));
    }
}
