//! Instances of a series that were put back as it had them.
//!
//! Each stays an exception at Google, and does not follow its series by itself: whoever changes the
//! series, or finds it changed, looks for those that say what it said before.

use std::sync::Arc;

use kalends_core::event::Body;
use kalends_core::ids::ProviderId;
use kalends_core::provider::{Failure, Item};
use kalends_core::time::Zone;
use kalends_kit::{Reply, Request};
use serde_json::Value;

use crate::address::query;
use crate::answer::Found;
use crate::ask;
use crate::content;
use crate::context::Context;
use crate::item::{Reading, item};
use crate::marks;
use crate::paging::Paging;
use crate::slot;

/// A search for those of one series.
#[derive(Debug)]
pub(crate) struct PutBack {
    context: Arc<Context>,
    calendar: ProviderId,
    zone: Zone,
    series: String,
    pages: Paging,
    found: Vec<Found>,
}

impl PutBack {
    pub(crate) fn of(context: Arc<Context>, calendar: &ProviderId, series: &str) -> Self {
        let (zone, calendar) = (context.zone(calendar), calendar.clone());
        let (series, pages, found) = (series.to_owned(), Paging::default(), Vec::new());
        Self { context, calendar, zone, series, pages, found }
    }

    /// The series.
    pub(crate) fn series(&self) -> &str {
        &self.series
    }

    /// Forgets what was found: the next page is the first one.
    pub(crate) fn begin_anew(&mut self) {
        self.pages = Paging::default();
        self.found.clear();
    }

    /// Asks for the next page of them.
    pub(crate) fn request(&self) -> Result<Request, Failure> {
        let one = format!("{}={}", marks::RESET, self.series);
        let mut pairs = vec![
            ("maxResults", "2500"),
            ("privateExtendedProperty", one.as_str()),
            ("singleEvents", "false"),
        ];
        pairs.extend(self.pages.token().map(|token| ("pageToken", token)));
        Ok(ask::one(self.context.events(&self.calendar, &query(&pairs))?))
    }

    /// Takes a page in: whether there is another one.
    pub(crate) fn read(&mut self, reply: &Reply) -> Result<bool, Failure> {
        let (mut as_made, next) = Found::all(&reply.body)?;
        as_made.retain(|found| self.is_as_made(found));
        self.found.append(&mut as_made);
        self.pages.read(next)
    }

    /// Takes what was found.
    pub(crate) fn take(&mut self) -> Vec<Found> {
        std::mem::take(&mut self.found)
    }

    /// Those that are not as the series has them now, each as it is read alone.
    pub(crate) fn behind(self, body: &Body) -> Vec<Item> {
        let zone = &self.zone;
        let items = self.found.into_iter().filter_map(|found| {
            let is_given = found.original(zone).is_none_or(|at| slot::is_given(body, &at));
            let text = Value::Object(found.raw).to_string();
            let item = item(&text, zone, Reading::Alone)?;
            (!is_given || !slot::stands_for_nothing(&text, &item, body)).then_some(item)
        });
        items.collect()
    }

    /// Whether it is an instance of this series that nobody changed since we made it as that had it:
    /// what a person made of it is for the engine to see, and a copy that a person made of the series
    /// has our words in instances that are not ours.
    fn is_as_made(&self, found: &Found) -> bool {
        found.event.recurring_event_id.as_deref() == Some(self.series.as_str())
            && !found.event.is_cancelled()
            && content::content(&found.event, &self.zone)
                .is_ok_and(|(said, _)| slot::is_reset(&found.event, &self.series, &said))
    }
}
