//! The folder that everything lies in: where it is, who may look into it, and whether its key is there.

use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::error::CliError;

pub(crate) const STORE: &str = "kalends.sqlite";
pub(crate) const KEY: &str = "kalends.key";

/// Whether a folder has a store, and not the key that it was sealed with: another one would open nothing.
pub(crate) fn is_sealed(folder: &Path) -> bool {
    let has_store = fs::metadata(folder.join(STORE)).is_ok_and(|found| found.len() > 0);
    has_store && matches!(folder.join(KEY).try_exists(), Ok(false))
}

/// It opens nothing without that.
pub(crate) fn no_key() -> CliError {
    let text = format!(
        "{KEY} is not beside {STORE}, which is sealed with it: bring it back from a backup, or name \
         it in KALENDS_KEY"
    );
    CliError::broken("sealing-key", text)
}

/// Makes it, for its owner alone, where it is not there.
pub(crate) fn make_private(folder: &Path) -> std::io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// The platform's folder for data of programs.
pub(crate) fn default_folder() -> Option<PathBuf> {
    let from = |name: &str| env::var_os(name).filter(|text| !text.is_empty()).map(PathBuf::from);
    let base = if cfg!(target_os = "windows") {
        from("APPDATA")
    } else if cfg!(target_os = "macos") {
        from("HOME").map(|home| home.join("Library").join("Application Support"))
    } else {
        let local = || from("HOME").map(|home| home.join(".local").join("share"));
        from("XDG_DATA_HOME").or_else(local)
    };
    base.map(|base| base.join("kalends"))
}
