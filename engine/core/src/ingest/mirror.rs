//! Mirrors as their calendars show them: echoes, replays, and what a person did to them (L5).

use super::cancelled::{self, Cut};
use super::edited::{self, Edit};
use super::{inherited, put_back};
use crate::draft::Draft;
use crate::event::Body;
use crate::fields::Field;
use crate::graph::{Capabilities, OnEdit, SeriesShape};
use crate::ids::{CalendarId, ProviderId, Version};
use crate::journal::{Cause, CauseKind};
use crate::mark::{self, Mark, Reading};
use crate::mirror::{Ack, AckFields, FieldHashes, MirrorMode, Part, PartKey, PartRef, PartStatus};
use crate::normalize;
use crate::plan::{Note, RowKey};
use crate::presence::{ContentHash, Evidence};
use crate::project::{document, project};
use crate::provider::{EventItem, Payload};
use crate::release::{become_theirs, doubt_instances, try_refused};
use crate::slice::Missing;

/// An object that a mirror part's row names.
pub(super) fn seen(
    draft: &mut Draft<'_>,
    calendar: CalendarId,
    part_ref: PartRef,
    item: &EventItem,
) -> Result<(), Missing> {
    let setup = draft.setup();
    let Some(target) = setup.calendars.get(&calendar) else {
        return Ok(());
    };
    let target = &target.capabilities;
    let Some(bundle) = draft.event(part_ref.event)? else {
        return Ok(());
    };
    let Some(mirror) = bundle.mirrors.get(&part_ref.edge) else {
        return Ok(());
    };
    let Some(part) = mirror.parts.get(&part_ref.part) else {
        return Ok(());
    };
    let is_leaving = part.want.is_none() && part.status != PartStatus::Settled;
    if mirror.mirror.mode == MirrorMode::Detached && !is_leaving {
        return Ok(());
    }
    if super::changed::is_to_go(part, item) {
        return super::changed::to_go_again(draft, calendar, part_ref, item);
    }
    let Some(body) = shown(item) else {
        // A cancelled stub: the object is there no more.
        return super::removed::removed(draft, calendar, &item.id, Evidence::Tombstone);
    };
    let seen = Seen {
        content: normalize::hash(&body, target),
        fields: FieldHashes::of(&body, target),
        version: item.version.clone(),
        fresh: item.fresh,
    };
    let marked = is_marked(draft, item, part_ref, part.generation);
    let is_instance = matches!(part_ref.part, PartKey::Override(_));
    if is_instance && !marked && super::changed::is_taken_in(part) {
        return super::changed::seen_again(draft, calendar, part_ref, item);
    }
    let present = || {
        let edge = setup.edges.get(&part_ref.edge)?;
        document(bundle, edge, PartKey::Whole, &setup, draft.env)
    };
    let (mut is, mut taken_over) = (judge(part, &seen, marked, target), Vec::new());
    let in_part = item.doubts.contains(&EventItem::IN_PART);
    if in_part && matches!(is, Is::Echo) {
        // As wanted by now, and it says that it is not.
        is = Is::Outdated;
    }
    if matches!(is, Is::Edited) {
        if inherited::is_instance_of(part_ref.part, target) {
            let fields = || Some(FieldHashes::of(&present()?.body, target));
            let whole = mirror.parts.get(&PartKey::Whole);
            (is, taken_over) = inherited::judge(part, whole, &seen, fields);
        } else if in_part || inherited::is_half_written(part, &body, target, present) {
            is = Is::Doubtful;
        }
    } else if put_back::may_lag((part_ref.part, part), (&is, &seen), &body, target) {
        is = Is::Unclear;
    }
    is = in_mode(mirror.mirror.mode, is);
    let was_written = part.acks.last().is_none_or(|ack| ack.content != seen.content);
    let cut = matches!(is, Is::Edited)
        .then(|| cancelled::cut(bundle, part_ref, (&body, &seen.fields), (&setup, draft.env)))
        .flatten();
    let was_edited = part.object.as_ref().is_some_and(|object| object.edited);
    let look = Look { calendar, target, seen, body: &body, was_written, is, taken_over };
    match cut {
        Some(cut) => act_on_cut(draft, part_ref, (item, marked, was_edited), (look, &cut)),
        None => act_whole(draft, part_ref, (&item.id, was_edited), look),
    }
}

/// What is not parted. A series that is as it was, and not by a write of ours since a person edited it,
/// has all its instances again.
fn act_whole(
    draft: &mut Draft<'_>,
    part_ref: PartRef,
    (object, was_edited): (&ProviderId, bool),
    look: Look<'_>,
) -> Result<(), Missing> {
    let came_back = matches!(look.is, Is::Echo) && was_edited && part_ref.part == PartKey::Whole;
    let calendar = look.calendar;
    act(draft, part_ref, object, look)?;
    if came_back { cancelled::in_series(draft, (calendar, part_ref), &[]) } else { Ok(()) }
}

/// What a person made of a series beside cancelling instances of it, and these.
fn act_on_cut(
    draft: &mut Draft<'_>,
    part_ref: PartRef,
    (item, marked, was_edited): (&EventItem, bool, bool),
    (look, cut): (Look<'_>, &Cut),
) -> Result<(), Missing> {
    let (calendar, target, body) = (look.calendar, look.target, &cut.rest);
    let (content, fields) = (normalize::hash(body, target), FieldHashes::of(body, target));
    let seen = Seen { content, fields, version: look.seen.version.clone(), ..look.seen };
    let bundle = draft.event(part_ref.event)?;
    let part =
        bundle.and_then(|bundle| bundle.mirrors.get(&part_ref.edge)?.parts.get(&part_ref.part));
    let Some(part) = part else { return Ok(()) };
    let (is, is_wanted) = (judge(part, &seen, marked, target), part.want.is_some());
    if cut.cancelled.is_empty() {
        return act_on_none(draft, part_ref, (item, was_edited), (look, &is));
    }
    let comes_back = cancelled::outlives(&draft.setup(), part_ref.edge, cut.origin);
    if matches!(is, Is::Echo | Is::ReadBack) {
        let cause = Cause::of(CauseKind::GoneSeen).in_calendar(calendar).for_edge(part_ref.edge);
        with_part(draft, part_ref, cause, |part| {
            part.gone = None;
            set_edited(part, seen.version);
            if is_wanted && !matches!(part.status, PartStatus::Parked(_)) {
                part.status = if comes_back { PartStatus::Due } else { PartStatus::Settled };
            }
        })?;
    } else {
        act(draft, part_ref, &item.id, Look { seen, body, is, ..look })?;
        // It may say by now what is wanted, but for the instances that it lacks all the same.
        let cause = Cause::of(CauseKind::GoneSeen).in_calendar(calendar).for_edge(part_ref.edge);
        with_part(draft, part_ref, cause, |part| {
            let is_settled = part.status == PartStatus::Settled;
            if let Some(object) = part.object.as_mut().filter(|_| is_settled) {
                object.edited = true;
            }
        })?;
    }
    if !is_wanted || comes_back {
        // It goes with all its instances, or is written with all that it has by now.
        draft.keep_lost(part_ref.event, &RowKey::Part(part_ref), look.body);
        return Ok(());
    }
    cancelled::in_series(draft, (calendar, part_ref), &cut.cancelled)
}

/// A series in which nobody cancelled an instance, and what it is without those that we leave out by now.
fn act_on_none(
    draft: &mut Draft<'_>,
    part_ref: PartRef,
    (item, was_edited): (&EventItem, bool),
    (look, rest): (Look<'_>, &Is),
) -> Result<(), Missing> {
    let calendar = look.calendar;
    let is = if matches!(rest, Is::Echo | Is::ReadBack) { Is::Outdated } else { look.is };
    act(draft, part_ref, &item.id, Look { is, ..look })?;
    // Else what was cancelled before is there again by a write of ours.
    if was_edited { cancelled::in_series(draft, (calendar, part_ref), &[]) } else { Ok(()) }
}

/// An object that was looked at, and what it turned out to be.
struct Look<'a> {
    calendar: CalendarId,
    target: &'a Capabilities,
    seen: Seen,
    body: &'a Body,
    /// Whether it holds something else than was acknowledged last.
    was_written: bool,
    is: Is,
    /// Where a person edited it: the fields in which it may say what was written of its series.
    taken_over: Vec<Field>,
}

/// What was read of a mirror's object.
pub(super) struct Seen {
    pub(super) content: ContentHash,
    pub(super) fields: FieldHashes,
    version: Option<Version>,
    pub(super) fresh: bool,
}

/// What a mirror's object turned out to be.
pub(super) enum Is {
    /// As last acknowledged.
    Unchanged,
    /// The stored form of what we wrote.
    ReadBack,
    /// Our own content under a new version.
    Echo,
    /// An older content of ours: written again.
    Outdated,
    /// What the server made of our write, or what someone else wrote over it: nobody can tell. It
    /// is kept where it can be brought back, and ours is written once more.
    Doubtful,
    /// Not to be decided from a listing.
    Unclear,
    /// What a write of ours took the place of: a read that began before it, or the same once more.
    /// The next read tells.
    Late,
    /// A person edited it.
    Edited,
    /// It is not as acknowledged, and behind the window.
    Past,
    /// The mark is gone, or is another's: not ours any more.
    Taken,
}

fn judge(part: &Part, seen: &Seen, marked: bool, target: &Capabilities) -> Is {
    let known_version = part.object.as_ref().and_then(|object| object.version.as_ref());
    let same_version = known_version.is_some() && known_version == seen.version.as_ref();
    let current = part.want == Some(seen.content)
        || part.acks.last().is_some_and(|ack| ack.content == seen.content);
    if part.status == PartStatus::ReadBack {
        let ours = same_version || (known_version.is_none() && (marked || !target.marks));
        if ours || (marked && current) {
            return match (current, seen.fresh) {
                (true, _) => Is::ReadBack,
                (false, false) => Is::Unclear,
                (false, true) if same_version || is_rewriting(part, seen) => Is::ReadBack,
                (false, true) => Is::Doubtful,
            };
        }
    } else if same_version {
        return Is::Unchanged;
    }
    let replaced = part.object.as_ref().and_then(|object| object.replaced.as_ref());
    // It may have said what was written over it, and lacked our mark still.
    let says_ours = current && (marked || !target.marks);
    if replaced.is_some() && replaced == seen.version.as_ref() && !says_ours {
        return Is::Late;
    }
    if !marked {
        return match (target.marks, seen.fresh) {
            (false, _) if current => Is::Echo,
            (_, true) => Is::Taken,
            (_, false) => Is::Unclear,
        };
    }
    if current {
        return Is::Echo;
    }
    if !seen.fresh {
        return Is::Unclear;
    }
    let acknowledged = part.acks.iter().any(|ack| ack.content == seen.content);
    if acknowledged || part.before.contains(&seen.content) {
        return Is::Outdated;
    }
    // A write whose answer was lost may have been taken, and changed on the way.
    let unanswered = part.status == PartStatus::Unsure && part.attempts > 0;
    if unanswered { Is::Doubtful } else { Is::Edited }
}

/// What that comes to in a mirror that is not kept as it should be. Behind the window it is not compared:
/// what someone made of it is known, so that it can be written where it shows too much, and stays. What
/// was on its way out of a mirror that a person made theirs, and is edited too, stays with the rest.
const fn in_mode(mode: MirrorMode, is: Is) -> Is {
    match (mode, is) {
        (MirrorMode::Frozen, Is::Outdated | Is::Doubtful | Is::Edited) => Is::Past,
        (MirrorMode::Detached, Is::Edited) => Is::Taken,
        (MirrorMode::Kept | MirrorMode::Frozen | MirrorMode::Paused | MirrorMode::Detached, is) => {
            is
        }
    }
}

/// Whether a content that differs from the write it follows is what the server makes of such a
/// write: in no field that people see, or as it did once before.
fn is_rewriting(part: &Part, seen: &Seen) -> bool {
    let Some(last) = part.acks.last() else { return false };
    let same_fields = last.fields.is_some_and(|fields| fields.want == seen.fields);
    let as_before =
        part.acks.iter().any(|ack| ack.want == last.want && ack.content == seen.content);
    same_fields || as_before
}

fn act(
    draft: &mut Draft<'_>,
    part_ref: PartRef,
    object: &ProviderId,
    look: Look<'_>,
) -> Result<(), Missing> {
    let Look { calendar, target, seen, body, was_written, is, taken_over } = look;
    let cause = Cause::of(CauseKind::Seen).in_calendar(calendar).for_edge(part_ref.edge);
    match is {
        Is::Unchanged => with_part(draft, part_ref, cause, |part| {
            part.gone = None;
            if part.status == PartStatus::Unsure {
                part.settle();
                // The version may be one that a person made, and our answer to it is what was lost.
                if part.acks.last().is_some_and(|ack| ack.content != seen.content) {
                    part.status = PartStatus::Due;
                }
            }
        }),
        Is::ReadBack | Is::Echo => {
            acknowledged(draft, part_ref, (&seen, was_written, target), cause)
        }
        Is::Outdated => with_part(draft, part_ref, cause, |part| {
            part.gone = None;
            set_edited(part, seen.version);
            part.status = PartStatus::Due;
        }),
        Is::Doubtful => {
            let cause = Cause { what: CauseKind::MirrorEdited, ..cause };
            with_part(draft, part_ref, cause, |part| {
                part.gone = None;
                remember(part, &seen);
                set_edited(part, seen.version);
                part.status = PartStatus::Due;
            })?;
            draft.keep_lost(part_ref.event, &RowKey::Part(part_ref), body);
            Ok(())
        }
        Is::Past => {
            with_part(draft, part_ref, cause, |part| {
                part.gone = None;
                set_edited(part, seen.version);
            })?;
            draft.keep_lost(part_ref.event, &RowKey::Part(part_ref), body);
            Ok(())
        }
        Is::Unclear => {
            draft.fetch(object.clone());
            Ok(())
        }
        Is::Late => {
            draft.fetch(object.clone());
            with_part(draft, part_ref, cause, doubt)
        }
        Is::Taken => {
            let note = Note::new("mirror.taken");
            draft.note(Note { event: Some(part_ref.event), calendar: Some(calendar), ..note });
            let cause = Cause { what: CauseKind::MirrorEdited, ..cause };
            detach(draft, part_ref, cause)
        }
        Is::Edited => {
            let cause = Cause { what: CauseKind::MirrorEdited, ..cause };
            with_part(draft, part_ref, cause.clone(), |part| {
                part.gone = None;
                set_edited(part, seen.version.clone());
            })?;
            let fields = seen.fields;
            let edit = Edit { part: part_ref, body, fields, taken_over, cause };
            edited::edited(draft, &edit)
        }
    }
}

/// It holds what we wrote. Where that is a series, its instances may have taken over some of it.
fn acknowledged(
    draft: &mut Draft<'_>,
    part_ref: PartRef,
    (seen, was_written, target): (&Seen, bool, &Capabilities),
    cause: Cause,
) -> Result<(), Missing> {
    let passes_on = target.series == SeriesShape::Patterns && was_written;
    with_part(draft, part_ref, cause.clone(), |part| {
        part.gone = None;
        acknowledge_seen(part, seen);
        set_version(part, seen.version.clone());
        if !matches!(part.status, PartStatus::Parked(_)) {
            part.settle();
        }
    })?;
    draft.edit(part_ref.event, cause, |bundle| {
        let Some(mirror) = bundle.mirrors.get_mut(&part_ref.edge) else { return };
        if part_ref.part == PartKey::Whole && passes_on {
            doubt_instances(mirror);
        }
        // It was another for a time, or its write had no answer.
        try_refused(mirror, part_ref.part);
    })
}

/// The next read of it tells, whatever it shows.
fn doubt(part: &mut Part) {
    if let Some(object) = &mut part.object {
        object.replaced = None;
    }
    if !matches!(part.status, PartStatus::Parked(_)) {
        part.status = PartStatus::Unsure;
    }
}

/// What the provider holds now answers the want it was written for.
fn acknowledge_seen(part: &mut Part, seen: &Seen) {
    if let Some(object) = &mut part.object {
        object.edited = false;
    }
    let (want, wrote) = match part.acks.last() {
        Some(last) if part.want != Some(seen.content) || last.want == seen.content => {
            (last.want, last.fields.map(|fields| fields.want))
        }
        Some(_) | None => (seen.content, Some(seen.fields)),
    };
    if part.status == PartStatus::ReadBack {
        part.acks.pop();
    }
    part.acknowledge(Ack {
        want,
        content: seen.content,
        fields: Some(AckFields { want: wrote.unwrap_or(seen.fields), content: seen.fields }),
    });
}

/// Keeps a doubtful content beside the write it followed: seen once more after the same write, it
/// is the server's.
fn remember(part: &mut Part, seen: &Seen) {
    let Some(last) = part.acks.pop() else { return };
    let fields = last.fields.map(|fields| AckFields { content: seen.fields, ..fields });
    part.acknowledge(Ack { content: seen.content, fields, ..last });
    part.acknowledge(last);
}

/// What it holds is not what was acknowledged last.
fn set_edited(part: &mut Part, version: Option<Version>) {
    set_version(part, version);
    if let Some(object) = &mut part.object {
        object.edited = true;
    }
}

pub(super) fn set_version(part: &mut Part, version: Option<Version>) {
    if let Some(object) = &mut part.object {
        if object.version != version {
            // A deletion under the old version fails from now on.
            object.deleting = part.want.is_none();
        }
        object.version = version;
    }
}

pub(super) fn with_part(
    draft: &mut Draft<'_>,
    part_ref: PartRef,
    cause: Cause,
    change: impl FnOnce(&mut Part),
) -> Result<(), Missing> {
    draft.edit(part_ref.event, cause, |bundle| {
        let mirror = bundle.mirrors.get_mut(&part_ref.edge);
        if let Some(part) = mirror.and_then(|mirror| mirror.parts.get_mut(&part_ref.part)) {
            change(part);
        }
    })
}

/// The mirror is the person's from now on, and covers those that other edges want there.
pub(super) fn detach(
    draft: &mut Draft<'_>,
    part_ref: PartRef,
    cause: Cause,
) -> Result<(), Missing> {
    let (setup, env) = (draft.setup(), draft.env);
    let on_edit = setup.edges.get(&part_ref.edge).map(|edge| edge.options.on_edit);
    draft.edit(part_ref.event, cause, |bundle| {
        if let Some(mirror) = bundle.mirrors.get_mut(&part_ref.edge) {
            become_theirs(mirror, part_ref.part, on_edit.unwrap_or(OnEdit::Detach));
        }
        project(bundle, &setup, env, false);
    })
}

/// What a mirror's object says; `None` for a stub.
pub(super) fn shown(item: &EventItem) -> Option<Body> {
    match &item.payload {
        Payload::Whole(body) => Some(body.clone()),
        Payload::Instance { content, .. } => {
            content.as_ref().map(|content| Body::single((**content).clone()))
        }
    }
}

/// Whether the item bears our mark for just this part under the id it was made for.
fn is_marked(draft: &Draft<'_>, item: &EventItem, part: PartRef, generation: u32) -> bool {
    let Some(token) = &item.mark else {
        return false;
    };
    let found = mark::read(&draft.env.keys, token, native(item));
    let want = Mark { event: part.event, edge: part.edge, part: part.part, generation };
    found == Reading::Ours(want)
}

/// The name a mark was made for: our UIDs are the derived id with a suffix.
pub(super) fn native(item: &EventItem) -> &str {
    item.native.strip_suffix("@kalends").unwrap_or(&item.native)
}
