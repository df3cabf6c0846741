//! Mirrors that a person deleted: made again, let be, or taken to their origin (L5, L7).

use super::is_confirmed;
use crate::compile::propagate_removal;
use crate::event::Body;
use crate::graph::{Edge, Lifecycle, OnDelete};
use crate::ids::{CalendarId, EdgeId};
use crate::merge::put_change;
use crate::mirror::{MirrorMode, Part, PartKey, PartStatus};
use crate::presence::AsideKind;
use crate::project::{document, shown_body};
use crate::revert::{may_change_origin, reverted};
use crate::slice::{Bundle, Config};
use crate::step::Env;

/// Lets the confirmed deletions of parts in a calendar take effect.
pub(super) fn release(bundle: &mut Bundle, calendar: CalendarId, config: &Config, env: &Env) {
    let gone: Vec<(EdgeId, PartKey)> = bundle
        .mirrors
        .iter()
        .filter(|(_, mirror)| mirror.mirror.calendar == calendar)
        .flat_map(|(edge, mirror)| mirror.parts.iter().map(move |(key, part)| (edge, key, part)))
        .filter(|(_, _, part)| is_confirmed(part.gone.as_ref()))
        .map(|(edge, key, _)| (*edge, *key))
        .collect();
    for (edge, key) in gone {
        let after = deleted(bundle, config, (edge, key), env);
        let Some(mirror) = bundle.mirrors.get_mut(&edge) else {
            continue;
        };
        if after == After::Detach {
            mirror.mirror.mode = MirrorMode::Detached;
        }
        let Some(part) = mirror.parts.get_mut(&key) else {
            continue;
        };
        forget_object(part);
        match after {
            After::Restore if part.want.is_some() => reverted(part, env.now),
            After::Detach => part.status = PartStatus::Settled,
            After::Restore | After::Again | After::Propagate => {}
        }
    }
}

/// Has the parts of a calendar whose objects seem to be gone made again, where they are wanted.
pub(super) fn make_again(bundle: &mut Bundle, calendar: CalendarId) {
    let mirrors = bundle.mirrors.values_mut().filter(|m| m.mirror.calendar == calendar);
    for mirror in mirrors.filter(|m| m.mirror.mode != MirrorMode::Detached) {
        for part in mirror.parts.values_mut().filter(|part| part.gone.is_some()) {
            forget_object(part);
        }
    }
}

/// The object is gone, and its id stays taken.
pub(crate) fn forget_object(part: &mut Part) {
    part.gone = None;
    part.object = None;
    part.acks.clear();
    part.generation += 1;
    part.settle();
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum After {
    /// It is made again, and counts as put back against a person's will.
    Restore,
    /// It is made again where it is wanted: no person deleted it.
    Again,
    /// The origin follows.
    Propagate,
    /// It stays away.
    Detach,
}

/// What the deletion of a part's object comes to under its edge.
fn deleted(
    bundle: &mut Bundle,
    config: &Config,
    (edge, key): (EdgeId, PartKey),
    env: &Env,
) -> After {
    let Some(mirror) = bundle.mirrors.get(&edge) else {
        return After::Restore;
    };
    if mirror.mirror.mode == MirrorMode::Detached {
        return After::Detach;
    }
    let ours = mirror.parts.get(&key).and_then(|part| part.object.as_ref());
    if ours.is_some_and(|object| object.deleting) || is_elsewhere(bundle, edge, key) {
        return After::Again;
    }
    let Some(edge) = config.edges.get(&edge).filter(|edge| edge.state == Lifecycle::Active) else {
        return After::Restore;
    };
    match edge.options.on_delete {
        OnDelete::Restore => After::Restore,
        OnDelete::Detach => After::Detach,
        OnDelete::Propagate => propagate(bundle, config, edge, key, env),
    }
}

/// Whether the object lies in another place, or under another name: it was moved, not deleted.
fn is_elsewhere(bundle: &Bundle, edge: EdgeId, key: PartKey) -> bool {
    bundle.strays.values().any(|aside| match &aside.what {
        AsideKind::Stray { edge: of, part, .. } => *of == edge && *part == key,
        AsideKind::ForeignManaged { .. }
        | AsideKind::Quarantined(_)
        | AsideKind::NotEvent
        | AsideKind::Message { .. } => false,
    })
}

/// Takes a deletion to the origin, as far as it may change: the event goes with a mirror of all
/// of it, one instance with a part that shows that one.
fn propagate(bundle: &mut Bundle, config: &Config, edge: &Edge, key: PartKey, env: &Env) -> After {
    if !may_change_origin(bundle, config, edge) {
        return After::Restore;
    }
    let want: Option<Body> = match key {
        PartKey::Whole => None,
        PartKey::Override(_) | PartKey::Single(_) => {
            let shown = document(bundle, edge, key, config, env).and_then(|part| part.of);
            match (shown_body(bundle, edge), shown) {
                (Some(origin), Some(of)) => Some(propagate_removal(origin, &of)),
                (None, _) => None,
                (Some(_), None) => return After::Restore,
            }
        }
    };
    let Some(presence) = bundle.presences.get_mut(&edge.from) else {
        return After::Restore;
    };
    put_change(presence, want, Some(edge.id));
    After::Propagate
}
