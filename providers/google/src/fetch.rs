//! Reading events by id.
//!
//! What is not there counts only once the calendar itself has answered, and so does what fails by itself:
//! it is asked for again, and then set aside, and the others go on. An instance whose series is
//! not there was invited alone, and is an event of its own. A series of ours is told after those of its
//! instances that were put back as it was, and are not as it is.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use kalends_core::event::Body;
use kalends_core::ids::ProviderId;
use kalends_core::provider::{
    Broken, Done, Failure, FailureClass, Item, ObjectName, Output, Payload,
};
use kalends_core::time::{Timestamp, Zone};
use kalends_kit::{Intent, Next, Outbox, Reply, Script, came_in_part};

use crate::ask;
use crate::context::{Context, calendar_gone};
use crate::item::{Reading, alone, item, removed};
use crate::list::not_json;
use crate::put_back::PutBack;
use crate::slot;
use crate::trouble;
use crate::wire::Kind;

/// How often something is asked for again that fails while its calendar answers.
const ROUNDS_MAX: u8 = 2;
/// So many failures before anything has answered, and the calendar itself is asked.
const UNANSWERED_MAX: usize = 3;
/// So many that may pass, and it is the service that fails.
const PASSING_MAX: usize = 8;

/// Reads events of one calendar.
#[derive(Debug)]
pub(crate) struct Fetch {
    context: Arc<Context>,
    calendar: ProviderId,
    zone: Zone,
    work: VecDeque<Work>,
    /// What was asked for by the id that it would have if it was ours.
    derived: BTreeSet<String>,
    /// Whether the calendar has answered, and what waits for that.
    answered: bool,
    missing: Vec<String>,
    /// Each series that was asked for, where it is there, and the instances that wait for that.
    series: BTreeMap<String, Option<Series>>,
    instances: Vec<Instance>,
    /// What failed by itself and is asked for again, how many of those may pass, and which time this is.
    odd: Vec<Work>,
    passing: usize,
    round: u8,
    /// What is to be told, since an answer did not come.
    said: Outbox,
}

#[derive(Debug)]
enum Work {
    /// An event that was asked for.
    Read(String),
    /// A series, to know whether it is there.
    Judge(String),
    /// Instances of a series of ours, which waits for them.
    Behind(Box<Behind>),
    /// The calendar.
    Probe,
}

impl Work {
    /// The same from its beginning: a search hangs on nothing but its own pages.
    fn anew(mut self) -> Self {
        match &mut self {
            Self::Behind(behind) => behind.put_back.begin_anew(),
            Self::Read(_) | Self::Judge(_) | Self::Probe => {}
        }
        self
    }
}

#[derive(Debug)]
struct Behind {
    put_back: PutBack,
    series: Item,
    body: Body,
}

/// A series that is there, and what it says where it can be read.
#[derive(Debug)]
struct Series(Option<Body>);

#[derive(Debug)]
struct Instance {
    id: String,
    series: String,
    item: Item,
    text: String,
}

impl Fetch {
    pub(crate) fn new(context: Arc<Context>, calendar: &ProviderId, names: &[ObjectName]) -> Self {
        let work = names.iter().map(|name| match name {
            ObjectName::Known(id) => Work::Read(id.0.clone()),
            // An instance has no id that was derived: it is found through its series.
            ObjectName::Derived(derived) => Work::Read(derived.clone()),
        });
        let derived = names.iter().filter_map(|name| match name {
            ObjectName::Derived(derived) => Some(derived.clone()),
            ObjectName::Known(_) => None,
        });
        Self {
            derived: derived.collect(),
            zone: context.zone(calendar),
            work: work.collect(),
            context,
            calendar: calendar.clone(),
            answered: false,
            missing: Vec::new(),
            series: BTreeMap::new(),
            instances: Vec::new(),
            odd: Vec::new(),
            passing: 0,
            round: 0,
            said: Outbox::new(),
        }
    }

    fn found(&mut self, id: &str, body: &[u8], out: &mut Outbox) -> Result<(), Failure> {
        let text = core::str::from_utf8(body).map_err(|_| not_json())?;
        let item = item(text, &self.zone, Reading::Alone).ok_or_else(not_json)?;
        match &item {
            Item::Event(event) => match &event.payload {
                Payload::Instance { series, .. } => {
                    let (id, series) = (event.id.0.clone(), series.0.clone());
                    self.instances.push(Instance { id, series, text: text.to_owned(), item });
                    return Ok(());
                }
                Payload::Whole(body) => {
                    self.series.insert(id.to_owned(), Some(Series(Some(body.clone()))));
                    if body.recurrence.is_some() && event.mark.is_some() {
                        let context = Arc::clone(&self.context);
                        let put_back = PutBack::of(context, &self.calendar, &event.id.0);
                        let behind = Behind { put_back, body: body.clone(), series: item };
                        self.work.push_front(Work::Behind(Box::new(behind)));
                        return Ok(());
                    }
                }
            },
            Item::Broken(_) => {
                self.series.insert(id.to_owned(), Some(Series(None)));
            }
            Item::Removed { .. } | Item::AsRuled { .. } | Item::Message(_) | Item::Listed(_) => {
                self.series.insert(id.to_owned(), None);
            }
        }
        out.push_back(Output::Item(item));
        Ok(())
    }

    fn searched(
        &mut self,
        mut behind: Box<Behind>,
        reply: &Reply,
        out: &mut Outbox,
    ) -> Result<(), Failure> {
        match behind.put_back.read(reply) {
            Ok(true) => {
                self.work.push_front(Work::Behind(behind));
                return Ok(());
            }
            Ok(false) => {}
            Err(failure) => return self.failed(Work::Behind(behind), failure, out),
        }
        let Behind { put_back, series, body } = *behind;
        let items = put_back.behind(&body).into_iter().chain([series]);
        out.extend(items.map(Output::Item));
        Ok(())
    }

    fn judged(&self, body: &[u8]) -> Result<Option<Series>, Failure> {
        let text = core::str::from_utf8(body).map_err(|_| not_json())?;
        Ok(match item(text, &self.zone, Reading::Alone).ok_or_else(not_json)? {
            Item::Event(event) => match event.payload {
                Payload::Whole(body) => Some(Series(Some(body))),
                Payload::Instance { .. } => Some(Series(None)),
            },
            Item::Broken(_) => Some(Series(None)),
            Item::Removed { .. } | Item::AsRuled { .. } | Item::Message(_) | Item::Listed(_) => {
                None
            }
        })
    }

    /// A request failed otherwise than because something is not there.
    fn failed(&mut self, work: Work, failure: Failure, out: &mut Outbox) -> Result<(), Failure> {
        let passes = match failure.class {
            FailureClass::Refused
            | FailureClass::Forbidden
            | FailureClass::Unsupported
            | FailureClass::TooLarge => false,
            FailureClass::Transient | FailureClass::Unknown | FailureClass::Protocol => true,
            FailureClass::CursorLost if matches!(work, Work::Behind(_)) => true,
            FailureClass::CursorLost
            | FailureClass::Throttled
            | FailureClass::Quota
            | FailureClass::SignIn
            | FailureClass::Consent
            | FailureClass::NotFound
            | FailureClass::CalendarGone
            | FailureClass::Stale
            | FailureClass::Taken => return Err(failure),
        };
        // Whether something of ours is there is what a derived id asks: what does not say so is no answer.
        let asks_whether = matches!(&work, Work::Read(id) if self.derived.contains(id));
        if asks_whether || matches!(work, Work::Probe) {
            return Err(failure);
        }
        if self.round == ROUNDS_MAX {
            self.set_aside(work, failure, out);
            return Ok(());
        }
        self.passing += usize::from(passes);
        if self.passing > PASSING_MAX {
            return Err(failure);
        }
        self.odd.push(work.anew());
        if !self.answered && self.odd.len() == UNANSWERED_MAX {
            self.work.push_front(Work::Probe);
        }
        Ok(())
    }

    /// It fails for good, as it looks, and holds up no other.
    fn set_aside(&mut self, work: Work, failure: Failure, out: &mut Outbox) {
        let id = match work {
            Work::Read(id) => {
                self.series.insert(id.clone(), Some(Series(None)));
                id
            }
            Work::Behind(behind) => behind.put_back.series().to_owned(),
            // The instance tells of itself, whatever its series is.
            Work::Judge(id) => {
                self.series.insert(id, Some(Series(None)));
                return;
            }
            Work::Probe => return,
        };
        out.push_back(Output::Item(Item::Broken(Broken {
            id: ProviderId(id),
            version: None,
            code: failure.code,
            reason: "google does not give this event: open it there and save it anew".to_owned(),
            raw: Vec::new(),
        })));
    }

    /// What was answered.
    fn answer(
        &mut self,
        work: Work,
        reply: Option<&Reply>,
        out: &mut Outbox,
    ) -> Result<(), Failure> {
        match (work, reply) {
            (Work::Read(id), None) => {
                self.series.insert(id.clone(), None);
                self.missing.push(id);
            }
            (Work::Read(id), Some(reply)) => match self.found(&id, &reply.body, out) {
                Ok(()) => self.answered = true,
                Err(failure) => self.failed(Work::Read(id), failure, out)?,
            },
            (Work::Judge(id), None) => {
                self.series.insert(id, None);
            }
            (Work::Judge(id), Some(reply)) => match self.judged(&reply.body) {
                Ok(series) => {
                    self.series.insert(id, series);
                }
                Err(failure) => self.failed(Work::Judge(id), failure, out)?,
            },
            (Work::Behind(behind), Some(reply)) => self.searched(behind, reply, out)?,
            (Work::Behind(_) | Work::Probe, None) => return Err(calendar_gone()),
            (Work::Probe, Some(reply)) => {
                serde_json::from_slice::<Kind>(&reply.body).map_err(|_| not_json())?;
                self.answered = true;
            }
        }
        Ok(())
    }

    /// All was read: what is still to be asked, or what is said at last.
    fn finish(&mut self, out: &mut Outbox) {
        if !self.odd.is_empty() {
            // Whether it is the service that fails is asked each time.
            self.work.push_back(Work::Probe);
            self.work.extend(self.odd.drain(..));
            (self.round, self.passing) = (self.round + 1, 0);
            return;
        }
        let unknown = |one: &&Instance| !self.series.contains_key(&one.series);
        if let Some(one) = self.instances.iter().find(unknown) {
            self.work.push_back(Work::Judge(one.series.clone()));
            self.round = 0;
            return;
        }
        for Instance { id, series, item, text } in std::mem::take(&mut self.instances) {
            let item = match self.series.get(&series) {
                Some(Some(Series(Some(body)))) if slot::stands_for_nothing(&text, &item, body) => {
                    Some(removed(&id, Reading::Alone))
                }
                Some(Some(Series(_))) => Some(item),
                Some(None) | None => alone(&text, &self.zone),
            };
            out.extend(item.map(Output::Item));
        }
        if self.missing.is_empty() {
            return;
        }
        if self.answered {
            let missing = std::mem::take(&mut self.missing);
            out.extend(missing.iter().map(|id| Output::Item(removed(id, Reading::Alone))));
        } else {
            self.work.push_back(Work::Probe);
        }
    }
}

impl Script for Fetch {
    fn next(&mut self, _now: Timestamp) -> Next {
        if let Some(output) = self.said.pop_front() {
            return Next::Output(output);
        }
        let request = match self.work.front() {
            None => return Next::Done(Done::Fetched),
            Some(Work::Read(id) | Work::Judge(id)) => {
                self.context.event(&self.calendar, id, "").map(ask::one)
            }
            Some(Work::Behind(behind)) => behind.put_back.request(),
            Some(Work::Probe) => {
                let url = self.context.events(&self.calendar, "maxResults=1&fields=kind");
                url.map(ask::get)
            }
        };
        match request {
            Ok(request) => Next::Call(Box::new(request)),
            Err(failure) => Next::Done(Done::Failed(failure)),
        }
    }

    fn reply(&mut self, reply: Reply, out: &mut Outbox, now: Timestamp) -> Result<(), Failure> {
        let Some(work) = self.work.pop_front() else {
            return Ok(());
        };
        let failure = (!reply.is_success()).then(|| trouble::failure(&reply, Intent::Read, now));
        match failure {
            Some(failure) if failure.class == FailureClass::NotFound => {
                self.answer(work, None, out)?;
            }
            Some(failure) => self.failed(work, failure, out)?,
            None => self.answer(work, Some(&reply), out)?,
        }
        if self.work.is_empty() {
            self.finish(out);
        }
        Ok(())
    }

    fn broken(&mut self, failure: Failure) -> Result<(), Failure> {
        // What else keeps an answer away is no fault of what was asked for.
        let Some(work) = self.work.pop_front().filter(|_| came_in_part(&failure)) else {
            return Err(failure);
        };
        let mut said = core::mem::take(&mut self.said);
        self.failed(work, failure, &mut said)?;
        if self.work.is_empty() {
            self.finish(&mut said);
        }
        self.said = said;
        Ok(())
    }
}
