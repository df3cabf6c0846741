//! The hash by which contents are compared: the fields that a mirror carries, in one form for
//! all the ways in which a server may give them back.

mod sink;

pub(crate) use sink::{Shown, Sink};

use crate::event::{Body, Busy, Content, Exception, Recurrence, Status};
use crate::form::{self, Base};
use crate::graph::Capabilities;
use crate::presence::ContentHash;
use crate::time::{Extra, Frequency, Gap, When};

/// Counts the changes of what [`hash`] covers since the first release: what changed before is in no store.
/// A new version rewrites nothing by itself.
pub const NORMALIZER_VERSION: u16 = 1;

/// The hash of what a mirror can carry: title, description, location, whether tentative, busy
/// kind, whether private, times, recurrence and changed instances.
///
/// Single timed events count by their instants in whole seconds, series by civil start, zone and
/// normalised rules, floating and all-day ones by civil values. Text counts without carriage
/// returns and surrounding white space; exclusions and extras as sets; a changed instance only
/// where it differs from what the series would have there. What the target cuts off does not
/// count.
#[must_use]
pub fn hash(body: &Body, caps: &Capabilities) -> ContentHash {
    let mut sink = Sink::new(caps);
    sink.shown(&Shown::of(&body.content));
    sink.times(body);
    ContentHash(sink.digest())
}

/// The changed instances that differ from what the series would have there, sorted by original
/// start.
#[must_use]
pub(crate) fn kept_exceptions(body: &Body) -> Vec<&Exception> {
    kept_beside(&body.content, &body.exceptions)
}

/// Those of the instances that differ from what a series of this content would have there.
fn kept_beside<'a>(content: &'a Content, exceptions: &'a [Exception]) -> Vec<&'a Exception> {
    let start = &content.span.start;
    let mut sorted: Vec<&Exception> = exceptions.iter().collect();
    sorted.sort_by_cached_key(|e| form::key(&form::in_form_of(start, &e.original)));
    let mut base = Base::beside(content);
    sorted.retain(|exception| {
        let kept = !same_instance(&base, exception);
        if kept && exception.this_and_future {
            base = Base::from(exception);
        }
        kept
    });
    sorted
}

fn same_instance(base: &Base<'_>, exception: &Exception) -> bool {
    let here = &exception.content;
    same_fields(base.content, here) && form::same_span(&base.span(&exception.original), &here.span)
}

/// Whether two contents agree in all that a mirror carries, times aside.
#[must_use]
pub(crate) fn same_fields(a: &Content, b: &Content) -> bool {
    same_line(&a.title, &b.title)
        && same_text(&a.description, &b.description)
        && same_line(&a.location, &b.location)
        && time_use(a) == time_use(b)
        && a.privacy.is_private() == b.privacy.is_private()
}

/// Whether two texts of one line agree but for white space.
#[must_use]
pub fn same_line(a: &str, b: &str) -> bool {
    a == b || a.split_whitespace().eq(b.split_whitespace())
}

/// Whether two texts agree but for carriage returns and white space at the ends of lines.
#[must_use]
pub fn same_text(a: &str, b: &str) -> bool {
    a == b || lines(a).eq(lines(b))
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.trim().split('\n').map(str::trim_end)
}

/// Whether it is tentative, and how it fills the time; a tentative busy kind says the former.
#[must_use]
pub(crate) fn time_use(content: &Content) -> (bool, Busy) {
    match (content.status, content.busy) {
        (_, Busy::Tentative) => (true, Busy::Busy),
        (Status::Tentative, busy) => (true, busy),
        (Status::Confirmed | Status::Cancelled, busy) => (false, busy),
    }
}

/// An exclusion in the form of the series; a day stays one where the rules, or an extra date, give
/// several instances a day, since it means all of them.
#[must_use]
pub(crate) fn canonical_exclusion(start: &When, recurrence: &Recurrence, when: &When) -> When {
    let by_rule = || {
        recurrence.rules.iter().any(|rule| {
            rule.freq() < Frequency::Daily
                || !rule.by_hour().is_empty()
                || !rule.by_minute().is_empty()
                || !rule.by_second().is_empty()
        })
    };
    let by_extra = || {
        recurrence.extras.iter().any(|extra| {
            let (Extra::At(at) | Extra::Period { start: at, .. }) = extra;
            let (at, of_rule) = (form::in_form_of(start, at), form::in_form_of(start, when));
            at.civil().date() == of_rule.civil().date() && at.civil() != of_rule.civil()
        })
    };
    if when.is_date() && !start.is_date() && (by_rule() || by_extra()) {
        return when.clone();
    }
    form::in_form_of(start, when)
}

/// Whether a local time exists and needs no moving.
#[must_use]
pub(crate) fn exists(when: &When) -> bool {
    match when {
        When::Zoned(civil, zone) => zone.civil(zone.instant(*civil, Gap::Shift)) == *civil,
        When::Floating(_) | When::Date(_) => true,
    }
}
