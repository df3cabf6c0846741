//! The version tag, and the way to and from bytes.

use serde::{Deserialize, Serialize};

/// The version of the forms written here.
pub const FORM_VERSION: u32 = 1;

const PREFIX: &[u8] = b"{\"v\":1";

/// A stored form that cannot be read. Holds no text of the form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// It was written by a later version.
    #[error("form {what} has version {found}: use a version of this program that knows it")]
    Newer {
        /// Which form.
        what: &'static str,
        /// Its version.
        found: u32,
    },
    /// It is not the form it should be.
    #[error("form {what} is broken at byte {at}: restore it from a backup or the journal")]
    Broken {
        /// Which form.
        what: &'static str,
        /// Where.
        at: usize,
    },
}

/// The bytes of a form that serialises as an object.
pub(super) fn write<T: Serialize>(form: &T) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(512);
    bytes.extend_from_slice(PREFIX);
    let start = bytes.len();
    let written = serde_json::to_writer(&mut bytes, form);
    debug_assert!(written.is_ok(), "forms are plain objects with text keys");
    if bytes.get(start + 1) == Some(&b'}') {
        bytes.remove(start);
    } else if let Some(brace) = bytes.get_mut(start) {
        *brace = b',';
    }
    bytes
}

/// Reads a form, refusing later versions.
pub(super) fn read<'a, T: Deserialize<'a>>(
    what: &'static str,
    bytes: &'a [u8],
) -> Result<T, WireError> {
    check_version(what, bytes)?;
    serde_json::from_slice(bytes).map_err(|error| broken(what, &error))
}

fn check_version(what: &'static str, bytes: &[u8]) -> Result<(), WireError> {
    #[derive(Deserialize)]
    struct Tag {
        v: u32,
    }
    let known = bytes.strip_prefix(PREFIX).and_then(<[u8]>::first);
    if matches!(known, Some(b',' | b'}')) {
        return Ok(());
    }
    let tag: Tag = serde_json::from_slice(bytes).map_err(|error| broken(what, &error))?;
    match tag.v {
        FORM_VERSION => Ok(()),
        found => Err(WireError::Newer { what, found }),
    }
}

fn broken(what: &'static str, error: &serde_json::Error) -> WireError {
    WireError::Broken { what, at: error.column() }
}
