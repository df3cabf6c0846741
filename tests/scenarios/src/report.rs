//! What the engine says of its work, in lines.

use std::collections::BTreeSet;

use kalends_core::ids::EventId;
use kalends_core::journal::Entry;
use kalends_core::plan::Row;
use kalends_core::provider::ProviderOp;
use kalends_core::read::explain;
use kalends_core::slice::ReadSet;
use kalends_core::step::Operation;
use kalends_driver::{Preview, Report};
use kalends_sim_tests::World;
use kalends_testkit::block_on::block_on;
use kalends_testkit::memory::MemoryStore;

use crate::names::Names;

type Memory = World<MemoryStore>;

/// How a sync went.
pub(crate) fn sync(report: &Report) -> Vec<String> {
    let counts = [
        ("created", report.created),
        ("updated", report.updated),
        ("deleted", report.deleted),
        ("held", report.held),
        ("quarantined", report.quarantined),
        ("parked", report.parked),
    ];
    let said = counts.iter().filter(|(_, count)| *count > 0);
    let mut said: Vec<String> = said.map(|(what, count)| format!("{what} {count}")).collect();
    if said.is_empty() {
        said.push("wrote nothing".to_owned());
    }
    if !report.settled {
        said.push("not settled".to_owned());
    }
    let mut lines = vec![said.join(", ")];
    lines.extend(report.failures.iter().map(|(_, _, failure)| format!("failed: {}", failure.code)));
    lines
}

/// What a plan announces.
pub(crate) fn plan(preview: &Preview, names: &Names) -> Vec<String> {
    let mut lines: Vec<String> =
        preview.operations.iter().map(|operation| write(operation, names)).collect();
    lines.sort();
    if lines.is_empty() {
        lines.push("nothing is to be written".to_owned());
    }
    lines.extend((preview.held > 0).then(|| format!("held {}", preview.held)));
    lines
}

fn write(operation: &Operation, names: &Names) -> String {
    let place = names.calendar(operation.calendar);
    match &operation.op {
        ProviderOp::Create { doc, .. } => format!("create {} in {place}", doc.body.content.title),
        ProviderOp::Replace { doc, .. } => format!("rewrite {} in {place}", doc.body.content.title),
        ProviderOp::Patch { want, .. } => {
            format!("change an origin to {} in {place}", want.content.title)
        }
        ProviderOp::Delete { .. } => format!("delete one in {place}"),
        ProviderOp::MakeCalendar { .. } => format!("make {place}"),
        ProviderOp::DeleteCalendar { .. } => format!("delete {place}"),
        ProviderOp::Discover
        | ProviderOp::Watch(_)
        | ProviderOp::FreeBusy { .. }
        | ProviderOp::List { .. }
        | ProviderOp::Fetch { .. } => {
            format!("read in {place}")
        }
    }
}

/// Why an event is where it is.
pub(crate) fn why(world: &Memory, names: &Names, title: &str) -> Result<Vec<String>, String> {
    let event = event(world, title).ok_or_else(|| format!("no origin shows {title:?}"))?;
    let mut want = ReadSet::default();
    want.events.insert(event);
    let slice = block_on(load(&world.store, world, &want));
    let bundle = slice.events.get(&event).and_then(Option::as_ref);
    let bundle = bundle.ok_or_else(|| format!("nothing is recorded of {title:?}"))?;
    let told = explain((&slice.config, &BTreeSet::new()), event, bundle, []);
    let codes = |reasons: Vec<&str>| match reasons.is_empty() {
        true => String::new(),
        false => format!(": {}", reasons.join(", ")),
    };
    let mut lines = Vec::new();
    for held in &told.presences {
        let reasons = held.reasons.iter().map(|reason| reason.code.as_str()).collect();
        lines.push(format!("held in {}{}", names.calendar(held.calendar), codes(reasons)));
    }
    for mirror in &told.mirrors {
        let wanted = if mirror.wanted { "wanted" } else { "not wanted" };
        let reasons = mirror.reasons.iter().map(|reason| reason.code.as_str());
        let states = mirror.parts.iter().map(|part| part.state.code.as_str());
        let all = reasons.chain(states).collect();
        lines.push(format!("{} {wanted}{}", names.edge(mirror.edge), codes(all)));
    }
    lines.sort();
    Ok(lines)
}

async fn load(store: &MemoryStore, world: &Memory, want: &ReadSet) -> kalends_core::slice::Slice {
    kalends_core::ports::GraphStore::load(store, world.keys.graph, want).await.unwrap()
}

fn event(world: &Memory, title: &str) -> Option<EventId> {
    let mut rows = world.store.rows(world.keys.graph).into_values();
    rows.find_map(|row| {
        let Row::Presence(event, _, presence) = row else { return None };
        (presence.body.content.title == title).then_some(event)
    })
}

/// Causes of entries in order, equal ones that follow each other once with their count.
pub(crate) fn journal(entries: &[Entry], names: &Names) -> Vec<String> {
    let mut lines: Vec<(String, usize)> = Vec::new();
    for entry in entries {
        let mut line = entry.cause.what.code().to_owned();
        if let Some(calendar) = entry.cause.calendar {
            line += &format!(" in {}", names.calendar(calendar));
        }
        if let Some(edge) = entry.cause.edge {
            line += &format!(" for {}", names.edge(edge));
        }
        match lines.last_mut().filter(|(last, _)| *last == line) {
            Some((_, count)) => *count += 1,
            None => lines.push((line, 1)),
        }
    }
    let line = |(line, count)| if count == 1 { line } else { format!("{line}, {count} times") };
    lines.into_iter().map(line).collect()
}
