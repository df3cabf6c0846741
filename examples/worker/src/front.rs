//! Where requests, letters and the hour come in.

use kalends::core::ports::{Clock as _, Entropy as _};
use kalends::ids::GraphId;
use kalends_cloudflare::{WebEntropy, WorkerClock};
use serde::Deserialize;
use serde_json::json;
use worker::{
    Context, Env, MessageBatch, MessageExt as _, Method, Request, Response, ScheduleContext,
    ScheduledEvent, Stub, event,
};

use crate::mail::{Mail, What};
use crate::problem::Problem;
use crate::registry::{Registry, hash};
use crate::{body, export, keys, letters, lookup, notices, settings, sign_in};

/// Users that are looked at together.
const PAGE: u32 = 500;
/// The longest name of a user.
const NAME_MAX: usize = 100;

#[event(fetch, respond_with_errors)]
async fn fetch(request: Request, env: Env, _context: Context) -> worker::Result<Response> {
    match route(request, &env).await {
        Ok(response) => Ok(response),
        Err(problem) => problem.answer(),
    }
}

async fn route(request: Request, env: &Env) -> Result<Response, Problem> {
    let path = request.path();
    match (request.method(), path.as_str()) {
        (Method::Get, "/health") => Ok(Response::ok("alive")?),
        (_, "/v1/users") => {
            admin(&request, env)?;
            users(request, env).await
        }
        (_, path) if path == "/v1/keys" || path.starts_with("/v1/keys/") => {
            admin(&request, env)?;
            keys::answer(request, env).await
        }
        (method, "/v1/letters") | (method, _) if path.starts_with("/v1/letters") => {
            admin(&request, env)?;
            letters::answer(&method, path.trim_start_matches("/v1/letters"), env).await
        }
        (method, path) if path.starts_with("/v1/") || path == "/mcp" => {
            let registry = Registry::open(env).await?;
            let caller = registry.caller(&bearer(&request)?).await?;
            caller.may(&method, path)?;
            let graph = caller.graph;
            if path == "/v1/sign-ins" && method == Method::Post {
                return sign_in::begin(request, env, (&registry, graph)).await;
            }
            Ok(object(env, graph)?.fetch_with_request(request).await?)
        }
        (_, path) => without_key(request, env, path.trim_start_matches('/')).await,
    }
}

/// What providers and browsers ask for, who have no key.
async fn without_key(request: Request, env: &Env, path: &str) -> Result<Response, Problem> {
    match path.split_once('/') {
        Some(("notices", place)) => notices::take(request, env, place).await,
        Some(("sign-in", rest)) => sign_in::visit(request, env, rest).await,
        _ => Err(Problem::not_found("place")),
    }
}

/// The key that a request bears.
pub(crate) fn bearer(request: &Request) -> Result<String, Problem> {
    let header = request.headers().get("authorization")?.unwrap_or_default();
    header.strip_prefix("Bearer ").map(str::to_owned).ok_or_else(Problem::no_key)
}

/// Hashes are compared, so that no time tells how much of a guess was right.
fn admin(request: &Request, env: &Env) -> Result<(), Problem> {
    let key = settings::text(env, "ADMIN_KEY").ok_or_else(Problem::no_key)?;
    if hash(&bearer(request)?) == hash(&key) { Ok(()) } else { Err(Problem::no_key()) }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewUser {
    name: String,
}

async fn users(mut request: Request, env: &Env) -> Result<Response, Problem> {
    let registry = Registry::open(env).await?;
    if request.method() == Method::Get {
        let users = registry.users(&lookup::after(&request)?, PAGE).await?;
        let next = users.last().filter(|_| users.len() == PAGE as usize).map(|user| &user.graph);
        return Ok(Response::from_json(&json!({ "users": users, "next": next }))?);
    }
    let NewUser { name } = body::json(&mut request).await?;
    if name.is_empty() || name.len() > NAME_MAX {
        return Err(Problem::usage("a name has 1 to 100 bytes"));
    }
    let graph = GraphId::draw(&WebEntropy.seed(), WorkerClock.now(), 0);
    // The graph first: a user without one could never be served, a graph without a user is nothing.
    let made = format!("https://object/inside/create/{graph}");
    let made = object(env, graph)?.fetch_with_request(Request::new(&made, Method::Post)?).await?;
    if made.status_code() != 201 {
        return Err(Problem::new(500, "user.no-graph", "the user's graph could not be made"));
    }
    let key = registry.add(&name, graph).await?;
    let told = json!({ "name": name, "graph": graph.to_string(), "key": key });
    Ok(Response::from_json(&told)?.with_status(201))
}

/// The object of a graph.
pub(crate) fn object(env: &Env, graph: GraphId) -> worker::Result<Stub> {
    env.durable_object("GRAPH")?.get_by_name(&graph.to_string())
}

/// Takes letters in. It never fails as a whole: each is taken, or comes again, and in the end goes to
/// the queue of those that nobody took.
#[event(queue)]
async fn queue(batch: MessageBatch<()>, env: Env, _context: Context) -> worker::Result<()> {
    let queue = batch.queue();
    for message in batch.raw_iter() {
        let text = message.body().as_string().unwrap_or_default();
        let taken = match queue.ends_with("-dead") {
            true => letters::keep(&queue, &text, &env).await,
            false => letters::take(&text, &env).await,
        };
        match taken {
            Ok(()) => message.ack(),
            Err(problem) => {
                worker::console_warn!("a letter of {queue} comes again: {problem:?}");
                message.retry();
            }
        }
    }
    Ok(())
}

/// Looks at everybody now and then, so that watches are renewed and nobody is forgotten whose alarm
/// was lost, and forgets exports.
#[event(scheduled)]
async fn scheduled(event: ScheduledEvent, env: Env, _context: ScheduleContext) {
    if let Err(problem) = export::forget_old(millis(event.schedule()), &env).await {
        worker::console_error!("exports lie there still: {problem:?}");
    }
    if let Err(problem) = wake_all(&env).await {
        worker::console_error!("not everybody was looked at: {problem:?}");
    }
}

/// A time of JavaScript's, which counts them as floats.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a time after 1970")]
const fn millis(time: f64) -> u64 {
    time as u64
}

async fn wake_all(env: &Env) -> Result<(), Problem> {
    let registry = Registry::open(env).await?;
    let mut after = String::new();
    loop {
        let users = registry.users(&after, PAGE).await?;
        let Some(last) = users.last() else { return Ok(()) };
        after.clone_from(&last.graph);
        for graph in users.iter().filter_map(|user| user.graph.parse().ok()) {
            Mail::new(graph, What::Wake).send(env).await?;
        }
    }
}
