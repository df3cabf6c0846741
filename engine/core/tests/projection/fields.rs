//! What tells the fields of a mirror apart.

use kalends_core::event::{Body, Busy, Privacy, Status};
use kalends_core::fields::Field;
use kalends_core::graph::{Capabilities, Filters};
use kalends_core::mirror::FieldHashes;
use kalends_core::normalize::hash;
use kalends_core::time::Length;
use proptest::prelude::*;

use crate::drawn::{body, secrets, shape};
use crate::support::day;

/// The body with nothing left of it but one field.
fn alone(body: &Body, field: Field) -> Body {
    let mut left = body.clone();
    let content = &mut left.content;
    content.privacy = Privacy::Default;
    if field != Field::Title {
        content.title.clear();
    }
    if field != Field::Description {
        content.description.clear();
    }
    if field != Field::Location {
        content.location.clear();
    }
    if field != Field::Busy {
        (content.busy, content.status) = (Busy::Busy, Status::Confirmed);
    }
    if field != Field::When {
        content.span.start = day("1970-01-01");
        content.span.length = Length::Nominal { days: 1, seconds: 0 };
        left.recurrence = None;
        left.exceptions.clear();
    }
    left
}

/// The start and the rule, without its instances.
fn pattern(body: &Body) -> Body {
    let mut left = alone(body, Field::When);
    left.exceptions.clear();
    if let Some(recurrence) = &mut left.recurrence {
        recurrence.extras.clear();
        recurrence.excluded.clear();
    }
    left
}

proptest! {
    /// These hashes lie in stores. Catches: one that counts another field too, or is made another
    /// way than it was when it was written down.
    #[test]
    fn a_field_is_hashed_as_a_body_that_has_nothing_else(
        shape in shape(),
        secrets in secrets(),
        is_series in any::<bool>(),
    ) {
        let caps = Capabilities { title_chars_max: Some(5), ..Capabilities::default() };
        let mut body = body(&shape, &secrets, &Filters::default(), true);
        if !is_series {
            (body.recurrence, body.exceptions) = (None, Vec::new());
        }
        let parts = Field::ALL.map(|field| alone(&body, field)).into_iter().chain([pattern(&body)]);
        let want: Vec<_> = parts.map(|part| hash(&part, &caps).0[..8].to_vec()).collect();
        prop_assert_eq!(FieldHashes::of(&body, &caps).0.map(|short| short.to_vec()).to_vec(), want);
    }
}
