//! Keys on a ring, and the file they may come from.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

use kalends_core::ports::{Vault, VaultError};
use kalends_seal::{KeyRing, NONCE_BYTES, read_keys};

use crate::KeyError;
use crate::key::{load, load_or_create};

/// A vault with one key that seals, and others that only open: a [`KeyRing`], and the system's
/// randomness.
///
/// Keys that come from a file are read anew when the file changes, within [`KeyVault::LAG`]: so another
/// process may give it a new key while this one goes on.
pub struct KeyVault {
    keys: RwLock<Arc<KeyRing>>,
    file: Option<KeyFile>,
}

/// What tells a file from the one before. Two that follow each other at once bear the same time.
type Stamp = (SystemTime, u64);

/// Where keys come from.
struct KeyFile {
    path: PathBuf,
    looked: Mutex<(Instant, Option<Stamp>)>,
}

impl std::fmt::Debug for KeyVault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyVault").field("keys", &self.keys().count()).finish_non_exhaustive()
    }
}

impl KeyVault {
    /// A vault that seals with `key` and opens with it and with `older` ones.
    #[must_use]
    pub fn new(key: [u8; 32], older: &[[u8; 32]]) -> Self {
        let keys: Vec<_> = std::iter::once(key).chain(older.iter().copied()).collect();
        Self::of(&keys, None)
    }

    /// A vault from a text such as KALENDS_KEY: a key as 64 hex digits or as base64, and after
    /// it, with white space or commas between them, older ones that only open.
    ///
    /// # Errors
    /// [`KeyError::Form`].
    pub fn from_text(text: &str) -> Result<Self, KeyError> {
        Ok(Self::of(&read_keys(text)?, None))
    }

    /// A vault from a key file in the form of [`KeyVault::from_text`]; where there is none, it is
    /// made with a new key, for its owner's eyes only (mode 0600).
    ///
    /// # Errors
    /// [`KeyError`] where the file cannot be read or made, holds no key, or others may read it.
    pub fn load_or_create(path: &Path) -> Result<Self, KeyError> {
        // It is read once more when a key is first needed: what came in between is seen then.
        let keys = load_or_create(path)?;
        let looked = Mutex::new((Instant::now(), None));
        Ok(Self::of(&keys, Some(KeyFile { path: path.to_owned(), looked })))
    }

    /// How long a vault may go on sealing under the key that was first in its file before.
    pub const LAG: Duration = Duration::from_secs(1);

    fn of(keys: &[[u8; 32]], file: Option<KeyFile>) -> Self {
        Self { keys: RwLock::new(Arc::new(KeyRing::new(keys))), file }
    }

    fn keys(&self) -> Arc<KeyRing> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The keys as the file has them; looks at it no more often than it must.
    fn fresh(&self, at_once: bool) -> Arc<KeyRing> {
        if let Some(file) = &self.file
            && file.has_changed(at_once)
            && let Ok(keys) = load(&file.path)
        {
            let keys = Arc::new(KeyRing::new(&keys));
            *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        }
        self.keys()
    }

    /// Whether a value was sealed under another key than new ones are.
    #[must_use]
    pub fn needs_reseal(&self, sealed: &[u8]) -> bool {
        self.fresh(false).needs_reseal(sealed)
    }
}

impl KeyFile {
    /// Whether the file is another one than when it was last looked at.
    fn has_changed(&self, at_once: bool) -> bool {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        if !at_once && looked.1.is_some() && looked.0.elapsed() < KeyVault::LAG {
            return false;
        }
        let found = std::fs::metadata(&self.path);
        let now = found.and_then(|found| Ok((found.modified()?, found.len()))).ok();
        let (before, is_new) = (looked.1, now != looked.1);
        *looked = (Instant::now(), now.or(before));
        is_new && now.is_some()
    }
}

impl Vault for KeyVault {
    fn seal(&self, context: &str, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        let keys = self.fresh(false);
        let mut nonce = [0; NONCE_BYTES];
        // Without random bytes no key is safe to use.
        getrandom::fill(&mut nonce).map_err(|_| VaultError::NoKey)?;
        keys.seal(context, plain, nonce)
    }

    fn open(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        match self.keys().open(context, sealed) {
            // Another process may have sealed it under a newer one.
            Err(VaultError::NoKey) => self.fresh(true).open(context, sealed),
            opened => opened,
        }
    }
}
