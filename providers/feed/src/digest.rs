//! Texts by what is computed of them.

use sha2::{Digest, Sha256};

/// The first half of the SHA-256 of these pieces, one after the other.
pub(crate) fn digest(pieces: impl IntoIterator<Item = impl AsRef<[u8]>>) -> u128 {
    let mut hasher = Sha256::new();
    pieces.into_iter().for_each(|piece| hasher.update(piece));
    let mut half = [0; 16];
    half.copy_from_slice(&hasher.finalize()[..16]);
    u128::from_be_bytes(half)
}

/// A digest in 32 digits.
pub(crate) fn digits(digest: u128) -> String {
    format!("{digest:032x}")
}
