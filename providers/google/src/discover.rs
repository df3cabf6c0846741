//! Finding the account's calendars: one request for each 250 of them.

use std::sync::Arc;

use kalends_core::provider::{Done, Failure, FailureClass, Output};
use kalends_core::time::Timestamp;
use kalends_kit::{Intent, Next, Outbox, Reply, Request, Script};

use crate::address::query;
use crate::ask;
use crate::calendar::Entries;
use crate::context::{Context, fail, not_granted};
use crate::list::not_json;
use crate::paging::Paging;
use crate::remember::Remembered;
use crate::trouble;

/// Lists the calendars.
#[derive(Debug)]
pub(crate) struct Discover {
    context: Arc<Context>,
    pages: Pages,
    subject: Option<String>,
    zones: Vec<(String, String)>,
    main_zone: String,
}

/// Where a listing of calendars stands.
#[derive(Debug, Default)]
pub(crate) struct Pages {
    pages: Paging,
    is_over: bool,
}

impl Pages {
    pub(crate) const fn is_over(&self) -> bool {
        self.is_over
    }

    /// Asks for the next page. Hidden calendars too: one of ours that a person hid is there.
    pub(crate) fn request(&self, context: &Context) -> Result<Request, Failure> {
        let mut pairs = vec![("maxResults", "250"), ("showHidden", "true")];
        pairs.extend(self.pages.token().map(|token| ("pageToken", token)));
        Ok(ask::get(context.at("users/me/calendarList", &query(&pairs))?))
    }

    /// The calendars of a page.
    pub(crate) fn read(&mut self, reply: &Reply, now: Timestamp) -> Result<Entries, Failure> {
        if !reply.is_success() {
            return Err(trouble::failure(reply, Intent::Read, now));
        }
        let entries: Entries = serde_json::from_slice(&reply.body).map_err(|_| not_json())?;
        self.is_over = !self.pages.read(entries.next_page_token.clone())?;
        Ok(entries)
    }
}

impl Discover {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self {
            context,
            pages: Pages::default(),
            subject: None,
            zones: Vec::new(),
            main_zone: String::new(),
        }
    }

    fn done(&self) -> Done {
        let Some(subject) = self.subject.clone() else {
            return Done::Failed(fail(
                FailureClass::Protocol,
                "google.no-primary",
                "the account has no main calendar: open Google Calendar with it once",
            ));
        };
        let main_zone = self.main_zone.clone();
        let zones = self.zones.iter().filter(|(_, zone)| *zone != main_zone).cloned().collect();
        Done::Discovered {
            subject,
            makes_calendars: self.context.grants.own_calendars,
            remember: Remembered { main_zone, zones }.to_text(),
        }
    }
}

impl Script for Discover {
    fn next(&mut self, _now: Timestamp) -> Next {
        if !self.context.grants.read_list {
            return Next::Done(Done::Failed(not_granted("to see which calendars there are")));
        }
        if self.pages.is_over() {
            return Next::Done(self.done());
        }
        match self.pages.request(&self.context) {
            Ok(request) => Next::Call(Box::new(request)),
            Err(failure) => Next::Done(Done::Failed(failure)),
        }
    }

    fn reply(&mut self, reply: Reply, out: &mut Outbox, now: Timestamp) -> Result<(), Failure> {
        for entry in self.pages.read(&reply, now)?.items {
            if entry.is_deleted() {
                continue;
            }
            if entry.is_primary() {
                self.subject = Some(entry.id.clone());
                self.main_zone = entry.zone().to_owned();
            }
            self.zones.push((entry.id.clone(), entry.zone().to_owned()));
            out.push_back(Output::Calendar(Box::new(entry.item(self.context.grants))));
        }
        Ok(())
    }
}
