//! Writing a single event or a changed instance of ours anew, whole.

use std::sync::Arc;

use kalends_core::ids::{ProviderId, Version};
use kalends_core::provider::{Done, Failure, MirrorDoc, ObjectName};
use kalends_core::time::Timestamp;
use kalends_kit::{Next, Outbox, Reply, Request, Script};
use serde_json::{Value, json};

use super::create::{call, instance_body, stored_instance, stored_single};
use super::parse;
use crate::ask;
use crate::context::{Context, event_path};
use crate::encode;
use crate::mark;
use crate::version::{Held, HeldKind};
use crate::wire::event::EventJson;

/// Replaces one object that is no series.
#[derive(Debug)]
pub(crate) struct Replace {
    context: Arc<Context>,
    calendar: ProviderId,
    id: ProviderId,
    held: Held,
    doc: Box<MirrorDoc>,
    done: Option<Done>,
}

impl Replace {
    pub(crate) fn new(
        context: &Arc<Context>,
        (calendar, id): (&ProviderId, &ProviderId),
        version: &Version,
        doc: Box<MirrorDoc>,
    ) -> Self {
        Self {
            context: Arc::clone(context),
            calendar: calendar.clone(),
            id: id.clone(),
            held: Held::of(version),
            doc,
            done: None,
        }
    }

    fn request(&self) -> Result<Request, Failure> {
        let url = self.context.at(&event_path(&self.calendar, &self.id.0))?;
        let body = match &self.doc.instance {
            Some((ObjectName::Known(series), _)) => instance_body(&self.doc, &series.0),
            Some((ObjectName::Derived(_), _)) | None => self.whole(),
        };
        Ok(ask::patch(url, self.held.condition()?, &body))
    }

    fn whole(&self) -> Value {
        let content = &self.doc.body.content;
        let mut body = encode::fields(content);
        body.extend(encode::times(content));
        if matches!(self.held.kind, HeldKind::Series(_)) {
            body.insert("recurrence".to_owned(), json!(null));
        }
        let properties = mark::properties(&self.doc.mark, &self.doc.derived, None);
        body.insert("singleValueExtendedProperties".to_owned(), properties);
        Value::Object(body)
    }
}

impl Script for Replace {
    fn next(&mut self, _now: Timestamp) -> Next {
        match &self.done {
            Some(done) => Next::Done(done.clone()),
            None => call(self.request()),
        }
    }

    fn reply(&mut self, reply: Reply, _out: &mut Outbox, now: Timestamp) -> Result<(), Failure> {
        let event: EventJson = parse::written(&reply, now)?;
        let stored = match self.doc.instance {
            Some(_) => stored_instance(&self.context, event),
            None => stored_single(&self.context, event),
        };
        self.done = Some(Done::Stored(stored?));
        Ok(())
    }
}
