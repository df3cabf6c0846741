//! Making and deleting calendars of ours.

use std::sync::Arc;

use kalends_core::ids::ProviderId;
use kalends_core::provider::{Done, Failure, FailureClass};
use kalends_core::time::Timestamp;
use kalends_kit::{Intent, Next, Outbox, Reply, Script};
use serde::Deserialize;

use crate::address::encoded;
use crate::ask;
use crate::calendar;
use crate::context::{Context, fail};
use crate::discover::Pages;
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
            self.context.at("calendars", "").map(|url| ask::write("POST", url, None, &calendar))
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

/// Deletes a calendar. Gone before is gone.
#[derive(Debug)]
pub(crate) struct DeleteCalendar {
    context: Arc<Context>,
    calendar: ProviderId,
    over: bool,
}

impl DeleteCalendar {
    pub(crate) fn new(context: Arc<Context>, calendar: &ProviderId) -> Self {
        Self { context, calendar: calendar.clone(), over: false }
    }
}

impl Script for DeleteCalendar {
    fn next(&mut self, _now: Timestamp) -> Next {
        if self.over {
            return Next::Done(Done::Deleted);
        }
        match self.context.at(&format!("calendars/{}", encoded(&self.calendar.0)), "") {
            Ok(url) => Next::Call(Box::new(ask::delete(url, None))),
            Err(failure) => Next::Done(Done::Failed(failure)),
        }
    }

    fn reply(&mut self, reply: Reply, _out: &mut Outbox, now: Timestamp) -> Result<(), Failure> {
        if !reply.is_success() {
            let failure = trouble::failure(&reply, Intent::Write, now);
            if failure.class != FailureClass::NotFound {
                return Err(failure);
            }
        }
        self.over = true;
        Ok(())
    }
}
