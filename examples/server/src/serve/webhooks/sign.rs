//! Secrets of endpoints, and what is signed with them.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kalends::core::ports::Vault as _;
use kalends_sqlite::KeyVault;
use ring::hmac;

use crate::error::CliError;

const PREFIX: &str = "whsec_";

/// What the messages to one endpoint are signed with. Shown once, when it is made.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct HookSecret([u8; 32]);

impl fmt::Debug for HookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HookSecret(..)")
    }
}

impl HookSecret {
    pub(crate) fn draw() -> Result<Self, CliError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| CliError::failed("random", &error))?;
        Ok(Self(bytes))
    }

    /// As libraries for Standard Webhooks take it.
    pub(crate) fn expose(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(self.0))
    }

    /// As it is kept.
    pub(crate) fn seal(&self, vault: &KeyVault, endpoint: &str) -> Result<Vec<u8>, CliError> {
        let sealed = vault.seal(&place(endpoint), &self.0);
        sealed.map_err(|error| CliError::failed("sealing-key", &error))
    }

    pub(crate) fn open(vault: &KeyVault, endpoint: &str, sealed: &[u8]) -> Result<Self, CliError> {
        let bytes = vault.open(&place(endpoint), sealed);
        let bytes = bytes.map_err(|error| CliError::failed("sealing-key", &error))?;
        let bytes = bytes.try_into();
        bytes.map(Self).map_err(|_| CliError::broken("sealing-key", "a secret has a wrong length"))
    }

    /// The value of `webhook-signature`: HMAC-SHA256 over id, time and body.
    pub(super) fn sign(&self, id: &str, at_s: i64, body: &[u8]) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        let mut signing = hmac::Context::with_key(&key);
        signing.update(format!("{id}.{at_s}.").as_bytes());
        signing.update(body);
        format!("v1,{}", STANDARD.encode(signing.sign()))
    }
}

/// The place that the sealed secret of an endpoint belongs to.
pub(crate) fn place(endpoint: &str) -> String {
    format!("server/webhook/{endpoint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Signed by another implementation (Python's hmac) over the same text.
    #[test]
    fn another_implementation_signs_the_same() {
        let signed = HookSecret([7; 32]).sign("msg_1", 1_700_000_000, b"{\"a\":1}");
        assert_eq!(signed, "v1,LInk7lWC3DLGgRP3k/Xpm933fgj/SEGrik4mpkLgnKE=");
    }

    #[test]
    fn a_secret_is_never_printed_and_opens_at_its_place_alone() {
        let vault = KeyVault::new([7; 32], &[]);
        let secret = HookSecret::draw().unwrap();
        assert_eq!(format!("{secret:?}"), "HookSecret(..)");
        let sealed = secret.seal(&vault, "hook_1").unwrap();
        assert_eq!(HookSecret::open(&vault, "hook_1", &sealed).unwrap(), secret);
        assert!(HookSecret::open(&vault, "hook_2", &sealed).is_err());
    }
}
