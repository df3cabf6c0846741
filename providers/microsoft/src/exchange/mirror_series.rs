//! Writing a series of ours: its master, and then the instances that are to be missing.
//!
//! The times and the rule are written only where they are to be others: writing them makes every
//! instance as the series has it again, and nothing else brings a cancelled one back. A changed one
//! that stays all the same is made as the series has it one by one.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use kalends_core::event::Body;
use kalends_core::ids::{ProviderId, Version};
use kalends_core::provider::{Done, Failure, FailureClass, MirrorDoc, Stored};
use kalends_core::time::{Timestamp, When};
use kalends_kit::{Intent, Next, Outbox, Reply, Request, Script, after_write, as_ruled, say_same};
use serde_json::{Map, Value};

use super::create::{call, created, in_form, post, stored};
use super::instance;
use super::left_over::{LeftOver, PutBack};
use super::parse;
use super::series::{Progress, Series, SeriesRead};
use crate::ask;
use crate::context::{Context, event_path, fail};
use crate::decode;
use crate::encode;
use crate::fault;
use crate::item::series_version;
use crate::mark;
use crate::version::{Held, HeldKind, SeriesSketch, condition};
use crate::wire::event::{EventJson, EventKind};
use crate::wire::recurrence::RecurrenceJson;

/// How often instances that are to go are looked for: what comes back each time stays.
const SWEEPS_MAX: u32 = 3;

/// Creates or replaces one series.
#[derive(Debug)]
pub(crate) struct MirrorSeries {
    context: Arc<Context>,
    calendar: ProviderId,
    doc: Box<MirrorDoc>,
    /// The object; `None`: it is yet to be created.
    id: Option<String>,
    /// The version it must have; `None`: it is created.
    held: Option<Held>,
    /// The changed instances that the engine has seen, with their tags.
    seen: BTreeMap<String, String>,
    /// Whether times and rule are written.
    shapes: bool,
    /// Whether another rule was written before, so that what was cancelled comes back.
    restores: bool,
    /// How often instances were looked for that are to go.
    sweeps: u32,
    /// Whether it says something else than it is to say, times and rule apart.
    lags: bool,
    /// The changed instances that other times or another rule are to take back.
    changed: LeftOver,
    /// Whether something was written.
    wrote: bool,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// What is missing of it now?
    Before(Box<SeriesRead>),
    /// Which version are these instances at, by their ids? The rule to be shaken then.
    Look(VecDeque<String>, Option<Box<RecurrenceJson>>),
    /// All but times and rule, since those wait until the engine has seen what became of instances:
    /// what is to be hidden does not. Under a mark that says so.
    Text,
    /// Another rule, for a moment: the same one would bring nothing back.
    Shake(Box<RecurrenceJson>),
    Write,
    /// Which instances are there that should not be, and what is it then?
    After(Box<SeriesRead>),
    /// This instance goes, at this version; then the others, as they were when the series was read.
    Cancel(String, Option<String>, VecDeque<EventJson>),
    /// What is the next one now, and at which version? Every deletion gives the others another one.
    Tag(Box<EventJson>, VecDeque<EventJson>),
    /// This instance is as it was all the same: it is made as the series has it, or goes where that has
    /// none on its day; after a look at it where the list did not say at which version it is.
    PutBack(Box<PutBack>),
    Over(Done),
}

impl MirrorSeries {
    pub(crate) fn create(
        context: &Arc<Context>,
        calendar: &ProviderId,
        doc: Box<MirrorDoc>,
    ) -> Self {
        let (context, calendar) = (Arc::clone(context), calendar.clone());
        Self {
            context,
            calendar,
            doc,
            id: None,
            held: None,
            seen: BTreeMap::new(),
            shapes: true,
            restores: false,
            sweeps: 0,
            lags: false,
            changed: LeftOver::default(),
            wrote: false,
            stage: Stage::Write,
        }
    }

    pub(crate) fn replace(
        context: &Arc<Context>,
        (calendar, id): (&ProviderId, &ProviderId),
        (version, seen): (&Version, &[(ProviderId, Version)]),
        doc: Box<MirrorDoc>,
    ) -> Self {
        let held = Held::of(version);
        let want = SeriesSketch::of(&doc.body, &[]);
        let mut this = Self::create(context, calendar, doc);
        match &held.kind {
            HeldKind::Series(is) => {
                this.shapes = is.shape != want.shape;
                if this.shapes || is.holes != want.holes {
                    this.stage = Stage::Before(Box::new(this.read(&id.0)));
                }
            }
            HeldKind::Single | HeldKind::Instance => {}
        }
        this.id = Some(id.0.clone());
        this.held = Some(held);
        let tagged = |(id, version): &(ProviderId, Version)| (id.0.clone(), Held::of(version).etag);
        this.seen = seen.iter().map(tagged).collect();
        this
    }

    fn excluded(&self) -> &[When] {
        self.doc.body.recurrence.as_ref().map_or(&[], |recurrence| &recurrence.excluded)
    }

    fn read(&self, id: &str) -> SeriesRead {
        SeriesRead::new(&self.context, &self.calendar, id, self.excluded().to_vec())
    }

    fn request(&self) -> Result<Option<Request>, Failure> {
        match &self.stage {
            Stage::Before(read) | Stage::After(read) => read.request(),
            Stage::Look(suspects, _) => {
                let id = suspects.front().map(String::as_str).unwrap_or_default();
                let path = format!("{}{}", event_path(&self.calendar, id), ask::event_query());
                Ok(Some(ask::get(self.context.at(&path)?)))
            }
            Stage::Text => self.patch(&Value::Object(self.fields(Some(mark::IN_PART)))).map(Some),
            Stage::Shake(other) => {
                let mut body = self.fields(Some(mark::IN_PART));
                body.insert("recurrence".to_owned(), serde_json::json!(other));
                self.patch(&Value::Object(body)).map(Some)
            }
            Stage::Write => self.write().map(Some),
            Stage::Cancel(id, tag, _) => {
                let url = self.context.at(&event_path(&self.calendar, id))?;
                Ok(Some(ask::delete(url, condition(tag.as_deref())?)))
            }
            Stage::Tag(doomed, _) => {
                let id = doomed.id.as_deref().unwrap_or_default();
                let path = format!("{}{}", event_path(&self.calendar, id), ask::event_query());
                Ok(Some(ask::get(self.context.at(&path)?)))
            }
            Stage::PutBack(left) => left.request(&self.context, &self.calendar).map(Some),
            Stage::Over(_) => Ok(None),
        }
    }

    fn patch(&self, body: &Value) -> Result<Request, Failure> {
        let (id, held) = self.id.as_ref().zip(self.held.as_ref()).ok_or_else(in_part)?;
        let url = self.context.at(&event_path(&self.calendar, id))?;
        Ok(ask::patch(url, held.condition()?, body))
    }

    fn write(&self) -> Result<Request, Failure> {
        let shape = if self.shapes { encode::series(&self.doc.body)? } else { Map::new() };
        if self.held.is_none() {
            let mut body = encode::fields(&self.doc.body.content);
            body.extend(shape);
            return post(&self.context, &self.calendar, &self.doc, body);
        }
        let mut body = self.fields(None);
        body.extend(shape);
        self.patch(&Value::Object(body))
    }

    /// What it is to say, times and rule apart, under its mark.
    fn fields(&self, series: Option<&str>) -> Map<String, Value> {
        let mut body = encode::fields(&self.doc.body.content);
        let properties = mark::properties(&self.doc.mark, &self.doc.derived, series);
        body.insert("singleValueExtendedProperties".to_owned(), properties);
        body
    }

    /// What is missing and should not be comes back with another rule alone. No rule is written
    /// over what a person made of an instance: the engine sees that first.
    fn before(&mut self, series: &Series) -> Result<Stage, Failure> {
        let tag = series.event.tag();
        if self.held.as_ref().is_none_or(|held| tag.as_ref() != Some(&held.etag)) {
            return Err(super::delete::stale());
        }
        let restores = !self.shapes && self.misses(series);
        self.shapes |= restores;
        let suspects = if self.shapes { self.not_seen(series) } else { Vec::new() };
        if self.shapes {
            self.changed = LeftOver::of(series);
        }
        self.lags = !self.says_as_wanted(series);
        if suspects.iter().any(|event| event.tag().is_some()) {
            return self.waits();
        }
        let suspects = suspects.into_iter().filter_map(|event| event.id.clone()).collect();
        let same = restores.then(|| encode::pattern(&self.doc.body)).transpose()?;
        Ok(Self::looked_at(suspects, same.map(Box::new)))
    }

    /// After all were looked at of which a list does not say at which version they are.
    fn looked_at(suspects: VecDeque<String>, restored: Option<Box<RecurrenceJson>>) -> Stage {
        match (suspects.is_empty(), restored) {
            (false, restored) => Stage::Look(suspects, restored),
            (true, Some(same)) => Stage::Shake(Box::new(same.shaken())),
            (true, None) => Stage::Write,
        }
    }

    fn looked(
        &self,
        (mut suspects, restored): (VecDeque<String>, Option<Box<RecurrenceJson>>),
        reply: &Reply,
        now: Timestamp,
    ) -> Result<Stage, Failure> {
        if !parse::is_gone(reply, now) && !self.is_seen(&parse::read(reply, now)?) {
            return self.waits();
        }
        suspects.pop_front();
        Ok(Self::looked_at(suspects, restored))
    }

    /// Times and rule wait until the engine has read what became of the instances.
    fn waits(&self) -> Result<Stage, Failure> {
        if self.lags { Ok(Stage::Text) } else { Err(super::delete::stale()) }
    }

    fn texted(reply: &Reply, now: Timestamp) -> Result<Stage, Failure> {
        let _: EventJson = parse::written(reply, now)?;
        // It bears what became of it: nothing is unknown.
        Err(super::delete::stale())
    }

    /// The instances that are neither as the series has it nor at a version that the engine knows,
    /// our own among them: a person's change keeps our mark.
    fn not_seen<'a>(&self, series: &'a Series) -> Vec<&'a EventJson> {
        let mailbox = self.context.remembered.zone();
        let is_unknown = |(original, event): &(&When, &EventJson)| {
            let ruled = as_ruled(&series.body.content, original);
            let said = decode::instance(event, &mailbox);
            !self.is_seen(event) && !said.is_ok_and(|said| say_same(&said, &ruled))
        };
        series.exceptions().filter(is_unknown).map(|(_, event)| event).collect()
    }

    fn is_seen(&self, event: &EventJson) -> bool {
        let known = event.id.as_ref().and_then(|id| self.seen.get(id));
        known.is_some() && known == event.tag().as_ref()
    }

    fn says_as_wanted(&self, series: &Series) -> bool {
        instance::same_texts(&series.body.content, &self.doc.body.content)
    }

    /// Whether an instance is missing that should be there.
    fn misses(&self, series: &Series) -> bool {
        let wanted: Vec<When> =
            self.excluded().iter().map(|when| in_form(&series.body, when)).collect();
        let missing = series.body.recurrence.as_ref().map_or(&[][..], |r| &r.excluded);
        missing.iter().any(|when| !wanted.contains(when))
    }

    fn shook(&mut self, reply: &Reply, now: Timestamp) -> Result<Stage, Failure> {
        let event: EventJson = parse::written(reply, now)?;
        let etag = event.tag().ok_or_else(in_part)?;
        self.held = Some(Held::single(etag));
        self.wrote = true;
        self.restores = true;
        Ok(Stage::Write)
    }

    fn written(&mut self, reply: &Reply, now: Timestamp) -> Result<Stage, Failure> {
        let event: EventJson = match self.held {
            Some(_) => parse::written(reply, now)?,
            None => created((&self.context, &self.doc), reply, now)?,
        };
        self.wrote = true;
        let id = event.id.clone().unwrap_or_default();
        self.id = Some(id.clone());
        let decoded = decode::whole(&event, &self.context.remembered.zone());
        let Some(mut body) = decoded.ok().map(|read| read.body).filter(is_series) else {
            return Ok(Stage::After(Box::new(self.read(&id))));
        };
        let excludes = !self.excluded().is_empty() && (self.shapes || self.holes_differ());
        if excludes || self.restores || !self.changed.is_empty() {
            return Ok(Stage::After(Box::new(self.read(&id))));
        }
        // Nothing of its instances has changed: what is missing is what was to be.
        let excluded: Vec<When> = self.excluded().iter().map(|when| in_form(&body, when)).collect();
        if let Some(recurrence) = &mut body.recurrence {
            recurrence.excluded = excluded;
        }
        Ok(Stage::Over(self.done(event, body)?))
    }

    fn holes_differ(&self) -> bool {
        let want = SeriesSketch::of(&self.doc.body, &[]);
        match &self.held {
            Some(Held { kind: HeldKind::Series(is), .. }) => is.holes != want.holes,
            Some(_) | None => true,
        }
    }

    /// The instances that are there and should not be go; then it is looked whether they went.
    fn after(&mut self, series: Series) -> Result<Stage, Failure> {
        let wanted = self.excluded().iter().map(|when| in_form(&series.body, when));
        let there = |when: When| series.instance(&when);
        let there = wanted.filter_map(there).filter(|event| event.id.is_some());
        let mut doomed: VecDeque<EventJson> = there.cloned().collect();
        if let Some(first) = doomed.pop_front() {
            self.sweeps += 1;
            if self.sweeps > SWEEPS_MAX {
                return Err(in_part());
            }
            let (id, tag) = (first.id.clone().unwrap_or_default(), first.tag());
            return Ok(Stage::Cancel(id, tag, doomed));
        }
        if let Some(left) = self.changed.next(&series, &self.context.remembered.zone()) {
            return Ok(Stage::PutBack(Box::new(left)));
        }
        if self.restores && self.misses(&series) {
            let detail = "a cancelled instance does not come back there: delete the series there";
            return Err(fail(FailureClass::Refused, "graph.cancelled-for-good", detail));
        }
        Ok(Stage::Over(self.done(series.event, series.body)?))
    }

    fn cancelled(
        &mut self,
        rest: VecDeque<EventJson>,
        reply: &Reply,
        now: Timestamp,
    ) -> Result<Stage, Failure> {
        if !reply.is_success() && !parse::is_gone(reply, now) {
            return Err(fault::failure(reply, Intent::Write, now));
        }
        self.wrote |= reply.is_success();
        Ok(self.next_doomed(rest))
    }

    fn put_back(&mut self, left: PutBack, reply: &Reply, now: Timestamp) -> Result<Stage, Failure> {
        if left.event.tag().is_some() || parse::is_gone(reply, now) {
            return self.cancelled(VecDeque::new(), reply, now);
        }
        let event: EventJson = parse::read(reply, now)?;
        if event.event_kind() == EventKind::Occurrence {
            // As the series has it by now.
            return Ok(self.next_doomed(VecDeque::new()));
        }
        if event.tag().is_none() || !self.is_same(&left.event, &event) {
            return Err(super::delete::stale());
        }
        Ok(Stage::PutBack(Box::new(PutBack { event, ..left })))
    }

    fn next_doomed(&self, mut rest: VecDeque<EventJson>) -> Stage {
        match rest.pop_front() {
            Some(doomed) => Stage::Tag(Box::new(doomed), rest),
            None => Stage::After(Box::new(self.read(self.id.as_deref().unwrap_or_default()))),
        }
    }

    /// What somebody made of an instance since the series was read is not deleted unseen.
    fn tagged(
        &self,
        (doomed, rest): (Box<EventJson>, VecDeque<EventJson>),
        reply: &Reply,
        now: Timestamp,
    ) -> Result<Stage, Failure> {
        if parse::is_gone(reply, now) {
            return Ok(self.next_doomed(rest));
        }
        let event: EventJson = parse::read(reply, now)?;
        if !self.is_same(&doomed, &event) {
            return Err(super::delete::stale());
        }
        Ok(Stage::Cancel(doomed.id.unwrap_or_default(), event.tag(), rest))
    }

    /// Whether an instance still is what it was, whatever its version: as its series has it, or
    /// changed to the same.
    fn is_same(&self, before: &EventJson, now: &EventJson) -> bool {
        let said = |event| decode::instance(event, &self.context.remembered.zone());
        match (before.event_kind(), now.event_kind()) {
            (_, EventKind::Occurrence) => true,
            (EventKind::Exception, EventKind::Exception) => {
                said(before).ok().zip(said(now).ok()).is_some_and(|(a, b)| say_same(&a, &b))
            }
            (
                EventKind::Occurrence | EventKind::Single | EventKind::Master,
                EventKind::Exception,
            )
            | (_, EventKind::Single | EventKind::Master) => false,
        }
    }

    fn done(&self, event: EventJson, body: Body) -> Result<Done, Failure> {
        let version = series_version(&event, &body, &[]);
        let stored: Stored = stored(event.id, version, Some(body))?;
        let resets_instances = self.shapes && self.held.is_some();
        Ok(Done::Stored(Stored { resets_instances, ..stored }))
    }

    /// A failure, and whether nothing was done before it.
    fn told(&self, failure: Failure) -> Failure {
        if self.wrote && failure.class == FailureClass::Stale {
            // What stands there now nobody wanted so, and no person need have made it.
            return Failure { class: FailureClass::Unknown, ..failure };
        }
        if self.wrote { after_write(failure) } else { failure }
    }

    fn take(&mut self, stage: Stage, reply: &Reply, now: Timestamp) -> Result<Stage, Failure> {
        match stage {
            Stage::Look(suspects, restored) => self.looked((suspects, restored), reply, now),
            Stage::Text => Self::texted(reply, now),
            Stage::Shake(_) => self.shook(reply, now),
            Stage::Write => self.written(reply, now),
            Stage::Cancel(.., rest) => self.cancelled(rest, reply, now),
            Stage::PutBack(left) => self.put_back(*left, reply, now),
            Stage::Tag(doomed, rest) => self.tagged((doomed, rest), reply, now),
            Stage::Over(done) => Ok(Stage::Over(done)),
            Stage::Before(mut read) => match whole(&mut read, reply, now)? {
                Some(series) => self.before(&series),
                None => Ok(Stage::Before(read)),
            },
            Stage::After(mut read) => match whole(&mut read, reply, now)? {
                Some(series) => self.after(*series),
                None => Ok(Stage::After(read)),
            },
        }
    }
}

impl Script for MirrorSeries {
    fn next(&mut self, _now: Timestamp) -> Next {
        if let Stage::Over(done) = &self.stage {
            return Next::Done(done.clone());
        }
        let request = self.request().and_then(|request| request.ok_or_else(in_part));
        call(request.map_err(|failure| self.told(failure)))
    }

    fn reply(&mut self, reply: Reply, _out: &mut Outbox, now: Timestamp) -> Result<(), Failure> {
        let stage = core::mem::replace(&mut self.stage, Stage::Write);
        self.stage = self.take(stage, &reply, now).map_err(|failure| self.told(failure))?;
        Ok(())
    }

    fn broken(&mut self, failure: Failure) -> Result<(), Failure> {
        Err(self.told(failure))
    }
}

/// The series, once all of it was read.
fn whole(
    read: &mut SeriesRead,
    reply: &Reply,
    now: Timestamp,
) -> Result<Option<Box<Series>>, Failure> {
    match read.reply(reply, now)? {
        Progress::More => Ok(None),
        Progress::Whole(series) => Ok(Some(series)),
        Progress::Unreadable(code) => Err(super::delete::unreadable(code)),
        Progress::Refused(failure) | Progress::Failed(failure) => Err(failure),
    }
}

fn is_series(body: &Body) -> bool {
    body.recurrence.is_some()
}

fn in_part() -> Failure {
    fail(FailureClass::Unknown, "graph.in-part", "a part was written: read it before trying again")
}
