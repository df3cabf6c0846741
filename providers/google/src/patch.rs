//! Changing an origin: what neither side speaks of stays as it is, people and conferences above
//! all.
//!
//! A single is one PATCH; one that becomes a series is followed by its changed instances. Of a series the master is read first, since what the engine knows of its
//! excluded instances may be lines of it or events of their own; then each instance that differs
//! is changed by itself.

use std::collections::VecDeque;
use std::sync::Arc;

use kalends_core::event::Body;
use kalends_core::ids::{ProviderId, Version};
use kalends_core::presence::Guests;
use kalends_core::provider::{Done, Failure, FailureClass, Stored};
use kalends_core::time::{Timestamp, When};
use kalends_kit::{Intent, Next, Outbox, Reply, Request, Script, after_write, as_ruled, say_same};
use serde_json::{Map, Value};

use crate::answer::{self, Found};
use crate::ask;
use crate::changes::{self, Edit};
use crate::context::{Context, fail, not_found, stale};
use crate::instance::{Place, Sought, no_instance};
use crate::trouble;
use crate::version::{self, Tag};
use crate::write::of_guests;

/// Changes one origin from `base` to `want`.
#[derive(Debug)]
pub(crate) struct Patch {
    place: Place,
    id: ProviderId,
    version: Version,
    tag: Tag,
    guests: Guests,
    base: Body,
    want: Body,
    edits: VecDeque<Edit>,
    /// Whether something was written.
    wrote: bool,
    /// Whether the series itself was, and not its instances alone.
    rewrote: bool,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// A series is read before it is changed.
    Read,
    Send(Map<String, Value>),
    /// The next of the edits: which instance is it?
    Seek,
    Edit(Request),
    Over(Done),
}

impl Patch {
    pub(crate) fn new(
        context: Arc<Context>,
        (calendar, id): (&ProviderId, &ProviderId),
        version: &Version,
        (base, want): (&Body, &Body),
    ) -> Result<Self, Failure> {
        if want.exceptions.iter().any(|exception| exception.this_and_future) {
            return Err(fail(
                FailureClass::Unsupported,
                "google.this-and-following",
                "google changes instances one by one: change them so",
            ));
        }
        let (stage, edits) = match (&base.recurrence, &want.recurrence) {
            (None, None) => (Stage::Send(changes::of_single(base, want)?), Vec::new()),
            (None, Some(_)) => {
                (Stage::Send(changes::to_series(base, want)?), changes::of_new_series(want))
            }
            (Some(_), _) => (Stage::Read, Vec::new()),
        };
        Ok(Self {
            place: Place::new(context, calendar, &id.0),
            id: id.clone(),
            version: version.clone(),
            tag: version::parts(version).0,
            guests: Guests::Untold,
            base: base.clone(),
            want: want.clone(),
            edits: edits.into(),
            wrote: false,
            rewrote: false,
            stage,
        })
    }

    /// The same, and its guests are told of it, or not.
    pub(crate) const fn telling(mut self, guests: Guests) -> Self {
        self.guests = guests;
        self
    }

    /// What the series says now decides which of the changes are its own.
    fn read(&mut self, reply: &Reply, now: Timestamp) -> Result<Stage, Failure> {
        if !reply.is_success() {
            return Err(trouble::failure(reply, Intent::Read, now));
        }
        let found = Found::of(&reply.body)?;
        if found.event.is_cancelled() {
            return Err(not_found());
        }
        if Tag::of(found.event.etag.as_deref()).is_some_and(|tag| tag != self.tag) {
            return Err(stale());
        }
        let held = found.body(&self.place.zone)?;
        self.edits = changes::edits(&self.base, &self.want, &held).into();
        let fields = changes::of_series(&self.base, &self.want, &held)?;
        Ok(self.after(fields))
    }

    fn after(&self, fields: Map<String, Value>) -> Stage {
        match (fields.is_empty(), self.edits.is_empty()) {
            (false, _) => Stage::Send(fields),
            (true, false) => Stage::Seek,
            (true, true) => Stage::Over(Done::Stored(self.stored())),
        }
    }

    /// Of a series that was written itself the caller reads what it holds now. Any other is as it was,
    /// its instances apart, which are as they were asked for: a read of the series would not show
    /// them.
    fn stored(&self) -> Stored {
        let kept = !self.rewrote;
        Stored {
            id: self.id.clone(),
            version: kept.then(|| self.version.clone()),
            body: kept.then(|| Box::new(self.want.clone())),
            resets_instances: false,
        }
    }

    fn sent(&mut self, reply: &Reply, now: Timestamp) -> Result<Stage, Failure> {
        if !reply.is_success() {
            return Err(trouble::failure(reply, Intent::Write, now));
        }
        (self.wrote, self.rewrote) = (true, true);
        if !self.edits.is_empty() {
            return Ok(Stage::Seek);
        }
        let mut stored = answer::stored(reply, &self.id, &self.place.zone);
        if self.base.recurrence.is_some() || self.want.recurrence.is_some() {
            stored.body = None;
        }
        Ok(Stage::Over(Done::Stored(stored)))
    }

    fn sought(&mut self, reply: &Reply, now: Timestamp) -> Result<Stage, Failure> {
        let Some(edit) = self.edits.pop_front() else {
            return Ok(Stage::Over(Done::Stored(self.stored())));
        };
        let original = edit.original().clone();
        let found = match (self.place.found(reply, &original, now)?, &edit) {
            (Sought::There(found), _) => found,
            (Sought::NotYet, _) => {
                self.edits.push_front(edit);
                return Ok(Stage::Seek);
            }
            (Sought::Nowhere, Edit::Cancel(_)) => return Ok(self.next_edit()),
            (Sought::Nowhere, Edit::Change(..)) => return Err(no_instance(FailureClass::Stale)),
        };
        let request = match edit {
            Edit::Cancel(_) => {
                self.is_as_known(&found, &original)?;
                self.cancel(&found)?
            }
            Edit::Change(_, want) => {
                self.is_as_known(&found, &original)?;
                let now = self.place.content(&found)?;
                let mut fields = changes::of_content(&now, &want, false)?;
                if found.event.is_cancelled() {
                    fields.insert("status".to_owned(), changes::status(&want));
                }
                let fields = Value::Object(fields);
                let url = self.url(&found.event.id)?;
                let is_empty = fields.as_object().is_some_and(Map::is_empty);
                let tag = Tag::needed(found.event.etag.as_deref())?;
                (!is_empty).then(|| ask::change("PATCH", url, &tag, &fields))
            }
        };
        Ok(request.map_or_else(|| self.next_edit(), Stage::Edit))
    }

    fn cancel(&self, found: &Found) -> Result<Option<Request>, Failure> {
        if found.event.is_cancelled() {
            return Ok(None);
        }
        let tag = Tag::needed(found.event.etag.as_deref())?;
        Ok(Some(ask::delete(self.url(&found.event.id)?, &tag)))
    }

    /// Somebody else's change of an instance is not written over.
    fn is_as_known(&self, found: &Found, original: &When) -> Result<(), Failure> {
        if found.event.is_cancelled() {
            return Ok(());
        }
        let now = self.place.content(found)?;
        let mut known = self.base.exceptions.iter();
        let known = known.find(|one| self.place.is_same(&one.original, original));
        let is_known = match known {
            Some(exception) => say_same(&now, &exception.content),
            None => [&self.base, &self.want]
                .iter()
                .any(|body| say_same(&now, &as_ruled(&body.content, original))),
        };
        if is_known { Ok(()) } else { Err(stale()) }
    }

    fn next_edit(&self) -> Stage {
        if self.edits.is_empty() { Stage::Over(Done::Stored(self.stored())) } else { Stage::Seek }
    }

    fn edited(&mut self, reply: &Reply, now: Timestamp) -> Result<Stage, Failure> {
        if reply.is_success() {
            self.wrote = true;
            return Ok(self.next_edit());
        }
        let failure = trouble::failure(reply, Intent::Write, now);
        let is_gone = failure.class == FailureClass::NotFound;
        if is_gone { Ok(self.next_edit()) } else { Err(failure) }
    }

    fn take(&mut self, stage: Stage, reply: &Reply, now: Timestamp) -> Result<Stage, Failure> {
        match stage {
            Stage::Read => self.read(reply, now),
            Stage::Send(_) => self.sent(reply, now),
            Stage::Seek => self.sought(reply, now),
            Stage::Edit(_) => self.edited(reply, now),
            over @ Stage::Over(_) => Ok(over),
        }
    }

    /// A failure, and whether nothing was done before it.
    fn told(&self, failure: Failure) -> Failure {
        if self.wrote { after_write(failure) } else { failure }
    }

    fn url(&self, id: &str) -> Result<kalends_kit::Url, Failure> {
        self.place.context.event(&self.place.calendar, id, of_guests(self.guests))
    }

    fn request(&self) -> Result<Request, Failure> {
        match &self.stage {
            Stage::Read => self.place.master(),
            Stage::Send(fields) => {
                let body = Value::Object(fields.clone());
                Ok(ask::change("PATCH", self.url(&self.id.0)?, &self.tag, &body))
            }
            Stage::Seek => match self.edits.front() {
                Some(edit) => self.place.seek(edit.original()),
                None => Err(not_found()),
            },
            Stage::Edit(request) => Ok(request.clone()),
            Stage::Over(_) => Err(not_found()),
        }
    }
}

impl Script for Patch {
    fn next(&mut self, _now: Timestamp) -> Next {
        if let Stage::Over(done) = &self.stage {
            return Next::Done(done.clone());
        }
        match self.request() {
            Ok(request) => Next::Call(Box::new(request)),
            Err(failure) => Next::Done(Done::Failed(self.told(failure))),
        }
    }

    fn reply(&mut self, reply: Reply, _out: &mut Outbox, now: Timestamp) -> Result<(), Failure> {
        let stage = core::mem::replace(&mut self.stage, Stage::Seek);
        self.stage = self.take(stage, &reply, now).map_err(|failure| self.told(failure))?;
        Ok(())
    }

    fn broken(&mut self, failure: Failure) -> Result<(), Failure> {
        Err(self.told(failure))
    }
}
