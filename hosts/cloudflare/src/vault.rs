//! Sealing under keys that are bound to the Worker as a secret.

use kalends_core::ports::{Vault, VaultError};
use kalends_seal::{KeyRing, NONCE_BYTES, NoKeyText, read_keys};

/// A vault whose keys are the text of a secret.
#[derive(Debug)]
pub struct BoundVault(KeyRing);

impl BoundVault {
    /// A vault from a text: a key as 64 hex digits or as base64, and after it, with white space or
    /// commas between them, older ones that only open.
    ///
    /// # Errors
    /// [`NoKeyText`].
    pub fn from_text(text: &str) -> Result<Self, NoKeyText> {
        Ok(Self(KeyRing::new(&read_keys(text)?)))
    }
}

impl Vault for BoundVault {
    fn seal(&self, context: &str, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        let mut nonce = [0; NONCE_BYTES];
        // Without random bytes no key is safe to use.
        getrandom::fill(&mut nonce).map_err(|_| VaultError::NoKey)?;
        self.0.seal(context, plain, nonce)
    }

    fn open(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        self.0.open(context, sealed)
    }
}
