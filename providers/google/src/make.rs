//! Making and deleting calendars of ours.

use std::sync::Arc;

use kalends_core::ids::ProviderId;
use kalends_core::provider::{Done, Failure, FailureClass};
use kalends_core::time::Timestamp;
use kalends_kit::{Intent, Next, Outbox, Reply, Script};
use serde::Deserialize;

use crate::address::encoded;
use crate::ask;
use crate::calendar::{self, Entry};
use crate::context::{Context, fail};
use crate::discover::Pages;
use crate::list::not_json;
use crate::trouble;

/// Makes a calendar. Google takes no id for one, so that one made before, whose answer was lost,
/// is looked for first.
#[derive(Debug)]
pub(crate) struct MakeCalendar {
    context: Arc<Context>,
    derived: String,
    name: String,
    pages: Pages,
    over: Option<Done>,
}

#[derive(Deserialize)]
struct Made {
    id: String,
}

impl MakeCalendar {
    pub(crate) fn new(context: Arc<Context>, derived: &str, name: &str) -> Self {
        let (derived, name) = (derived.to_owned(), name.to_owned());
        Self { context, derived, name, pages: Pages::default(), over: None }
    }

    fn looked(&mut self, reply: &Reply, now: Timestamp) -> Result<(), Failure> {
        let ours =
            self.pages.read(reply, now)?.items.into_iter().find(|entry| {
                !entry.is_deleted() && entry.derived().as_ref() == Some(&self.derived)
            });
        self.over = ours.map(|entry| Done::MadeCalendar { calendar: ProviderId(entry.id) });
        Ok(())
    }
}

impl Script for MakeCalendar {
    fn next(&mut self, _now: Timestamp) -> Next {
        if let Some(done) = &self.over {
            return Next::Done(done.clone());
        }
        let request = if self.pages.is_over() {
            let zone = &self.context.remembered.main_zone;
            let calendar = calendar::made(&self.derived, &self.name, zone);
            self.context.at("calendars", "").map(|url| ask::create(url, &calendar))
        } else {
            self.pages.request(&self.context)
        };
        match request {
            Ok(request) => Next::Call(Box::new(request)),
            Err(failure) => Next::Done(Done::Failed(failure)),
        }
    }

    fn reply(&mut self, reply: Reply, _out: &mut Outbox, now: Timestamp) -> Result<(), Failure> {
        if !self.pages.is_over() {
            return self.looked(&reply, now);
        }
        if !reply.is_success() {
            return Err(trouble::failure(&reply, Intent::Write, now));
        }
        let made: Made = serde_json::from_slice(&reply.body).map_err(|_| {
            fail(
                FailureClass::Unknown,
                "google.json",
                "the answer does not name the calendar: look for it",
            )
        })?;
        self.over = Some(Done::MadeCalendar { calendar: ProviderId(made.id) });
        Ok(())
    }
}

/// Deletes a calendar that this graph made; no other. Gone before is gone.
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

    fn looked(&self, reply: &Reply) -> Result<Deleting, Failure> {
        let entry: Entry = serde_json::from_slice(&reply.body).map_err(|_| not_json())?;
        let name = entry.derived();
        if entry.id == self.calendar.0 && name.is_some_and(|name| self.derived.contains(&name)) {
            return Ok(Deleting::Delete);
        }
        let detail = "this calendar was not made here: delete it where it was made";
        Err(fail(FailureClass::Refused, "google.not-ours", detail))
    }
}

impl Script for DeleteCalendar {
    fn next(&mut self, _now: Timestamp) -> Next {
        let place = self.context.at(&format!("calendars/{}", encoded(&self.calendar.0)), "");
        let request = match self.stage {
            Deleting::Look => place.map(ask::get),
            Deleting::Delete => place.map(ask::delete_calendar),
            Deleting::Over => return Next::Done(Done::Deleted),
        };
        match request {
            Ok(request) => Next::Call(Box::new(request)),
            Err(failure) => Next::Done(Done::Failed(failure)),
        }
    }

    fn reply(&mut self, reply: Reply, _out: &mut Outbox, now: Timestamp) -> Result<(), Failure> {
        let intent = match self.stage {
            Deleting::Look => Intent::Read,
            Deleting::Delete | Deleting::Over => Intent::Write,
        };
        if !reply.is_success() {
            let failure = trouble::failure(&reply, intent, now);
            if failure.class != FailureClass::NotFound {
                return Err(failure);
            }
            self.stage = Deleting::Over;
            return Ok(());
        }
        self.stage = match self.stage {
            Deleting::Look => self.looked(&reply)?,
            Deleting::Delete | Deleting::Over => Deleting::Over,
        };
        Ok(())
    }
}
