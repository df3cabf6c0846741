//! Sealing with AES-256-GCM under keys with ids.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

use aes_gcm::aead::{Aead, AeadInOut as _, Payload};
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use kalends_core::ports::{Vault, VaultError};
use sha2::{Digest, Sha256};

use crate::KeyError;
use crate::key::{load, load_or_create, read_keys};

const VERSION: u8 = 1;
const ID_BYTES: usize = 4;
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;
const HEAD_BYTES: usize = 1 + ID_BYTES + NONCE_BYTES;

/// A vault with one key that seals, and others that only open.
///
/// A sealed value is: the version 1, four bytes that name the key, a random nonce of twelve bytes,
/// and the text with its tag. The place it belongs to is authenticated with it.
///
/// Keys that come from a file are read anew when the file changes, within [`KeyVault::LAG`]: so another
/// process may give it a new key while this one goes on.
pub struct KeyVault {
    keys: RwLock<Arc<Keys>>,
    file: Option<KeyFile>,
}

/// The first one seals.
struct Keys(Vec<Key>);

/// What tells a file from the one before. Two that follow each other at once bear the same time.
type Stamp = (SystemTime, u64);

/// Where keys come from.
struct KeyFile {
    path: PathBuf,
    looked: Mutex<(Instant, Option<Stamp>)>,
}

struct Key {
    id: [u8; ID_BYTES],
    cipher: Aes256Gcm,
}

impl std::fmt::Debug for KeyVault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyVault").field("keys", &self.keys().0.len()).finish_non_exhaustive()
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
        let keys = Keys(keys.iter().map(Key::new).collect());
        Self { keys: RwLock::new(Arc::new(keys)), file }
    }

    fn keys(&self) -> Arc<Keys> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The keys as the file has them; looks at it no more often than it must.
    fn fresh(&self, at_once: bool) -> Arc<Keys> {
        if let Some(file) = &self.file
            && file.has_changed(at_once)
            && let Ok(keys) = load(&file.path)
        {
            let keys = Arc::new(Keys(keys.iter().map(Key::new).collect()));
            *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        }
        self.keys()
    }

    /// Whether a value was sealed under another key than new ones are.
    #[must_use]
    pub fn needs_reseal(&self, sealed: &[u8]) -> bool {
        let id = sealed.get(1..=ID_BYTES);
        self.fresh(false).0.first().is_some_and(|key| id != Some(&key.id))
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

impl Keys {
    fn has(&self, id: &[u8; ID_BYTES]) -> bool {
        self.0.iter().any(|key| key.id == *id)
    }
}

impl Key {
    fn new(key: &[u8; 32]) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(b"kalends sealing key");
        hasher.update(key);
        let mut id = [0; ID_BYTES];
        id.copy_from_slice(&hasher.finalize()[..ID_BYTES]);
        Self { id, cipher: Aes256Gcm::new(key.into()) }
    }
}

impl Vault for KeyVault {
    fn seal(&self, context: &str, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        let keys = self.fresh(false);
        let key = keys.0.first().ok_or(VaultError::NoKey)?;
        let mut nonce = [0; NONCE_BYTES];
        // Without random bytes no key is safe to use.
        getrandom::fill(&mut nonce).map_err(|_| VaultError::NoKey)?;
        let mut sealed = Vec::with_capacity(HEAD_BYTES + plain.len() + TAG_BYTES);
        sealed.push(VERSION);
        sealed.extend_from_slice(&key.id);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let text = sealed.get_mut(HEAD_BYTES..).unwrap_or_default();
        let tag = key
            .cipher
            .encrypt_inout_detached(&Nonce::from(nonce), context.as_bytes(), text.into())
            .map_err(|_| VaultError::Broken)?;
        sealed.extend_from_slice(&tag);
        Ok(sealed)
    }

    fn open(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        let (version, rest) = sealed.split_first().ok_or(VaultError::Broken)?;
        let (id, rest) = rest.split_first_chunk::<ID_BYTES>().ok_or(VaultError::Broken)?;
        let (nonce, text) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(VaultError::Broken)?;
        if *version != VERSION {
            return Err(VaultError::Broken);
        }
        let mut keys = self.keys();
        if !keys.has(id) {
            // Another process may have sealed it under a newer one.
            keys = self.fresh(true);
        }
        let key = keys.0.iter().find(|key| key.id == *id).ok_or(VaultError::NoKey)?;
        let payload = Payload { msg: text, aad: context.as_bytes() };
        key.cipher.decrypt(&Nonce::from(*nonce), payload).map_err(|_| VaultError::Broken)
    }
}
