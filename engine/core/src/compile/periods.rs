//! Extra dates with a length of their own, as every server can store them.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::event::{Body, Content, Exception, Recurrence};
use crate::form::{self, Base};
use crate::time::{Extra, Length, When};

/// The body with each extra date that has its own length (RDATE;VALUE=PERIOD, RFC 5545 section
/// 3.8.5.2) as an extra date and a changed instance there: the same instances, in words that
/// servers know which cannot store a period.
pub(super) fn without_periods(body: &Body) -> Cow<'_, Body> {
    let is_period = |extra: &Extra| matches!(extra, Extra::Period { .. });
    let extras = body.recurrence.iter().flat_map(|recurrence| &recurrence.extras);
    if !extras.into_iter().any(is_period) {
        return Cow::Borrowed(body);
    }
    let mut plain = body.clone();
    let start = &body.content.span.start;
    let mut exceptions = body.exceptions.clone();
    let mut taken: BTreeSet<_> =
        exceptions.iter().map(|exception| form::key_in(start, &exception.original)).collect();
    if let Some(Recurrence { extras, .. }) = &mut plain.recurrence {
        for extra in extras {
            let (at, length) = match extra {
                Extra::At(at) => (at.clone(), None),
                Extra::Period { start, length } => (start.clone(), Some(*length)),
            };
            // Of two at one time the first counts, and a changed instance before both.
            let key = form::key_in(start, &at);
            if taken.insert(key)
                && let Some(length) = length
            {
                exceptions.push(lasting(body, &at, length));
            }
            *extra = Extra::At(at);
        }
    }
    plain.exceptions = exceptions;
    Cow::Owned(plain)
}

/// The instance at `at` as the series has it, with another length.
fn lasting(body: &Body, at: &When, length: Length) -> Exception {
    let start = &body.content.span.start;
    let original = form::in_form_of(start, at);
    let key = form::key(&original);
    let before = |exception: &&Exception| {
        exception.this_and_future && form::key_in(start, &exception.original) <= key
    };
    let tails = body.exceptions.iter().filter(before);
    let base = tails
        .max_by_key(|exception| form::key_in(start, &exception.original))
        .map_or_else(|| Base::master(body), Base::from);
    let mut span = base.span(&original);
    span.length = form::canonical_length(&span.start, length);
    let content = Content { span, ..base.content.clone() };
    Exception { original, this_and_future: false, content }
}
