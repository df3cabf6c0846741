//! The step that does what time and set-up ask for: sweeps, retirements, what was switched off.

mod off;
mod planned;
mod retire;
mod sweep;
mod weigh;

use crate::draft::Draft;
use crate::plan::Plan;
use crate::schedule::next_end;
use crate::slice::{Config, Missing, Slice};
use crate::step::Env;
use crate::time::Timestamp;

/// How many events are looked at in one page.
pub(crate) const PAGE: u32 = 100;

/// Does a bounded piece of the work that no provider asked for. Call again until the plan is
/// empty.
///
/// - Holds and sessions that ran out are let go.
/// - Of edges that waited until their source calendar was read again, those go on whose mirrors it
///   shows; where it lacks too many, a person is asked.
/// - New and changed edges are worked through, page by page; all edges once a day, since the
///   window has moved.
/// - Edges and accounts being removed end once nothing of theirs is left.
/// - What a calendar that is read no more had shown is forgotten, and its mirrors retire.
/// - Overlays that no edge needs are taken away.
///
/// # Errors
/// [`Missing`] names the pages it looks at.
pub fn tick(slice: &Slice, env: &Env) -> Result<Plan, Missing> {
    let mut draft = Draft::new(slice, env);
    planned::run_out(&mut draft)?;
    weigh::edges(&mut draft)?;
    sweep::sweep(&mut draft)?;
    if draft.has_room() {
        retire::edges(&mut draft)?;
    }
    if draft.has_room() {
        off::calendars(&mut draft)?;
    }
    if draft.has_room() {
        retire::overlays(&mut draft);
        retire::accounts(&mut draft)?;
    }
    draft.finish(0)
}

/// When edges, holds and sessions have [`tick`] do something next, at `now` or later; `None`: when
/// something comes in. What a calendar that is switched off or an account that goes has it do is done by
/// the sync that follows such an edit.
#[must_use]
pub fn due_at(config: &Config, now: Timestamp) -> Option<Timestamp> {
    [next_end(config, now), sweep::next(config, now)].into_iter().flatten().min()
}
