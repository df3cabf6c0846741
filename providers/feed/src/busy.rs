//! When the time of somebody is taken whose calendar is a feed.

use core::ops::Range;

use kalends_core::availability::{Availability, Schedule, Taken, disjoint};
use kalends_core::event::{Body, Busy};
use kalends_core::instances::{View, occurrences};
use kalends_core::provider::{Done, Failure, Output};
use kalends_core::schedule::taken_permille;
use kalends_core::time::{Gap, Timestamp, Zone};
use kalends_ical::{Feed, Reader, free_busy};
use kalends_kit::{Intent, Next, Outbox, Reply, Request, Script, status_failure};

/// Reads a feed once, and tells of its times alone.
#[derive(Debug)]
pub(crate) struct FreeBusy {
    request: Request,
    of: Vec<String>,
    range: Range<Timestamp>,
    told: bool,
}

impl FreeBusy {
    pub(crate) const fn new(request: Request, of: Vec<String>, range: Range<Timestamp>) -> Self {
        Self { request, of, range, told: false }
    }
}

impl Script for FreeBusy {
    fn next(&mut self, _now: Timestamp) -> Next {
        match self.told {
            true => Next::Done(Done::Fetched),
            false => Next::Call(Box::new(self.request.clone())),
        }
    }

    fn reply(&mut self, reply: Reply, out: &mut Outbox, now: Timestamp) -> Result<(), Failure> {
        if reply.status() != 200 {
            return Err(status_failure(&reply.head, Intent::Read, now));
        }
        self.told = true;
        let availability = match free_busy(&reply.body) {
            Ok(taken) => Availability::Known(taken),
            Err(_) => match Reader::default().feed(reply.body) {
                Ok(feed) if feed.complete => of_events(feed, &self.range),
                Ok(_) => unknown("feed.cut"),
                Err(error) => unknown(&error.code),
            },
        };
        for of in self.of.drain(..) {
            let schedule = Schedule { of, availability: availability.clone(), hours: None };
            out.push_back(Output::Schedule(Box::new(schedule)));
        }
        Ok(())
    }
}

fn unknown(code: &str) -> Availability {
    Availability::Unknown { code: code.to_owned() }
}

/// An event that cannot be read, or has more instances than are followed, may take any time.
fn of_events(mut feed: Feed, range: &Range<Timestamp>) -> Availability {
    let mut taken = Vec::new();
    for event in feed.events() {
        let Ok(decoded) = event.decoded else { return unknown("feed.unreadable") };
        match of_body(&decoded.body, range) {
            Some(times) => taken.extend(times),
            None => return unknown("feed.too-many"),
        }
    }
    Availability::Known(disjoint(taken))
}

fn of_body(body: &Body, range: &Range<Timestamp>) -> Option<Vec<Taken>> {
    let zone = Zone::utc();
    let found = occurrences(body, range.clone(), View { zone: &zone, gap: Gap::Shift });
    let times = found.list.iter().filter_map(|one| {
        let how = match taken_permille(one.content) {
            0 => return None,
            1_000 => Busy::Busy,
            _ => Busy::Tentative,
        };
        (one.start < one.end).then_some(Taken { from: one.start, to: one.end, how })
    });
    (!found.cut).then(|| times.collect())
}
