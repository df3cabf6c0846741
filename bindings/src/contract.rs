//! Telling a library from bindings of another version.

use crate::declared;
use crate::error::EngineError;

/// What the library was made with. The checks of the generated code do not cover records and
/// enums: give this, as it was when the bindings were generated, to `Engine.open`.
///
/// # Errors
/// None of its own: an answer that cannot fail would end a Swift app where a mistake of ours does.
#[uniffi::export]
pub fn contract() -> Result<String, EngineError> {
    Ok(declared::hash())
}
