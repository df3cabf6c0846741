//! What each tool does: what the route of its kind does.

use kalends::Draft;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::gate;
use crate::api::config;
use crate::birth::Birth;
use crate::events::{self, Way, Which};
use crate::graph::Object;
use crate::problem::Problem;
use crate::reading::{self, Look};
use crate::{runs, view};

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
struct Undo {
    run: String,
    #[serde(default)]
    confirm: bool,
}

/// Calls a tool by its name; `None` where there is no such tool.
pub(super) async fn call(
    object: &Object,
    name: &str,
    given: Value,
) -> Option<Result<Value, Problem>> {
    Some(match name {
        "calendar.list_accounts" => list_accounts(object, given).await,
        "calendar.get_sync_status" => status(object, given).await,
        "calendar.list_events" => list_events(object, given).await,
        "calendar.get_event" => get_event(object, given).await,
        "calendar.create_event" => create_event(object, given).await,
        "calendar.update_event" => update_event(object, given).await,
        "calendar.delete_event" => delete_event(object, given).await,
        "calendar.list_policies" => list_edges(object, given).await,
        "calendar.explain_event" => explain(object, given).await,
        "calendar.plan" => plan(object, given).await,
        "calendar.undo" => undo(object, given).await,
        _ => return None,
    })
}

async fn list_accounts(object: &Object, given: Value) -> Result<Value, Problem> {
    let Nothing {} = read(given)?;
    Ok(view::accounts(&*config(object).await?))
}

async fn status(object: &Object, given: Value) -> Result<Value, Problem> {
    let Nothing {} = read(given)?;
    reading::status(object).await
}

async fn list_events(object: &Object, given: Value) -> Result<Value, Problem> {
    let look: Look = read(given)?;
    reading::events(object, &look).await
}

async fn get_event(object: &Object, given: Value) -> Result<Value, Problem> {
    let OneEvent { event, calendar } = read(given)?;
    events::show(object, &Which { event, calendar, ..Which::default() }).await
}

async fn create_event(object: &Object, given: Value) -> Result<Value, Problem> {
    let CreateEvent { event, confirm } = read(given)?;
    events::create(object, &event, (&Birth::now(), way(confirm))).await
}

async fn update_event(object: &Object, given: Value) -> Result<Value, Problem> {
    let UpdateEvent { event, change, calendar, etag, confirm } = read(given)?;
    let which = Which { event, calendar, etag, notify_guests: false };
    events::change(object, &which, &change, way(confirm)).await
}

async fn delete_event(object: &Object, given: Value) -> Result<Value, Problem> {
    let DeleteEvent { event, calendar, etag, confirm } = read(given)?;
    let which = Which { event, calendar, etag, notify_guests: false };
    events::remove(object, &which, way(confirm)).await
}

async fn list_edges(object: &Object, given: Value) -> Result<Value, Problem> {
    let Nothing {} = read(given)?;
    let mut listed = view::edges(&*config(object).await?);
    // Here nobody can close one.
    listed["closed_to_tools"] = json!([]);
    Ok(listed)
}

async fn explain(object: &Object, given: Value) -> Result<Value, Problem> {
    let OneEvent { event, .. } = read(given)?;
    reading::explain(object, &event).await
}

async fn plan(object: &Object, given: Value) -> Result<Value, Problem> {
    let Nothing {} = read(given)?;
    runs::plan(object).await
}

async fn undo(object: &Object, given: Value) -> Result<Value, Problem> {
    let Undo { run, confirm } = read(given)?;
    let count = gate::run_is_open(object, &run).await?;
    if way(confirm) == Way::Do {
        return runs::undo(object, &run).await;
    }
    let mut shown = runs::changes(object, &run, 0).await?;
    shown["count"] = json!(count);
    Ok(shown)
}

const fn way(confirm: bool) -> Way {
    if confirm { Way::Do } else { Way::Plan }
}

fn read<T: DeserializeOwned>(given: Value) -> Result<T, Problem> {
    serde_json::from_value(given).map_err(|error| Problem::usage(error.to_string()))
}
