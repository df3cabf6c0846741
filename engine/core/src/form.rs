//! One form for times that may be written in many: starts in the form of their series, lengths
//! as days and seconds.

use crate::event::{Body, Content, Exception, Span};
use crate::time::{Civil, Gap, Length, Timestamp, When, Zone};

const DAY_SECONDS: i64 = 86_400;

/// The same start, written in the form of `like`: in its zone, floating, or as a day.
///
/// A day said of a timed series means the instance that starts at the series' time of day.
#[must_use]
pub(crate) fn in_form_of(like: &When, value: &When) -> When {
    match (like, value) {
        (When::Zoned(_, zone), When::Zoned(civil, other)) if zone == other => {
            When::Zoned(*civil, zone.clone())
        }
        (When::Zoned(_, zone), When::Zoned(civil, other)) => {
            When::Zoned(zone.civil(other.instant(*civil, Gap::Shift)), zone.clone())
        }
        (When::Zoned(_, zone), When::Floating(civil)) => When::Zoned(*civil, zone.clone()),
        (When::Zoned(_, zone), When::Date(_)) => When::Zoned(at_time_of(like, value), zone.clone()),
        (When::Floating(_), When::Zoned(civil, _) | When::Floating(civil)) => {
            When::Floating(*civil)
        }
        (When::Floating(_), When::Date(_)) => When::Floating(at_time_of(like, value)),
        (When::Date(_), _) => When::Date(value.civil().date()),
    }
}

/// The start at another time of the same wall.
#[must_use]
pub(crate) fn at_civil(like: &When, civil: Civil) -> When {
    match like {
        When::Zoned(_, zone) => When::Zoned(civil, zone.clone()),
        When::Floating(_) => When::Floating(civil),
        When::Date(_) => When::Date(civil.date()),
    }
}

/// The key of an instance by its original start, the same whatever zone the reader is in: an
/// instant, or for floating times and days the wall clock read as UTC.
#[must_use]
pub(crate) fn key(when: &When) -> Timestamp {
    match when {
        When::Zoned(civil, zone) => zone.instant(*civil, Gap::Shift),
        When::Floating(_) | When::Date(_) => Timestamp::from_seconds(when.civil().seconds()),
    }
}

/// The start that has this key, written in the form of `like`.
#[must_use]
pub(crate) fn at_key(like: &When, key: Timestamp) -> When {
    match like {
        When::Zoned(_, zone) => When::Zoned(zone.civil(key), zone.clone()),
        When::Floating(_) | When::Date(_) => at_civil(like, Civil::from_seconds(key.as_seconds())),
    }
}

/// The key of a start that is said of the series which starts at `start`.
#[must_use]
pub(crate) fn key_in(start: &When, when: &When) -> Timestamp {
    key(&in_form_of(start, when))
}

/// The length as days on the wall and exact seconds, in the one way that belongs to the start:
/// whole days for a day (at least one), seconds alone where days on the wall mean the same.
/// Nothing ends before it starts.
#[must_use]
pub(crate) fn length_parts(start: &When, length: Length) -> (i32, i64) {
    let (days, seconds) = match length {
        Length::Exact(seconds) => (0, seconds),
        Length::Nominal { days, seconds } => (days, seconds),
    };
    let total = i64::from(days).saturating_mul(DAY_SECONDS).saturating_add(seconds);
    match start {
        When::Date(_) => (i32::try_from(total / DAY_SECONDS).unwrap_or(i32::MAX).max(1), 0),
        When::Floating(_) => (0, total.max(0)),
        When::Zoned(..) if days == 0 || total <= 0 => (0, total.max(0)),
        When::Zoned(..) => (days, seconds),
    }
}

/// The length as [`length_parts`] has it.
#[must_use]
pub(crate) fn canonical_length(start: &When, length: Length) -> Length {
    match length_parts(start, length) {
        (0, seconds) => Length::Exact(seconds),
        (days, seconds) => Length::Nominal { days, seconds },
    }
}

/// The end of a span whose floating times are seen in `floating`.
#[must_use]
pub(crate) fn end(span: &Span, floating: &Zone) -> Timestamp {
    let (days, seconds) = length_parts(&span.start, span.length);
    match &span.start {
        When::Zoned(civil, zone) => {
            let day = civil.add_seconds(i64::from(days) * DAY_SECONDS);
            zone.instant(day, Gap::Shift).saturating_add_millis(seconds.saturating_mul(1_000))
        }
        When::Floating(_) | When::Date(_) => floating.instant(civil_end(span), Gap::Shift),
    }
}

/// The end of a floating span or of days, on the wall.
#[must_use]
pub(crate) fn civil_end(span: &Span) -> Civil {
    let (days, seconds) = length_parts(&span.start, span.length);
    span.start.civil().add_seconds(i64::from(days) * DAY_SECONDS + seconds)
}

/// Whether two spans mean the same time, however they are written.
#[must_use]
pub(crate) fn same_span(a: &Span, b: &Span) -> bool {
    match (&a.start, &b.start) {
        (When::Zoned(..), When::Zoned(..)) => {
            key(&a.start) == key(&b.start) && end(a, &Zone::utc()) == end(b, &Zone::utc())
        }
        (When::Floating(_), When::Floating(_)) | (When::Date(_), When::Date(_)) => {
            a.start == b.start && civil_end(a) == civil_end(b)
        }
        (When::Zoned(..) | When::Floating(_) | When::Date(_), _) => false,
    }
}

/// What the instances of a series look like from some point on: the master, or the last changed
/// instance that says so for all later ones too.
#[derive(Clone, Copy)]
pub(crate) struct Base<'a> {
    /// Its content.
    pub(crate) content: &'a Content,
    /// How far it moved the instances, in seconds on the wall.
    shift_seconds: i64,
}

impl<'a> Base<'a> {
    pub(crate) fn master(body: &'a Body) -> Self {
        Self::beside(&body.content)
    }

    /// A series of this content.
    pub(crate) const fn beside(content: &'a Content) -> Self {
        Self { content, shift_seconds: 0 }
    }

    pub(crate) fn from(exception: &'a Exception) -> Self {
        let start = &exception.content.span.start;
        let original = in_form_of(start, &exception.original);
        Self {
            content: &exception.content,
            shift_seconds: start.civil().seconds() - original.civil().seconds(),
        }
    }

    /// When the instance with this original start takes place.
    pub(crate) fn span(&self, original: &When) -> Span {
        let like = &self.content.span.start;
        let civil = in_form_of(like, original).civil().add_seconds(self.shift_seconds);
        Span { start: at_civil(like, civil), ..self.content.span.clone() }
    }
}

fn at_time_of(like: &When, day: &When) -> Civil {
    day.civil().add_seconds(i64::from(like.civil().seconds_of_day()))
}
