//! What a person changes in one go.

use crate::model::{Exception, Origin};

/// One change of an event, as its calendar program stores it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Another title: of the single, or of the series.
    Title(String),
    /// Another description.
    Description(String),
    /// Another start.
    Start(String),
    /// One instance, by its original start, starts at another time.
    Move(String, String),
    /// One instance has another title.
    Retitle(String, String),
    /// One instance is cancelled.
    Cancel(String),
}

impl Change {
    /// Puts the change into an event.
    pub fn apply(&self, origin: &mut Origin) {
        match self {
            Self::Title(title) => origin.title.clone_from(title),
            Self::Description(description) => origin.description.clone_from(description),
            Self::Start(start) => origin.start.clone_from(start),
            Self::Move(original, start) => instance(origin, original).start.clone_from(start),
            Self::Retitle(original, title) => instance(origin, original).title.clone_from(title),
            Self::Cancel(original) => {
                origin.exceptions.retain(|one| one.original != *original);
                origin.excluded.push(original.clone());
            }
        }
    }

    /// The original start of the instance that it changes.
    #[must_use]
    pub const fn instance(&self) -> Option<&String> {
        match self {
            Self::Move(original, _) | Self::Retitle(original, _) | Self::Cancel(original) => {
                Some(original)
            }
            Self::Title(_) | Self::Description(_) | Self::Start(_) => None,
        }
    }

    /// The text that this change and no other one brings, where it is a title or a description.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        match self {
            Self::Title(text) | Self::Description(text) | Self::Retitle(_, text) => Some(text),
            Self::Start(_) | Self::Move(..) | Self::Cancel(_) => None,
        }
    }
}

/// The instance as one that is changed.
fn instance<'a>(origin: &'a mut Origin, original: &str) -> &'a mut Exception {
    let at = origin.exceptions.iter().position(|one| one.original == original);
    let at = at.unwrap_or_else(|| {
        let (start, title) = (original.to_owned(), origin.title.clone());
        let original = original.to_owned();
        origin.exceptions.push(Exception { original, start, title, private: false });
        origin.exceptions.len() - 1
    });
    &mut origin.exceptions[at]
}
