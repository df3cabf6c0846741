//! Creating a mirror part: an event, or what one instance of a series of ours is instead.

use std::sync::Arc;

use kalends_core::event::Body;
use kalends_core::ids::ProviderId;
use kalends_core::provider::{Done, Failure, FailureClass, MirrorDoc, ObjectName, Stored};
use kalends_core::time::{Timestamp, When};
use kalends_kit::{Next, Outbox, Reply, Request, Script, as_ruled, say_same};
use serde_json::{Map, Value, json};

use super::instance;
use super::parse;
use super::series::{Progress, Series, SeriesRead};
use crate::ask;
use crate::context::{Context, event_path, fail};
use crate::decode;
use crate::encode;
use crate::mark::{self, Marked};
use crate::version::{Held, SeriesSketch, condition};
use crate::wire::event::{EventJson, EventKind};

/// Creates a single event.
#[derive(Debug)]
pub(crate) struct CreateSingle {
    context: Arc<Context>,
    calendar: ProviderId,
    doc: Box<MirrorDoc>,
    done: Option<Done>,
}

impl CreateSingle {
    pub(crate) fn new(context: &Arc<Context>, calendar: &ProviderId, doc: Box<MirrorDoc>) -> Self {
        Self { context: Arc::clone(context), calendar: calendar.clone(), doc, done: None }
    }
}

impl Script for CreateSingle {
    fn next(&mut self, _now: Timestamp) -> Next {
        if let Some(done) = &self.done {
            return Next::Done(done.clone());
        }
        let mut body = encode::fields(&self.doc.body.content);
        body.extend(encode::times(&self.doc.body.content));
        call(post(&self.context, &self.calendar, &self.doc, body))
    }

    fn reply(&mut self, reply: Reply, _out: &mut Outbox, now: Timestamp) -> Result<(), Failure> {
        let event = created((&self.context, &self.doc), &reply, now)?;
        self.done = Some(Done::Stored(stored_single(&self.context, event)?));
        Ok(())
    }
}

/// The call that creates an event under its derived id, once.
pub(crate) fn post(
    context: &Context,
    calendar: &ProviderId,
    doc: &MirrorDoc,
    mut body: Map<String, Value>,
) -> Result<Request, Failure> {
    body.insert("transactionId".to_owned(), json!(doc.derived));
    let properties = mark::properties(&doc.mark, &doc.derived, None);
    body.insert("singleValueExtendedProperties".to_owned(), properties);
    Ok(ask::post(context.at(&ask::events_path(calendar))?, &Value::Object(body)))
}

/// What was created. A second creation under one transaction id is answered with 409, or with what
/// is there: with 200, or as if it had been made just now.
pub(crate) fn created(
    (context, doc): (&Context, &MirrorDoc),
    reply: &Reply,
    now: Timestamp,
) -> Result<EventJson, Failure> {
    match reply.status() {
        200 | 409 => Err(taken()),
        _ if parse::is_gone(reply, now) => Err(super::list::calendar_gone()),
        _ => {
            let event: EventJson = parse::written(reply, now)?;
            if says_so(context, doc, &event) { Ok(event) } else { Err(taken()) }
        }
    }
}

/// Whether what is there says what it was to say, as far as it can be read: an earlier creation, of
/// which nobody heard, may have said something else.
fn says_so(context: &Context, doc: &MirrorDoc, event: &EventJson) -> bool {
    let Ok(read) = decode::whole(event, &context.remembered.zone()) else { return true };
    let (held, sent) = (&read.body, &doc.body);
    match (&held.recurrence, &sent.recurrence) {
        (Some(_), Some(_)) => {
            let shape = |body: &Body| SeriesSketch::of(body, &[]).shape;
            shape(held) == shape(sent) && instance::same_texts(&held.content, &sent.content)
        }
        (None, None) => say_same(&held.content, &sent.content),
        (Some(_), None) | (None, Some(_)) => true,
    }
}

/// A single that was written, as the answer shows it.
pub(crate) fn stored_single(context: &Context, event: EventJson) -> Result<Stored, Failure> {
    let version = event.tag().map(|tag| Held::single(tag).version());
    let body = decode::whole(&event, &context.remembered.zone()).ok().map(|read| read.body);
    stored(event.id, version, body)
}

/// A write that was taken.
pub(crate) fn stored(
    id: Option<String>,
    version: Option<kalends_core::ids::Version>,
    body: Option<Body>,
) -> Result<Stored, Failure> {
    let id = id.filter(|id| !id.is_empty()).ok_or_else(|| {
        fail(FailureClass::Unknown, "graph.json", "the server does not say what it stored")
    })?;
    let body = body.filter(|_| version.is_some()).map(Box::new);
    Ok(Stored { id: ProviderId(id), version, body, resets_instances: false })
}

/// Writes what one instance of a series is instead.
#[derive(Debug)]
pub(crate) struct CreateInstance {
    context: Arc<Context>,
    calendar: ProviderId,
    doc: Box<MirrorDoc>,
    series: String,
    original: When,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Find(Box<SeriesRead>),
    /// Its id and its version.
    Patch(String, Option<String>),
    Over(Done),
}

impl CreateInstance {
    pub(crate) fn new(
        context: &Arc<Context>,
        calendar: &ProviderId,
        doc: Box<MirrorDoc>,
        (series, original): (&ObjectName, &When),
    ) -> Result<Self, Failure> {
        let ObjectName::Known(series) = series else {
            let detail = "write the series before its instances";
            return Err(fail(FailureClass::Refused, "graph.series", detail));
        };
        let find = SeriesRead::new(context, calendar, &series.0, vec![original.clone()]);
        Ok(Self {
            context: Arc::clone(context),
            calendar: calendar.clone(),
            doc,
            series: series.0.clone(),
            original: original.clone(),
            stage: Stage::Find(Box::new(find)),
        })
    }

    fn found(&mut self, series: &Series) -> Result<Stage, Failure> {
        let original = in_form(&series.body, &self.original);
        let found = series.instance(&original);
        let Some((event, id)) = found.and_then(|event| Some((event, event.id.clone()?))) else {
            return Err(fail(
                FailureClass::Refused,
                "graph.no-instance",
                "the series has no such instance there: read it again",
            ));
        };
        if self.is_ours(event) || self.is_unchanged(event, &series.body, &original) {
            return Ok(Stage::Patch(id, event.tag()));
        }
        Err(fail(
            FailureClass::Taken,
            "graph.instance-taken",
            "somebody changed that instance: read the series again",
        ))
    }

    fn is_ours(&self, event: &EventJson) -> bool {
        let marked = Marked::of(event);
        marked.mark.as_ref() == Some(&self.doc.mark)
            && marked.derived.as_ref() == Some(&self.doc.derived)
            && marked.series.as_ref() == Some(&self.series)
    }

    /// Whether an instance is as its series has it, or as that had it when it was put back.
    fn is_unchanged(&self, event: &EventJson, series: &Body, original: &When) -> bool {
        let ruled = || as_ruled(&series.content, original);
        let said = decode::instance(event, &self.context.remembered.zone());
        match event.event_kind() {
            EventKind::Occurrence => true,
            EventKind::Exception => said.is_ok_and(|said| {
                say_same(&said, &ruled()) || instance::goes_along(event, &said, &ruled())
            }),
            EventKind::Single | EventKind::Master => false,
        }
    }
}

impl Script for CreateInstance {
    fn next(&mut self, _now: Timestamp) -> Next {
        let request = match &self.stage {
            Stage::Find(read) => read.request(),
            Stage::Patch(id, tag) => {
                let body = instance_body(&self.doc, &self.series);
                let url = self.context.at(&event_path(&self.calendar, id));
                url.and_then(|url| Ok(Some(ask::patch(url, condition(tag.as_deref())?, &body))))
            }
            Stage::Over(done) => return Next::Done(done.clone()),
        };
        call(request.and_then(|request| {
            request.ok_or_else(|| {
                fail(FailureClass::Protocol, "graph.series", "the series cannot be read there")
            })
        }))
    }

    fn reply(&mut self, reply: Reply, _out: &mut Outbox, now: Timestamp) -> Result<(), Failure> {
        match &mut self.stage {
            Stage::Find(read) => match read.reply(&reply, now)? {
                Progress::More => {}
                Progress::Whole(series) => self.stage = self.found(&series)?,
                Progress::Unreadable(code) => return Err(super::delete::unreadable(code)),
                Progress::Refused(failure) | Progress::Failed(failure) => return Err(failure),
            },
            Stage::Patch(..) => {
                let event: EventJson = parse::written(&reply, now)?;
                self.stage = Stage::Over(Done::Stored(stored_instance(&self.context, event)?));
            }
            Stage::Over(_) => {}
        }
        Ok(())
    }
}

/// All that a changed instance says.
pub(crate) fn instance_body(doc: &MirrorDoc, series: &str) -> Value {
    let mut body = encode::fields(&doc.body.content);
    body.extend(encode::times(&doc.body.content));
    let properties = mark::properties(&doc.mark, &doc.derived, Some(series));
    body.insert("singleValueExtendedProperties".to_owned(), properties);
    Value::Object(body)
}

/// A changed instance that was written, as the answer shows it.
pub(crate) fn stored_instance(context: &Context, event: EventJson) -> Result<Stored, Failure> {
    let version = event.tag().map(|tag| Held::instance(tag).version());
    let content = decode::instance(&event, &context.remembered.zone()).ok();
    stored(event.id, version, content.map(Body::single))
}

/// A call, or why there is none.
pub(crate) fn call(request: Result<Request, Failure>) -> Next {
    match request {
        Ok(request) => Next::Call(Box::new(request)),
        Err(failure) => Next::Done(Done::Failed(failure)),
    }
}

/// An original start in the form of the series as it is held there, whose zone may be another one
/// of the same clock.
pub(crate) fn in_form(series: &Body, original: &When) -> When {
    match (&series.content.span.start, original) {
        (When::Zoned(_, zone), When::Zoned(civil, own)) => {
            let instant = own.instant(*civil, kalends_core::time::Gap::Shift);
            When::Zoned(zone.civil(instant), zone.clone())
        }
        (When::Date(_), _) => When::Date(original.civil().date()),
        (When::Zoned(..) | When::Floating(_), _) => original.clone(),
    }
}

fn taken() -> Failure {
    fail(FailureClass::Taken, "graph.exists", "it was made before: read it there")
}
