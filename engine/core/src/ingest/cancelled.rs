//! Instances that a person cancelled in a mirror: evidence that they are gone, on parts that stand
//! for nothing else, as of any object that goes. What comes of it is the release's (L7).

use std::collections::{BTreeMap, BTreeSet};

use super::changed::nothing_there;
use crate::compile::past;
use crate::draft::Draft;
use crate::event::{Body, Exception};
use crate::fields::Field;
use crate::form;
use crate::graph::{Capabilities, DetailLevel, OnDelete};
use crate::ids::{CalendarId, EdgeId};
use crate::journal::{Cause, CauseKind};
use crate::mirror::{
    AckFields, FieldHashes, MirrorMode, Part, PartKey, PartObject, PartRef, PartStatus,
};
use crate::presence::Evidence;
use crate::project::{document, shown_body};
use crate::provider::EventItem;
use crate::slice::{Bundle, Config, Missing};
use crate::step::Env;
use crate::time::{Timestamp, When};

/// More instances than these in one look at a series are an edit of it: each is a row.
const CANCELLED_MAX: usize = 200;

/// Among so many exclusions of a series all choices are tried.
const CHOSEN_FROM_MAX: usize = 8;

const LEVELS: [DetailLevel; 3] = [DetailLevel::Busy, DetailLevel::Title, DetailLevel::Full];

/// A series as a mirror holds it, parted.
pub(super) struct Cut {
    /// What a person made of it beside cancelling instances.
    pub(super) rest: Body,
    /// The instances that were cancelled, as the series has them.
    pub(super) cancelled: Vec<When>,
    /// What the origin made of the series meanwhile.
    pub(super) origin: OfOrigin,
}

/// What an origin is to the series that its mirror showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OfOrigin {
    /// It has its start and rule still.
    AsShown,
    /// It has another start or rule, or is a series no more: the instances are none of it.
    Another,
}

/// Parts what a mirror of a series holds; `None` where nobody can tell which instances were
/// cancelled, since the person gave the series another rule or start.
pub(super) fn cut(
    bundle: &Bundle,
    part_ref: PartRef,
    (held, fields): (&Body, &FieldHashes),
    (config, env): (&Config, &Env),
) -> Option<Cut> {
    let edge = config.edges.get(&part_ref.edge).filter(|_| part_ref.part == PartKey::Whole)?;
    let target = &config.calendars.get(&edge.to)?.capabilities;
    let part = bundle.mirrors.get(&part_ref.edge)?.parts.get(&part_ref.part)?;
    let last = part.acks.last()?;
    if part.want.is_none() {
        let origin = bundle.presences.get(&edge.from).map(|presence| &presence.body);
        return cut_of_what_goes((held, fields), origin, &last.fields?.content, target);
    }
    let projected = document(bundle, edge, PartKey::Whole, config, env)?;
    let wanted = projected.body;
    let now = FieldHashes::of(&wanted, target);
    let last = match last.fields {
        Some(fields) => fields,
        None if last.want == projected.hash => AckFields { want: now, content: now },
        // What differs in an object that was taken in may be an older text of ours.
        None => return None,
    };
    if !fields.has_pattern_of(&last.content) {
        return None;
    }
    if !now.has_pattern_of(&last.want) {
        let cut = cut_of_what_goes((held, fields), Some(&wanted), &last.content, target);
        let cut = cut.filter(|cut| !cut.cancelled.is_empty());
        return cut.map(|cut| Cut { origin: OfOrigin::Another, ..cut });
    }
    let start = &wanted.content.span.start;
    let left_out = &wanted.recurrence.as_ref()?.excluded;
    let ours: BTreeSet<Timestamp> = left_out.iter().map(|when| form::key_in(start, when)).collect();
    let excluded = held.recurrence.iter().flat_map(|recurrence| &recurrence.excluded);
    let more = excluded.filter(|when| !ours.contains(&form::key_in(start, when)));
    let more: Vec<When> = more.take(CANCELLED_MAX + 1).cloned().collect();
    if more.len() > CANCELLED_MAX {
        return None;
    }
    let same = |a: &FieldHashes, b: &FieldHashes| !a.differing(b).contains(&Field::When);
    let without = |cancelled: &[When]| Cut::new(held, (start, &wanted.exceptions), cancelled);
    if same(fields, &last.content) {
        return Some(without(&[]));
    }
    let since_last = || {
        let origin = bundle.presences.get(&edge.from).map(|presence| &presence.body);
        since_last((held, fields), origin, (&last.content, target), &ours)
    };
    if more.is_empty() {
        // Its origin may have cancelled the same.
        return since_last().or_else(|| Some(without(&[])));
    }
    if same(&now, &last.want) {
        return Some(without(&more));
    }
    // The origin lets some take place again, or changed some, which the mirror was not told yet.
    let some = more.iter().map(core::slice::from_ref);
    let some: Vec<&[When]> = core::iter::once(more.as_slice()).chain(some).collect();
    let as_ruled = |cancelled: &[When]| Cut::new(held, (start, &[]), cancelled);
    let rest_is = |said: &FieldHashes| {
        let mut cuts = some.iter().flat_map(|cancelled| [without(cancelled), as_ruled(cancelled)]);
        cuts.find(|cut| same(&FieldHashes::of(&cut.rest, target), said))
    };
    let found = rest_is(&last.content);
    let found = found.or_else(|| since_said(held, &wanted, &last.content, target));
    // What is wanted now may have been written, its answer lost.
    let found = found.or_else(|| rest_is(&now).filter(|_| part.status != PartStatus::Settled));
    found.or_else(since_last)
}

/// The same where the mirror showed its origin otherwise than its edge does now. What we leave out ourselves
/// nobody cancelled: beside that only what is nothing else but cancelled counts.
fn since_last(
    (held, fields): (&Body, &FieldHashes),
    origin: Option<&Body>,
    (last, target): (&FieldHashes, &Capabilities),
    ours: &BTreeSet<Timestamp>,
) -> Option<Cut> {
    let cut = cut_of_what_goes((held, fields), origin, last, target)?;
    let start = &held.content.span.start;
    let is_theirs = |when: &&When| !ours.contains(&form::key_in(start, when));
    let cancelled: Vec<When> = cut.cancelled.iter().filter(is_theirs).cloned().collect();
    let is_nothing_else = || FieldHashes::of(&cut.rest, target).differing(last).is_empty();
    let is_sure = cancelled.len() == cut.cancelled.len() || is_nothing_else();
    (is_sure && !cut.cancelled.is_empty()).then_some(Cut { cancelled, ..cut })
}

/// The same where the person changed other instances too.
fn since_said(
    held: &Body,
    wanted: &Body,
    last: &FieldHashes,
    target: &Capabilities,
) -> Option<Cut> {
    let said = past(wanted, held, target, last)?.said;
    let start = &held.content.span.start;
    let [before, now] =
        [&said, held].map(|body| body.recurrence.iter().flat_map(|it| &it.excluded));
    let before: BTreeSet<Timestamp> = before.map(|when| form::key_in(start, when)).collect();
    let cancelled = now.filter(|when| !before.contains(&form::key_in(start, when)));
    Some(Cut::new(held, (start, &said.exceptions), &cancelled.cloned().collect::<Vec<When>>()))
}

/// The same of a mirror on its way out, or of another series by now: what it should show nobody knows any
/// more, but for the hashes of what it showed, and what its origin says by now. What that has cancelled is
/// tried first.
fn cut_of_what_goes(
    (held, fields): (&Body, &FieldHashes),
    origin: Option<&Body>,
    last: &FieldHashes,
    target: &Capabilities,
) -> Option<Cut> {
    let start = &held.content.span.start;
    let excluded = &held.recurrence.as_ref()?.excluded;
    if !fields.has_pattern_of(last) || excluded.len() > CANCELLED_MAX {
        return None;
    }
    let of_origin = origin.and_then(|body| body.recurrence.as_ref()).map(|it| &it.excluded);
    let ours: BTreeSet<Timestamp> =
        of_origin.into_iter().flatten().map(|when| form::key_in(start, when)).collect();
    let more = excluded.iter().filter(|when| !ours.contains(&form::key_in(start, when)));
    let known = [excluded.clone(), more.cloned().collect()];
    // What was cancelled may have been changed before, and the mirror have shown it so.
    let shown = origin.map(|body| LEVELS.map(|level| shown_at(level, held, body)));
    let mut shown: Vec<Vec<Exception>> = shown.into_iter().flatten().chain([Vec::new()]).collect();
    shown.dedup();
    let is_last =
        |body: &Body| !FieldHashes::of(body, target).differing(last).contains(&Field::When);
    let said = |cut: &Cut, shown: &[Exception]| {
        let known = keys_of(start, &cut.rest);
        // The person may have changed other instances, too.
        let of = shown.iter().filter(|one| !known.contains(&form::key_in(start, &one.original)));
        let body = Body { exceptions: of.cloned().collect(), ..cut.rest.clone() };
        body.exceptions != cut.rest.exceptions && is_last(&body)
    };
    known.into_iter().chain(choices(excluded)).find_map(|cancelled| {
        shown.iter().find_map(|shown| {
            let cut = Cut::new(held, (start, shown), &cancelled);
            (is_last(&cut.rest) || said(&cut, shown)).then_some(cut)
        })
    })
}

/// The instances that a series leaves out.
fn keys_of(start: &When, body: &Body) -> BTreeSet<Timestamp> {
    let excluded = body.recurrence.iter().flat_map(|recurrence| &recurrence.excluded);
    excluded.map(|when| form::key_in(start, when)).collect()
}

/// The changed instances of an origin as a mirror shows them that holds this.
fn shown_at(level: DetailLevel, held: &Body, origin: &Body) -> Vec<Exception> {
    let shown = |one: &Exception| {
        let (mut content, of) = (held.content.clone(), &one.content);
        content.span.length = form::canonical_length(&of.span.start, of.span.length);
        content.span.start.clone_from(&of.span.start);
        match level {
            DetailLevel::Busy => {}
            DetailLevel::Title => content.title.clone_from(&of.title),
            DetailLevel::Full => {
                content.title.clone_from(&of.title);
                content.description.clone_from(&of.description);
                content.location.clone_from(&of.location);
            }
        }
        Exception { content, ..one.clone() }
    };
    origin.exceptions.iter().map(shown).collect()
}

/// Any of a few, else each alone and all but one.
fn choices(excluded: &[When]) -> impl Iterator<Item = Vec<When>> {
    let few = if excluded.len() <= CHOSEN_FROM_MAX { 1_u32 << excluded.len() } else { 0 };
    let of_few = (1..few).map(|chosen| {
        let all = excluded.iter().enumerate();
        all.filter(|(at, _)| chosen >> at & 1 == 1).map(|(_, when)| when.clone()).collect()
    });
    let many = if few == 0 { excluded } else { &[] };
    let all_but =
        |one: &When| many.iter().filter(|when| *when != one).cloned().collect::<Vec<When>>();
    of_few.chain(many.iter().flat_map(move |one| [vec![one.clone()], all_but(one)]))
}

impl Cut {
    /// `changed`: how the mirror showed instances of the series that starts at `start`.
    fn new(held: &Body, (start, changed): (&When, &[Exception]), cancelled: &[When]) -> Self {
        let keys: BTreeSet<Timestamp> =
            cancelled.iter().map(|when| form::key_in(start, when)).collect();
        let is_cancelled = |when: &When| keys.contains(&form::key_in(start, when));
        let mut rest = held.clone();
        if let Some(recurrence) = &mut rest.recurrence {
            recurrence.excluded.retain(|when| !is_cancelled(when));
        }
        let changed = changed.iter().filter(|one| is_cancelled(&one.original));
        rest.exceptions.extend(changed.cloned());
        Self { rest, cancelled: cancelled.to_vec(), origin: OfOrigin::AsShown }
    }
}

/// Whether a series is written anew with all that it has by now, whatever was cancelled in it: its origin
/// is another one since, of which the person who did that did not know. A mirror that a deletion makes
/// the person's becomes theirs all the same.
pub(super) fn outlives(config: &Config, edge: EdgeId, origin: OfOrigin) -> bool {
    let rule = config.edges.get(&edge).map(|edge| edge.options.on_delete);
    match (origin, rule) {
        (OfOrigin::AsShown, _) | (OfOrigin::Another, Some(OnDelete::Detach)) => false,
        (OfOrigin::Another, Some(OnDelete::Restore | OnDelete::Propagate) | None) => true,
    }
}

/// Records of each instance that was cancelled in a mirror whose series lacks it that it is gone,
/// and of none that it has again.
pub(super) fn in_series(
    draft: &mut Draft<'_>,
    (calendar, series): (CalendarId, PartRef),
    cancelled: &[When],
) -> Result<(), Missing> {
    let setup = draft.setup();
    let edge = setup.edges.get(&series.edge);
    let origin = draft.event(series.event)?.zip(edge).and_then(|(it, edge)| shown_body(it, edge));
    let key = |when: &When| {
        origin.map_or_else(|| form::key(when), |body| form::key_in(&body.content.span.start, when))
    };
    let keys: BTreeSet<Timestamp> = cancelled.iter().map(key).collect();
    let gone = super::removed::gone(draft, Evidence::ReadAlone);
    let cause = Cause::of(CauseKind::GoneSeen).in_calendar(calendar).for_edge(series.edge);
    let is_new = draft.edit(series.event, cause, |bundle| {
        let Some(mirror) = bundle.mirrors.get_mut(&series.edge) else { return false };
        if mirror.mirror.mode != MirrorMode::Kept {
            return false;
        }
        let mut is_new = false;
        for at in &keys {
            let key = PartKey::Override(*at);
            let part = mirror.parts.entry(key).or_insert_with(|| nothing_there(*at));
            is_new |= super::removed::witness(&mut part.gone, gone.clone());
        }
        come_back(&mut mirror.parts, &keys);
        is_new
    })?;
    if is_new { draft.evidence(calendar) } else { Ok(()) }
}

/// The mirror's series has all instances but these again, as far as they have no objects that tell.
fn come_back(parts: &mut BTreeMap<PartKey, Part>, cancelled: &BTreeSet<Timestamp>) {
    for (key, part) in parts {
        let lacks = matches!(key, PartKey::Override(at) if cancelled.contains(at));
        if part.is_cancelled(*key) && part.object.is_none() && !lacks {
            part.gone = None;
        }
    }
}

/// Records the same of an instance that an object stands for which says so.
pub(super) fn by_object(
    draft: &mut Draft<'_>,
    (calendar, series): (CalendarId, PartRef),
    (item, at): (&EventItem, Timestamp),
) -> Result<(), Missing> {
    let setup = draft.setup();
    let bundle = draft.event(series.event)?;
    let of = bundle.map_or(OfOrigin::AsShown, |it| of_origin(it, series, (&setup, draft.env)));
    let comes_back = outlives(&setup, series.edge, of);
    let gone = super::removed::gone(draft, Evidence::ReadAlone);
    let cause = Cause::of(CauseKind::GoneSeen).in_calendar(calendar).for_edge(series.edge);
    draft.edit(series.event, cause, |bundle| {
        let Some(mirror) = bundle.mirrors.get_mut(&series.edge) else { return };
        let part = mirror.parts.entry(PartKey::Override(at)).or_insert_with(|| nothing_there(at));
        let (id, version) = (item.id.clone(), item.version.clone());
        let object = PartObject::new(id, version);
        part.object = Some(PartObject { deleting: comes_back, edited: true, ..object });
        part.status = if comes_back { PartStatus::Due } else { PartStatus::Settled };
        part.starts = at;
        part.gone = Some(gone).filter(|_| !comes_back);
    })?;
    if comes_back { Ok(()) } else { draft.evidence(calendar) }
}

/// What the origin of a series is to that by now.
fn of_origin(bundle: &Bundle, series: PartRef, (config, env): (&Config, &Env)) -> OfOrigin {
    let is_shown = || {
        let edge = config.edges.get(&series.edge)?;
        let target = &config.calendars.get(&edge.to)?.capabilities;
        let whole = bundle.mirrors.get(&series.edge)?.parts.get(&PartKey::Whole)?;
        let last = whole.acks.last()?.fields?.want;
        let now = document(bundle, edge, PartKey::Whole, config, env)?;
        Some(FieldHashes::of(&now.body, target).has_pattern_of(&last))
    };
    if is_shown().unwrap_or(true) { OfOrigin::AsShown } else { OfOrigin::Another }
}
