//! The fields of a mirror's content, and short hashes that tell which of them differ.

use crate::event::{Body, Busy, Content, Status};
use crate::graph::Capabilities;
use crate::mirror::FieldHashes;
use crate::normalize;

/// What may change on its own in a mirror and flow back to its origin on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The title.
    Title,
    /// The description.
    Description,
    /// The place.
    Location,
    /// Times and rules, and the exceptions of a series whole.
    When,
    /// Busy time and status.
    Busy,
}

impl Field {
    /// All fields, in the order of [`FieldHashes`].
    pub const ALL: [Self; 5] =
        [Self::Title, Self::Description, Self::Location, Self::When, Self::Busy];
}

impl FieldHashes {
    /// The hashes of a body's fields, normalised as for `target`.
    #[must_use]
    pub fn of(body: &Body, target: &Capabilities) -> Self {
        let mut hashes = [[0; 8]; 5];
        for (slot, field) in hashes.iter_mut().zip(Field::ALL) {
            let hash = normalize::hash(&only(body, field), target);
            slot.copy_from_slice(&hash.0[..8]);
        }
        Self(hashes)
    }

    /// The fields in which two contents differ.
    #[must_use]
    pub fn differing(&self, other: &Self) -> Vec<Field> {
        let pairs = self.0.iter().zip(&other.0).zip(Field::ALL);
        pairs.filter(|((a, b), _)| a != b).map(|(_, field)| field).collect()
    }
}

/// The body with every field but one made blank.
fn only(body: &Body, field: Field) -> Body {
    let mut body = body.clone();
    blank(&mut body.content, field);
    if field != Field::When {
        body.exceptions.clear();
        body.recurrence = None;
        body.content.span = epoch();
    }
    body
}

fn blank(content: &mut Content, kept: Field) {
    if kept != Field::Title {
        content.title.clear();
    }
    if kept != Field::Description {
        content.description.clear();
    }
    if kept != Field::Location {
        content.location.clear();
    }
    if kept != Field::Busy {
        content.busy = Busy::Busy;
        content.status = Status::Confirmed;
    }
    content.privacy = crate::event::Privacy::Default;
}

fn epoch() -> crate::event::Span {
    crate::event::Span {
        start: crate::time::When::Date(crate::time::Date::from_days(0)),
        length: crate::time::Length::Nominal { days: 1, seconds: 0 },
        end_zone: None,
    }
}
