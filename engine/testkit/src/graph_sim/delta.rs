//! `calendarView/delta` and `events/delta`: rounds of pages with tokens between them (3.4).

use serde_json::{Value, json};

use super::answer::{Answer, Outcome, Refusal};
use super::context::Cx;
use super::cursors::{self, Cursor, Entry, Step};
use super::events;
use super::fault::Quirk;
use super::ids::{self, IdSpace};
use super::profile::Belief;
use super::series::Window;
use super::show;
use super::state::Event;

const UNSUPPORTED: [&str; 6] = ["$select", "$expand", "$filter", "$orderby", "$search", "$top"];

/// `GET .../calendarView/delta`.
pub(crate) fn view(cx: &mut Cx<'_>, calendar: Option<u64>) -> Outcome {
    check_options(cx)?;
    cx.takes(&["startDateTime", "endDateTime", "$skiptoken", "$deltatoken"])?;
    let cursor = match token(cx) {
        Some(token) => resume(cx, &token)?,
        None => {
            let window = events::window(cx)?;
            begin(cx, calendar, Some(window))
        }
    };
    round(cx, cursor)
}

/// `GET .../events/delta`: ids and times of what is there, in no window.
pub(crate) fn events(cx: &mut Cx<'_>, calendar: Option<u64>) -> Outcome {
    check_options(cx)?;
    cx.takes(&["startDateTime", "endDateTime", "$skiptoken", "$deltatoken"])?;
    let cursor = match token(cx) {
        Some(token) => resume(cx, &token)?,
        None => {
            if cx.query.get("startDateTime").is_none() {
                return Err(Refusal::new(
                    400,
                    "ErrorInvalidParameter",
                    "startDateTime is missing.",
                ));
            }
            begin(cx, calendar, None)
        }
    };
    round(cx, cursor)
}

fn check_options(cx: &Cx<'_>) -> Result<(), Refusal> {
    if cx.profile.has(Quirk::ExpandFails) && cx.query.get("$expand").is_some() {
        let message = "Value cannot be null. Parameter name: type";
        return Err(Refusal::new(500, "ErrorInternalServerError", message));
    }
    if UNSUPPORTED.iter().any(|name| cx.query.get(name).is_some()) {
        let message = "The following parameters are not supported with change tracking over the 'CalendarView' resource: '$orderby, $filter, $select, $expand, $search, $top'.";
        return Err(Refusal::new(400, "ErrorInvalidUrlQuery", message));
    }
    Ok(())
}

fn token(cx: &Cx<'_>) -> Option<String> {
    let given = cx.query.get("$skiptoken").or_else(|| cx.query.get("$deltatoken"));
    given.map(str::to_owned)
}

fn begin(cx: &Cx<'_>, calendar: Option<u64>, window: Option<Window>) -> Cursor {
    let held = cx.state.events.iter().filter(|(_, event)| is_within(cx, calendar, event));
    let shown = held.filter(|(_, event)| in_window(cx, window, event));
    let left = shown.map(|(number, _)| Entry::Event(*number)).collect();
    let step = Step::Within { left, until: cx.state.seq };
    Cursor { user: cx.user, calendar, window, ids: cx.ids(), step, expired: false }
}

fn resume(cx: &mut Cx<'_>, token: &str) -> Result<Cursor, Refusal> {
    let known = cx.state.cursors.get(token).cloned();
    let cursor = known.filter(|cursor| !cursor.expired && cursor.user == cx.user);
    let cursor = cursor.ok_or_else(|| lost(cx))?;
    if cursor.ids != cx.ids() {
        cx.note(super::strict::Rule::Ids, "a delta round changes between id spaces");
    }
    let Step::Between { since } = cursor.step else {
        return Ok(cursor);
    };
    if cx.profile.has(Quirk::Lagging) {
        // The write is not visible yet: nothing is told, and nothing is lost.
        return Ok(Cursor { step: Step::Within { left: Vec::new(), until: since }, ..cursor });
    }
    let left = changes(cx, &cursor, since);
    Ok(Cursor { step: Step::Within { left, until: cx.state.seq }, ..cursor })
}

/// 410 in the usual spelling; other spellings are faults.
fn lost(cx: &Cx<'_>) -> Refusal {
    let message = format!(
        "The sync state generation is not found; generation={};[highest={}]",
        cx.state.seq,
        cx.state.seq + 8
    );
    Refusal::new(410, "SyncStateNotFound", &message)
}

/// What changed since a number: in the window it is shown, outside of it it is removed.
fn changes(cx: &Cx<'_>, cursor: &Cursor, since: u64) -> Vec<Entry> {
    let mut out = Vec::new();
    for (number, event) in &cx.state.events {
        if event.seq <= since {
            continue;
        }
        if !is_within(cx, cursor.calendar, event) {
            continue;
        }
        let shown = in_window(cx, cursor.window, event);
        out.push((event.seq, if shown { Entry::Event(*number) } else { Entry::Removed(*number) }));
    }
    let gone = cx.state.gone.iter().filter(|gone| gone.seq > since);
    for gone in gone.filter(|gone| is_within(cx, cursor.calendar, &gone.event)) {
        out.push((gone.seq, Entry::Removed(gone.number)));
    }
    out.sort_by_key(|(seq, _)| *seq);
    out.into_iter().map(|(_, entry)| entry).collect()
}

fn is_within(cx: &Cx<'_>, calendar: Option<u64>, event: &Event) -> bool {
    let own = cx.state.calendars.get(&event.calendar).is_some_and(|held| held.owner == cx.user);
    calendar.map_or(own, |calendar| event.calendar == calendar)
}

fn in_window(cx: &Cx<'_>, window: Option<Window>, event: &Event) -> bool {
    window.is_none_or(|window| event.touches(window, cx.profile))
}

/// The next page. A series is never split over pages.
fn round(cx: &mut Cx<'_>, cursor: Cursor) -> Outcome {
    let Step::Within { left, until } = cursor.step.clone() else {
        return Err(lost(cx));
    };
    let room = cx.prefer.page_items.unwrap_or(cx.profile.limits.page_items).max(1);
    let mut value = Vec::new();
    let mut taken = 0;
    if !cx.profile.has(Quirk::EmptyPage) {
        for entry in &left {
            let items = shown(cx, &cursor, entry);
            if !value.is_empty() && value.len() + items.len() > room {
                break;
            }
            value.extend(items);
            taken += 1;
        }
    }
    spoil(cx, &mut value);
    let left = left[taken..].to_vec();
    let (name, option, step) = if left.is_empty() && !cx.profile.has(Quirk::EmptyPage) {
        ("@odata.deltaLink", "$deltatoken", Step::Between { since: until })
    } else {
        ("@odata.nextLink", "$skiptoken", Step::Within { left, until })
    };
    let token = cursors::keep(cx.state, Cursor { step, ..cursor });
    let mut body = json!({
        "@odata.context": format!("{}/$metadata#Collection(event)", cx.base),
        "value": value,
    });
    body[name] = json!(format!("{}{}?{option}={token}", cx.link_base(), cx.path));
    cx.prefer.applied.push("odata.track-changes".to_owned());
    Ok(Answer::new(200, body))
}

fn shown(cx: &Cx<'_>, cursor: &Cursor, entry: &Entry) -> Vec<Value> {
    match entry {
        Entry::Event(number) => {
            // It may have gone since the round began.
            let Some(event) = cx.state.events.get(number) else {
                return removed(cx, cursor, *number);
            };
            match cursor.window {
                None => vec![outline(cx, *number, event)],
                Some(window) => of_window(cx, *number, event, window),
            }
        }
        Entry::Removed(number) => removed(cx, cursor, *number),
    }
}

/// What `events/delta` says: that it is there, and when.
fn outline(cx: &Cx<'_>, number: u64, event: &Event) -> Value {
    let whole = show::whole(&cx.lens(), number, event);
    let names = ["@odata.etag", "id", "type", "start", "end"];
    let kept = names.iter().map(|name| ((*name).to_owned(), whole[*name].clone()));
    Value::Object(kept.collect())
}

fn of_window(cx: &Cx<'_>, number: u64, event: &Event, window: Window) -> Vec<Value> {
    let mut whole = show::whole(&cx.lens(), number, event);
    plainly(&mut whole);
    if event.recurrence.is_none() {
        return vec![whole];
    }
    let instances = event.instances(window, cx.profile);
    let mut out = Vec::new();
    let starts_here = event.content.slot.is_within(window, cx.profile);
    let comes_along = starts_here || cx.profile.holds(Belief::MastersComeAlong);
    if comes_along && !cx.profile.has(Quirk::MasterAbsent) {
        out.push(whole);
    }
    for instance in &instances {
        if instance.is_exception {
            let mut shown = show::occurrence(&cx.lens(), number, event, instance);
            plainly(&mut shown);
            out.push(shown);
        } else {
            out.push(show::bare(&cx.lens(), number, event, instance));
        }
    }
    out
}

/// Extended properties and other links are never part of a round (3.8).
fn plainly(item: &mut Value) {
    item["@odata.type"] = json!("#microsoft.graph.event");
    if let Some(members) = item.as_object_mut() {
        for name in
            ["singleValueExtendedProperties", "exceptionOccurrences", "cancelledOccurrences"]
        {
            members.remove(name);
        }
    }
}

fn removed(cx: &Cx<'_>, cursor: &Cursor, number: u64) -> Vec<Value> {
    let gone = cx.state.gone.iter().rev().filter(|gone| gone.number == number);
    let held = cx.state.events.get(&number);
    // A moved event goes from here under the id it had here, also where it was deleted elsewhere.
    let left_here =
        gone.map(|gone| &gone.event).find(|event| is_within(cx, cursor.calendar, event));
    let Some(event) = left_here.or(held) else {
        return Vec::new();
    };
    let mut out = vec![removal(&ids::of_event(cx.state.seed, number, event, cx.ids()))];
    if let Some(window) = cursor.window
        && cx.profile.holds(Belief::OccurrencesAreRemovedToo)
    {
        let space = cx.ids();
        let id = |date| ids::of_occurrence((cx.state.seed, cx.profile), number, event, date, space);
        let instances = event.instances(window, cx.profile);
        out.extend(instances.iter().map(|instance| removal(&id(instance.date))));
    }
    out
}

fn removal(id: &str) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.event",
        "id": id,
        "@removed": {"reason": "deleted"},
    })
}

/// The last versions of single events that a page says were deleted.
fn as_they_were(cx: &Cx<'_>, value: &[Value]) -> Vec<Value> {
    let deleted = cx.state.gone.iter().filter(|gone| {
        gone.event.recurrence.is_none() && !cx.state.events.contains_key(&gone.number)
    });
    let told = deleted.filter(|gone| {
        let id = ids::of_event(cx.state.seed, gone.number, &gone.event, cx.ids());
        value.iter().any(|item| item["id"] == id.as_str() && item.get("@removed").is_some())
    });
    let shown = told.map(|gone| {
        let mut item = show::whole(&cx.lens(), gone.number, &gone.event);
        plainly(&mut item);
        item
    });
    shown.collect()
}

/// What goes wrong within a page (G8, G10, G11, G12).
fn spoil(cx: &mut Cx<'_>, value: &mut Vec<Value>) {
    if cx.profile.has(Quirk::UnknownRemoved) {
        let number = u64::MAX - cx.state.seq;
        if let Some(event) = cx.state.events.values().next() {
            let id = ids::of_event(cx.state.seed, number, event, IdSpace::Immutable);
            value.insert(0, removal(&id));
        }
    }
    if cx.profile.has(Quirk::Doubled) {
        let again = value.clone();
        value.extend(again);
    }
    if cx.profile.has(Quirk::Backwards) {
        value.reverse();
    }
    if cx.profile.has(Quirk::Replayed) {
        let older = cx.state.events.iter().filter_map(|(number, event)| {
            let before = event.before.as_ref().filter(|_| event.recurrence.is_none())?;
            let shown = value.iter().any(|item| {
                item["id"] == ids::of_event(cx.state.seed, *number, event, cx.ids()).as_str()
                    && item.get("@removed").is_none()
            });
            let old = Event { content: (**before).clone(), ..event.clone() };
            let mut item = show::whole(&cx.lens(), *number, &old);
            plainly(&mut item);
            shown.then_some(item)
        });
        let older: Vec<Value> = older.chain(as_they_were(cx, value)).collect();
        value.extend(older);
    }
}
