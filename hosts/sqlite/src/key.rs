//! Where sealing keys come from.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kalends_seal::{NoKeyText, read_keys};

/// Why there is no sealing key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The text is no key.
    #[error(transparent)]
    Form(#[from] NoKeyText),
    /// The key file cannot be read or made.
    #[error("the key file cannot be read or made: {0}")]
    File(#[from] std::io::Error),
    /// Others may read the key file.
    #[error("others may read the key file: set its mode to 0600")]
    Exposed,
    /// The system gives no random bytes.
    #[error("the system gives no random bytes: {0}")]
    Random(getrandom::Error),
}

/// Reads the key file, or makes one with a new key.
pub(crate) fn load_or_create(path: &Path) -> Result<Vec<[u8; 32]>, KeyError> {
    match load(path) {
        Err(KeyError::File(error)) if error.kind() == ErrorKind::NotFound => create(path),
        loaded => loaded,
    }
}

/// Reads the key file.
pub(crate) fn load(path: &Path) -> Result<Vec<[u8; 32]>, KeyError> {
    let text = std::fs::read_to_string(path)?;
    must_be_private(path)?;
    Ok(read_keys(&text)?)
}

/// Puts a new key before those of a key file: it seals from now on, and they open.
///
/// # Errors
/// [`KeyError`] where the file cannot be read or written.
pub fn add_key(path: &Path) -> Result<(), KeyError> {
    let mut keys = load(path)?;
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(KeyError::Random)?;
    keys.insert(0, key);
    replace(path, &keys)
}

/// Takes all keys out of a key file but the first, which seals. What is sealed under others stays
/// sealed for ever.
///
/// # Errors
/// [`KeyError`] where the file cannot be read or written.
pub fn keep_newest_key(path: &Path) -> Result<(), KeyError> {
    let mut keys = load(path)?;
    keys.truncate(1);
    replace(path, &keys)
}

fn replace(path: &Path, keys: &[[u8; 32]]) -> Result<(), KeyError> {
    std::fs::rename(draft(path, keys)?, path)?;
    keep_name(path).map_err(KeyError::File)
}

/// A file's name outlasts a power cut once its folder is written: before anything is sealed under a
/// key that only this file holds.
#[cfg(unix)]
fn keep_name(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    std::fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(not(unix))]
fn keep_name(_path: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Makes the file whole under another name first, so that no process reads half a key; where
/// another process was faster, its key holds.
fn create(path: &Path) -> Result<Vec<[u8; 32]>, KeyError> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(KeyError::Random)?;
    let draft = draft(path, &[key])?;
    let linked = std::fs::hard_link(&draft, path);
    std::fs::remove_file(&draft)?;
    match linked {
        Ok(()) => {
            keep_name(path)?;
            Ok(vec![key])
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => load(path),
        Err(error) => Err(error.into()),
    }
}

/// Writes keys to a file of their own beside the key file, whole.
fn draft(path: &Path, keys: &[[u8; 32]]) -> Result<PathBuf, KeyError> {
    let mut name = [0; 8];
    getrandom::fill(&mut name).map_err(KeyError::Random)?;
    let draft = path.with_extension(format!("new-{:016x}", u64::from_be_bytes(name)));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    let lines: String = keys.iter().map(|key| format!("{}\n", STANDARD.encode(key))).collect();
    file.write_all(lines.as_bytes())?;
    file.sync_all()?;
    Ok(draft)
}

#[cfg(unix)]
fn must_be_private(path: &Path) -> Result<(), KeyError> {
    use std::os::unix::fs::PermissionsExt as _;
    match std::fs::metadata(path)?.permissions().mode() & 0o077 {
        0 => Ok(()),
        _ => Err(KeyError::Exposed),
    }
}

#[cfg(not(unix))]
fn must_be_private(_path: &Path) -> Result<(), KeyError> {
    Ok(())
}
