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
    let events = kalends::origins(&data.store, data.keys.graph).await?;
    let bytes = kalends::ical::export(&events, SystemClock.now());
    let shown = args.ics.display().to_string();
    fs::write(&args.ics, bytes).map_err(|error| CliError::file(&shown, &error))?;
    let text = format!("{} in {shown}", count(events.len() as u64, "event", "events"));
    Ok(Outcome::new(json!({"file": shown, "events": events.len()}), text))
}
