//! What the edges want of one event: which mirrors there should be, and what each should say.
//!
//! [`project`] compares what is recorded of an event with what the edges make of its presences
//! now, folds mirrors that meet in one calendar, and marks the parts that are due. It is the one
//! place that decides this: pulls, sweeps, settlements and dispatch all call it.

mod parts;

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::compile::{Compile, Compiled, Projected, compile, with_privacy};
use crate::event::{Body, Privacy};
use crate::graph::{Calendar, CalendarRole, DetailLevel, Edge, Lifecycle, OverlayState};
use crate::ids::{CalendarId, EdgeId};
use crate::mirror::{MirrorMode, Part, PartKey, PartStatus, Unwanted, Wanted};
use crate::policy::{self, Disclosure};
use crate::presence::Presence;
use crate::release::forget_object;
use crate::slice::{Bundle, Config, MirrorBundle};
use crate::step::Env;
use crate::time::Timestamp;
use crate::window::{self, Place};

/// Brings the mirrors of an event to what the edges want. `fresh`: its origin has just changed,
/// so mirrors that an undo paused follow it again.
pub(crate) fn project(bundle: &mut Bundle, config: &Config, env: &Env, fresh: bool) {
    let anew = if fresh { Anew::All } else { Anew::Nothing };
    Projection { config, env, anew, asked: None }.run(bundle);
}

/// The same after an edge or a policy changed: its mirrors that rest are looked at too, since
/// they may show more than they may now.
pub(crate) fn project_changed(bundle: &mut Bundle, config: &Config, env: &Env, changed: EdgeId) {
    Projection { config, env, anew: Anew::Edge(changed), asked: None }.run(bundle);
}

/// The same as [`project`] for the calendar alone that a part lies in, as other mirrors do not depend
/// on those there; with what the part should say now, or `None`: nothing anew.
pub(crate) fn project_part(
    bundle: &mut Bundle,
    config: &Config,
    env: &Env,
    (edge, part): (EdgeId, PartKey),
) -> Option<Projected> {
    let asked = Some((edge, part));
    Projection { config, env, anew: Anew::Nothing, asked }.run(bundle)
}

/// What has changed, so that mirrors which rest are looked at too.
#[derive(Clone, Copy)]
enum Anew {
    Nothing,
    Edge(EdgeId),
    All,
}

/// One look at the mirrors of an event.
struct Projection<'a> {
    config: &'a Config,
    env: &'a Env,
    anew: Anew,
    /// The part whose document is asked for.
    asked: Option<(EdgeId, PartKey)>,
}

impl Projection<'_> {
    fn run(&self, bundle: &mut Bundle) -> Option<Projected> {
        for (edge, mirror) in &mut bundle.mirrors {
            if self.is_anew(*edge) && mirror.mirror.mode == MirrorMode::Paused {
                mirror.mirror.mode = MirrorMode::Kept;
            }
        }
        let mut targets: BTreeMap<CalendarId, Vec<&Edge>> = BTreeMap::new();
        for edge in self.config.edges.values().filter(|edge| self.is_asked(edge)) {
            if bundle.mirrors.contains_key(&edge.id) || shown_body(bundle, edge).is_some() {
                targets.entry(edge.to).or_default().push(edge);
            }
        }
        let mut found = None;
        for (calendar, edges) in targets {
            let target = self.config.calendars.get(&calendar);
            found = target.and_then(|target| self.into(bundle, target, &edges)).or(found);
        }
        found
    }

    /// Whether an edge leads to the calendar of the part that is asked for, if one is.
    fn is_asked(&self, edge: &Edge) -> bool {
        let asked = |(asked, _)| self.config.edges.get(&asked).map(|asked| asked.to);
        self.asked.is_none_or(|part| asked(part) == Some(edge.to))
    }

    fn is_anew(&self, edge: EdgeId) -> bool {
        match self.anew {
            Anew::Nothing => false,
            Anew::Edge(changed) => changed == edge,
            Anew::All => true,
        }
    }

    /// The mirrors that meet in one calendar: the best of them is shown, and the document asked
    /// for is given.
    fn into(&self, bundle: &mut Bundle, target: &Calendar, edges: &[&Edge]) -> Option<Projected> {
        let lost =
            target.role == CalendarRole::Lost && target.id == self.env.keys.overlay(target.account);
        if lost || matches!(target.role, CalendarRole::Overlay(OverlayState::Wanted { .. })) {
            forget_objects(bundle, target.id);
        }
        let privacy = strictest(bundle);
        let mut ranked: Vec<(bool, DetailLevel, &Edge, Disclosure)> = edges
            .iter()
            .map(|edge| {
                let disclosure = policy::disclosure(&edge.options, &self.config.policies);
                let level = policy::shown(&disclosure, privacy);
                (is_detached(bundle, edge), level, *edge, disclosure)
            })
            .collect();
        ranked.sort_by(|a, b| b.0.cmp(&a.0).then(b.1.cmp(&a.1)).then(a.2.id.cmp(&b.2.id)));
        let mut covered_by: Option<EdgeId> = None;
        let mut found = None;
        for (_, _, edge, disclosure) in ranked {
            let verdict = match covered_by {
                Some(winner) if edge.state == Lifecycle::Active => Verdict::CoveredBy(winner),
                _ => judge(
                    bundle,
                    target,
                    edge,
                    (&disclosure, privacy),
                    (self.config, self.env.now, self.is_anew(edge.id)),
                ),
            };
            if shows(bundle, edge, &verdict) {
                covered_by = Some(edge.id);
            }
            if let (Verdict::Show(parts), Some((asked, part))) = (&verdict, self.asked)
                && asked == edge.id
            {
                found = parts.get(&part).cloned();
            }
            apply(bundle, target, edge, verdict, self.env);
        }
        found
    }
}

/// Whether the mirror is a person's own, theirs to change or to delete, whatever other edges want.
fn is_detached(bundle: &Bundle, edge: &Edge) -> bool {
    bundle.mirrors.get(&edge.id).is_some_and(|m| m.mirror.mode == MirrorMode::Detached)
}

/// What the source calendar of an edge shows of the event, with changes of ours that wait.
pub(crate) fn shown_body<'a>(bundle: &'a Bundle, edge: &Edge) -> Option<&'a Body> {
    let presence = bundle.presences.get(&edge.from)?;
    wanted_body(presence)
}

/// What a presence says, or is to say once our change is written; `None`: it is to be deleted.
#[must_use]
pub fn wanted_body(presence: &Presence) -> Option<&Body> {
    match &presence.pending {
        Some(pending) if pending.parked.is_none() => pending.want.as_ref(),
        Some(_) | None => Some(&presence.body),
    }
}

/// The overlay is not there (yet, or any more), and so nothing lies in it.
fn forget_objects(bundle: &mut Bundle, calendar: CalendarId) {
    let mirrors = bundle.mirrors.values_mut().filter(|m| m.mirror.calendar == calendar);
    for part in mirrors.flat_map(|mirror| mirror.parts.values_mut()) {
        if part.object.is_some() {
            forget_object(part);
        } else if part.want.is_none() {
            part.status = PartStatus::Settled;
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

/// What an edge makes of an event. `anew`: the event or the edge has changed, so a mirror that
/// left the window is written once more.
fn judge(
    bundle: &Bundle,
    target: &Calendar,
    edge: &Edge,
    (disclosure, strictest): (&Disclosure, Privacy),
    (config, now, anew): (&Config, Timestamp, bool),
) -> Verdict {
    if is_detached(bundle, edge) {
        return Verdict::Keep;
    }
    match edge.state {
        Lifecycle::Abandoned => return Verdict::Keep,
        Lifecycle::Retiring => return Verdict::No(Unwanted::EdgeRetiring),
        Lifecycle::Paused(_) => return Verdict::Keep,
        Lifecycle::Active => {}
    }
    let Some(body) = strict_body(bundle, edge) else {
        let hides = anew && hides_private(bundle, disclosure);
        return if is_unread(bundle, config, edge) && !hides {
            Verdict::Keep
        } else {
            Verdict::No(Unwanted::SourceGone)
        };
    };
    let body = body.as_ref();
    if bundle.presences.get(&target.id).is_some_and(|p| wanted_body(p).is_some()) {
        return Verdict::No(Unwanted::HeldByTarget);
    }
    let mirror = bundle.mirrors.get(&edge.id);
    if mirror.is_some_and(|mirror| mirror.mirror.mode == MirrorMode::Paused) {
        return Verdict::Keep;
    }
    let place = window::place(body, &edge.options.window, now, &target.capabilities);
    match place {
        Place::Inside => {}
        Place::Behind if mirror.is_some_and(|mirror| is_looked_after(mirror, anew)) => {}
        Place::Behind => return Verdict::Freeze,
        Place::Ahead => return Verdict::No(Unwanted::OutOfWindow),
    }
    let wider = mirror.and_then(|mirror| reaching(edge, mirror, anew, now));
    let edge = wider.as_ref().unwrap_or(edge);
    let asked = Compile { body, strictest, edge, disclosure, target: &target.capabilities, now };
    match compile(&asked) {
        Compiled::No(Unwanted::OutOfWindow) if mirror.is_some() && place == Place::Behind => {
            Verdict::Show(BTreeMap::new())
        }
        Compiled::No(reason) => Verdict::No(reason),
        Compiled::Parts(parts) => Verdict::Show(parts),
    }
}

/// Whether nothing is recorded of the event in the source calendar of an edge because that was not read
/// to its end since it is read again, or lacks too much since: what is not known there is not gone (L7).
pub(crate) fn is_unread(bundle: &Bundle, config: &Config, edge: &Edge) -> bool {
    let source = config.calendars.get(&edge.from);
    config.sweeps.get(&edge.id).is_some_and(|sweep| sweep.keeps_unseen())
        && source.is_some_and(|source| config.takes_in(source))
        && !bundle.presences.contains_key(&edge.from)
}

/// Whether any calendar has any of the event private, and an edge shows less of what is.
fn hides_private(bundle: &Bundle, disclosure: &Disclosure) -> bool {
    let mut bodies = bundle.presences.values().filter_map(wanted_body);
    policy::shown(disclosure, Privacy::Private) < disclosure.level
        && bodies.any(|body| {
            let instances = body.exceptions.iter().map(|one| &one.content);
            instances.chain([&body.content]).any(|content| content.privacy.is_private())
        })
}

/// Whether a mirror behind the window is written all the same: what waits to be written or
/// deleted is, and so is what changed.
fn is_looked_after(mirror: &MirrorBundle, anew: bool) -> bool {
    let there = mirror.parts.values().any(|part| part.object.is_some());
    there && (anew || mirror.parts.values().any(is_open))
}

/// Whether work on an object is under way.
const fn is_open(part: &Part) -> bool {
    match part.status {
        PartStatus::Due | PartStatus::Unsure => true,
        PartStatus::ReadBack => part.object.is_some(),
        PartStatus::Settled | PartStatus::Parked(_) => false,
    }
}

/// The edge with a window that reaches back to the single instances which are to be written anew;
/// `None` where its own does.
fn reaching(edge: &Edge, mirror: &MirrorBundle, anew: bool, now: Timestamp) -> Option<Edge> {
    let singles = mirror.parts.iter().filter(|(key, _)| matches!(key, PartKey::Single(_)));
    let written = singles.filter(|(_, part)| {
        part.want.is_some() && part.object.is_some() && (anew || is_open(part))
    });
    let first = written.map(|(_, part)| part.starts).min()?;
    let past_days = window::days_back(first, now);
    (past_days > edge.options.window.past_days).then(|| {
        let mut wider = edge.clone();
        wider.options.window.past_days = past_days;
        wider
    })
}

/// Whether the event is to be seen in the target because of this edge, so that others need not
/// show it there.
fn shows(bundle: &Bundle, edge: &Edge, verdict: &Verdict) -> bool {
    let held = || {
        let mirror = bundle.mirrors.get(&edge.id);
        mirror.is_some_and(|mirror| mirror.parts.values().any(|part| part.object.is_some()))
    };
    match verdict {
        Verdict::Show(parts) => !parts.is_empty() || held(),
        // Where a person deleted it, it stays away.
        Verdict::Keep if is_detached(bundle, edge) => true,
        Verdict::Keep | Verdict::Freeze => edge.state != Lifecycle::Abandoned && held(),
        Verdict::No(_) | Verdict::CoveredBy(_) => false,
    }
}

fn apply(bundle: &mut Bundle, target: &Calendar, edge: &Edge, verdict: Verdict, env: &Env) {
    let known = bundle.mirrors.contains_key(&edge.id);
    match verdict {
        Verdict::Keep => {}
        Verdict::Freeze => match bundle.mirrors.get_mut(&edge.id) {
            Some(mirror) if mirror.parts.values().any(|part| part.object.is_some()) => {
                mirror.mirror.mode = MirrorMode::Frozen;
            }
            Some(_) => {
                parts::retract(bundle, target, edge.id, Wanted::No(Unwanted::OutOfWindow));
            }
            None => {}
        },
        Verdict::No(reason) if known => {
            parts::retract(bundle, target, edge.id, Wanted::No(reason));
        }
        Verdict::CoveredBy(winner) if known => {
            parts::retract(bundle, target, edge.id, Wanted::CoveredBy(winner));
        }
        Verdict::No(_) | Verdict::CoveredBy(_) => {}
        Verdict::Show(projected) => parts::show(bundle, target, edge, projected, env),
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
    document_at(bundle, edge, part, (config, env.now))
}

/// The same as of some time.
pub(crate) fn document_at(
    bundle: &Bundle,
    edge: &Edge,
    part: PartKey,
    (config, now): (&Config, Timestamp),
) -> Option<Projected> {
    let target = config.calendars.get(&edge.to)?;
    let disclosure = policy::disclosure(&edge.options, &config.policies);
    match judge(bundle, target, edge, (&disclosure, strictest(bundle)), (config, now, false)) {
        Verdict::Show(mut parts) => parts.remove(&part),
        Verdict::Keep | Verdict::Freeze | Verdict::No(_) | Verdict::CoveredBy(_) => None,
    }
}

/// What the source calendar of an edge shows of the event, each instance as private as any
/// calendar has it.
pub(crate) fn strict_body<'a>(bundle: &'a Bundle, edge: &Edge) -> Option<Cow<'a, Body>> {
    let others = bundle.presences.iter().filter(|(calendar, _)| **calendar != edge.from);
    let others = others.filter_map(|(_, presence)| wanted_body(presence));
    shown_body(bundle, edge).map(|body| with_privacy(body, others))
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
