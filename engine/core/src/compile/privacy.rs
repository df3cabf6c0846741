//! The privacy of single instances, over all presences of an event (L6).

use std::borrow::Cow;

use super::propagate::{content_at, put_exception};
use crate::event::{Body, Exception, Privacy};
use crate::form::{self, key_in};
use crate::instances::{self, View};
use crate::time::{Gap, Timestamp, Zone};

/// What a calendar holds of an event, each instance as private as the strictest of the other
/// calendars has it. One that is private for all later instances makes the whole series so.
pub(crate) fn with_privacy<'a, 'b>(
    body: &'a Body,
    others: impl Iterator<Item = &'b Body>,
) -> Cow<'a, Body> {
    let mut strict = Cow::Borrowed(body);
    for exception in others.flat_map(|other| &other.exceptions) {
        let privacy = exception.content.privacy;
        if !privacy.is_private() || body.recurrence.is_none() {
            continue;
        }
        if exception.this_and_future {
            raise_all(strict.to_mut(), privacy);
        } else if needs(&strict, exception) {
            raise(strict.to_mut(), exception);
        }
    }
    strict
}

fn needs(body: &Body, private: &Exception) -> bool {
    let at = key_in(&body.content.span.start, &private.original);
    let known = body.exceptions.iter().any(|e| key_in(&body.content.span.start, &e.original) == at);
    (known || takes_place(body, at))
        && content_at(body, &private.original).privacy < private.content.privacy
}

fn takes_place(body: &Body, at: Timestamp) -> bool {
    let utc = Zone::utc();
    let view = View { zone: &utc, gap: Gap::Shift };
    let start = &body.content.span.start;
    let found = instances::occurrences(body, at..at.saturating_add_millis(1), view).list;
    found.iter().any(|one| key_in(start, &one.original) == at)
}

fn raise(body: &mut Body, private: &Exception) {
    let start = &body.content.span.start;
    let at = key_in(start, &private.original);
    let original = form::in_form_of(start, &private.original);
    let known = body.exceptions.iter().find(|e| key_in(start, &e.original) == at);
    let this_and_future = known.is_some_and(|e| e.this_and_future);
    let mut content = content_at(body, &original);
    content.privacy = private.content.privacy;
    put_exception(body, Exception { original, this_and_future, content });
}

fn raise_all(body: &mut Body, privacy: Privacy) {
    let changed = body.exceptions.iter_mut().map(|exception| &mut exception.content);
    for content in std::iter::once(&mut body.content).chain(changed) {
        content.privacy = content.privacy.max(privacy);
    }
}
