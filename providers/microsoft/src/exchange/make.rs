//! Making and deleting calendars of ours.

use std::sync::Arc;

use kalends_core::ids::ProviderId;
use kalends_core::provider::{Done, Failure, FailureClass};
use kalends_core::time::Timestamp;
use kalends_kit::{Intent, Next, Outbox, Pages, Reply, Script, Url};
use serde_json::json;

use super::discover::{self, PAGES_MAX, derived, endless};
use super::parse;
use crate::ask;
use crate::context::{Context, calendar_path, fail};
use crate::fault;
use crate::mark;
use crate::wire::calendar::CalendarJson;
use crate::wire::page::PageJson;

/// Names that are tried, where a person's calendar has the one that was asked for.
const NAMES_MAX: u32 = 9;
/// Calendars of one page.
const PAGE: u32 = 100;

/// Makes a calendar, unless it was made before.
#[derive(Debug)]
pub(crate) struct MakeCalendar {
    context: Arc<Context>,
    derived: String,
    name: String,
    stage: Making,
    pages: Pages,
}

#[derive(Debug)]
enum Making {
    /// A page of calendars; `None`: the first.
    Look(Option<Url>),
    /// Under the name, or with this number after it.
    Post(u32),
    Over(Done),
}

impl MakeCalendar {
    pub(crate) fn new(context: Arc<Context>, derived: &str, name: &str) -> Self {
        let (derived, name) = (derived.to_owned(), name.to_owned());
        Self { context, derived, name, stage: Making::Look(None), pages: Pages::default() }
    }

    fn looked(&mut self, page: PageJson) -> Result<Making, Failure> {
        for value in page.value {
            let json: CalendarJson = serde_json::from_value(value).unwrap_or_default();
            if derived(&json).as_ref() == Some(&self.derived)
                && let Some(id) = json.id
            {
                return Ok(Making::Over(Done::MadeCalendar { calendar: ProviderId(id) }));
            }
        }
        match page.next_link {
            Some(link) if self.pages.goes_on(&link, PAGES_MAX) => {
                Ok(Making::Look(Some(self.context.link(&link)?)))
            }
            Some(_) => Err(endless()),
            None => Ok(Making::Post(1)),
        }
    }

    fn posted(number: u32, reply: &Reply, now: Timestamp) -> Result<Making, Failure> {
        if !reply.is_success() {
            let failure = fault::failure(reply, Intent::Write, now);
            let taken = failure.class == FailureClass::Taken || reply.status() == 409;
            return if taken && number < NAMES_MAX {
                Ok(Making::Post(number + 1))
            } else {
                Err(failure)
            };
        }
        let json: CalendarJson = parse::written(reply, now)?;
        let id = json.id.filter(|id| !id.is_empty()).ok_or_else(|| {
            fail(FailureClass::Unknown, "graph.json", "the server does not say what it made")
        })?;
        Ok(Making::Over(Done::MadeCalendar { calendar: ProviderId(id) }))
    }

    fn name(&self, number: u32) -> String {
        if number < 2 { self.name.clone() } else { format!("{} ({number})", self.name) }
    }
}

impl Script for MakeCalendar {
    fn next(&mut self, _now: Timestamp) -> Next {
        let request = match &self.stage {
            Making::Look(None) => {
                discover::calendars(&self.context).map(|url| ask::page(url, PAGE))
            }
            Making::Look(Some(url)) => Ok(ask::page(url.clone(), PAGE)),
            Making::Post(number) => {
                let properties = mark::calendar_properties(&self.derived);
                let body = json!({
                    "name": self.name(*number),
                    "singleValueExtendedProperties": properties,
                });
                self.context.at("/me/calendars").map(|url| ask::post(url, &body))
            }
            Making::Over(done) => return Next::Done(done.clone()),
        };
        match request {
            Ok(request) => Next::Call(Box::new(request)),
            Err(failure) => Next::Done(Done::Failed(failure)),
        }
    }

    fn reply(&mut self, reply: Reply, _out: &mut Outbox, now: Timestamp) -> Result<(), Failure> {
        match &self.stage {
            Making::Look(_) => self.stage = self.looked(parse::read(&reply, now)?)?,
            Making::Post(number) => self.stage = Self::posted(*number, &reply, now)?,
            Making::Over(_) => {}
        }
        Ok(())
    }
}

/// Deletes a calendar that this graph made; no other.
#[derive(Debug)]
pub(crate) struct DeleteCalendar {
    context: Arc<Context>,
    calendar: ProviderId,
    derived: Vec<String>,
    stage: Deleting,
}

#[derive(Debug)]
enum Deleting {
    Look,
    Delete,
    Over,
}

impl DeleteCalendar {
    pub(crate) fn new(context: Arc<Context>, calendar: &ProviderId, derived: &[String]) -> Self {
        let (calendar, derived) = (calendar.clone(), derived.to_vec());
        Self { context, calendar, derived, stage: Deleting::Look }
    }

    fn looked(&self, json: &CalendarJson) -> Result<Deleting, Failure> {
        if derived(json).is_some_and(|name| self.derived.contains(&name)) {
            return Ok(Deleting::Delete);
        }
        let detail = "this calendar was not made here: delete it where it was made";
        Err(fail(FailureClass::Refused, "graph.not-ours", detail))
    }
}

impl Script for DeleteCalendar {
    fn next(&mut self, _now: Timestamp) -> Next {
        let path = calendar_path(&self.calendar);
        let request = match self.stage {
            Deleting::Look => {
                let path = format!("{path}?$expand={}", mark::expand_calendar());
                self.context.at(&path).map(ask::get)
            }
            Deleting::Delete => self.context.at(&path).map(ask::remove),
            Deleting::Over => return Next::Done(Done::Deleted),
        };
        match request {
            Ok(request) => Next::Call(Box::new(request)),
            Err(failure) => Next::Done(Done::Failed(failure)),
        }
    }

    fn reply(&mut self, reply: Reply, _out: &mut Outbox, now: Timestamp) -> Result<(), Failure> {
        if parse::is_gone(&reply, now) {
            self.stage = Deleting::Over;
            return Ok(());
        }
        self.stage = match self.stage {
            Deleting::Look => self.looked(&parse::read(&reply, now)?)?,
            Deleting::Delete if reply.is_success() => Deleting::Over,
            Deleting::Delete => return Err(fault::failure(&reply, Intent::Write, now)),
            Deleting::Over => Deleting::Over,
        };
        Ok(())
    }
}
