//! One event: read, made, changed, deleted. What is made here lies in the graph's own calendar, and
//! edges carry it; what lies at a provider is changed there. Nobody is invited.

use std::sync::Arc;

use kalends::core::event::Body;
use kalends::core::graph::{CalendarRole, Lifecycle};
use kalends::core::plan::Note;
use kalends::core::ports::GraphStore as _;
use kalends::core::presence::Presence;
use kalends::core::read::wanted_body;
use kalends::core::schedule::Rules;
use kalends::core::slice::{Bundle, Config, ReadSet};
use kalends::core::wire;
use kalends::ids::{CalendarId, EventId, RunId};
use kalends::queries::{JournalFilter, JournalPage, Queries as _};
use kalends::recurrence::Zone;
use kalends::{Draft, DraftError, EventEdit, UserEdit};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::api::config;
use crate::birth::Birth;
use crate::graph::Object;
use crate::lookup::{calendar, label};
use crate::problem::Problem;
use crate::view::{detail, event};

/// Where the graph's own events lie: it is there once there is one.
const OWN: &str = "own/main";

/// Whether something is done, or shown as it would be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// It is shown.
    Plan,
    /// It is done.
    Do,
}

/// Which event, and on what condition it is changed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Which {
    /// Its id.
    pub(crate) event: String,
    /// The calendar that holds it, where several do.
    pub(crate) calendar: Option<String>,
    /// Only if it still says this.
    pub(crate) etag: Option<String>,
    /// Although it has guests, whom its provider then tells.
    pub(crate) notify_guests: bool,
}

/// An event in the calendar that is meant.
struct Found {
    id: EventId,
    uid: String,
    calendar: CalendarId,
    presence: Presence,
    holders: Vec<CalendarId>,
}

/// One event, as a calendar holds it.
pub(crate) async fn show(object: &Object, which: &Which) -> Result<Value, Problem> {
    let config = config(object).await?;
    let found = find(object, &config, which, false).await?;
    let body = wanted_body(&found.presence).unwrap_or(&found.presence.body);
    Ok(view(&config, &found, body))
}

/// Puts an event into the graph's own calendar.
pub(crate) async fn create(
    object: &Object,
    draft: &Draft,
    (birth, way): (&Birth, Way),
) -> Result<Value, Problem> {
    let config = config(object).await?;
    let body = draft.made(&home(&config))?;
    let keys = object.keys();
    let own = keys.calendar(keys.account("own", ""), "main");
    let id = birth.event();
    let edit = UserEdit::PutEvent { event: Some(id), body: Box::new(body.clone()) };
    let carried_to = carried(&config, own);
    if way == Way::Plan {
        kalends::tried(object.driver(), keys, &edit).await?;
        let mut planned = json!(Draft::of(&body));
        planned["calendar_name"] = json!(OWN);
        return Ok(written((false, false), None, planned, &carried_to));
    }
    let before = if birth.may_be_again() { maker(object, id).await? } else { None };
    let run = match before {
        // It was made; whatever became of it since is not undone.
        Some(run) => run,
        None => kalends::edit(object.driver(), keys, edit).await?.0,
    };
    object.wake()?;
    let which = Which { event: id.to_string(), ..Which::default() };
    Ok(written((true, false), Some(run), show(object, &which).await?, &carried_to))
}

/// The run that made an event, where one did.
async fn maker(object: &Object, event: EventId) -> Result<Option<RunId>, Problem> {
    let (graph, filter) = (object.keys().graph, JournalFilter::Event(event));
    let page = JournalPage { graph, filter, after: 0, limit: 1 };
    let first = object.driver().ports().store.query(page).await?;
    Ok(first.first().map(|(entry, _)| entry.run))
}

/// Changes an event where it lies; what is not named stays.
pub(crate) async fn change(
    object: &Object,
    which: &Which,
    draft: &Draft,
    way: Way,
) -> Result<Value, Problem> {
    let home = home(&*config(object).await?);
    write(object, which, way, |body| draft.changed(body, &home).map(Some)).await
}

/// Deletes an event where it lies.
pub(crate) async fn remove(object: &Object, which: &Which, way: Way) -> Result<Value, Problem> {
    write(object, which, way, |_| Ok(None)).await
}

async fn write(
    object: &Object,
    which: &Which,
    way: Way,
    work: impl Fn(&Body) -> Result<Option<Body>, DraftError>,
) -> Result<Value, Problem> {
    let config = config(object).await?;
    let found = find(object, &config, which, true).await?;
    let base = wanted_body(&found.presence).ok_or_else(gone)?.clone();
    if which.etag.as_ref().is_some_and(|it| *it != etag(found.calendar, &base)) {
        return Err(changed_since());
    }
    let want = work(&base)?;
    let deleted = want.is_none();
    let shown = view(&config, &found, want.as_ref().unwrap_or(&base));
    let carried_to = carried(&config, found.calendar);
    let edit = UserEdit::ChangeEvent(EventEdit {
        event: found.id,
        calendar: found.calendar,
        base: Some(Box::new(base)),
        want: want.map(Box::new),
        may_notify: which.notify_guests,
    });
    let (driver, keys) = (object.driver(), object.keys());
    if way == Way::Plan {
        refused(&kalends::tried(driver, keys, &edit).await?)?;
        return Ok(written((false, deleted), None, shown, &carried_to));
    }
    let (run, notes) = kalends::edit(driver, keys, edit).await?;
    refused(&notes)?;
    object.wake()?;
    let shown = if deleted { shown } else { show(object, which).await? };
    Ok(written((true, deleted), Some(run), shown, &carried_to))
}

fn written(
    (done, deleted): (bool, bool),
    run: Option<RunId>,
    event: Value,
    carried_to: &[Value],
) -> Value {
    let run = run.map(|run| run.to_string());
    json!({ "done": done, "deleted": deleted, "run": run, "event": event, "carried_to": carried_to })
}

/// The event in the calendar that is meant. To be changed, it is meant to be named where several
/// hold it and none of them is the graph's own.
async fn find(
    object: &Object,
    config: &Arc<Config>,
    which: &Which,
    to_change: bool,
) -> Result<Found, Problem> {
    let id = which.event.parse::<EventId>().map_err(|_| gone())?;
    let want = ReadSet { events: [id].into(), ..ReadSet::default() };
    let slice = object.driver().ports().store.load(object.keys().graph, &want).await?;
    let bundle = slice.events.get(&id).cloned().flatten().ok_or_else(gone)?;
    let held_in = match &which.calendar {
        Some(text) => Some(calendar(config, text)?.id),
        None => pick(config, &bundle, to_change)?,
    };
    let held_in = held_in.ok_or_else(gone)?;
    let presence = bundle.presences.get(&held_in).cloned();
    let presence = presence.ok_or_else(|| Problem::not_found("event in that calendar"))?;
    let uid = bundle.event.as_ref().map_or_else(String::new, |event| event.uid.clone());
    let holders = bundle.presences.keys().copied().collect();
    Ok(Found { id, uid, calendar: held_in, presence, holders })
}

fn pick(config: &Config, bundle: &Bundle, to_change: bool) -> Result<Option<CalendarId>, Problem> {
    let is_own = |id: &CalendarId| {
        config.calendars.get(id).is_some_and(|calendar| calendar.role == CalendarRole::Own)
    };
    let presences = bundle.presences.iter();
    let mut holders: Vec<(bool, bool, CalendarId)> = presences
        .map(|(id, presence)| (!is_own(id), !presence.body.content.organized, *id))
        .collect();
    holders.sort_unstable();
    match holders.as_slice() {
        [] => Ok(None),
        [(true, _, _), _, ..] if to_change => {
            let names: Vec<String> = holders.iter().map(|(.., id)| label(config, *id)).collect();
            let names = names.join(", ");
            Err(Problem::usage(format!("several calendars hold the event: name one of {names}")))
        }
        [(.., first), ..] => Ok(Some(*first)),
    }
}

fn view(config: &Config, found: &Found, body: &Body) -> Value {
    let holders: Vec<String> = found.holders.iter().map(|id| label(config, *id)).collect();
    let mut shown = event(body, &found.presence);
    shown["id"] = json!(found.id.to_string());
    shown["uid"] = json!(found.uid);
    shown["calendar"] = json!(found.calendar.to_string());
    shown["calendar_name"] = json!(label(config, found.calendar));
    shown["calendars"] = json!(holders);
    shown["etag"] = json!(etag(found.calendar, body));
    shown
}

/// Tells what an event says in a calendar from all else that it may say there. What is shown of it
/// is not all of it: instances that were changed have texts of their own.
fn etag(calendar: CalendarId, body: &Body) -> String {
    let hash = Sha256::new().chain_update(calendar.as_bytes()).chain_update(wire::body(body));
    hash.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

/// The edges that begin at a calendar.
fn carried(config: &Config, calendar: CalendarId) -> Vec<Value> {
    let edges = config.edges.values();
    let live = edges.filter(|edge| edge.from == calendar && edge.state == Lifecycle::Active);
    live.map(|edge| {
        json!({
            "edge": edge.id.to_string(),
            "calendar": label(config, edge.to),
            "detail": detail(edge.options.level),
        })
    })
    .collect()
}

fn home(config: &Config) -> Zone {
    Rules::of(config.rules.values()).zone
}

/// What a step remarked instead of doing what was asked.
fn refused(notes: &[Note]) -> Result<(), Problem> {
    let said = notes.iter().find_map(|note| {
        let text = match note.code {
            "event.gone" => return Some(gone()),
            "event.changed-since" => return Some(changed_since()),
            "event.of-a-hold" => "the event is held: release or convert its hold",
            "event.of-a-trip" => "the event belongs to a trip: change or remove its rule",
            "event.read-only" => "the calendar that holds the event cannot be written",
            "event.would-invite" => {
                "whom an event names is changed at its provider: nobody is invited from here"
            }
            "event.would-notify" => {
                "the event has guests whom its provider may tell: say so with notify_guests"
            }
            _ => return None,
        };
        Some(Problem::new(422, note.code, text))
    });
    said.map_or(Ok(()), Err)
}

fn gone() -> Problem {
    Problem::not_found("event any more")
}

fn changed_since() -> Problem {
    let text = "the event says something else meanwhile: read it again";
    Problem::new(412, "event.changed-since", text)
}
