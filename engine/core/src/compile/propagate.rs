//! An edit of a mirror, taken back to its origin.

use std::collections::{BTreeMap, BTreeSet};

use super::past::Past;
use super::project::Projected;
use super::writable::{Fields, same};
use crate::event::{Body, Busy, Content, Exception, Recurrence, Span, Status};
use crate::fields::Field;
use crate::form::{self, Base, key_in};
use crate::time::{Extra, Timestamp, When, Zone};

/// The origin with what a person changed on a mirror part, where it may flow back; `None` where
/// nothing of it may, or nothing changed. A field goes back only if it was shown as the origin
/// has it, for each changed instance too. An instance moved or cancelled on the mirror becomes a
/// changed instance or an exclusion of the origin; `edited` may write times in zones of its own.
#[must_use]
pub fn propagate(
    origin: &Body,
    projected: &Projected,
    edited: &Body,
    fields: Fields,
) -> Option<Body> {
    propagate_since(origin, projected, edited, (fields, None))
}

/// The same where it is known what the series said when the person began: of an instance only that
/// goes back in which the edit differs from it for its own sake, and the start and the rule stay.
pub(crate) fn propagate_since(
    origin: &Body,
    projected: &Projected,
    edited: &Body,
    (fields, past): (Fields, Option<&Past>),
) -> Option<Body> {
    let mut wanted = origin.clone();
    match (&projected.of, &origin.recurrence, &edited.recurrence) {
        (Some(of), Some(_), _) => instance(&mut wanted, origin, projected, edited, (of, fields)),
        (None, Some(_), Some(_)) => {
            series(&mut wanted, origin, (&projected.body, past), edited, fields);
        }
        (Some(_), None, _) | (None, None, _) | (None, Some(_), None) => {
            single(&mut wanted, &projected.body, edited, fields);
        }
    }
    (wanted != *origin).then_some(wanted)
}

/// The origin without the instance that started there: it is excluded.
#[must_use]
pub fn propagate_removal(origin: &Body, of: &When) -> Body {
    let mut wanted = origin.clone();
    let start = &origin.content.span.start;
    let original = form::in_form_of(start, of);
    wanted.exceptions.retain(|e| key_in(start, &e.original) != form::key(&original));
    if let Some(recurrence) = &mut wanted.recurrence {
        let excluded = |when: &When| key_in(start, when) == form::key(&original);
        if !recurrence.excluded.iter().any(excluded) {
            recurrence.excluded.push(original);
        }
    }
    wanted
}

/// What a series has at an original start.
pub(super) fn content_at(body: &Body, original: &When) -> Content {
    let start = &body.content.span.start;
    let at = key_in(start, original);
    let mut base = Base::master(body);
    let mut base_at = Timestamp::MIN;
    for exception in &body.exceptions {
        let key = key_in(start, &exception.original);
        if key == at {
            return exception.content.clone();
        }
        if exception.this_and_future && key < at && key >= base_at {
            base = Base::from(exception);
            base_at = key;
        }
    }
    Content { span: base.span(&form::in_form_of(start, original)), ..base.content.clone() }
}

/// What a series would have at an original start, were nothing changed of that instance alone.
pub(crate) fn as_ruled(body: &Body, original: &When) -> Content {
    let start = &body.content.span.start;
    let at = key_in(start, original);
    let alone = |exception: &Exception| {
        !exception.this_and_future && key_in(start, &exception.original) == at
    };
    let mut series = body.clone();
    series.exceptions.retain(|exception| !alone(exception));
    content_at(&series, original)
}

/// Makes or changes the exception at an original start, which is excluded no more.
pub(super) fn put_exception(body: &mut Body, exception: Exception) {
    let start = &body.content.span.start;
    let at = key_in(start, &exception.original);
    if let Some(recurrence) = &mut body.recurrence {
        recurrence.excluded.retain(|when| key_in(start, when) != at);
    }
    body.exceptions.retain(|e| key_in(start, &e.original) != at);
    let place = body.exceptions.partition_point(|e| key_in(start, &e.original) < at);
    body.exceptions.insert(place, exception);
}

fn single(wanted: &mut Body, base: &Body, edited: &Body, fields: Fields) {
    let (before, fields) = (wanted.content.clone(), fields.of_master());
    let copied = fields.contains(Field::When, &before) && same(Field::When, &before, &base.content);
    patch(&mut wanted.content, &before, (&base.content, &edited.content), fields);
    if copied && base.recurrence.is_some() != edited.recurrence.is_some() {
        wanted.recurrence.clone_from(&edited.recurrence);
        wanted.exceptions.clear();
    }
}

fn instance(
    wanted: &mut Body,
    origin: &Body,
    projected: &Projected,
    edited: &Body,
    (of, fields): (&When, Fields),
) {
    let before = content_at(origin, of);
    let mut content = before.clone();
    patch(&mut content, &before, (&projected.body.content, &edited.content), fields);
    if content != before {
        let start = &origin.content.span.start;
        let at = key_in(start, of);
        let known = origin.exceptions.iter().find(|e| key_in(start, &e.original) == at);
        let this_and_future = known.is_some_and(|e| e.this_and_future);
        let original = form::in_form_of(start, of);
        put_exception(wanted, Exception { original, this_and_future, content });
    }
}

fn series(
    wanted: &mut Body,
    origin: &Body,
    (base, past): (&Body, Option<&Past>),
    edited: &Body,
    fields: Fields,
) {
    let may_move = fields.contains(Field::When, &origin.content);
    let moves = may_move && !fields.same_pattern();
    let moved = if moves { shift_seconds(&origin.content, base, edited) } else { 0 };
    let (mut origin, mut base) = (origin.clone(), base.clone());
    if moved != 0 {
        for body in [&mut origin, &mut base, &mut *wanted] {
            shift_originals(body, moved);
        }
    }
    let before = origin.content.clone();
    patch(&mut wanted.content, &before, (&base.content, &edited.content), fields.of_master());
    if may_move {
        recur(wanted, past.map_or(&base, |past| &past.said), edited, (moved != 0, fields));
    }
    let start = wanted.content.span.start.clone();
    let changed = |body: &Body| -> BTreeMap<Timestamp, Exception> {
        body.exceptions.iter().map(|e| (key_in(&start, &e.original), e.clone())).collect()
    };
    let (shown, now) = (changed(&base), changed(edited));
    let gone: BTreeSet<Timestamp> =
        excluded(edited).iter().map(|when| key_in(&start, when)).collect();
    let earlier = past.map(|past| changed(&past.said));
    // What was as ruled in the mirror before and is yet, the origin alone has changed.
    let undone = earlier.as_ref().unwrap_or(&shown).keys().filter(|_| !fields.both_moved());
    let keys: BTreeSet<&Timestamp> = undone.chain(now.keys()).collect();
    for at in keys {
        let known = now.get(at).or_else(|| shown.get(at));
        let Some(exception) = known.or_else(|| earlier.as_ref()?.get(at)) else {
            continue;
        };
        if gone.contains(at) {
            continue;
        }
        let original = form::in_form_of(&start, &exception.original);
        let before = content_at(&origin, &original);
        let (was, is) = (content_at(&base, &original), content_at(edited, &original));
        let mut content = content_at(wanted, &original);
        let unchanged = content.clone();
        let mut fields = fields.of_instances();
        if let Some(past) = past {
            let began = content_at(&past.said, &original);
            let (began, was) = ((&began, &past.said.content), (&was, &base.content));
            let is_left = |field| is_left(field, began, was, (&is, &edited.content));
            fields = fields.without(|field| past.unknown.contains(&field) || is_left(field));
        }
        patch(&mut content, &before, (&was, &is), fields);
        if content != unchanged {
            let this_and_future = exception.this_and_future;
            put_exception(wanted, Exception { original, this_and_future, content });
        }
    }
}

/// Whether a person left a field of an instance alone. Each time beside it what the series says: what
/// only followed its series before and does so now is no edit of what the origin says for itself there.
fn is_left(
    field: Field,
    began: (&Content, &Content),
    was: (&Content, &Content),
    is: (&Content, &Content),
) -> bool {
    let follows = |(own, series): (&Content, &Content)| same(field, own, series);
    let only_follows = field != Field::When && follows(began) && follows(is) && !follows(was);
    same(field, began.0, is.0) || only_follows
}

/// Takes over rules, extras and exclusions as far as the edit changed them. Where both sides did,
/// what the edit lacks may be what the other has added.
fn recur(wanted: &mut Body, base: &Body, edited: &Body, (moved, fields): (bool, Fields)) {
    let start = wanted.content.span.start.clone();
    let both = fields.both_moved();
    let (was, is) = (excluded(base), excluded(edited));
    let (removed, added) = difference(was, is, |when| key_in(&start, when));
    let (Some(recurrence), Some(from), Some(to)) =
        (&mut wanted.recurrence, &base.recurrence, &edited.recurrence)
    else {
        return;
    };
    if !fields.same_pattern() && (moved || rules(base, from) != rules(edited, to)) {
        recurrence.rules.clone_from(&to.rules);
    }
    recurrence.excluded.retain(|when| both || !removed.contains(&key_in(&start, when)));
    for when in &added {
        let is_it = |other: &When| key_in(&start, other) == key_in(&start, when);
        wanted.exceptions.retain(|e| !is_it(&e.original));
        if !recurrence.excluded.iter().any(is_it) {
            recurrence.excluded.push(form::in_form_of(&start, when));
        }
    }
    let (removed, added) =
        difference(&from.extras, &to.extras, |extra| key_in(&start, extra_start(extra)));
    let lacks = |extra: &Extra| removed.contains(&key_in(&start, extra_start(extra)));
    recurrence.extras.retain(|extra| both || !lacks(extra));
    recurrence.extras.extend(added);
}

/// The keys that went away, and the values that came.
fn difference<T: Clone>(
    was: &[T],
    is: &[T],
    key: impl Fn(&T) -> Timestamp,
) -> (BTreeSet<Timestamp>, Vec<T>) {
    let before: BTreeSet<Timestamp> = was.iter().map(&key).collect();
    let after: BTreeSet<Timestamp> = is.iter().map(&key).collect();
    let added = is.iter().filter(|one| !before.contains(&key(one))).cloned().collect();
    (before.difference(&after).copied().collect(), added)
}

fn rules(body: &Body, recurrence: &Recurrence) -> BTreeSet<String> {
    let start = &body.content.span.start;
    recurrence.rules.iter().map(|rule| rule.normalized_for(start)).collect()
}

fn excluded(body: &Body) -> &[When] {
    body.recurrence.as_ref().map_or(&[], |recurrence| &recurrence.excluded)
}

const fn extra_start(extra: &Extra) -> &When {
    match extra {
        Extra::At(start) | Extra::Period { start, .. } => start,
    }
}

/// How far the edit moved the whole series on the origin's wall; 0 where its start was not shown
/// as it is.
fn shift_seconds(origin: &Content, base: &Body, edited: &Body) -> i64 {
    let start = &origin.span.start;
    if !same(Field::When, origin, &base.content) {
        return 0;
    }
    let to = form::in_form_of(start, &edited.content.span.start);
    to.civil().seconds() - start.civil().seconds()
}

/// Instances keep their places in a series that moves; a changed one that had not moved itself
/// moves along.
fn shift_originals(body: &mut Body, seconds: i64) {
    let shift = |when: &mut When| *when = form::at_civil(when, when.civil().add_seconds(seconds));
    for exception in &mut body.exceptions {
        let start = &mut exception.content.span.start;
        if form::key(start) == key_in(start, &exception.original) {
            shift(start);
        }
        shift(&mut exception.original);
    }
    if let Some(recurrence) = &mut body.recurrence {
        recurrence.excluded.iter_mut().for_each(shift);
    }
}

/// Puts into `target` each field that the edit changed from `was` to `is`, that may flow back,
/// and that was shown as the origin had it `before`.
fn patch(target: &mut Content, before: &Content, (was, is): (&Content, &Content), fields: Fields) {
    for field in Field::ALL {
        let copied = fields.contains(field, before) && same(field, before, was);
        if !copied || same(field, was, is) {
            continue;
        }
        match field {
            Field::Title => target.title.clone_from(&is.title),
            Field::Description => target.description.clone_from(&is.description),
            Field::Location => target.location.clone_from(&is.location),
            Field::When => target.span = in_zone_of(&target.span, &was.span, &is.span),
            Field::Busy => set_busy(target, is),
        }
    }
}

fn set_busy(target: &mut Content, is: &Content) {
    target.status = match (is.status, is.busy) {
        (Status::Cancelled, _) => Status::Cancelled,
        (Status::Tentative, _) | (_, Busy::Tentative) => Status::Tentative,
        (Status::Confirmed, _) => Status::Confirmed,
    };
    target.busy = is.busy;
}

/// The edited times in the origin's zone, unless the person chose another one.
fn in_zone_of(origin: &Span, was: &Span, is: &Span) -> Span {
    let (When::Zoned(_, own), When::Zoned(_, zone)) = (&origin.start, &is.start) else {
        return is.clone();
    };
    let chosen = was.start.zone() != Some(zone) && *zone != Zone::utc();
    if chosen && own != zone {
        return is.clone();
    }
    let start = form::in_form_of(&origin.start, &is.start);
    let same_length = form::length_parts(&origin.start, origin.length)
        == form::length_parts(&is.start, is.length);
    let length = if same_length { origin.length } else { is.length };
    Span { start, length, end_zone: origin.end_zone.clone() }
}
