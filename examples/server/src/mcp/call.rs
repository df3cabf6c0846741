//! What each tool does: what the command of its kind does.

use kalends::EdgeTarget;
use kalends::core::graph::{Edge, EdgeOptions, Lifecycle};
use kalends::core::slice::Config;
use kalends::ids::{CalendarId, EdgeId, RunId};
use rmcp::model::JsonObject;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::arguments::{
    CreateEvent, DeleteEvent, GetAvailability, ListEvents, Nothing, OneEdge, OneEvent,
    ProposeTimes, SetEdge, Undo, UpdateEvent,
};
use super::handler::Toolbox;
use crate::args::{
    AvailabilityArgs, EventsArgs, JournalArgs, Moment, ProposeArgs, SpanArgs, read_length,
    read_time, read_zone,
};
use crate::commands::birth::Birth;
use crate::commands::event::{self, OWN, Way, Which};
use crate::commands::{
    account, availability, bounds, edge, events, explain, journal, plan, propose, status, undo,
};
use crate::error::{CliError, Exit};
use crate::lookup;
use crate::serve::EdgeBody;
use crate::view::EdgeView;

/// The entries of a run that are shown before it is taken back.
const ENTRIES_MAX: u32 = 50;

impl Toolbox {
    /// Calls a tool by its name; none where there is no such tool.
    pub(super) async fn call(
        &self,
        name: &str,
        given: JsonObject,
    ) -> Option<Result<Value, CliError>> {
        let data = &self.data;
        Some(match name {
            "calendar.list_accounts" => match read::<Nothing>(given) {
                Ok(_) => account::list(data).await.map(|outcome| outcome.json),
                Err(error) => Err(error),
            },
            "calendar.get_sync_status" => match read::<Nothing>(given) {
                Ok(_) => status::run(data, false).await.map(|outcome| outcome.json),
                Err(error) => Err(error),
            },
            "calendar.list_events" => self.list_events(given).await,
            "calendar.get_event" => self.get_event(given).await,
            "calendar.create_event" => self.create_event(given).await,
            "calendar.update_event" => self.update_event(given).await,
            "calendar.delete_event" => self.delete_event(given).await,
            "calendar.get_availability" => self.get_availability(given).await,
            "calendar.propose_times" => self.propose_times(given).await,
            "calendar.list_policies" => self.list_edges(given).await,
            "calendar.get_policy_edge" => self.get_edge(given).await,
            "calendar.set_policy_edge" => self.set_edge(given).await,
            "calendar.explain_event" => match read::<OneEvent>(given) {
                Ok(one) => explain::one(data, &one.event).await.map(|outcome| outcome.json),
                Err(error) => Err(error),
            },
            "calendar.plan" => match read::<Nothing>(given) {
                Ok(_) => plan::run(data).await.map(|outcome| outcome.json),
                Err(error) => Err(error),
            },
            "calendar.undo" => self.undo(given).await,
            _ => return None,
        })
    }

    async fn list_events(&self, given: JsonObject) -> Result<Value, CliError> {
        let ListEvents { from, to, limit, after } = read(given)?;
        let limit = bounds::page(limit, 100)?;
        let time = |text: &str| read_time(text).map_err(CliError::usage);
        let span = SpanArgs { from: time(&from)?, to: time(&to)? };
        bounds::span(&span)?;
        let args = EventsArgs { span, limit: Some(limit), after };
        Ok(events::list(&self.data, args).await?.json)
    }

    async fn get_event(&self, given: JsonObject) -> Result<Value, CliError> {
        let OneEvent { event, calendar } = read(given)?;
        let which = Which { event, calendar, ..Which::default() };
        Ok(json!(event::show(&self.data, &which).await?))
    }

    async fn create_event(&self, given: JsonObject) -> Result<Value, CliError> {
        let CreateEvent { event, confirm } = read(given)?;
        let (data, config) = (&self.data, self.data.config().await?);
        if let Ok(own) = lookup::calendar(&config, OWN) {
            self.calendar_is_open(&config, own.id)?;
        }
        Ok(json!(event::create(data, &event, &Birth::now(), Way::of(!confirm)).await?))
    }

    async fn update_event(&self, given: JsonObject) -> Result<Value, CliError> {
        let UpdateEvent { event, change, calendar, etag, confirm } = read(given)?;
        let which = Which { event, calendar, etag, notify_guests: false };
        let planned =
            event::change(&self.data, &which, &change, (&Birth::now(), Way::Plan)).await?;
        self.is_open(&planned.event.calendar).await?;
        if !confirm {
            return Ok(json!(planned));
        }
        Ok(json!(event::change(&self.data, &which, &change, (&Birth::now(), Way::Do)).await?))
    }

    async fn delete_event(&self, given: JsonObject) -> Result<Value, CliError> {
        let DeleteEvent { event, calendar, etag, confirm } = read(given)?;
        let which = Which { event, calendar, etag, notify_guests: false };
        let planned = event::remove(&self.data, &which, (&Birth::now(), Way::Plan)).await?;
        self.is_open(&planned.event.calendar).await?;
        if !confirm {
            return Ok(json!(planned));
        }
        Ok(json!(event::remove(&self.data, &which, (&Birth::now(), Way::Do)).await?))
    }

    async fn is_open(&self, calendar: &str) -> Result<(), CliError> {
        let config = self.data.config().await?;
        let calendar = lookup::calendar(&config, calendar)?.id;
        self.calendar_is_open(&config, calendar)
    }

    async fn get_availability(&self, given: JsonObject) -> Result<Value, CliError> {
        let GetAvailability { from, to, zone, caller } = read(given)?;
        let zone = zone.as_deref().map(read_zone).transpose().map_err(CliError::usage)?;
        let (from, to) = (Moment::named(from)?, Moment::named(to)?);
        let args = AvailabilityArgs { from, to, zone, caller, reasons: false, public: false };
        Ok(availability::run(&self.data, args).await?.json)
    }

    async fn propose_times(&self, given: JsonObject) -> Result<Value, CliError> {
        let ProposeTimes { length, from, to, with, count } = read(given)?;
        let count = count.unwrap_or(5);
        check_people(&with)?;
        let length = read_length(&length).map_err(CliError::usage)?;
        let (from, to) = (Moment::named(from)?, Moment::named(to)?);
        let args = ProposeArgs { from, to, with, count, ..ProposeArgs::lasting(length) };
        bounds::meeting(&args)?;
        Ok(propose::run(&self.data, args).await?.json)
    }

    async fn list_edges(&self, given: JsonObject) -> Result<Value, CliError> {
        let Nothing {} = read(given)?;
        let closed: Vec<String> = self.closed()?.iter().map(ToString::to_string).collect();
        let mut listed = edge::list(&self.data).await?.json;
        listed["closed_to_tools"] = json!(closed);
        Ok(listed)
    }

    async fn get_edge(&self, given: JsonObject) -> Result<Value, CliError> {
        let OneEdge { edge } = read(given)?;
        Ok(edge::show(&self.data, &edge).await?.json)
    }

    async fn set_edge(&self, given: JsonObject) -> Result<Value, CliError> {
        let SetEdge { edge, from, to, options, confirm } = read(given)?;
        let config = self.data.config().await?;
        match (edge, from, to) {
            (Some(id), None, None) => {
                let known = lookup::edge(&config, &id)?;
                self.edge_is_open(known.id)?;
                self.calendar_is_open(&config, known.from)?;
                let options = EdgeBody::from(options);
                if confirm {
                    let changed = edge::alter(&self.data, &id, |o| options.apply(o)).await?;
                    return Ok(json!({"done": true, "edges": [changed.json]}));
                }
                let mut planned = known.clone();
                options.apply(&mut planned.options);
                Ok(json!({"done": false, "edges": [EdgeView::of(&config, &planned)]}))
            }
            (None, Some(from), Some(to)) => {
                let source = lookup::calendar(&config, &from)?;
                self.calendar_is_open(&config, source.id)?;
                let mut wanted = EdgeOptions::default();
                EdgeBody::from(options).apply(&mut wanted);
                if !confirm {
                    return planned_edge(&config, (source.id, &to), wanted);
                }
                let made = edge::make(&self.data, (&from, &to), wanted, (&Birth::now(), false))
                    .await?
                    .json;
                Ok(json!({"done": true, "run": made["run"], "edges": made["edges"]}))
            }
            (Some(_), _, _) | (None, _, _) => {
                Err(CliError::usage("name an edge to change it, or from and to for a new one"))
            }
        }
    }

    async fn undo(&self, given: JsonObject) -> Result<Value, CliError> {
        let Undo { run, confirm } = read(given)?;
        let config = self.data.config().await?;
        if let Ok(id) = run.parse::<RunId>() {
            self.run_is_open(&config, id).await?;
        }
        if confirm {
            return Ok(undo::undo(&self.data, &run).await?.json);
        }
        let args = JournalArgs {
            event: None,
            run: Some(run),
            verify: false,
            erase_before: None,
            limit: Some(ENTRIES_MAX),
            after: 0,
        };
        let mut shown = journal::run(&self.data, args).await?.json;
        shown["done"] = json!(false);
        Ok(shown)
    }
}

/// Refuses whatever is no address of a person. An address of the web would be read from there, and
/// what a program that thinks was told by somebody's event could be in it.
fn check_people(with: &[String]) -> Result<(), CliError> {
    let strange = |of: &&String| !of.contains('@') || of.contains(['/', ':', '\\', '?', '#']);
    with.iter().find(strange).map_or(Ok(()), |of| {
        Err(CliError::usage(format!("{of:?} is no address of a person, as bob@example.org is")))
    })
}

/// A new edge as it would be: all that it shows, and where.
fn planned_edge(
    config: &Config,
    (from, to): (CalendarId, &str),
    options: EdgeOptions,
) -> Result<Value, CliError> {
    // Whether there is such a place, said as the command would.
    let target = edge::target(config, to)?;
    let (to, overlay_of) = match target {
        EdgeTarget::Calendar(calendar) => (calendar, None),
        EdgeTarget::Overlay(account) => (from, config.accounts.get(&account)),
    };
    let edge = Edge {
        id: EdgeId::from_bytes([0; 16]),
        from,
        to,
        options: EdgeOptions { kind: target.kind(), ..options },
        state: Lifecycle::Active,
        pair: None,
    };
    let mut shown = json!(EdgeView::of(config, &edge));
    // What is not there yet has no id.
    shown["id"] = Value::Null;
    if let Some(account) = overlay_of {
        shown["to"] = json!({"id": null, "name": format!("the overlay of {}", account.name)});
    }
    Ok(json!({"done": false, "edges": [shown]}))
}

fn read<T: DeserializeOwned>(given: JsonObject) -> Result<T, CliError> {
    serde_json::from_value(Value::Object(given))
        .map_err(|error| CliError::new("arguments", error.to_string(), Exit::Usage))
}
