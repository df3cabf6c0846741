//! Weighing what an edge has mirrored against what its source calendar shows, since that is read again.
//!
//! Nothing is recorded there that could be gone, so no evidence tells of what it lacks. It is counted,
//! page by page, before any of it takes effect: too much of it waits for a person (L7).

use super::sweep::{Due, EDGES_AT_ONCE, is_read, look_at, page};
use crate::cursor::{Question, Verdict};
use crate::draft::Draft;
use crate::graph::{Edge, Lifecycle, Sweep};
use crate::ids::{CalendarId, EdgeId};
use crate::mirror::MirrorMode;
use crate::release::{Judgement, judge_unseen};
use crate::slice::{Bundle, Missing};

/// What was counted of an edge, and from where it goes on.
struct Counted {
    due: Due,
    before: Sweep,
    lost: u32,
    of: u32,
}

pub(super) fn edges(draft: &mut Draft<'_>) -> Result<(), Missing> {
    let active = draft.config().edges.values().filter(|edge| edge.state == Lifecycle::Active);
    let counted: Vec<Counted> = active.filter_map(|edge| weighed(draft, edge)).collect();
    for some in counted.chunks(EDGES_AT_ONCE) {
        look_at(draft, some.iter().map(|one| &one.due))?;
        for one in some {
            // A rejection may have it wait for the calendar once more.
            if draft.sweep(one.due.edge) == one.before {
                weigh_page(draft, one)?;
            }
            if !draft.has_room() {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn weighed(draft: &Draft<'_>, edge: &Edge) -> Option<Counted> {
    let before = draft.sweep(edge.id);
    let of = |after, lost, of| {
        let due = Due { edge: edge.id, ends: (edge.from, edge.to), after, changed: false };
        is_read(draft.config(), edge.from).then_some(Counted { due, before, lost, of })
    };
    match before {
        Sweep::Weighing { after, lost, of: all } => of(after, lost, all),
        Sweep::Held => {
            let review = draft.config().reviews.get(&edge.from);
            let asked = review.and_then(|review| review.asked(Question::Unseen));
            // Once a person has spoken, it is counted what they spoke about.
            if asked.is_some_and(|asked| asked.verdict == Verdict::Waiting) {
                None
            } else {
                of(None, 0, 0)
            }
        }
        Sweep::Waiting | Sweep::Done(_) | Sweep::After(_) | Sweep::Changed(_) => None,
    }
}

fn weigh_page(draft: &mut Draft<'_>, counted: &Counted) -> Result<(), Missing> {
    let Counted { ref due, mut lost, mut of, .. } = *counted;
    let (edge, (from, _)) = (due.edge, due.ends);
    let (events, more) = page(draft, due)?;
    for event in &events {
        let Some(bundle) = draft.event(*event)? else { continue };
        if is_shown(bundle, edge) {
            of += 1;
            lost += u32::from(!bundle.presences.contains_key(&from));
        }
    }
    if more {
        let after = events.last().copied();
        draft.set_sweep(edge, Some(Sweep::Weighing { after, lost, of }));
        return Ok(());
    }
    match judge_unseen(draft, from, lost, of) {
        Judgement::Release => draft.set_sweep(edge, Some(Sweep::Changed(None))),
        Judgement::Hold => draft.set_sweep(edge, Some(Sweep::Held)),
        Judgement::Forget => read_again(draft, from),
    }
    Ok(())
}

/// Whether an edge has a mirror that would be taken away.
fn is_shown(bundle: &Bundle, edge: EdgeId) -> bool {
    let mirror = bundle.mirrors.get(&edge);
    mirror.filter(|mirror| mirror.mirror.mode != MirrorMode::Detached).is_some_and(|mirror| {
        mirror.parts.values().any(|part| part.want.is_some() && part.object.is_some())
    })
}

/// A person says that what the calendar lacks is there: its edges wait until it was read once more.
fn read_again(draft: &mut Draft<'_>, calendar: CalendarId) {
    let edges = draft.config().edges.values().filter(|edge| edge.from == calendar);
    let edges: Vec<EdgeId> = edges.map(|edge| edge.id).collect();
    for edge in edges {
        if draft.sweep(edge).keeps_unseen() {
            draft.set_sweep(edge, Some(Sweep::Waiting));
        }
    }
    draft.set_cursor(calendar.into(), None);
}
