//! Listing a calendar: what changed since a token, everything by name, everything with content.
//!
//! A listing asks for series as series and for what was deleted too, and for nothing else: a token
//! holds only for the query it was given for, so that the query is kept with it. No window is sent:
//! listings of changes would not hold to it. The engine applies each edge's own.

use std::collections::BTreeSet;
use std::sync::Arc;

use kalends_core::ids::ProviderId;
use kalends_core::provider::{Done, Failure, FailureClass, Item, Listed, Listing, Output, Payload};
use kalends_core::time::{Timestamp, Zone};
use kalends_kit::{Intent, Next, Outbox, Reply, Script};

use crate::address::encoded;
use crate::ask;
use crate::context::{Context, calendar_gone, fail};
use crate::item::{Reading, item, removed};
use crate::paging::Paging;
use crate::trouble;
use crate::version::version;
use crate::wire::{Name, Page};

/// What each token was given for. Another query wants another text here, and old tokens are
/// forgotten by it.
const QUERY: &str = "showDeleted=true&singleEvents=false";
/// What is asked of events that are only named.
const NAME_FIELDS: &str = "kind,timeZone,nextPageToken,nextSyncToken,\
                           items(id,etag,status,recurringEventId)";
/// Events of a page, the most first; fewer where a page turns out to be too large to be read.
const SIZES: [u16; 4] = [2_500, 250, 25, 1];

/// Lists one calendar.
#[derive(Debug)]
pub(crate) struct List {
    context: Arc<Context>,
    calendar: ProviderId,
    zone: Zone,
    mode: Mode,
    pages: Paging,
    /// The place in [`SIZES`].
    size: usize,
    /// Whether an event did not even say its id.
    doubtful: bool,
    /// In a whole listing: what is there, and stubs of instances that wait for their series.
    there: BTreeSet<String>,
    stubs: Vec<Stub>,
    over: Option<Done>,
}

#[derive(Debug)]
enum Mode {
    /// With Google's token.
    Since(String),
    Names,
    Contents,
}

/// An instance that does not take place: it tells something only where its series is there.
#[derive(Debug)]
struct Stub {
    series: String,
    output: Output,
}

impl List {
    pub(crate) fn new(context: Arc<Context>, calendar: &ProviderId, listing: &Listing) -> Self {
        let (mode, over) = match listing {
            Listing::Names => (Mode::Names, None),
            Listing::Contents => (Mode::Contents, None),
            Listing::Since(token) => match token.split_once(' ') {
                Some((QUERY, token)) if !token.is_empty() => (Mode::Since(token.to_owned()), None),
                Some(_) | None => {
                    let lost = cursor_lost("google.other-query");
                    (Mode::Names, Some(Done::Failed(lost)))
                }
            },
        };
        Self {
            zone: context.zone(calendar),
            context,
            calendar: calendar.clone(),
            mode,
            pages: Paging::default(),
            size: 0,
            doubtful: false,
            there: BTreeSet::new(),
            stubs: Vec::new(),
            over,
        }
    }

    fn query(&self) -> String {
        let mut query = format!("{QUERY}&maxResults={}", SIZES[self.size]);
        match &self.mode {
            Mode::Since(token) => query.push_str(&format!("&syncToken={}", encoded(token))),
            Mode::Names => query.push_str(&format!("&fields={}", encoded(NAME_FIELDS))),
            Mode::Contents => {}
        }
        if let Some(token) = self.pages.token() {
            query.push_str(&format!("&pageToken={}", encoded(token)));
        }
        query
    }

    const fn is_whole(&self) -> bool {
        match self.mode {
            Mode::Since(_) => false,
            Mode::Names | Mode::Contents => true,
        }
    }

    fn page(&mut self, page: &Page<'_>, out: &mut Outbox) -> Result<(), Failure> {
        if let Some(zone) = page.time_zone.as_deref().and_then(Zone::resolve) {
            self.zone = zone;
        }
        for text in &page.items {
            match self.mode {
                Mode::Names => self.named(text.get(), out),
                Mode::Since(_) | Mode::Contents => self.shown(text.get(), out),
            }
        }
        if self.pages.read(page.next_page_token.clone())? {
            return Ok(());
        }
        let token = page.next_sync_token.as_deref().filter(|token| !token.is_empty());
        if self.is_whole() && token.is_none() {
            return Err(fail(
                FailureClass::Protocol,
                "google.no-end",
                "the listing ends without its token, so that it may lack something: try later",
            ));
        }
        let stubs = std::mem::take(&mut self.stubs);
        let alive = stubs.into_iter().filter(|stub| self.there.contains(&stub.series));
        out.extend(alive.map(|stub| stub.output));
        self.over = Some(Done::Listed(self.listed(token)));
        Ok(())
    }

    /// The end. A token is not used up by use: where no new one was given, the old one goes on.
    fn listed(&self, token: Option<&str>) -> Listed {
        let token = match &self.mode {
            Mode::Since(old) => Some(token.unwrap_or(old)),
            Mode::Names | Mode::Contents => token,
        };
        // From a listing that may lack something, no later one may go on.
        Listed {
            token: token.filter(|_| !self.doubtful).map(|token| format!("{QUERY} {token}")),
            tag: None,
            whole: self.is_whole() && !self.doubtful,
        }
    }

    fn named(&mut self, text: &str, out: &mut Outbox) {
        let Some(name) = Name::read(text) else {
            self.doubtful = true;
            return;
        };
        let Name { id, etag, status, recurring_event_id: series } = name;
        let version = version(etag.as_deref(), series.as_deref());
        let is_cancelled = status.as_deref() == Some("cancelled");
        match (is_cancelled, series) {
            (true, None) => {
                // It was cancelled while it was listed: the later word holds.
                if self.there.remove(&id) {
                    out.push_back(Output::Item(removed(&id, Reading::Listed)));
                }
            }
            (true, Some(series)) => {
                let output = Output::Name { id: ProviderId(id), version };
                self.stubs.push(Stub { series, output });
            }
            (false, series) => {
                if series.is_none() {
                    self.there.insert(id.clone());
                }
                out.push_back(Output::Name { id: ProviderId(id), version });
            }
        }
    }

    fn shown(&mut self, text: &str, out: &mut Outbox) {
        let Some(item) = item(text, &self.zone, Reading::Listed) else {
            self.doubtful = true;
            return;
        };
        if !self.is_whole() {
            out.push_back(Output::Item(item));
            return;
        }
        match &item {
            Item::Event(event) => match &event.payload {
                Payload::Instance { series, content: None, .. } => {
                    let series = series.0.clone();
                    self.stubs.push(Stub { series, output: Output::Item(item) });
                    return;
                }
                Payload::Whole(_) => {
                    self.there.insert(event.id.0.clone());
                }
                Payload::Instance { .. } => {}
            },
            Item::Broken(broken) => {
                self.there.insert(broken.id.0.clone());
            }
            Item::Removed { .. } | Item::AsRuled { .. } | Item::Message(_) | Item::Listed(_) => {}
        }
        out.push_back(Output::Item(item));
    }
}

impl Script for List {
    fn next(&mut self, _now: Timestamp) -> Next {
        if let Some(done) = &self.over {
            return Next::Done(done.clone());
        }
        match self.context.events(&self.calendar, &self.query()) {
            Ok(url) => Next::Call(Box::new(ask::get(url))),
            Err(failure) => Next::Done(Done::Failed(failure)),
        }
    }

    fn reply(&mut self, reply: Reply, out: &mut Outbox, now: Timestamp) -> Result<(), Failure> {
        if !reply.is_success() {
            let failure = trouble::failure(&reply, Intent::Read, now);
            // Whatever the words: a calendar that is gone says 404.
            if reply.status() == 410 && failure.class != FailureClass::CursorLost {
                return Err(cursor_lost("google.token-gone"));
            }
            let is_gone = failure.class == FailureClass::NotFound;
            return Err(if is_gone { calendar_gone() } else { failure });
        }
        let page = serde_json::from_slice::<Page<'_>>(&reply.body).map_err(|_| not_json())?;
        self.page(&page, out)
    }

    fn broken(&mut self, failure: Failure) -> Result<(), Failure> {
        if failure.code == "net.too-large" && self.size + 1 < SIZES.len() {
            self.size += 1;
            return Ok(());
        }
        Err(failure)
    }
}

/// An answer that is not what it should be, or not all of it.
pub(crate) fn not_json() -> Failure {
    fail(
        FailureClass::Protocol,
        "google.json",
        "the answer is not what google's api gives, or is cut: nothing of it counts; try later",
    )
}

fn cursor_lost(code: &str) -> Failure {
    fail(FailureClass::CursorLost, code, "the listing cannot go on from there: list everything")
}
