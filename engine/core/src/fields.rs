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
    /// Times and rules, and the changed instances of a series whole.
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
        let mut hashes = [[0; 8]; 6];
        let fields = Field::ALL.into_iter().map(|field| only(body, field));
        for (slot, body) in hashes.iter_mut().zip(fields.chain([pattern(body)])) {
            let hash = normalize::hash(&body, target);
            slot.copy_from_slice(&hash.0[..8]);
        }
        Self(hashes)
    }

    /// Whether two contents surely agree in start and rule.
    #[must_use]
    pub fn has_pattern_of(&self, other: &Self) -> bool {
        let [.., own] = self.0;
        own != [0; 8] && other.0.last() == Some(&own)
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

/// The start and the rule, without what is changed, left out and added of instances.
fn pattern(body: &Body) -> Body {
    let mut body = only(body, Field::When);
    body.exceptions.clear();
    if let Some(recurrence) = &mut body.recurrence {
        recurrence.excluded.clear();
        recurrence.extras.clear();
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
