//! What takes place, and when time is taken.

use kalends::core::read::Occurring;
use kalends::core::time::Timestamp;
use kalends::{After, Agenda, free_busy as taken};
use serde_json::{Value, json};

use crate::args::{EventsArgs, SpanArgs};
use crate::data::Data;
use crate::error::CliError;
use crate::lookup::label;
use crate::outcome::{Outcome, warn};
use crate::show::table;

pub(crate) async fn list(data: &Data, args: EventsArgs) -> Result<Outcome, CliError> {
    let range = range(&args.span)?;
    let after = args.after.as_deref().map(read_next).transpose()?;
    let limit = args.limit.map(|limit| limit as usize);
    let page = Agenda { range, after, limit }.page(&data.store, data.keys.graph).await?;
    let config = data.config().await?;
    let rows = page.list.iter().map(|one| {
        let (start, end) = times(one);
        [start, end, one.title.clone(), label(&config, one.calendar), one.event.to_string()]
    });
    let header = ["start", "end", "title", "calendar", "event"];
    let mut text = table(header, rows, "nothing takes place then");
    let next = page.next.as_ref().map(write_next);
    if let Some(next) = &next {
        text.push_str(&format!("\n\nmore follow: --after {next}"));
    }
    for event in &page.cut {
        warn(&format!(
            "warning: the rule of event {event} gives more instances than are followed: some are \
             missing here; shorten the time asked for, or the rule"
        ));
    }
    let occurrences: Vec<Value> = page.list.iter().map(occurrence).collect();
    let mut json = json!({"occurrences": occurrences, "next": next});
    if !page.cut.is_empty() {
        json["cut"] = page.cut.iter().map(ToString::to_string).collect();
    }
    Ok(Outcome::new(json, text))
}

pub(crate) async fn free_busy(data: &Data, args: SpanArgs) -> Result<Outcome, CliError> {
    let taken = taken(&data.store, data.keys.graph, &range(&args)?).await?;
    let busy: Vec<Value> = taken
        .iter()
        .map(|one| json!({"start": one.start.to_string(), "end": one.end.to_string()}))
        .collect();
    let rows = taken.iter().map(|one| [one.start.to_string(), one.end.to_string()]);
    let text = table(["from", "to"], rows, "free all the time");
    Ok(Outcome::new(json!({ "busy": busy }), text))
}

fn range(span: &SpanArgs) -> Result<std::ops::Range<Timestamp>, CliError> {
    if span.from < span.to {
        Ok(span.from..span.to)
    } else {
        Err(CliError::usage("--to must be later than --from"))
    }
}

fn occurrence(one: &Occurring) -> Value {
    let (start, end) = times(one);
    let original = one.original.map(|(at, day)| day.map_or(at.to_string(), |d| d.to_string()));
    json!({
        "event": one.event.to_string(),
        "uid": one.uid,
        "calendar": one.calendar.to_string(),
        "title": one.title,
        "start": start,
        "end": end,
        "all_day": one.days.is_some(),
        "recurrence_id": original,
    })
}

/// Days of a whole-day event, the end exclusive as in iCalendar; else instants in UTC.
fn times(one: &Occurring) -> (String, String) {
    match &one.days {
        Some(days) => (days.start.to_string(), days.end.to_string()),
        None => (one.start.to_string(), one.end.to_string()),
    }
}

fn write_next((start, event, original): &After) -> String {
    let original = original.map_or(String::new(), |at| at.as_millis().to_string());
    format!("{}.{event}.{original}", start.as_millis())
}

fn read_next(text: &str) -> Result<After, CliError> {
    let wrong = || CliError::usage("--after takes the `next` of the page before, as it was");
    let mut fields = text.splitn(3, '.');
    let (Some(start), Some(event), Some(original)) = (fields.next(), fields.next(), fields.next())
    else {
        return Err(wrong());
    };
    let at = |text: &str| text.parse().map(Timestamp::from_millis).map_err(|_| wrong());
    let original = if original.is_empty() { None } else { Some(at(original)?) };
    Ok((at(start)?, event.parse().map_err(|_| wrong())?, original))
}
