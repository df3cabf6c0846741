//! The one thing that is done with a feed: reading it.

use std::collections::BTreeSet;

use kalends_core::graph::{Capabilities, ScopeKind};
use kalends_core::ids::ProviderId;
use kalends_core::ports::{Exchange, Input, Turn};
use kalends_core::presence::Evidence;
use kalends_core::provider::{CalendarItem, Done, Failure, FailureClass, Item, Listed, Output};
use kalends_core::time::Timestamp;
use kalends_ical::Reader;
use kalends_kit::{Expect, Intent, Next, Outbox, Reply, Request, Script, Url, status_failure};

use crate::digest::{digest, digits};
use crate::ids::{Naming, is_by_content};
use crate::token::Token;

/// Bytes of a feed at most.
const FEED_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// The provider's id of the one calendar.
const CALENDAR: &str = "feed";

/// Why the feed is read.
#[derive(Debug)]
pub(crate) enum Purpose {
    /// For its name; what is remembered saves the reading.
    Discover,
    /// For all its events.
    List,
    /// For some of its events.
    Fetch(BTreeSet<ProviderId>),
}

/// Reads a feed once.
#[derive(Debug)]
pub(crate) struct Read {
    url: Url,
    purpose: Purpose,
    /// What is known of an earlier feed.
    last: Option<Token>,
    /// Whether the server may answer that nothing changed.
    may_skip: bool,
    state: State,
}

/// How far it came.
#[derive(Debug)]
enum State {
    Asking,
    /// Its events are given out, one as it is asked for.
    Giving(Box<Naming>),
    /// Of what was asked for, the rest is not there.
    Missing,
    Over(Done),
}

impl Read {
    pub(crate) fn new(url: Url, purpose: Purpose, last: Option<Token>) -> Self {
        Self { url, purpose, last, may_skip: false, state: State::Asking }
    }

    /// A listing that goes on from a token.
    pub(crate) fn since(url: Url, token: Token) -> Self {
        let may_skip = token.settled;
        Self { url, purpose: Purpose::List, last: Some(token), may_skip, state: State::Asking }
    }

    fn request(&self) -> Request {
        let mut request = request(&self.url);
        if let Some(last) = self.last.as_ref().filter(|_| self.may_skip) {
            let conditions = [("If-None-Match", &last.etag), ("If-Modified-Since", &last.modified)];
            for (name, value) in conditions {
                let value = value.iter().map(|value| (name.to_owned(), value.clone()));
                request.headers.extend(value);
            }
        }
        request
    }

    /// Goes on with what is given out, or to what it ends in.
    fn give(&mut self, mut naming: Box<Naming>) -> Next {
        let next = match &mut self.purpose {
            Purpose::Fetch(wanted) => naming.next_of(wanted).map(read_alone),
            Purpose::List | Purpose::Discover => naming.next(),
        };
        if let Some(item) = next {
            self.state = State::Giving(naming);
            return Next::Output(Output::Item(item));
        }
        match self.purpose {
            Purpose::Fetch(_) => self.miss(),
            Purpose::List | Purpose::Discover => {
                let listed = listed(&naming.token(self.last.as_ref()), true);
                self.end(listed)
            }
        }
    }

    /// Says of what was asked for that it is not there.
    fn miss(&mut self) -> Next {
        let absent = match &mut self.purpose {
            Purpose::Fetch(wanted) => wanted.pop_first(),
            Purpose::List | Purpose::Discover => None,
        };
        let Some(id) = absent else { return self.end(Done::Fetched) };
        self.state = State::Missing;
        Next::Output(Output::Item(Item::Removed { id, evidence: Evidence::Absent }))
    }

    fn end(&mut self, done: Done) -> Next {
        self.state = State::Over(done.clone());
        Next::Done(done)
    }

    fn unchanged(&self) -> Option<Done> {
        let last = self.last.as_ref().filter(|_| self.may_skip)?;
        Some(listed(last, false))
    }
}

fn read_alone(mut item: Item) -> Item {
    if let Item::Event(event) = &mut item {
        event.fresh = true;
    }
    item
}

/// Asks for a feed.
pub(crate) fn request(url: &Url) -> Request {
    Request {
        method: "GET",
        url: url.clone(),
        headers: vec![("Accept".to_owned(), "text/calendar, */*;q=0.1".to_owned())],
        body: Vec::new(),
        expect: Expect::Bytes(FEED_BYTES_MAX),
        intent: Intent::Read,
        open_place: false,
    }
}

impl Script for Read {
    fn next(&mut self, _now: Timestamp) -> Next {
        match core::mem::replace(&mut self.state, State::Asking) {
            State::Asking => Next::Call(Box::new(self.request())),
            State::Giving(naming) => self.give(naming),
            State::Missing => self.miss(),
            State::Over(done) => self.end(done),
        }
    }

    fn reply(&mut self, reply: Reply, out: &mut Outbox, now: Timestamp) -> Result<(), Failure> {
        if reply.status() == 304
            && let Some(done) = self.unchanged()
        {
            self.state = State::Over(done);
            return Ok(());
        }
        if reply.status() != 200 {
            let mut failure = status_failure(&reply.head, Intent::Read, now);
            if failure.class == FailureClass::NotFound {
                failure.class = FailureClass::CalendarGone;
            }
            return Err(failure);
        }
        let feed = Reader::default().feed(reply.body).map_err(|error| {
            if error.code == "ical.too-many" {
                let why = "it has more than two million lines, some 100,000 events: have its publisher \
                           part it, or ask for fewer years of it";
                return protocol("feed.too-large", why);
            }
            protocol(
                "feed.not-a-calendar",
                &format!("the address gives no calendar ({}): correct it", error.code),
            )
        })?;
        if !feed.complete {
            return Err(protocol("feed.cut", "the feed broke off: it is read again later"));
        }
        let by_content = match &self.purpose {
            Purpose::Fetch(wanted) => wanted.iter().any(is_by_content),
            Purpose::Discover | Purpose::List => false,
        };
        let mut naming = Naming::new(feed, self.last.as_ref(), by_content);
        naming.answered(&reply.head);
        self.state = match self.purpose {
            Purpose::List | Purpose::Fetch(_) => State::Giving(Box::new(naming)),
            Purpose::Discover => {
                let token = naming.token(self.last.as_ref());
                out.push_back(calendar(&token.name));
                State::Over(discovered(&self.url, &token))
            }
        };
        Ok(())
    }
}

/// The outputs of a discovery that needs no request.
#[derive(Debug)]
pub(crate) struct Known {
    url: Url,
    token: Token,
    given: bool,
}

impl Known {
    pub(crate) const fn new(url: Url, token: Token) -> Self {
        Self { url, token, given: false }
    }
}

impl Exchange for Known {
    fn resume(&mut self, _input: Input, _now: Timestamp) -> Turn {
        if core::mem::replace(&mut self.given, true) {
            Turn::Done(discovered(&self.url, &self.token))
        } else {
            Turn::Item(calendar(&self.token.name))
        }
    }
}

fn calendar(name: &str) -> Output {
    Output::Calendar(Box::new(CalendarItem {
        id: ProviderId(CALENDAR.to_owned()),
        name: if name.is_empty() { "Feed" } else { name }.to_owned(),
        kind: ScopeKind::Calendar,
        subscribed: false,
        derived: None,
        capabilities: Capabilities {
            write: false,
            marks: false,
            absence_twice: true,
            ..Capabilities::default()
        },
        token: None,
        tag: None,
    }))
}

/// The end of a listing. Its tag tells since when a feed says the same.
fn listed(token: &Token, whole: bool) -> Done {
    let tag = Some(token.said.clone()).filter(|said| !said.is_empty());
    Done::Listed(Listed { token: Some(token.to_text()), tag, whole })
}

/// The address is a secret: the account goes by its hash.
fn discovered(url: &Url, token: &Token) -> Done {
    let address = url.to_string();
    let kept = Token { etag: None, modified: None, settled: false, ..token.clone() };
    Done::Discovered {
        subject: format!("feed:{}", digits(digest([address.as_bytes()]))),
        makes_calendars: false,
        remember: kept.to_text(),
    }
}

fn protocol(code: &str, detail: &str) -> Failure {
    Failure {
        class: FailureClass::Protocol,
        code: code.to_owned(),
        detail: detail.to_owned(),
        retry_at: None,
    }
}
