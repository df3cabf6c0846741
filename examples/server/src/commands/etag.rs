//! Tags that tell one state of something from another.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// The tag of all that is said of it.
pub(crate) fn of(shown: &Value) -> String {
    let hash = Sha256::digest(shown.to_string());
    hash[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}
