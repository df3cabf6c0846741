//! All events as an iCalendar file.

use std::fs::File;
use std::io::{BufWriter, Write};

use kalends::core::event::Body;
use kalends::core::ports::Clock as _;
use kalends::core::read;
use kalends::core::slice::{Bundle, Config};
use kalends::core::time::Timestamp;
use kalends::core::wire;
use kalends::ical::Export;
use kalends::ids::EventId;
use kalends::{EventPage, EventPages};
use kalends_tokio::SystemClock;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::args::ExportArgs;
use crate::data::Data;
use crate::error::CliError;
use crate::outcome::Outcome;
use crate::show::count;

/// The name of standard output.
const STANDARD: &str = "-";

pub(crate) async fn run(data: &Data, args: ExportArgs) -> Result<Outcome, CliError> {
    let shown = args.ics.display().to_string();
    let is_standard = shown == STANDARD;
    let unwritten = |error: std::io::Error| CliError::file(&shown, &error);
    let mut writing = Writing::begin(data, Whole, Export::new(SystemClock.now())).await?;
    let place: Box<dyn Write> = match is_standard {
        true => Box::new(std::io::stdout()),
        false => Box::new(File::create(&args.ics).map_err(unwritten)?),
    };
    let mut file = BufWriter::new(place);
    while let Some(bytes) = writing.next().await? {
        file.write_all(&bytes).map_err(unwritten)?;
    }
    file.flush().map_err(unwritten)?;
    let events = writing.events;
    if is_standard {
        // Nothing but the calendar may stand there.
        return Ok(Outcome::new(json!(null), ""));
    }
    let text = format!("{} in {shown}", count(events, "event", "events"));
    Ok(Outcome::new(json!({"file": shown, "events": events}), text))
}

/// What becomes of an event: the VEVENTs under their UIDs, none at all where it is left out.
pub(crate) trait Telling: Send {
    fn tell(&self, config: &Config, event: EventId, bundle: &Bundle) -> Vec<(String, Body)>;
}

/// Everything, as its origin has it.
pub(crate) struct Whole;

impl Telling for Whole {
    fn tell(&self, _: &Config, _: EventId, bundle: &Bundle) -> Vec<(String, Body)> {
        read::origin(bundle).into_iter().collect()
    }
}

/// The iCalendar text under way: never more of it is held than one page of events.
pub(crate) struct Writing<T> {
    data: Data,
    telling: T,
    export: Export,
    part: Part,
    digest: [u8; 32],
    /// How many events were written.
    pub(crate) events: u64,
}

/// What is to be written next.
enum Part {
    Head,
    Events(EventPages),
    Nothing,
}

impl<T: Telling> Writing<T> {
    /// Reads all events for the zones they name, which are written before them.
    pub(crate) async fn begin(
        data: &Data,
        telling: T,
        mut export: Export,
    ) -> Result<Self, CliError> {
        let mut pages = EventPages::of(&data.store, data.keys.graph).await?;
        // Another version of this program may write another text of the same events.
        let mut hash = Sha256::new_with_prefix(env!("CARGO_PKG_VERSION"));
        while let Some(page) = pages.next(&data.store).await? {
            let list = told(&telling, &page);
            for (uid, body) in &list {
                for field in [uid.as_bytes(), &wire::body(body)] {
                    hash.update((field.len() as u64).to_be_bytes());
                    hash.update(field);
                }
            }
            export.see(&list);
        }
        let (data, digest) = (data.clone(), hash.finalize().into());
        Ok(Self { data, telling, export, part: Part::Head, digest, events: 0 })
    }

    /// Tells what is written of the events from all else that may be.
    pub(crate) const fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// The same, with another time as the DTSTAMP of each event.
    pub(crate) fn stamped(self, stamp: Timestamp) -> Self {
        Self { export: self.export.stamped(stamp), ..self }
    }

    /// The next piece of the text; `None` behind its end.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<u8>>, CliError> {
        let Data { store, keys, .. } = &self.data;
        match &mut self.part {
            Part::Head => {
                self.part = Part::Events(EventPages::of(store, keys.graph).await?);
                Ok(Some(self.export.head()))
            }
            Part::Events(pages) => {
                let Some(page) = pages.next(store).await? else {
                    self.part = Part::Nothing;
                    return Ok(Some(Export::END.to_vec()));
                };
                let list = told(&self.telling, &page);
                self.events += list.len() as u64;
                Ok(Some(self.export.events(&list)))
            }
            Part::Nothing => Ok(None),
        }
    }
}

fn told(telling: &impl Telling, page: &EventPage) -> Vec<(String, Body)> {
    let events = page.events.iter();
    events.flat_map(|(event, bundle)| telling.tell(&page.config, *event, bundle)).collect()
}
