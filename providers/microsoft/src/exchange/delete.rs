//! Deleting an object of ours, or making an instance as its series has it again.

use std::sync::Arc;

use kalends_core::ids::{ProviderId, Version};
use kalends_core::provider::{Done, Failure, FailureClass};
use kalends_core::time::Timestamp;
use kalends_kit::{Intent, Next, Outbox, Reply, Request, Script, as_ruled};
use serde_json::Value;

use super::instance;
use super::parse;
use crate::ask;
use crate::context::{Context, event_path, fail};
use crate::decode;
use crate::fault;
use crate::time;
use crate::version::{Held, HeldKind};
use crate::wire::event::{EventJson, EventKind};

/// Deletes one object.
#[derive(Debug)]
pub(crate) struct Delete {
    context: Arc<Context>,
    calendar: ProviderId,
    id: ProviderId,
    held: Held,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Delete,
    /// An instance cannot be deleted without being cancelled: what is it?
    Instance,
    /// What does its series say?
    Master(Box<EventJson>),
    /// As its series has it.
    Reset(Value),
    Over,
}

impl Delete {
    pub(crate) fn new(
        context: &Arc<Context>,
        calendar: &ProviderId,
        id: &ProviderId,
        version: &Version,
    ) -> Self {
        let held = Held::of(version);
        let stage = match held.kind {
            HeldKind::Instance => Stage::Instance,
            HeldKind::Single | HeldKind::Series(_) => Stage::Delete,
        };
        let (calendar, id) = (calendar.clone(), id.clone());
        Self { context: Arc::clone(context), calendar, id, held, stage }
    }

    fn request(&self) -> Result<Option<Request>, Failure> {
        let own = event_path(&self.calendar, &self.id.0);
        let query = ask::event_query();
        Ok(Some(match &self.stage {
            Stage::Delete => ask::delete(self.context.at(&own)?, self.held.condition()?),
            Stage::Instance => ask::get(self.context.at(&format!("{own}{query}"))?),
            Stage::Master(event) => {
                let series = event.series_master_id.as_deref().unwrap_or_default();
                let path = event_path(&self.calendar, series);
                ask::get(self.context.at(&format!("{path}{query}"))?)
            }
            Stage::Reset(body) => ask::patch(self.context.at(&own)?, self.held.condition()?, body),
            Stage::Over => return Ok(None),
        }))
    }

    fn instance(&self, reply: &Reply, now: Timestamp) -> Result<Stage, Failure> {
        let event: EventJson = parse::read(reply, now)?;
        if event.tag().as_ref() != Some(&self.held.etag) {
            return Err(stale());
        }
        Ok(match event.event_kind() {
            EventKind::Occurrence => Stage::Over,
            EventKind::Exception => Stage::Master(Box::new(event)),
            EventKind::Single | EventKind::Master => Stage::Delete,
        })
    }

    fn master(&self, event: &EventJson, reply: &Reply, now: Timestamp) -> Result<Stage, Failure> {
        let master: EventJson = parse::read(reply, now)?;
        let mailbox = self.context.remembered.zone();
        let decoded = decode::whole(&master, &mailbox).map_err(unreadable)?;
        let start = &decoded.body.content.span.start;
        let original =
            time::original(event, start).ok_or_else(|| unreadable("graph.original-start"))?;
        Ok(Stage::Reset(instance::put_back(&as_ruled(&decoded.body.content, &original))))
    }
}

impl Script for Delete {
    fn next(&mut self, _now: Timestamp) -> Next {
        match self.request() {
            Ok(Some(request)) => Next::Call(Box::new(request)),
            Ok(None) => Next::Done(Done::Deleted),
            Err(failure) => Next::Done(Done::Failed(failure)),
        }
    }

    fn reply(&mut self, reply: Reply, _out: &mut Outbox, now: Timestamp) -> Result<(), Failure> {
        // Not there, or its series is not: what was to go is gone.
        if parse::is_gone(&reply, now) {
            self.stage = Stage::Over;
            return Ok(());
        }
        self.stage = match &self.stage {
            Stage::Instance => self.instance(&reply, now)?,
            Stage::Master(event) => self.master(event, &reply, now)?,
            Stage::Delete | Stage::Reset(_) if reply.is_success() => Stage::Over,
            Stage::Delete | Stage::Reset(_) => {
                return Err(fault::failure(&reply, Intent::Write, now));
            }
            Stage::Over => Stage::Over,
        };
        Ok(())
    }
}

pub(crate) fn stale() -> Failure {
    fail(FailureClass::Stale, "graph.changed", "the event was changed meanwhile: read it again")
}

pub(crate) fn unreadable(code: &'static str) -> Failure {
    fail(FailureClass::Refused, code, "the event makes no sense there: open it and save it anew")
}
