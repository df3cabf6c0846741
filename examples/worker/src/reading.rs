//! Looking at a graph.

use std::ops::Range;

use kalends::core::ports::GraphStore as _;
use kalends::core::slice::ReadSet;
use kalends::core::time::Timestamp;
use kalends::ids::EventId;
use kalends::queries::{CountsOf, Queries as _};
use kalends::recurrence::{Civil, Date, Gap, Zone};
use kalends::{After, Agenda};
use serde::Deserialize;
use serde_json::{Value, json};
use worker::Request;

use crate::api::config;
use crate::graph::Object;
use crate::problem::Problem;
use crate::view;

/// Events of one answer, at most and where nobody says how many.
const PAGE: usize = 500;
const USUAL: usize = 100;
/// No look is longer, in milliseconds.
const RANGE_MS_MAX: i64 = 366 * 86_400_000;

/// Which part of what takes place.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Look {
    /// From this time: RFC 3339, or a day, which is its midnight in UTC.
    from: String,
    /// To this time, which is not in it.
    to: String,
    /// At most so many.
    limit: Option<usize>,
    /// The `next` of the page before.
    after: Option<String>,
}

impl Look {
    /// As an address asks for it.
    pub(crate) fn of(request: &Request) -> Result<Self, Problem> {
        request.query().map_err(|_| wrong())
    }

    fn range(&self) -> Result<Range<Timestamp>, Problem> {
        let range = time(&self.from)?..time(&self.to)?;
        let length = range.end.millis_since(range.start);
        if (0..=RANGE_MS_MAX).contains(&length) { Ok(range) } else { Err(wrong()) }
    }
}

fn wrong() -> Problem {
    Problem::usage("give from and to, as 2027-01-31T00:00:00Z or 2027-01-31, a year apart at most")
}

fn time(text: &str) -> Result<Timestamp, Problem> {
    if let Ok(day) = text.parse::<Date>() {
        return Ok(Zone::utc().instant(Civil::from(day), Gap::Shift));
    }
    text.parse().map_err(|_| wrong())
}

/// What takes place in a range of time.
pub(crate) async fn events(object: &Object, look: &Look) -> Result<Value, Problem> {
    let limit = look.limit.unwrap_or(USUAL);
    if !(1..=PAGE).contains(&limit) {
        return Err(Problem::usage(format!("limit is from 1 to {PAGE}")));
    }
    let after = look.after.as_deref().map(read_next).transpose()?;
    let agenda = Agenda { range: look.range()?, after, limit: Some(limit) };
    let page = agenda.page(&object.driver().ports().store, object.keys().graph).await?;
    Ok(json!({
        "events": page.list.iter().map(view::occurring).collect::<Vec<_>>(),
        "next": page.next.as_ref().map(write_next),
    }))
}

fn write_next((start, event, original): &After) -> String {
    let original = original.map_or(String::new(), |at| at.as_millis().to_string());
    format!("{}.{event}.{original}", start.as_millis())
}

fn read_next(text: &str) -> Result<After, Problem> {
    let wrong = || Problem::usage("after takes the next of the page before, as it was");
    let at = |text: &str| text.parse().map(Timestamp::from_millis).map_err(|_| wrong());
    let fields: Vec<&str> = text.splitn(3, '.').collect();
    let [start, event, original] = fields[..] else { return Err(wrong()) };
    let original = if original.is_empty() { None } else { Some(at(original)?) };
    Ok((at(start)?, event.parse().map_err(|_| wrong())?, original))
}

/// When the person's time is taken.
pub(crate) async fn free_busy(object: &Object, look: &Look) -> Result<Value, Problem> {
    let (store, graph) = (&object.driver().ports().store, object.keys().graph);
    let taken = kalends::free_busy(store, graph, &look.range()?).await?;
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
