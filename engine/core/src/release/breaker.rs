//! The breaker: too many deletions at once are held for a person to look at, never dropped.

use crate::cursor::{Review, Verdict};
use crate::draft::Draft;
use crate::graph::{CalendarRole, OnDelete};
use crate::ids::CalendarId;
use crate::journal::{Cause, CauseKind};
use crate::plan::Note;
use crate::slice::{GonePage, Missing};

/// Up to this many deletions of a calendar always take effect.
const FEW: u32 = 10;
/// Above this many they never do unseen.
const MANY: u32 = 50;
/// Between the two, up to this share of the calendar does.
const SHARE_PERCENT: u32 = 30;

/// What becomes of the deletions seen in a calendar.
pub(super) enum Judgement {
    /// They take effect.
    Release,
    /// They wait for a person.
    Hold,
    /// A person said that they are wrong.
    Forget,
}

/// Judges the deletions seen in a calendar; too many are held.
pub(super) fn judge(
    draft: &mut Draft<'_>,
    calendar: CalendarId,
    page: &GonePage,
) -> Result<Judgement, Missing> {
    let count = destructive(draft, calendar, page)?;
    let review = draft.config().reviews.get(&calendar).cloned();
    let too_many = is_too_many(count, page.presences);
    match review {
        Some(review) if review.verdict == Verdict::Rejected => Ok(Judgement::Forget),
        // What came after the approval was not looked at.
        Some(review) if review.verdict == Verdict::Approved && count <= review.count => {
            if !too_many && !page.more {
                close(draft, calendar);
            }
            Ok(Judgement::Release)
        }
        Some(review) if review.verdict == Verdict::Waiting && count <= review.count => {
            Ok(Judgement::Hold)
        }
        Some(_) => {
            hold(draft, calendar, count, page.presences);
            Ok(Judgement::Hold)
        }
        None if too_many => {
            hold(draft, calendar, count, page.presences);
            Ok(Judgement::Hold)
        }
        None => Ok(Judgement::Release),
    }
}

/// Nothing that was approved is left: the next deletions are judged anew.
pub(super) fn end_approval(draft: &mut Draft<'_>, calendar: CalendarId) {
    let review = draft.config().reviews.get(&calendar);
    if review.is_some_and(|review| review.verdict == Verdict::Approved) {
        close(draft, calendar);
    }
}

const fn is_too_many(count: u32, of: u32) -> bool {
    count > MANY || (count > FEW && count as u64 * 100 > of as u64 * SHARE_PERCENT as u64)
}

/// How many deletions would take something away: origins, and origins behind deleted mirrors
/// whose edge propagates. A mirror that is made again takes nothing away.
fn destructive(draft: &Draft<'_>, calendar: CalendarId, page: &GonePage) -> Result<u32, Missing> {
    let config = draft.config();
    let propagates = config
        .edges
        .values()
        .any(|edge| edge.to == calendar && edge.options.on_delete == OnDelete::Propagate);
    let is_overlay = config
        .calendars
        .get(&calendar)
        .is_some_and(|calendar| matches!(calendar.role, CalendarRole::Overlay(_)));
    if !propagates {
        return Ok(if is_overlay { 0 } else { page.presences_gone });
    }
    let mut parts = 0;
    for event in &page.events {
        let bundle = draft.event(*event)?;
        let gone = bundle.is_some_and(|bundle| {
            bundle.mirrors.values().any(|mirror| {
                mirror.mirror.calendar == calendar
                    && mirror.parts.values().any(|part| part.gone.is_some())
            })
        });
        parts += u32::from(gone);
    }
    Ok(page.presences_gone + parts)
}

fn hold(draft: &mut Draft<'_>, calendar: CalendarId, count: u32, total: u32) {
    let run = draft.env.run;
    let review = Review { calendar, run, count, total, verdict: Verdict::Waiting };
    let cause = Cause::of(CauseKind::Held).in_calendar(calendar);
    draft.config_mut(cause).reviews.insert(calendar, review);
    draft.note(Note { calendar: Some(calendar), count, ..Note::new("deletions.held") });
}

fn close(draft: &mut Draft<'_>, calendar: CalendarId) {
    let cause = Cause::of(CauseKind::Released).in_calendar(calendar);
    draft.config_mut(cause).reviews.remove(&calendar);
}
