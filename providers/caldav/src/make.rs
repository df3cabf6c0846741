//! Making and deleting calendars of ours.

use std::sync::Arc;

use kalends_core::ids::ProviderId;
use kalends_core::provider::{Done, Failure, FailureClass};
use kalends_core::time::Timestamp;
use kalends_kit::{Element, Intent, Next, Ns, Outbox, Reply, Script, Url};

use crate::ask::{self, Depth};
use crate::calendar::OURS;
use crate::condition;
use crate::context::{Context, fail};
use crate::dav::Member;
use crate::find::Finder;

/// Makes a calendar in the first home. Made before is made.
#[derive(Debug)]
pub(crate) struct MakeCalendar {
    name: String,
    derived: String,
    stage: Making,
    is_calendar: bool,
}

#[derive(Debug)]
enum Making {
    Finding(Box<Finder>),
    Calendar(Url),
    /// Refused: is it there already? With the way that is left to try.
    Look(Url, Failure, Way),
    Collection(Url),
    Over(Done),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Collection,
    None,
}

impl MakeCalendar {
    pub(crate) fn new(context: Arc<Context>, derived: &str, name: &str) -> Self {
        let stage = if context.quirks.no_calendars {
            Making::Over(Done::Failed(unsupported()))
        } else {
            match context.remembered.homes.first() {
                Some(home) => Making::Calendar(place(home, derived)),
                None => Making::Finding(Box::new(Finder::new(&context.base))),
            }
        };
        let (name, derived) = (name.to_owned(), derived.to_owned());
        Self { name, derived, stage, is_calendar: false }
    }

    fn made(url: &Url) -> Making {
        Making::Over(Done::MadeCalendar { calendar: ProviderId(url.path().to_owned()) })
    }

    fn tried(url: Url, reply: &Reply, left: Way, now: Timestamp) -> Making {
        if reply.is_success() {
            return Self::made(&url);
        }
        let failure = condition::failure(reply, Intent::Write, now);
        match failure.class {
            FailureClass::SignIn
            | FailureClass::Consent
            | FailureClass::Throttled
            | FailureClass::Quota
            | FailureClass::Transient
            | FailureClass::Unknown
            | FailureClass::Protocol => Making::Over(Done::Failed(failure)),
            FailureClass::Forbidden
            | FailureClass::NotFound
            | FailureClass::CalendarGone
            | FailureClass::CursorLost
            | FailureClass::Stale
            | FailureClass::Taken
            | FailureClass::TooLarge
            | FailureClass::Refused
            | FailureClass::Unsupported => Making::Look(url, failure, left),
        }
    }
}

impl Script for MakeCalendar {
    fn next(&mut self, _now: Timestamp) -> Next {
        if let Making::Finding(finder) = &self.stage {
            match finder.next() {
                Ok(Some(request)) => return Next::Call(Box::new(request)),
                Err(failure) => return Next::Done(Done::Failed(failure)),
                Ok(None) => {}
            }
        }
        let stage = core::mem::replace(&mut self.stage, Making::Over(Done::Failed(unsupported())));
        self.stage = match stage {
            Making::Finding(finder) => match finder.into_found().homes.first() {
                Some(home) => Making::Calendar(place(home, &self.derived)),
                None => Making::Over(Done::Failed(unsupported())),
            },
            other @ (Making::Calendar(_)
            | Making::Look(..)
            | Making::Collection(_)
            | Making::Over(_)) => other,
        };
        let request = match &self.stage {
            Making::Calendar(url) => ask::make_calendar(url.clone(), &self.name),
            Making::Collection(url) => ask::make_collection(url.clone(), &self.name),
            Making::Look(url, ..) => ask::propfind(url.clone(), Depth::Zero, &["resourcetype"]),
            Making::Finding(_) => return Next::Done(Done::Failed(unsupported())),
            Making::Over(done) => return Next::Done(done.clone()),
        };
        Next::Call(Box::new(request))
    }

    fn tree(&mut self, url: &Url, tree: Element, _out: &mut Outbox) -> Result<(), Failure> {
        match &mut self.stage {
            Making::Finding(finder) => finder.tree(url, tree),
            Making::Look(..) => {
                let member = Member::read(url, tree).filter(Member::is_there);
                self.is_calendar |= member.is_some_and(|m| m.is_type(Ns::CalDav, "calendar"));
            }
            Making::Calendar(_) | Making::Collection(_) | Making::Over(_) => {}
        }
        Ok(())
    }

    fn reply(&mut self, reply: Reply, _out: &mut Outbox, now: Timestamp) -> Result<(), Failure> {
        if let Making::Finding(finder) = &mut self.stage {
            return finder.reply(&reply, now);
        }
        let stage = core::mem::replace(&mut self.stage, Making::Over(Done::Failed(unsupported())));
        self.stage = match stage {
            Making::Calendar(url) => Self::tried(url, &reply, Way::Collection, now),
            Making::Collection(url) => Self::tried(url, &reply, Way::None, now),
            Making::Look(url, ..) if self.is_calendar => Self::made(&url),
            Making::Look(url, _, Way::Collection) => Making::Collection(url),
            Making::Look(_, failure, Way::None) => Making::Over(Done::Failed(final_word(failure))),
            over @ (Making::Finding(_) | Making::Over(_)) => over,
        };
        Ok(())
    }

    fn broken(&mut self, failure: Failure) -> Result<(), Failure> {
        match &mut self.stage {
            Making::Finding(finder) => finder.refused(failure),
            Making::Calendar(_) | Making::Look(..) | Making::Collection(_) | Making::Over(_) => {
                Err(failure)
            }
        }
    }
}

/// Deletes a calendar that this graph made; no other.
#[derive(Debug)]
pub(crate) struct DeleteCalendar {
    url: Url,
    done: Option<Done>,
}

impl DeleteCalendar {
    pub(crate) fn new(
        context: &Arc<Context>,
        calendar: &ProviderId,
        derived: &[String],
    ) -> Result<Self, Failure> {
        let url = context.collection(calendar);
        let name = url.path().trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        let name = name.strip_prefix(OURS);
        if !name.is_some_and(|name| derived.iter().any(|ours| ours == name)) {
            return Err(fail(
                FailureClass::Refused,
                "caldav.not-ours",
                "this calendar was not made here: delete it where it was made",
            ));
        }
        Ok(Self { url, done: None })
    }
}

impl Script for DeleteCalendar {
    fn next(&mut self, _now: Timestamp) -> Next {
        match &self.done {
            Some(done) => Next::Done(done.clone()),
            None => Next::Call(Box::new(ask::delete(self.url.clone(), None))),
        }
    }

    fn reply(&mut self, reply: Reply, _out: &mut Outbox, now: Timestamp) -> Result<(), Failure> {
        if reply.status() == 207 {
            return Err(condition::deleted_in_part());
        }
        if !reply.is_success() && !matches!(reply.status(), 404 | 410) {
            return Err(condition::failure(&reply, Intent::Write, now));
        }
        self.done = Some(Done::Deleted);
        Ok(())
    }
}

fn place(home: &Url, derived: &str) -> Url {
    let home_path = home.path().trim_end_matches('/');
    home.with_path(&format!("{home_path}/{OURS}{derived}/"))
}

/// What remains when neither way worked: the server makes no calendars, or says why.
fn final_word(failure: Failure) -> Failure {
    match failure.code.as_str() {
        "http.403" | "http.404" | "http.405" | "http.409" | "http.415" | "http.501"
        | "http.400" => unsupported(),
        _ => failure,
    }
}

fn unsupported() -> Failure {
    fail(
        FailureClass::Unsupported,
        "caldav.makes-no-calendars",
        "this server makes no calendars: choose an existing, empty one",
    )
}
