//! All events as an iCalendar file.

use std::fs;

use kalends::core::ports::Clock as _;
use kalends_tokio::SystemClock;
use serde_json::json;

use crate::args::ExportArgs;
use crate::data::Data;
use crate::error::CliError;
use crate::outcome::Outcome;
use crate::show::count;

pub(crate) async fn run(data: &Data, args: ExportArgs) -> Result<Outcome, CliError> {
    let (bytes, events) = all(data).await?;
    let shown = args.ics.display().to_string();
    fs::write(&args.ics, bytes).map_err(|error| CliError::file(&shown, &error))?;
    let text = format!("{} in {shown}", count(events as u64, "event", "events"));
    Ok(Outcome::new(json!({"file": shown, "events": events}), text))
}

/// The iCalendar text, and how many events there are in it.
pub(crate) async fn all(data: &Data) -> Result<(Vec<u8>, usize), CliError> {
    let events = kalends::origins(&data.store, data.keys.graph).await?;
    Ok((kalends::ical::export(&events, SystemClock.now()), events.len()))
}
