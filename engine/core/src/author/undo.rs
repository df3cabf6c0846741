//! Taking a run back: intent, not effects.

mod edits;
mod origins;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{authored, edges, holds, read_anew, rules};
use crate::draft::Draft;
use crate::graph::{Calendar, Edge};
use crate::ids::{AccountId, CalendarId, EdgeId, EventId, HoldId, RunId};
use crate::journal::{Cause, CauseKind, Entry, Payload};
use crate::mirror::MirrorMode;
use crate::plan::{Note, Row, RowKey};
use crate::policy::{self, Disclosure};
use crate::slice::{Missing, ReadSet};
use crate::wire;

/// Takes back what a run changed here: edges made are removed, edges removed come back, edges and
/// scopes changed are as before, and so are events that somebody edited and origins that it changed
/// because of a mirror, as far as nobody touched them since. Other mirrors that follow a provider's
/// change of that run rest until their origin, their edge or a policy changes, or someone resumes
/// them.
pub(super) fn undo(draft: &mut Draft<'_>, run: RunId) -> Result<(), Missing> {
    let entries = draft.slice.journal_of(&run)?;
    if entries.is_empty() {
        draft.note(Note::new("undo.no-run"));
    }
    // A run may have touched thousands of events: all of them are asked for at once.
    let mut missing = ReadSet::default();
    let mut restored = BTreeSet::new();
    for (entry, payload) in entries.iter().rev() {
        let done = match (entry.event, payload) {
            (None, Some(payload)) if is_set_up(entry) => take_back(draft, payload),
            (Some(event), Some(payload)) => {
                let changed = origins::take_back(draft, event, entry, payload);
                let changed = changed.and_then(|changed| {
                    edits::take_back(draft, event, entry, payload).map(|()| changed)
                });
                changed.map(|changed| restored.extend(changed.then_some(event)))
            }
            (Some(_) | None, _) => Ok(()),
        };
        if let Err(Missing(want)) = done {
            missing.merge(*want);
        }
    }
    let rests = |entry: &&(Entry, _)| is_from_outside(entry.0.cause.what);
    for (entry, _) in entries.iter().rev().filter(rests) {
        let Some(event) = entry.event.filter(|event| !restored.contains(event)) else { continue };
        if let Err(Missing(want)) = rest(draft, event, entry) {
            missing.merge(*want);
        }
    }
    if missing.is_empty() { Ok(()) } else { Err(Missing::of(missing)) }
}

fn is_set_up(entry: &Entry) -> bool {
    matches!(entry.cause.what, CauseKind::Authored | CauseKind::Undone)
}

/// Whether it was a provider's change that the run followed, or what it wrote because of one that
/// an earlier run had read.
const fn is_from_outside(what: CauseKind) -> bool {
    match what {
        CauseKind::Seen
        | CauseKind::Released
        | CauseKind::MirrorEdited
        | CauseKind::Conflict
        | CauseKind::Wrote => true,
        CauseKind::GoneSeen
        | CauseKind::Held
        | CauseKind::WriteFailed
        | CauseKind::Adopted
        | CauseKind::Authored
        | CauseKind::Swept
        | CauseKind::Undone
        | CauseKind::Discovered
        | CauseKind::Met => false,
    }
}

fn take_back(draft: &mut Draft<'_>, payload: &Payload) -> Result<(), Missing> {
    let (before, shown) = (rows(draft), disclosures(draft));
    let mut after = before.clone();
    let Ok(touched) = wire::unplay_untouched(payload, &mut after) else {
        return Ok(());
    };
    for (text, key) in touched.iter().filter_map(|text| Some((text, wire::read_key(text)?))) {
        let there = before.contains_key(text);
        let note = Note::new(if there { "undo.touched-since" } else { "undo.gone" });
        let edge = if let RowKey::Edge(id) = key { Some(id) } else { None };
        let calendar = if let RowKey::Calendar(id) = key { Some(id) } else { None };
        draft.note(Note { edge, calendar, ..note });
    }
    let mut changed = Vec::new();
    for (key, value) in &after {
        if before.get(key) != Some(value) {
            changed.extend(wire::read_key(key));
            put(draft, key, value)?;
        }
    }
    for key in before.keys().filter(|key| !after.contains_key(*key)) {
        match wire::read_key(key) {
            Some(RowKey::Edge(id)) => edges::remove(draft, id, false),
            Some(RowKey::Rule(id)) => rules::remove(draft, id)?,
            Some(RowKey::Hold(id)) => let_go(draft, id)?,
            Some(_) | None => {}
        }
    }
    if changed.iter().any(|key| matches!(key, RowKey::Policy(_))) {
        edges::sweep_changed(draft);
    } else {
        let edge = |key: &RowKey| if let RowKey::Edge(id) = key { Some(*id) } else { None };
        edges::sweep_all(draft, &changed.iter().filter_map(edge).collect::<Vec<_>>());
    }
    // One that may show less from now on does not wait: what it showed goes (L6).
    let now = disclosures(draft);
    edges::wait_for_reading(draft, |edge| {
        let (Some(before), Some(now)) = (shown.get(&edge.id), now.get(&edge.id)) else {
            return true;
        };
        before.meet(*now) == *before
    })
}

/// What each edge may show.
fn disclosures(draft: &Draft<'_>) -> BTreeMap<EdgeId, Disclosure> {
    let config = draft.config();
    let of = |edge: &Edge| (edge.id, policy::disclosure(&edge.options, &config.policies));
    config.edges.values().map(of).collect()
}

/// The rows of the set-up that people change, under their keys as text.
fn rows(draft: &Draft<'_>) -> BTreeMap<String, Value> {
    let config = draft.config();
    let edges = config.edges.values().cloned().map(Row::Edge);
    let calendars = config.calendars.values().cloned().map(Row::Calendar);
    let policies = config.policies.iter().map(|(o, p)| Row::Policy(*o, p.clone()));
    let accounts = config.accounts.values().cloned().map(Row::Account);
    let rules = config.rules.iter().map(|(id, rule)| Row::Rule(*id, rule.clone()));
    // What others were promised stands.
    let holds = config.holds.values().filter(|hold| hold.meeting.is_none());
    let holds = holds.cloned().map(Row::Hold);
    let rows = edges.chain(calendars).chain(accounts).chain(policies).chain(rules).chain(holds);
    let mut named = BTreeMap::new();
    named.extend(rows.filter_map(|row| {
        let value = serde_json::from_slice(&wire::encode(&row)).ok()?;
        Some((wire::key(&row.key()), value))
    }));
    named
}

fn put(draft: &mut Draft<'_>, key: &str, value: &Value) -> Result<(), Missing> {
    let bytes = value.to_string().into_bytes();
    match wire::read_key(key) {
        Some(RowKey::Edge(id)) => put_edge(draft, id, &bytes),
        Some(RowKey::Calendar(id)) => put_scope(draft, id, &bytes),
        Some(RowKey::Policy(owner)) => {
            if let Ok(policy) = wire::policy(&bytes) {
                draft.config_mut(undone()).policies.insert(owner, policy);
            }
        }
        Some(RowKey::Account(id)) => put_account(draft, id, &bytes),
        Some(RowKey::Rule(_)) => {
            if let Ok(rule) = wire::rule(&bytes) {
                rules::set(draft, &rule)?;
            }
        }
        Some(RowKey::Hold(id)) => put_hold(draft, id, &bytes),
        Some(_) | None => {}
    }
    Ok(())
}

/// A hold that was placed goes, with what it put into the calendar.
fn let_go(draft: &mut Draft<'_>, id: HoldId) -> Result<(), Missing> {
    match draft.config().holds.get(&id).cloned() {
        Some(hold) => holds::let_go(draft, &hold, CauseKind::Undone),
        None => Ok(()),
    }
}

/// A hold is kept as long as before; one that is over does not come back.
fn put_hold(draft: &mut Draft<'_>, id: HoldId, bytes: &[u8]) {
    let Ok(before) = wire::hold(id, bytes) else {
        return;
    };
    if let Some(hold) = draft.config_mut(undone()).holds.get_mut(&id) {
        hold.expires = before.expires;
    }
}

/// An account that is being taken away comes back; one that is gone does not, since its sign-in
/// went with it. What people hold there was passed over: it is read from the beginning.
fn put_account(draft: &mut Draft<'_>, id: AccountId, bytes: &[u8]) {
    let Ok(before) = wire::account(id, bytes) else {
        return;
    };
    let config = draft.config_mut(undone());
    let Some(account) = config.accounts.get_mut(&id) else {
        return;
    };
    account.state = before.state;
    let of = |calendar: &&Calendar| calendar.account == id;
    let calendars: Vec<_> = config.calendars.values().filter(of).map(Calendar::scope).collect();
    calendars.into_iter().for_each(|scope| read_anew(draft, scope));
}

/// An edge comes back where both its calendars are there to stay.
fn put_edge(draft: &mut Draft<'_>, id: EdgeId, bytes: &[u8]) {
    let Ok(edge) = wire::edge(id, bytes) else {
        return;
    };
    let config = draft.config();
    let stays = |end| config.calendars.get(end).is_some_and(|calendar| config.stays(calendar));
    if [&edge.from, &edge.to].into_iter().all(stays) {
        draft.config_mut(undone().for_edge(id)).edges.insert(id, edge);
    } else {
        draft.note(Note { edge: Some(id), ..Note::new("undo.end-gone") });
    }
}

fn put_scope(draft: &mut Draft<'_>, id: CalendarId, bytes: &[u8]) {
    let Ok(before) = wire::calendar(id, bytes) else {
        return;
    };
    let config = draft.config_mut(undone().in_calendar(id));
    if let Some(calendar) = config.calendars.get_mut(&id) {
        calendar.on = before.on;
    }
    read_anew(draft, id.into());
}

const fn undone() -> Cause {
    Cause { what: CauseKind::Undone, ..authored() }
}

/// The mirrors of an event rest as they are.
fn rest(draft: &mut Draft<'_>, event: EventId, entry: &Entry) -> Result<(), Missing> {
    let cause = Cause { what: CauseKind::Undone, ..entry.cause.clone() };
    draft.edit(event, cause, |bundle| {
        for mirror in bundle.mirrors.values_mut() {
            if mirror.mirror.mode == MirrorMode::Kept {
                mirror.mirror.mode = MirrorMode::Paused;
            }
        }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

    use std::sync::Arc;

    use super::*;
    use crate::graph::{Account, Lifecycle};
    use crate::slice::{Config, Slice};
    use crate::transitions::{ACCOUNT, TARGET, env, target};

    fn config() -> Config {
        let account = Account {
            id: ACCOUNT,
            provider: String::new(),
            name: String::new(),
            subject: String::new(),
            makes_calendars: None,
            state: Lifecycle::Active,
        };
        let (accounts, calendars) = ([(ACCOUNT, account)].into(), [(TARGET, target())].into());
        Config { accounts, calendars, ..Config::default() }
    }

    /// Catches the end of a first listing that counts though a calendar, or its account, was away for a
    /// moment meanwhile: it is told from one that began since by the run that brought them back.
    #[test]
    fn what_comes_back_is_read_by_a_listing_that_begins_then() {
        let (config, env) = (config(), env());
        let calendar = wire::encode(&Row::Calendar(config.calendars[&TARGET].clone()));
        let account = wire::encode(&Row::Account(config.accounts[&ACCOUNT].clone()));
        let slice = Slice { config: Arc::new(config), ..Slice::default() };
        let puts: [fn(&mut Draft<'_>, &[u8]); 2] = [
            |draft, bytes| put_scope(draft, TARGET, bytes),
            |draft, bytes| put_account(draft, ACCOUNT, bytes),
        ];
        for (put, bytes) in puts.into_iter().zip([calendar, account]) {
            let mut draft = Draft::new(&slice, &env);
            put(&mut draft, &bytes);
            assert_eq!(draft.cursor(TARGET.into()).unwrap().read_in, Some(env.run));
        }
    }
}
