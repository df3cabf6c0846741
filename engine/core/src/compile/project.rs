//! From a presence and an edge to the parts of a mirror.

use std::collections::{BTreeMap, BTreeSet};

use super::content::Show;
use super::patterns;
use super::periods::without_periods;
use super::propagate::content_at;
use super::series;
use crate::event::{Body, Content, Privacy};
use crate::filter::filtered;
use crate::form;
use crate::graph::{Capabilities, Edge, SeriesShape};
use crate::instances::{self, Occurrences, View};
use crate::mirror::{PartKey, Unwanted};
use crate::normalize;
use crate::policy::Disclosure;
use crate::presence::ContentHash;
use crate::time::{Timestamp, When};
use crate::window;

/// Counts the changes of what [`compile`] gives since the first release: what changed before is in no store.
/// A new version rewrites nothing by itself.
pub const COMPILER_VERSION: u16 = 1;

/// The most instances of one series that are written singly: more than a day's one in the widest
/// window by default (430), and few enough that all may change in one plan
/// ([`crate::plan::PLAN_ROWS_MAX`]).
pub const SINGLES_MAX: usize = 450;

/// Octets of an object for its frame and zones, for one extra or excluded date, and for what a
/// content says besides its texts.
const FRAME_OCTETS: usize = 4_096;
const DATE_OCTETS: usize = 96;
const CONTENT_OCTETS: usize = 1_024;

/// What a projection is a function of.
#[derive(Debug, Clone, Copy)]
pub struct Compile<'a> {
    /// What the source calendar holds.
    pub body: &'a Body,
    /// The strictest privacy of all presences of the event.
    pub strictest: Privacy,
    /// The edge.
    pub edge: &'a Edge,
    /// What edge and policies allow ([`crate::policy::disclosure`]).
    pub disclosure: &'a Disclosure,
    /// What the target can hold.
    pub target: &'a Capabilities,
    /// Now: for the window of instances written singly, and for [`Projected::starts`].
    pub now: Timestamp,
}

/// What an edge makes of a presence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compiled {
    /// No mirror.
    No(Unwanted),
    /// A mirror of these parts; at least one.
    Parts(BTreeMap<PartKey, Projected>),
}

/// What one part says, as a complete document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Projected {
    /// Its content: a single, or a series with what belongs to it.
    pub body: Body,
    /// The hash of that.
    pub hash: ContentHash,
    /// For [`PartKey::Override`]: the start it had before, as the mirrored series writes it.
    pub instance: Option<When>,
    /// Which instance of the origin it shows, for parts that show one; as the origin writes it.
    pub of: Option<When>,
    /// When it takes place next, or did last: what is near is written first.
    pub starts: Timestamp,
}

/// Projects a presence.
///
/// Filters and privacy are judged for each changed instance as for the master: one that a filter
/// leaves out is an exclusion, one that is private shows at its own level, one that then equals
/// the series is dropped.
///
/// An extra date with a length of its own is an extra date and a changed instance: not every
/// server stores a period.
///
/// Instances are written singly, those of the window, where the target holds no series, and in
/// two cases where a series cannot say it: the filters leave out the master and let changed
/// instances pass, or leave out a change that holds for all later instances. There are at most
/// [`SINGLES_MAX`] of them; [`super::losses`] tells what is lost. Where the target lets no changed
/// instance go to the day of another one or past it (Exchange), those alone are written singly; and
/// where it has none that the rule does not give (Google), those.
#[must_use]
pub fn compile(c: &Compile<'_>) -> Compiled {
    let body = without_periods(c.body);
    let c = &Compile { body: &body, ..*c };
    let master = filtered(&c.body.content, &c.edge.options.filters);
    if c.body.recurrence.is_none() {
        return match master {
            Some(filter) => Compiled::No(Unwanted::Filtered(filter)),
            None => one(PartKey::Whole, single(c)),
        };
    }
    if let Some(filter) = master
        && !(0..c.body.exceptions.len()).any(|index| passes(c, index))
    {
        return Compiled::No(Unwanted::Filtered(filter));
    }
    let parts = match shape(c) {
        SeriesShape::Whole => return one(PartKey::Whole, whole(c)),
        SeriesShape::Parts | SeriesShape::Patterns => in_parts(c),
        SeriesShape::Singles => in_singles(c),
    };
    if parts.is_empty() { Compiled::No(Unwanted::OutOfWindow) } else { Compiled::Parts(parts) }
}

/// Whether the filters let a changed instance pass.
fn passes(c: &Compile<'_>, index: usize) -> bool {
    let exception = c.body.exceptions.get(index);
    exception.is_some_and(|e| filtered(&e.content, &c.edge.options.filters).is_none())
}

/// How a series is written: as the target holds it, or singly where a series cannot say it.
fn shape(c: &Compile<'_>) -> SeriesShape {
    let is_tail = |index: usize| c.body.exceptions[index].this_and_future;
    let tail_left_out =
        (0..c.body.exceptions.len()).any(|index| is_tail(index) && !passes(c, index));
    let master_left_out = filtered(&c.body.content, &c.edge.options.filters).is_some();
    if master_left_out || tail_left_out || is_beyond_patterns(c) {
        SeriesShape::Singles
    } else {
        c.target.series
    }
}

/// Whether it is a series that its target would have to say by a pattern, and no pattern says it.
pub(super) fn is_beyond_patterns(c: &Compile<'_>) -> bool {
    c.target.series == SeriesShape::Patterns && !patterns::can_say(c)
}

/// The changed instances of a series, by the keys of their original starts, that its target does not
/// hold as such.
fn apart(c: &Compile<'_>, series: &Body) -> BTreeSet<Timestamp> {
    match c.target.series {
        SeriesShape::Patterns => patterns::out_of_order(c, series).unwrap_or_default(),
        SeriesShape::Parts => series::not_given(c, series),
        SeriesShape::Whole | SeriesShape::Singles => BTreeSet::new(),
    }
}

/// Whether some of the changed instances of a series stand beside it.
pub(super) fn has_instances_apart(c: &Compile<'_>) -> bool {
    let is_in_parts = match shape(c) {
        SeriesShape::Parts | SeriesShape::Patterns => c.body.recurrence.is_some(),
        SeriesShape::Whole | SeriesShape::Singles => false,
    };
    is_in_parts && !apart(c, &series::series(c, &series::without_tails(c))).is_empty()
}

/// Whether an event that has a mirror is a series whose instances are written singly.
pub(super) fn is_written_singly(c: &Compile<'_>) -> bool {
    c.body.recurrence.is_some() && shape(c) == SeriesShape::Singles
}

impl<'a> Compile<'a> {
    pub(super) fn show(&self) -> Show<'a> {
        Show {
            strictest: self.strictest,
            template: self.edge.options.title.as_deref(),
            disclosure: self.disclosure,
            target: self.target,
            octets_max: self.octets_max(),
        }
    }

    /// What one content may take for its texts: an even share of what the rest of the object leaves.
    fn octets_max(&self) -> Option<usize> {
        let max = usize::try_from(self.target.object_octets_max?).unwrap_or(usize::MAX);
        let (dates, contents) = match (&self.body.recurrence, self.target.series) {
            (Some(recurrence), SeriesShape::Whole) => (
                recurrence.extras.len() + recurrence.excluded.len(),
                1 + self.body.exceptions.len(),
            ),
            (Some(_), SeriesShape::Parts | SeriesShape::Patterns | SeriesShape::Singles)
            | (None, _) => (0, 1),
        };
        let texts = max.saturating_sub(FRAME_OCTETS + dates * DATE_OCTETS) / contents;
        Some(texts.saturating_sub(CONTENT_OCTETS))
    }

    pub(super) fn view(&self) -> View<'a> {
        View { zone: &self.target.zone, gap: self.target.gap }
    }
}

impl Projected {
    fn new(c: &Compile<'_>, body: Body, starts: Timestamp) -> Self {
        let hash = normalize::hash(&body, c.target);
        Self { body, hash, instance: None, of: None, starts }
    }
}

fn one(key: PartKey, projected: Projected) -> Compiled {
    Compiled::Parts(BTreeMap::from([(key, projected)]))
}

fn single(c: &Compile<'_>) -> Projected {
    let content = c.show().content(&c.body.content, &c.body.content.span);
    let starts = content.span.start.instant(&c.target.zone, c.target.gap);
    Projected::new(c, Body::single(content), starts)
}

fn whole(c: &Compile<'_>) -> Projected {
    Projected::new(c, series::series(c, c.body), next_start(c))
}

/// The master, and the changed instances beside it: as instances of it, or, where the target has no
/// place for one, as events of their own and a hole each where the master would show it.
fn in_parts(c: &Compile<'_>) -> BTreeMap<PartKey, Projected> {
    let plain = series::without_tails(c);
    let mut series = series::series(c, &plain);
    let (apart, leaves_hole) = (apart(c, &series), c.target.series == SeriesShape::Patterns);
    let exceptions = std::mem::take(&mut series.exceptions);
    let start = &c.body.content.span.start;
    let mut holes = Vec::new();
    let mut parts: BTreeMap<_, _> = exceptions
        .into_iter()
        .map(|exception| {
            let original = exception.original;
            let starts = form::key(&exception.content.span.start);
            let mut part = Projected::new(c, Body::single(exception.content), starts);
            part.of = Some(form::in_form_of(start, &original));
            let key = form::key(part.of.as_ref().unwrap_or(&original));
            if apart.contains(&form::key(&original)) {
                holes.extend(leaves_hole.then_some(original));
                return (PartKey::Single(key), part);
            }
            part.instance = Some(original);
            (PartKey::Override(key), part)
        })
        .collect();
    if let Some(recurrence) = &mut series.recurrence {
        recurrence.excluded.append(&mut holes);
        recurrence.excluded.sort_unstable();
        recurrence.excluded.dedup();
    }
    parts.insert(PartKey::Whole, Projected::new(c, series, next_start(c)));
    parts
}

/// What an unchanged instance of a projected series shows; `None` where the series has none there.
pub(crate) fn instance_of(
    c: &Compile<'_>,
    series: &Projected,
    original: &When,
) -> Option<Projected> {
    let written = form::in_form_of(&series.body.content.span.start, original);
    if !series::gives(c, &series.body, &written) {
        return None;
    }
    let content = content_at(&series.body, &written);
    let mut part = Projected::new(c, Body::single(content), form::key(&written));
    part.of = Some(form::in_form_of(&c.body.content.span.start, original));
    part.instance = Some(written);
    Some(part)
}

fn in_singles(c: &Compile<'_>) -> BTreeMap<PartKey, Projected> {
    let show = c.show();
    singles(c)
        .list
        .into_iter()
        .map(|one| {
            let content = show.content(one.content, &one.span);
            let mut part = Projected::new(c, Body::single(content), one.start);
            let key = form::key(&one.original);
            part.of = Some(one.original);
            (PartKey::Single(key), part)
        })
        .collect()
}

/// The instances that are written singly: those of the window that pass the filters, or the
/// [`SINGLES_MAX`] next ones, with the last that were where there is room.
pub(super) fn singles<'a>(c: &Compile<'a>) -> Occurrences<'a> {
    let window = window::range(&c.edge.options.window, c.now);
    let passes = |content: &Content| filtered(content, &c.edge.options.filters).is_none();
    let ahead = c.now.max(window.start)..window.end;
    let mut next =
        instances::first_occurrences(c.body, ahead.clone(), c.view(), (SINGLES_MAX + 1, &passes));
    if next.list.len() > SINGLES_MAX {
        next.list.truncate(SINGLES_MAX);
        next.cut = true;
        return next;
    }
    let behind = window.start..ahead.start;
    let mut all = instances::first_occurrences(c.body, behind, c.view(), (usize::MAX, &passes));
    all.list.retain(|one| one.end <= ahead.start && one.start < ahead.start);
    all.list.append(&mut next.list);
    let surplus = all.list.len().saturating_sub(SINGLES_MAX);
    all.list.drain(..surplus);
    all.cut |= next.cut || surplus > 0;
    all
}

/// The next instance of a series in the window, else its start.
fn next_start(c: &Compile<'_>) -> Timestamp {
    let ahead = c.now..window::range(&c.edge.options.window, c.now).end;
    instances::next_start(c.body, &ahead, c.view())
        .unwrap_or_else(|| form::key(&c.body.content.span.start))
}
