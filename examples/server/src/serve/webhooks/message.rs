//! What a message says.

use std::collections::BTreeMap;

use kalends::core::graph::{DetailLevel, EdgeOptions, Filters};
use kalends::core::journal::Entry;
use kalends::core::ports::GraphStore as _;
use kalends::core::read::{Offer, offered};
use kalends::core::slice::ReadSet;
use kalends::core::time::Timestamp;
use kalends::ids::EventId;
use kalends::queries::{EntriesOf, EntriesPage};
use serde_json::{Value, json};

use super::rows::{Endpoint, Message, State};
use crate::data::Data;
use crate::error::CliError;

/// The most changes in one message.
const CHANGES_MAX: u32 = 100;

/// The next message to an endpoint, and the last entry of the journal that it tells; `None` where
/// nothing came since.
pub(super) async fn next(
    data: &Data,
    to: &Endpoint,
    now: Timestamp,
) -> Result<Option<(u64, Message)>, CliError> {
    let of = EntriesOf::After(to.after);
    let page = EntriesPage { graph: to.graph, of, limit: CHANGES_MAX };
    let page = data.store.query(page).await?;
    let (Some(first), Some(last)) = (page.first(), page.last()) else { return Ok(None) };
    let changes: Vec<Value> = page.iter().map(change).collect();
    let body = json!({
        "type": "changes",
        "timestamp": now.to_string(),
        "data": {"graph": to.graph.to_string(), "changes": changes},
    });
    let message = Message {
        // Of the endpoint and the place alone: the same however often it is made.
        id: format!("msg_{:012x}_{}", first.seq, to.id),
        body: body.to_string().into_bytes(),
        made: now,
        tries: 0,
        next: now,
        state: State::Waiting,
        last: None,
    };
    Ok(Some((last.seq, message)))
}

fn change(entry: &Entry) -> Value {
    json!({
        "seq": entry.seq,
        "at": entry.at.to_string(),
        "run": entry.run.to_string(),
        "cause": entry.cause.what.code(),
        "calendar": entry.cause.calendar.map(|id| id.to_string()),
        "edge": entry.cause.edge.map(|id| id.to_string()),
        "event": entry.event.map(|id| id.to_string()),
    })
}

/// A message as it is sent: with the titles of its events, where its endpoint is told those. They are as
/// the settings have it when it is sent, and lie in no message that waits.
pub(super) async fn told(
    data: &Data,
    to: &Endpoint,
    message: &Message,
    now: Timestamp,
) -> Result<Vec<u8>, CliError> {
    let read = serde_json::from_slice::<Value>(&message.body).ok();
    let Some(mut body) = read.filter(|_| to.titles) else { return Ok(message.body.clone()) };
    let event = |change: &Value| change["event"].as_str().and_then(|id| id.parse().ok());
    let changes = body["data"]["changes"].as_array_mut().into_iter().flatten();
    let changes: Vec<(EventId, &mut Value)> =
        changes.filter_map(|change| Some((event(change)?, change))).collect();
    let titles = titles(data, changes.iter().map(|(event, _)| *event), now).await?;
    for (event, change) in changes {
        if let Some(title) = titles.get(&event) {
            change["title"] = title.as_str().into();
        }
    }
    Ok(body.to_string().into_bytes())
}

/// What the events are called now, as a mirror at that detail says it: private ones and those whose
/// titles the settings let nobody see are "Busy".
async fn titles(
    data: &Data,
    events: impl Iterator<Item = EventId>,
    now: Timestamp,
) -> Result<BTreeMap<EventId, String>, CliError> {
    let options = EdgeOptions {
        level: DetailLevel::Title,
        filters: Filters { with_free: true, with_declined: true, ..Filters::default() },
        ..EdgeOptions::default()
    };
    let mut want = ReadSet::default();
    want.events.extend(events);
    let slice = data.store.load(data.keys.graph, &want).await?;
    let title = |(event, bundle): (&EventId, &Option<_>)| {
        let offer = Offer { options: &options, calendars: None, now };
        let parts = offered(&slice.config, bundle.as_ref()?, offer);
        Some((*event, parts.into_values().next()?.content.title))
    };
    Ok(slice.events.iter().filter_map(title).collect())
}
