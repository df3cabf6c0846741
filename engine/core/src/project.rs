//! What the edges want of one event: which mirrors there should be, and what each should say.
//!
//! [`project`] compares what is recorded of an event with what the edges make of its presences
//! now, folds mirrors that meet in one calendar, and marks the parts that are due. It is the one
//! place that decides this: pulls, sweeps, settlements and dispatch all call it.

use std::collections::BTreeMap;

use crate::compile::{Compile, Compiled, Projected, compile};
use crate::event::{Body, Privacy};
use crate::graph::{Calendar, CalendarRole, DetailLevel, Edge, Lifecycle, OverlayState};
use crate::ids::{CalendarId, EdgeId, ProviderId};
use crate::mirror::{
    Ack, Mirror, MirrorMode, Part, PartKey, PartObject, PartStatus, Unwanted, Wanted,
};
use crate::policy::{self, Disclosure};
use crate::presence::{Aside, AsideKind, Presence};
use crate::release::forget_object;
use crate::slice::{Bundle, Config, MirrorBundle};
use crate::step::Env;
use crate::window::{self, Place};

/// Brings the mirrors of an event to what the edges want. `fresh`: its origin has just changed,
/// so mirrors that an undo paused follow it again.
pub(crate) fn project(bundle: &mut Bundle, config: &Config, env: &Env, fresh: bool) {
    if fresh {
        for mirror in bundle.mirrors.values_mut() {
            if mirror.mirror.mode == MirrorMode::Paused {
                mirror.mirror.mode = MirrorMode::Kept;
            }
        }
    }
    let mut targets: BTreeMap<CalendarId, Vec<&Edge>> = BTreeMap::new();
    for edge in config.edges.values() {
        if bundle.mirrors.contains_key(&edge.id) || shown_body(bundle, edge).is_some() {
            targets.entry(edge.to).or_default().push(edge);
        }
    }
    for (calendar, edges) in targets {
        project_into(bundle, config.calendars.get(&calendar), &edges, (config, env));
    }
}

/// What the source calendar of an edge shows of the event, with changes of ours that wait.
pub(crate) fn shown_body<'a>(bundle: &'a Bundle, edge: &Edge) -> Option<&'a Body> {
    let presence = bundle.presences.get(&edge.from)?;
    wanted_body(presence)
}

/// What a presence says, or is to say once our change is written; `None`: it is to be deleted.
pub(crate) fn wanted_body(presence: &Presence) -> Option<&Body> {
    match &presence.pending {
        Some(pending) if pending.parked.is_none() => pending.want.as_ref(),
        Some(_) | None => Some(&presence.body),
    }
}

fn project_into(
    bundle: &mut Bundle,
    target: Option<&Calendar>,
    edges: &[&Edge],
    (config, env): (&Config, &Env),
) {
    let Some(target) = target else { return };
    if bundle
        .mirrors
        .iter()
        .any(|(_, m)| m.mirror.calendar == target.id && m.mirror.mode == MirrorMode::Detached)
    {
        return;
    }
    if matches!(target.role, CalendarRole::Overlay(OverlayState::Wanted { .. })) {
        forget_objects(bundle, target.id);
    }
    let privacy = strictest(bundle);
    let mut ranked: Vec<(DetailLevel, &Edge, Disclosure)> = edges
        .iter()
        .map(|edge| {
            let disclosure = policy::disclosure(&edge.options, &config.policies);
            (policy::shown(&disclosure, privacy), *edge, disclosure)
        })
        .collect();
    ranked.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.id.cmp(&b.1.id)));
    let mut covered_by: Option<EdgeId> = None;
    for (_, edge, disclosure) in ranked {
        let verdict = match covered_by {
            Some(winner) if edge.state == Lifecycle::Active => Verdict::CoveredBy(winner),
            _ => judge(bundle, target, edge, (&disclosure, privacy), env),
        };
        if matches!(verdict, Verdict::Show(_) | Verdict::Keep) {
            covered_by = Some(edge.id);
        }
        apply(bundle, target, edge, verdict, env);
    }
}

/// The overlay is not there (yet, or any more), and so nothing lies in it.
fn forget_objects(bundle: &mut Bundle, calendar: CalendarId) {
    let mirrors = bundle.mirrors.values_mut().filter(|m| m.mirror.calendar == calendar);
    for part in mirrors.flat_map(|mirror| mirror.parts.values_mut()) {
        if part.object.is_some() {
            forget_object(part);
        }
    }
}

/// What one edge makes of the event in one target calendar.
enum Verdict {
    /// Mirror it so.
    Show(BTreeMap<PartKey, Projected>),
    /// Leave what is there as it is.
    Keep,
    /// It has left the window by the back edge: keep what is there, or nothing.
    Freeze,
    /// No mirror.
    No(Unwanted),
    /// Another edge shows it there.
    CoveredBy(EdgeId),
}

fn judge(
    bundle: &Bundle,
    target: &Calendar,
    edge: &Edge,
    (disclosure, strictest): (&Disclosure, Privacy),
    env: &Env,
) -> Verdict {
    match edge.state {
        Lifecycle::Abandoned => return Verdict::Keep,
        Lifecycle::Retiring => return Verdict::No(Unwanted::EdgeRetiring),
        Lifecycle::Paused(_) => return Verdict::Keep,
        Lifecycle::Active => {}
    }
    if bundle.mirrors.get(&edge.id).is_some_and(|m| m.mirror.mode == MirrorMode::Paused) {
        return Verdict::Keep;
    }
    let Some(body) = shown_body(bundle, edge) else {
        return Verdict::No(Unwanted::SourceGone);
    };
    if bundle.presences.get(&target.id).is_some_and(|p| wanted_body(p).is_some()) {
        return Verdict::No(Unwanted::HeldByTarget);
    }
    match window::place(body, &edge.options.window, env.now, &target.capabilities) {
        Place::Inside => {}
        Place::Behind => return Verdict::Freeze,
        Place::Ahead => return Verdict::No(Unwanted::OutOfWindow),
    }
    let asked =
        Compile { body, strictest, edge, disclosure, target: &target.capabilities, now: env.now };
    match compile(&asked) {
        Compiled::No(reason) => Verdict::No(reason),
        Compiled::Parts(parts) => Verdict::Show(parts),
    }
}

fn apply(bundle: &mut Bundle, target: &Calendar, edge: &Edge, verdict: Verdict, env: &Env) {
    let known = bundle.mirrors.contains_key(&edge.id);
    match verdict {
        Verdict::Keep => {}
        Verdict::Freeze => match bundle.mirrors.get_mut(&edge.id) {
            Some(mirror) if mirror.parts.values().any(|part| part.object.is_some()) => {
                freeze(mirror);
            }
            Some(mirror) => retract(mirror, Wanted::No(Unwanted::OutOfWindow)),
            None => {}
        },
        Verdict::No(reason) if known => retract_in(bundle, edge.id, Wanted::No(reason)),
        Verdict::CoveredBy(winner) if known => {
            retract_in(bundle, edge.id, Wanted::CoveredBy(winner));
        }
        Verdict::No(_) | Verdict::CoveredBy(_) => {}
        Verdict::Show(parts) => show(bundle, target, edge, parts, env),
    }
}

/// What a part should say now, compiled anew.
pub(crate) fn document(
    bundle: &Bundle,
    edge: &Edge,
    part: PartKey,
    config: &Config,
    env: &Env,
) -> Option<Projected> {
    let target = config.calendars.get(&edge.to)?;
    let disclosure = policy::disclosure(&edge.options, &config.policies);
    match judge(bundle, target, edge, (&disclosure, strictest(bundle)), env) {
        Verdict::Show(mut parts) => parts.remove(&part),
        Verdict::Keep | Verdict::Freeze | Verdict::No(_) | Verdict::CoveredBy(_) => None,
    }
}

fn freeze(mirror: &mut MirrorBundle) {
    mirror.mirror.mode = MirrorMode::Frozen;
    for part in mirror.parts.values_mut() {
        if part.object.is_some() && part.status == PartStatus::Due {
            part.want = part.acks.last().map(|ack| ack.want);
            part.status = PartStatus::Settled;
        }
    }
}

fn retract_in(bundle: &mut Bundle, edge: EdgeId, wanted: Wanted) {
    if let Some(mirror) = bundle.mirrors.get_mut(&edge) {
        retract(mirror, wanted);
        let calendar = mirror.mirror.calendar;
        // A write whose answer was lost may have made an object all the same: it is taken in, so
        // that it can be taken back.
        for (key, part) in &mut mirror.parts {
            if part.object.is_none() && part.status == PartStatus::Unsure {
                adopt_stray(&mut bundle.strays, (edge, *key, calendar), part);
            }
        }
    }
}

fn retract(mirror: &mut MirrorBundle, wanted: Wanted) {
    mirror.mirror.wanted = wanted;
    mirror.mirror.mode = MirrorMode::Kept;
    for part in mirror.parts.values_mut() {
        unwant(part);
    }
}

/// Nothing should be there. An object is deleted; a write that may be under way is looked after.
pub(crate) fn unwant(part: &mut Part) {
    if part.want.take().is_none() {
        return;
    }
    part.attempts = 0;
    if let Some(object) = &mut part.object {
        object.deleting = true;
    }
    part.status = match (&part.object, &part.status) {
        (Some(_), PartStatus::Unsure) => PartStatus::Unsure,
        (Some(_), _) => PartStatus::Due,
        (None, PartStatus::Settled | PartStatus::Parked(_)) => PartStatus::Settled,
        (None, PartStatus::Due | PartStatus::ReadBack | PartStatus::Unsure) => PartStatus::Unsure,
    };
}

fn show(
    bundle: &mut Bundle,
    target: &Calendar,
    edge: &Edge,
    parts: BTreeMap<PartKey, Projected>,
    env: &Env,
) {
    let mirror = bundle.mirrors.entry(edge.id).or_insert_with(|| MirrorBundle {
        mirror: Mirror { calendar: target.id, wanted: Wanted::Yes, mode: MirrorMode::Kept },
        parts: BTreeMap::new(),
    });
    mirror.mirror.wanted = Wanted::Yes;
    mirror.mirror.mode = MirrorMode::Kept;
    let back_edge = window::range(&edge.options.window, env.now).start;
    for (key, part) in &mut mirror.parts {
        if parts.contains_key(key) {
            continue;
        }
        let single = matches!(key, PartKey::Single(_));
        let frozen = single && part.object.is_some() && part.starts < back_edge;
        if !frozen {
            unwant(part);
        }
    }
    for (key, projected) in parts {
        let part = mirror.parts.entry(key).or_insert_with(|| new_part(&projected));
        want(part, &projected);
        if part.object.is_none() {
            adopt_stray(&mut bundle.strays, (edge.id, key, target.id), part);
        }
    }
}

const fn new_part(projected: &Projected) -> Part {
    Part {
        generation: 0,
        want: None,
        object: None,
        acks: Vec::new(),
        status: PartStatus::Settled,
        reverts: Vec::new(),
        attempts: 0,
        starts: projected.starts,
        gone: None,
    }
}

fn want(part: &mut Part, projected: &Projected) {
    let changed = part.want != Some(projected.hash);
    if !changed {
        return;
    }
    part.want = Some(projected.hash);
    part.starts = projected.starts;
    part.attempts = 0;
    let acknowledged =
        part.object.is_some() && part.acks.last().is_some_and(|ack| ack.want == projected.hash);
    part.status = match part.status {
        PartStatus::Unsure => PartStatus::Unsure,
        _ if acknowledged => PartStatus::Settled,
        PartStatus::Settled | PartStatus::Due | PartStatus::ReadBack | PartStatus::Parked(_) => {
            PartStatus::Due
        }
    };
}

/// Takes in an object with our mark for just this part: after a lost answer, a wiped store, or
/// from another device of the same graph.
fn adopt_stray(
    strays: &mut BTreeMap<(CalendarId, ProviderId), Aside>,
    (edge, key, calendar): (EdgeId, PartKey, CalendarId),
    part: &mut Part,
) {
    let best = strays
        .iter()
        .filter_map(|(place, aside)| match &aside.what {
            AsideKind::Stray { edge: of, part: stray, generation, content, .. }
                if *of == edge && *stray == key && place.0 == calendar =>
            {
                Some((*generation, *content, place.clone(), aside.version.clone()))
            }
            AsideKind::Stray { .. }
            | AsideKind::ForeignManaged { .. }
            | AsideKind::Message { .. }
            | AsideKind::NotEvent
            | AsideKind::Quarantined(_) => None,
        })
        .max_by(|a, b| a.0.cmp(&b.0));
    let Some((generation, content, place, version)) = best else {
        return;
    };
    strays.remove(&place);
    part.generation = generation;
    part.object = Some(PartObject { id: place.1, version, deleting: false });
    part.acks = vec![Ack { want: content, content, fields: None }];
    part.settle();
}

/// The strictest privacy of all presences of an event.
pub(crate) fn strictest(bundle: &Bundle) -> Privacy {
    bundle
        .presences
        .values()
        .filter_map(wanted_body)
        .map(|body| body.content.privacy)
        .max()
        .unwrap_or_default()
}
