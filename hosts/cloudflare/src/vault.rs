//! Sealing under keys that are bound to the Worker as a secret.

use std::cell::RefCell;

use kalends_core::ports::{Vault, VaultError};
use kalends_seal::{KeyRing, NONCE_BYTES, NoKeyText, read_keys};

/// How many nonces are drawn at once: to ask the runtime for each takes longer than to seal.
const DRAWN: usize = 256;

/// A vault whose keys are the text of a secret.
#[derive(Debug)]
pub struct BoundVault {
    keys: KeyRing,
    /// Nonces that are still to be used, each once.
    nonces: RefCell<Vec<[u8; NONCE_BYTES]>>,
}

impl BoundVault {
    /// A vault from a text: a key as 64 hex digits or as base64, and after it, with white space or
    /// commas between them, older ones that only open.
    ///
    /// # Errors
    /// [`NoKeyText`].
    pub fn from_text(text: &str) -> Result<Self, NoKeyText> {
        Ok(Self { keys: KeyRing::new(&read_keys(text)?), nonces: RefCell::default() })
    }

    fn nonce(&self) -> Result<[u8; NONCE_BYTES], VaultError> {
        let mut nonces = self.nonces.borrow_mut();
        if nonces.is_empty() {
            let mut drawn = [0; DRAWN * NONCE_BYTES];
            // Without random bytes no key is safe to use.
            getrandom::fill(&mut drawn).map_err(|_| VaultError::NoKey)?;
            nonces.extend(drawn.as_chunks().0);
        }
        nonces.pop().ok_or(VaultError::NoKey)
    }
}

impl Vault for BoundVault {
    fn seal(&self, context: &str, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        self.keys.seal(context, plain, self.nonce()?)
    }

    fn open(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        self.keys.open(context, sealed)
    }
}
