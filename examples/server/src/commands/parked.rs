//! Mirror parts and changes of origins that are tried no more.

use kalends::UserEdit;
use kalends::core::ids::{CalendarId, EventId};
use kalends::core::mirror::{PartRef, PartStatus};
use kalends::core::plan::JobKey;
use kalends::core::read::Reason;
use kalends::core::{read, wire};
use kalends::queries::{ParkedOriginsPage, PartFilter, PartsPage};

use super::explain::part_name;
use crate::args::ParkedCommand;
use crate::data::Data;
use crate::error::CliError;
use crate::hooks::CliHooks;
use crate::outcome::Outcome;
use crate::show::{count, table};
use crate::{host, lookup, view};

const ROWS: u32 = 500;

pub(crate) async fn run(data: &Data, command: ParkedCommand) -> Result<Outcome, CliError> {
    match command {
        ParkedCommand::List => list(data, &Page::default()).await,
        ParkedCommand::Retry { part, all: _ } => retry(data, part.as_deref()).await,
    }
}

/// What is tried no more.
#[derive(Clone, Copy)]
enum Key {
    Part(PartRef),
    Origin(EventId, CalendarId),
}

struct Parked {
    key: Key,
    calendar: CalendarId,
    why: Reason,
}

impl Key {
    /// As the command line takes it: EVENT/EDGE/PART, or origin/EVENT/CALENDAR.
    fn name(self) -> String {
        match self {
            Self::Part(part) => part_name(part),
            Self::Origin(event, calendar) => wire::job_key(&JobKey::Origin(event, calendar)),
        }
    }

    fn read(text: &str) -> Result<Self, CliError> {
        let is_named = text.starts_with("origin/") || text.starts_with("part/");
        let name = if is_named { text.to_owned() } else { format!("part/{text}") };
        match wire::read_job_key(&name) {
            Some(JobKey::Part(part)) => Ok(Self::Part(part)),
            Some(JobKey::Origin(event, calendar)) => Ok(Self::Origin(event, calendar)),
            Some(JobKey::Overlay(_) | JobKey::Pull(_)) | None => {
                Err(CliError::usage(format!("{text:?} names nothing that is parked"))
                    .hinting("`parked list` prints names"))
            }
        }
    }

    const fn retry(self) -> UserEdit {
        match self {
            Self::Part(part) => UserEdit::Retry { part },
            Self::Origin(event, calendar) => UserEdit::RetryOrigin { event, calendar },
        }
    }
}

/// A page of what is tried no more: mirrors first, then origins.
#[derive(Debug, Clone, Default)]
pub(crate) struct Page {
    /// At most so many; all where it is not named.
    pub(crate) limit: Option<u32>,
    /// The name that the page before ended with.
    pub(crate) after: Option<String>,
}

pub(crate) async fn list(data: &Data, page: &Page) -> Result<Outcome, CliError> {
    let config = data.config().await?;
    let after = page.after.as_deref().map(Key::read).transpose()?;
    let most = page.limit.map_or(usize::MAX, |limit| limit as usize);
    let parked = some(data, after, most).await?;
    let next = parked.last().filter(|_| parked.len() == most).map(|row| row.key.name());
    let json = view::Parked { parked: parked.iter().map(parked_view).collect(), next };
    let rows = parked
        .iter()
        .map(|row| [row.key.name(), lookup::label(&config, row.calendar), row.why.text.clone()]);
    let text = table(["part", "calendar", "why"], rows, "nothing is parked");
    Ok(Outcome::new(json, text))
}

fn parked_view(row: &Parked) -> view::ParkedView {
    let (kind, event, edge) = match row.key {
        Key::Part(part) => ("mirror", part.event, Some(part.edge.to_string())),
        Key::Origin(event, _) => ("origin", event, None),
    };
    view::ParkedView {
        part: row.key.name(),
        kind,
        event: event.to_string(),
        edge,
        calendar: row.calendar.to_string(),
        code: row.why.code.clone(),
        reason: row.why.text.clone(),
    }
}

pub(crate) async fn retry(data: &Data, part: Option<&str>) -> Result<Outcome, CliError> {
    let keys = match part {
        Some(text) => vec![Key::read(text)?],
        None => some(data, None, usize::MAX).await?.into_iter().map(|row| row.key).collect(),
    };
    let driver = host::driver(data, CliHooks::quiet())?;
    for key in &keys {
        host::edit(data, &driver, key.retry()).await?;
    }
    let text = format!(
        "{} tried again at the next sync",
        count(keys.len() as u64, "write is", "writes are")
    );
    let names: Vec<String> = keys.into_iter().map(Key::name).collect();
    Ok(Outcome::new(view::Retried { retried: names }, text))
}

/// At most so many, behind one of them.
async fn some(data: &Data, after: Option<Key>, most: usize) -> Result<Vec<Parked>, CliError> {
    let (mut parked, behind) = match after {
        None => (parts(data, None, most).await?, None),
        Some(Key::Part(part)) => (parts(data, Some(part), most).await?, None),
        Some(Key::Origin(event, calendar)) => (Vec::new(), Some((event, calendar))),
    };
    let left = most - parked.len();
    parked.extend(origins(data, behind, left).await?);
    Ok(parked)
}

/// How many rows are asked for where so many are still wanted.
fn rows(left: usize) -> u32 {
    u32::try_from(left).unwrap_or(ROWS).min(ROWS)
}

async fn parts(data: &Data, after: Option<PartRef>, most: usize) -> Result<Vec<Parked>, CliError> {
    let (graph, filter) = (data.keys.graph, PartFilter::Parked);
    let mut page = PartsPage { graph, filter, after, limit: rows(most) };
    let mut parked = Vec::new();
    while parked.len() < most {
        page.limit = rows(most - parked.len());
        let found = data.store.query(page.clone()).await?;
        let is_last = found.len() < page.limit as usize;
        page.after = found.last().map(|row| row.key);
        parked.extend(found.into_iter().filter_map(|row| match row.part.status {
            PartStatus::Parked(why) => {
                let (key, calendar) = (Key::Part(row.key), row.calendar);
                Some(Parked { key, calendar, why: read::parked(why) })
            }
            PartStatus::Settled | PartStatus::Due | PartStatus::ReadBack | PartStatus::Unsure => {
                None
            }
        }));
        if is_last {
            break;
        }
    }
    Ok(parked)
}

async fn origins(
    data: &Data,
    after: Option<(EventId, CalendarId)>,
    most: usize,
) -> Result<Vec<Parked>, CliError> {
    let mut page = ParkedOriginsPage { graph: data.keys.graph, after, limit: rows(most) };
    let mut parked = Vec::new();
    while parked.len() < most {
        page.limit = rows(most - parked.len());
        let found = data.store.query(page.clone()).await?;
        let is_last = found.len() < page.limit as usize;
        page.after = found.last().map(|row| (row.event, row.calendar));
        parked.extend(found.into_iter().filter_map(|row| {
            let why = read::pending(row.presence.pending.as_ref()?);
            Some(Parked { key: Key::Origin(row.event, row.calendar), calendar: row.calendar, why })
        }));
        if is_last {
            break;
        }
    }
    Ok(parked)
}
