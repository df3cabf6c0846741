//! When others have time: free-busy-query on calendars (RFC 4791 section 7.10). What a server does
//! not tell is unknown, never free.

use std::collections::VecDeque;
use std::sync::Arc;

use kalends_core::availability::{Availability, Schedule};
use kalends_core::ids::ProviderId;
use kalends_core::provider::{Done, Failure, FailureClass, Output};
use kalends_core::time::Timestamp;
use kalends_ical::free_busy;
use kalends_kit::{Intent, Next, Outbox, Reply, Script, Url, same_site};

use crate::ask;
use crate::condition;
use crate::context::{Context, fail};

/// Asks one calendar after the other.
#[derive(Debug)]
pub(crate) struct FreeBusy {
    waiting: VecDeque<(String, Url)>,
    /// Those that are not at this server: nobody is asked for them, and no credential goes there.
    elsewhere: Vec<String>,
    from: Timestamp,
    to: Timestamp,
}

impl FreeBusy {
    /// # Errors
    /// `caldav.not-here` where none of them is a calendar of this server.
    pub(crate) fn new(
        context: &Arc<Context>,
        of: &[String],
        (from, to): (Timestamp, Timestamp),
    ) -> Result<Self, Failure> {
        let (mut waiting, mut elsewhere) = (VecDeque::new(), Vec::new());
        for of in of {
            match address(context, of) {
                Some(url) => waiting.push_back((of.clone(), url)),
                None => elsewhere.push(of.clone()),
            }
        }
        if waiting.is_empty() {
            let detail = "name a calendar of this server by its address";
            return Err(fail(FailureClass::Unsupported, "caldav.not-here", detail));
        }
        Ok(Self { waiting, elsewhere, from, to })
    }

    fn tell(&mut self, availability: Availability, out: &mut Outbox) {
        let mut push = |of, availability| {
            let schedule = Schedule { of, availability, hours: None };
            out.push_back(Output::Schedule(Box::new(schedule)));
        };
        self.elsewhere.drain(..).for_each(|of| push(of, unknown("not-here")));
        if let Some((of, _)) = self.waiting.pop_front() {
            push(of, availability);
        }
    }
}

/// The calendar's address: a path, or an address at the server where the account is.
fn address(context: &Context, of: &str) -> Option<Url> {
    if of.starts_with('/') {
        return Some(context.collection(&ProviderId(of.to_owned())));
    }
    let url = Url::parse(of).ok()?;
    let known = context.collection(&ProviderId(url.path().to_owned()));
    same_site(&url, &known).then_some(known)
}

fn unknown(code: &str) -> Availability {
    Availability::Unknown { code: format!("caldav.{code}") }
}

impl Script for FreeBusy {
    fn next(&mut self, _now: Timestamp) -> Next {
        match self.waiting.front() {
            Some((_, url)) => Next::Call(Box::new(ask::free_busy(url.clone(), self.from, self.to))),
            None => Next::Done(Done::Fetched),
        }
    }

    fn reply(&mut self, reply: Reply, out: &mut Outbox, now: Timestamp) -> Result<(), Failure> {
        let availability = match reply.status() {
            200 => free_busy(&reply.body)
                .map_or_else(|error| unknown(&error.code), Availability::Known),
            status => {
                let failure = condition::failure(&reply, Intent::Read, now);
                match failure.class {
                    FailureClass::Forbidden
                    | FailureClass::NotFound
                    | FailureClass::CalendarGone
                    | FailureClass::Refused
                    | FailureClass::Unsupported
                    | FailureClass::Protocol
                    | FailureClass::TooLarge
                    | FailureClass::Stale
                    | FailureClass::Taken
                    | FailureClass::CursorLost => unknown(&format!("http.{status}")),
                    FailureClass::Transient
                    | FailureClass::Throttled
                    | FailureClass::Quota
                    | FailureClass::Unknown
                    | FailureClass::SignIn
                    | FailureClass::Consent => return Err(failure),
                }
            }
        };
        self.tell(availability, out);
        Ok(())
    }
}
