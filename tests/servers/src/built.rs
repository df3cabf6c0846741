//! Programs of this workspace, built once for the tests that run them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// Builds a binary of a package, once in this process, and says where it is.
///
/// # Panics
///
/// When it does not build.
#[must_use]
pub fn built(package: &str, binary: &str) -> PathBuf {
    static BUILT: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());
    let mut known = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    let build = || {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut cargo = Command::new(env!("CARGO"));
        let status = cargo.args(["build", "-q", "-p", package]).current_dir(&root).status();
        assert!(status.is_ok_and(|status| status.success()), "the {binary} binary builds");
        let target =
            std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
        target.join("debug").join(binary)
    };
    known.entry(binary.to_owned()).or_insert_with(build).clone()
}
