//! Numbers and words that look drawn, and follow from a seed.

use sha2::{Digest, Sha256};

/// The first octets of a hash over parts.
pub(crate) fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// A number from a seed, a purpose and a counter.
pub(crate) fn number(seed: u64, purpose: &str, nth: u64) -> u64 {
    let hash = digest(&[&seed.to_be_bytes(), purpose.as_bytes(), &nth.to_be_bytes()]);
    hash.iter().take(8).fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}

/// A GUID from a seed, a purpose and a counter.
pub(crate) fn guid(seed: u64, purpose: &str, nth: u64) -> String {
    let hex = hex(&digest(&[&seed.to_be_bytes(), purpose.as_bytes(), &nth.to_be_bytes()])[..16]);
    format!("{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
}

/// A secret word from a seed, a purpose and a counter.
pub(crate) fn word(seed: u64, purpose: &str, nth: u64) -> String {
    hex(&digest(&[&seed.to_be_bytes(), purpose.as_bytes(), &nth.to_be_bytes()])[..20])
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
