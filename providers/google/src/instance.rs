//! Instances of a series as parts of their own.
//!
//! Google gives each instance an id that tells nothing: it is found by its original start. Writing
//! to it makes it an exception; it is never made under an id of ours.

use std::sync::Arc;

use kalends_core::event::Content;
use kalends_core::ids::{ProviderId, Version};
use kalends_core::provider::{Done, Failure, FailureClass, MirrorDoc, ObjectName};
use kalends_core::time::{Timestamp, When, Zone};
use kalends_kit::{Intent, Next, Outbox, Reply, Request, Script, as_ruled, say_same};

use crate::address::query;
use crate::answer::{self, Found};
use crate::ask;
use crate::content;
use crate::context::{Context, fail, not_found, stale};
use crate::encode;
use crate::marks;
use crate::paging::Paging;
use crate::slot;
use crate::times;
use crate::trouble;
use crate::version::{self, Tag};
use crate::write::{SILENT, WHOLE};

/// Writes a changed instance into a series that has none there yet.
#[derive(Debug)]
pub(crate) struct CreateInstance {
    place: Place,
    doc: Box<MirrorDoc>,
    stage: Creating,
}

#[derive(Debug)]
enum Creating {
    Seek,
    /// Someone may have changed it: what does the series say there?
    Compare(Box<Found>),
    Write(Box<Found>),
    Over(Done),
}

/// Where an instance is.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) context: Arc<Context>,
    pub(crate) calendar: ProviderId,
    pub(crate) zone: Zone,
    pub(crate) series: String,
    pages: Paging,
}

/// What a page of instances says of one that is looked for.
#[derive(Debug)]
pub(crate) enum Sought {
    There(Box<Found>),
    Nowhere,
    /// Another page is to be asked for.
    NotYet,
}

impl Place {
    pub(crate) fn new(context: Arc<Context>, calendar: &ProviderId, series: &str) -> Self {
        let (zone, calendar) = (context.zone(calendar), calendar.clone());
        Self { context, calendar, zone, series: series.to_owned(), pages: Paging::default() }
    }

    /// Asks for the next page of instances that start there; stubs too.
    pub(crate) fn seek(&self, original: &When) -> Result<Request, Failure> {
        let original = times::original(original, &self.zone);
        let mut pairs = vec![("originalStart", original.as_str()), ("showDeleted", "true")];
        pairs.extend(self.pages.token().map(|token| ("pageToken", token)));
        let url = self.context.instances(&self.calendar, &self.series, &query(&pairs))?;
        Ok(ask::get(url))
    }

    /// The instance among those that an answer gave.
    pub(crate) fn found(
        &mut self,
        reply: &Reply,
        original: &When,
        now: Timestamp,
    ) -> Result<Sought, Failure> {
        if !reply.is_success() {
            return Err(trouble::failure(reply, Intent::Read, now));
        }
        let (all, next) = Found::all(&reply.body)?;
        let at = |found: &Found| {
            let at = found.original(&self.zone);
            at.is_some_and(|at| self.is_same(&at, original))
        };
        if let Some(found) = all.into_iter().find(at) {
            self.pages = Paging::default();
            return Ok(Sought::There(Box::new(found)));
        }
        Ok(if self.pages.read(next)? { Sought::NotYet } else { Sought::Nowhere })
    }

    /// Whether two original starts name one instance.
    pub(crate) fn is_same(&self, a: &When, b: &When) -> bool {
        times::same_original(a, b, &self.zone)
    }

    /// Asks for the series.
    pub(crate) fn master(&self) -> Result<Request, Failure> {
        Ok(ask::get(self.context.event(&self.calendar, &self.series, "")?))
    }

    /// What an instance says.
    pub(crate) fn content(&self, found: &Found) -> Result<Content, Failure> {
        Ok(content::content(&found.event, &self.zone)?.0)
    }
}

impl CreateInstance {
    pub(crate) fn new(
        context: Arc<Context>,
        calendar: &ProviderId,
        (doc, series): (&MirrorDoc, &ObjectName),
    ) -> Self {
        let series = match series {
            ObjectName::Known(id) => &id.0,
            ObjectName::Derived(derived) => derived,
        };
        let place = Place::new(context, calendar, series);
        Self { place, doc: Box::new(doc.clone()), stage: Creating::Seek }
    }

    fn original(&self) -> Result<&When, Failure> {
        self.doc.instance.as_ref().map(|(_, original)| original).ok_or_else(not_found)
    }

    fn request(&self) -> Result<Request, Failure> {
        match &self.stage {
            Creating::Seek => self.place.seek(self.original()?),
            Creating::Compare(_) => self.place.master(),
            Creating::Write(found) => {
                let Place { context, calendar, series, .. } = &self.place;
                let document = encode::document(&self.doc, Some(series))?;
                let url = context.event(calendar, &found.event.id, WHOLE)?;
                let tag = Tag::needed(found.event.etag.as_deref())?;
                Ok(ask::change("PUT", url, &tag, &document))
            }
            Creating::Over(_) => Err(not_found()),
        }
    }

    fn sought(&mut self, reply: &Reply, now: Timestamp) -> Result<Creating, Failure> {
        let original = self.original()?.clone();
        match self.place.found(reply, &original, now)? {
            Sought::There(found) => self.judged(*found),
            Sought::NotYet => Ok(Creating::Seek),
            Sought::Nowhere => Ok(Creating::Over(Done::Failed(no_instance(FailureClass::Refused)))),
        }
    }

    /// What was found at its place: nobody's or ours is written over, someone's change is not.
    fn judged(&self, found: Found) -> Result<Creating, Failure> {
        let event = &found.event;
        let ours = event.private(marks::MARK) == Some(self.doc.mark.as_str())
            && marks::native(event) == self.doc.derived;
        if ours || event.is_cancelled() {
            return Ok(Creating::Write(Box::new(found)));
        }
        let said = self.place.content(&found)?;
        if slot::is_reset(&found.event, &self.place.series, &said) {
            return Ok(Creating::Write(Box::new(found)));
        }
        Ok(Creating::Compare(Box::new(found)))
    }

    fn compared(
        &self,
        found: Box<Found>,
        reply: &Reply,
        now: Timestamp,
    ) -> Result<Creating, Failure> {
        if !reply.is_success() {
            return Err(trouble::failure(reply, Intent::Read, now));
        }
        let series = Found::of(&reply.body)?.body(&self.place.zone)?;
        let unchanged =
            say_same(&self.place.content(&found)?, &as_ruled(&series.content, self.original()?));
        if unchanged {
            return Ok(Creating::Write(found));
        }
        Ok(Creating::Over(Done::Failed(fail(
            FailureClass::Taken,
            "google.instance-taken",
            "somebody changed that instance: read the series again",
        ))))
    }

    fn written(&self, found: &Found, reply: &Reply, now: Timestamp) -> Result<Creating, Failure> {
        if !reply.is_success() {
            return Err(trouble::failure(reply, Intent::Write, now));
        }
        let id = ProviderId(found.event.id.clone());
        Ok(Creating::Over(Done::Stored(answer::stored(reply, &id, &self.place.zone))))
    }
}

impl Script for CreateInstance {
    fn next(&mut self, _now: Timestamp) -> Next {
        if let Creating::Over(done) = &self.stage {
            return Next::Done(done.clone());
        }
        match self.request() {
            Ok(request) => Next::Call(Box::new(request)),
            Err(failure) => Next::Done(Done::Failed(failure)),
        }
    }

    fn reply(&mut self, reply: Reply, _out: &mut Outbox, now: Timestamp) -> Result<(), Failure> {
        let stage = core::mem::replace(&mut self.stage, Creating::Seek);
        self.stage = match stage {
            Creating::Seek => self.sought(&reply, now)?,
            Creating::Compare(found) => self.compared(found, &reply, now)?,
            Creating::Write(found) => self.written(&found, &reply, now)?,
            over @ Creating::Over(_) => over,
        };
        Ok(())
    }
}

/// Makes an instance as its series has it again; where the series has none there, or is not there
/// itself, the instance is deleted.
#[derive(Debug)]
pub(crate) struct ResetInstance {
    place: Place,
    id: ProviderId,
    version: Version,
    stage: Resetting,
}

#[derive(Debug)]
enum Resetting {
    Read,
    Compare(When),
    Write(Request),
    Over(Done),
}

impl ResetInstance {
    pub(crate) fn new(place: Place, id: &ProviderId, version: &Version) -> Self {
        Self { place, id: id.clone(), version: version.clone(), stage: Resetting::Read }
    }

    fn read(&self, reply: &Reply, now: Timestamp) -> Result<Resetting, Failure> {
        if !reply.is_success() {
            let failure = trouble::failure(reply, Intent::Read, now);
            return if failure.class == FailureClass::NotFound {
                Ok(Resetting::Over(Done::Deleted))
            } else {
                Err(failure)
            };
        }
        let found = Found::of(&reply.body)?;
        if found.version().is_some_and(|version| version != self.version) {
            return Err(stale());
        }
        let original = found.original(&self.place.zone);
        // A stub that does not say of what: the series went, and it with it.
        Ok(original.map_or(Resetting::Over(Done::Deleted), Resetting::Compare))
    }

    fn compared(&self, original: &When, reply: &Reply, now: Timestamp) -> Result<Request, Failure> {
        let Place { context, calendar, zone, series, .. } = &self.place;
        let (tag, _) = version::parts(&self.version);
        let delete = || Ok(ask::delete(context.event(calendar, &self.id.0, SILENT)?, &tag));
        if !reply.is_success() {
            let failure = trouble::failure(reply, Intent::Read, now);
            return if failure.class == FailureClass::NotFound { delete() } else { Err(failure) };
        }
        let master = Found::of(&reply.body)?;
        if master.event.is_cancelled() {
            return delete();
        }
        let body = master.body(zone)?;
        if !slot::is_given(&body, original) {
            return delete();
        }
        let document = slot::document((&master.raw, &body), series, original)?;
        let url = context.event(calendar, &self.id.0, WHOLE)?;
        Ok(ask::change("PUT", url, &tag, &document))
    }

    fn written(reply: &Reply, now: Timestamp) -> Result<Resetting, Failure> {
        let failure = match reply.is_success() {
            true => return Ok(Resetting::Over(Done::Deleted)),
            false => trouble::failure(reply, Intent::Write, now),
        };
        if failure.class == FailureClass::NotFound {
            Ok(Resetting::Over(Done::Deleted))
        } else {
            Err(failure)
        }
    }
}

impl Script for ResetInstance {
    fn next(&mut self, _now: Timestamp) -> Next {
        let Place { context, calendar, .. } = &self.place;
        let request = match &self.stage {
            Resetting::Read => context.event(calendar, &self.id.0, "").map(ask::get),
            Resetting::Compare(_) => self.place.master(),
            Resetting::Write(request) => Ok(request.clone()),
            Resetting::Over(done) => return Next::Done(done.clone()),
        };
        match request {
            Ok(request) => Next::Call(Box::new(request)),
            Err(failure) => Next::Done(Done::Failed(failure)),
        }
    }

    fn reply(&mut self, reply: Reply, _out: &mut Outbox, now: Timestamp) -> Result<(), Failure> {
        let stage = core::mem::replace(&mut self.stage, Resetting::Read);
        self.stage = match stage {
            Resetting::Read => self.read(&reply, now)?,
            Resetting::Compare(original) => {
                Resetting::Write(self.compared(&original, &reply, now)?)
            }
            Resetting::Write(_) => Self::written(&reply, now)?,
            over @ Resetting::Over(_) => over,
        };
        Ok(())
    }
}

/// The series does not take place at that start: another one is needed.
pub(crate) fn no_instance(class: FailureClass) -> Failure {
    fail(class, "google.no-instance", "the series has no instance there: read it again")
}
