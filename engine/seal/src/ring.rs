//! Keys, the first of which seals.

use aes_gcm::aead::{Aead, AeadInOut as _, Payload};
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use kalends_core::ports::VaultError;
use sha2::{Digest, Sha256};

const VERSION: u8 = 1;
const ID_BYTES: usize = 4;
/// The bytes of a nonce. Each is drawn at random, and used once.
pub const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;
const HEAD_BYTES: usize = 1 + ID_BYTES + NONCE_BYTES;

/// A key that seals, and others that only open.
///
/// A sealed value is: the version 1, four bytes that name the key, the nonce of twelve bytes, and
/// the text with its tag. The place it belongs to is authenticated with it.
pub struct KeyRing(Vec<Key>);

struct Key {
    id: [u8; ID_BYTES],
    cipher: Aes256Gcm,
}

impl core::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("KeyRing").field("keys", &self.0.len()).finish_non_exhaustive()
    }
}

impl KeyRing {
    /// A ring of these keys; the first one seals.
    #[must_use]
    pub fn new(keys: &[[u8; 32]]) -> Self {
        Self(keys.iter().map(Key::new).collect())
    }

    /// How many keys there are.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.0.len()
    }

    /// Seals `plain` for the place `context`, under a nonce that was never used before.
    ///
    /// # Errors
    /// [`VaultError::NoKey`] where there is none.
    pub fn seal(
        &self,
        context: &str,
        plain: &[u8],
        nonce: [u8; NONCE_BYTES],
    ) -> Result<Vec<u8>, VaultError> {
        let key = self.0.first().ok_or(VaultError::NoKey)?;
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

    /// Opens what was sealed for the same place.
    ///
    /// # Errors
    /// [`VaultError::NoKey`] where the key that sealed it is not on the ring: another one may have
    /// it. [`VaultError::Broken`] where the bytes were changed or moved.
    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        let (version, rest) = sealed.split_first().ok_or(VaultError::Broken)?;
        let (id, rest) = rest.split_first_chunk::<ID_BYTES>().ok_or(VaultError::Broken)?;
        let (nonce, text) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(VaultError::Broken)?;
        if *version != VERSION {
            return Err(VaultError::Broken);
        }
        let key = self.0.iter().find(|key| key.id == *id).ok_or(VaultError::NoKey)?;
        let payload = Payload { msg: text, aad: context.as_bytes() };
        key.cipher.decrypt(&Nonce::from(*nonce), payload).map_err(|_| VaultError::Broken)
    }

    /// Whether a value was sealed under another key than new ones are.
    #[must_use]
    pub fn needs_reseal(&self, sealed: &[u8]) -> bool {
        let id = sealed.get(1..=ID_BYTES);
        self.0.first().is_some_and(|key| id != Some(&key.id))
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Another layout, or another name for a key, and what lies in files opens no more.
    #[test]
    fn a_sealed_value_has_the_same_bytes_for_ever() {
        let ring = KeyRing::new(&[[7; 32]]);
        let sealed = ring.seal("place", b"secret", [9; NONCE_BYTES]).unwrap();
        let hex: String = sealed.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            hex,
            "015184568809090909090909090909090954e0e7e6db84ea7081485c2727648df275fdc260016e"
        );
        assert_eq!(ring.open("place", &sealed).as_deref(), Ok(&b"secret"[..]));
    }
}
