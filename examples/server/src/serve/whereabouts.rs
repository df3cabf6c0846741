//! Where the server of a data folder is reached, for commands beside it.

use std::fs::{self, File, OpenOptions};
use std::io::Result;
use std::path::Path;

/// Locked while a server says where it is.
const LOCK: &str = "kalends.serving";
/// What it says.
const ADDRESS: &str = "kalends.address";

/// As long as this is kept, the server is known to be there.
pub(super) struct Known {
    /// It ends with the process, however that ends.
    _lock: File,
}

/// Says where a server is reached; none where another one of the folder has said so.
pub(super) fn say(folder: &Path, address: &str) -> Result<Option<Known>> {
    let lock = OpenOptions::new().create(true).append(true).open(folder.join(LOCK))?;
    if lock.try_lock().is_err() {
        return Ok(None);
    }
    fs::write(folder.join(ADDRESS), address)?;
    Ok(Some(Known { _lock: lock }))
}

/// Where the server of a folder is reached, while one runs.
pub(crate) fn known(folder: &Path) -> Option<String> {
    let lock = File::open(folder.join(LOCK)).ok()?;
    // Nobody holds it any more who could be asked.
    if lock.try_lock_shared().is_ok() {
        return None;
    }
    fs::read_to_string(folder.join(ADDRESS)).ok().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches the address of a server that has ended, and one of two that takes the other's place.
    #[test]
    fn a_server_is_known_while_it_runs() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(known(folder.path()), None);
        let first = say(folder.path(), "http://127.0.0.1:1").unwrap().unwrap();
        assert!(say(folder.path(), "http://127.0.0.1:2").unwrap().is_none());
        assert_eq!(known(folder.path()).unwrap(), "http://127.0.0.1:1");
        drop(first);
        assert_eq!(known(folder.path()), None);
    }
}
