//! The hash by which contents are compared: the fields that a mirror carries, in one form for
//! all the ways in which a server may give them back.

use sha2::{Digest, Sha256};

use crate::event::{Body, Busy, Content, Exception, Recurrence, Status};
use crate::form::{self, Base};
use crate::graph::Capabilities;
use crate::limits::bound_chars;
use crate::presence::ContentHash;
use crate::time::{Extra, Frequency, Gap, When};

/// Counts the changes of what [`hash`] covers. A new version rewrites nothing by itself.
pub const NORMALIZER_VERSION: u16 = 1;

/// Ends a text; no UTF-8 text holds this byte.
const END: u8 = 0xFF;

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
    let mut sink = Sink { sha: Sha256::new(), caps };
    sink.byte(NORMALIZER_VERSION as u8);
    sink.fields(&body.content);
    match &body.recurrence {
        None => sink.single(&body.content),
        Some(recurrence) => {
            sink.series(&body.content, recurrence);
            for exception in kept_exceptions(body) {
                sink.exception(body, exception);
            }
        }
    }
    ContentHash(sink.sha.finalize().into())
}

/// The changed instances that differ from what the series would have there, sorted by original
/// start.
#[must_use]
pub(crate) fn kept_exceptions(body: &Body) -> Vec<&Exception> {
    let start = &body.content.span.start;
    let mut sorted: Vec<&Exception> = body.exceptions.iter().collect();
    sorted.sort_by_cached_key(|e| form::key(&form::in_form_of(start, &e.original)));
    let mut base = Base::master(body);
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

struct Sink<'a> {
    sha: Sha256,
    caps: &'a Capabilities,
}

impl Sink<'_> {
    fn fields(&mut self, content: &Content) {
        let (tentative, busy) = time_use(content);
        let cancelled = content.status == Status::Cancelled;
        let private = content.privacy.is_private();
        self.sha.update([
            u8::from(tentative),
            u8::from(cancelled),
            u8::from(private),
            busy_code(busy),
        ]);
        self.line(bound_chars(&content.title, self.caps.title_chars_max));
        self.text(bound_chars(&content.description, self.caps.description_chars_max));
        self.line(&content.location);
    }

    /// A single: timed by instants, else by the wall clock.
    fn single(&mut self, content: &Content) {
        let span = &content.span;
        let (code, start, end) = match &span.start {
            When::Zoned(..) => {
                let start = span.start.instant(&self.caps.zone, self.caps.gap).as_seconds();
                (0, start, form::end(span, &self.caps.zone).as_seconds())
            }
            When::Floating(civil) => (1, civil.seconds(), form::civil_end(span).seconds()),
            When::Date(date) => {
                (2, i64::from(date.days()), i64::from(form::civil_end(span).date().days()))
            }
        };
        self.byte(code);
        self.int(start);
        self.int(end);
    }

    fn series(&mut self, content: &Content, recurrence: &Recurrence) {
        let start = &content.span.start;
        self.byte(3);
        self.start(start);
        self.length(start, content.span.length);
        let mut rules: Vec<String> =
            recurrence.rules.iter().map(|rule| rule.normalized_for(start)).collect();
        rules.sort_unstable();
        rules.dedup();
        self.count(rules.len());
        for rule in &rules {
            self.line(rule);
        }
        let extras = extras(start, recurrence);
        self.count(extras.len());
        for (at, length) in extras {
            self.int(at);
            self.byte(u8::from(length.is_some()));
            if let Some((days, seconds)) = length {
                self.int(i64::from(days));
                self.int(seconds);
            }
        }
        let excluded = exclusions(start, recurrence);
        self.count(excluded.len());
        for (is_day, at) in excluded {
            self.byte(u8::from(is_day));
            self.int(at);
        }
    }

    fn exception(&mut self, body: &Body, exception: &Exception) {
        let start = &body.content.span.start;
        self.byte(4 + u8::from(exception.this_and_future));
        self.int(form::key(&form::in_form_of(start, &exception.original)).as_seconds());
        self.fields(&exception.content);
        self.single(&exception.content);
    }

    fn start(&mut self, start: &When) {
        self.int(start.civil().seconds());
        match start {
            When::Zoned(_, zone) => {
                self.byte(0);
                self.line(zone.name());
            }
            When::Floating(_) => self.byte(1),
            When::Date(_) => self.byte(2),
        }
    }

    fn length(&mut self, start: &When, length: crate::time::Length) {
        let (days, seconds) = form::length_parts(start, length);
        self.int(i64::from(days));
        self.int(seconds);
    }

    /// A text of one line: words with one space between them.
    fn line(&mut self, text: &str) {
        for (at, word) in text.split_whitespace().enumerate() {
            if at > 0 {
                self.byte(b' ');
            }
            self.sha.update(word);
        }
        self.byte(END);
    }

    fn text(&mut self, text: &str) {
        for (at, line) in lines(text).enumerate() {
            if at > 0 {
                self.byte(b'\n');
            }
            self.sha.update(line);
        }
        self.byte(END);
    }

    fn count(&mut self, count: usize) {
        self.int(count as i64);
    }

    fn int(&mut self, value: i64) {
        self.sha.update(value.to_be_bytes());
    }

    fn byte(&mut self, value: u8) {
        self.sha.update([value]);
    }
}

const fn busy_code(busy: Busy) -> u8 {
    match busy {
        Busy::Free => 0,
        Busy::Busy | Busy::Tentative => 1,
        Busy::OutOfOffice => 2,
        Busy::Elsewhere => 3,
    }
}

/// Extra starts as keys with their own lengths, sorted, each once.
fn extras(start: &When, recurrence: &Recurrence) -> Vec<(i64, Option<(i32, i64)>)> {
    let key = |when: &When| form::key(&form::in_form_of(start, when)).as_seconds();
    let mut keys: Vec<_> = recurrence
        .extras
        .iter()
        .map(|extra| match extra {
            Extra::At(at) => (key(at), None),
            Extra::Period { start: at, length } => (key(at), Some(form::length_parts(at, *length))),
        })
        .collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// Exclusions as keys, sorted, each once.
fn exclusions(start: &When, recurrence: &Recurrence) -> Vec<(bool, i64)> {
    let mut keys: Vec<_> = recurrence
        .excluded
        .iter()
        .map(|when| canonical_exclusion(start, recurrence, when))
        .map(|when| (when.is_date(), form::key(&when).as_seconds()))
        .collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// An exclusion in the form of the series; a day stays one where the rules give several instances
/// a day, since it may mean all of them.
#[must_use]
pub(crate) fn canonical_exclusion(start: &When, recurrence: &Recurrence, when: &When) -> When {
    let several_a_day = || {
        recurrence.rules.iter().any(|rule| {
            rule.freq() < Frequency::Daily
                || !rule.by_hour().is_empty()
                || !rule.by_minute().is_empty()
                || !rule.by_second().is_empty()
        })
    };
    if when.is_date() && !start.is_date() && several_a_day() {
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
