//! Random texts that are good once: what is kept of them is a hash.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::error::CliError;

/// A random text. It is in an address or a cookie, and shown nowhere else.
#[derive(Clone)]
pub(in crate::serve) struct Ticket(String);

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ticket(..)")
    }
}

impl Ticket {
    pub(in crate::serve) fn draw() -> Result<Self, CliError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| CliError::failed("random", &error))?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// What somebody holds out as one.
    pub(in crate::serve) fn offered(text: &str) -> Self {
        Self(text.to_owned())
    }

    pub(in crate::serve) fn expose(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    pub(in crate::serve) fn hash(&self) -> [u8; 32] {
        Sha256::new_with_prefix(b"kalends ticket").chain_update(&self.0).finalize().into()
    }

    /// What a form bears that is for this: nobody knows it who has not the ticket.
    pub(in crate::serve) fn form(&self, purpose: &str) -> String {
        let hash = Sha256::new_with_prefix(b"kalends form ")
            .chain_update(purpose)
            .chain_update([0])
            .chain_update(&self.0)
            .finalize();
        hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    /// What a sign-in draws its state and its verifier from.
    pub(in crate::serve) fn seed(&self) -> [u8; 32] {
        Sha256::new_with_prefix(b"kalends sign-in").chain_update(&self.0).finalize().into()
    }
}
