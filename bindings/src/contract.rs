//! Telling a library from bindings of another version.

use sha2::{Digest, Sha256};

use crate::views::hex;

/// Everything that crosses is declared in these.
const DECLARED: [&str; 8] = [
    include_str!("author.rs"),
    include_str!("engine.rs"),
    include_str!("error.rs"),
    include_str!("host.rs"),
    include_str!("push.rs"),
    include_str!("read.rs"),
    include_str!("setup.rs"),
    include_str!("sign_in.rs"),
];

pub(crate) fn hash() -> String {
    let mut hasher = Sha256::new();
    DECLARED.iter().for_each(|source| hasher.update(source.as_bytes()));
    hex(&hasher.finalize()[..16])
}

/// What the library was made with. The checks of the generated code do not cover records and
/// enums: give this, as it was when the bindings were generated, to `Engine.open`.
#[uniffi::export]
#[must_use]
pub fn contract() -> String {
    hash()
}
