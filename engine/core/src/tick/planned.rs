//! Holds and sessions that ran out.

use crate::author::{holds, sessions};
use crate::draft::Draft;
use crate::graph::CalendarRole;
use crate::ids::{HoldId, SessionId};
use crate::journal::{Cause, CauseKind};
use crate::schedule::{Session, SessionState};
use crate::slice::{Config, Missing};
use crate::time::Timestamp;

/// How long a session that is over stays to be looked at: thirty days.
const OVER_MILLIS: i64 = 30 * 86_400_000;

/// Ends what ran out, by a clock that can be trusted.
pub(super) fn run_out(draft: &mut Draft<'_>) -> Result<(), Missing> {
    let now = draft.env.now;
    let sessions: Vec<Session> =
        draft.config().sessions.values().filter(|one| is_due(one, now)).cloned().collect();
    let held = |config: &Config| -> Vec<HoldId> {
        config.holds.values().filter(|hold| !hold.is_live(now)).map(|hold| hold.id).collect()
    };
    if (sessions.is_empty() && held(draft.config()).is_empty()) || !goes_right(draft)? {
        return Ok(());
    }
    for session in sessions {
        if !draft.has_room() {
            return Ok(());
        }
        if session.state.is_over() {
            forget(draft, session.id);
        } else {
            sessions::end(draft, session, SessionState::Expired)?;
        }
    }
    for id in held(draft.config()) {
        let Some(hold) = draft.config().holds.get(&id).cloned().filter(|_| draft.has_room()) else {
            return Ok(());
        };
        holds::let_go(draft, &hold, CauseKind::Released)?;
    }
    Ok(())
}

fn is_due(session: &Session, now: Timestamp) -> bool {
    match session.ended {
        Some(ended) => ended.saturating_add_millis(OVER_MILLIS) <= now,
        None => session.expires <= now,
    }
}

fn forget(draft: &mut Draft<'_>, id: SessionId) {
    draft.config_mut(Cause::of(CauseKind::Released)).sessions.remove(&id);
}

/// Whether the clock may be gone by: where it jumped, what is held waits until a provider's own
/// time agrees (as all that destroys). A graph without a provider has nobody to ask.
fn goes_right(draft: &Draft<'_>) -> Result<bool, Missing> {
    let has_provider = |config: &Config| {
        config.calendars.values().any(|calendar| calendar.role != CalendarRole::Own)
    };
    Ok(!has_provider(draft.config()) || draft.run()?.clock.is_trusted())
}
