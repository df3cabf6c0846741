//! The fields of a mirror's content, and short hashes that tell which of them differ.

use crate::event::{Body, Content};
use crate::graph::Capabilities;
use crate::mirror::FieldHashes;
use crate::normalize::{Shown, Sink};

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
        let all = Shown::of(&body.content);
        let nothing = Shown::default();
        let sink = &mut Sink::new(target);
        let blank = alone(sink, &nothing);
        let mut text = |text: &str, shown: Shown<'_>| {
            if text.is_empty() { blank } else { alone(sink, &shown) }
        };
        let title = text(all.title, Shown { title: all.title, ..nothing });
        let description = text(all.description, Shown { description: all.description, ..nothing });
        let location = text(all.location, Shown { location: all.location, ..nothing });
        let busy = Shown { time_use: all.time_use, cancelled: all.cancelled, ..nothing };
        let busy = alone(sink, &busy);
        let when = when(sink, body);
        Self([title, description, location, when, busy, pattern(sink, body).unwrap_or(when)])
    }

    /// Whether two contents surely agree in start and rule.
    #[must_use]
    pub fn has_pattern_of(&self, other: &Self) -> bool {
        let [.., own] = self.0;
        own != [0; 8] && other.0.last() == Some(&own)
    }

    /// Whether it surely is a series: one that says something of an instance has more than a start and a rule.
    pub(crate) fn is_series(&self) -> bool {
        let [.., when, _, pattern] = self.0;
        pattern != [0; 8] && pattern != when
    }

    /// The fields in which two contents differ.
    #[must_use]
    pub fn differing(&self, other: &Self) -> Vec<Field> {
        let pairs = self.0.iter().zip(&other.0).zip(Field::ALL);
        pairs.filter(|((a, b), _)| a != b).map(|(_, field)| field).collect()
    }
}

/// The hash of what is shown, without times.
fn alone(sink: &mut Sink<'_>, shown: &Shown<'_>) -> [u8; 8] {
    sink.restart();
    sink.shown(shown);
    sink.no_times();
    short(sink)
}

/// The hash of times and rules, and of the changed instances beside a series that shows nothing.
fn when(sink: &mut Sink<'_>, body: &Body) -> [u8; 8] {
    sink.restart();
    sink.shown(&Shown::default());
    sink.times_beside(body, &Content::at(body.content.span.clone()));
    short(sink)
}

/// The hash of a series' start and rule, without what is changed, left out and added of instances;
/// what is no series has no more than its times.
fn pattern(sink: &mut Sink<'_>, body: &Body) -> Option<[u8; 8]> {
    sink.restart();
    sink.shown(&Shown::default());
    sink.bare_series(&body.content.span, body.recurrence.as_ref()?);
    Some(short(sink))
}

fn short(sink: &Sink<'_>) -> [u8; 8] {
    let [a, b, c, d, e, f, g, h, ..] = sink.digest();
    [a, b, c, d, e, f, g, h]
}
