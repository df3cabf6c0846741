//! What each tool does: what the route of its kind does.

use kalends::Draft;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::desk::Desk;
use super::gate;
use crate::api::config;
use crate::birth::Birth;
use crate::events::{self, Way, Which};
use crate::problem::Problem;
use crate::reading::{self, Look};
use crate::{availability, runs, view};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OneEvent {
    event: String,
    calendar: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CreateEvent {
    event: Draft,
    #[serde(default)]
    confirm: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UpdateEvent {
    event: String,
    change: Draft,
    calendar: Option<String>,
    etag: Option<String>,
    #[serde(default)]
    confirm: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeleteEvent {
    event: String,
    calendar: Option<String>,
    etag: Option<String>,
    #[serde(default)]
    confirm: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OneEdge {
    edge: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Undo {
    run: String,
    #[serde(default)]
    confirm: bool,
}

/// Calls a tool by its name; `None` where there is no such tool.
pub(super) async fn call(
    desk: Desk<'_>,
    name: &str,
    given: Value,
) -> Option<Result<Value, Problem>> {
    Some(match name {
        "calendar.list_accounts" => list_accounts(desk, given).await,
        "calendar.get_sync_status" => status(desk, given).await,
        "calendar.list_events" => list_events(desk, given).await,
        "calendar.get_event" => get_event(desk, given).await,
        "calendar.create_event" => create_event(desk, given).await,
        "calendar.update_event" => update_event(desk, given).await,
        "calendar.delete_event" => delete_event(desk, given).await,
        "calendar.get_availability" => get_availability(desk, given).await,
        "calendar.get_policy_edge" => get_edge(desk, given).await,
        "calendar.list_policies" => list_edges(desk, given).await,
        "calendar.explain_event" => explain(desk, given).await,
        "calendar.plan" => plan(desk, given).await,
        "calendar.undo" => undo(desk, given).await,
        _ => return None,
    })
}

async fn list_accounts(desk: Desk<'_>, given: Value) -> Result<Value, Problem> {
    let Nothing {} = read(given)?;
    Ok(view::accounts(&*config(desk.object).await?))
}

async fn status(desk: Desk<'_>, given: Value) -> Result<Value, Problem> {
    let Nothing {} = read(given)?;
    reading::status(desk.object).await
}

async fn list_events(desk: Desk<'_>, given: Value) -> Result<Value, Problem> {
    let look: Look = read(given)?;
    reading::events(desk.object, &look).await
}

async fn get_event(desk: Desk<'_>, given: Value) -> Result<Value, Problem> {
    let OneEvent { event, calendar } = read(given)?;
    events::show(desk.object, &Which { event, calendar, ..Which::default() }).await
}

async fn create_event(desk: Desk<'_>, given: Value) -> Result<Value, Problem> {
    let CreateEvent { event, confirm } = read(given)?;
    let keys = desk.object.keys();
    let own = keys.calendar(keys.account("own", ""), "main");
    desk.closed.calendar_is_open(&*config(desk.object).await?, own)?;
    events::create(desk.object, &event, (&Birth::now(), way(confirm))).await
}

async fn update_event(desk: Desk<'_>, given: Value) -> Result<Value, Problem> {
    let UpdateEvent { event, change, calendar, etag, confirm } = read(given)?;
    let which = Which { event, calendar, etag, notify_guests: false };
    let planned = events::change(desk.object, &which, &change, Way::Plan).await?;
    gate::is_open(desk, &planned).await?;
    match way(confirm) {
        Way::Plan => Ok(planned),
        Way::Do => events::change(desk.object, &which, &change, Way::Do).await,
    }
}

async fn delete_event(desk: Desk<'_>, given: Value) -> Result<Value, Problem> {
    let DeleteEvent { event, calendar, etag, confirm } = read(given)?;
    let which = Which { event, calendar, etag, notify_guests: false };
    let planned = events::remove(desk.object, &which, Way::Plan).await?;
    gate::is_open(desk, &planned).await?;
    match way(confirm) {
        Way::Plan => Ok(planned),
        Way::Do => events::remove(desk.object, &which, Way::Do).await,
    }
}

async fn list_edges(desk: Desk<'_>, given: Value) -> Result<Value, Problem> {
    let Nothing {} = read(given)?;
    let config = config(desk.object).await?;
    let (mut listed, closed) = (view::edges(&config), desk.closed.all(&config)?);
    listed["closed_to_tools"] = json!(closed.iter().map(ToString::to_string).collect::<Vec<_>>());
    Ok(listed)
}

async fn get_edge(desk: Desk<'_>, given: Value) -> Result<Value, Problem> {
    let OneEdge { edge } = read(given)?;
    Ok(view::edge(view::known_edge(&*config(desk.object).await?, &edge)?))
}

async fn get_availability(desk: Desk<'_>, given: Value) -> Result<Value, Problem> {
    availability::answer(desk.object, read(given)?).await
}

async fn explain(desk: Desk<'_>, given: Value) -> Result<Value, Problem> {
    let OneEvent { event, .. } = read(given)?;
    reading::explain(desk.object, &event).await
}

async fn plan(desk: Desk<'_>, given: Value) -> Result<Value, Problem> {
    let Nothing {} = read(given)?;
    runs::plan(desk.object).await
}

async fn undo(desk: Desk<'_>, given: Value) -> Result<Value, Problem> {
    let Undo { run, confirm } = read(given)?;
    let count = gate::run_is_open(desk, &run).await?;
    if way(confirm) == Way::Do {
        return runs::undo(desk.object, &run).await;
    }
    let mut shown = runs::changes(desk.object, &run, 0).await?;
    shown["count"] = json!(count);
    Ok(shown)
}

const fn way(confirm: bool) -> Way {
    if confirm { Way::Do } else { Way::Plan }
}

fn read<T: DeserializeOwned>(given: Value) -> Result<T, Problem> {
    serde_json::from_value(given).map_err(|error| Problem::usage(error.to_string()))
}
