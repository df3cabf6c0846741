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
use super::super::registry::Registry;
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
    let telling = feed.telling(data.keys.clone(), now);
    let (shown, writing) = shown(&server.registry, &data, &feed, (telling, now)).await?;
    let etag = etag(&shown);
    let fixed = [
        (header::ETAG, HeaderValue::from_str(&etag).unwrap_or(HeaderValue::from_static("\"\""))),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache")),
    ];
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    if known.is_some_and(|known| is_among(known, &etag)) {
        return Ok((StatusCode::NOT_MODIFIED, fixed).into_response());
    }
    let writing = match writing {
        Some(writing) => writing,
        None => writing_of(&data, &feed, feed.telling(data.keys.clone(), now)).await?,
    };
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("text/calendar; charset=utf-8"))];
    Ok((kind, fixed, streamed(writing.stamped(shown.changed))).into_response())
}

/// The text of a feed, of which no piece was written yet.
async fn writing_of<T: Telling>(
    data: &Data,
    feed: &Feed,
    telling: T,
) -> Result<Writing<T>, CliError> {
    let export = Export::new(feed.made).named(&feed.body.name, LOOK_HOURS);
    Writing::begin(data, telling, export).await
}

/// What a feed shows, and since when; with its text, where all events were read for that. Of whatever it
/// does not show nothing is in there, not even when it changed. It is worked out anew only where the graph
/// moved, or another day began, which moves the window.
async fn shown<T: Telling>(
    registry: &Registry,
    data: &Data,
    feed: &Feed,
    (telling, now): (T, Timestamp),
) -> Result<(Shown, Option<Writing<T>>), CliError> {
    let (head, day) = (data.head().await?.hash, now.as_millis().div_euclid(86_400_000));
    let before = feed.shown.clone();
    if let Some(known) = before.as_ref().filter(|one| (one.head, one.day) == (head, day)) {
        return Ok((known.clone(), None));
    }
    let writing = writing_of(data, feed, telling).await?;
    let digest = writing.digest();
    let changed = before.filter(|one| one.digest == digest).map_or(now, |one| one.changed);
    let shown = Shown { head, day, digest, changed };
    registry.keep_shown(&feed.id, &shown);
    Ok((shown, Some(writing)))
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use kalends::core::event::Body as EventBody;
    use kalends::core::slice::{Bundle, Config};
    use kalends::ids::EventId;

    use super::*;
    use crate::commands::birth::Birth;
    use crate::commands::event::{Way, create};
    use crate::commands::export::Whole;

    /// Counts how often an event is told.
    struct Counting(Arc<AtomicUsize>);

    impl Telling for Counting {
        fn tell(
            &self,
            config: &Config,
            event: EventId,
            bundle: &Bundle,
        ) -> Vec<(String, EventBody)> {
            self.0.fetch_add(1, Ordering::SeqCst);
            Whole.tell(config, event, bundle)
        }
    }

    async fn text<T: Telling>(mut writing: Writing<T>) -> String {
        let mut text = Vec::new();
        while let Some(piece) = writing.next().await.unwrap() {
            text.extend(piece);
        }
        String::from_utf8(text).unwrap()
    }

    /// Catches a poll that compiles and writes all events once to see whether they changed, and once more to
    /// send them; and a text that is stamped with another time than since when it stands.
    #[tokio::test]
    async fn a_poll_reads_all_events_once_for_their_zones_and_once_for_their_text() {
        let folder = tempfile::tempdir().unwrap();
        let data = Data::open(Some(folder.path().to_owned())).await.unwrap();
        let registry = Registry::of(&data).unwrap();
        let new = serde_json::from_str(r#"{"title": "a", "start": "2030-01-01"}"#).unwrap();
        create(&data, &new, &Birth::now(), Way::Do).await.unwrap();
        let [made, now] = [1_000, 86_400_000].map(Timestamp::from_millis);
        let (id, graph, body) = ("feed_1".to_owned(), data.keys.graph, FeedBody::default());
        let mut feed = Feed { id, graph, body, made, shown: None };
        let told = Arc::new(AtomicUsize::new(0));
        let counting = || Counting(told.clone());
        let (first, writing) = shown(&registry, &data, &feed, (counting(), now)).await.unwrap();
        let sent = text(writing.unwrap().stamped(first.changed)).await;
        assert!(sent.contains("DTSTAMP:19700102T000000Z"), "{sent}");
        assert_eq!(told.load(Ordering::SeqCst), 2);
        feed.shown = Some(first.clone());
        let later = now.saturating_add_millis(1_000);
        let (same, none) = shown(&registry, &data, &feed, (counting(), later)).await.unwrap();
        assert_eq!((same, none.is_none()), (first.clone(), true));
        assert_eq!(told.load(Ordering::SeqCst), 2, "nothing moved");
        let day = later.saturating_add_millis(86_400_000);
        let (next, _) = shown(&registry, &data, &feed, (counting(), day)).await.unwrap();
        assert_eq!((next.changed, next.digest), (first.changed, first.digest), "it says the same");
        let new = serde_json::from_str(r#"{"title": "b", "start": "2030-01-01"}"#).unwrap();
        create(&data, &new, &Birth::now(), Way::Do).await.unwrap();
        let (other, _) = shown(&registry, &data, &feed, (counting(), later)).await.unwrap();
        assert_eq!(other.changed, later);
    }
}
