//! Why an event is mirrored where it is, and where it is not.

use std::fmt::Write as _;

use kalends::core::ids::EventId;
use kalends::core::mirror::PartRef;
use kalends::core::plan::JobKey;
use kalends::core::read::{Explanation, MirrorLine};
use kalends::core::slice::Config;
use kalends::core::wire;
use kalends::queries::EventsPage;
use serde_json::json;

use crate::data::Data;
use crate::error::CliError;
use crate::lookup::label;
use crate::outcome::Outcome;
use crate::show::detail;
use crate::view::{
    Explained, ExplainedMirror, ExplainedPart, ExplainedPresence, ExplainedStray, HistoryLine,
    ReasonView,
};

const ROWS: u32 = 500;

pub(crate) async fn run(data: &Data, text: &str) -> Result<Outcome, CliError> {
    let events = match text.parse::<EventId>() {
        Ok(event) => vec![event],
        Err(_) => bearers(data, text).await?,
    };
    let mut all = Vec::new();
    for event in events {
        all.extend(kalends::explain(&data.store, data.keys.graph, event).await?);
    }
    let config = data.config().await?;
    let texts: Vec<String> = all.iter().map(|found| explanation_text(&config, found)).collect();
    let mut list: Vec<Explained> = all.iter().map(|found| explained(&config, found)).collect();
    let json = match list.len() {
        0 => {
            let why = format!("nothing is recorded of event {text:?}: sync, or see `events`");
            return Err(CliError::not_found(why));
        }
        1 => json!(list.remove(0)),
        _ => json!({ "events": list }),
    };
    Ok(Outcome::new(json, texts.join("\n")))
}

/// Why the event with this id is mirrored where it is, as a value.
pub(crate) async fn one(data: &Data, id: &str) -> Result<Outcome, CliError> {
    let unknown = || CliError::not_found(format!("nothing is recorded of event {id:?}"));
    let event = id.parse::<EventId>().map_err(|_| unknown())?;
    let found = kalends::explain(&data.store, data.keys.graph, event).await?.ok_or_else(unknown)?;
    Ok(Outcome::new(explained(&*data.config().await?, &found), ""))
}

/// The events that bear a UID: one calendar may hold several things under it, and instances of a
/// series are invited alone.
async fn bearers(data: &Data, uid: &str) -> Result<Vec<EventId>, CliError> {
    let first = data.keys.event(uid, "", 0);
    let mut page = EventsPage { graph: data.keys.graph, after: None, limit: ROWS };
    let mut found = Vec::new();
    loop {
        let events = data.store.query(page.clone()).await?;
        let is_last = events.len() < ROWS as usize;
        page.after = events.last().map(|event| event.id);
        found.extend(events.into_iter().filter(|event| event.uid == uid).map(|event| event.id));
        if is_last {
            break;
        }
    }
    // What is gone may have left a history.
    if found.is_empty() {
        found.push(first);
    }
    found.sort_by_key(|event| *event != first);
    Ok(found)
}

/// A part as the command line takes it: EVENT/EDGE/PART.
pub(crate) fn part_name(part: PartRef) -> String {
    let name = wire::job_key(&JobKey::Part(part));
    name.strip_prefix("part/").unwrap_or(&name).to_owned()
}

fn explained(config: &Config, found: &Explanation) -> Explained {
    let presences = found.presences.iter().map(|line| ExplainedPresence {
        calendar: line.calendar.to_string(),
        name: label(config, line.calendar),
        object: line.object.0.clone(),
        title: line.title.clone(),
        reasons: ReasonView::all(&line.reasons),
    });
    let strays = found.strays.iter().map(|(calendar, object, why)| ExplainedStray {
        calendar: calendar.to_string(),
        object: object.0.clone(),
        reasons: vec![ReasonView::of(why)],
    });
    let history = found.history.iter().map(|entry| HistoryLine {
        seq: entry.seq,
        at: entry.at.to_string(),
        run: entry.run.to_string(),
        cause: entry.what.code(),
        calendar: entry.calendar.map(|id| id.to_string()),
        edge: entry.edge.map(|id| id.to_string()),
    });
    Explained {
        event: found.event.to_string(),
        uid: found.uid.clone(),
        presences: presences.collect(),
        mirrors: found.mirrors.iter().map(|line| mirror(config, found.event, line)).collect(),
        strays: strays.collect(),
        history: history.collect(),
    }
}

fn mirror(config: &Config, event: EventId, line: &MirrorLine) -> ExplainedMirror {
    let parts = line.parts.iter().map(|part| ExplainedPart {
        part: part_name(PartRef { event, edge: line.edge, part: part.part }),
        object: part.object.as_ref().map(|id| id.0.clone()),
        state: part.state.code.clone(),
        text: part.state.text.clone(),
    });
    ExplainedMirror {
        edge: line.edge.to_string(),
        from: label(config, line.from),
        to: label(config, line.to),
        wanted: line.wanted,
        detail: detail(line.level),
        reasons: ReasonView::all(&line.reasons),
        parts: parts.collect(),
    }
}

fn explanation_text(config: &Config, found: &Explanation) -> String {
    let mut text = format!("{}  {}\n", found.event, found.uid.as_deref().unwrap_or_default());
    let out = &mut text;
    for line in &found.presences {
        put(out, 0, &format!("held by {}: {:?}", label(config, line.calendar), line.title));
        line.reasons.iter().for_each(|reason| put(out, 1, &reason.text));
    }
    for line in &found.mirrors {
        let verb = if line.wanted { "mirrored" } else { "not mirrored" };
        let (from, to) = (label(config, line.from), label(config, line.to));
        put(out, 0, &format!("{verb} from {from} to {to}, {} ({})", detail(line.level), line.edge));
        line.reasons.iter().for_each(|reason| put(out, 1, &reason.text));
        for part in &line.parts {
            let part_ref = PartRef { event: found.event, edge: line.edge, part: part.part };
            put(out, 1, &format!("{}: {}", part_name(part_ref), part.state.text));
        }
    }
    for (calendar, object, why) in &found.strays {
        put(out, 0, &format!("{object} in {}: {why}", label(config, *calendar)));
    }
    put(out, 0, "history");
    for entry in &found.history {
        let place = entry.calendar.map(|id| format!(" in {}", label(config, id)));
        let edge = entry.edge.map(|id| format!(" for {id}"));
        let (place, edge) = (place.unwrap_or_default(), edge.unwrap_or_default());
        put(out, 1, &format!("{} {} {}{place}{edge}", entry.seq, entry.at, entry.what.code()));
    }
    text
}

fn put(out: &mut String, depth: usize, line: &str) {
    // Writing to a text cannot fail.
    let _ = writeln!(out, "{:1$}{line}", "", depth * 2);
}
