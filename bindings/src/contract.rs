//! Telling a library from bindings of another version.

use crate::declared;

/// What the library was made with. The checks of the generated code do not cover records and
/// enums: give this, as it was when the bindings were generated, to `Engine.open`.
#[uniffi::export]
#[must_use]
pub fn contract() -> String {
    declared::hash()
}
