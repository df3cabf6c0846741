//! Edges made, changed and removed.

use super::authored;
use super::replace::stays;
use crate::draft::Draft;
use crate::graph::{
    Calendar, CalendarRole, Edge, EdgeOptions, Lifecycle, OnDelete, OnEdit, OverlayState,
    PauseReason, ScopeKind, Sweep,
};
use crate::ids::{AccountId, CalendarId, EdgeId};
use crate::keys::GraphKeys;
use crate::plan::{Job, JobKey};
use crate::slice::{Config, Missing, ReadSet};
use crate::step::EdgeTarget;

/// The name of an overlay as its account shows it.
const OVERLAY_NAME: &str = "Other calendars";

pub(super) fn add(
    draft: &mut Draft<'_>,
    from: CalendarId,
    to: EdgeTarget,
    options: &EdgeOptions,
    two_way: bool,
) {
    let mut options = options.clone();
    options.kind = to.kind();
    if two_way {
        options.on_edit = OnEdit::Propagate;
        options.on_delete = OnDelete::Propagate;
    }
    let to = match to {
        EdgeTarget::Calendar(calendar) => calendar,
        EdgeTarget::Overlay(account) => overlay(draft, account),
    };
    let env = draft.env;
    let there = free_id(draft, &env.keys, from, to);
    let pair = if is_two_way(&options) { half(draft.config(), there, (from, to)) } else { None };
    if let Some(other) = pair.and_then(|id| draft.config().edges.get(&id)) {
        options.level = options.level.min(other.options.level);
    }
    let mut edges = vec![Edge { pair, ..new(there, from, to, options.clone()) }];
    if two_way {
        let back = free_id(draft, &env.keys, to, from);
        edges[0].pair = Some(back);
        edges.push(Edge { pair: Some(there), ..new(back, to, from, options) });
    }
    let config = draft.config_mut(authored().for_edge(there));
    let ids: Vec<EdgeId> = edges.iter().map(|edge| edge.id).collect();
    config.edges.extend(edges.into_iter().map(|edge| (edge.id, edge)));
    for id in ids {
        draft.set_sweep(id, Some(Sweep::After(None)));
    }
}

const fn new(id: EdgeId, from: CalendarId, to: CalendarId, options: EdgeOptions) -> Edge {
    Edge { id, from, to, options, state: Lifecycle::Active, pair: None }
}

/// Whether what people do to a mirror goes back, as in both halves of a pair.
const fn is_two_way(options: &EdgeOptions) -> bool {
    matches!(options.on_edit, OnEdit::Propagate) && matches!(options.on_delete, OnDelete::Propagate)
}

/// The half of a two-way pair that stayed while the other, which had this id and comes back, was gone.
fn half(config: &Config, gone: EdgeId, (from, to): (CalendarId, CalendarId)) -> Option<EdgeId> {
    let is_left =
        |edge: &&Edge| edge.pair == Some(gone) && (edge.from, edge.to) == (to, from) && stays(edge);
    config.edges.values().find(is_left).map(|edge| edge.id)
}

/// An edge's id is derived from its ends, so that two devices that draw the same edge have the
/// same mirrors; counted on while an earlier one is still retiring.
fn free_id(draft: &Draft<'_>, keys: &GraphKeys, from: CalendarId, to: CalendarId) -> EdgeId {
    let id = |n: u32| {
        EdgeId::from_bytes(keys.derive("edge", &[from.as_bytes(), to.as_bytes(), &n.to_be_bytes()]))
    };
    (0..).map(id).find(|id| !draft.config().edges.contains_key(id)).unwrap_or_else(|| id(0))
}

/// The overlay of an account, asked for where there is none.
fn overlay(draft: &mut Draft<'_>, account: AccountId) -> CalendarId {
    let known = draft.config().calendars.values().find(|calendar| {
        calendar.account == account && matches!(calendar.role, CalendarRole::Overlay(_))
    });
    if let Some(calendar) = known.cloned() {
        if calendar.role == CalendarRole::Overlay(OverlayState::Retiring) {
            let state = match calendar.provider_id {
                Some(_) => OverlayState::Made { remade: 0 },
                None => OverlayState::Wanted { remade: 0 },
            };
            let config = draft.config_mut(authored().in_calendar(calendar.id));
            if let Some(calendar) = config.calendars.get_mut(&calendar.id) {
                calendar.role = CalendarRole::Overlay(state);
            }
        }
        return calendar.id;
    }
    let id = draft.env.keys.overlay(account);
    // What another calendar there can hold, until it is found itself: in most it is the same.
    let others = draft.config().calendars.values();
    let like = others
        .filter(|other| other.account == account && other.provider_id.is_some())
        .find(|other| other.capabilities.write);
    let capabilities = like.map(|other| other.capabilities.clone()).unwrap_or_default();
    let calendar = Calendar {
        id,
        account,
        provider_id: None,
        name: OVERLAY_NAME.to_owned(),
        kind: ScopeKind::Calendar,
        on: true,
        capabilities,
        role: CalendarRole::Overlay(OverlayState::Wanted { remade: 0 }),
    };
    draft.config_mut(authored().in_calendar(id)).calendars.insert(id, calendar);
    id
}

pub(super) fn change(draft: &mut Draft<'_>, id: EdgeId, options: &EdgeOptions) {
    let mut pair = None;
    let mut rested = None;
    if let Some(edge) = draft.config_mut(authored().for_edge(id)).edges.get_mut(&id) {
        let kind = edge.options.kind;
        edge.options = options.clone();
        edge.options.kind = kind;
        pair = edge.pair;
        if let Lifecycle::Paused(reason) = edge.state {
            edge.state = Lifecycle::Active;
            rested = Some((edge.to, reason));
        }
    }
    if let Some((to, reason)) = rested {
        go_on(draft, to, reason);
    }
    // A two-way pair has one level.
    let level = options.level;
    let config = draft.config_mut(authored());
    if let Some(edge) = pair.and_then(|pair| config.edges.get_mut(&pair)) {
        edge.options.level = level;
    }
    let changed: Vec<EdgeId> = [Some(id), pair].into_iter().flatten().collect();
    sweep_all(draft, &changed);
}

/// Someone wants the mirrors of an edge again that rested for want of a calendar: all edges that
/// rested for the same reason go on, and the overlay is tried once more.
fn go_on(draft: &mut Draft<'_>, to: CalendarId, reason: PauseReason) {
    let (now, keys) = (draft.env.now, &draft.env.keys);
    let config = draft.config_mut(authored().in_calendar(to));
    for edge in config.edges.values_mut() {
        if edge.to == to && edge.state == Lifecycle::Paused(reason) {
            edge.state = Lifecycle::Active;
        }
    }
    let Some(calendar) = config.calendars.get_mut(&to) else {
        return;
    };
    let lost = calendar.role == CalendarRole::Lost && to == keys.overlay(calendar.account);
    if lost {
        calendar.role = CalendarRole::Overlay(OverlayState::Wanted { remade: 0 });
        calendar.provider_id = None;
        draft.set_cursor(to.into(), None);
    }
    let key = JobKey::Overlay(to);
    draft.push_job(Job { key, lane: to, run_at: now, starts: now });
}

pub(super) fn remove(draft: &mut Draft<'_>, id: EdgeId, abandon: bool) {
    let state = if abandon { Lifecycle::Abandoned } else { Lifecycle::Retiring };
    let config = draft.config_mut(authored().for_edge(id));
    let pair = config.edges.get(&id).and_then(|edge| edge.pair);
    for id in [Some(id), pair].into_iter().flatten() {
        if let Some(edge) = config.edges.get_mut(&id) {
            edge.state = state;
        }
    }
    sweep_all(draft, &[]);
}

/// All edges are worked through again, since what one shows can hang on another; those that
/// changed from the ground up.
pub(super) fn sweep_all(draft: &mut Draft<'_>, changed: &[EdgeId]) {
    let edges: Vec<EdgeId> = draft.config().edges.keys().copied().collect();
    for edge in edges {
        let known = draft.sweep(edge).again();
        let sweep = if changed.contains(&edge) { Sweep::Changed(None) } else { known };
        draft.set_sweep(edge, Some(sweep));
    }
}

/// Of these edges, those wait whose source calendar was not read to its end since it is read: nothing
/// says of an event that is not recorded there whether it is gone (L7).
pub(super) fn wait_for_reading(
    draft: &mut Draft<'_>,
    is_one: impl Fn(&Edge) -> bool,
) -> Result<(), Missing> {
    let config = draft.config();
    let is_read = |edge: &&Edge| {
        let source = config.calendars.get(&edge.from);
        source.is_some_and(|source| config.takes_in(source) && source.role != CalendarRole::Own)
    };
    let edges = config.edges.values().filter(|edge| stays(edge) && is_one(edge)).filter(is_read);
    let edges: Vec<(EdgeId, CalendarId)> = edges.map(|edge| (edge.id, edge.from)).collect();
    let mut missing = ReadSet::default();
    for (edge, from) in edges {
        match draft.cursor(from.into()) {
            Ok(cursor) if cursor.read_at.is_none() => draft.set_sweep(edge, Some(Sweep::Waiting)),
            Ok(_) => {}
            Err(Missing(want)) => missing.merge(*want),
        }
    }
    if missing.is_empty() { Ok(()) } else { Err(Missing::of(missing)) }
}

/// A policy changed: it holds for all edges.
pub(super) fn sweep_changed(draft: &mut Draft<'_>) {
    let edges: Vec<EdgeId> = draft.config().edges.keys().copied().collect();
    sweep_all(draft, &edges);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::author;
    use super::*;
    use crate::graph::DetailLevel;
    use crate::plan::{Change, Row};
    use crate::slice::Slice;
    use crate::step::UserEdit;
    use crate::transitions::{ACCOUNT, EDGE, SOURCE, TARGET, edge, env, target};

    fn options(level: DetailLevel, on_edit: OnEdit) -> EdgeOptions {
        EdgeOptions { level, on_edit, on_delete: OnDelete::Propagate, ..EdgeOptions::default() }
    }

    /// An edge that is added where the other half of a pair, which shows titles, stayed alone.
    fn added(level: DetailLevel, on_edit: OnEdit) -> Edge {
        let gone = [SOURCE.as_bytes().as_slice(), TARGET.as_bytes(), &0_u32.to_be_bytes()];
        let pair = Some(EdgeId::from_bytes(env().keys.derive("edge", &gone)));
        let left = edge(Lifecycle::Active, options(DetailLevel::Title, OnEdit::Propagate));
        let left = Edge { from: TARGET, to: SOURCE, pair, ..left };
        let calendars =
            [SOURCE, TARGET].map(|id| (id, Calendar { id, account: ACCOUNT, ..target() }));
        let config = Config {
            calendars: calendars.into(),
            edges: [(EDGE, left)].into(),
            ..Config::default()
        };
        let slice = Slice { config: Arc::new(config), ..Slice::default() };
        let (from, to, options) =
            (SOURCE, EdgeTarget::Calendar(TARGET), Box::new(options(level, on_edit)));
        let edits = [UserEdit::AddEdge { from, to, options, two_way: false }];
        let plan = author(&slice, &edits, &env()).unwrap_or_else(|missing| panic!("{missing:?}"));
        let edges = plan.changes.into_iter().filter_map(|change| match change {
            Change::Put(Row::Edge(edge), _) => Some(edge),
            Change::Put(..) | Change::Delete(_) => None,
        });
        edges.last().unwrap_or_else(|| panic!("no edge"))
    }

    /// Catches half a pair that comes back and shows more than the other, and an edge that goes one way and
    /// is removed with what it is taken for the half of.
    #[test]
    fn only_what_goes_both_ways_is_half_a_pair_and_shows_no_more_than_the_other() {
        let half = |level, on_edit| {
            let Edge { pair, options, .. } = added(level, on_edit);
            (pair, options.level)
        };
        use DetailLevel::{Busy, Full, Title};
        assert_eq!(half(Full, OnEdit::Propagate), (Some(EDGE), Title));
        assert_eq!(half(Busy, OnEdit::Propagate), (Some(EDGE), Busy));
        assert_eq!(half(Full, OnEdit::Revert), (None, Full));
    }
}
