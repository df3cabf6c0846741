//! The breaker: too many deletions at once are held for a person to look at, never dropped.

use crate::cursor::{Asked, Question, Released, Review, Verdict};
use crate::draft::Draft;
use crate::graph::{CalendarRole, Lifecycle, OnDelete};
use crate::ids::CalendarId;
use crate::journal::{Cause, CauseKind};
use crate::plan::Note;
use crate::slice::{Bundle, GonePage, Missing};

/// Up to this many deletions of a calendar always take effect.
const FEW: u32 = 10;
/// Above this many they never do unseen.
const MANY: u32 = 50;
/// Between the two, up to this share of the calendar does.
const SHARE_PERCENT: u32 = 30;

/// What becomes of the deletions seen in a calendar.
pub(crate) enum Judgement {
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
    let asked = asked(draft, calendar, Question::Deleted);
    let released = released(draft, calendar)?;
    let too_many = is_too_many(count + released, page.presences + released);
    match asked {
        Some(asked) if asked.verdict == Verdict::Rejected => Ok(Judgement::Forget),
        // What came after the approval was not looked at.
        Some(asked) if asked.verdict == Verdict::Approved && count <= asked.count => {
            if !too_many && !page.more {
                close(draft, calendar, Question::Deleted);
            }
            Ok(Judgement::Release)
        }
        Some(asked) if asked.verdict == Verdict::Waiting && count == asked.count => {
            Ok(Judgement::Hold)
        }
        // What came back is not asked about any more.
        Some(_) | None if count == 0 => Ok(Judgement::Release),
        None if !too_many => Ok(Judgement::Release),
        Some(_) | None => {
            hold(draft, calendar, Question::Deleted, (count, page.presences));
            Ok(Judgement::Hold)
        }
    }
}

/// Judges what a calendar that is read again lacks of what an edge has mirrored from it. What a person
/// says of it is closed with its last edge by [`end_unseen`], or here where all of them are to wait.
pub(crate) fn judge_unseen(
    draft: &mut Draft<'_>,
    calendar: CalendarId,
    lost: u32,
    of: u32,
) -> Judgement {
    match asked(draft, calendar, Question::Unseen) {
        Some(asked) if asked.verdict == Verdict::Rejected => {
            close(draft, calendar, Question::Unseen);
            Judgement::Forget
        }
        _ if !is_too_many(lost, of) => Judgement::Release,
        Some(asked) if asked.verdict == Verdict::Approved && lost <= asked.count => {
            Judgement::Release
        }
        Some(asked) if asked.verdict == Verdict::Waiting && lost <= asked.count => Judgement::Hold,
        Some(_) | None => {
            hold(draft, calendar, Question::Unseen, (lost, of));
            Judgement::Hold
        }
    }
}

/// No evidence is left, be it released or come back: whatever was said of it, the next deletions
/// are judged anew.
pub(super) fn end(draft: &mut Draft<'_>, calendar: CalendarId) {
    close(draft, calendar, Question::Deleted);
}

/// What is said of mirrors whose events are not seen stands until all of them were judged.
pub(super) fn end_unseen(draft: &mut Draft<'_>, calendar: CalendarId) {
    if !is_weighed(draft, calendar) {
        close(draft, calendar, Question::Unseen);
    }
}

fn is_weighed(draft: &Draft<'_>, calendar: CalendarId) -> bool {
    let mut edges = draft.config().edges.values().filter(|edge| edge.from == calendar);
    edges.any(|edge| edge.state == Lifecycle::Active && draft.sweep(edge.id).keeps_unseen())
}

/// How many of the run's deletions in this calendar took effect already.
fn released(draft: &Draft<'_>, calendar: CalendarId) -> Result<u32, Missing> {
    let run = draft.run()?;
    Ok(run.released.iter().filter(|one| one.calendar == calendar).map(|one| one.count).sum())
}

/// Counts deletions that take effect: the breaker is one of the run, not of a step.
pub(super) fn count(
    draft: &mut Draft<'_>,
    calendar: CalendarId,
    count: u32,
) -> Result<(), Missing> {
    if count == 0 {
        return Ok(());
    }
    let mut run = draft.run()?;
    match run.released.iter_mut().find(|one| one.calendar == calendar) {
        Some(one) => one.count += count,
        None => run.released.push(Released { calendar, count }),
    }
    draft.set_run(run);
    Ok(())
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
    if page.more {
        // Beyond the page nobody looks whose deletions they are: rather too many than too few.
        return Ok(page.presences_gone + page.mirrors_gone);
    }
    let mut mirrors = 0;
    for event in &page.events {
        mirrors +=
            u32::from(draft.event(*event)?.is_some_and(|bundle| takes_along(bundle, calendar)));
    }
    Ok(page.presences_gone + mirrors)
}

/// Whether a mirror in the calendar lost an object that we did not delete ourselves.
fn takes_along(bundle: &Bundle, calendar: CalendarId) -> bool {
    let mirrors = bundle.mirrors.values().filter(|mirror| mirror.mirror.calendar == calendar);
    mirrors.flat_map(|mirror| mirror.parts.values()).any(|part| {
        let ours = part.object.as_ref().is_some_and(|object| object.deleting);
        part.gone.is_some() && !ours
    })
}

fn asked(draft: &Draft<'_>, calendar: CalendarId, question: Question) -> Option<Asked> {
    draft.config().reviews.get(&calendar)?.asked(question)
}

fn hold(
    draft: &mut Draft<'_>,
    calendar: CalendarId,
    question: Question,
    (count, total): (u32, u32),
) {
    let run = draft.env.run;
    let cause = Cause::of(CauseKind::Held).in_calendar(calendar);
    let reviews = &mut draft.config_mut(cause).reviews;
    let review = reviews.entry(calendar).or_insert(Review::of(calendar, run));
    review.run = run;
    review.set(question, Some(Asked { count, total, verdict: Verdict::Waiting }));
    draft.note(Note { calendar: Some(calendar), count, ..Note::new("deletions.held") });
}

/// Closes one of a calendar's questions; the other stands.
pub(super) fn close(draft: &mut Draft<'_>, calendar: CalendarId, question: Question) {
    if asked(draft, calendar, question).is_none() {
        return;
    }
    let cause = Cause::of(CauseKind::Released).in_calendar(calendar);
    let reviews = &mut draft.config_mut(cause).reviews;
    if let Some(review) = reviews.get_mut(&calendar) {
        review.set(question, None);
        if review.questions().next().is_none() {
            reviews.remove(&calendar);
        }
    }
}
