//! events.list and events.instances: rows in a steady order, a page at a time.

use serde_json::{Value, json};

use super::calendar::{Calendar, Row};
use super::context::Cx;
use super::error::ApiError;
use super::filter::Filter;
use super::instances::Naming;
use super::json::{Object, object};
use super::paging::{Cursor, ListOf};
use super::profile::Lists;
use super::reply::{Answer, Reply};
use super::show::{Stub, View};
use super::state::Role;
use super::time::stamp;

/// One entry of a list with its place in the order.
struct Place {
    key: String,
    row: Row,
}

/// `GET calendars/{calendarId}/events`
pub(crate) fn list(cx: &mut Cx<'_>) -> Answer {
    let (now_ms, naming, seed) = (cx.now_ms, cx.naming(), cx.state.seed);
    let habits = cx.profile.lists.clone();
    let call = cx.call;
    let query = &call.query;
    let filter = Filter::of(query, now_ms)?;
    let reminders = default_reminders(cx);
    let calendar = cx.calendar(Role::FreeBusyReader)?;
    let (id, oldest, seq) = (calendar.id.clone(), calendar.oldest_seq, calendar.seq);
    let view = cx.view(&id)?;
    let list = ListOf { seed, name: &id, query, oldest };
    let mut cursor = list.cursor(seq, now_ms)?;
    cursor = aged(cursor, &habits, now_ms)?;
    let calendar = cx.calendar(Role::FreeBusyReader)?;
    let mut places = places(calendar, &cursor, &filter, naming);
    lag(&mut places, calendar, &mut cursor, &habits);
    sort(&mut places, &habits);
    let size = query.page(250, 2_500).min(habits.page_max);
    let page = Page::cut(places, &cursor.after, size, habits.empty_pages);
    let mut out = head(calendar, &view, reminders);
    let stub = stub(&cursor, &filter, &habits);
    out.insert("items".to_owned(), page.items(calendar, &view, stub, habits.twice));
    if let Some(after) = page.next {
        let next = Cursor { after, ..cursor };
        out.insert("nextPageToken".to_owned(), json!(list.page(&next)));
    } else if let Some(token) = list.sync(&cursor, now_ms).filter(|_| !habits.no_sync_token) {
        out.insert("nextSyncToken".to_owned(), json!(token));
    }
    Ok(Reply::json(Value::Object(out)))
}

/// `GET calendars/{calendarId}/events/{eventId}/instances`
pub(crate) fn instances(cx: &mut Cx<'_>) -> Answer {
    let (now_ms, naming, seed) = (cx.now_ms, cx.naming(), cx.state.seed);
    let habits = Lists { exceptions_first: false, ..cx.profile.lists.clone() };
    let call = cx.call;
    let query = &call.query;
    let filter = Filter::of(query, now_ms)?.single();
    let id = call.named("eventId");
    let reminders = default_reminders(cx);
    let calendar = cx.calendar(Role::Reader)?;
    let (calendar_id, seq) = (calendar.id.clone(), calendar.seq);
    let view = cx.view(&calendar_id)?;
    let name = format!("{calendar_id}/{id}");
    let list = ListOf { seed, name: &name, query, oldest: 0 };
    let cursor = list.cursor(seq, now_ms)?;
    let calendar = cx.calendar(Role::Reader)?;
    let master = calendar.rows.get(id).cloned().ok_or_else(ApiError::not_found)?;
    let mut places = Vec::new();
    if master.is_master() {
        let rows = calendar.instances(&master, filter.horizon(), naming);
        let rows = rows.into_iter().filter(|row| filter.takes_instance(row, calendar));
        places.extend(rows.map(|row| place(row, &filter)));
    }
    sort(&mut places, &habits);
    let size = query.page(250, 2_500).min(habits.page_max);
    let page = Page::cut(places, &cursor.after, size, false);
    let mut out = head(calendar, &view, reminders);
    out.insert("items".to_owned(), page.items(calendar, &view, Stub::Details, false));
    if let Some(after) = page.next {
        let next = Cursor { after, ..cursor };
        out.insert("nextPageToken".to_owned(), json!(list.page(&next)));
    }
    Ok(Reply::json(Value::Object(out)))
}

fn default_reminders(cx: &mut Cx<'_>) -> Value {
    let id = cx.calendar_id(cx.call.named("calendarId"));
    let entry = cx.user().ok().and_then(|user| user.list.get(&id));
    entry.and_then(|entry| entry.own.get("defaultReminders")).cloned().unwrap_or(json!([]))
}

fn aged(cursor: Cursor, habits: &Lists, now_ms: i64) -> Result<Cursor, ApiError> {
    let life = habits.sync_token_life_ms.filter(|_| cursor.since.is_some());
    if life.is_some_and(|life| cursor.made_ms + life < now_ms) {
        return Err(ApiError::full_sync());
    }
    let since = cursor.since.map(|since| since.saturating_sub(habits.repeats));
    Ok(Cursor { since, ..cursor })
}

fn places(calendar: &mut Calendar, cursor: &Cursor, filter: &Filter, naming: Naming) -> Vec<Place> {
    let changed = |row: &&Row| cursor.since.is_none_or(|since| row.seq > since);
    let rows: Vec<Row> = calendar.rows.values().filter(changed).cloned().collect();
    let mut out = Vec::new();
    for row in rows {
        if filter.expands() && row.is_master() && !row.cancelled {
            let horizon = filter.horizon();
            let found = calendar.instances(&row, horizon, naming);
            let found = found.into_iter().filter(|one| calendar.exception_id(one).is_none());
            let found: Vec<Row> = found.collect();
            let taken = found.into_iter().filter(|one| filter.takes(one, calendar, cursor.since));
            out.extend(taken.map(|row| place(row, filter)));
        } else if filter.takes(&row, calendar, cursor.since) {
            out.push(place(row, filter));
        }
    }
    out
}

fn place(row: Row, filter: &Filter) -> Place {
    Place { key: filter.key(&row), row }
}

/// Hides the last changes: what was there before is given as it was (F25).
fn lag(places: &mut Vec<Place>, calendar: &Calendar, cursor: &mut Cursor, habits: &Lists) {
    let known = calendar.seq.saturating_sub(habits.lag).max(cursor.since.unwrap_or(0));
    if known >= calendar.seq {
        return;
    }
    cursor.until = cursor.until.min(known);
    let whole = cursor.since.is_none();
    places.retain_mut(|place| match &place.row.previous {
        _ if place.row.seq <= known => true,
        Some(old) if whole && old.seq <= known && !old.cancelled => {
            place.row = (**old).clone();
            true
        }
        Some(_) | None => false,
    });
}

fn sort(places: &mut [Place], habits: &Lists) {
    if habits.exceptions_first {
        for place in places.iter_mut() {
            let rank = u8::from(place.row.instance_of.is_none());
            place.key.insert_str(0, &format!("{rank}|"));
        }
    }
    places.sort_by(|a, b| a.key.cmp(&b.key));
}

fn head(calendar: &Calendar, view: &View, reminders: Value) -> Object {
    let mut out = object(json!({
        "kind": "calendar#events",
        "etag": format!("\"p{:016}\"", calendar.seq),
        "summary": calendar.summary(),
        "updated": stamp(calendar.rows.values().map(|row| row.updated_ms).max().unwrap_or(0)),
        "timeZone": calendar.time_zone,
        "accessRole": view.role.name(),
        "defaultReminders": reminders,
    }));
    if let Some(words) = calendar.fields.get("description") {
        out.insert("description".to_owned(), words.clone());
    }
    out
}

fn stub(cursor: &Cursor, filter: &Filter, habits: &Lists) -> Stub {
    match (habits.bare_stubs, cursor.since.is_some() || !filter.shows_deleted()) {
        (true, _) => Stub::Bare,
        (false, true) => Stub::Short,
        (false, false) => Stub::Details,
    }
}

/// One page of a list.
struct Page {
    places: Vec<Place>,
    /// Where the next page goes on.
    next: Option<String>,
}

impl Page {
    fn cut(mut places: Vec<Place>, after: &str, size: usize, empty_first: bool) -> Self {
        // An empty page hands on the place that it was asked for, marked as used.
        let (after, used) = after.strip_prefix('!').map_or((after, false), |after| (after, true));
        places.retain(|place| place.key.as_str() > after);
        if empty_first && !used && !places.is_empty() {
            return Self { places: Vec::new(), next: Some(format!("!{after}")) };
        }
        let more = places.len() > size;
        places.truncate(size);
        let next = places.last().filter(|_| more).map(|place| place.key.clone());
        Self { places, next }
    }

    fn items(&self, calendar: &Calendar, view: &View, stub: Stub, twice: bool) -> Value {
        let mut out = Vec::new();
        for Place { row, .. } in &self.places {
            if let Some(old) = row.previous.as_ref().filter(|_| twice) {
                out.push(view.event(calendar, old, stub));
            }
            out.push(view.event(calendar, row, stub));
        }
        Value::Array(out)
    }
}
