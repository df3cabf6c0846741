//! Changing an origin: the fields that are to be others, and nothing else. People are never among
//! them.

use std::sync::Arc;

use kalends_core::event::{Body, Content};
use kalends_core::ids::{ProviderId, Version};
use kalends_core::normalize::{same_line, same_text};
use kalends_core::provider::{Done, Failure, FailureClass, Item, Payload, ProviderOp, Stored};
use kalends_core::time::{Timestamp, When};
use kalends_kit::{Intent, Next, Outbox, Reply, Request, Script, after_write, as_ruled, say_same};
use serde_json::{Map, Value, json};

use super::create::{call, in_form, stored};
use super::parse;
use super::series::{Progress, Series, SeriesRead};
use crate::ask;
use crate::context::{Context, event_path, fail};
use crate::decode;
use crate::encode;
use crate::fault;
use crate::item;
use crate::mapping;
use crate::version::{Held, HeldKind, condition};
use crate::wire::event::{EventJson, EventKind};

/// Changes one origin.
#[derive(Debug)]
pub(crate) struct Patch {
    context: Arc<Context>,
    calendar: ProviderId,
    id: ProviderId,
    held: Held,
    base: Box<Body>,
    want: Box<Body>,
    /// What the event itself is to say.
    own: Map<String, Value>,
    /// What is to become of its instances.
    changes: Vec<Change>,
    /// How many of them were made.
    made: usize,
    /// The series with the instances that are to change, once it was read.
    series: Option<Box<Series>>,
    /// Whether something was written.
    wrote: bool,
    stage: Stage,
}

/// What is to become of an instance.
#[derive(Debug)]
struct Change {
    original: When,
    to: To,
}

#[derive(Debug)]
enum To {
    Cancel,
    Say(Map<String, Value>),
}

#[derive(Debug)]
enum Stage {
    Own,
    /// Which are the instances?
    Find(Box<SeriesRead>),
    /// What does the next one say now, and at which version? Every change gives the others another.
    Look(String),
    /// Where, at which version, and what is to be said there; nothing: it is cancelled.
    Instance {
        path: String,
        tag: Option<String>,
        body: Option<Value>,
    },
    Last(Box<SeriesRead>),
    Over(Done),
}

impl Patch {
    pub(crate) fn new(context: &Arc<Context>, op: &ProviderOp) -> Result<Self, Failure> {
        let ProviderOp::Patch { calendar, id, version, base, want, .. } = op else {
            return Err(fail(FailureClass::Unsupported, "graph.operation", "start another way"));
        };
        let restores = restores(base, want);
        let reshaped = restores || is_reshaped(base, want);
        let mut own = changed(&base.content, &want.content);
        if reshaped {
            own.extend(reshaping(want)?);
        }
        let changes = changes(base, want, reshaped)?;
        let mut this = Self {
            context: Arc::clone(context),
            calendar: calendar.clone(),
            id: id.clone(),
            held: Held::of(version),
            base: base.clone(),
            want: want.clone(),
            own,
            changes,
            made: 0,
            series: None,
            wrote: false,
            stage: Stage::Own,
        };
        if this.own.is_empty() {
            this.stage = this.after_own(version);
        }
        Ok(this)
    }

    /// The event says what it should: its instances follow, if any.
    fn after_own(&self, version: &Version) -> Stage {
        if self.changes.is_empty() {
            let (id, version) = (self.id.clone(), Some(version.clone()));
            let body = Some(self.want.clone());
            return Stage::Over(Done::Stored(Stored {
                id,
                version,
                body,
                resets_instances: false,
            }));
        }
        Stage::Find(Box::new(self.read()))
    }

    fn read(&self) -> SeriesRead {
        let originals = self.changes.iter().map(|change| change.original.clone()).collect();
        SeriesRead::new(&self.context, &self.calendar, &self.id.0, originals)
    }

    fn written(&mut self, reply: &Reply, now: Timestamp) -> Result<Stage, Failure> {
        let event: EventJson = parse::written(reply, now)?;
        self.wrote = true;
        if self.want.recurrence.is_some() {
            // What it says in the end is read, with its instances.
            let read = Box::new(self.read());
            return Ok(if self.changes.is_empty() { Stage::Last(read) } else { Stage::Find(read) });
        }
        let held = match self.held.kind {
            HeldKind::Instance => event.tag().map(Held::instance),
            HeldKind::Single | HeldKind::Series(_) => event.tag().map(Held::single),
        };
        let body = decode::whole(&event, &self.context.remembered.zone()).ok();
        let body = body.map(|read| read.body);
        let stored = stored(event.id, held.map(|held| held.version()), body)?;
        Ok(Stage::Over(Done::Stored(stored)))
    }

    fn found(&mut self, series: Box<Series>) -> Result<Stage, Failure> {
        // Where the event itself was not written, nothing has held to the version yet.
        let unheld = self.own.is_empty() && self.made == 0;
        if unheld && series.event.tag().as_deref() != Some(self.held.condition()?) {
            return Err(super::delete::stale());
        }
        let first = self.next_change(&series)?;
        self.series = Some(series);
        match first {
            Some(event) => self.change(&event),
            None => Ok(self.at_last()),
        }
    }

    /// The instance of the next change, as it was when the series was read. What is to be cancelled
    /// and is not there needs no change.
    fn next_change(&mut self, series: &Series) -> Result<Option<EventJson>, Failure> {
        while let Some(change) = self.changes.get(self.made) {
            let event = series.instance(&in_form(&series.body, &change.original));
            match (event.filter(|event| event.id.is_some()), &change.to) {
                (Some(event), _) => return Ok(Some(event.clone())),
                // The rule was written, and does not bring it back there: what stands in the end is said.
                (None, To::Say(_)) if self.wrote && was_cancelled(&self.base, &change.original) => {
                    self.made += 1;
                }
                (None, To::Say(_)) => return Err(no_instance()),
                (None, To::Cancel) => self.made += 1,
            }
        }
        Ok(None)
    }

    /// Changes one instance. What somebody else made of it meanwhile is not written over.
    fn change(&mut self, event: &EventJson) -> Result<Stage, Failure> {
        let change = self.changes.get(self.made).ok_or_else(no_instance)?;
        let series = self.series.as_ref().ok_or_else(no_instance)?;
        if !self.is_known(event, &change.original, &series.body) {
            return Err(super::delete::stale());
        }
        let body = match &change.to {
            To::Say(body) => Some(Value::Object(body.clone())),
            To::Cancel => None,
        };
        self.made += 1;
        let path = event_path(&self.calendar, event.id.as_deref().unwrap_or_default());
        Ok(Stage::Instance { path, tag: event.tag(), body })
    }

    /// The next change, once one was made.
    fn go_on(&mut self) -> Result<Stage, Failure> {
        let Some(series) = self.series.take() else { return Ok(self.at_last()) };
        let next = self.next_change(&series)?;
        self.series = Some(series);
        let id = next.and_then(|event| event.id);
        Ok(id.map_or_else(|| self.at_last(), Stage::Look))
    }

    fn looked(&mut self, reply: &Reply, now: Timestamp) -> Result<Stage, Failure> {
        if !parse::is_gone(reply, now) {
            return self.change(&parse::read(reply, now)?);
        }
        match self.changes.get(self.made).map(|change| &change.to) {
            Some(To::Say(_)) => Err(no_instance()),
            Some(To::Cancel) | None => {
                self.made += 1;
                self.go_on()
            }
        }
    }

    fn at_last(&self) -> Stage {
        Stage::Last(Box::new(self.read()))
    }

    /// Whether an instance is as the engine knew it, or as the series has it.
    fn is_known(&self, event: &EventJson, original: &When, series: &Body) -> bool {
        let original = &in_form(series, original);
        let exceptions = self.base.exceptions.iter();
        let mut known = exceptions.filter(|e| in_form(series, &e.original) == *original);
        let ruled = [&self.base, &self.want].map(|body| as_ruled(&body.content, original));
        match (event.event_kind(), decode::instance(event, &self.context.remembered.zone())) {
            (EventKind::Occurrence, _) => true,
            (EventKind::Exception, Ok(said)) => match known.next() {
                Some(known) => say_same(&said, &known.content),
                None => ruled.iter().any(|ruled| say_same(&said, ruled)),
            },
            (EventKind::Exception, Err(_)) | (EventKind::Single | EventKind::Master, _) => false,
        }
    }

    fn request(&self) -> Result<Option<Request>, Failure> {
        Ok(match &self.stage {
            Stage::Own => {
                let url = self.context.at(&event_path(&self.calendar, &self.id.0))?;
                let body = Value::Object(self.own.clone());
                Some(ask::patch(url, self.held.condition()?, &body))
            }
            Stage::Find(read) | Stage::Last(read) => read.request()?,
            Stage::Look(id) => {
                let path = format!("{}{}", event_path(&self.calendar, id), ask::event_query());
                Some(ask::get(self.context.at(&path)?))
            }
            Stage::Instance { path, tag, body } => {
                let (url, tag) = (self.context.at(path)?, condition(tag.as_deref())?);
                Some(match body {
                    Some(body) => ask::patch(url, tag, body),
                    None => ask::delete(url, tag),
                })
            }
            Stage::Over(_) => None,
        })
    }

    fn last(&self, series: Series) -> Result<Stage, Failure> {
        let id = series.event.id.clone();
        let item = item::series(series, &self.context.remembered.zone());
        let Item::Event(event) = item else {
            return Ok(Stage::Over(Done::Stored(stored(id, None, None)?)));
        };
        let (version, body) = match event.payload {
            Payload::Whole(body) => (event.version, Some(body)),
            Payload::Instance { .. } => (event.version, None),
        };
        Ok(Stage::Over(Done::Stored(stored(id, version, body)?)))
    }

    /// A failure, and whether nothing was done before it.
    fn told(&self, failure: Failure) -> Failure {
        if self.wrote { after_write(failure) } else { failure }
    }

    fn take(&mut self, reply: &Reply, now: Timestamp) -> Result<Stage, Failure> {
        match core::mem::replace(&mut self.stage, Stage::Own) {
            Stage::Own => self.written(reply, now),
            Stage::Find(mut read) => match read.reply(reply, now)? {
                Progress::More => Ok(Stage::Find(read)),
                Progress::Whole(series) => self.found(series),
                Progress::Unreadable(code) => Err(super::delete::unreadable(code)),
                Progress::Refused(failure) | Progress::Failed(failure) => Err(failure),
            },
            Stage::Last(mut read) => match read.reply(reply, now)? {
                Progress::More => Ok(Stage::Last(read)),
                Progress::Whole(series) => self.last(*series),
                Progress::Unreadable(code) => Err(super::delete::unreadable(code)),
                Progress::Refused(failure) | Progress::Failed(failure) => Err(failure),
            },
            Stage::Instance { .. } => {
                if !reply.is_success() && !parse::is_gone(reply, now) {
                    return Err(fault::failure(reply, Intent::Write, now));
                }
                self.wrote |= reply.is_success();
                self.go_on()
            }
            Stage::Look(_) => self.looked(reply, now),
            Stage::Over(done) => Ok(Stage::Over(done)),
        }
    }
}

impl Script for Patch {
    fn next(&mut self, _now: Timestamp) -> Next {
        if let Stage::Over(done) = &self.stage {
            return Next::Done(done.clone());
        }
        let request = self.request().and_then(|request| request.ok_or_else(no_instance));
        call(request.map_err(|failure| self.told(failure)))
    }

    fn reply(&mut self, reply: Reply, _out: &mut Outbox, now: Timestamp) -> Result<(), Failure> {
        self.stage = self.take(&reply, now).map_err(|failure| self.told(failure))?;
        Ok(())
    }

    fn broken(&mut self, failure: Failure) -> Result<(), Failure> {
        Err(self.told(failure))
    }
}

/// The fields that differ.
fn changed(base: &Content, want: &Content) -> Map<String, Value> {
    let mut all = Map::new();
    let mut put = |key: &str, value: Value| {
        all.insert(key.to_owned(), value);
    };
    if !same_line(&base.title, &want.title) {
        put("subject", json!(want.title));
    }
    if !same_text(&base.description, &want.description) {
        put("body", json!({ "contentType": "text", "content": want.description }));
    }
    if !same_line(&base.location, &want.location) {
        put("location", json!({ "displayName": want.location }));
    }
    if mapping::show_as(base) != mapping::show_as(want) {
        put("showAs", json!(mapping::show_as(want)));
    }
    if base.privacy != want.privacy {
        put("sensitivity", json!(mapping::sensitivity(want.privacy)));
    }
    if base.span != want.span {
        all.extend(encode::own_times(want));
    }
    all
}

fn reshaping(want: &Body) -> Result<Map<String, Value>, Failure> {
    match &want.recurrence {
        Some(_) => encode::series(want),
        None => Ok(encode::object([("recurrence", json!(null))])),
    }
}

/// Whether times or rule of a series are to be others.
fn is_reshaped(base: &Body, want: &Body) -> bool {
    match (&base.recurrence, &want.recurrence) {
        (None, None) => false,
        (Some(base_rule), Some(want_rule)) => {
            base.content.span != want.content.span
                || base_rule.rules != want_rule.rules
                || base_rule.extras != want_rule.extras
        }
        (Some(_), None) | (None, Some(_)) => true,
    }
}

fn was_cancelled(base: &Body, original: &When) -> bool {
    base.recurrence.as_ref().is_some_and(|recurrence| recurrence.excluded.contains(original))
}

/// Whether an instance that was cancelled is to take place again: only writing the rule does that, if
/// anything.
fn restores(base: &Body, want: &Body) -> bool {
    let (Some(base), Some(want)) = (&base.recurrence, &want.recurrence) else { return false };
    base.excluded.iter().any(|when| !want.excluded.contains(when))
}

/// What is to become of instances. Where the rule is written, all that is to differ from it.
fn changes(base: &Body, want: &Body, reshaped: bool) -> Result<Vec<Change>, Failure> {
    let Some(recurrence) = &want.recurrence else { return Ok(Vec::new()) };
    if want.exceptions.iter().any(|exception| exception.this_and_future) {
        let detail = "a change of all later instances cannot be written there: change the series";
        return Err(fail(FailureClass::Refused, "graph.this-and-future", detail));
    }
    let before = base.recurrence.as_ref().map_or(&[][..], |r| &r.excluded);
    let mut all = Vec::new();
    for original in &recurrence.excluded {
        if reshaped || !before.contains(original) {
            all.push(Change { original: original.clone(), to: To::Cancel });
        }
    }
    for exception in &want.exceptions {
        let original = &exception.original;
        let known = base.exceptions.iter().find(|e| e.original == *original && !reshaped);
        let from =
            known.map_or_else(|| as_ruled(&want.content, original), |known| known.content.clone());
        let fields = changed(&from, &exception.content);
        if !fields.is_empty() && !recurrence.excluded.contains(original) {
            all.push(Change { original: original.clone(), to: To::Say(fields) });
        }
    }
    let kept = |when: &When| want.exceptions.iter().any(|e| e.original == *when);
    for exception in base.exceptions.iter().filter(|_| !reshaped) {
        let original = &exception.original;
        let fields = changed(&exception.content, &as_ruled(&want.content, original));
        if !kept(original) && !recurrence.excluded.contains(original) && !fields.is_empty() {
            all.push(Change { original: original.clone(), to: To::Say(fields) });
        }
    }
    Ok(all)
}

fn no_instance() -> Failure {
    fail(FailureClass::Stale, "graph.no-instance", "the series has no such instance: read it again")
}
