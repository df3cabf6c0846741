//! Programs of this workspace, built once for the tests that run them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// Builds a binary, once in this process, and says where it is. It is built as one of the workspace, with
/// the examples for their features: by itself it would have fewer, and with it all that it stands on would
/// be built once more, while tests wait.
///
/// # Panics
///
/// When it does not build.
#[must_use]
pub fn built(binary: &str) -> PathBuf {
    static BUILT: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());
    let mut known = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    let build = || {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "-q", "--workspace", "--examples", "--bin", binary]);
        let status = cargo.current_dir(&root).status();
        assert!(status.is_ok_and(|status| status.success()), "the {binary} binary builds");
        let target =
            std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
        target.join("debug").join(binary)
    };
    known.entry(binary.to_owned()).or_insert_with(build).clone()
}
