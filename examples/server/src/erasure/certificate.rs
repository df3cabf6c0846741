//! What says that somebody's calendars were erased, signed so that anybody can verify it (Ed25519,
//! RFC 8032).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kalends::core::ports::Vault as _;
use kalends_sqlite::KeyVault;
use ring::digest::{SHA256, digest};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::{CliError, Exit};

/// Signed before the statement, so that no other signature of the key passes for one of these.
const PURPOSE: &[u8] = b"kalends erasure certificate 1\n";
/// Signed before a name, for its mark.
const MARK: &[u8] = b"kalends erased name 1\n";
/// The place that the sealed signing key belongs to.
pub(crate) const PLACE: &str = "server/signing";

/// A statement and its signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Certificate {
    /// The statement, a JSON text; its bytes are signed behind the line
    /// `kalends erasure certificate 1`.
    pub(crate) statement: String,
    /// The signature, in base64.
    signature: String,
    /// The public key it was made with, in base64: compare it with what the server publishes.
    pub(crate) public_key: String,
}

/// The key that signs.
pub(crate) struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    /// A new one, and its form to keep.
    pub(crate) fn draw(vault: &KeyVault) -> Result<(Self, Vec<u8>), CliError> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|error| CliError::failed("random", &error))?;
        let sealed = vault.seal(PLACE, &seed);
        let sealed = sealed.map_err(|error| CliError::failed("sealing-key", &error))?;
        Ok((Self::of(&seed)?, sealed))
    }

    /// The one that was kept.
    pub(crate) fn open(vault: &KeyVault, sealed: &[u8]) -> Result<Self, CliError> {
        let seed = vault.open(PLACE, sealed);
        Self::of(&seed.map_err(|error| CliError::failed("sealing-key", &error))?)
    }

    fn of(seed: &[u8]) -> Result<Self, CliError> {
        let key = Ed25519KeyPair::from_seed_unchecked(seed);
        key.map(Self).map_err(|error| CliError::failed("signing-key", &error))
    }

    pub(crate) fn public(&self) -> String {
        STANDARD.encode(self.0.public_key())
    }

    /// What stands for the name of somebody who is erased. The signature itself, which anybody can verify
    /// a guess with, leaves nobody's hands.
    pub(crate) fn mark(&self, name: &str) -> Vec<u8> {
        let signature = self.0.sign(&[MARK, name.as_bytes()].concat());
        digest(&SHA256, signature.as_ref()).as_ref().to_vec()
    }

    pub(crate) fn sign(&self, statement: String) -> Certificate {
        let signature = self.0.sign(&[PURPOSE, statement.as_bytes()].concat());
        let (signature, public_key) = (STANDARD.encode(signature), self.public());
        Certificate { statement, signature, public_key }
    }
}

impl Certificate {
    /// Fails unless the statement is signed, with `key` where one is named.
    pub(crate) fn verify(&self, key: Option<&str>) -> Result<(), CliError> {
        let wrong = |text: &str| CliError::new("certificate.invalid", text, Exit::Failed);
        if key.is_some_and(|key| key.trim() != self.public_key) {
            return Err(wrong("another key signed it than the one that was named"));
        }
        let bytes = |text: &str| STANDARD.decode(text).map_err(|_| wrong("it is no base64"));
        let (public, signature) = (bytes(&self.public_key)?, bytes(&self.signature)?);
        UnparsedPublicKey::new(&ED25519, public)
            .verify(&[PURPOSE, self.statement.as_bytes()].concat(), &signature)
            .map_err(|_| wrong("the signature does not belong to the statement"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches a signature that holds for another statement, or under another key.
    #[test]
    fn a_certificate_holds_for_its_statement_and_key_alone() {
        let vault = KeyVault::new([7; 32], &[]);
        let (key, sealed) = SigningKey::draw(&vault).unwrap();
        let certificate = SigningKey::open(&vault, &sealed).unwrap().sign("{}".to_owned());
        certificate.verify(None).unwrap();
        certificate.verify(Some(&key.public())).unwrap();
        let other = SigningKey::draw(&vault).unwrap().0.public();
        assert!(certificate.verify(Some(&other)).is_err());
        let forged = Certificate { statement: "{ }".to_owned(), ..certificate.clone() };
        assert!(forged.verify(None).is_err());
        let signed_by_another = Certificate { public_key: other, ..certificate };
        assert!(signed_by_another.verify(None).is_err());
    }

    /// Signed by another implementation (Python's cryptography) over the same bytes.
    #[test]
    fn another_implementation_signs_the_same() {
        let seed: Vec<u8> = (0..32).collect();
        let signed = SigningKey::of(&seed).unwrap().sign("{\"a\":1}".to_owned());
        assert_eq!(signed.public_key, "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=");
        assert_eq!(
            signed.signature,
            "U0wj5bK7NqwULrBbuy5/1XxVhANSSLD7B9ISZfPYNpVr1RCbSnxsenM1/XJUk7imYAXTV7BgQInUj7Y/ULQ5Dg=="
        );
    }
}
