//! The step that takes in what a provider showed.

mod aside;
mod cancelled;
mod changed;
mod difference;
mod edited;
mod inherited;
mod listed;
mod mirror;
mod origin;
mod put_back;
mod removed;
mod size;
mod succession;
mod together;

use crate::draft::Draft;
use crate::ids::{CalendarId, EventId, ProviderId};
use crate::plan::Plan;
use crate::provider::{Batch, EventItem, Item};
use crate::slice::{Config, Missing, ObjectRow, Owner, ReadSet, Slice};
use crate::step::Env;

use together::Together;

pub use difference::differing;
pub use listed::{Began, Lacking, ended, shown};

/// Classifies each item, records what changed, marks the mirror parts that are due, and moves the
/// cursor with the last item of a listing (L1, L3, L5, L7, L10, L12).
///
/// Takes the prefix that fits a plan: [`Plan::taken`] says how many items are covered. What needs
/// a second look stands in [`Plan::fetch`]: read those objects alone and ingest them too. Of a
/// calendar that is gone, all is passed over.
///
/// # Errors
/// [`Missing`] names every row that any item of the batch lacked.
pub fn ingest(slice: &Slice, batch: &Batch, env: &Env) -> Result<Plan, Missing> {
    let mut draft = Draft::new(slice, env);
    if !draft.setup().calendars.contains_key(&batch.scope.calendar()) {
        return draft.finish(batch.items.len());
    }
    let mut missing = ReadSet::default();
    let mut together = Together::of(batch.scope.calendar());
    let mut taken = 0;
    for item in &batch.items {
        if !together.lets_pass(&draft, item) {
            together.end(&mut draft).unwrap_or_else(|Missing(want)| missing.merge(*want));
        }
        if taken > 0 && !draft.has_room_beside(together.rows(&draft)) {
            break;
        }
        match take(&mut draft, batch, item) {
            Ok(next) => together.put(next, item),
            Err(Missing(want)) => missing.merge(*want),
        }
        taken += 1;
    }
    together.end(&mut draft).unwrap_or_else(|Missing(want)| missing.merge(*want));
    if missing.is_empty() { draft.finish(taken) } else { Err(Missing::of(missing)) }
}

/// What is left to do for an item.
enum Next {
    Nothing,
    /// It is a changed instance of this origin, and is taken in with those that follow.
    Instance(EventId),
}

fn take(draft: &mut Draft<'_>, batch: &Batch, item: &Item) -> Result<Next, Missing> {
    let calendar = batch.scope.calendar();
    match item {
        Item::Event(item) => return event(draft, batch, item),
        Item::Message(message) => aside::message(draft, calendar, message)?,
        Item::Removed { id, evidence } => removed::removed(draft, calendar, id, *evidence)?,
        Item::AsRuled { id } => removed::as_ruled(draft, calendar, id)?,
        Item::Broken(broken) => aside::broken(draft, calendar, broken)?,
        Item::Listed(listed) => listed::listed(draft, batch.scope, listed)?,
    }
    Ok(Next::Nothing)
}

fn event(draft: &mut Draft<'_>, batch: &Batch, item: &EventItem) -> Result<Next, Missing> {
    let calendar = batch.scope.calendar();
    let key = (calendar, item.id.clone());
    let row = draft.object(&key)?;
    if row.is_some_and(|row| is_as_recorded(row, item)) {
        return Ok(Next::Nothing);
    }
    let owner = row.map(|ObjectRow { owner, .. }| owner.clone());
    if size::is_too_large(item) {
        aside::broken(draft, calendar, &size::too_large(item))?;
        return Ok(Next::Nothing);
    }
    aside::readable_again(draft, &key)?;
    if item.fresh && draft.object(&key)?.is_some_and(|row| row.gone) {
        listed::lacks(draft, batch.scope, &item.id)?;
    }
    match owner {
        Some(Owner::Part(part)) => {
            mirror::seen(draft, calendar, part, item)?;
            succession::known_there(draft, calendar, part, item)?;
        }
        Some(Owner::Presence(event)) => origin::seen_again(draft, calendar, event, item)?,
        Some(Owner::Instance(event, _)) => {
            return origin::instance_again(draft, calendar, event, item);
        }
        Some(Owner::Aside(stray)) => return aside::seen_again(draft, &key, stray, item),
        None => {
            listed::shows_something_new(draft, batch)?;
            return aside::classify(draft, &key, item);
        }
    }
    Ok(Next::Nothing)
}

/// Whether a listing shows an object under the version that is recorded of it: decided from its
/// row alone, so that what did not change costs no more than that. A read of it alone may still
/// show something else.
fn is_as_recorded(row: &ObjectRow, item: &EventItem) -> bool {
    !item.fresh && !row.gone && row.version.is_some() && row.version == item.version
}

/// Whether what people hold in a calendar is not taken in: it is read for the mirrors in it alone.
fn is_passed_over(config: &Config, calendar: CalendarId) -> bool {
    config.calendars.get(&calendar).is_some_and(|calendar| !config.takes_in(calendar))
}

/// The keys of what an item of a calendar is looked up by first; for a host that loads ahead.
#[must_use]
pub fn looked_up(calendar: CalendarId, items: &[Item]) -> ReadSet {
    let id = |item: &Item| -> Option<ProviderId> {
        match item {
            Item::Event(item) => Some(item.id.clone()),
            Item::Message(message) => Some(message.id.clone()),
            Item::Removed { id, .. } | Item::AsRuled { id } => Some(id.clone()),
            Item::Broken(broken) => Some(broken.id.clone()),
            Item::Listed(_) => None,
        }
    };
    ReadSet {
        objects: items.iter().filter_map(id).map(|id| (calendar, id)).collect(),
        ..ReadSet::default()
    }
}
