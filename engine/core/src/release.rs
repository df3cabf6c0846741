//! The second phase of deletions: what evidence comes to, once it is safe to act on (L7).

mod breaker;
mod cancelled;
mod lacked;
mod outlived;
mod parts;
mod theirs;

use std::collections::BTreeSet;

use lacked::lacked;
use outlived::Conflict;
use parts::Weight;

use crate::cursor::Question;
use crate::draft::Draft;
use crate::event::Body;
use crate::graph::{Calendar, CalendarRole, OverlayState, ScopeKind};
use crate::ids::{AccountId, CalendarId, EventId, ScopeId};
use crate::journal::{Cause, CauseKind};
use crate::merge::merge_changed;
use crate::plan::{Note, Plan, RowKey};
use crate::presence::Evidence;
use crate::project::{project, wanted_body};
use crate::slice::{AnyCalendar, Bundle, Config, GonePage, Missing, ReadSet, Slice};
use crate::step::Env;

pub(crate) use breaker::{Judgement, judge_unseen};
pub(crate) use cancelled::reset_instances;
pub(crate) use parts::{doubt_instances, forget_instances, forget_object, try_refused};
pub(crate) use theirs::{become_theirs, leave_theirs};

/// Lets confirmed evidence of deletions take effect, calendar by calendar.
///
/// A calendar's deletions are released when its listing ended whole in this run, when every other
/// calendar of the account that is read has been read since they were seen (so that a move is a
/// move), and when they are not too many in this run; else they wait, or are held for review. What a
/// person cannot get back by itself, an origin that goes with its mirror and a mirror that stays
/// away, waits until all of the account was read twice, unless one listing of changes told all: a
/// whole one may lack what came last. What a listing lacked whose reader came to no end is asked for
/// alone before anything is judged. Call again until the plan is empty.
///
/// # Errors
/// [`Missing`] names the run, the calendars with evidence, and the pages of these.
pub fn release(slice: &Slice, env: &Env) -> Result<Plan, Missing> {
    let mut draft = Draft::new(slice, env);
    let run = draft.run();
    if run.as_ref().is_ok_and(|run| !run.clock.is_trusted()) {
        return draft.finish(0);
    }
    let mut missing = ReadSet::default();
    if let Err(Missing(want)) = &run {
        missing.merge((**want).clone());
    }
    let evidence = match slice.evidence_in(&AnyCalendar) {
        Ok(evidence) => evidence,
        Err(Missing(want)) => {
            missing.merge(*want);
            return Err(Missing::of(missing));
        }
    };
    let mut pages = Vec::new();
    for calendar in slice.config.calendars.values() {
        if calendar.kind != ScopeKind::Calendar || calendar.role == CalendarRole::Own {
            continue;
        }
        breaker::end_unseen(&mut draft, calendar.id);
        if !evidence.contains(&calendar.id) {
            breaker::end(&mut draft, calendar.id);
            continue;
        }
        match slice.gone_page(&calendar.id) {
            Ok(page) if page.events.is_empty() => breaker::end(&mut draft, calendar.id),
            Ok(page) => pages.push((calendar.id, page)),
            Err(Missing(want)) => missing.merge(*want),
        }
    }
    if !missing.is_empty() {
        return Err(Missing::of(missing));
    }
    let run = run?;
    let mut again = BTreeSet::new();
    for (calendar, page) in pages {
        if siblings_read(&slice.config, calendar, &run.read) {
            let searched = release_calendar(&mut draft, calendar, page)?;
            again.extend((searched == Search::Again).then_some(calendar));
        }
    }
    search(&mut draft, slice, &again)?;
    draft.finish(0)
}

/// Has the accounts of calendars read once more before their deletions take effect, as [`release`]
/// does; for a run that keeps what it reads and not what is decided over it.
///
/// # Errors
/// [`Missing`] names the run, and pages of evidence and cursors of the calendars.
pub fn search_again(
    slice: &Slice,
    calendars: &BTreeSet<CalendarId>,
    env: &Env,
) -> Result<Plan, Missing> {
    let mut draft = Draft::new(slice, env);
    search(&mut draft, slice, calendars)?;
    draft.finish(0)
}

/// The accounts of calendars are read once more, and what is gone from these and would take
/// something along is asked for alone: who said that it is gone may have said so before it came.
/// So is what a listing lacked.
fn search(
    draft: &mut Draft<'_>,
    slice: &Slice,
    calendars: &BTreeSet<CalendarId>,
) -> Result<(), Missing> {
    let mut missing = ReadSet::default();
    for calendar in calendars {
        let unread = [slice.gone_page(calendar).err(), draft.cursor((*calendar).into()).err()];
        unread.into_iter().flatten().for_each(|Missing(want)| missing.merge(*want));
    }
    if !missing.is_empty() {
        return Err(Missing::of(missing));
    }
    let setup = draft.setup();
    for calendar in calendars {
        let mut cursor = draft.cursor((*calendar).into())?;
        for event in &slice.gone_page(calendar)?.events {
            let Some(bundle) = draft.event(*event)? else { continue };
            let gone = parts::heavy(bundle, *calendar, &setup).into_iter();
            gone.chain(lacked(bundle, *calendar)).for_each(|object| cursor.wrote(&object));
        }
        draft.set_cursor((*calendar).into(), Some(cursor));
        let account = setup.calendars.get(calendar).map(|calendar| calendar.account);
        if let Some(account) = account
            && !draft.run()?.searched.contains(&account)
        {
            draft.search_again(account)?;
        }
    }
    Ok(())
}

/// Whether every calendar of the account that is read was read to its end in this run.
fn siblings_read(config: &Config, calendar: CalendarId, read: &[ScopeId]) -> bool {
    let Some(account) = config.calendars.get(&calendar).map(|calendar| calendar.account) else {
        return false;
    };
    config
        .calendars
        .values()
        .filter(|sibling| sibling.account == account && is_read(config, sibling))
        .all(|sibling| read.contains(&sibling.scope()))
}

fn is_read(config: &Config, calendar: &Calendar) -> bool {
    // Of one that may not be read nothing comes, however long it is waited for.
    calendar.capabilities.read && is_looked_at(config, calendar)
}

fn is_looked_at(config: &Config, calendar: &Calendar) -> bool {
    match calendar.role {
        CalendarRole::Theirs | CalendarRole::Subscribed => config.takes_in(calendar),
        // A mirror may have been moved into it.
        CalendarRole::Overlay(OverlayState::Made { .. }) => true,
        CalendarRole::Overlay(OverlayState::Wanted { .. } | OverlayState::Retiring)
        | CalendarRole::Own
        | CalendarRole::Lost => false,
    }
}

/// Lets the deletions of a calendar take effect, as far as its account was searched.
fn release_calendar(
    draft: &mut Draft<'_>,
    calendar: CalendarId,
    page: &GonePage,
) -> Result<Search, Missing> {
    if lacked::is_unasked(draft, calendar, page)? {
        return Ok(Search::Again);
    }
    match breaker::judge(draft, calendar, page)? {
        Judgement::Hold => return Ok(Search::Enough),
        Judgement::Forget => return forget(draft, calendar, page).map(|()| Search::Enough),
        Judgement::Release => {}
    }
    let (mut count, mut search) = (0, Search::Enough);
    for event in &page.events {
        if !draft.has_room() {
            break;
        }
        match release_event(draft, calendar, *event)? {
            Outcome::Waits | Outcome::Released => {}
            Outcome::WaitsForSearch => search = Search::Again,
            Outcome::TookAway => count += 1,
        }
    }
    breaker::count(draft, calendar, count)?;
    Ok(search)
}

/// Whether an account was read often enough for what hangs on its deletions.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Search {
    Enough,
    Again,
}

/// What became of the deletions of one event.
enum Outcome {
    /// They wait, or there are none.
    Waits,
    /// They wait until the account was read once more.
    WaitsForSearch,
    /// They took effect, and nothing of an origin went.
    Released,
    /// They took an origin away, or instances of it.
    TookAway,
}

/// The person says that the deletions are wrong: the evidence is forgotten, origins stay as last
/// seen, and mirrors that are wanted are made again.
fn forget(draft: &mut Draft<'_>, calendar: CalendarId, page: &GonePage) -> Result<(), Missing> {
    let cause = Cause::of(CauseKind::Authored).in_calendar(calendar);
    for event in &page.events {
        if !draft.has_room() {
            return Ok(());
        }
        draft.edit(*event, cause.clone(), |bundle| {
            if let Some(presence) = bundle.presences.get_mut(&calendar) {
                presence.gone = None;
                presence.instances.iter_mut().for_each(|instance| instance.gone = None);
            }
            parts::make_again(bundle, calendar);
        })?;
    }
    if !page.more {
        breaker::close(draft, calendar, Question::Deleted);
    }
    Ok(())
}

/// Lets the deletions of one event take effect.
fn release_event(
    draft: &mut Draft<'_>,
    calendar: CalendarId,
    event: EventId,
) -> Result<Outcome, Missing> {
    let Some(bundle) = draft.event(event)? else {
        return Ok(Outcome::Waits);
    };
    if !has_confirmed(bundle, calendar) {
        return Ok(Outcome::Waits);
    }
    let (setup, env) = (draft.setup(), draft.env);
    match parts::weight(bundle, calendar, &setup) {
        Weight::Light => {}
        weight @ (Weight::Final | Weight::TakesAlong) => {
            let run = draft.run()?;
            let account = setup.calendars.get(&calendar).map(|calendar| calendar.account);
            let is_open = |account: &AccountId| {
                !run.searched.contains(account) && !is_told(bundle, (calendar, *account), &setup)
            };
            if account.as_ref().is_some_and(is_open) {
                return Ok(Outcome::WaitsForSearch);
            }
            if weight == Weight::TakesAlong && !origins_read(bundle, &setup, &run.read) {
                return Ok(Outcome::Waits);
            }
        }
    }
    let held = |bundle: &Bundle| {
        let origins = bundle.presences.values();
        origins.filter(|presence| wanted_body(presence).is_some()).count()
    };
    let before = held(bundle);
    let Conflict { edge, lost } = Conflict::of(bundle, calendar, &setup);
    let what = if edge.is_some() { CauseKind::Conflict } else { CauseKind::Released };
    let cause = Cause { edge, ..Cause::of(what).in_calendar(calendar) };
    draft.note(Note { event: Some(event), calendar: Some(calendar), ..Note::new("released") });
    let (outcome, overruled) = draft.edit(event, cause, |bundle| {
        let standing = cancelled::standing(bundle, calendar, &setup, env);
        let overruled = release_presence(bundle, calendar, &setup);
        let is_followed = parts::release(bundle, calendar, &setup, env);
        project(bundle, &setup, env, false);
        cancelled::acknowledge(bundle, &standing, &setup);
        let took_away = is_followed || held(bundle) < before;
        (if took_away { Outcome::TookAway } else { Outcome::Released }, overruled)
    })?;
    for (calendar, body) in &lost {
        draft.keep_lost(event, &RowKey::Presence(event, *calendar), body);
    }
    if let Some(body) = &overruled {
        draft.keep_loser((event, calendar), body)?;
    }
    Ok(outcome)
}

/// Whether one listing told all there is to know: it named what is gone, and would have shown it under
/// another name, and the account has no other calendar that it may have been moved to.
fn is_told(bundle: &Bundle, (calendar, account): (CalendarId, AccountId), config: &Config) -> bool {
    let mut calendars = config.calendars.values();
    let is_other = |c: &Calendar| c.account == account && c.id != calendar && is_read(config, c);
    let mirrors = bundle.mirrors.values().filter(|mirror| mirror.mirror.calendar == calendar);
    let mut gone = mirrors.flat_map(|mirror| mirror.parts.values()).filter_map(|p| p.gone.as_ref());
    !calendars.any(is_other)
        && gone.all(|gone| !gone.confirmed || gone.evidence == Evidence::Tombstone)
}

/// Whether every calendar that holds the event was read in this run. Before that, a deletion is not
/// taken to the origin: another store of the graph may have read there what speaks against the
/// mirror, and have deleted it as its own.
fn origins_read(bundle: &Bundle, config: &Config, read: &[ScopeId]) -> bool {
    let holders = bundle.presences.keys().filter_map(|id| config.calendars.get(id));
    holders.filter(|held| is_read(config, held)).all(|held| read.contains(&held.scope()))
}

fn has_confirmed(bundle: &Bundle, calendar: CalendarId) -> bool {
    let presence = bundle.presences.get(&calendar).is_some_and(|presence| {
        is_confirmed(presence.gone.as_ref())
            || presence.instances.iter().any(|i| is_confirmed(i.gone.as_ref()))
    });
    presence
        || bundle
            .mirrors
            .values()
            .filter(|mirror| mirror.mirror.calendar == calendar)
            .flat_map(|mirror| mirror.parts.values())
            .any(|part| is_confirmed(part.gone.as_ref()))
}

fn is_confirmed(gone: Option<&crate::presence::Gone>) -> bool {
    gone.is_some_and(|gone| gone.confirmed)
}

/// A change that waits for a series brings back no instance that went. What the origin says, where such a
/// change is to be written over it.
fn release_presence(bundle: &mut Bundle, calendar: CalendarId, config: &Config) -> Option<Body> {
    let presence = bundle.presences.get_mut(&calendar)?;
    if is_confirmed(presence.gone.as_ref()) {
        bundle.presences.remove(&calendar);
        return None;
    }
    let ended: Vec<_> = presence
        .instances
        .extract_if(.., |instance| is_confirmed(instance.gone.as_ref()))
        .collect();
    if ended.is_empty() {
        return None;
    }
    let known = presence.body.clone();
    // An instance that goes says nothing against a deletion of all.
    let changes = presence.pending.as_ref().is_some_and(|pending| pending.want.is_some());
    for instance in ended {
        // The instance is as the rule has it.
        presence.body.exceptions.retain(|e| e.original != instance.original);
        if let Some(recurrence) = &mut presence.body.recurrence {
            recurrence.excluded.retain(|start| *start != instance.original);
        }
    }
    let is_overruled = changes && merge_changed(presence, &known, config);
    is_overruled.then(|| presence.body.clone())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

    use super::*;
    use crate::event::{Exception, Recurrence};
    use crate::ids::ProviderId;
    use crate::merge::put_change;
    use crate::presence::{InstanceObject, Presence};
    use crate::time::{Civil, When};
    use crate::transitions::{PART, SOURCE, body, gone};

    fn at(day: i64) -> When {
        When::Floating(Civil::from_seconds(day * 86_400))
    }

    /// A series of that title, with an instance on the third day that bears another one.
    fn series(title: &str, instance: Option<&str>) -> Body {
        let mut series = body(title);
        series.content.span.start = at(1);
        let changed = instance.map(|title| {
            let mut content = body(title).content;
            content.span.start = at(3);
            Exception { original: at(3), this_and_future: false, content }
        });
        Body {
            recurrence: Some(Recurrence::default()),
            exceptions: changed.into_iter().collect(),
            ..series
        }
    }

    /// What waits to be written once the instance has gone, that was to say so together with its series.
    fn waits(want: Option<Body>) -> Option<Option<Body>> {
        let mut presence = Presence {
            object: ProviderId("s".to_owned()),
            version: None,
            body: series("Review", Some("Special")),
            doubts: Vec::new(),
            instances: vec![InstanceObject {
                object: ProviderId("i".to_owned()),
                version: None,
                original: at(3),
                gone: Some(gone(true)),
            }],
            gone: None,
            pending: None,
        };
        put_change(&mut presence, want, None);
        let mut bundle = Bundle {
            event: Some(crate::presence::Event { id: PART.event, uid: String::new() }),
            presences: [(SOURCE, presence)].into(),
            ..Bundle::default()
        };
        assert_eq!(release_presence(&mut bundle, SOURCE, &Config::default()), None);
        let presence = bundle.presences.remove(&SOURCE).unwrap();
        assert_eq!(presence.body, series("Review", None));
        presence.pending.map(|pending| pending.want)
    }

    /// Catches an instance that a person has as its series again, and that a change of the series, which
    /// waited meanwhile, gives its own words anew.
    #[test]
    fn what_waits_for_a_series_brings_back_no_instance_that_went() {
        assert_eq!(
            waits(Some(series("Concert", Some("Special")))),
            Some(Some(series("Concert", None)))
        );
        // Where that is all it says it is written no more.
        assert_eq!(waits(Some(series("Review", Some("Special")))), None);
    }

    /// Catches a deletion of a series that is forgotten, since one of its instances went by itself.
    #[test]
    fn a_deletion_that_waits_outlives_an_instance_that_goes() {
        assert_eq!(waits(None), Some(None));
    }
}
