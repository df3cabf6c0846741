//! One event: read, made, changed, deleted. What is made here lies in the graph's own calendar, and
//! edges carry it; what lies at a provider is changed there. Nobody is invited.

use kalends::core::event::Body;
use kalends::core::graph::{Calendar, CalendarRole, Lifecycle};
use kalends::core::ids::{CalendarId, EventId, RunId};
use kalends::core::plan::Note;
use kalends::core::ports::GraphStore as _;
use kalends::core::presence::Presence;
use kalends::core::read::wanted_body;
use kalends::core::slice::{Bundle, Config, ReadSet};
use kalends::core::wire;
use kalends::queries::{JournalFilter, JournalPage};
use kalends::{EventEdit, UserEdit};
use sha2::{Digest as _, Sha256};

use super::birth::Birth;
use super::done_before::{self, Side, Then};
use super::event_body::EventBody;
use super::rule::home;
use crate::args::{EventCommand, WhichEvent};
use crate::data::Data;
use crate::error::{CliError, Exit};
use crate::hooks::CliHooks;
use crate::host;
use crate::lookup::{self, label};
use crate::outcome::Outcome;
use crate::show::detail;
use crate::view::{Carried, EventContent, EventView, EventWritten, waits};

/// Where the graph's own events lie.
pub(crate) const OWN: &str = "own/main";

/// Whether something is done, or shown as it would be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// It is shown.
    Plan,
    /// It is done.
    Do,
}

impl Way {
    /// Shown alone where a dry run was asked for.
    pub(crate) const fn of(dry_run: bool) -> Self {
        if dry_run { Self::Plan } else { Self::Do }
    }
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
    /// Also where its provider may tell its guests.
    pub(crate) notify_guests: bool,
}

/// An event in one calendar.
struct Found {
    id: EventId,
    uid: String,
    calendar: CalendarId,
    presence: Presence,
    bundle: Bundle,
}

pub(crate) async fn run(data: &Data, command: EventCommand) -> Result<Outcome, CliError> {
    let written = match command {
        EventCommand::Add { flags, dry_run } => {
            create(data, &EventBody::from(*flags), &Birth::now(), Way::of(dry_run)).await?
        }
        EventCommand::Show { id, calendar } => {
            let which = Which { event: id, calendar, ..Which::default() };
            let event = show(data, &which).await?;
            let text = serde_json::to_string_pretty(&event).unwrap_or_default();
            return Ok(Outcome::new(event, text));
        }
        EventCommand::Change { which, flags } => {
            let way = Way::of(which.dry_run);
            change(data, &which.into(), &EventBody::from(*flags), (&Birth::now(), way)).await?
        }
        EventCommand::Remove { which } => {
            let way = Way::of(which.dry_run);
            remove(data, &which.into(), (&Birth::now(), way)).await?
        }
    };
    let text = said(&written);
    Ok(Outcome::new(written, text))
}

/// What was done, for people.
fn said(written: &EventWritten) -> String {
    let EventWritten { done, deleted, event, carried_to, .. } = written;
    let what = match (done, deleted) {
        (true, true) => "is deleted",
        (true, false) => "stands",
        (false, true) => "would be deleted",
        (false, false) => "would stand",
    };
    let content = &event.content;
    let (title, place) = (&content.title, &event.calendar_name);
    let mut text = format!("{title:?} {what} in {place}, {} to {}", content.start, content.end);
    for edge in carried_to {
        text.push_str(&format!("\n  carried to {} ({})", edge.calendar, edge.detail));
    }
    if *done {
        text.push_str(&format!("\n{}: sync to carry it on", event.id));
    }
    text
}

impl From<WhichEvent> for Which {
    fn from(which: WhichEvent) -> Self {
        let WhichEvent { id, calendar, etag, notify_guests, .. } = which;
        Self { event: id, calendar, etag, notify_guests }
    }
}

pub(crate) async fn show(data: &Data, which: &Which) -> Result<EventView, CliError> {
    let config = data.config().await?;
    let found = find(data, &config, which, false).await?;
    Ok(view(&config, &found, wanted_body(&found.presence).unwrap_or(&found.presence.body)))
}

/// Puts an event into the graph's own calendar.
pub(crate) async fn create(
    data: &Data,
    new: &EventBody,
    birth: &Birth,
    way: Way,
) -> Result<EventWritten, CliError> {
    let zone = home(data).await?;
    let body = new.made(&zone)?;
    let own = data.keys.calendar(data.keys.account("own", ""), "main");
    // Drawn here, so that it is known without looking for it.
    let id = birth.event();
    let edit = UserEdit::PutEvent { event: Some(id), body: Box::new(body.clone()) };
    if way == Way::Plan {
        tried(data, &edit).await?;
        let config = data.config().await?;
        let content = EventContent::of(&body);
        let event = EventView {
            id: String::new(),
            uid: String::new(),
            calendar: own.to_string(),
            calendar_name: OWN.to_owned(),
            calendars: vec![OWN.to_owned()],
            etag: etag(own, &body),
            waiting: false,
            parked: None,
            content,
        };
        let carried_to = carried(&config, own);
        return Ok(EventWritten { done: false, deleted: false, run: None, event, carried_to });
    }
    let before = if birth.may_be_again() { maker(data, id).await? } else { None };
    let run = match before {
        // It was made; whatever became of it since is not undone.
        Some(run) => run,
        None => carry_out(data, birth, edit).await?.0,
    };
    let which = Which { event: id.to_string(), ..Which::default() };
    let event = show(data, &which).await?;
    let carried_to = carried(&*data.config().await?, own);
    Ok(EventWritten { done: true, deleted: false, run: Some(run.to_string()), event, carried_to })
}

/// Changes an event where it lies; what is not named stays.
pub(crate) async fn change(
    data: &Data,
    which: &Which,
    change: &EventBody,
    how: (&Birth, Way),
) -> Result<EventWritten, CliError> {
    if let Some(run) = done_before(data, how).await? {
        let config = data.config().await?;
        let found = found_after(data, &config, which, run).await?;
        return Ok(done(&config, &found, run, false));
    }
    let zone = home(data).await?;
    write(data, which, how, |body| change.changed(body, &zone).map(Some)).await
}

/// Deletes an event where it lies.
pub(crate) async fn remove(
    data: &Data,
    which: &Which,
    how: (&Birth, Way),
) -> Result<EventWritten, CliError> {
    let Some(run) = done_before(data, how).await? else {
        return write(data, which, how, |_| Ok(None)).await;
    };
    let config = data.config().await?;
    let id = which.event.parse::<EventId>().map_err(|_| gone(which))?;
    let found = match done_before::at(data, (run, Side::Before), id).await? {
        Some(then) => found_then(data, id, then).await?,
        // Its provider is to delete it first.
        None => find(data, &config, which, true).await?,
    };
    Ok(done(&config, &found, run, true))
}

/// An event as it is, or where it went meanwhile, as a run left it.
async fn found_after(
    data: &Data,
    config: &Config,
    which: &Which,
    run: RunId,
) -> Result<Found, CliError> {
    let error = match find(data, config, which, true).await {
        Ok(found) => return Ok(found),
        Err(error) => error,
    };
    let id = which.event.parse::<EventId>().map_err(|_| gone(which))?;
    match done_before::at(data, (run, Side::After), id).await? {
        Some(then) => found_then(data, id, then).await,
        None => Err(error),
    }
}

async fn found_then(data: &Data, id: EventId, then: Then) -> Result<Found, CliError> {
    let Then { uid, calendar, presence } = then;
    let event = bundle(data, id).await?.and_then(|bundle| bundle.event);
    let uid = event.as_ref().map_or(uid, |event| event.uid.clone());
    let presences = [(calendar, presence.clone())].into();
    let bundle = Bundle { event, presences, ..Bundle::default() };
    Ok(Found { id, uid, calendar, presence, bundle })
}

/// The run of a request that was carried out, and comes again because nobody heard its answer.
async fn done_before(data: &Data, (birth, way): (&Birth, Way)) -> Result<Option<RunId>, CliError> {
    match way {
        Way::Plan => Ok(None),
        Way::Do => done_before::run_of(data, birth).await,
    }
}

fn done(config: &Config, found: &Found, run: RunId, deleted: bool) -> EventWritten {
    let body = wanted_body(&found.presence).unwrap_or(&found.presence.body);
    EventWritten {
        done: true,
        deleted,
        run: Some(run.to_string()),
        event: view(config, found, body),
        carried_to: carried(config, found.calendar),
    }
}

async fn write(
    data: &Data,
    which: &Which,
    (birth, way): (&Birth, Way),
    work: impl Fn(&Body) -> Result<Option<Body>, CliError>,
) -> Result<EventWritten, CliError> {
    let config = data.config().await?;
    let found = find(data, &config, which, true).await?;
    let base = wanted_body(&found.presence).ok_or_else(|| gone(which))?.clone();
    let now = view(&config, &found, &base);
    if which.etag.as_ref().is_some_and(|etag| *etag != now.etag) {
        return Err(changed_since());
    }
    let want = work(&base)?;
    let deleted = want.is_none();
    let carried_to = carried(&config, found.calendar);
    let event = want.as_ref().map_or_else(|| now.clone(), |want| view(&config, &found, want));
    let edit = UserEdit::ChangeEvent(EventEdit {
        event: found.id,
        calendar: found.calendar,
        base: Some(Box::new(base)),
        want: want.map(Box::new),
        may_notify: which.notify_guests,
    });
    if way == Way::Plan {
        refused(&tried(data, &edit).await?, which)?;
        return Ok(EventWritten { done: false, deleted, run: None, event, carried_to });
    }
    let (run, notes) = carry_out(data, birth, edit).await?;
    refused(&notes, which)?;
    let run = Some(run.to_string());
    let event = if deleted { event } else { show(data, which).await? };
    Ok(EventWritten { done: true, deleted, run, event, carried_to })
}

async fn carry_out(
    data: &Data,
    birth: &Birth,
    edit: UserEdit,
) -> Result<(RunId, Vec<Note>), CliError> {
    let driver = host::driver(data, CliHooks::quiet())?;
    host::edit_in(data, &driver, birth.run(), edit).await
}

/// What would be remarked: a plan is refused as the deed would be.
async fn tried(data: &Data, edit: &UserEdit) -> Result<Vec<Note>, CliError> {
    let driver = host::driver(data, CliHooks::quiet())?;
    Ok(kalends::tried(&driver, &data.keys, edit).await?)
}

/// The run that made an event, where one did.
async fn maker(data: &Data, event: EventId) -> Result<Option<RunId>, CliError> {
    let (graph, filter) = (data.keys.graph, JournalFilter::Event(event));
    let first = data.store.query(JournalPage { graph, filter, after: 0, limit: 1 }).await?;
    Ok(first.first().map(|(entry, _)| entry.run))
}

/// The event in the calendar that is meant. To be changed, it is meant to be named where several
/// hold it and none of them is the graph's own.
async fn find(
    data: &Data,
    config: &Config,
    which: &Which,
    to_change: bool,
) -> Result<Found, CliError> {
    let id = which.event.parse::<EventId>().map_err(|_| gone(which))?;
    let bundle = bundle(data, id).await?.ok_or_else(|| gone(which))?;
    let calendar = match &which.calendar {
        Some(text) => {
            let calendar = lookup::calendar(config, text)?.id;
            if !bundle.presences.contains_key(&calendar) {
                let text = format!("event {id} is not in the calendar {text:?}");
                return Err(CliError::not_found(text));
            }
            calendar
        }
        None => pick(config, &bundle, to_change)?.ok_or_else(|| gone(which))?,
    };
    let presence = bundle.presences.get(&calendar).cloned().ok_or_else(|| gone(which))?;
    let uid = bundle.event.as_ref().map_or_else(String::new, |event| event.uid.clone());
    Ok(Found { id, uid, calendar, presence, bundle })
}

async fn bundle(data: &Data, event: EventId) -> Result<Option<Bundle>, CliError> {
    let mut want = ReadSet::default();
    want.events.insert(event);
    let slice = data.store.load(data.keys.graph, &want).await?;
    Ok(slice.events.get(&event).cloned().flatten())
}

fn pick(config: &Config, bundle: &Bundle, to_change: bool) -> Result<Option<CalendarId>, CliError> {
    let is_own = |id: &CalendarId| config.calendars.get(id).is_some_and(is_own);
    let mut holders: Vec<(bool, bool, CalendarId)> = bundle
        .presences
        .iter()
        .map(|(id, presence)| (!is_own(id), !presence.body.content.organized, *id))
        .collect();
    holders.sort_unstable();
    match holders.as_slice() {
        [] => Ok(None),
        [(true, _, _), _, ..] if to_change => {
            let names: Vec<String> = holders.iter().map(|(.., id)| label(config, *id)).collect();
            let names = names.join(", ");
            Err(CliError::usage(format!("several calendars hold the event: name one of {names}")))
        }
        [(.., first), ..] => Ok(Some(*first)),
    }
}

fn is_own(calendar: &Calendar) -> bool {
    calendar.role == CalendarRole::Own
}

fn view(config: &Config, found: &Found, body: &Body) -> EventView {
    let content = EventContent::of(body);
    let calendar = found.calendar.to_string();
    let (waiting, parked) = waits(&found.presence);
    EventView {
        id: found.id.to_string(),
        uid: found.uid.clone(),
        calendar_name: label(config, found.calendar),
        calendars: found.bundle.presences.keys().map(|id| label(config, *id)).collect(),
        etag: etag(found.calendar, body),
        calendar,
        waiting,
        parked,
        content,
    }
}

/// Tells what an event says in a calendar from all else that it may say there. What is shown of it
/// is not all of it: instances that were changed have texts of their own.
fn etag(calendar: CalendarId, body: &Body) -> String {
    let hash = Sha256::new().chain_update(calendar.as_bytes()).chain_update(wire::body(body));
    hash.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

/// The edges that begin at a calendar.
fn carried(config: &Config, calendar: CalendarId) -> Vec<Carried> {
    let edges = config.edges.values();
    let live = edges.filter(|edge| edge.from == calendar && edge.state == Lifecycle::Active);
    live.map(|edge| Carried {
        edge: edge.id.to_string(),
        calendar: label(config, edge.to),
        detail: detail(edge.options.level).to_owned(),
    })
    .collect()
}

/// What a step remarked instead of doing what was asked.
fn refused(notes: &[Note], which: &Which) -> Result<(), CliError> {
    let said = notes.iter().find_map(|note| {
        let text = match note.code {
            "event.gone" => return Some(gone(which)),
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
        Some(CliError::new(note.code, text, Exit::Usage))
    });
    said.map_or(Ok(()), Err)
}

fn gone(which: &Which) -> CliError {
    CliError::not_found(format!("there is no event {:?} any more", which.event))
}

fn changed_since() -> CliError {
    let text = "the event says something else meanwhile: read it again";
    CliError::new("event.changed-since", text, Exit::Failed)
}

#[cfg(test)]
mod tests {
    use kalends::core::event::{Exception, Privacy};
    use kalends::core::time::Zone;

    use super::*;

    /// Catches a change that is made over one of what is not shown: it would be lost.
    #[test]
    fn an_etag_tells_of_all_that_an_event_says() {
        let text = r#"{"start": "2026-03-02T09:00", "rules": ["FREQ=DAILY;COUNT=3"]}"#;
        let new: EventBody = serde_json::from_str(text).unwrap();
        let mut body = new.made(&Zone::utc()).unwrap();
        let mut changed = body.content.clone();
        changed.location = "Room 9".to_owned();
        let original = body.content.span.start.clone();
        let exception = Exception { original, this_and_future: false, content: changed };
        body.exceptions.push(exception);
        let calendar = CalendarId::from_bytes([1; 16]);
        let first = etag(calendar, &body);
        assert_eq!(first, etag(calendar, &body));
        let mut other = body.clone();
        other.exceptions[0].content.location = "Room 10".to_owned();
        let mut private = body.clone();
        private.exceptions[0].content.privacy = Privacy::Private;
        let mut landed = body.clone();
        landed.content.span.end_zone = Zone::resolve("Asia/Tokyo");
        for one in [&other, &private, &landed] {
            assert_ne!(etag(calendar, one), first);
        }
        assert_ne!(etag(CalendarId::from_bytes([2; 16]), &body), first);
    }
}
