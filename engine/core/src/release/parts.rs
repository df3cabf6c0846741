//! Mirrors that a person deleted: made again, let be, or taken to their origin (L5, L7).

use core::ops::Bound::{Excluded, Unbounded};

use super::theirs::become_theirs;
use super::{cancelled, is_confirmed, outlived};
use crate::compile::propagate_removal;
use crate::event::Body;
use crate::graph::{Lifecycle, OnDelete, OnEdit};
use crate::ids::{CalendarId, EdgeId, ProviderId};
use crate::merge::put_change;
use crate::mirror::{MirrorMode, ParkReason, Part, PartKey, PartStatus};
use crate::presence::{Aside, AsideKind};
use crate::project::{document, shown_body};
use crate::revert::{may_change_origin, reverted};
use crate::slice::{Bundle, Config, MirrorBundle};
use crate::step::Env;

/// Lets the confirmed deletions of parts in a calendar take effect; whether an origin follows one.
pub(super) fn release(
    bundle: &mut Bundle,
    calendar: CalendarId,
    config: &Config,
    env: &Env,
) -> bool {
    let mut is_followed = false;
    let gone: Vec<(EdgeId, PartKey)> = bundle
        .mirrors
        .iter()
        .filter(|(_, mirror)| mirror.mirror.calendar == calendar)
        .flat_map(|(edge, mirror)| mirror.parts.iter().map(move |(key, part)| (edge, key, part)))
        .filter(|(_, _, part)| is_confirmed(part.gone.as_ref()))
        .map(|(edge, key, _)| (*edge, *key))
        .collect();
    for (edge, key) in gone {
        // It may have gone with its series.
        let part = bundle.mirrors.get(&edge).and_then(|mirror| mirror.parts.get(&key));
        if !part.is_some_and(|part| is_confirmed(part.gone.as_ref())) {
            continue;
        }
        let after = match deleted(bundle, config, (edge, key)) {
            After::Propagate => propagate(bundle, config, (edge, key), env),
            other @ (After::Restore
            | After::Again
            | After::Outlived
            | After::Renamed
            | After::Detach) => other,
        };
        is_followed |= after == After::Propagate;
        let Some(mirror) = bundle.mirrors.get_mut(&edge) else {
            continue;
        };
        if after == After::Detach {
            let on_edit = config.edges.get(&edge).map(|edge| edge.options.on_edit);
            become_theirs(mirror, key, on_edit.unwrap_or(OnEdit::Detach));
        }
        let Some(part) = mirror.parts.get_mut(&key) else {
            continue;
        };
        match after {
            After::Restore if part.is_cancelled(key) => {
                cancelled::put_back(mirror, key, env.now);
                continue;
            }
            After::Propagate if part.is_cancelled(key) => {
                cancelled::answered(mirror, key);
                continue;
            }
            After::Restore
            | After::Propagate
            | After::Again
            | After::Outlived
            | After::Renamed
            | After::Detach => {}
        }
        let generation = part.generation;
        forget_object(part);
        match after {
            After::Restore if part.want.is_some() => reverted(part, env.now),
            After::Detach => part.status = PartStatus::Settled,
            After::Renamed => part.generation = generation,
            After::Restore | After::Again | After::Outlived | After::Propagate => {}
        }
        if key == PartKey::Whole && after != After::Renamed {
            forget_instances(mirror);
        }
    }
    is_followed
}

/// Instances that are objects of their own go with their series, whether anyone says so or not, and
/// are as it has them where its pattern is written.
pub(crate) fn forget_instances(mirror: &mut MirrorBundle) {
    let instances = mirror.parts.iter_mut().filter(|(key, _)| matches!(key, PartKey::Override(_)));
    for (key, part) in instances {
        if part.is_cancelled(*key) {
            part.gone = None;
        }
        if part.object.is_some() && !matches!(part.status, PartStatus::Parked(_)) {
            forget_object(part);
        }
    }
}

/// Instances that are objects of their own may take over what is written of their series
/// (Exchange): a read of each alone says what it shows now.
pub(crate) fn doubt_instances(mirror: &mut MirrorBundle) {
    if mirror.mirror.mode != MirrorMode::Kept {
        return;
    }
    let instances = mirror.parts.iter_mut().filter(|(key, _)| matches!(key, PartKey::Override(_)));
    for (_, part) in instances {
        // What was written and not read back is read anyway.
        let is_read = matches!(part.status, PartStatus::Parked(_) | PartStatus::ReadBack);
        if part.object.is_some() && !is_read {
            part.status = PartStatus::Unsure;
        }
    }
}

/// After something of a series was written or went: instances that were refused are tried again where that
/// may have stood in their way, which is the series, or the instance before or after them.
pub(crate) fn try_refused(mirror: &mut MirrorBundle, written: PartKey) {
    if mirror.mirror.mode != MirrorMode::Kept {
        return;
    }
    let reach = match written {
        PartKey::Whole => usize::MAX,
        PartKey::Override(_) => 1,
        PartKey::Single(_) => return,
    };
    // Of one that is as its series has it a row may be left.
    let is_one = |(_, part): &(&PartKey, &Part)| part.want.is_some() || part.object.is_some();
    let before = mirror.parts.range(..written).rev().filter(is_one).take(reach);
    let after = mirror.parts.range((Excluded(written), Unbounded)).filter(is_one).take(reach);
    let refused = before.chain(after).filter(|(key, part)| {
        matches!(key, PartKey::Override(_))
            && part.status == PartStatus::Parked(ParkReason::Refused)
    });
    let refused: Vec<PartKey> = refused.map(|(key, _)| *key).collect();
    for key in refused {
        if let Some(part) = mirror.parts.get_mut(&key) {
            part.settle();
        }
    }
}

/// Has the parts of a calendar whose objects seem to be gone made again, where they are wanted.
pub(super) fn make_again(bundle: &mut Bundle, calendar: CalendarId) {
    let mirrors = bundle.mirrors.values_mut().filter(|m| m.mirror.calendar == calendar);
    for mirror in mirrors.filter(|m| m.mirror.mode != MirrorMode::Detached) {
        let whole = mirror.parts.get(&PartKey::Whole);
        let is_whole_gone = whole.is_some_and(|part| part.gone.is_some());
        cancelled::rejected(mirror);
        for part in mirror.parts.values_mut().filter(|part| part.gone.is_some()) {
            forget_object(part);
        }
        if is_whole_gone {
            forget_instances(mirror);
        }
    }
}

/// The object is gone, and its id stays taken.
pub(crate) fn forget_object(part: &mut Part) {
    part.gone = None;
    part.object = None;
    part.acks.clear();
    part.before.clear();
    part.generation += 1;
    part.settle();
}

/// What the deletion of an object comes to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    /// It is made again, and counts as put back against a person's will.
    Restore,
    /// It is made again where it is wanted: no person deleted it.
    Again,
    /// The same, since it did not show yet what a person made of its origin.
    Outlived,
    /// It lies in its calendar under another name, and is taken in there.
    Renamed,
    /// The origin follows.
    Propagate,
    /// It stays away.
    Detach,
}

/// How much hangs on the deletions of mirrors.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// Nothing that is not made again by itself.
    Light,
    /// A mirror stays away.
    Final,
    /// An origin goes.
    TakesAlong,
}

/// How much hangs on the confirmed deletions of an event's parts in a calendar.
pub(super) fn weight(bundle: &Bundle, calendar: CalendarId, config: &Config) -> Weight {
    let weights = weighed(bundle, calendar, config).map(|(_, weight)| weight);
    weights.max().unwrap_or(Weight::Light)
}

/// The objects of an event in a calendar on whose confirmed deletions much hangs.
pub(super) fn heavy(bundle: &Bundle, calendar: CalendarId, config: &Config) -> Vec<ProviderId> {
    let parts = weighed(bundle, calendar, config).filter(|(_, weight)| *weight != Weight::Light);
    parts.filter_map(|(part, _)| Some(part.object.as_ref()?.id.clone())).collect()
}

fn weighed<'a>(
    bundle: &'a Bundle,
    calendar: CalendarId,
    config: &'a Config,
) -> impl Iterator<Item = (&'a Part, Weight)> {
    fates(bundle, calendar, config).map(|(_, part, after)| match after {
        After::Restore | After::Again | After::Outlived | After::Renamed => (part, Weight::Light),
        After::Detach => (part, Weight::Final),
        After::Propagate => (part, Weight::TakesAlong),
    })
}

/// What the confirmed deletions of an event's parts in a calendar come to.
pub(super) fn fates<'a>(
    bundle: &'a Bundle,
    calendar: CalendarId,
    config: &'a Config,
) -> impl Iterator<Item = ((EdgeId, PartKey), &'a Part, After)> {
    let of_it = move |(_, mirror): &(&EdgeId, &MirrorBundle)| {
        mirror.mirror.calendar == calendar && mirror.mirror.mode != MirrorMode::Detached
    };
    let mirrors = bundle.mirrors.iter().filter(of_it);
    let parts = mirrors.flat_map(|(edge, mirror)| mirror.parts.iter().map(move |one| (edge, one)));
    let gone = parts.filter(|(_, (_, part))| is_confirmed(part.gone.as_ref()));
    gone.map(move |(edge, (key, part))| {
        let it = (*edge, *key);
        (it, part, deleted(bundle, config, it))
    })
}

/// What the deletion of a part's object comes to under its edge.
fn deleted(bundle: &Bundle, config: &Config, (edge, key): (EdgeId, PartKey)) -> After {
    let Some(mirror) = bundle.mirrors.get(&edge) else {
        return After::Restore;
    };
    if mirror.mirror.mode == MirrorMode::Detached {
        return After::Detach;
    }
    let Some(part) = mirror.parts.get(&key) else {
        return After::Restore;
    };
    if part.is_cancelled(key)
        && mirror.parts.get(&PartKey::Whole).is_some_and(|it| it.want.is_none())
    {
        // The series goes by itself, with all its instances.
        return After::Again;
    }
    match elsewhere(bundle, (edge, key), part.generation) {
        Some(calendar) if calendar == mirror.mirror.calendar => return After::Renamed,
        Some(_) => return After::Again,
        None if part.object.as_ref().is_some_and(|object| object.deleting) => return After::Again,
        None => {}
    }
    let Some(edge) = config.edges.get(&edge).filter(|edge| edge.state == Lifecycle::Active) else {
        return After::Restore;
    };
    match edge.options.on_delete {
        OnDelete::Restore => After::Restore,
        OnDelete::Detach => After::Detach,
        OnDelete::Propagate if !may_change_origin(bundle, config, edge) => After::Restore,
        OnDelete::Propagate if outlived::is_outlived(mirror, key, part) => After::Outlived,
        OnDelete::Propagate => After::Propagate,
    }
}

/// The calendar where the object lies in another place, or under another name: it was moved, not
/// deleted. A copy of one that was there before tells nothing.
fn elsewhere(
    bundle: &Bundle,
    (edge, key): (EdgeId, PartKey),
    generation: u32,
) -> Option<CalendarId> {
    let is_it = |aside: &&Aside| match &aside.what {
        AsideKind::Stray { edge: of, part, generation: seen, .. } => {
            *of == edge && *part == key && *seen == generation
        }
        AsideKind::ForeignManaged { .. }
        | AsideKind::Quarantined(_)
        | AsideKind::NotEvent
        | AsideKind::Message { .. } => false,
    };
    bundle.strays.values().find(is_it).map(|aside| aside.calendar)
}

/// Takes a deletion to the origin, which may change: the event goes with a mirror of all of it, one
/// instance with a part that shows that one.
fn propagate(
    bundle: &mut Bundle,
    config: &Config,
    (edge, key): (EdgeId, PartKey),
    env: &Env,
) -> After {
    let Some(edge) = config.edges.get(&edge) else {
        return After::Restore;
    };
    let want: Option<Body> = match key {
        PartKey::Whole => None,
        PartKey::Override(_) | PartKey::Single(_) => {
            let in_series = || cancelled::shown(bundle, config, env, (edge, key));
            let mirror = bundle.mirrors.get(&edge.id);
            let part = mirror.and_then(|mirror| mirror.parts.get(&key));
            let shown = if part.is_some_and(|part| part.is_cancelled(key)) {
                in_series()
            } else {
                let shown = document(bundle, edge, key, config, env).and_then(|part| part.of);
                shown.or_else(in_series)
            };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{EdgeOptions, PauseReason};
    use crate::mirror::{Mirror, Wanted};
    use crate::presence::ContentHash;
    use crate::time::Timestamp;
    use crate::transitions::{
        ANEW, After, EDGE, PART, SOURCE, TARGET, bundle, edge, env, gone, hold, part, row,
    };

    fn instance(want: Option<ContentHash>, is_there: bool, status: PartStatus) -> Part {
        let part = part("to write", &status);
        let object = part.object.clone().filter(|_| is_there);
        Part { want, object, acks: Vec::new(), ..part }
    }

    /// Catches a refused instance that is not tried again because the row of one that is as its
    /// series has it lies between it and the one that made room.
    #[test]
    fn a_refused_instance_is_tried_again_after_the_one_beside_it_and_no_farther_one_was_written() {
        let want = Some(ContentHash([1; 32]));
        let refused = || instance(want, false, PartStatus::Parked(ParkReason::Refused));
        let key = |at: i64| PartKey::Override(Timestamp::from_seconds(at));
        let parts = [
            (key(1), refused()),
            (key(2), refused()),
            (key(3), instance(None, false, PartStatus::Settled)),
            (key(4), instance(want, true, PartStatus::ReadBack)),
            (key(5), instance(want, true, PartStatus::Settled)),
            (key(6), refused()),
        ];
        let (calendar, mode) = (CalendarId::from_bytes([1; 16]), MirrorMode::Kept);
        let mirror = Mirror { calendar, wanted: Wanted::Yes, mode };
        let mut mirror = MirrorBundle { mirror, parts: parts.into_iter().collect() };
        let due = |mirror: &MirrorBundle| -> Vec<PartKey> {
            let due = mirror.parts.iter().filter(|(_, part)| part.status == PartStatus::Due);
            due.map(|(key, _)| *key).collect()
        };
        try_refused(&mut mirror, key(4));
        assert_eq!(due(&mirror), [key(2)]);
        try_refused(&mut mirror, PartKey::Whole);
        assert_eq!(due(&mirror), [key(1), key(2), key(6)]);
    }

    /// Rows of what becomes of an instance with its series.
    fn instances() -> [Vec<String>; 3] {
        let instance = PartKey::Override(Timestamp::from_seconds(1));
        let within = |part: &Part, change: fn(&mut MirrorBundle)| {
            let mut bundle = bundle(MirrorMode::Kept, instance, part.clone());
            bundle.mirrors.values_mut().for_each(change);
            After::of(&bundle, instance)
        };
        [
            row("an instance: its series went", &[()], |(), part| within(part, forget_instances)),
            row("an instance: its series was written", &[()], |(), part| {
                within(part, doubt_instances)
            }),
            row("an instance: something beside it was written or went", &[()], |(), part| {
                within(part, |mirror| try_refused(mirror, PartKey::Whole))
            }),
        ]
    }

    /// Catches a deletion by which something else becomes of a part than the page says.
    #[test]
    fn a_release_makes_of_every_status_what_the_page_says() {
        let released = |(rule, state), mode, aside: Option<CalendarId>, part: &Part| {
            let edge = edge(state, EdgeOptions { on_delete: rule, ..EdgeOptions::default() });
            let config = Config { edges: [(EDGE, edge)].into(), ..Config::default() };
            let mut bundle = bundle(mode, PartKey::Whole, part.clone());
            if let Some(calendar) = aside {
                let object = ProviderId("elsewhere".to_owned());
                let what = AsideKind::Stray {
                    event: PART.event,
                    edge: EDGE,
                    part: PartKey::Whole,
                    generation: part.generation,
                    content: ANEW,
                    theirs: false,
                };
                let key = (calendar, object.clone());
                bundle.strays.insert(key, Aside { calendar, object, version: None, what });
            }
            release(&mut bundle, TARGET, &config, &env());
            After::of(&bundle, PartKey::Whole)
        };
        let confirmed = |part: &Part| Part { gone: Some(gone(true)), ..part.clone() };
        let often = |part: &Part| Part { reverts: vec![env().now; 3], ..confirmed(part) };
        let (kept, active) = (MirrorMode::Kept, Lifecycle::Active);
        let restore = (OnDelete::Restore, active);
        let rests = Lifecycle::Paused(PauseReason::NoCalendar);
        let every = [OnDelete::Restore, OnDelete::Detach, OnDelete::Propagate];
        let rows = [
            row("gone, not confirmed", &every, |rule, part| {
                let part = Part { gone: Some(gone(false)), ..part.clone() };
                released((rule, active), kept, None, &part)
            }),
            row("gone: it is made again", &[()], |(), part| {
                released(restore, kept, None, &confirmed(part))
            }),
            row("gone: it is made again, the fourth time in a day", &[()], |(), part| {
                released(restore, kept, None, &often(part))
            }),
            row("gone: it stays away", &[()], |(), part| {
                released((OnDelete::Detach, active), kept, None, &confirmed(part))
            }),
            row("gone: its origin is to follow, and may not change", &[()], |(), part| {
                released((OnDelete::Propagate, active), kept, None, &confirmed(part))
            }),
            row(
                "gone, its edge paused, retiring or abandoned",
                &[rests, Lifecycle::Retiring, Lifecycle::Abandoned],
                |state, part| released((OnDelete::Detach, state), kept, None, &confirmed(part)),
            ),
            row("gone, its mirror a person's own", &every, |rule, part| {
                released((rule, active), MirrorMode::Detached, None, &confirmed(part))
            }),
            row("gone, and there under another name", &every, |rule, part| {
                released((rule, active), kept, Some(TARGET), &confirmed(part))
            }),
            row("gone, and there in another calendar", &every, |rule, part| {
                released((rule, active), kept, Some(SOURCE), &confirmed(part))
            }),
            row("gone: the held deletions are taken back", &[()], |(), part| {
                let mut bundle = bundle(kept, PartKey::Whole, confirmed(part));
                make_again(&mut bundle, TARGET);
                After::of(&bundle, PartKey::Whole)
            }),
        ];
        hold("A deletion is released", &[&rows[..], &instances()].concat());
    }
}
