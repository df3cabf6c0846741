//! Reading events by id.
//!
//! What is not there counts only once the calendar itself has answered. An instance whose series is
//! not there was invited alone, and is an event of its own. A series of ours is told after those of its
//! instances that were put back as it was, and are not as it is.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use kalends_core::event::Body;
use kalends_core::ids::ProviderId;
use kalends_core::provider::{Done, Failure, FailureClass, Item, ObjectName, Output, Payload};
use kalends_core::time::{Timestamp, Zone};
use kalends_kit::{Intent, Next, Outbox, Reply, Script};

use crate::ask;
use crate::context::{Context, calendar_gone};
use crate::item::{Reading, alone, item, removed};
use crate::list::not_json;
use crate::put_back::PutBack;
use crate::slot;
use crate::trouble;

/// Reads events of one calendar.
#[derive(Debug)]
pub(crate) struct Fetch {
    context: Arc<Context>,
    calendar: ProviderId,
    zone: Zone,
    work: VecDeque<Work>,
    /// Whether the calendar has answered, and what waits for that.
    answered: bool,
    missing: Vec<String>,
    /// Each series that was asked for, where it is there, and the instances that wait for that.
    series: BTreeMap<String, Option<Series>>,
    instances: Vec<Instance>,
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
        Self {
            zone: context.zone(calendar),
            work: work.collect(),
            context,
            calendar: calendar.clone(),
            answered: false,
            missing: Vec::new(),
            series: BTreeMap::new(),
            instances: Vec::new(),
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
        if behind.put_back.read(reply)? {
            self.work.push_front(Work::Behind(behind));
            return Ok(());
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

    /// All was read: what is still to be asked, or what is said at last.
    fn finish(&mut self, out: &mut Outbox) {
        let unknown = |one: &&Instance| !self.series.contains_key(&one.series);
        if let Some(one) = self.instances.iter().find(unknown) {
            self.work.push_back(Work::Judge(one.series.clone()));
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
        let request = match self.work.front() {
            None => return Next::Done(Done::Fetched),
            Some(Work::Read(id) | Work::Judge(id)) => {
                self.context.event(&self.calendar, id, "").map(ask::get)
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
        let absent = match failure {
            Some(failure) if failure.class != FailureClass::NotFound => return Err(failure),
            Some(_) => true,
            None => false,
        };
        match (work, absent) {
            (Work::Read(id), true) => {
                self.series.insert(id.clone(), None);
                self.missing.push(id);
            }
            (Work::Read(id), false) => {
                self.answered = true;
                self.found(&id, &reply.body, out)?;
            }
            (Work::Judge(id), true) => {
                self.series.insert(id, None);
            }
            (Work::Judge(id), false) => {
                let series = self.judged(&reply.body)?;
                self.series.insert(id, series);
            }
            (Work::Behind(behind), false) => self.searched(behind, &reply, out)?,
            (Work::Behind(_) | Work::Probe, true) => return Err(calendar_gone()),
            (Work::Probe, false) => self.answered = true,
        }
        if self.work.is_empty() {
            self.finish(out);
        }
        Ok(())
    }
}
