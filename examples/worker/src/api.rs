//! What a user may ask of their graph.

use std::sync::Arc;

use kalends::core::graph::{DetailLevel, EdgeOptions};
use kalends::core::ports::{GraphStore as _, StoreError};
use kalends::core::slice::{Config, ReadSet};
use kalends::ids::{AccountId, CalendarId};
use kalends::{EdgeTarget, UserEdit};
use kalends_cloudflare::QueuePost;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use worker::{Env, Method, Request, Response};

use crate::answers::Answers;
use crate::birth::Birth;
use crate::closed::Closed;
use crate::events::{self, Way, Which};
use crate::graph::Object;
use crate::problem::Problem;
use crate::reading::Look;
use crate::{accounts, availability, body, export, reading, runs, view};

/// What a request is carried out with, beside the graph.
pub(crate) struct Inside<'a> {
    pub(crate) post: &'a QueuePost,
    pub(crate) birth: &'a Birth,
    pub(crate) answers: &'a Answers,
    pub(crate) closed: &'a Closed,
}

/// Answers a request to `/v1/…`.
pub(crate) async fn answer(
    object: &Object,
    mut request: Request,
    env: &Env,
    Inside { post, birth, answers, closed }: Inside<'_>,
) -> Result<Response, Problem> {
    let path = request.path();
    let parts: Vec<&str> = path.split('/').skip(2).collect();
    let json = match (request.method(), parts.as_slice()) {
        (Method::Get, ["accounts"]) => view::accounts(&*config(object).await?),
        (Method::Post, ["accounts"]) => {
            let new = body::json(&mut request).await?;
            let id = accounts::add(object, new, env).await?;
            object.wake()?;
            return Ok(
                Response::from_json(&view::account(&*config(object).await?, id))?.with_status(201)
            );
        }
        (Method::Delete, ["accounts", id]) => {
            let account = id.parse().map_err(|_| Problem::not_found("account"))?;
            // What was exported and answered of it goes first: should that fail, this is asked for again.
            export::forget(object.keys().graph, env).await?;
            answers.forget_bodies()?;
            edit(object, UserEdit::RemoveAccount { account, abandon: false }).await?
        }
        (Method::Get, ["edges"]) => view::edges(&*config(object).await?),
        (Method::Post, ["edges"]) => {
            edit(object, new_edge(body::json(&mut request).await?)?).await?;
            return Ok(Response::from_json(&view::edges(&*config(object).await?))?.with_status(201));
        }
        (Method::Delete, ["edges", id]) => {
            let edge = id.parse().map_err(|_| Problem::not_found("edge"))?;
            edit(object, UserEdit::RemoveEdge { edge, abandon: false }).await?
        }
        (Method::Get, ["edges", id, "tools"]) => tools(object, closed, id).await?,
        (Method::Put, ["edges", id, "tools"]) => {
            let ToolsBody { open } = body::json(&mut request).await?;
            closed.set(view::known_edge(&*config(object).await?, id)?.id, open)?;
            tools(object, closed, id).await?
        }
        (Method::Get, ["availability"]) => availability::answer(object, query(&request)?).await?,
        (Method::Get, ["events"]) => reading::events(object, &Look::of(&request)?).await?,
        (Method::Post, ["events"]) => {
            let way = query::<Changing>(&request)?.way();
            let made =
                events::create(object, &body::json(&mut request).await?, (birth, way)).await?;
            let status = if way == Way::Do { 201 } else { 200 };
            return Ok(Response::from_json(&made)?.with_status(status));
        }
        (method, ["events", id]) => {
            let id = (*id).to_owned();
            event(object, (method, id), &mut request).await?
        }
        (Method::Get, ["events", id, "explain"]) => reading::explain(object, id).await?,
        (Method::Get, ["free-busy"]) => reading::free_busy(object, &Look::of(&request)?).await?,
        (Method::Get, ["export"]) => return export::answer(object, env).await,
        (Method::Get, ["plan"]) => runs::plan(object).await?,
        (Method::Get, ["runs", run]) => {
            let Behind { after } = query(&request)?;
            runs::changes(object, run, after).await?
        }
        (Method::Post, ["runs", run, "undo"]) => runs::undo(object, run).await?,
        (Method::Get, ["status"]) => reading::status(object).await?,
        (Method::Post, ["sync"]) => {
            object.wake()?;
            view::worked(object.work(post).await?.as_ref())
        }
        _ => return Err(Problem::not_found("place")),
    };
    Ok(Response::from_json(&json)?)
}

/// Whether tools may touch an edge.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ToolsBody {
    open: bool,
}

async fn tools(object: &Object, closed: &Closed, id: &str) -> Result<Value, Problem> {
    let config = config(object).await?;
    let edge = view::known_edge(&config, id)?.id;
    Ok(json!({ "edge": edge.to_string(), "open": !closed.all(&config)?.contains(&edge) }))
}

/// Where a page begins.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Behind {
    /// The `next` of the page before.
    #[serde(default)]
    after: u64,
}

fn query<T: DeserializeOwned>(request: &Request) -> Result<T, Problem> {
    request.query().map_err(|error| Problem::usage(error.to_string()))
}

/// How an event is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Changing {
    /// The calendar that holds it.
    calendar: Option<String>,
    /// Change it although it has guests, whom its provider then tells.
    #[serde(default)]
    notify_guests: bool,
    /// Say what would be done, and do nothing.
    #[serde(default)]
    dry_run: bool,
}

impl Changing {
    const fn way(&self) -> Way {
        if self.dry_run { Way::Plan } else { Way::Do }
    }
}

/// One event: looked at, changed, or deleted.
async fn event(
    object: &Object,
    (method, event): (Method, String),
    request: &mut Request,
) -> Result<Value, Problem> {
    let changing: Changing = query(request)?;
    let way = changing.way();
    let etag = request.headers().get("if-match")?.map(|etag| etag.trim_matches('"').to_owned());
    let Changing { calendar, notify_guests, .. } = changing;
    let which = Which { event, calendar, etag, notify_guests };
    match method {
        Method::Get => events::show(object, &which).await,
        Method::Patch => events::change(object, &which, &body::json(request).await?, way).await,
        Method::Delete => events::remove(object, &which, way).await,
        _ => Err(Problem::not_found("place")),
    }
}

/// The set-up as it is.
pub(crate) async fn config(object: &Object) -> Result<Arc<Config>, StoreError> {
    let store = &object.driver().ports().store;
    Ok(store.load(object.keys().graph, &ReadSet::default()).await?.config)
}

async fn edit(object: &Object, edit: UserEdit) -> Result<Value, Problem> {
    let (run, _) = kalends::edit(object.driver(), object.keys(), edit).await?;
    object.wake()?;
    Ok(json!({ "run": run.to_string() }))
}

/// An edge to be made: into an account's overlay, or into a calendar.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewEdge {
    from: String,
    to_account: Option<String>,
    to_calendar: Option<String>,
    #[serde(default)]
    level: Level,
    #[serde(default)]
    two_way: bool,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "lowercase")]
enum Level {
    #[default]
    Busy,
    Title,
    Full,
}

fn new_edge(new: NewEdge) -> Result<UserEdit, Problem> {
    let from: CalendarId = new.from.parse().map_err(|_| Problem::usage("from is no calendar"))?;
    let to = match (new.to_account, new.to_calendar) {
        (Some(account), None) => {
            let account: Result<AccountId, _> = account.parse();
            EdgeTarget::Overlay(account.map_err(|_| Problem::usage("to_account is no account"))?)
        }
        (None, Some(calendar)) => {
            let calendar: Result<CalendarId, _> = calendar.parse();
            EdgeTarget::Calendar(
                calendar.map_err(|_| Problem::usage("to_calendar is no calendar"))?,
            )
        }
        _ => return Err(Problem::usage("give one of to_account and to_calendar")),
    };
    let level = match new.level {
        Level::Busy => DetailLevel::Busy,
        Level::Title => DetailLevel::Title,
        Level::Full => DetailLevel::Full,
    };
    let options = Box::new(EdgeOptions { level, ..EdgeOptions::default() });
    Ok(UserEdit::AddEdge { from, to, options, two_way: new.two_way })
}
