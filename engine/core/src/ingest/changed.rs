//! Instances that a person changed in a mirror whose series is an object of ours, and that no part of
//! the mirror stands for: objects that must go, so that the instance is as the series has it again.

use super::edited::edge_wins;
use crate::compile::propagate;
use crate::draft::Draft;
use crate::event::{Body, Content};
use crate::fields::Field;
use crate::form;
use crate::graph::{Edge, Lifecycle, OnEdit};
use crate::ids::CalendarId;
use crate::journal::{Cause, CauseKind};
use crate::merge::put_change;
use crate::mirror::{FieldHashes, MirrorMode, Part, PartKey, PartObject, PartRef, PartStatus};
use crate::normalize;
use crate::plan::{Note, RowKey};
use crate::presence::ContentHash;
use crate::project::{document, project, shown_body};
use crate::provider::{EventItem, Payload};
use crate::revert::{reverted, shown_instance, shown_part};
use crate::slice::{Bundle, Config, Missing};
use crate::step::Env;
use crate::time::{Timestamp, When};

/// An object without a row that names the series of a mirror part. Counts as a person's edit of
/// the mirror once a read of it alone has shown it (L5); what it says is kept in the journal. What
/// the series shows, as it was acknowledged, tells which fields the person changed.
pub(super) fn first_seen(
    draft: &mut Draft<'_>,
    calendar: CalendarId,
    series: PartRef,
    item: &EventItem,
) -> Result<(), Missing> {
    let Payload::Instance { original, content, .. } = &item.payload else {
        return Ok(());
    };
    let setup = draft.setup();
    let Some(bundle) = draft.event(series.event)? else {
        return Ok(());
    };
    let edge = setup.edges.get(&series.edge).filter(|edge| edge.state == Lifecycle::Active);
    let Some((edge, mirror)) = edge.zip(bundle.mirrors.get(&series.edge)) else {
        return Ok(());
    };
    if mirror.mirror.mode == MirrorMode::Detached {
        return Ok(());
    }
    let origin = shown_body(bundle, edge);
    let at = origin.map_or_else(
        || form::key(original),
        |body| form::key_in(&body.content.span.start, original),
    );
    let key = PartKey::Override(at);
    let known = mirror.parts.get(&key);
    // Where one is to be written, nothing can be until what a person made there is taken in.
    let is_wanted = known.is_some_and(|part| part.want.is_some());
    let is_there = |part: &Part| part.object.is_some() && !is_taken_in(part);
    if known.is_some_and(is_there) || (is_wanted && content.is_none()) {
        return Ok(());
    }
    if content.is_none() && is_left_out(bundle, &setup, draft.env, (edge, original)) {
        return Ok(());
    }
    if !item.fresh {
        draft.fetch(item.id.clone());
        return Ok(());
    }
    if item.mark.as_deref() == Some("") {
        // We made it as its series had it, which says something else now: it goes along.
        let cause = Cause::of(CauseKind::Seen).in_calendar(calendar).for_edge(series.edge);
        let due = |part: &mut Part| part.status = PartStatus::Due;
        return take_in(draft, series, (item, at), cause, due);
    }
    let Some(content) = content else {
        return super::cancelled::by_object(draft, (calendar, series), (item, at));
    };
    let cause = Cause::of(CauseKind::MirrorEdited).in_calendar(calendar).for_edge(series.edge);
    match edge.options.on_edit {
        OnEdit::Detach => super::mirror::detach(draft, series, cause)?,
        OnEdit::Propagate if take_back(draft, series, item, at, &cause)? => {}
        OnEdit::Propagate | OnEdit::Revert => revert(draft, series, item, at, cause)?,
    }
    let part = PartRef { part: key, ..series };
    draft.keep_lost(series.event, &RowKey::Part(part), &Body::single((**content).clone()));
    Ok(())
}

/// Whether a part's object is one that a person changed and that was taken in, and is yet to be
/// written: it bears no mark of ours.
pub(super) fn is_taken_in(part: &Part) -> bool {
    let is_edited = part.object.as_ref().is_some_and(|object| object.edited);
    is_edited && part.want.is_some() && part.acks.is_empty()
}

/// Such an object once more. Under another version it says what it said when its series was written
/// meanwhile (Exchange); else a person has changed it again.
pub(super) fn seen_again(
    draft: &mut Draft<'_>,
    calendar: CalendarId,
    part_ref: PartRef,
    item: &EventItem,
) -> Result<(), Missing> {
    let said = content_of(item, &draft.setup(), calendar);
    let part = draft
        .event(part_ref.event)?
        .and_then(|bundle| bundle.mirrors.get(&part_ref.edge)?.parts.get(&part_ref.part));
    let is_known = part
        .zip(said)
        .is_some_and(|(part, said)| part.want == Some(said) || part.before.contains(&said));
    if !is_known {
        return first_seen(draft, calendar, PartRef { part: PartKey::Whole, ..part_ref }, item);
    }
    let cause = Cause::of(CauseKind::Seen).in_calendar(calendar).for_edge(part_ref.edge);
    super::mirror::with_part(draft, part_ref, cause, |part| {
        part.gone = None;
        super::mirror::set_version(part, item.version.clone());
        if !matches!(part.status, PartStatus::Parked(_)) {
            part.status = PartStatus::Due;
        }
    })
}

/// What an instance says, as its calendar keeps it.
fn content_of(item: &EventItem, config: &Config, calendar: CalendarId) -> Option<ContentHash> {
    let target = &config.calendars.get(&calendar)?.capabilities;
    Some(normalize::hash(&super::mirror::shown(item)?, target))
}

/// Whether the mirror is to lack an instance: that it does is nobody's edit any more.
fn is_left_out(
    bundle: &Bundle,
    config: &Config,
    env: &Env,
    (edge, original): (&Edge, &When),
) -> bool {
    let series = document(bundle, edge, PartKey::Whole, config, env);
    series.is_some_and(|series| {
        let start = &series.body.content.span.start;
        let at = form::key_in(start, original);
        let left_out = series.body.recurrence.iter().flat_map(|recurrence| &recurrence.excluded);
        left_out.into_iter().any(|when| form::key_in(start, when) == at)
    })
}

/// Takes the edit to the origin as far as it may go; false where nothing of it may.
fn take_back(
    draft: &mut Draft<'_>,
    series: PartRef,
    item: &EventItem,
    at: Timestamp,
    cause: &Cause,
) -> Result<bool, Missing> {
    let Payload::Instance { original, content: Some(content), .. } = &item.payload else {
        return Ok(false);
    };
    let (setup, env) = (draft.setup(), draft.env);
    let Some(edge) = setup.edges.get(&series.edge) else { return Ok(false) };
    let said = content_of(item, &setup, edge.to);
    let taken = draft
        .event(series.event)?
        .and_then(|bundle| decide(bundle, &setup, env, (edge, at), (original, content)));
    let Some(Taken { origin, lost }) = taken else { return Ok(false) };
    let note = Note::new("mirror.propagated");
    draft.note(Note { event: Some(series.event), edge: Some(series.edge), ..note });
    let what = if lost.is_some() { CauseKind::Conflict } else { cause.what };
    draft.edit(series.event, Cause { what, ..cause.clone() }, |bundle| {
        if let Some(presence) = bundle.presences.get_mut(&edge.from) {
            put_change(presence, Some(origin), Some(edge.id));
        }
        project(bundle, &setup, env, true);
        if let Some(mirror) = bundle.mirrors.get_mut(&series.edge) {
            // It is written whole once more, with its mark.
            let part =
                mirror.parts.entry(PartKey::Override(at)).or_insert_with(|| nothing_there(at));
            let (id, version) = (item.id.clone(), item.version.clone());
            let deleting = part.want.is_none();
            let object = PartObject::new(id, version);
            part.object = Some(PartObject { deleting, edited: true, ..object });
            said.into_iter().for_each(|said| part.keep_before(said));
            part.status = PartStatus::Due;
        }
    })?;
    if let Some(lost) = &lost {
        draft.keep_lost(series.event, &RowKey::Presence(series.event, edge.from), lost);
    }
    Ok(true)
}

struct Taken {
    /// What the origin is to say.
    origin: Body,
    /// What it says, where some of that loses.
    lost: Option<Body>,
}

fn decide(
    bundle: &Bundle,
    config: &Config,
    env: &Env,
    (edge, at): (&Edge, Timestamp),
    (original, content): (&When, &Content),
) -> Option<Taken> {
    let target = &config.calendars.get(&edge.to)?.capabilities;
    let (mut shown, series) = shown_instance(bundle, config, env, (edge.id, original))?;
    let of = |body: &Body| FieldHashes::of(body, target);
    let as_ruled = of(&shown.projected.body);
    // Its origin has changed it too, and it is yet to be written.
    let event = bundle.event.as_ref()?.id;
    let part = PartRef { event, edge: edge.id, part: PartKey::Override(at) };
    let wanted = shown_part(bundle, config, env, part);
    let changed = wanted.as_ref().map(|own| of(&own.projected.body).differing(&as_ruled));
    shown = wanted.unwrap_or(shown);
    let whole = bundle.mirrors.get(&edge.id)?.parts.get(&PartKey::Whole)?;
    let last = whole.acks.last()?.fields?;
    let edited = Body::single(content.clone());
    let (seen, now) = (of(&edited), of(&series.body));
    let theirs: Vec<Field> =
        now.differing(&last.want).into_iter().chain(changed.into_iter().flatten()).collect();
    let moved = now.has_pattern_of(&last.want) && seen.differing(&as_ruled).contains(&Field::When);
    // An instance keeps what its series said when it was changed, which need not be what that said
    // last; of a write that had no answer yet nobody knows the fields.
    let is_ours = |field: &Field| !whole.before.is_empty() || whole.said(*field, &seen);
    let person: Vec<Field> = seen
        .differing(&last.content)
        .into_iter()
        .filter(|field| *field != Field::When && !is_ours(field))
        .chain(moved.then_some(Field::When))
        .collect();
    let wins = edge_wins(edge);
    let taken: Vec<Field> =
        person.iter().copied().filter(|field| wins || !theirs.contains(field)).collect();
    if taken.is_empty() {
        return None;
    }
    let lost = wins && person.iter().any(|field| theirs.contains(field));
    let fields = shown.fields.only(&taken);
    let origin = propagate(shown.origin, &shown.projected, &edited, fields)?;
    Some(Taken { origin, lost: lost.then(|| shown.origin.clone()) })
}

/// The object must go: as often as a part may be put back.
fn revert(
    draft: &mut Draft<'_>,
    series: PartRef,
    item: &EventItem,
    at: Timestamp,
    cause: Cause,
) -> Result<(), Missing> {
    let note = Note::new("mirror.reverted");
    draft.note(Note { event: Some(series.event), edge: Some(series.edge), ..note });
    let now = draft.env.now;
    take_in(draft, series, (item, at), cause, |part| reverted(part, now))
}

/// The object is taken in as a part that should not be there.
fn take_in(
    draft: &mut Draft<'_>,
    series: PartRef,
    (item, at): (&EventItem, Timestamp),
    cause: Cause,
    then: impl FnOnce(&mut Part),
) -> Result<(), Missing> {
    let setup = draft.setup();
    let said = setup.edges.get(&series.edge).and_then(|edge| content_of(item, &setup, edge.to));
    draft.edit(series.event, cause, |bundle| {
        if let Some(mirror) = bundle.mirrors.get_mut(&series.edge) {
            let key = PartKey::Override(at);
            let part = mirror.parts.entry(key).or_insert_with(|| nothing_there(at));
            let (id, version) = (item.id.clone(), item.version.clone());
            let deleting = part.want.is_none();
            let object = PartObject::new(id, version);
            part.object = Some(PartObject { deleting, edited: true, ..object });
            if deleting {
                part.starts = at;
            } else {
                said.into_iter().for_each(|said| part.keep_before(said));
            }
            then(part);
        }
    })
}

pub(super) const fn nothing_there(starts: Timestamp) -> Part {
    Part {
        generation: 0,
        want: None,
        object: None,
        acks: Vec::new(),
        before: Vec::new(),
        status: PartStatus::Settled,
        reverts: Vec::new(),
        attempts: 0,
        stale: 0,
        starts,
        gone: None,
    }
}

/// An object once more that stands for such an instance: it is due again, unless it says that a person
/// cancelled the instance, which waits for the release.
pub(super) fn to_go_again(
    draft: &mut Draft<'_>,
    calendar: CalendarId,
    part_ref: PartRef,
    item: &EventItem,
) -> Result<(), Missing> {
    let cause = Cause::of(CauseKind::Seen).in_calendar(calendar).for_edge(part_ref.edge);
    super::mirror::with_part(draft, part_ref, cause, |part| {
        let waits = part.is_cancelled(part_ref.part) && super::mirror::shown(item).is_none();
        if let Some(object) = part.object.as_mut().filter(|_| waits) {
            object.version.clone_from(&item.version);
            return;
        }
        part.gone = None;
        super::mirror::set_version(part, item.version.clone());
        if !matches!(part.status, PartStatus::Parked(_)) {
            part.status = PartStatus::Due;
        }
    })
}

/// Whether a part's object stands for an instance that should be as its series has it: a stub, or
/// what was taken in by [`first_seen`]. It is due again, at the version it has now.
pub(super) fn is_to_go(part: &Part, item: &EventItem) -> bool {
    match &item.payload {
        Payload::Whole(_) => false,
        Payload::Instance { content, .. } => {
            part.want.is_none() && (content.is_none() || part.acks.is_empty())
        }
    }
}
