//! Why a text could not be read or changed.

/// Why an object could not be read. Neither text holds anything of the event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {reason}")]
pub struct DecodeError {
    /// A stable code: `ical.syntax`, `ical.no-start`, ...
    pub code: String,
    /// For people; says what to do.
    pub reason: String,
}

impl DecodeError {
    pub(crate) fn new(code: &str, reason: impl Into<String>) -> Self {
        Self { code: code.to_owned(), reason: reason.into() }
    }

    /// The value of `property` is none of its type.
    pub(crate) fn value(property: &str, expected: &str) -> Self {
        let name = property.to_ascii_lowercase();
        Self::new(&format!("ical.bad-{name}"), format!("write {expected} as its {property}"))
    }
}

/// Why an origin's text could not be changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatchError {
    /// The text could not be read.
    #[error("read the object again: {0}")]
    Unreadable(DecodeError),
    /// What is to be changed is neither as it was nor as it should be: someone else changed it.
    #[error("read the object again and decide anew: its {0} was changed by someone else")]
    Changed(&'static str),
    /// The change cannot be said by editing this text.
    #[error("leave its {0} as it is: an edit of this object cannot say the change")]
    Unsayable(&'static str),
}
