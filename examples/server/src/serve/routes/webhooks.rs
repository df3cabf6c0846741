//! Webhooks: where changes are told.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use kalends::core::ports::{Clock as _, Entropy as _};
use kalends_tokio::{OsEntropy, SystemClock};
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::{IntoParams, ToSchema};

use super::super::caller::{Body, Fields, Named, Reader, Writer};
use super::super::key::drawn_id;
use super::super::problem::Problem;
use super::super::state::Server;
use super::super::webhooks::{Endpoint, HookSecret, Message, MessageState};
use crate::commands::bounds;
use crate::data::Data;
use crate::error::CliError;

/// A webhook to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewWebhook {
    /// Where changes are sent: a public https address.
    url: String,
    /// Tell the titles of events too, as far as the settings let anybody see them.
    #[serde(default)]
    titles: bool,
}

/// Whether a webhook is told of changes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookSwitch {
    on: bool,
}

/// A webhook. Its messages bear `webhook-id`, `webhook-timestamp` and `webhook-signature`, as Standard
/// Webhooks has them; the same id may come twice. What is not taken is tried again over three days, and
/// not before the endpoint's `Retry-After`.
#[derive(Serialize, ToSchema)]
pub(crate) struct WebhookView {
    /// Its id.
    id: String,
    /// Where changes are sent.
    url: String,
    /// Whether titles are told.
    titles: bool,
    /// False: it answered 410, or was switched off.
    on: bool,
    /// The last entry of the journal that was put into a message.
    after: u64,
    made: String,
    /// Until when it is told nothing, because it asked for that.
    rests_until: Option<String>,
    /// What its messages are signed with. Told once, when it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// All webhooks.
#[derive(Serialize, ToSchema)]
pub(crate) struct Webhooks {
    webhooks: Vec<WebhookView>,
}

/// A message that was not taken yet.
#[derive(Serialize, ToSchema)]
pub(crate) struct MessageView {
    /// Its `webhook-id`.
    id: String,
    /// `waiting` for its next try, or `dead` until it is replayed.
    state: &'static str,
    made: String,
    /// How often it was tried.
    tries: u32,
    /// When it is tried next.
    next: Option<String>,
    /// How the last try ended: a status, or a word.
    last: Option<String>,
}

/// A page of messages.
#[derive(Serialize, ToSchema)]
pub(crate) struct Messages {
    messages: Vec<MessageView>,
    /// Where the next page goes on.
    next: Option<String>,
}

/// What was done.
#[derive(Serialize, ToSchema)]
pub(crate) struct WebhookDone {
    id: String,
}

/// Messages that are sent again.
#[derive(Serialize, ToSchema)]
pub(crate) struct Replayed {
    /// How many.
    replayed: usize,
}

/// How a message stands.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Standing {
    Waiting,
    Dead,
}

/// A page.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct MessagePage {
    /// At most so many; 100 where it is not named.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
    /// Only those that stand so.
    #[param(inline)]
    state: Option<Standing>,
}

impl WebhookView {
    fn of(endpoint: Endpoint, secret: Option<String>) -> Self {
        let Endpoint { id, graph: _, url, titles, on, after, made, rests } = endpoint;
        let rests_until = (rests > SystemClock.now()).then(|| rests.to_string());
        Self { id, url, titles, on, after, made: made.to_string(), rests_until, secret }
    }
}

impl MessageView {
    fn of(message: Message) -> Self {
        let is_dead = message.state == MessageState::Dead;
        Self {
            id: message.id,
            state: if is_dead { "dead" } else { "waiting" },
            made: message.made.to_string(),
            tries: message.tries,
            next: (!is_dead).then(|| message.next.to_string()),
            last: message.last,
        }
    }
}

/// All webhooks, without their secrets.
#[utoipa::path(
    get, path = "/webhooks", tag = "webhooks", operation_id = "list_webhooks",
    responses(
        (status = OK, body = Webhooks),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list(
    Reader(data): Reader,
    State(server): State<Server>,
) -> Result<Json<Webhooks>, Problem> {
    let endpoints = server.registry.endpoints(data.keys.graph)?;
    let view = |endpoint| WebhookView::of(endpoint, None);
    Ok(Json(Webhooks { webhooks: endpoints.into_iter().map(view).collect() }))
}

/// Tell changes from now on. The secret is told this once.
#[utoipa::path(
    post, path = "/webhooks", tag = "webhooks", operation_id = "add_webhook", request_body = NewWebhook,
    responses(
        (status = CREATED, body = WebhookView),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn add(
    Writer(data): Writer,
    State(server): State<Server>,
    Body(NewWebhook { url, titles }): Body<NewWebhook>,
) -> Result<(StatusCode, Json<WebhookView>), Problem> {
    let url = address(&data, &url)?;
    let now = SystemClock.now();
    let endpoint = Endpoint {
        id: drawn_id("hook", &OsEntropy.seed(), now),
        graph: data.keys.graph,
        url,
        titles,
        on: true,
        after: data.head().await?.seq,
        made: now,
        rests: now,
    };
    let secret = HookSecret::draw()?;
    server.registry.add_endpoint(&endpoint, &secret.seal(&data.vault, &endpoint.id)?)?;
    let view = WebhookView::of(endpoint, Some(secret.expose()));
    Ok((StatusCode::CREATED, Json(view)))
}

/// One webhook.
#[utoipa::path(
    get, path = "/webhooks/{webhook}", tag = "webhooks", operation_id = "show_webhook",
    params(("webhook" = String, Path, description = "The webhook's id")),
    responses(
        (status = OK, body = WebhookView),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn show(
    Reader(data): Reader,
    State(server): State<Server>,
    Named(webhook): Named,
) -> Result<Json<WebhookView>, Problem> {
    Ok(Json(WebhookView::of(known(&server, &data, &webhook)?, None)))
}

/// Switch a webhook on or off. What changed meanwhile is told when it is on again, also where it had
/// asked for a rest.
#[utoipa::path(
    patch, path = "/webhooks/{webhook}", tag = "webhooks", operation_id = "switch_webhook", request_body = WebhookSwitch,
    params(("webhook" = String, Path, description = "The webhook's id")),
    responses(
        (status = OK, body = WebhookView),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn switch(
    Writer(data): Writer,
    State(server): State<Server>,
    Named(webhook): Named,
    Body(WebhookSwitch { on }): Body<WebhookSwitch>,
) -> Result<Json<WebhookView>, Problem> {
    let known = known(&server, &data, &webhook)?;
    server.registry.switch_endpoint(&known.id, on)?;
    Ok(Json(WebhookView::of(Endpoint { on, rests: SystemClock.now(), ..known }, None)))
}

/// End a webhook, and what waits for it.
#[utoipa::path(
    delete, path = "/webhooks/{webhook}", tag = "webhooks", operation_id = "remove_webhook",
    params(("webhook" = String, Path, description = "The webhook's id")),
    responses(
        (status = OK, body = WebhookDone),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn remove(
    Writer(data): Writer,
    State(server): State<Server>,
    Named(webhook): Named,
) -> Result<Json<WebhookDone>, Problem> {
    if !server.registry.remove_endpoint(data.keys.graph, &webhook)? {
        return Err(unknown(&webhook).into());
    }
    Ok(Json(WebhookDone { id: webhook }))
}

/// Messages that were not taken yet, the oldest first: those that wait, and those that are dead.
#[utoipa::path(
    get, path = "/webhooks/{webhook}/messages", tag = "webhooks", operation_id = "list_messages",
    params(("webhook" = String, Path, description = "The webhook's id"), MessagePage),
    responses(
        (status = OK, body = Messages),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn messages(
    Reader(data): Reader,
    State(server): State<Server>,
    Named(webhook): Named,
    Fields(MessagePage { limit, after, state }): Fields<MessagePage>,
) -> Result<Json<Messages>, Problem> {
    let known = known(&server, &data, &webhook)?;
    let limit = bounds::page(limit, 100)?;
    let after = after.unwrap_or_default();
    let state = state.map(|state| match state {
        Standing::Waiting => MessageState::Waiting,
        Standing::Dead => MessageState::Dead,
    });
    let found = server.registry.messages((&known.id, state), &after, limit)?;
    let is_last = found.len() < limit as usize;
    let next = found.last().filter(|_| !is_last).map(|last| last.id.clone());
    let messages = found.into_iter().map(MessageView::of).collect();
    Ok(Json(Messages { messages, next }))
}

/// Send a message again, dead or not.
#[utoipa::path(
    post, path = "/webhooks/{webhook}/messages/{message}/replay", tag = "webhooks",
    operation_id = "replay_message",
    params(
        ("webhook" = String, Path, description = "The webhook's id"),
        ("message" = String, Path, description = "The message's id"),
    ),
    responses(
        (status = OK, body = WebhookDone),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn replay(
    Writer(data): Writer,
    State(server): State<Server>,
    Path((webhook, message)): Path<(String, String)>,
) -> Result<Json<WebhookDone>, Problem> {
    let known = known(&server, &data, &webhook)?;
    if server.registry.replay(&known.id, Some(&message), SystemClock.now())? == 0 {
        return Err(CliError::not_found(format!("there is no message {message:?}")).into());
    }
    Ok(Json(WebhookDone { id: message }))
}

/// Send all dead messages again.
#[utoipa::path(
    post, path = "/webhooks/{webhook}/replay", tag = "webhooks", operation_id = "replay_messages",
    params(("webhook" = String, Path, description = "The webhook's id")),
    responses(
        (status = OK, body = Replayed),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn replay_all(
    Writer(data): Writer,
    State(server): State<Server>,
    Named(webhook): Named,
) -> Result<Json<Replayed>, Problem> {
    let known = known(&server, &data, &webhook)?;
    let replayed = server.registry.replay(&known.id, None, SystemClock.now())?;
    Ok(Json(Replayed { replayed }))
}

fn known(server: &Server, data: &Data, webhook: &str) -> Result<Endpoint, CliError> {
    server.registry.endpoint(data.keys.graph, webhook)?.ok_or_else(|| unknown(webhook))
}

fn unknown(webhook: &str) -> CliError {
    CliError::not_found(format!("there is no webhook {webhook:?}"))
}

/// Refuses an address that nothing is sent to. What a name leads to is looked at when it is sent.
fn address(data: &Data, text: &str) -> Result<String, CliError> {
    let url = Url::parse(text).map_err(|_| CliError::usage("url is no address"))?;
    let schemes: &[&str] = if data.reaches_private() { &["https", "http"] } else { &["https"] };
    if !schemes.contains(&url.scheme()) {
        return Err(CliError::usage("url begins with https://"));
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(CliError::usage("url has no name, password or fragment in it"));
    }
    if !data.may_reach(&url) {
        return Err(CliError::usage("url leads to an address that is not public"));
    }
    Ok(url.to_string())
}
