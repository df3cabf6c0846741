//! Edges.

use kalends::core::author::EditError;
use kalends::core::graph::{CalendarKind, Edge, EdgeOptions};
use kalends::core::slice::Config;
use kalends::{DriverError, EdgeTarget, UserEdit};
use serde_json::{Value, json};

use super::birth::Birth;
use super::{done_before, etag};
use crate::args::{EdgeAdd, EdgeChange, EdgeCommand, GateFlag};
use crate::data::Data;
use crate::error::CliError;
use crate::hooks::CliHooks;
use crate::outcome::Outcome;
use crate::serve::Registry;
use crate::show::{detail, kind, lifecycle, rests, table};
use crate::view::{EdgeTools, EdgeView, Edges, Made, Removed};
use crate::{host, lookup};

pub(crate) async fn run(data: &Data, command: EdgeCommand) -> Result<Outcome, CliError> {
    match command {
        EdgeCommand::Add(new) => add(data, &new).await,
        EdgeCommand::List => list(data).await,
        EdgeCommand::Show { id } => show(data, &id).await,
        EdgeCommand::Change(change) => {
            let EdgeChange { id, flags } = *change;
            alter(data, &id, |options| flags.apply(options)).await
        }
        EdgeCommand::Tools { id, gate } => {
            let registry = Registry::of(data)?;
            set_tools(data, &registry, &id, gate == GateFlag::Open).await
        }
        EdgeCommand::Remove { id, abandon } => remove(data, &id, abandon).await,
    }
}

async fn add(data: &Data, new: &EdgeAdd) -> Result<Outcome, CliError> {
    let to = target(&*data.config().await?, &new.to)?;
    if new.kind.map(CalendarKind::from).is_some_and(|kind| kind != to.kind()) {
        return Err(CliError::usage(match to.kind() {
            CalendarKind::BusyOverlay => {
                "--kind mirror needs a calendar among the person's own: --to NAME/CAL"
            }
            CalendarKind::TrueMirror => {
                "--kind overlay makes a calendar of its own: --to NAME, without a calendar"
            }
        }));
    }
    if new.two_way && new.flags.oppose_two_way() {
        return Err(CliError::usage(
            "--two-way takes edits and deletions to their origins: leave --on-edit and --on-delete \
             away, or add two edges",
        ));
    }
    let mut options = EdgeOptions::default();
    new.flags.apply(&mut options);
    make(data, (&new.from, &new.to), options, (&Birth::now(), new.two_way)).await
}

/// Adds an edge between calendars that are named as on the command line; its kind follows from
/// where it goes.
pub(crate) async fn make(
    data: &Data,
    (from, to): (&str, &str),
    options: EdgeOptions,
    (birth, two_way): (&Birth, bool),
) -> Result<Outcome, CliError> {
    let run = match done_before::run_of(data, birth).await? {
        Some(run) => run,
        None => {
            let config = data.config().await?;
            let (from, to) = (lookup::calendar(&config, from)?.id, target(&config, to)?);
            let options = Box::new(EdgeOptions { kind: to.kind(), ..options });
            let edit = UserEdit::AddEdge { from, to, options, two_way };
            let driver = host::driver(data, CliHooks::quiet())?;
            host::edit_in(data, &driver, birth.run(), edit).await?.0
        }
    };
    let (config, added) = (data.config().await?, done_before::edges_added(data, run).await?);
    let added: Vec<&Edge> = added.iter().filter_map(|id| config.edges.get(id)).collect();
    let json = views(&config, &added);
    let text = format!("{}\n\nsync to write its mirrors", edges_table(&config, &added));
    Ok(Outcome::new(Made { run: run.to_string(), edges: json }, text))
}

/// `NAME` is an account's overlay, `NAME/CAL` a calendar.
pub(crate) fn target(config: &Config, to: &str) -> Result<EdgeTarget, CliError> {
    if to.contains('/') || config.calendars.values().any(|c| c.id.to_string() == to) {
        return Ok(EdgeTarget::Calendar(lookup::calendar(config, to)?.id));
    }
    Ok(EdgeTarget::Overlay(lookup::account(config, to)?.id))
}

pub(crate) async fn list(data: &Data) -> Result<Outcome, CliError> {
    let config = data.config().await?;
    let edges: Vec<&Edge> = config.edges.values().collect();
    let json = Edges { edges: views(&config, &edges) };
    Ok(Outcome::new(json, edges_table(&config, &edges)))
}

pub(crate) async fn show(data: &Data, id: &str) -> Result<Outcome, CliError> {
    let config = data.config().await?;
    let json = EdgeView::of(&config, lookup::edge(&config, id)?);
    let text = options_table(&json);
    Ok(Outcome::new(json, text))
}

/// Changes an edge's options and leaves those alone that are not named.
pub(crate) async fn alter(
    data: &Data,
    id: &str,
    apply: impl FnOnce(&mut EdgeOptions),
) -> Result<Outcome, CliError> {
    alter_if(data, (id, None), apply).await
}

/// The same, and where a tag is named only if the edge still has it.
pub(crate) async fn alter_if(
    data: &Data,
    (id, etag): (&str, Option<&str>),
    apply: impl FnOnce(&mut EdgeOptions),
) -> Result<Outcome, CliError> {
    let config = data.config().await?;
    let edge = lookup::edge(&config, id)?;
    let is_known = |etag: &str| etag::of(&json!(EdgeView::of(&config, edge))) == etag;
    if etag.is_some_and(|etag| !is_known(etag)) {
        return Err(DriverError::Edit(EditError::EdgeChanged(edge.id)).into());
    }
    let base = etag.map(|_| Box::new(edge.options.clone()));
    let mut options = edge.options.clone();
    apply(&mut options);
    let edit = UserEdit::ChangeEdge { edge: edge.id, base, options: Box::new(options) };
    let driver = host::driver(data, CliHooks::quiet())?;
    let (_, notes) = host::edit(data, &driver, edit).await?;
    if notes.iter().any(|note| note.code == EditError::EDGE_CHANGED) {
        return Err(DriverError::Edit(EditError::EdgeChanged(edge.id)).into());
    }
    show(data, id).await
}

/// Whether an edge is open to tools.
pub(crate) async fn tools(data: &Data, registry: &Registry, id: &str) -> Result<Outcome, CliError> {
    let config = data.config().await?;
    let edge = lookup::edge(&config, id)?.id;
    let open = !registry.closed(data.keys.graph)?.contains(&edge);
    let text = if open { "open to tools" } else { "closed to tools" };
    Ok(Outcome::new(EdgeTools { edge: edge.to_string(), open }, format!("edge {edge} is {text}")))
}

/// Opens an edge to tools, or closes it.
pub(crate) async fn set_tools(
    data: &Data,
    registry: &Registry,
    id: &str,
    open: bool,
) -> Result<Outcome, CliError> {
    let config = data.config().await?;
    registry.open_to_tools(data.keys.graph, lookup::edge(&config, id)?.id, open)?;
    tools(data, registry, id).await
}

pub(crate) async fn remove(data: &Data, id: &str, abandon: bool) -> Result<Outcome, CliError> {
    let config = data.config().await?;
    let edge = lookup::edge(&config, id)?.id;
    let driver = host::driver(data, CliHooks::quiet())?;
    let edit = UserEdit::RemoveEdge { edge, abandon };
    let (run, _) = host::edit(data, &driver, edit).await?;
    let text = match abandon {
        true => format!("edge {edge} is removed; its mirrors stay where they are"),
        false => format!("edge {edge} is being removed: sync to take its mirrors back"),
    };
    let (run, edge) = (Some(run.to_string()), Some(edge.to_string()));
    let json = Removed { account: None, edge, run, abandoned: abandon };
    Ok(Outcome::new(json, text))
}

fn views(config: &Config, edges: &[&Edge]) -> Vec<EdgeView> {
    edges.iter().map(|edge| EdgeView::of(config, edge)).collect()
}

/// All that an edge does, a line for each.
fn options_table(edge: &EdgeView) -> String {
    let fields = serde_json::to_value(edge).unwrap_or_default();
    let rows = fields.as_object().into_iter().flatten();
    table(["what", "how"], rows.map(|(field, value)| [field.clone(), told(value)]), "nothing")
}

fn told(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Bool(is) => if *is { "yes" } else { "no" }.to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Array(list) if list.is_empty() => "-".to_owned(),
        Value::Array(list) => list.iter().map(told).collect::<Vec<_>>().join(", "),
        // An end of the edge is called by its name.
        Value::Object(fields) => match fields.get("name") {
            Some(name) => told(name),
            None => {
                let each = |(field, value): (&String, &Value)| format!("{field}: {}", told(value));
                fields.iter().map(each).collect::<Vec<_>>().join(", ")
            }
        },
    }
}

fn edges_table(config: &Config, edges: &[&Edge]) -> String {
    let rows = edges.iter().map(|edge| {
        [
            lookup::label(config, edge.from),
            lookup::label(config, edge.to),
            detail(edge.options.level).to_owned(),
            kind(edge.options.kind).to_owned(),
            rests(edge.state).map_or_else(
                || lifecycle(edge.state).to_owned(),
                |why| format!("paused: {}", why.code),
            ),
            edge.id.to_string(),
        ]
    });
    let none = "no edges: add one with `edge add`";
    table(["from", "to", "detail", "kind", "state", "id"], rows, none)
}
