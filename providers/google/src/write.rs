//! Writing one event of its own, or an instance that has its object already, under a condition.
//!
//! A mirror is replaced whole by PUT, which clears what is absent; conference and attachments only
//! where the query says that they are meant too.

use std::collections::VecDeque;
use std::sync::Arc;

use kalends_core::ids::{ProviderId, Version};
use kalends_core::presence::Guests;
use kalends_core::provider::{Done, Failure, FailureClass, MirrorDoc, Stored};
use kalends_core::time::{Timestamp, When, Zone};
use kalends_kit::{Intent, Next, Outbox, Reply, Request, Script};
use serde_json::Value;

use crate::answer::{self, Found};
use crate::ask;
use crate::context::{Context, calendar_gone, not_found};
use crate::encode;
use crate::put_back::PutBack;
use crate::slot;
use crate::trouble;
use crate::version::{self, Tag};

/// The query of every write that people are not to be told of.
pub(crate) const SILENT: &str = "sendUpdates=none";
/// The query of a change of an origin of which its guests are told.
const TOLD: &str = "sendUpdates=all";
/// The query of a write that clears what it does not speak of.
pub(crate) const WHOLE: &str = "conferenceDataVersion=1&sendUpdates=none&supportsAttachments=true";

/// The query of a change or a deletion of an origin.
pub(crate) const fn of_guests(guests: Guests) -> &'static str {
    match guests {
        Guests::Untold => SILENT,
        Guests::Told => TOLD,
    }
}

/// Creates or replaces one event, or deletes one that is no instance.
#[derive(Debug)]
pub(crate) struct Write {
    context: Arc<Context>,
    calendar: ProviderId,
    zone: Zone,
    id: ProviderId,
    change: Change,
    stage: Stage,
}

#[derive(Debug)]
enum Change {
    Create(Value),
    Replace { tag: Tag, document: Value, is_series: bool },
    Delete(Tag, Guests),
}

#[derive(Debug)]
enum Stage {
    Send,
    /// It was refused: is the event there at all?
    Look(Failure),
    /// A series was written: which instances did we once make as it had them?
    Seek(Box<Series>),
    /// These are to be made as the series has them now.
    Reset(Box<Series>, VecDeque<Reset>),
    Over(Done),
}

#[derive(Debug)]
struct Series {
    stored: Stored,
    master: Found,
    put_back: PutBack,
}

#[derive(Debug)]
struct Reset {
    id: String,
    tag: Tag,
    original: When,
}

impl Write {
    /// An event that is not there yet, under the id derived for it.
    pub(crate) fn create(
        context: Arc<Context>,
        calendar: &ProviderId,
        doc: &MirrorDoc,
    ) -> Result<Self, Failure> {
        let change = Change::Create(encode::document(doc, None)?);
        Ok(Self::new(context, calendar, ProviderId(doc.derived.clone()), change))
    }

    /// An event or an instance that is there at this version.
    pub(crate) fn replace(
        context: Arc<Context>,
        calendar: &ProviderId,
        (id, version): (&ProviderId, &Version),
        doc: &MirrorDoc,
    ) -> Result<Self, Failure> {
        let (tag, series) = version::parts(version);
        let mut document = encode::document(doc, series.as_deref())?;
        if let Value::Object(fields) = &mut document {
            fields.insert("id".to_owned(), Value::String(id.0.clone()));
        }
        let is_series = doc.body.recurrence.is_some();
        let change = Change::Replace { tag, document, is_series };
        Ok(Self::new(context, calendar, id.clone(), change))
    }

    /// An event that is no instance of a series.
    pub(crate) fn delete(
        context: Arc<Context>,
        calendar: &ProviderId,
        (id, tag): (&ProviderId, Tag),
        guests: Guests,
    ) -> Self {
        Self::new(context, calendar, id.clone(), Change::Delete(tag, guests))
    }

    fn new(context: Arc<Context>, calendar: &ProviderId, id: ProviderId, change: Change) -> Self {
        let (zone, calendar) = (context.zone(calendar), calendar.clone());
        Self { context, calendar, zone, id, change, stage: Stage::Send }
    }

    fn request(&self) -> Result<Request, Failure> {
        let calendar = &self.calendar;
        Ok(match &self.change {
            Change::Create(document) => {
                ask::create(self.context.events(calendar, SILENT)?, document)
            }
            Change::Replace { tag, document, .. } => {
                let url = self.context.event(calendar, &self.id.0, WHOLE)?;
                ask::change("PUT", url, tag, document)
            }
            Change::Delete(tag, guests) => {
                ask::delete(self.context.event(calendar, &self.id.0, of_guests(*guests))?, tag)
            }
        })
    }

    fn next_request(&self) -> Result<Request, Failure> {
        match &self.stage {
            Stage::Send => self.request(),
            Stage::Look(_) => Ok(ask::get(self.context.event(&self.calendar, &self.id.0, "")?)),
            Stage::Seek(series) => series.put_back.request(),
            Stage::Reset(series, left) => self.reset_request(series, left.front()),
            Stage::Over(_) => Err(not_found()),
        }
    }

    fn reset_request(&self, series: &Series, next: Option<&Reset>) -> Result<Request, Failure> {
        let Some(Reset { id, tag, original }) = next else {
            return Err(not_found());
        };
        let body = series.master.body(&self.zone)?;
        if !slot::is_given(&body, original) {
            let url = self.context.event(&self.calendar, id, SILENT)?;
            return Ok(ask::delete(url, tag));
        }
        let document = slot::document((&series.master.raw, &body), &self.id.0, original)?;
        let url = self.context.event(&self.calendar, id, WHOLE)?;
        Ok(ask::change("PUT", url, tag, &document))
    }

    fn sent(&self, reply: &Reply, now: Timestamp) -> Stage {
        if reply.is_success() {
            return self.taken(reply);
        }
        let failure = trouble::failure(reply, Intent::Write, now);
        let is_absent = failure.class == FailureClass::NotFound;
        match &self.change {
            Change::Create(_) if is_absent => Stage::Over(Done::Failed(calendar_gone())),
            Change::Delete(..) if is_absent => Stage::Over(Done::Deleted),
            // What was deleted is not to be written any more, and Google says so in this way too.
            Change::Replace { .. } | Change::Delete(..)
                if failure.class == FailureClass::Forbidden =>
            {
                Stage::Look(failure)
            }
            Change::Create(_) | Change::Replace { .. } | Change::Delete(..) => {
                Stage::Over(Done::Failed(failure))
            }
        }
    }

    fn taken(&self, reply: &Reply) -> Stage {
        let stored = || answer::stored(reply, &self.id, &self.zone);
        match &self.change {
            Change::Delete(..) => Stage::Over(Done::Deleted),
            Change::Create(_) | Change::Replace { is_series: false, .. } => {
                Stage::Over(Done::Stored(stored()))
            }
            Change::Replace { is_series: true, .. } => match Found::of(&reply.body) {
                Ok(master) => {
                    let context = Arc::clone(&self.context);
                    let put_back = PutBack::of(context, &self.calendar, &self.id.0);
                    let stored = stored();
                    Stage::Seek(Box::new(Series { stored, master, put_back }))
                }
                Err(_) => Stage::Over(Done::Stored(stored())),
            },
        }
    }

    fn looked(&self, refused: Failure, reply: &Reply) -> Done {
        let is_gone = match Found::of(&reply.body) {
            Ok(found) if reply.is_success() => found.event.is_cancelled(),
            Ok(_) | Err(_) => matches!(reply.status(), 404 | 410),
        };
        match (&self.change, is_gone) {
            (_, false) => Done::Failed(refused),
            (Change::Delete(..), true) => Done::Deleted,
            (Change::Create(_) | Change::Replace { .. }, true) => Done::Failed(not_found()),
        }
    }

    /// The instances that are to be made anew.
    fn sought(&self, mut series: Box<Series>, reply: &Reply) -> Stage {
        match reply.is_success().then(|| series.put_back.read(reply)) {
            Some(Ok(true)) => return Stage::Seek(series),
            Some(Ok(false)) => {}
            Some(Err(_)) | None => series.leave_some(),
        }
        let found = series.put_back.take();
        let resets = found.into_iter().filter_map(|found| {
            let original = found.original(&self.zone)?;
            let tag = Tag::of(found.event.etag.as_deref())?;
            Some(Reset { id: found.event.id, tag, original })
        });
        let resets = resets.collect();
        Self::resetting(series, resets)
    }

    fn resetting(series: Box<Series>, left: VecDeque<Reset>) -> Stage {
        if left.is_empty() { Stage::Over(series.done()) } else { Stage::Reset(series, left) }
    }
}

impl Series {
    /// The write itself stands whatever comes of the instances. Where some may be left as they were,
    /// the series is to be read: that finds them.
    fn leave_some(&mut self) {
        (self.stored.version, self.stored.body) = (None, None);
    }

    fn done(&self) -> Done {
        Done::Stored(self.stored.clone())
    }
}

impl Script for Write {
    fn next(&mut self, _now: Timestamp) -> Next {
        if let Stage::Over(done) = &self.stage {
            return Next::Done(done.clone());
        }
        match (self.next_request(), &mut self.stage) {
            (Ok(request), _) => Next::Call(Box::new(request)),
            (Err(_), Stage::Reset(series, _) | Stage::Seek(series)) => {
                series.leave_some();
                Next::Done(series.done())
            }
            (Err(failure), Stage::Send | Stage::Look(_) | Stage::Over(_)) => {
                Next::Done(Done::Failed(failure))
            }
        }
    }

    fn reply(&mut self, reply: Reply, _out: &mut Outbox, now: Timestamp) -> Result<(), Failure> {
        let stage = core::mem::replace(&mut self.stage, Stage::Send);
        self.stage = match stage {
            Stage::Send => self.sent(&reply, now),
            Stage::Look(refused) => Stage::Over(self.looked(refused, &reply)),
            Stage::Seek(series) => self.sought(series, &reply),
            Stage::Reset(mut series, mut left) => {
                left.pop_front();
                if !reply.is_success() {
                    series.leave_some();
                }
                Self::resetting(series, left)
            }
            over @ Stage::Over(_) => over,
        };
        Ok(())
    }

    fn broken(&mut self, failure: Failure) -> Result<(), Failure> {
        match core::mem::replace(&mut self.stage, Stage::Send) {
            // The write itself was refused or taken before: that stands.
            Stage::Look(refused) => Err(refused),
            Stage::Seek(mut series) | Stage::Reset(mut series, _) => {
                series.leave_some();
                self.stage = Stage::Over(series.done());
                Ok(())
            }
            Stage::Send | Stage::Over(_) => Err(failure),
        }
    }
}
