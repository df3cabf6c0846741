//! Feeds that others subscribe to.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kalends::core::ports::{Clock as _, Entropy as _};
use kalends::core::time::Timestamp;
use kalends::ical::Export;
use kalends_tokio::{OsEntropy, SystemClock};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use super::super::caller::{Body, Named, Reader, Writer};
use super::super::feeds::{Feed, FeedBody, Shown};
use super::super::key::drawn_id;
use super::super::limit::refused;
use super::super::problem::Problem;
use super::super::sign_in::Ticket;
use super::super::state::Server;
use super::export::streamed;
use crate::commands::export::{Telling, Writing};
use crate::data::Data;
use crate::error::CliError;

/// After how many hours subscribers are asked to look again.
const LOOK_HOURS: u32 = 1;

/// All feeds.
#[derive(Serialize, ToSchema)]
pub(crate) struct Feeds {
    feeds: Vec<FeedView>,
}

/// A feed.
#[derive(Serialize, ToSchema)]
pub(crate) struct FeedView {
    /// Its id.
    id: String,
    /// When it was made.
    made: String,
    /// Where it is subscribed to. Told once, when it is made: who has it sees the feed.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    /// What it shows.
    feed: FeedBody,
}

/// A feed that was ended.
#[derive(Serialize, ToSchema)]
pub(crate) struct FeedRemoved {
    removed: String,
}

impl FeedView {
    fn of(feed: Feed, address: Option<String>) -> Self {
        Self { id: feed.id, made: feed.made.to_string(), address, feed: feed.body }
    }
}

/// All feeds, without their addresses.
#[utoipa::path(
    get, path = "/feeds", tag = "feeds", operation_id = "list_feeds",
    responses(
        (status = OK, body = Feeds),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list(
    Reader(data): Reader,
    State(server): State<Server>,
) -> Result<Json<Feeds>, Problem> {
    let feeds = server.registry.feeds(data.keys.graph)?;
    Ok(Json(Feeds { feeds: feeds.into_iter().map(|feed| FeedView::of(feed, None)).collect() }))
}

/// Make a feed. Its address is told this once.
#[utoipa::path(
    post, path = "/feeds", tag = "feeds", operation_id = "add_feed", request_body = FeedBody,
    responses(
        (status = CREATED, body = FeedView),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn add(
    Writer(data): Writer,
    State(server): State<Server>,
    Body(body): Body<FeedBody>,
) -> Result<(StatusCode, Json<FeedView>), Problem> {
    let (feed, address) = make(&server, &data, body).await?;
    Ok((StatusCode::CREATED, Json(FeedView::of(feed, Some(address)))))
}

/// Makes a feed: it, and its address, which nobody keeps.
pub(in crate::serve) async fn make(
    server: &Server,
    data: &Data,
    body: FeedBody,
) -> Result<(Feed, String), CliError> {
    let (now, ticket) = (SystemClock.now(), Ticket::draw()?);
    let body = body.settled(&*data.config().await?)?;
    let id = drawn_id("feed", &OsEntropy.seed(), now);
    let feed = Feed { id, graph: data.keys.graph, body, made: now, shown: None };
    server.registry.add_feed(&feed, &ticket)?;
    let base = server.doors.base("localhost");
    Ok((feed, format!("{base}/feeds/{}.ics", ticket.expose())))
}

/// End a feed: its address leads nowhere any more.
#[utoipa::path(
    delete, path = "/feeds/{feed}", tag = "feeds", operation_id = "remove_feed",
    params(("feed" = String, Path, description = "The feed's id")),
    responses(
        (status = OK, body = FeedRemoved),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn remove(
    Writer(data): Writer,
    State(server): State<Server>,
    Named(feed): Named,
) -> Result<Json<FeedRemoved>, Problem> {
    if !server.registry.remove_feed(data.keys.graph, &feed)? {
        return Err(CliError::not_found(format!("there is no feed {feed:?}")).into());
    }
    Ok(Json(FeedRemoved { removed: feed }))
}

/// What a feed shows, for whoever has its address.
#[utoipa::path(
    get, path = "/feeds/{address}", tag = "feeds", operation_id = "read_feed", security(()),
    params(
        ("address" = String, Path, description = "The last part of the feed's address"),
        ("If-None-Match" = Option<String>, Header, description = "The ETag of what was read"),
    ),
    responses(
        (status = OK, body = String, content_type = "text/calendar", headers(("ETag" = String))),
        (status = NOT_MODIFIED, description = "It says the same still"),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn read(
    State(server): State<Server>,
    Named(address): Named,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let unknown = || CliError::not_found("there is no such feed");
    let secret = address.strip_suffix(".ics").ok_or_else(unknown)?;
    let feed = server.registry.feed_at(&Ticket::offered(secret))?.ok_or_else(unknown)?;
    if let Some(wait_s) = server.limits.wait_s(&feed.id) {
        return Ok(refused("ask less often: wait as Retry-After says", wait_s));
    }
    let (data, now) = (server.data.of_graph(feed.graph).await?, SystemClock.now());
    let shown = shown(&server, &data, &feed, now).await?;
    let etag = etag(&shown);
    let fixed = [
        (header::ETAG, HeaderValue::from_str(&etag).unwrap_or(HeaderValue::from_static("\"\""))),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache")),
    ];
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    if known.is_some_and(|known| is_among(known, &etag)) {
        return Ok((StatusCode::NOT_MODIFIED, fixed).into_response());
    }
    let writing = writing(&data, &feed, (shown.changed, now)).await?;
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("text/calendar; charset=utf-8"))];
    Ok((kind, fixed, streamed(writing)).into_response())
}

/// The text of a feed, each event stamped with the first time.
async fn writing(
    data: &Data,
    feed: &Feed,
    (stamp, now): (Timestamp, Timestamp),
) -> Result<Writing<impl Telling + use<>>, CliError> {
    let export = Export::new(stamp).named(&feed.body.name, LOOK_HOURS);
    Writing::begin(data, feed.telling(data.keys.clone(), now), export).await
}

/// What a feed shows, and since when. Of whatever it does not show nothing is in there, not even when it
/// changed. It is worked out anew only where the graph moved, or another day began, which moves the
/// window.
async fn shown(
    server: &Server,
    data: &Data,
    feed: &Feed,
    now: Timestamp,
) -> Result<Shown, CliError> {
    let (head, day) = (data.head().await?.hash, now.as_millis().div_euclid(86_400_000));
    let before = feed.shown.clone();
    if let Some(known) = before.as_ref().filter(|one| (one.head, one.day) == (head, day)) {
        return Ok(known.clone());
    }
    let mut writing = writing(data, feed, (feed.made, now)).await?;
    let mut hash = Sha256::new();
    while let Some(piece) = writing.next().await? {
        hash.update(&piece);
    }
    let digest: [u8; 32] = hash.finalize().into();
    let changed = before.filter(|one| one.digest == digest).map_or(now, |one| one.changed);
    let shown = Shown { head, day, digest, changed };
    server.registry.keep_shown(&feed.id, &shown);
    Ok(shown)
}

fn etag(shown: &Shown) -> String {
    let changed = shown.changed.as_millis().to_be_bytes();
    let hash = Sha256::new().chain_update(shown.digest).chain_update(changed).finalize();
    let digits: String = hash.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{digits}\"")
}

/// Whether a list of ETags, weak ones too, names this one (RFC 9110, 13.1.2).
fn is_among(list: &str, etag: &str) -> bool {
    let mut names = list.split(',').map(|name| name.trim().trim_start_matches("W/"));
    names.any(|name| name == "*" || name == etag)
}
