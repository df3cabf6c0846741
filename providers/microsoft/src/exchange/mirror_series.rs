//! Writing a series of ours: its master, and then the instances that are to be missing.
//!
//! The times and the rule are written only where they are to be others: writing them makes every
//! instance as the series has it again, and nothing else brings a cancelled one back.

use std::sync::Arc;

use kalends_core::event::Body;
use kalends_core::ids::{ProviderId, Version};
use kalends_core::provider::{Done, Failure, FailureClass, MirrorDoc, Stored};
use kalends_core::time::{Timestamp, When};
use kalends_kit::{Intent, Next, Outbox, Reply, Request, Script};
use serde_json::Value;

use super::batch::{self, DELETES_MAX};
use super::create::{call, created, in_form, post, stored};
use super::parse;
use super::series::{Progress, Series, SeriesRead};
use crate::ask;
use crate::context::{Context, event_path, fail};
use crate::decode;
use crate::encode;
use crate::fault;
use crate::item::series_version;
use crate::mark;
use crate::version::{Held, HeldKind, SeriesSketch};
use crate::wire::event::EventJson;

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
    /// Whether times and rule are written.
    shapes: bool,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// What is missing of it now?
    Before(Box<SeriesRead>),
    Write,
    /// Which instances are there that should not be?
    After(Box<SeriesRead>),
    /// These go, some at a time.
    Cancel(Vec<String>),
    /// What is it in the end?
    Last(Box<SeriesRead>),
    Over(Done),
}

impl MirrorSeries {
    pub(crate) fn create(
        context: &Arc<Context>,
        calendar: &ProviderId,
        doc: Box<MirrorDoc>,
    ) -> Self {
        let (context, calendar) = (Arc::clone(context), calendar.clone());
        Self { context, calendar, doc, id: None, held: None, shapes: true, stage: Stage::Write }
    }

    pub(crate) fn replace(
        context: &Arc<Context>,
        (calendar, id): (&ProviderId, &ProviderId),
        version: &Version,
        doc: Box<MirrorDoc>,
    ) -> Self {
        let held = Held::of(version);
        let want = SeriesSketch::of(&doc.body, &[]);
        let mut this = Self::create(context, calendar, doc);
        match &held.kind {
            HeldKind::Series(is) => {
                this.shapes = is.shape != want.shape;
                if !this.shapes && is.holes != want.holes {
                    this.stage = Stage::Before(Box::new(this.read(&id.0)));
                }
            }
            HeldKind::Single | HeldKind::Instance => {}
        }
        this.id = Some(id.0.clone());
        this.held = Some(held);
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
            Stage::Before(read) | Stage::After(read) | Stage::Last(read) => read.request(),
            Stage::Write => self.write().map(Some),
            Stage::Cancel(paths) => {
                let some = &paths[..paths.len().min(DELETES_MAX)];
                batch::deletes(&self.context, some).map(Some)
            }
            Stage::Over(_) => Ok(None),
        }
    }

    fn write(&self) -> Result<Request, Failure> {
        let mut body = encode::fields(&self.doc.body.content);
        if self.shapes {
            body.extend(encode::series(&self.doc.body)?);
        }
        let Some((id, held)) = self.id.as_ref().zip(self.held.as_ref()) else {
            return post(&self.context, &self.calendar, &self.doc, body);
        };
        let properties = mark::properties(&self.doc.mark, &self.doc.derived, None);
        body.insert("singleValueExtendedProperties".to_owned(), properties);
        let url = self.context.at(&event_path(&self.calendar, id))?;
        Ok(ask::patch(url, Some(&held.etag), &Value::Object(body)))
    }

    /// What is missing and should not be comes back with the rule alone.
    fn before(&mut self, series: &Series) -> Result<Stage, Failure> {
        let wanted: Vec<When> =
            self.excluded().iter().map(|when| in_form(&series.body, when)).collect();
        let missing = series.body.recurrence.as_ref().map_or(&[][..], |r| &r.excluded);
        self.shapes = missing.iter().any(|when| !wanted.contains(when));
        let tag = series.event.tag();
        let same_tag = self.held.as_ref().is_some_and(|held| tag.as_ref() == Some(&held.etag));
        if same_tag { Ok(Stage::Write) } else { Err(super::delete::stale()) }
    }

    fn written(&mut self, reply: &Reply, now: Timestamp) -> Result<Stage, Failure> {
        let event: EventJson = match self.held {
            Some(_) => parse::written(reply, now)?,
            None => created(reply, now)?,
        };
        let id = event.id.clone().unwrap_or_default();
        self.id = Some(id.clone());
        let decoded = decode::whole(&event, &self.context.remembered.zone());
        let Some(mut body) = decoded.ok().map(|read| read.body).filter(is_series) else {
            return Ok(Stage::Last(Box::new(self.read(&id))));
        };
        if !self.excluded().is_empty() && (self.shapes || self.holes_differ()) {
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

    /// The instances that are there and should not be.
    fn after(&self, series: Series) -> Result<Stage, Failure> {
        let cancelled = self.excluded().iter().map(|when| in_form(&series.body, when));
        let there = |when: &When| {
            series.present.get(when).or_else(|| series.exception(when)).and_then(|e| e.id.clone())
        };
        let ids: Vec<String> = cancelled.filter_map(|when| there(&when)).collect();
        if ids.is_empty() {
            return self.last(series);
        }
        Ok(Stage::Cancel(ids.iter().map(|id| event_path(&self.calendar, id)).collect()))
    }

    fn cancelled(
        &self,
        mut paths: Vec<String>,
        reply: &Reply,
        now: Timestamp,
    ) -> Result<Stage, Failure> {
        let count = paths.len().min(DELETES_MAX);
        for answer in batch::answers(reply, count, Intent::Write, now)? {
            let answer = answer.ok_or_else(in_part)?;
            if !answer.is_success() && answer.status() != 404 {
                // The series is written, and not all of what was to be missing is.
                let failure = fault::failure(&answer, Intent::Write, now);
                let known =
                    [FailureClass::Refused, FailureClass::Forbidden, FailureClass::Throttled];
                let is_known = known.contains(&failure.class);
                let class = if is_known { failure.class } else { FailureClass::Unknown };
                return Err(Failure { class, ..failure });
            }
        }
        paths.drain(..count);
        if !paths.is_empty() {
            return Ok(Stage::Cancel(paths));
        }
        Ok(Stage::Last(Box::new(self.read(self.id.as_deref().unwrap_or_default()))))
    }

    fn last(&self, series: Series) -> Result<Stage, Failure> {
        Ok(Stage::Over(self.done(series.event, series.body)?))
    }

    fn done(&self, event: EventJson, body: Body) -> Result<Done, Failure> {
        let version = series_version(&event, &body, &[]);
        let stored: Stored = stored(event.id, version, Some(body))?;
        let resets_instances = self.shapes && self.held.is_some();
        Ok(Done::Stored(Stored { resets_instances, ..stored }))
    }

    fn take(&mut self, stage: Stage, reply: &Reply, now: Timestamp) -> Result<Stage, Failure> {
        match stage {
            Stage::Write => self.written(reply, now),
            Stage::Cancel(paths) => self.cancelled(paths, reply, now),
            Stage::Over(done) => Ok(Stage::Over(done)),
            Stage::Before(mut read) => match whole(&mut read, reply, now)? {
                Some(series) => self.before(&series),
                None => Ok(Stage::Before(read)),
            },
            Stage::After(mut read) => match whole(&mut read, reply, now)? {
                Some(series) => self.after(*series),
                None => Ok(Stage::After(read)),
            },
            Stage::Last(mut read) => match whole(&mut read, reply, now)? {
                Some(series) => self.last(*series),
                None => Ok(Stage::Last(read)),
            },
        }
    }
}

impl Script for MirrorSeries {
    fn next(&mut self, _now: Timestamp) -> Next {
        if let Stage::Over(done) = &self.stage {
            return Next::Done(done.clone());
        }
        call(self.request().and_then(|request| request.ok_or_else(in_part)))
    }

    fn reply(&mut self, reply: Reply, _out: &mut Outbox, now: Timestamp) -> Result<(), Failure> {
        let stage = core::mem::replace(&mut self.stage, Stage::Write);
        self.stage = self.take(stage, &reply, now)?;
        Ok(())
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
    }
}

fn is_series(body: &Body) -> bool {
    body.recurrence.is_some()
}

fn in_part() -> Failure {
    fail(FailureClass::Unknown, "graph.in-part", "a part was written: read it before trying again")
}
