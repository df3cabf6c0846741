//! Mirror parts that are tried no more.

use kalends::UserEdit;
use kalends::core::mirror::{PartRef, PartStatus};
use kalends::core::plan::JobKey;
use kalends::core::{read, wire};
use kalends::queries::{PartFilter, PartRow, PartsPage};
use serde_json::{Value, json};

use super::explain::part_name;
use crate::args::ParkedCommand;
use crate::data::Data;
use crate::error::CliError;
use crate::hooks::CliHooks;
use crate::outcome::Outcome;
use crate::show::{count, table};
use crate::{host, lookup};

const ROWS: u32 = 500;

pub(crate) async fn run(data: &Data, command: ParkedCommand) -> Result<Outcome, CliError> {
    match command {
        ParkedCommand::List => list(data).await,
        ParkedCommand::Retry { part, all: _ } => retry(data, part.as_deref()).await,
    }
}

async fn list(data: &Data) -> Result<Outcome, CliError> {
    let config = data.config().await?;
    let parked = all(data).await?;
    let shown = parked.iter().filter_map(|row| match row.part.status {
        PartStatus::Parked(why) => Some((row, read::parked(why))),
        PartStatus::Settled | PartStatus::Due | PartStatus::ReadBack | PartStatus::Unsure => None,
    });
    let shown: Vec<_> = shown.collect();
    let json: Vec<Value> = shown
        .iter()
        .map(|(row, why)| {
            json!({
                "part": part_name(row.key),
                "event": row.key.event.to_string(),
                "edge": row.key.edge.to_string(),
                "calendar": row.calendar.to_string(),
                "code": why.code,
                "reason": why.text,
            })
        })
        .collect();
    let rows = shown.iter().map(|(row, why)| {
        [part_name(row.key), lookup::label(&config, row.calendar), why.text.clone()]
    });
    let text = table(["part", "calendar", "why"], rows, "nothing is parked");
    Ok(Outcome::new(json!({ "parked": json }), text))
}

async fn retry(data: &Data, part: Option<&str>) -> Result<Outcome, CliError> {
    let parts = match part {
        Some(text) => vec![read_part(text)?],
        None => all(data).await?.into_iter().map(|row| row.key).collect(),
    };
    let driver = host::driver(data, CliHooks::quiet())?;
    for part in &parts {
        kalends::edit(&driver, &data.keys, UserEdit::Retry { part: *part }).await?;
    }
    let text = format!(
        "{} tried again at the next sync",
        count(parts.len() as u64, "part is", "parts are")
    );
    let parts: Vec<String> = parts.into_iter().map(part_name).collect();
    Ok(Outcome::new(json!({ "retried": parts }), text))
}

fn read_part(text: &str) -> Result<PartRef, CliError> {
    match wire::read_job_key(&format!("part/{}", text.trim_start_matches("part/"))) {
        Some(JobKey::Part(part)) => Ok(part),
        Some(JobKey::Origin(..) | JobKey::Overlay(_) | JobKey::Pull(_)) | None => {
            Err(CliError::usage(format!("{text:?} is no part: `parked list` prints them")))
        }
    }
}

async fn all(data: &Data) -> Result<Vec<PartRow>, CliError> {
    let mut page =
        PartsPage { graph: data.keys.graph, filter: PartFilter::Parked, after: None, limit: ROWS };
    let mut rows = Vec::new();
    loop {
        let found = data.store.query(page.clone()).await?;
        let is_last = found.len() < ROWS as usize;
        page.after = found.last().map(|row| row.key);
        rows.extend(found);
        if is_last {
            return Ok(rows);
        }
    }
}
