//! Which rows an entry of the journal is about.

use super::form::WireError;
use super::journal::changes;
use super::key::read_key;
use crate::journal::Payload;
use crate::plan::RowKey;

/// What an entry did to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touch {
    /// It was made.
    Added,
    /// It says something else.
    Changed,
    /// It went.
    Removed,
}

/// The rows that an entry touched, in the order of its changes; those of kinds that are not known here
/// are left out.
///
/// # Errors
/// [`WireError`] where the bytes are not changes.
pub fn touched(payload: &Payload) -> Result<Vec<(RowKey, Touch)>, WireError> {
    let all = changes(payload)?.into_iter();
    let of = |change: super::journal::Delta| {
        let touch = match (change.b.is_null(), change.a.is_null()) {
            (true, _) => Touch::Added,
            (false, true) => Touch::Removed,
            (false, false) => Touch::Changed,
        };
        Some((read_key(&change.k)?, touch))
    };
    Ok(all.filter_map(of).collect())
}
