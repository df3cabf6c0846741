//! A series as its master says it, and what became of its instances.
//!
//! Cancelled instances are found by what is missing among the instances that Graph gives: the ids
//! under which it names them are opaque, and of their days nobody knows the zone.

use std::collections::BTreeMap;
use std::sync::Arc;

use kalends_core::event::{Body, Recurrence};
use kalends_core::ids::ProviderId;
use kalends_core::instances::{self, View};
use kalends_core::provider::Failure;
use kalends_core::time::{Date, Gap, Timestamp, When, Zone};
use kalends_kit::{Reply, Request, Url};

use super::discover::{PAGES_MAX, endless};
use super::parse;
use crate::ask;
use crate::context::{Context, event_path};
use crate::decode;
use crate::time::{self, Unreadable};
use crate::token::Window;
use crate::wire::event::{EventJson, EventKind};
use crate::wire::page::PageJson;

/// Instances of one page.
const PAGE: u32 = 500;
/// Days around a day that is looked at, for whatever zone it is said in and whatever moved.
const DAYS_AROUND: i32 = 2;
/// The longest part of time that is given at once.
const DAYS_MAX: i32 = 1_800;
const DAY_MILLIS: i64 = 86_400_000;

/// A series that was read.
#[derive(Debug)]
pub(crate) struct Series {
    pub(crate) event: EventJson,
    /// The master with its cancelled instances; the changed ones are apart.
    pub(crate) body: Body,
    pub(crate) doubts: Vec<&'static str>,
    /// The changed instances.
    pub(crate) exceptions: Vec<EventJson>,
    /// The instances that were looked at, by their original starts.
    pub(crate) present: BTreeMap<When, EventJson>,
}

/// A series that is read.
#[derive(Debug)]
pub(crate) struct SeriesRead {
    context: Arc<Context>,
    calendar: ProviderId,
    stage: Stage,
    /// Original starts whose instances are wanted too.
    wanted: Vec<When>,
    pages: u32,
}

#[derive(Debug)]
enum Stage {
    Master(String),
    Instances { series: Box<Series>, range: core::ops::Range<Timestamp>, next: Option<Url> },
    Done,
}

/// How far a reading is.
#[derive(Debug)]
pub(crate) enum Progress {
    More,
    Whole(Box<Series>),
    /// It cannot be read.
    Unreadable(Unreadable),
}

impl SeriesRead {
    /// Begins with the master; `wanted`: original starts whose instances are looked for.
    pub(crate) fn new(
        context: &Arc<Context>,
        calendar: &ProviderId,
        id: &str,
        wanted: Vec<When>,
    ) -> Self {
        let (context, calendar) = (Arc::clone(context), calendar.clone());
        Self { context, calendar, stage: Stage::Master(id.to_owned()), wanted, pages: 0 }
    }

    /// Goes on from a master that was read.
    pub(crate) fn from_master(
        context: &Arc<Context>,
        calendar: &ProviderId,
        event: EventJson,
        now: Timestamp,
    ) -> (Self, Progress) {
        let mut read = Self::new(context, calendar, "", Vec::new());
        let progress = read.master(event, now);
        (read, progress)
    }

    /// The next call.
    pub(crate) fn request(&self) -> Result<Option<Request>, Failure> {
        match &self.stage {
            Stage::Master(id) => {
                let path = format!("{}{}", event_path(&self.calendar, id), ask::event_query());
                Ok(Some(ask::get(self.context.at(&path)?)))
            }
            Stage::Instances { next: Some(url), .. } => Ok(Some(ask::page(url.clone(), PAGE))),
            Stage::Instances { series, range, next: None } => {
                let id = series.event.id.as_deref().unwrap_or_default();
                let query = ask::between(&time::query(range.start), &time::query(range.end));
                let path = format!("{}/instances{query}", event_path(&self.calendar, id));
                Ok(Some(ask::page(self.context.at(&path)?, PAGE)))
            }
            Stage::Done => Ok(None),
        }
    }

    /// Takes an answer in.
    pub(crate) fn reply(&mut self, reply: &Reply, now: Timestamp) -> Result<Progress, Failure> {
        match core::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Master(_) => {
                let event: EventJson = parse::read(reply, now)?;
                Ok(self.master(event, now))
            }
            Stage::Instances { mut series, range, .. } => {
                let page: PageJson = parse::read(reply, now)?;
                for value in page.value {
                    let event: EventJson = serde_json::from_value(value).unwrap_or_default();
                    let start = &series.body.content.span.start;
                    if let Some(original) = time::original_or_start(&event, start) {
                        series.present.insert(original, event);
                    }
                }
                self.pages += 1;
                if let Some(link) = page.next_link {
                    if self.pages >= PAGES_MAX {
                        return Err(endless());
                    }
                    let next = Some(self.context.link(&link)?);
                    self.stage = Stage::Instances { series, range, next };
                    return Ok(Progress::More);
                }
                series.find_cancelled(&range);
                Ok(Progress::Whole(series))
            }
            Stage::Done => Ok(Progress::More),
        }
    }

    fn master(&mut self, mut event: EventJson, now: Timestamp) -> Progress {
        self.stage = Stage::Done;
        let mailbox = self.context.remembered.zone();
        let decoded = match decode::whole(&event, &mailbox) {
            Ok(decoded) => decoded,
            Err(code) => return Progress::Unreadable(code),
        };
        let exceptions = event.exception_occurrences.take().unwrap_or_default();
        let is_changed = |event: &EventJson| event.event_kind() == EventKind::Exception;
        let exceptions = exceptions.into_iter().filter(is_changed).collect();
        let (body, doubts) = (decoded.body, decoded.doubts);
        let range = self.range(&event, &body, now);
        let present = BTreeMap::new();
        let series = Box::new(Series { event, body, doubts, exceptions, present });
        match range {
            Some(range) => {
                self.stage = Stage::Instances { series, range, next: None };
                Progress::More
            }
            None => Progress::Whole(series),
        }
    }

    /// The part of time in which instances may be missing, or are wanted; `None`: nothing to look
    /// for.
    fn range(
        &self,
        event: &EventJson,
        body: &Body,
        now: Timestamp,
    ) -> Option<core::ops::Range<Timestamp>> {
        body.recurrence.as_ref()?;
        let days = self.wanted.iter().map(|when| when.civil().date());
        let mut days: Vec<Date> = days.collect();
        let window = Window::at(now);
        match event.cancelled_occurrences.as_deref() {
            Some([]) if days.is_empty() => return None,
            Some(ids) => {
                // The day is a hint at where to look, and no more.
                let hints = ids.iter().map(|id| hint(id));
                match hints.collect::<Option<Vec<Date>>>() {
                    Some(hints) => days.extend(hints),
                    None => days.extend([window.from, window.to]),
                }
            }
            None => days.extend([window.from, window.to]),
        }
        let (first, last) = (days.iter().min()?, days.iter().max()?);
        let from = first.add_days(-DAYS_AROUND);
        let to = last.add_days(DAYS_AROUND).min(from.add_days(DAYS_MAX));
        let instant = |day: Date| Zone::utc().instant(day.into(), Gap::Shift);
        Some(instant(from)..instant(to))
    }
}

impl Series {
    /// The changed instance with this original start.
    pub(crate) fn exception(&self, original: &When) -> Option<&EventJson> {
        let start = &self.body.content.span.start;
        let mut all = self.exceptions.iter();
        all.find(|event| time::original(event, start).as_ref() == Some(original))
    }

    /// What the rule gives there and Graph does not.
    fn find_cancelled(&mut self, range: &core::ops::Range<Timestamp>) {
        let utc = Zone::utc();
        let view = View { zone: &utc, gap: Gap::Shift };
        // Of an instance at the edge nobody knows whether it was looked for.
        let inner = range.start.saturating_add_millis(DAY_MILLIS)
            ..range.end.saturating_add_millis(-DAY_MILLIS);
        let given = instances::occurrences(&self.body, inner.clone(), view);
        let excluded: Vec<When> = given
            .list
            .into_iter()
            .filter(|one| one.start >= inner.start && one.start < inner.end)
            .map(|one| one.original)
            .filter(|original| !self.present.contains_key(original))
            .filter(|original| self.exception(original).is_none())
            .collect();
        let recurrence = self.body.recurrence.get_or_insert_with(Recurrence::default);
        recurrence.excluded = excluded;
    }
}

fn hint(id: &str) -> Option<Date> {
    id.rsplit('.').next()?.get(..10)?.parse().ok()
}
