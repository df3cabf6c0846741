//! Instances that a person cancelled in a mirror, and that no part of it stands for.

use crate::form;
use crate::graph::Edge;
use crate::mirror::{Part, PartKey, PartStatus};
use crate::project::shown_body;
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
