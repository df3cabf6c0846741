//! Sealing and opening.

use kalends_core::ports::Vault;

fn sealed(vault: &dyn Vault, context: &str, plain: &[u8]) -> Vec<u8> {
    match vault.seal(context, plain) {
        Ok(sealed) => sealed,
        Err(error) => unreachable!("a vault with a key seals: {error}"),
    }
}

/// What was sealed opens in its place, be it empty or large.
pub fn what_was_sealed_opens<V: Vault>(vault: &V) {
    for plain in [&b""[..], b"secret", &[7; 100_000]] {
        let bytes = sealed(vault, "place", plain);
        assert_eq!(vault.open("place", &bytes).as_deref(), Ok(plain));
    }
}

/// It opens nowhere else.
pub fn it_opens_nowhere_else<V: Vault>(vault: &V) {
    let bytes = sealed(vault, "place", b"secret");
    assert!(vault.open("place2", &bytes).is_err());
    assert!(vault.open("", &bytes).is_err());
}

/// A change of any byte is noticed, and so is a cut.
pub fn a_changed_byte_is_noticed<V: Vault>(vault: &V) {
    let bytes = sealed(vault, "place", b"secret");
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert!(vault.open("place", &changed).is_err(), "byte {at}");
        assert!(vault.open("place", &bytes[..at]).is_err(), "cut at {at}");
    }
}

/// The same text is never sealed to the same bytes, and does not show in them.
pub fn the_same_text_is_sealed_differently<V: Vault>(vault: &V) {
    let (one, two) = (sealed(vault, "place", b"secret"), sealed(vault, "place", b"secret"));
    assert_ne!(one, two);
    assert!(!one.windows(6).any(|window| window == b"secret"));
}
