//! Origins: events that someone made, as their calendars show them.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::{Next, aside, removed, size, succession};
use crate::compile::as_ruled;
use crate::draft::Draft;
use crate::event::{Body, Content};
use crate::graph::Capabilities;
use crate::ids::{CalendarId, EventId, ProviderId, Version};
use crate::merge::{merge_changed, merge_pending, waits_for_grant};
use crate::normalize::hash;
use crate::presence::{Event, Evidence, InstanceObject, Presence};
use crate::project::project;
use crate::provider::{Broken, EventItem, Payload};
use crate::slice::{Missing, Owner, ReadSet};
use crate::time::When;

/// How many things under one UID in one calendar are told apart.
const ORDINALS_MAX: u32 = 100;
/// How many candidate ids are loaded at a time.
const ORDINALS_AHEAD: u32 = 16;

/// An item that no row names and that bears no mark: a new origin.
pub(super) fn first_seen(
    draft: &mut Draft<'_>,
    calendar: CalendarId,
    item: &EventItem,
) -> Result<Next, Missing> {
    match &item.payload {
        Payload::Whole(body) => whole(draft, calendar, item, body)?,
        Payload::Instance { series, .. } => {
            let owner = draft.object(&(calendar, series.clone()))?.map(|row| row.owner.clone());
            match owner {
                Some(Owner::Presence(event)) => {
                    let is_nothing = is_forgotten(draft, calendar, event, item)?;
                    return Ok(if is_nothing { Next::Nothing } else { instance(event, item) });
                }
                Some(Owner::Part(part)) => {
                    super::changed::first_seen(draft, calendar, part, item)?;
                }
                Some(Owner::Instance(..) | Owner::Aside(_)) => {}
                None => {
                    draft.fetch(series.clone());
                    draft.fetch(item.id.clone());
                }
            }
        }
    }
    Ok(Next::Nothing)
}

/// An item of a calendar whose own events are passed over: a changed instance of a mirror there is
/// the mirror's.
pub(super) fn of_mirror(
    draft: &mut Draft<'_>,
    calendar: CalendarId,
    item: &EventItem,
) -> Result<(), Missing> {
    let Payload::Instance { series, .. } = &item.payload else { return Ok(()) };
    let owner = draft.object(&(calendar, series.clone()))?.map(|row| row.owner.clone());
    match owner {
        Some(Owner::Part(part)) => super::changed::first_seen(draft, calendar, part, item),
        Some(Owner::Presence(_) | Owner::Instance(..) | Owner::Aside(_)) | None => Ok(()),
    }
}

fn whole(
    draft: &mut Draft<'_>,
    calendar: CalendarId,
    item: &EventItem,
    body: &Body,
) -> Result<(), Missing> {
    let instance = body.instance_of.as_ref().map(instance_name).unwrap_or_default();
    let Some(event) = free_identity(draft, calendar, &item.uid, &instance)? else {
        return aside::broken(draft, calendar, &one_too_many(item));
    };
    let mut presence = Presence {
        object: item.id.clone(),
        version: item.version.clone(),
        body: body.clone(),
        doubts: doubts(item),
        instances: Vec::new(),
        gone: None,
        pending: None,
    };
    let (config, env) = (draft.setup(), draft.env);
    let mut loses = false;
    let before = draft.event(event)?.and_then(|bundle| bundle.presences.get(&calendar));
    let is_new = before.is_none();
    if let Some(before) = before {
        // A change that waits goes on to the object under its new name.
        presence.pending.clone_from(&before.pending);
        presence.body.clone_from(&before.body);
        loses = merge_pending(&mut presence, body, &config);
        presence.body.clone_from(body);
    }
    draft.edit(event, Draft::seen_in(calendar), |bundle| {
        bundle.event.get_or_insert_with(|| Event { id: event, uid: item.uid.clone() });
        succession::put(bundle, (calendar, presence), &config);
        project(bundle, &config, env, true);
    })?;
    if is_new {
        super::listed::shows_more(draft, calendar);
    }
    if loses { draft.keep_loser((event, calendar), body) } else { Ok(()) }
}

fn doubts(item: &EventItem) -> Vec<String> {
    item.doubts.iter().map(|&code| code.to_owned()).collect()
}

/// An object under a UID that too many others of its calendar bear.
fn one_too_many(item: &EventItem) -> Broken {
    Broken {
        id: item.id.clone(),
        version: item.version.clone(),
        code: "uid-repeated".to_owned(),
        reason: format!(
            "give it a UID of its own: {ORDINALS_MAX} other objects of its calendar bear this one"
        ),
        raw: Vec::new(),
    }
}

/// A stable name for the instance that was invited alone.
fn instance_name(original: &When) -> String {
    match original {
        When::Zoned(civil, zone) => zone.instant(*civil, crate::time::Gap::Shift).to_string(),
        When::Floating(civil) => civil.to_string(),
        When::Date(date) => date.to_string(),
    }
}

/// The first id of this UID that no other object of the calendar holds. An object whose deletion
/// was seen gives its place to the new one.
fn free_identity(
    draft: &Draft<'_>,
    calendar: CalendarId,
    uid: &str,
    instance: &str,
) -> Result<Option<EventId>, Missing> {
    let keys = &draft.env.keys;
    for ordinal in 0..ORDINALS_MAX {
        let id = keys.event(uid, instance, ordinal);
        let bundle = draft.event(id).map_err(|_| {
            let ahead = if ordinal == 0 { 1 } else { ORDINALS_AHEAD };
            let ids = (ordinal..ordinal + ahead).map(|n| keys.event(uid, instance, n));
            Missing::of(ReadSet { events: ids.collect(), ..ReadSet::default() })
        })?;
        let held = bundle.and_then(|bundle| bundle.presences.get(&calendar));
        if held.is_none_or(|presence| presence.gone.is_some()) {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// An origin that is known, shown again.
pub(super) fn seen_again(
    draft: &mut Draft<'_>,
    calendar: CalendarId,
    event: EventId,
    item: &EventItem,
) -> Result<(), Missing> {
    let Some(shown) = shown(&item.payload) else {
        return removed::removed(draft, calendar, &item.id, Evidence::Tombstone);
    };
    let Some(known) = draft.event(event)?.and_then(|bundle| bundle.presences.get(&calendar)) else {
        return Ok(());
    };
    let body = with_instances(&shown, known);
    if matches!(body, Cow::Owned(_)) && size::has_outgrown(&body) {
        return aside::broken(draft, calendar, &size::too_large(item));
    }
    let same_body = known.body == *body;
    let doubts = doubts(item);
    let same_reading = same_body && known.doubts == doubts;
    if same_reading && known.version == item.version && known.gone.is_none() {
        return Ok(());
    }
    let (config, env) = (draft.setup(), draft.env);
    let loses = draft.edit(event, Draft::seen_in(calendar), |bundle| {
        let mut loses = false;
        if let Some(presence) = bundle.presences.get_mut(&calendar) {
            presence.version.clone_from(&item.version);
            presence.gone = None;
            presence.doubts = doubts;
            try_anew(presence, &body);
            if !same_body {
                loses = merge_pending(presence, &body, &config);
                presence.body.clone_from(&*body);
            }
        }
        project(bundle, &config, env, !same_body);
        loses
    })?;
    if loses { draft.keep_loser((event, calendar), &body) } else { Ok(()) }
}

/// What the object of an origin says. An instance that was invited alone may be shown as one of
/// its series; `None` for one that is cancelled.
fn shown(payload: &Payload) -> Option<Cow<'_, Body>> {
    match payload {
        Payload::Whole(body) => Some(Cow::Borrowed(body)),
        Payload::Instance { original, content, .. } => content.as_ref().map(|content| {
            let instance_of = Some(original.clone());
            Cow::Owned(Body { instance_of, ..Body::single((**content).clone()) })
        }),
    }
}

/// A change that was given up for another version has all its attempts before it. What was refused at once
/// was refused for what it says: where the origin says the same, it may be our own write, broken off, that
/// gave it another version. What waits for a grant waits on.
fn try_anew(presence: &mut Presence, shown: &Body) {
    let Presence { version, body, pending: Some(pending), .. } = presence else { return };
    if *version != pending.base {
        pending.base.clone_from(version);
        let was_refused = pending.attempts <= 1 && body == shown;
        let rests = was_refused || waits_for_grant(pending, shown);
        if !rests && pending.parked.take().is_some() {
            pending.attempts = 0;
            pending.retry_at = None;
        }
    }
}

/// The master as shown, with the changed instances that are objects of their own.
fn with_instances<'a>(shown: &'a Body, known: &Presence) -> Cow<'a, Body> {
    if known.instances.is_empty() {
        return Cow::Borrowed(shown);
    }
    let mut body = shown.clone();
    let own = |original: &When| known.instances.iter().any(|i| i.original == *original);
    for exception in &known.body.exceptions {
        if own(&exception.original) {
            body.exceptions.push(exception.clone());
        }
    }
    if let (Some(shown), Some(kept)) = (&mut body.recurrence, &known.body.recurrence) {
        for excluded in kept.excluded.iter().filter(|when| own(when)) {
            if !shown.excluded.contains(excluded) {
                shown.excluded.push(excluded.clone());
            }
        }
    }
    Cow::Owned(body)
}

/// A changed or cancelled instance that is an object of its own.
pub(super) const fn instance(event: EventId, item: &EventItem) -> Next {
    match &item.payload {
        Payload::Instance { .. } => Next::Instance(event),
        Payload::Whole(_) => Next::Nothing,
    }
}

/// A changed instance that is known, shown again.
pub(super) fn instance_again(
    draft: &mut Draft<'_>,
    calendar: CalendarId,
    event: EventId,
    item: &EventItem,
) -> Result<Next, Missing> {
    let known = draft.event(event)?.and_then(|bundle| bundle.presences.get(&calendar));
    if item.fresh && known.is_some_and(|presence| is_its_series_own(presence, item)) {
        removed::removed(draft, calendar, &item.id, Evidence::ReadAlone)?;
        return Ok(Next::Nothing);
    }
    Ok(instance(event, item))
}

/// Whether an instance that is looked for, and recorded no more, is its series' own.
fn is_forgotten(
    draft: &Draft<'_>,
    calendar: CalendarId,
    event: EventId,
    item: &EventItem,
) -> Result<bool, Missing> {
    if !item.fresh || !draft.cursor(calendar.into())?.written.contains(&item.id) {
        return Ok(false);
    }
    let known = draft.event(event)?.and_then(|bundle| bundle.presences.get(&calendar));
    Ok(known.is_some_and(|presence| says_as_its_series(presence, item)))
}

/// Whether a listing of everything lacked it, and read alone it says what its series has there.
fn is_its_series_own(presence: &Presence, item: &EventItem) -> bool {
    let mut instances = presence.instances.iter();
    let was_lacked = instances.any(|one| one.object == item.id && one.gone.is_some());
    was_lacked && says_as_its_series(presence, item)
}

/// Whether an instance says what its series has there: each has an id by which it can be read, changed
/// or not (Google).
fn says_as_its_series(presence: &Presence, item: &EventItem) -> bool {
    let Payload::Instance { original, content: Some(content), .. } = &item.payload else {
        return false;
    };
    let (one, ruled) = ((**content).clone(), as_ruled(&presence.body, original));
    // Also in what no mirror carries, as the owner's answer: edges go by it.
    let at_its_time = Content { span: ruled.span.clone(), ..one.clone() };
    let is_alike = in_order(at_its_time) == in_order(ruled.clone());
    let said = |content: Content| hash(&Body::single(content), &Capabilities::default());
    is_alike && said(one) == said(ruled)
}

/// A content whose guests and categories stand in no other order than their own.
fn in_order(mut content: Content) -> Content {
    content.attendees.sort();
    content.categories.sort();
    content
}

/// Takes in instances of one event; gives those that it would outgrow.
pub(super) fn instances<'a>(
    draft: &mut Draft<'_>,
    (calendar, event): (CalendarId, EventId),
    items: &[&'a EventItem],
) -> Result<Vec<&'a EventItem>, Missing> {
    let (config, env) = (draft.setup(), draft.env);
    let (lost, left) = draft.edit(event, Draft::seen_in(calendar), |bundle| {
        let Some(presence) = bundle.presences.get_mut(&calendar) else {
            return (None, Vec::new());
        };
        let before = presence.clone();
        let left = put_instances(presence, items);
        let loses = merge_changed(presence, &before.body, &config);
        let lost = loses.then(|| presence.body.clone());
        if *presence != before {
            project(bundle, &config, env, true);
        }
        (lost, left)
    })?;
    if let Some(lost) = &lost {
        draft.keep_loser((event, calendar), lost)?;
    }
    Ok(left)
}

/// Puts instances into what a series says; gives those that it would outgrow.
fn put_instances<'a>(presence: &mut Presence, items: &[&'a EventItem]) -> Vec<&'a EventItem> {
    let (put, left) = size::fitting(&presence.body, items);
    if put.is_empty() {
        return left;
    }
    let objects: BTreeSet<&ProviderId> = put.iter().map(|(item, ..)| &item.id).collect();
    let originals: BTreeSet<&When> = put.iter().map(|(_, original, _)| *original).collect();
    presence.instances.retain(|instance| !objects.contains(&instance.object));
    presence.body.exceptions.retain(|exception| !originals.contains(&exception.original));
    let recurrence = presence.body.recurrence.get_or_insert_default();
    recurrence.excluded.retain(|when| !originals.contains(when));
    for (item, original, exception) in &put {
        presence.instances.push(InstanceObject {
            object: item.id.clone(),
            version: item.version.clone(),
            original: (*original).clone(),
            gone: None,
        });
        if exception.is_none() {
            recurrence.excluded.push((*original).clone());
        }
    }
    presence.body.exceptions.extend(put.into_iter().filter_map(|(_, _, exception)| exception));
    presence.instances.sort_by(|a, b| a.object.cmp(&b.object));
    presence.body.exceptions.sort_by(|a, b| a.original.cmp(&b.original));
    left
}

/// A known origin whose new form cannot be read: what it said last stays.
pub(super) fn unreadable(
    draft: &mut Draft<'_>,
    key: &(CalendarId, ProviderId),
    version: Option<&Version>,
) -> Result<(), Missing> {
    let Some(Owner::Presence(event)) = draft.object(key)?.map(|row| row.owner.clone()) else {
        return Ok(());
    };
    draft.edit(event, Draft::seen_in(key.0), |bundle| {
        if let Some(presence) = bundle.presences.get_mut(&key.0) {
            presence.version = version.cloned();
            presence.gone = None;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Exception, Person, Recurrence, Response};
    use crate::presence::Gone;
    use crate::time::Civil;
    use crate::transitions::body;

    fn at(day: i64) -> When {
        When::Floating(Civil::from_seconds(day * 86_400))
    }

    fn said(title: &str, day: i64) -> Content {
        let mut content = body(title).content;
        content.span.start = at(day);
        content
    }

    fn shown(title: &str, fresh: bool) -> EventItem {
        let content = Some(Box::new(said(title, 2)));
        EventItem {
            id: ProviderId("changed".to_owned()),
            version: None,
            native: String::new(),
            uid: String::new(),
            payload: Payload::Instance {
                series: ProviderId("s".to_owned()),
                original: at(2),
                content,
            },
            mark: None,
            foreign: None,
            fresh,
            doubts: Vec::new(),
            changed_at: None,
        }
    }

    /// A series of which that instance was changed to another title.
    fn series(gone: bool) -> Presence {
        let env = crate::transitions::env();
        let gone = gone.then_some(Gone {
            run: env.run,
            at: env.now,
            evidence: Evidence::Absent,
            confirmed: false,
        });
        let changed =
            Exception { original: at(2), this_and_future: false, content: said("Changed", 2) };
        let instance = InstanceObject {
            object: ProviderId("changed".to_owned()),
            version: None,
            original: at(2),
            gone,
        };
        Presence {
            object: ProviderId("s".to_owned()),
            version: None,
            body: Body {
                recurrence: Some(Recurrence::default()),
                exceptions: vec![changed],
                ..Body::single(said("Series", 1))
            },
            doubts: Vec::new(),
            instances: vec![instance],
            gone: None,
            pending: None,
        }
    }

    /// Catches a changed instance that went with its change and is recorded all the same, since its id
    /// can be read, and one that is given up though no listing lacked it, or it says what no other does.
    #[test]
    fn what_a_listing_lacked_and_says_what_its_series_has_is_no_changed_instance() {
        assert!(is_its_series_own(&series(true), &shown("Series", true)));
        assert!(!is_its_series_own(&series(false), &shown("Series", true)));
        assert!(!is_its_series_own(&series(true), &shown("Changed", true)));
        let mut declined = shown("Series", true);
        if let Payload::Instance { content: Some(content), .. } = &mut declined.payload {
            content.response = Response::Declined;
        }
        assert!(!is_its_series_own(&series(true), &declined));
    }

    /// Catches an instance that is looked for at every comparison, since its guests or its categories are
    /// told in another order than those of its series.
    #[test]
    fn the_order_of_guests_and_categories_makes_no_changed_instance() {
        let guests = |emails: &[&str]| {
            let guest = |email: &&str| Person { email: (*email).to_owned(), ..Person::default() };
            emails.iter().map(guest).collect::<Vec<Person>>()
        };
        let says = |attendees: &[&str], categories: &[&str]| {
            let mut series = series(true);
            series.body.content.attendees = guests(&["ann", "bob"]);
            series.body.content.categories = vec!["Work".to_owned(), "Blue".to_owned()];
            let mut item = shown("Series", true);
            if let Payload::Instance { content: Some(content), .. } = &mut item.payload {
                content.attendees = guests(attendees);
                content.categories = categories.iter().map(|&name| name.to_owned()).collect();
            }
            is_its_series_own(&series, &item)
        };
        assert!(says(&["ann", "bob"], &["Work", "Blue"]));
        assert!(says(&["bob", "ann"], &["Blue", "Work"]));
        assert!(!says(&["ann"], &["Work", "Blue"]));
        assert!(!says(&["ann", "cy"], &["Work", "Blue"]));
        assert!(!says(&["ann", "bob"], &["Work"]));
    }
}
