//! Looking at a graph.

use std::ops::Range;

use kalends::Agenda;
use kalends::core::ports::GraphStore as _;
use kalends::core::slice::ReadSet;
use kalends::core::time::Timestamp;
use kalends::ids::EventId;
use kalends::queries::{CountsOf, Queries as _};
use serde::Deserialize;
use serde_json::{Value, json};
use worker::Request;

use crate::api::config;
use crate::graph::Object;
use crate::problem::Problem;
use crate::view;

/// Events of one answer.
const PAGE: usize = 500;
/// No look is longer, in milliseconds.
const RANGE_MS_MAX: i64 = 366 * 86_400_000;

#[derive(Deserialize)]
struct Span {
    from: String,
    to: String,
}

fn range(request: &Request) -> Result<Range<Timestamp>, Problem> {
    let wrong =
        || Problem::usage("give from and to, as 2027-01-31T00:00:00Z, a year apart at most");
    let Span { from, to } = request.query().map_err(|_| wrong())?;
    let range: Range<Timestamp> =
        from.parse().map_err(|_| wrong())?..to.parse().map_err(|_| wrong())?;
    let length = range.end.millis_since(range.start);
    if (0..=RANGE_MS_MAX).contains(&length) { Ok(range) } else { Err(wrong()) }
}

/// What takes place in a range of time.
pub(crate) async fn events(object: &Object, request: &Request) -> Result<Value, Problem> {
    let agenda = Agenda { range: range(request)?, after: None, limit: Some(PAGE) };
    let page = agenda.page(&object.driver().ports().store, object.keys().graph).await?;
    let last = page.next.and(page.list.last());
    Ok(json!({
        "events": page.list.iter().map(view::occurring).collect::<Vec<_>>(),
        // A page that goes on is asked for from there; what begins at that instant comes again.
        "more_from": last.map(|last| last.start.to_string()),
    }))
}

/// When the person's time is taken.
pub(crate) async fn free_busy(object: &Object, request: &Request) -> Result<Value, Problem> {
    let (store, graph) = (&object.driver().ports().store, object.keys().graph);
    let taken = kalends::free_busy(store, graph, &range(request)?).await?;
    let taken =
        taken.iter().map(|it| json!({ "from": it.start.to_string(), "to": it.end.to_string() }));
    Ok(json!({ "busy": taken.collect::<Vec<_>>() }))
}

/// Why an event is mirrored where it is.
pub(crate) async fn explain(object: &Object, id: &str) -> Result<Value, Problem> {
    let id: EventId = id.parse().map_err(|_| Problem::not_found("event"))?;
    let store = &object.driver().ports().store;
    let found = kalends::explain(store, object.keys().graph, id).await?;
    Ok(view::explanation(&found.ok_or_else(|| Problem::not_found("event"))?))
}

/// How everything is.
pub(crate) async fn status(object: &Object) -> Result<Value, Problem> {
    let (store, graph) = (&object.driver().ports().store, object.keys().graph);
    let config = config(object).await?;
    let want = ReadSet { health: config.accounts.keys().copied().collect(), ..ReadSet::default() };
    let slice = store.load(graph, &want).await?;
    let counts = store.query(CountsOf { graph }).await?;
    let watched = slice.config.calendars.values().map(kalends::core::graph::Calendar::scope);
    let want = ReadSet { watches: watched.collect(), ..ReadSet::default() };
    let watches = store.load(graph, &want).await?.watches;
    let open = watches.values().flatten().filter(|watch| !watch.channels.is_empty()).count();
    let digest: String =
        kalends::digest(store, graph).await?.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(json!({
        "graph": graph.to_string(),
        "digest": digest,
        "accounts": view::health(&slice),
        "watched_calendars": open,
        "counts": view::counts(&counts),
    }))
}
