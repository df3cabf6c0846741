//! Ids and tags that are opaque to clients and the same for equal calls.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

const BASE32_HEX: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";

/// SHA-256 over the seed and the parts with their lengths.
fn digest(seed: u64, parts: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}

/// 26 characters of the alphabet of event ids.
pub(crate) fn opaque_id(seed: u64, parts: &[&str]) -> String {
    let bytes = digest(seed, parts);
    bytes.iter().take(26).map(|byte| char::from(BASE32_HEX[usize::from(byte % 32)])).collect()
}

/// A number of 16 digits in quotes, as Google's entity tags look.
pub(crate) fn etag(seed: u64, parts: &[&str]) -> String {
    let bytes = digest(seed, parts);
    let number = bytes.iter().take(8).fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    format!("\"{:016}\"", number % 10_000_000_000_000_000)
}

/// A token of 43 characters.
pub(crate) fn token(seed: u64, parts: &[&str]) -> String {
    URL_SAFE_NO_PAD.encode(digest(seed, parts))
}

/// Whether a coin with this seed shows heads.
pub(crate) fn even(seed: u64, parts: &[&str]) -> bool {
    digest(seed, parts)[0].is_multiple_of(2)
}

/// The S256 challenge of a PKCE verifier (RFC 7636 section 4.2).
pub(crate) fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_the_one_of_the_rfc() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(challenge(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(token(1, &["ab", "c"]), token(1, &["a", "bc"]));
        assert_ne!(etag(1, &["a"]), etag(2, &["a"]));
    }
}
