//! A series as its master says it, and what became of its instances.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use kalends_core::event::{Body, Recurrence};
use kalends_core::ids::ProviderId;
use kalends_core::provider::Failure;
use kalends_core::time::{Date, Timestamp, When, Zone};
use kalends_kit::{Intent, Pages, Reply, Request, Url, came_in_part};
use serde_json::Value;

use super::discover::{PAGES_MAX, endless};
use super::gaps::{self, Cancelled, day};
use super::parse::{self, Lack};
use crate::ask;
use crate::context::{Context, event_path};
use crate::decode;
use crate::fault;
use crate::recurrence;
use crate::time::{self, Unreadable};
use crate::token::Window;
use crate::wire::event::{EventJson, EventKind};
use crate::wire::page::PageJson;

/// Instances of one page.
const PAGE: u32 = 500;
/// How often a page is asked for that the server fails at.
const TRIES_MAX: u32 = 3;
/// What an instance that makes no sense does to its series: of what is missing, nobody knows then
/// whether it was cancelled.
const UNREADABLE: Unreadable = "graph.instance";

/// A series that was read.
#[derive(Debug)]
pub(crate) struct Series {
    pub(crate) event: EventJson,
    /// The master with its cancelled instances; the changed ones are apart.
    pub(crate) body: Body,
    pub(crate) doubts: Vec<&'static str>,
    /// The changed instances, by the days they were on before.
    exceptions: BTreeMap<Date, (When, EventJson)>,
    /// The instances that were looked at and are as the series has them, by their days.
    present: BTreeMap<Date, EventJson>,
}

/// A series that is read.
#[derive(Debug)]
pub(crate) struct SeriesRead {
    context: Arc<Context>,
    calendar: ProviderId,
    stage: Stage,
    /// Original starts whose instances are wanted too.
    wanted: Vec<When>,
    /// The parts of time that were looked at.
    looked_at: Vec<Range<Timestamp>>,
    /// The day of the month that the pattern says, and days that it may mean where that is too short.
    short: Option<(u8, Vec<Date>)>,
    pages: Pages,
    /// How often the server failed at what is asked for now.
    failed: u32,
}

#[derive(Debug)]
enum Stage {
    Master(String),
    /// Another page of the changed instances.
    Changed {
        series: Box<Series>,
        next: Url,
    },
    /// The instances of the first part of time, then of the others.
    Instances {
        series: Box<Series>,
        parts: VecDeque<Range<Timestamp>>,
        next: Option<Url>,
    },
    Done,
}

/// How far a reading is.
#[derive(Debug)]
pub(crate) enum Progress {
    More,
    Whole(Box<Series>),
    /// It cannot be read.
    Unreadable(Unreadable),
    /// A part of it is not given, and will not be another time.
    Refused(Failure),
    /// The server failed at a part of it, each time that it was asked for.
    Failed(Failure),
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
        Self {
            context,
            calendar,
            stage: Stage::Master(id.to_owned()),
            wanted,
            looked_at: Vec::new(),
            short: None,
            pages: Pages::default(),
            failed: 0,
        }
    }

    /// Goes on from a master that was read.
    ///
    /// # Errors
    /// A link of it is not the server's own.
    pub(crate) fn from_master(
        context: &Arc<Context>,
        calendar: &ProviderId,
        event: EventJson,
        now: Timestamp,
    ) -> Result<(Self, Progress), Failure> {
        let mut read = Self::new(context, calendar, "", Vec::new());
        let progress = read.master(event, now)?;
        Ok((read, progress))
    }

    /// The next call.
    pub(crate) fn request(&self) -> Result<Option<Request>, Failure> {
        match &self.stage {
            Stage::Master(id) => {
                let path = format!("{}{}", event_path(&self.calendar, id), ask::event_query());
                Ok(Some(ask::get(self.context.at(&path)?)))
            }
            Stage::Changed { next, .. } => Ok(Some(ask::one(next.clone()))),
            Stage::Instances { next: Some(url), .. } => {
                Ok(Some(ask::page_of_one(url.clone(), PAGE)))
            }
            Stage::Instances { series, parts, next: None } => {
                let Some(part) = parts.front() else { return Ok(None) };
                let id = series.event.id.as_deref().unwrap_or_default();
                let query = ask::between(&time::query(part.start), &time::query(part.end));
                let path = format!("{}/instances{query}", event_path(&self.calendar, id));
                Ok(Some(ask::page_of_one(self.context.at(&path)?, PAGE)))
            }
            Stage::Done => Ok(None),
        }
    }

    /// Takes an answer in.
    pub(crate) fn reply(&mut self, reply: &Reply, now: Timestamp) -> Result<Progress, Failure> {
        if matches!(self.stage, Stage::Master(_)) {
            return self.master(parse::read(reply, now)?, now);
        }
        let Ok(page) = parse::read(reply, now) else {
            return self.lacks(reply, now);
        };
        self.failed = 0;
        match core::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Changed { series, .. } => self.more_changed(series, page, now),
            Stage::Instances { series, parts, .. } => self.instances(series, parts, page),
            Stage::Master(_) | Stage::Done => Ok(Progress::More),
        }
    }

    /// A page did not come whole.
    ///
    /// # Errors
    /// That is no fault of the series.
    pub(crate) fn broken(&mut self, failure: Failure) -> Result<Progress, Failure> {
        if matches!(self.stage, Stage::Master(_)) || !came_in_part(&failure) {
            return Err(failure);
        }
        Ok(self.again(failure))
    }

    /// A page is not given: where the server failed at it, or another one came in its place, it is asked
    /// for again a few times.
    fn lacks(&mut self, reply: &Reply, now: Timestamp) -> Result<Progress, Failure> {
        match parse::lack(reply, now)? {
            Lack::Ill(failure) => Ok(self.again(failure)),
            Lack::Refused(failure) => Ok(Progress::Refused(failure)),
            Lack::Gone => Ok(Progress::Refused(fault::failure(reply, Intent::Read, now))),
        }
    }

    fn again(&mut self, failure: Failure) -> Progress {
        self.failed += 1;
        if self.failed < TRIES_MAX { Progress::More } else { Progress::Failed(failure) }
    }

    fn master(&mut self, mut event: EventJson, now: Timestamp) -> Result<Progress, Failure> {
        let mailbox = self.context.remembered.zone();
        let decoded = match decode::whole(&event, &mailbox) {
            Ok(decoded) => decoded,
            Err(code) => return Ok(Progress::Unreadable(code)),
        };
        let exceptions = event.exception_occurrences.take().unwrap_or_default();
        let (body, doubts) = (decoded.body, decoded.doubts);
        let link = event.exceptions_link.take();
        let present = BTreeMap::new();
        let exceptions_read = BTreeMap::new();
        let mut series = Series { event, body, doubts, exceptions: exceptions_read, present };
        if exceptions.into_iter().any(|event| series.changed(event).is_none()) {
            return Ok(Progress::Unreadable(UNREADABLE));
        }
        self.changed(Box::new(series), link, now)
    }

    /// The next page of what was changed, or the instances.
    fn changed(
        &mut self,
        series: Box<Series>,
        link: Option<String>,
        now: Timestamp,
    ) -> Result<Progress, Failure> {
        if let Some(link) = link {
            let next = self.next(&link)?;
            self.stage = Stage::Changed { series, next };
            return Ok(Progress::More);
        }
        if series.body.recurrence.is_none() {
            return Ok(Progress::Whole(series));
        }
        let window = Window::at(now, self.context.wanted);
        let cancelled = Cancelled::of(&series.event);
        self.short = series.in_short_months(&cancelled);
        let mut also: Vec<(Date, Date)> = self.wanted.iter().map(day).map(|at| (at, at)).collect();
        also.extend(self.short.iter().flat_map(|(_, days)| days).map(|at| (*at, *at)));
        also.extend(series.zone_is_doubtful().then(|| zone_shows(now)));
        let parts = match cancelled.parts(&also, window) {
            Ok(parts) => parts,
            Err(code) => return Ok(Progress::Unreadable(code)),
        };
        self.looked_at.clone_from(&parts);
        Ok(self.look(series, parts.into()))
    }

    fn more_changed(
        &mut self,
        mut series: Box<Series>,
        page: PageJson,
        now: Timestamp,
    ) -> Result<Progress, Failure> {
        for value in page.value {
            let event = serde_json::from_value(value).ok();
            if event.and_then(|event| series.changed(event)).is_none() {
                return Ok(Progress::Unreadable(UNREADABLE));
            }
        }
        self.changed(series, page.next_link, now)
    }

    fn instances(
        &mut self,
        mut series: Box<Series>,
        mut parts: VecDeque<Range<Timestamp>>,
        page: PageJson,
    ) -> Result<Progress, Failure> {
        for value in page.value {
            if series.take(value).is_none() {
                return Ok(Progress::Unreadable(UNREADABLE));
            }
        }
        if let Some(link) = page.next_link {
            let next = Some(self.next(&link)?);
            self.stage = Stage::Instances { series, parts, next };
            return Ok(Progress::More);
        }
        parts.pop_front();
        Ok(self.look(series, parts))
    }

    /// The instances of the next part of time; at the end, what is missing among them.
    fn look(&mut self, mut series: Box<Series>, parts: VecDeque<Range<Timestamp>>) -> Progress {
        if !parts.is_empty() {
            self.stage = Stage::Instances { series, parts, next: None };
            return Progress::More;
        }
        if let Some((day, days)) = &self.short {
            series.leave_out(*day, days);
        }
        match series.find_cancelled(&self.looked_at) {
            Ok(()) => Progress::Whole(series),
            Err(code) => Progress::Unreadable(code),
        }
    }

    fn next(&mut self, link: &str) -> Result<Url, Failure> {
        if !self.pages.goes_on(link, PAGES_MAX) {
            return Err(endless());
        }
        self.context.link(link)
    }
}

/// Days in which a zone shows what it is: some time back, and more than a year ahead.
fn zone_shows(now: Timestamp) -> (Date, Date) {
    let today = Zone::utc().civil(now).date();
    (today.add_days(-30), today.add_days(400))
}

impl Series {
    /// The changed instances, by the starts they had before.
    pub(crate) fn exceptions(&self) -> impl Iterator<Item = (&When, &EventJson)> {
        self.exceptions.values().map(|(original, event)| (original, event))
    }

    /// The instance with this original start, in the form of this series: as it was changed, or as
    /// it is where it was looked at.
    pub(crate) fn instance(&self, original: &When) -> Option<&EventJson> {
        let changed = self.exceptions.get(&day(original)).map(|(_, event)| event);
        changed.or_else(|| self.present.get(&day(original)))
    }

    /// Takes in an instance that the master says was changed; `None`: it makes no sense. What was
    /// said first counts.
    fn changed(&mut self, event: EventJson) -> Option<()> {
        event.id.as_ref().filter(|id| !id.is_empty())?;
        match event.event_kind() {
            // As its series has it again.
            EventKind::Occurrence => {}
            EventKind::Exception => {
                let original = time::original(&event, &self.body.content.span.start)?;
                self.exceptions.entry(day(&original)).or_insert((original, event));
            }
            EventKind::Single | EventKind::Master => return None,
        }
        Some(())
    }

    /// Takes in an instance of a list; `None`: it makes no sense.
    fn take(&mut self, value: Value) -> Option<()> {
        let event: EventJson = serde_json::from_value(value).ok()?;
        event.id.as_ref().filter(|id| !id.is_empty())?;
        let start = &self.body.content.span.start;
        match event.event_kind() {
            EventKind::Occurrence => {
                let original = time::original_or_start(&event, start)?;
                self.present.insert(day(&original), event);
            }
            EventKind::Exception | EventKind::Single | EventKind::Master => {
                return self.changed(event);
            }
        }
        Some(())
    }

    /// Days that the pattern gives only if it means the last day of a month that is too short, of
    /// which one that was cancelled tells nothing.
    fn in_short_months(&self, cancelled: &Cancelled) -> Option<(u8, Vec<Date>)> {
        let long = self.event.recurrence.as_ref().and_then(recurrence::long_day)?;
        let all = gaps::in_short_months(&self.body, long);
        let telling: Vec<Date> =
            all.iter().filter(|day| !cancelled.may_be(**day)).take(1).copied().collect();
        let days = if telling.is_empty() { all } else { telling };
        (!days.is_empty()).then_some((long, days))
    }

    /// Where none of the short months has an instance, the pattern leaves them out.
    fn leave_out(&mut self, day_of_month: u8, days: &[Date]) {
        let is_there =
            |at: &Date| self.present.contains_key(at) || self.exceptions.contains_key(at);
        if days.iter().any(is_there) {
            return;
        }
        for rule in self.body.recurrence.iter_mut().flat_map(|recurrence| &mut recurrence.rules) {
            if let Some(other) = recurrence::leaving_out(rule, day_of_month) {
                *rule = other;
            }
        }
    }

    fn zone_is_doubtful(&self) -> bool {
        self.doubts.contains(&decode::ZONE_DOUBT)
    }

    fn find_cancelled(&mut self, looked_at: &[Range<Timestamp>]) -> Result<(), Unreadable> {
        let start = &self.body.content.span.start;
        if self.zone_is_doubtful() {
            let present = self.present.values();
            let present: Vec<When> =
                present.filter_map(|event| time::original_or_start(event, start)).collect();
            // It was read in the mailbox's zone: what it shows there is right, or it is not read.
            if !gaps::are_as_ruled(&self.body, looked_at, &present)? {
                return Err(decode::ZONE_DOUBT);
            }
        }
        let there = self.exceptions().map(|(_, event)| event).chain(self.present.values());
        let given: BTreeSet<When> =
            there.filter_map(|event| time::original_or_start(event, start)).collect();
        let excluded = Cancelled::of(&self.event).find(&self.body, looked_at, &given)?;
        let recurrence = self.body.recurrence.get_or_insert_with(Recurrence::default);
        recurrence.excluded = excluded;
        Ok(())
    }
}
