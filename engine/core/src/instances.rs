//! The instances of an event in a part of time, under a bound on the work.

use core::ops::Range;

use crate::event::{Body, Content, Span, Status};
use crate::form::{self, Base};
use crate::time::{Change, Gap, Options, Override, Series, Timestamp, When, Zone};

/// How many steps one expansion may take; a rule that needs more is cut there.
pub const STEPS_MAX: u32 = 100_000;

/// How an event is read: where its floating times and days are seen, and what becomes of local
/// times that do not exist.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// Where floating times and days are seen.
    pub zone: &'a Zone,
    /// What becomes of local times that do not exist.
    pub gap: Gap,
}

/// One time that an event takes place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence<'a> {
    /// The start that the rule gave, in the form of the series; of a single, its start.
    pub original: When,
    /// What takes place.
    pub content: &'a Content,
    /// When: the content's span is that of the master or of another instance where this one has
    /// none of its own.
    pub span: Span,
    /// The instant it starts.
    pub start: Timestamp,
    /// The instant it ends; never before the start.
    pub end: Timestamp,
}

/// The occurrences in a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrences<'a> {
    /// Sorted by start.
    pub list: Vec<Occurrence<'a>>,
    /// The rule needed more than [`STEPS_MAX`] steps: some may be missing.
    pub cut: bool,
}

/// All occurrences of an event that overlap the range; cancelled ones do not occur.
#[must_use]
pub fn occurrences<'a>(body: &'a Body, range: Range<Timestamp>, view: View<'_>) -> Occurrences<'a> {
    first_occurrences(body, range, view, (usize::MAX, &|_| true))
}

/// The first `max` occurrences that overlap the range and are to be kept.
pub(crate) fn first_occurrences<'a>(
    body: &'a Body,
    range: Range<Timestamp>,
    view: View<'_>,
    (max, keep): (usize, &dyn Fn(&Content) -> bool),
) -> Occurrences<'a> {
    if body.recurrence.is_none() {
        let one = single(body, view);
        let one = one.filter(|one| overlaps(&(one.start..one.end), &range) && keep(one.content));
        return Occurrences { list: one.into_iter().take(max).collect(), cut: false };
    }
    with_series(body, |series| {
        let mut expansion = series.instances(range, &options(view));
        let mut list = Vec::new();
        for instance in &mut expansion {
            if list.len() == max {
                break;
            }
            let original = form::at_civil(&body.content.span.start, instance.original_civil);
            let exception = instance.overridden.and_then(|index| body.exceptions.get(index));
            let base = exception.map_or_else(|| Base::master(body), Base::from);
            if !keep(base.content) {
                continue;
            }
            list.push(Occurrence {
                span: base.span(&original),
                original,
                content: base.content,
                start: instance.start,
                end: instance.end,
            });
        }
        Occurrences { list, cut: expansion.exhausted() }
    })
}

/// Calls back with the content and the time of each occurrence that overlaps the range. Whether the
/// rule was cut.
pub(crate) fn each_time(
    body: &Body,
    range: &Range<Timestamp>,
    view: View<'_>,
    found: &mut dyn FnMut(&Content, Range<Timestamp>),
) -> bool {
    if body.recurrence.is_none() {
        if may_overlap(&body.content.span, range)
            && let Some(time) = single_time(&body.content, view)
            && overlaps(&time, range)
        {
            found(&body.content, time);
        }
        return false;
    }
    with_series(body, |series| {
        let mut expansion = series.instances(range.clone(), &options(view));
        for instance in &mut expansion {
            let exception = instance.overridden.and_then(|index| body.exceptions.get(index));
            let content = exception.map_or(&body.content, |exception| &exception.content);
            found(content, instance.start..instance.end);
        }
        expansion.exhausted()
    })
}

/// Whether a time on the wall comes so near to a range that its zone has to be asked.
fn may_overlap(span: &Span, range: &Range<Timestamp>) -> bool {
    // More than any zone is off, and the length of days that end in another offset.
    const NEAR_SECONDS: i64 = 3 * 86_400;
    let (start, end) = (span.start.civil().seconds(), form::civil_end(span).seconds());
    start < range.end.as_seconds().saturating_add(NEAR_SECONDS)
        && end > range.start.as_seconds().saturating_sub(NEAR_SECONDS)
}

/// Whether anything takes place in the range. A rule cut by the step budget counts as if it did.
#[must_use]
pub fn any_in(body: &Body, range: Range<Timestamp>, view: View<'_>) -> bool {
    if body.recurrence.is_none() {
        return single_time(&body.content, view).is_some_and(|time| overlaps(&time, &range));
    }
    with_series(body, |series| {
        series.any_in(range.clone(), &options(view))
            || series.instances(range, &options(view)).exhausted()
    })
}

/// When the next instance starts, of those that overlap the range; looks near its start first.
pub(crate) fn next_start(
    body: &Body,
    range: &Range<Timestamp>,
    view: View<'_>,
) -> Option<Timestamp> {
    const DAY_MILLIS: i64 = 86_400_000;
    [8, 64, 100_000].into_iter().find_map(|days| {
        let near = range.start.saturating_add_millis(days * DAY_MILLIS).min(range.end);
        occurrences(body, range.start..near, view).list.first().map(|one| one.start)
    })
}

fn single<'a>(body: &'a Body, view: View<'_>) -> Option<Occurrence<'a>> {
    let content = &body.content;
    single_time(content, view).map(|time| Occurrence {
        original: body.instance_of.clone().unwrap_or_else(|| content.span.start.clone()),
        content,
        span: content.span.clone(),
        start: time.start,
        end: time.end,
    })
}

fn single_time(content: &Content, view: View<'_>) -> Option<Range<Timestamp>> {
    let start = || content.span.start.instant(view.zone, view.gap);
    (content.status != Status::Cancelled).then(|| start()..form::end(&content.span, view.zone))
}

/// An event without length overlaps where it starts.
fn overlaps(time: &Range<Timestamp>, range: &Range<Timestamp>) -> bool {
    time.start < range.end && (time.end > range.start || time.start >= range.start)
}

fn options(view: View<'_>) -> Options<'_> {
    Options { gap: view.gap, floating: view.zone, budget: STEPS_MAX }
}

fn with_series<T>(body: &Body, read: impl FnOnce(Series<'_>) -> T) -> T {
    let overrides: Vec<Override> = body
        .exceptions
        .iter()
        .map(|exception| Override {
            original: exception.original.clone(),
            this_and_future: exception.this_and_future,
            change: change(&exception.content),
        })
        .collect();
    let recurrence = body.recurrence.as_ref();
    read(Series {
        start: &body.content.span.start,
        length: form::canonical_length(&body.content.span.start, body.content.span.length),
        rules: recurrence.map_or(&[], |r| &r.rules),
        extras: recurrence.map_or(&[], |r| &r.extras),
        excluded: recurrence.map_or(&[], |r| &r.excluded),
        overrides: &overrides,
    })
}

fn change(content: &Content) -> Change {
    if content.status == Status::Cancelled {
        return Change::Cancelled;
    }
    let start = content.span.start.clone();
    Change::Moved { length: form::canonical_length(&start, content.span.length), start }
}
