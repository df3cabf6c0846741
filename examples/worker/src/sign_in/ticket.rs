//! Random texts that are good once: what is kept of them is a hash.

use std::fmt;

use kalends::core::ports::Entropy as _;
use kalends_cloudflare::WebEntropy;
use sha2::{Digest as _, Sha256};

/// A random text. It is in an address or a cookie, and shown nowhere else.
#[derive(Clone)]
pub(super) struct Ticket(String);

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ticket(..)")
    }
}

impl Ticket {
    pub(super) fn draw() -> Self {
        Self(hex(&WebEntropy.seed().0))
    }

    /// What somebody holds out as one.
    pub(super) fn offered(text: &str) -> Self {
        Self(text.to_owned())
    }

    pub(super) fn expose(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    pub(super) fn hash(&self) -> String {
        hex(&self.derived(b"kalends ticket", ""))
    }

    /// What a form bears that is for this: nobody knows it who has not the ticket.
    pub(super) fn form(&self, purpose: &str) -> String {
        hex(&self.derived(b"kalends form", purpose))
    }

    /// What a sign-in draws its state and its verifier from.
    pub(super) fn seed(&self) -> [u8; 32] {
        self.derived(b"kalends sign-in", "")
    }

    fn derived(&self, label: &[u8], purpose: &str) -> [u8; 32] {
        let hash = Sha256::new_with_prefix(label).chain_update([0]).chain_update(purpose);
        hash.chain_update([0]).chain_update(&self.0).finalize().into()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
