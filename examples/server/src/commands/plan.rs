//! What a sync would write, without writing it.

use kalends::core::event::Body;
use kalends::core::ids::EventId;
use kalends::core::ports::GraphStore as _;
use kalends::core::provider::FailureClass;
use kalends::core::read;
use kalends::core::slice::{Config, ReadSet};
use kalends::core::step::Operation;
use kalends::recurrence::{Gap, When, Zone};
use kalends::{Options, Preview, Rests};

use super::sync::{failed, resting};
use crate::data::Data;
use crate::error::{CliError, Exit};
use crate::host;
use crate::lookup::label;
use crate::outcome::Outcome;
use crate::show::{count, table};
use crate::view;

pub(crate) async fn run(data: &Data) -> Result<Outcome, CliError> {
    let driver = host::driver(data, data.hooks())?;
    let options = Options { rests: Rests::Ended, ..Options::default() };
    let preview: Preview = driver.preview(&data.keys, &options).await?;
    drop(driver);
    let config = data.config().await?;
    let mut planned = Vec::new();
    for operation in &preview.operations {
        planned.push(describe(data, &config, operation).await?);
    }
    let rows = planned.iter().map(row);
    let header = ["action", "where", "what", "when", "why"];
    let table = table(header, rows, "nothing is to be written");
    let total = count(planned.len() as u64, "write", "writes");
    let mut text = format!("{table}\n\n{total}; nothing was sent");
    if preview.held > 0 {
        let held = count(preview.held, "deletion", "deletions");
        text = format!("{text}\n{held} would wait for your word: after a sync see `held list`");
    }
    let json = view::Plan {
        run: preview.run.to_string(),
        operations: planned,
        held: preview.held,
        requests: preview.requests,
    };
    let remarks = failed(&config, &preview.failures).into_iter().chain(resting(&config));
    Ok(Outcome::new(json, text).with_exit(exit(&preview)).with_remarks(remarks))
}

/// Deletions that are held are no fault of a plan; an account that cannot be read is.
fn exit(preview: &Preview) -> Exit {
    let classes = preview.failures.iter().map(|(_, _, failure)| failure.class);
    if classes.clone().any(|class| class == FailureClass::SignIn) {
        return Exit::SignIn;
    }
    if classes.count() == 0 { Exit::Done } else { Exit::Unsettled }
}

fn row(planned: &view::Operation) -> [String; 5] {
    [
        planned.action.to_owned(),
        planned.calendar.clone(),
        planned.title.clone().unwrap_or_default(),
        planned.start.clone().unwrap_or_default(),
        planned.why.to_owned(),
    ]
}

async fn describe(
    data: &Data,
    config: &Config,
    operation: &Operation,
) -> Result<view::Operation, CliError> {
    let read = kalends::Planned::of(operation);
    let body = match read.body {
        Some(body) => Some(body.clone()),
        // What is deleted is named as the origin was last seen.
        None => match read.event {
            Some(event) => origin(data, event).await?,
            None => None,
        },
    };
    let account = config.accounts.get(&operation.account);
    Ok(view::Operation {
        action: read.action,
        account: account.map_or_else(String::new, |account| account.name.clone()),
        calendar: label(config, operation.calendar),
        event: read.event.map(|event| event.to_string()),
        edge: read.edge.map(|edge| edge.to_string()),
        title: body.as_ref().map(|body| body.content.title.clone()),
        start: body.as_ref().map(start),
        why: read.why,
    })
}

async fn origin(data: &Data, event: EventId) -> Result<Option<Body>, CliError> {
    let mut want = ReadSet::default();
    want.events.insert(event);
    let slice = data.store.load(data.keys.graph, &want).await?;
    let bundle = slice.events.get(&event).and_then(Option::as_ref);
    Ok(bundle.and_then(read::origin).map(|(_, body)| body))
}

fn start(body: &Body) -> String {
    match &body.content.span.start {
        When::Date(day) => day.to_string(),
        time @ (When::Zoned(..) | When::Floating(_)) => {
            time.instant(&Zone::utc(), Gap::Shift).to_string()
        }
    }
}
