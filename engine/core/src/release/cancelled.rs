//! Instances that a person cancelled in a mirror, and that no part of it stands for.

use crate::compile::propagate_removal;
use crate::event::Body;
use crate::form;
use crate::graph::Edge;
use crate::ids::{CalendarId, EdgeId};
use crate::mirror::{Ack, AckFields, FieldHashes, MirrorMode, Part, PartKey, PartStatus};
use crate::normalize;
use crate::project::{document, shown_body};
use crate::revert::{reverted, shown_instance};
use crate::slice::{Bundle, Config, MirrorBundle};
use crate::step::Env;
use crate::time::{Timestamp, When};

/// The instance of its origin that a part's key names, where the mirror should show it.
pub(super) fn shown(
    bundle: &Bundle,
    config: &Config,
    env: &Env,
    (edge, key): (&Edge, PartKey),
) -> Option<When> {
    let PartKey::Override(at) = key else { return None };
    let origin = shown_body(bundle, edge)?;
    let start = &origin.content.span.start;
    let original = form::at_key(start, at);
    if origin.exceptions.iter().any(|one| form::key_in(start, &one.original) == at) {
        return Some(original);
    }
    let (instance, _) = shown_instance(bundle, config, env, (edge.id, &original))?;
    instance.projected.of
}

/// The release has spoken: the object that says so has to go, where there is one, whether the origin
/// follows or not. That it was there is known until it went: where the origin refuses to follow, the
/// instance has to come back.
pub(super) fn answered(mirror: &mut MirrorBundle, key: PartKey) {
    let Some(part) = mirror.parts.get_mut(&key) else { return };
    part.gone = None;
    if let Some(object) = &mut part.object {
        object.deleting = true;
        part.status = PartStatus::Due;
    }
}

/// The same where the instance comes back against a person's will, which counts.
pub(super) fn put_back(mirror: &mut MirrorBundle, key: PartKey, now: Timestamp) {
    answered(mirror, key);
    let Some(part) = mirror.parts.get_mut(&key) else { return };
    if part.object.is_some() {
        reverted(part, now);
    } else if let Some(series) = mirror.parts.get_mut(&PartKey::Whole).filter(|it| is_edited(it)) {
        reverted(series, now);
    }
}

/// A person says that it was wrong to cancel them: they come back.
pub(super) fn rejected(mirror: &mut MirrorBundle) {
    let cancelled = mirror.parts.iter().filter(|(key, part)| part.is_cancelled(**key));
    let cancelled: Vec<PartKey> = cancelled.map(|(key, _)| *key).collect();
    for key in &cancelled {
        answered(mirror, *key);
    }
    let series = mirror.parts.get_mut(&PartKey::Whole).filter(|it| is_edited(it));
    if let Some(series) = series.filter(|_| !cancelled.is_empty()) {
        series.settle();
    }
}

/// The mirrors of an event in a calendar whose series lack instances that a person cancelled, as they
/// stand; those that are otherwise than we wrote them in this alone.
pub(super) fn standing(
    bundle: &Bundle,
    calendar: CalendarId,
    config: &Config,
    env: &Env,
) -> Vec<(EdgeId, Body)> {
    let mirrors = bundle.mirrors.iter().filter(|(_, mirror)| mirror.mirror.calendar == calendar);
    mirrors.filter_map(|it| Some((*it.0, stands(bundle, it, config, env)?))).collect()
}

fn stands(
    bundle: &Bundle,
    (edge, mirror): (&EdgeId, &MirrorBundle),
    config: &Config,
    env: &Env,
) -> Option<Body> {
    let series = mirror.parts.get(&PartKey::Whole).filter(|series| is_edited(series))?;
    let last = series.acks.last()?;
    let as_written = last.want == last.content && series.want == Some(last.want);
    let lacking = mirror.parts.iter().filter(|(key, part)| part.is_cancelled(**key));
    let lacking: Vec<(&PartKey, &Part)> = lacking.collect();
    let alone = lacking.iter().all(|(_, part)| part.object.is_none());
    if mirror.mirror.mode != MirrorMode::Kept || !as_written || !alone || lacking.is_empty() {
        return None;
    }
    let edge = config.edges.get(edge)?;
    let start = &shown_body(bundle, edge)?.content.span.start;
    let written = document(bundle, edge, PartKey::Whole, config, env)?;
    let keys = lacking.into_iter().filter_map(|(key, _)| match key {
        PartKey::Override(at) => Some(form::at_key(start, *at)),
        PartKey::Whole | PartKey::Single(_) => None,
    });
    (written.hash == last.want)
        .then(|| keys.fold(written.body, |body, original| propagate_removal(&body, &original)))
}

/// What stands there already and is wanted now need not be written.
pub(super) fn acknowledge(bundle: &mut Bundle, standing: &[(EdgeId, Body)], config: &Config) {
    for (edge, held) in standing {
        let to = config.edges.get(edge).and_then(|edge| config.calendars.get(&edge.to));
        let mirror = bundle.mirrors.get_mut(edge);
        let series = mirror.and_then(|mirror| mirror.parts.get_mut(&PartKey::Whole));
        let Some((target, series)) = to.map(|to| &to.capabilities).zip(series) else { continue };
        let (want, fields) = (normalize::hash(held, target), FieldHashes::of(held, target));
        if series.want != Some(want) {
            continue;
        }
        let fields = Some(AckFields { want: fields, content: fields });
        series.acknowledge(Ack { want, content: want, fields });
        if let Some(object) = &mut series.object {
            object.edited = false;
        }
        series.settle();
    }
}

/// Whether the series itself lacks the instance, and nothing is done about that yet.
fn is_edited(series: &Part) -> bool {
    series.status == PartStatus::Settled && series.object.is_some() && !series.is_as_wanted()
}

/// What a series was written anew without is known all the same until the release.
pub(crate) fn reset_instances(mirror: &mut MirrorBundle) {
    let cancelled = mirror.parts.iter().filter(|(key, part)| part.is_cancelled(**key));
    let cancelled: Vec<_> = cancelled.map(|(key, part)| (*key, part.gone.clone())).collect();
    super::forget_instances(mirror);
    for (key, gone) in cancelled {
        if let Some(part) = mirror.parts.get_mut(&key) {
            part.gone = gone;
        }
    }
}
