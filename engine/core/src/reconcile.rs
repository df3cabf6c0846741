//! The step that compares a listing of everything with what is recorded, range by range.

use std::cmp::Ordering;

use crate::draft::Draft;
use crate::ids::{CalendarId, ProviderId, Version};
use crate::journal::{Cause, CauseKind};
use crate::mirror::PartRef;
use crate::plan::Plan;
use crate::presence::{AsideKind, Evidence, Gone};
use crate::slice::{Bundle, Missing, ObjectRow, Owner, ReadSet, Slice};
use crate::step::{Env, ListingRange};

/// How many objects one plan looks at whose events, or raw text, are loaded for it.
const LOADED_MAX: usize = 200;

/// How long the raw text of what could not be read is kept: thirty days.
const RAW_KEPT_MILLIS: i64 = 30 * 86_400_000;

/// Merges a sorted range of a complete listing with the recorded objects of the same range
/// ([`ListingRange::recorded`]).
///
/// [`Plan::fetch`] names what is new or changed, and what is missing and can be asked for alone.
/// What is missing gets evidence of absence; its effect waits for a second witness and for
/// [`crate::release::release`] (L7). `Plan::taken` is 1 when the range is done; else
/// [`Plan::until`] is the last object that is, and the range after it is to be done next.
///
/// # Errors
/// [`Missing`] names the range, or events that objects in it belong to.
pub fn reconcile(slice: &Slice, range: &ListingRange, env: &Env) -> Result<Plan, Missing> {
    let mut draft = Draft::new(slice, env);
    let twice = slice
        .config
        .calendars
        .get(&range.calendar)
        .is_some_and(|calendar| calendar.capabilities.absence_twice);
    let recorded = range.recorded();
    let stored = slice.range(&recorded)?;
    // What is listed beyond the last of a full page is compared with the next one.
    let mut until = recorded.cut(stored);
    let mut missing = ReadSet::default();
    let (mut last, mut loaded) = (None, 0);
    for pair in merge(stored, &range.listed) {
        if until.is_some_and(|end| pair.id() > end) {
            break;
        }
        loaded += usize::from(pair.is_loaded(twice));
        if last.is_some() && (!draft.has_room() || loaded > LOADED_MAX) {
            until = last;
            break;
        }
        last = Some(pair.id());
        if let Err(Missing(want)) = compare(&mut draft, range.calendar, &pair, twice) {
            missing.merge(*want);
        }
    }
    if !missing.is_empty() {
        return Err(Missing::of(missing));
    }
    let mut plan = draft.finish(usize::from(until.is_none()))?;
    plan.until = until.cloned();
    Ok(plan)
}

enum Pair<'a> {
    Listed(&'a ProviderId),
    Both(&'a ProviderId, &'a ObjectRow, Option<&'a Version>),
    Stored(&'a ProviderId, &'a ObjectRow),
}

impl<'a> Pair<'a> {
    const fn id(&self) -> &'a ProviderId {
        match self {
            Self::Listed(id) | Self::Both(id, ..) | Self::Stored(id, _) => id,
        }
    }

    /// Whether more than its row is loaded. What was missing before is known to be: only where a
    /// second look counts is it looked at.
    fn is_loaded(&self, twice: bool) -> bool {
        match self {
            Self::Listed(_) => false,
            Self::Both(_, row, _) => row.owner == Owner::Aside(None),
            Self::Stored(_, row) => twice || !row.gone,
        }
    }
}

fn compare(
    draft: &mut Draft<'_>,
    calendar: CalendarId,
    pair: &Pair<'_>,
    twice: bool,
) -> Result<(), Missing> {
    match *pair {
        Pair::Both(id, row, version) => {
            both(draft, id, row, version);
            expire(draft, calendar, id, row)
        }
        Pair::Stored(id, row) if pair.is_loaded(twice) => absent(draft, calendar, id, row, twice),
        Pair::Listed(id) | Pair::Stored(id, _) => {
            draft.fetch(id.clone());
            Ok(())
        }
    }
}

fn merge<'a>(
    stored: &'a [(ProviderId, ObjectRow)],
    listed: &'a [(ProviderId, Option<Version>)],
) -> Vec<Pair<'a>> {
    let mut pairs = Vec::with_capacity(stored.len().max(listed.len()));
    let (mut stored, mut listed) = (stored.iter().peekable(), listed.iter().peekable());
    loop {
        let order = match (stored.peek(), listed.peek()) {
            (None, None) => return pairs,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((a, _)), Some((b, _))) => a.cmp(b),
        };
        let left = if order == Ordering::Greater { None } else { stored.next() };
        let right = if order == Ordering::Less { None } else { listed.next() };
        pairs.extend(match (left, right) {
            (Some((id, row)), Some((_, version))) => Some(Pair::Both(id, row, version.as_ref())),
            (Some((id, row)), None) => Some(Pair::Stored(id, row)),
            (None, Some((id, _))) => Some(Pair::Listed(id)),
            (None, None) => None,
        });
    }
}

/// It is there. Read again where it differs, or where something had said that it was gone.
fn both(draft: &mut Draft<'_>, id: &ProviderId, row: &ObjectRow, version: Option<&Version>) {
    if version.is_none() || row.version.as_ref() != version || row.gone {
        draft.fetch(id.clone());
    }
}

/// What could not be read keeps its reason, and its raw text for a month (L12).
fn expire(
    draft: &mut Draft<'_>,
    calendar: CalendarId,
    id: &ProviderId,
    row: &ObjectRow,
) -> Result<(), Missing> {
    if row.owner != Owner::Aside(None) {
        return Ok(());
    }
    let key = (calendar, id.clone());
    let Some(mut aside) = draft.aside(&key)?.cloned() else {
        return Ok(());
    };
    let AsideKind::Quarantined(quarantine) = &mut aside.what else {
        return Ok(());
    };
    let until = quarantine.at.saturating_add_millis(RAW_KEPT_MILLIS);
    if draft.env.now >= until && !quarantine.raw.is_empty() {
        quarantine.raw.clear();
        draft.set_aside(key, Some(aside));
    }
    Ok(())
}

fn absent(
    draft: &mut Draft<'_>,
    calendar: CalendarId,
    id: &ProviderId,
    row: &ObjectRow,
    twice: bool,
) -> Result<(), Missing> {
    if !twice && !matches!(row.owner, Owner::Aside(_)) {
        draft.fetch(id.clone());
    }
    match row.owner.clone() {
        Owner::Aside(event) => absent_aside(draft, (calendar, id.clone()), event),
        Owner::Instance(event, _) => absent_presence(draft, calendar, event, Some(id), twice),
        Owner::Presence(event) => absent_presence(draft, calendar, event, None, twice),
        Owner::Part(part) => absent_part(draft, calendar, part, twice),
    }
}

fn absent_aside(
    draft: &mut Draft<'_>,
    key: (CalendarId, ProviderId),
    event: Option<crate::ids::EventId>,
) -> Result<(), Missing> {
    match event {
        Some(event) => draft.edit(event, Draft::seen_in(key.0), |bundle| {
            bundle.strays.remove(&key);
        }),
        None => {
            draft.aside(&key)?;
            draft.set_aside(key, None);
            Ok(())
        }
    }
}

fn absent_presence(
    draft: &mut Draft<'_>,
    calendar: CalendarId,
    event: crate::ids::EventId,
    instance: Option<&ProviderId>,
    twice: bool,
) -> Result<(), Missing> {
    let env = draft.env;
    let cause = Cause::of(CauseKind::GoneSeen).in_calendar(calendar);
    let gone = |bundle: &mut Bundle| {
        let Some(presence) = bundle.presences.get_mut(&calendar) else {
            return false;
        };
        let slot = match instance {
            None => Some(&mut presence.gone),
            Some(id) => {
                presence.instances.iter_mut().find(|i| i.object == *id).map(|i| &mut i.gone)
            }
        };
        slot.is_some_and(|gone| missed(gone, env, twice))
    };
    if draft.edit(event, cause, gone)? { draft.evidence(calendar) } else { Ok(()) }
}

fn absent_part(
    draft: &mut Draft<'_>,
    calendar: CalendarId,
    part_ref: PartRef,
    twice: bool,
) -> Result<(), Missing> {
    let env = draft.env;
    let cause = Cause::of(CauseKind::GoneSeen).in_calendar(calendar).for_edge(part_ref.edge);
    let gone = |bundle: &mut Bundle| {
        let mirror = bundle.mirrors.get_mut(&part_ref.edge);
        let part = mirror.and_then(|mirror| mirror.parts.get_mut(&part_ref.part));
        part.is_some_and(|part| missed(&mut part.gone, env, twice))
    };
    if draft.edit(part_ref.event, cause, gone)? { draft.evidence(calendar) } else { Ok(()) }
}

/// Absent from a complete listing; whether that says more than was known. Where nothing can be
/// read alone, a second listing in another run is the second witness.
fn missed(gone: &mut Option<Gone>, env: &Env, twice: bool) -> bool {
    match gone {
        Some(seen) if twice && seen.run != env.run => !std::mem::replace(&mut seen.confirmed, true),
        Some(_) => false,
        None => {
            *gone = Some(Gone {
                run: env.run,
                at: env.now,
                evidence: Evidence::Absent,
                confirmed: false,
            });
            true
        }
    }
}
