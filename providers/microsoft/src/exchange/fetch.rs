//! Reading events by name.
//!
//! What is not there counts only once the calendar itself has answered. A changed instance without
//! a mark of its own is read with its series: of a person's series it is a part.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use kalends_core::ids::ProviderId;
use kalends_core::provider::{Done, Failure, Item, ObjectName, Output, Payload};
use kalends_core::time::Timestamp;
use kalends_kit::{Next, Outbox, Reply, Request, Script, came_in_part};
use serde_json::{Map, Value};

use super::batch::{self, READS_MAX};
use super::instance;
use super::list::calendar_gone;
use super::parse::{self, Lack};
use super::series::{Progress, Series, SeriesRead};
use crate::ask;
use crate::context::{Context, calendar_path, event_path};
use crate::decode;
use crate::item;
use crate::mark::Marked;
use crate::version::Held;
use crate::wire::event::{EventJson, EventKind};
use crate::wire::page::PageJson;

/// How often an event is asked for that the server fails at.
const TRIES_MAX: u32 = 3;
/// How many events of one conversation may be given up once the calendar answers after them: where it
/// fails at more, they or the server may be ill, and it is to give an event first.
const GIVEN_UP_MAX: u32 = 3;

/// Reads events of one calendar.
#[derive(Debug)]
pub(crate) struct Fetch {
    context: Arc<Context>,
    calendar: ProviderId,
    work: VecDeque<Work>,
    /// What is said only once the calendar itself has answered.
    held: Vec<Item>,
    answered: bool,
    /// Series that were asked for.
    series: BTreeSet<String>,
    /// Changed instances that wait for their series, by it.
    waiting: BTreeMap<String, Vec<EventJson>>,
    /// Changed instances that were read alone, since a list did not say whose they are.
    alone: BTreeSet<String>,
    was_late: bool,
    /// How often the server failed at an event, by its name.
    failed: BTreeMap<String, u32>,
    /// How many events were given up because it did.
    given_up: u32,
}

#[derive(Debug)]
enum Work {
    Names(Vec<ObjectName>),
    /// A series whose instances are looked at, by the name and the version of its master.
    Series(Box<SeriesRead>, Box<EventJson>),
    Probe,
}

impl Fetch {
    pub(crate) fn new(context: &Arc<Context>, calendar: &ProviderId, names: &[ObjectName]) -> Self {
        let series = names.iter().filter_map(|name| match name {
            ObjectName::Known(id) => Some(id.0.clone()),
            ObjectName::Derived(_) => None,
        });
        Self {
            context: Arc::clone(context),
            calendar: calendar.clone(),
            work: names.chunks(READS_MAX).map(|some| Work::Names(some.to_vec())).collect(),
            held: Vec::new(),
            answered: false,
            series: series.collect(),
            waiting: BTreeMap::new(),
            alone: BTreeSet::new(),
            was_late: false,
            failed: BTreeMap::new(),
            given_up: 0,
        }
    }

    fn path(&self, name: &ObjectName) -> String {
        match name {
            ObjectName::Known(id) => {
                format!("{}{}", event_path(&self.calendar, &id.0), ask::event_query())
            }
            ObjectName::Derived(derived) => {
                format!("{}{}", ask::events_path(&self.calendar), ask::derived_query(derived))
            }
        }
    }

    fn request(&self) -> Result<Option<Request>, Failure> {
        match self.work.front() {
            Some(Work::Names(names)) => Ok(Some(match names.as_slice() {
                [name @ ObjectName::Known(_)] => ask::one(self.context.at(&self.path(name))?),
                [name @ ObjectName::Derived(_)] => ask::get(self.context.at(&self.path(name))?),
                names => {
                    let paths: Vec<String> = names.iter().map(|name| self.path(name)).collect();
                    batch::reads(&self.context, &paths)?
                }
            })),
            Some(Work::Series(read, _)) => read.request(),
            Some(Work::Probe) => {
                let path = if self.given_up > GIVEN_UP_MAX {
                    format!("{}{}", ask::events_path(&self.calendar), ask::ANY_QUERY)
                } else {
                    format!("{}?$select=id", calendar_path(&self.calendar))
                };
                Ok(Some(ask::get(self.context.at(&path)?)))
            }
            None => Ok(None),
        }
    }

    /// The answer to one name.
    fn named(
        &mut self,
        name: &ObjectName,
        reply: &Reply,
        out: &mut Outbox,
        now: Timestamp,
    ) -> Result<(), Failure> {
        match (reply.status(), name) {
            (200, ObjectName::Known(id)) => {
                let read: Result<Map<String, Value>, Failure> = parse::read(reply, now);
                let mut event = match read {
                    Ok(event) => event,
                    // Something between here and the server gave a page in its place.
                    Err(failure) => return self.failed_at(name, failure),
                };
                // What bears no name is what was asked for: it is not set aside under none.
                if !event.get("id").is_some_and(Value::is_string) {
                    event.insert("id".to_owned(), Value::from(&*id.0));
                }
                self.seen(Value::Object(event), out, now)?;
            }
            (200, ObjectName::Derived(_)) => {
                let page: PageJson = parse::read(reply, now)?;
                self.answered = true;
                if page.value.is_empty() {
                    self.held.push(item::removed(text(name)));
                }
                for value in page.value {
                    self.found(value, out, now)?;
                }
            }
            (_, _) => match parse::lack(reply, now)? {
                Lack::Gone => self.gone(text(name)),
                Lack::Ill(failure) => self.failed_at(name, failure)?,
                Lack::Refused(failure) => self.refused(name, failure)?,
            },
        }
        Ok(())
    }

    /// What is not there, unless instances of it are.
    fn gone(&mut self, id: &str) {
        let Some(orphans) = self.waiting.remove(id).filter(|orphans| !orphans.is_empty()) else {
            self.held.push(item::removed(id));
            return;
        };
        self.held.retain(|item| !matches!(item, Item::Removed { id: gone, .. } if gone.0 == id));
        self.held.push(item::masterless(id));
        self.held.extend(orphans.iter().map(orphan));
    }

    /// An event that the server fails at, or that comes in part or a page in its place, is asked for again,
    /// alone, a few times: then it is set aside, and its calendar goes on.
    fn failed_at(&mut self, name: &ObjectName, failure: Failure) -> Result<(), Failure> {
        if matches!(name, ObjectName::Derived(_)) {
            return Err(failure);
        }
        let times = self.failed.entry(text(name).to_owned()).or_default();
        *times += 1;
        if *times < TRIES_MAX {
            self.work.push_back(Work::Names(vec![name.clone()]));
            return Ok(());
        }
        let code = self.give_up(failure);
        self.held.push(item::refused(text(name), code));
        Ok(())
    }

    /// An event that is not given is set aside. Of one that may not even be there nothing is known then,
    /// and it may be.
    fn refused(&mut self, name: &ObjectName, failure: Failure) -> Result<(), Failure> {
        match name {
            ObjectName::Known(id) => {
                self.held.push(item::refused(&id.0, failure.code));
                Ok(())
            }
            ObjectName::Derived(_) => Err(failure),
        }
    }

    /// The code of a failure for good, once the server has answered something else after it.
    fn give_up(&mut self, failure: Failure) -> String {
        self.given_up += 1;
        self.answered = false;
        failure.code
    }

    /// One found by its derived id: of a series the rest is read by its id.
    fn found(&mut self, value: Value, out: &mut Outbox, now: Timestamp) -> Result<(), Failure> {
        let event: EventJson = serde_json::from_value(value.clone()).unwrap_or_default();
        match (event.event_kind(), event.id) {
            (EventKind::Master, Some(id)) => {
                self.series.insert(id.clone());
                self.work.push_back(Work::Names(vec![ObjectName::Known(ProviderId(id))]));
            }
            (_, _) => self.seen(value, out, now)?,
        }
        Ok(())
    }

    fn seen(&mut self, value: Value, out: &mut Outbox, now: Timestamp) -> Result<(), Failure> {
        self.answered = true;
        let event: EventJson = match serde_json::from_value(value.clone()) {
            Ok(event) => event,
            Err(_) => {
                let id = value.get("id").and_then(Value::as_str).map(str::to_owned);
                let event = EventJson { id, ..EventJson::default() };
                out.push_back(Output::Item(item::unreadable(&event, "graph.json", &value)));
                return Ok(());
            }
        };
        match event.event_kind() {
            EventKind::Single => out.push_back(Output::Item(self.single(&event, &value))),
            EventKind::Master => self.master(event, &value, out, now)?,
            EventKind::Exception => self.exception(event, &value, out),
            EventKind::Occurrence if event.series_master_id.is_none() => {
                out.push_back(Output::Item(item::unreadable(&event, "graph.no-master", &value)));
            }
            // As its series has it: no object of its own.
            EventKind::Occurrence => {
                self.held.push(item::as_ruled(&event.id.unwrap_or_default()));
            }
        }
        Ok(())
    }

    fn single(&self, event: &EventJson, raw: &Value) -> Item {
        match decode::whole(event, &self.context.remembered.zone()) {
            Ok(decoded) => {
                let version = event.tag().map(|tag| Held::single(tag).version());
                let payload = Payload::Whole(decoded.body);
                item::item(event, Marked::of(event), payload, version, decoded.doubts)
            }
            Err(code) => item::unreadable(event, code, raw),
        }
    }

    fn master(
        &mut self,
        event: EventJson,
        raw: &Value,
        out: &mut Outbox,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let named = EventJson { id: event.id.clone(), etag: event.tag(), ..EventJson::default() };
        let (read, progress) = SeriesRead::from_master(&self.context, &self.calendar, event, now)?;
        self.progress((Box::new(read), Box::new(named)), progress, raw, out)
    }

    fn progress(
        &mut self,
        (read, named): (Box<SeriesRead>, Box<EventJson>),
        progress: Progress,
        raw: &Value,
        out: &mut Outbox,
    ) -> Result<(), Failure> {
        let code = match progress {
            Progress::More => {
                self.work.push_front(Work::Series(read, named));
                return Ok(());
            }
            Progress::Whole(series) => {
                self.whole(*series, out);
                return Ok(());
            }
            Progress::Unreadable(code) => code.to_owned(),
            Progress::Refused(failure) => failure.code,
            Progress::Failed(failure) => {
                let code = self.give_up(failure);
                // Without a version: it is read again whenever it is named.
                let named = EventJson { id: named.id, ..EventJson::default() };
                self.held.push(item::unreadable(&named, &code, raw));
                return Ok(());
            }
        };
        out.push_back(Output::Item(item::unreadable(&named, &code, raw)));
        Ok(())
    }

    /// A series that was read; before one of ours, what became of its instances, those that waited
    /// for it among them. Of one that is listed without properties nobody knows whose it is: it is
    /// read alone first.
    fn whole(&mut self, series: Series, out: &mut Outbox) {
        let id = series.event.id.clone().unwrap_or_default();
        let mailbox = self.context.remembered.zone();
        if !item::is_ours(&series.event) {
            self.waiting.remove(&id);
            out.push_back(Output::Item(item::series(series, &mailbox)));
            return;
        }
        let waiting = self.waiting.remove(&id).unwrap_or_default();
        let waited = |event: &EventJson| waiting.iter().any(|other| other.id == event.id);
        let listed: Vec<&EventJson> = series
            .exceptions()
            .map(|(_, event)| event)
            .filter(|event| !waited(event))
            .filter(|event| event.id.as_ref().is_some_and(|id| !self.alone.contains(id)))
            .collect();
        let unknown = listed.iter().filter(|event| !event.shows_properties());
        let unknown: Vec<String> = unknown.filter_map(|event| event.id.clone()).collect();
        if !unknown.is_empty() {
            let named = |id: &String| Work::Names(vec![ObjectName::Known(ProviderId(id.clone()))]);
            self.work.extend(unknown.iter().chain([&id]).map(named));
            self.alone.extend(unknown);
            self.waiting.insert(id, waiting);
            return;
        }
        for event in waiting.iter().chain(listed) {
            out.push_back(Output::Item(if instance::is_ours(event) {
                instance::marked(event, Marked::of(event), &mailbox)
            } else {
                instance::of_ours(event, &series.body, &mailbox)
            }));
        }
        out.push_back(Output::Item(item::series(series, &mailbox)));
    }

    fn exception(&mut self, event: EventJson, raw: &Value, out: &mut Outbox) {
        let Some(series) = event.series_master_id.clone() else {
            out.push_back(Output::Item(item::unreadable(&event, "graph.no-master", raw)));
            return;
        };
        if instance::is_ours(&event) {
            let mailbox = self.context.remembered.zone();
            out.push_back(Output::Item(instance::marked(&event, Marked::of(&event), &mailbox)));
            return;
        }
        self.waiting.entry(series.clone()).or_default().push(event);
        // Asked for already, it comes or came; where it came, what was changed came with it.
        if self.series.insert(series.clone()) {
            self.work.push_back(Work::Names(vec![ObjectName::Known(ProviderId(series))]));
        }
    }

    fn probed(&mut self, reply: &Reply, now: Timestamp) -> Result<(), Failure> {
        if parse::is_gone(reply, now) {
            return Err(calendar_gone());
        }
        let _: Value = parse::read(reply, now)?;
        self.answered = true;
        Ok(())
    }

    /// Changed instances whose series was read before them: it is read once more.
    fn late(&mut self) {
        if core::mem::replace(&mut self.was_late, true) {
            let lost = core::mem::take(&mut self.waiting).into_values().flatten();
            self.held.extend(lost.map(|event| orphan(&event)));
            return;
        }
        for series in self.waiting.keys() {
            self.work.push_back(Work::Names(vec![ObjectName::Known(ProviderId(series.clone()))]));
        }
    }
}

impl Script for Fetch {
    fn next(&mut self, _now: Timestamp) -> Next {
        if self.work.is_empty() && !self.waiting.is_empty() {
            self.late();
        }
        if self.work.is_empty() && !self.held.is_empty() {
            // Whatever is held yet was not said to be there.
            self.work.push_back(Work::Probe);
        }
        match self.request() {
            Ok(Some(request)) => Next::Call(Box::new(request)),
            Ok(None) => Next::Done(Done::Fetched),
            Err(failure) => Next::Done(Done::Failed(failure)),
        }
    }

    fn counts(&self) -> u32 {
        match self.work.front() {
            Some(Work::Names(names)) => u32::try_from(names.len()).unwrap_or(1),
            Some(Work::Series(..) | Work::Probe) | None => 1,
        }
    }

    fn reply(&mut self, reply: Reply, out: &mut Outbox, now: Timestamp) -> Result<(), Failure> {
        match self.work.pop_front() {
            Some(Work::Names(names)) if names.len() == 1 => {
                self.named(&names[0], &reply, out, now)?;
            }
            Some(Work::Names(names)) => {
                let answers = batch::answers(&reply, names.len(), now)?;
                for (name, answer) in names.into_iter().zip(answers) {
                    match answer {
                        Some(answer) => self.named(&name, &answer, out, now)?,
                        None => self.work.push_back(Work::Names(vec![name])),
                    }
                }
            }
            Some(Work::Series(mut read, named)) => {
                let progress = read.reply(&reply, now)?;
                self.progress((read, named), progress, &Value::Null, out)?;
            }
            Some(Work::Probe) => self.probed(&reply, now)?,
            None => {}
        }
        let waits = !self.work.is_empty() || !self.waiting.is_empty();
        if !waits && self.answered {
            out.extend(self.held.drain(..).map(Output::Item));
        }
        Ok(())
    }

    fn broken(&mut self, failure: Failure) -> Result<(), Failure> {
        if !came_in_part(&failure) {
            return Err(failure);
        }
        match self.work.pop_front() {
            Some(Work::Names(names)) if names.len() == 1 => self.failed_at(&names[0], failure),
            // Which of them it is shows where each is asked for alone.
            Some(Work::Names(names)) => {
                self.work.extend(names.into_iter().map(|name| Work::Names(vec![name])));
                Ok(())
            }
            Some(Work::Series(mut read, named)) => {
                let progress = read.broken(failure)?;
                // It goes on, or is held: nothing comes out by it.
                self.progress((read, named), progress, &Value::Null, &mut Outbox::new())
            }
            Some(Work::Probe) | None => Err(failure),
        }
    }
}

/// What an object is asked for by.
fn text(name: &ObjectName) -> &str {
    match name {
        ObjectName::Known(id) => &id.0,
        ObjectName::Derived(derived) => derived,
    }
}

/// A changed instance whose series cannot be read.
fn orphan(event: &EventJson) -> Item {
    item::unreadable(event, "graph.no-master", &Value::Null)
}
