//! Writing a mirror back after a person changed it, and whether its origin may change instead.

use std::collections::BTreeMap;

use crate::compile::{Compile, Compiled, Fields, Projected, compile, instance_of, writable_fields};
use crate::event::Body;
use crate::graph::{Calendar, CalendarRole, Edge};
use crate::ids::EdgeId;
use crate::mirror::{ParkReason, Part, PartKey, PartRef, PartStatus};
use crate::policy;
use crate::project::{shown_body, strict_body, strictest};
use crate::slice::{Bundle, Config};
use crate::step::Env;
use crate::time::{Timestamp, When};

/// After this many reverts within a day a part is parked.
const REVERTS_MAX: usize = 3;
const DAY_MILLIS: i64 = 86_400_000;

/// The part is due because a person changed or deleted its object; parked where that keeps
/// happening, so that two programs do not fight for ever (L5, L9).
pub(crate) fn reverted(part: &mut Part, now: Timestamp) {
    let since = now.saturating_add_millis(-DAY_MILLIS);
    part.reverts.retain(|at| *at > since);
    if part.reverts.len() >= REVERTS_MAX {
        part.status = PartStatus::Parked(ParkReason::Contended);
        return;
    }
    part.reverts.push(now);
    part.status = PartStatus::Due;
}

/// Whether a mirror of this edge may change its origin: the calendar can be written, and nobody
/// would be mailed because of it, unless the edge grants that (L5, L13).
pub(crate) fn may_change_origin(bundle: &Bundle, config: &Config, edge: &Edge) -> bool {
    let Some(presence) = bundle.presences.get(&edge.from) else {
        return false;
    };
    let Some(source) = config.calendars.get(&edge.from) else {
        return false;
    };
    is_writable(source) && (is_quiet(&presence.body) || edge.options.may_notify)
}

/// Whether events that people made can be changed in a calendar.
pub(crate) fn is_writable(calendar: &Calendar) -> bool {
    let reachable = match calendar.role {
        CalendarRole::Theirs | CalendarRole::Own => true,
        CalendarRole::Subscribed | CalendarRole::Overlay(_) | CalendarRole::Lost => false,
    };
    reachable && calendar.capabilities.write
}

/// Whether nobody is mailed when the event changes (L13).
pub(crate) fn is_quiet(body: &Body) -> bool {
    let changed = body.exceptions.iter().map(|exception| &exception.content);
    std::iter::once(&body.content).chain(changed).all(|content| {
        content.organized && content.attendees.is_empty() && content.organizer.is_none()
    })
}

/// A part as its edge shows it now, and what of it may flow back.
pub(crate) struct Shown<'a> {
    pub(crate) origin: &'a Body,
    pub(crate) projected: Projected,
    pub(crate) fields: Fields,
}

/// What a part shows of its origin; `None` where it shows nothing, or where the origin is not to
/// be changed because of it.
pub(crate) fn shown_part<'a>(
    bundle: &'a Bundle,
    config: &Config,
    env: &Env,
    part: PartRef,
) -> Option<Shown<'a>> {
    shown_by(bundle, config, env, part.edge, |_, mut parts| parts.remove(&part.part))
}

/// The same of an instance of a series that no part stands for; beside it the series.
pub(crate) fn shown_instance<'a>(
    bundle: &'a Bundle,
    config: &Config,
    env: &Env,
    (edge, original): (EdgeId, &When),
) -> Option<(Shown<'a>, Projected)> {
    let mut series = None;
    let shown = shown_by(bundle, config, env, edge, |asked, mut parts| {
        series = parts.remove(&PartKey::Whole);
        instance_of(asked, series.as_ref()?, original)
    });
    shown.zip(series)
}

fn shown_by<'a>(
    bundle: &'a Bundle,
    config: &Config,
    env: &Env,
    edge: EdgeId,
    pick: impl FnOnce(&Compile<'_>, BTreeMap<PartKey, Projected>) -> Option<Projected>,
) -> Option<Shown<'a>> {
    let edge = config.edges.get(&edge)?;
    let target = config.calendars.get(&edge.to)?;
    if !may_change_origin(bundle, config, edge) {
        return None;
    }
    let (origin, strict) = (shown_body(bundle, edge)?, strict_body(bundle, edge)?);
    let disclosure = policy::disclosure(&edge.options, &config.policies);
    let asked = Compile {
        body: &strict,
        strictest: strictest(bundle),
        edge,
        disclosure: &disclosure,
        target: &target.capabilities,
        now: env.now,
    };
    let projected = match compile(&asked) {
        Compiled::Parts(parts) => pick(&asked, parts)?,
        Compiled::No(_) => return None,
    };
    let fields = writable_fields(&asked, &projected);
    Some(Shown { origin, projected, fields })
}
