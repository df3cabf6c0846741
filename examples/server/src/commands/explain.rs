//! Why an event is mirrored where it is, and where it is not.

use std::fmt::Write as _;

use kalends::core::ids::EventId;
use kalends::core::mirror::PartRef;
use kalends::core::plan::JobKey;
use kalends::core::read::{Explanation, MirrorLine, Reason};
use kalends::core::slice::Config;
use kalends::core::wire;
use kalends::queries::EventsPage;
use serde_json::{Value, json};

use crate::data::Data;
use crate::error::CliError;
use crate::lookup::label;
use crate::outcome::Outcome;
use crate::show::detail;

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
    let mut list: Vec<Value> = all.iter().map(|found| explanation_json(&config, found)).collect();
    let json = match list.len() {
        0 => {
            let why = format!("nothing is recorded of event {text:?}: sync, or see `events`");
            return Err(CliError::not_found(why));
        }
        1 => list.remove(0),
        _ => json!({ "events": list }),
    };
    Ok(Outcome::new(json, texts.join("\n")))
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

fn explanation_json(config: &Config, found: &Explanation) -> Value {
    let presences: Vec<Value> = found
        .presences
        .iter()
        .map(|line| {
            json!({
                "calendar": line.calendar.to_string(),
                "name": label(config, line.calendar),
                "object": line.object.0,
                "title": line.title,
                "reasons": reasons(&line.reasons),
            })
        })
        .collect();
    let mirrors: Vec<Value> =
        found.mirrors.iter().map(|line| mirror_json(config, found.event, line)).collect();
    let strays: Vec<Value> = found
        .strays
        .iter()
        .map(|(calendar, object, why)| {
            json!({"calendar": calendar.to_string(), "object": object.0, "reasons": [reason(why)]})
        })
        .collect();
    let history: Vec<Value> = found
        .history
        .iter()
        .map(|entry| {
            json!({
                "seq": entry.seq,
                "at": entry.at.to_string(),
                "run": entry.run.to_string(),
                "cause": entry.what.code(),
                "calendar": entry.calendar.map(|id| id.to_string()),
                "edge": entry.edge.map(|id| id.to_string()),
            })
        })
        .collect();
    json!({
        "event": found.event.to_string(),
        "uid": found.uid,
        "presences": presences,
        "mirrors": mirrors,
        "strays": strays,
        "history": history,
    })
}

fn mirror_json(config: &Config, event: EventId, line: &MirrorLine) -> Value {
    let parts: Vec<Value> = line
        .parts
        .iter()
        .map(|part| {
            json!({
                "part": part_name(PartRef { event, edge: line.edge, part: part.part }),
                "object": part.object.as_ref().map(|id| &id.0),
                "state": part.state.code,
                "text": part.state.text,
            })
        })
        .collect();
    json!({
        "edge": line.edge.to_string(),
        "from": label(config, line.from),
        "to": label(config, line.to),
        "wanted": line.wanted,
        "detail": detail(line.level),
        "reasons": reasons(&line.reasons),
        "parts": parts,
    })
}

fn reasons(list: &[Reason]) -> Vec<Value> {
    list.iter().map(reason).collect()
}

fn reason(reason: &Reason) -> Value {
    json!({"code": reason.code, "text": reason.text})
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
