//! The one form in which contents are written down to be hashed.

use sha2::{Digest, Sha256};

use super::{NORMALIZER_VERSION, canonical_exclusion, kept_beside, lines, time_use};
use crate::event::{Body, Busy, Content, Exception, Recurrence, Span, Status};
use crate::form;
use crate::graph::Capabilities;
use crate::limits::bound_chars;
use crate::time::{Extra, Length, When};

/// What most events take.
const USUAL: usize = 256;

/// Ends a text; no UTF-8 text holds this byte.
const END: u8 = 0xFF;

/// What a person reads of a content, times aside, as it counts.
#[derive(Clone, Copy, Default)]
pub(crate) struct Shown<'a> {
    pub(crate) title: &'a str,
    pub(crate) description: &'a str,
    pub(crate) location: &'a str,
    /// Whether tentative, and how it fills the time.
    pub(crate) time_use: (bool, Busy),
    pub(crate) cancelled: bool,
    pub(crate) private: bool,
}

impl<'a> Shown<'a> {
    pub(crate) fn of(content: &'a Content) -> Self {
        Self {
            title: &content.title,
            description: &content.description,
            location: &content.location,
            time_use: time_use(content),
            cancelled: content.status == Status::Cancelled,
            private: content.privacy.is_private(),
        }
    }
}

/// What is hashed, written down in one form.
pub(crate) struct Sink<'a> {
    bytes: Vec<u8>,
    caps: &'a Capabilities,
}

impl<'a> Sink<'a> {
    pub(crate) fn new(caps: &'a Capabilities) -> Self {
        let mut bytes = Vec::with_capacity(USUAL);
        bytes.push(NORMALIZER_VERSION as u8);
        Self { bytes, caps }
    }

    /// Begins anew, with nothing written down.
    pub(crate) fn restart(&mut self) {
        self.bytes.truncate(1);
    }

    pub(crate) fn digest(&self) -> [u8; 32] {
        Sha256::digest(&self.bytes).into()
    }

    pub(crate) fn shown(&mut self, shown: &Shown<'_>) {
        let (tentative, busy) = shown.time_use;
        self.bytes.extend([
            u8::from(tentative),
            u8::from(shown.cancelled),
            u8::from(shown.private),
            busy_code(busy),
        ]);
        self.line(bound_chars(shown.title, self.caps.title_chars_max));
        self.text(bound_chars(shown.description, self.caps.description_chars_max));
        self.line(shown.location);
    }

    /// Span, recurrence and changed instances.
    pub(crate) fn times(&mut self, body: &Body) {
        self.times_beside(body, &body.content);
    }

    /// Span, recurrence, and the instances that differ from those of a series of this content.
    pub(crate) fn times_beside(&mut self, body: &Body, content: &Content) {
        let span = &body.content.span;
        let Some(recurrence) = &body.recurrence else { return self.single(span) };
        self.pattern(span, recurrence);
        self.extras(&span.start, recurrence);
        self.exclusions(&span.start, recurrence);
        for exception in kept_beside(content, &body.exceptions) {
            self.exception(&span.start, exception);
        }
    }

    /// A series by its start, its length and its rules, with nothing added or left out.
    pub(crate) fn bare_series(&mut self, span: &Span, recurrence: &Recurrence) {
        self.pattern(span, recurrence);
        self.count(0);
        self.count(0);
    }

    /// The span of what has none.
    pub(crate) fn no_times(&mut self) {
        self.days(0, 1);
    }

    /// A single: timed by instants, else by the wall clock.
    fn single(&mut self, span: &Span) {
        match &span.start {
            When::Zoned(..) => {
                let start = span.start.instant(&self.caps.zone, self.caps.gap).as_seconds();
                self.stretch(0, start, form::end(span, &self.caps.zone).as_seconds());
            }
            When::Floating(civil) => {
                self.stretch(1, civil.seconds(), form::civil_end(span).seconds());
            }
            When::Date(date) => self.days(date.days(), form::civil_end(span).date().days()),
        }
    }

    fn days(&mut self, start: i32, end: i32) {
        self.stretch(2, i64::from(start), i64::from(end));
    }

    fn stretch(&mut self, code: u8, start: i64, end: i64) {
        self.byte(code);
        self.int(start);
        self.int(end);
    }

    fn pattern(&mut self, span: &Span, recurrence: &Recurrence) {
        let start = &span.start;
        self.byte(3);
        self.start(start);
        self.length(start, span.length);
        let mut rules: Vec<String> =
            recurrence.rules.iter().map(|rule| rule.normalized_for(start)).collect();
        rules.sort_unstable();
        rules.dedup();
        self.count(rules.len());
        for rule in &rules {
            self.line(rule);
        }
    }

    fn extras(&mut self, start: &When, recurrence: &Recurrence) {
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
    }

    fn exclusions(&mut self, start: &When, recurrence: &Recurrence) {
        let excluded = exclusions(start, recurrence);
        self.count(excluded.len());
        for (is_day, at) in excluded {
            self.byte(u8::from(is_day));
            self.int(at);
        }
    }

    fn exception(&mut self, start: &When, exception: &Exception) {
        self.byte(4 + u8::from(exception.this_and_future));
        self.int(form::key(&form::in_form_of(start, &exception.original)).as_seconds());
        self.shown(&Shown::of(&exception.content));
        self.single(&exception.content.span);
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

    fn length(&mut self, start: &When, length: Length) {
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
            self.bytes.extend_from_slice(word.as_bytes());
        }
        self.byte(END);
    }

    fn text(&mut self, text: &str) {
        for (at, line) in lines(text).enumerate() {
            if at > 0 {
                self.byte(b'\n');
            }
            self.bytes.extend_from_slice(line.as_bytes());
        }
        self.byte(END);
    }

    fn count(&mut self, count: usize) {
        self.int(count as i64);
    }

    fn int(&mut self, value: i64) {
        self.bytes.extend(value.to_be_bytes());
    }

    fn byte(&mut self, value: u8) {
        self.bytes.push(value);
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
