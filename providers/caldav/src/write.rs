//! Writing one object under a condition, and finding out what a refusal means.

use std::sync::Arc;

use kalends_core::event::Body;
use kalends_core::ids::{ProviderId, Version};
use kalends_core::provider::{Done, Failure, FailureClass, MirrorDoc, ProviderOp, Stored};
use kalends_core::time::Timestamp;
use kalends_ical::{mirror, patch};
use kalends_kit::{Element, Intent, Next, Ns, Outbox, Reply, Request, Script, Url, is_web_page};

use crate::ask::{self, Depth};
use crate::condition::{self, says_taken};
use crate::context::{Context, fail};
use crate::dav::Member;
use crate::etag;
use crate::list::calendar_gone;

/// Writes one object of one calendar.
#[derive(Debug)]
pub(crate) struct Write {
    collection: Url,
    target: Url,
    change: Change,
    stage: Stage,
    /// The tag to send as condition; another spelling than the version's where the server insists.
    tag: String,
    /// The text of a patch, once it is worked out.
    text: Option<Vec<u8>>,
    octets_max: Option<u32>,
    /// What the look at the object or the collection showed.
    shown: Shown,
}

#[derive(Debug)]
enum Change {
    Create(Box<MirrorDoc>),
    Replace(Version, Box<MirrorDoc>),
    Delete(Version),
    Patch { version: Version, base: Box<Body>, want: Box<Body> },
}

#[derive(Debug)]
enum Stage {
    /// The server ignores conditions: look first.
    Look,
    /// The text is needed: to be patched, or because only its hash is known.
    Read,
    Send,
    /// A condition did not hold: was it the object or the spelling?
    LookAgain(Failure),
    /// The place was refused: is the collection there?
    Probe(Failure),
    Over(Done),
}

#[derive(Debug, Default)]
struct Shown {
    gone: bool,
    tag: Option<String>,
}

impl Write {
    /// Begins one of the four writes of an object.
    pub(crate) fn new(context: &Arc<Context>, op: &ProviderOp) -> Result<Self, Failure> {
        let (calendar, id, change) = match op {
            ProviderOp::Create { calendar, doc } => {
                let path = format!("{}{}.ics", context.collection(calendar).path(), doc.derived);
                (calendar, ProviderId(path), Change::Create(doc.clone()))
            }
            ProviderOp::Replace { calendar, id, version, doc, .. } => {
                (calendar, id.clone(), Change::Replace(version.clone(), doc.clone()))
            }
            ProviderOp::Delete { calendar, id, version, .. } => {
                (calendar, id.clone(), Change::Delete(version.clone()))
            }
            ProviderOp::Patch { calendar, id, version, base, want, .. } => {
                let (version, base, want) = (version.clone(), base.clone(), want.clone());
                (calendar, id.clone(), Change::Patch { version, base, want })
            }
            ProviderOp::Discover
            | ProviderOp::List { .. }
            | ProviderOp::Fetch { .. }
            | ProviderOp::MakeCalendar { .. }
            | ProviderOp::Watch(_)
            | ProviderOp::FreeBusy { .. }
            | ProviderOp::DeleteCalendar { .. } => return Err(unsupported()),
        };
        let by_hash = change.version().is_some_and(etag::is_of_body);
        let stage = match &change {
            Change::Patch { .. } => Stage::Read,
            Change::Create(_) | Change::Replace(..) | Change::Delete(_) if by_hash => Stage::Read,
            Change::Create(_) | Change::Replace(..) | Change::Delete(_)
                if context.quirks.checks_first =>
            {
                Stage::Look
            }
            Change::Create(_) | Change::Replace(..) | Change::Delete(_) => Stage::Send,
        };
        let tag = if by_hash { "*" } else { change.version().map_or("*", |v| v.0.as_str()) };
        let collection = context.collection(calendar);
        Ok(Self {
            octets_max: context.octets_max(&collection),
            collection,
            target: context.at(&id),
            tag: tag.to_owned(),
            change,
            stage,
            text: None,
            shown: Shown::default(),
        })
    }

    fn request(&mut self, now: Timestamp) -> Request {
        let url = self.target.clone();
        let condition = ("If-Match", self.tag.as_str());
        match &self.change {
            Change::Create(doc) => ask::put(url, ("If-None-Match", "*"), mirror(doc, now)),
            Change::Replace(_, doc) => ask::put(url, condition, mirror(doc, now)),
            Change::Delete(_) => ask::delete(url, Some(condition)),
            Change::Patch { .. } => ask::put(url, condition, self.text.clone().unwrap_or_default()),
        }
    }

    /// Whether the server said that it stores nothing as large: then it is not bothered.
    fn is_too_large(&self, request: &Request) -> bool {
        self.octets_max.is_some_and(|max| request.body.len() > max as usize)
    }

    fn looked(&mut self, reply: &Reply, now: Timestamp) -> Result<Stage, Failure> {
        let shown = core::mem::take(&mut self.shown);
        let gone = shown.gone || matches!(reply.status(), 404 | 410);
        if !gone && reply.status() != 207 {
            return Err(condition::failure(reply, Intent::Read, now));
        }
        let same = shown.tag.as_deref().and_then(etag::version);
        Ok(match (&self.change, gone) {
            (Change::Create(_), true) => Stage::Send,
            (Change::Create(_), false) => Stage::Over(Done::Failed(fail(
                FailureClass::Taken,
                "dav.exists",
                "the place is taken: read the object there",
            ))),
            (Change::Delete(_), true) => Stage::Over(Done::Deleted),
            (Change::Replace(..) | Change::Patch { .. }, true) => {
                Stage::Over(Done::Failed(not_found()))
            }
            (change, false) if same.as_ref() == change.version() => Stage::Send,
            (_, false) => Stage::Over(Done::Failed(stale())),
        })
    }

    /// The object's text: is it the one that is to be changed, and what becomes of it.
    fn read(&mut self, reply: &Reply, now: Timestamp) -> Result<Stage, Failure> {
        match reply.status() {
            200 if is_web_page(&reply.head, &reply.body) => Err(fail(
                FailureClass::Protocol,
                "http.not-calendar-data",
                "the server answered with a web page where an event was expected: sign in there",
            )),
            200 => {
                let expected = self.change.version();
                let by_hash = expected.is_some_and(etag::is_of_body);
                let body = Some(etag::of_body(&reply.body));
                let is = if by_hash { body } else { etag::of_head(&reply.head) };
                // Without a tag in the answer the condition of the PUT decides.
                if is.is_some() && is.as_ref() != expected {
                    return Ok(Stage::Over(Done::Failed(stale())));
                }
                if let Some(tag) = reply.head.header("etag").filter(|tag| by_hash && is_strong(tag))
                {
                    // Listings hide the tag alone.
                    tag.clone_into(&mut self.tag);
                }
                if let Change::Patch { base, want, .. } = &self.change {
                    let text = patch(&reply.body, base, want, now).map_err(|error| {
                        fail(FailureClass::Refused, "ical.patch", &error.to_string())
                    })?;
                    self.text = Some(text);
                }
                Ok(Stage::Send)
            }
            404 | 410 => Ok(Stage::Over(match self.change {
                Change::Delete(_) => Done::Deleted,
                Change::Create(_) | Change::Replace(..) | Change::Patch { .. } => {
                    Done::Failed(not_found())
                }
            })),
            _ => Err(condition::failure(reply, Intent::Read, now)),
        }
    }

    fn sent(&self, reply: &Reply, now: Timestamp) -> Stage {
        if reply.is_success() {
            return Stage::Over(match self.change {
                Change::Delete(_) if reply.status() == 207 => {
                    Done::Failed(condition::deleted_in_part())
                }
                Change::Delete(_) => Done::Deleted,
                Change::Create(_) | Change::Replace(..) | Change::Patch { .. } => {
                    Done::Stored(self.stored(reply))
                }
            });
        }
        let mut failure = condition::failure(reply, Intent::Write, now);
        match &self.change {
            Change::Delete(_) if failure.class == FailureClass::NotFound => {
                Stage::Over(Done::Deleted)
            }
            Change::Create(_) => {
                if failure.class == FailureClass::Stale || self.is_taken(reply, &failure) {
                    failure.class = FailureClass::Taken;
                }
                match (failure.code.as_str(), failure.class) {
                    ("http.404" | "http.409" | "http.410", _) => Stage::Probe(failure),
                    (_, FailureClass::Unsupported) => Stage::Probe(failure),
                    _ => Stage::Over(Done::Failed(failure)),
                }
            }
            Change::Replace(..) | Change::Delete(_) | Change::Patch { .. } => {
                if failure.class == FailureClass::Stale && self.tag != "*" {
                    Stage::LookAgain(failure)
                } else {
                    Stage::Over(Done::Failed(failure))
                }
            }
        }
    }

    fn is_taken(&self, reply: &Reply, failure: &Failure) -> bool {
        let in_prose = matches!(failure.code.as_str(), "http.400" | "http.403" | "http.409");
        in_prose && says_taken(reply)
    }

    fn stored(&self, reply: &Reply) -> Stored {
        let named = reply.head.header("location").and_then(|place| reply.url.join(place).ok());
        let inside = |url: &Url| {
            let rest = url.path().strip_prefix(self.collection.path());
            rest.is_some_and(|name| !name.is_empty() && !name.contains('/'))
        };
        let place =
            named.filter(inside).map_or(self.target.path().to_owned(), |url| url.path().to_owned());
        Stored {
            id: ProviderId(place),
            version: etag::of_head(&reply.head),
            body: None,
            resets_instances: false,
        }
    }

    /// A condition did not hold: where the object is at the version all the same, the server wants
    /// its tag spelled as it spells it itself.
    fn looked_again(&mut self, failure: Failure, reply: &Reply) -> Stage {
        let shown = core::mem::take(&mut self.shown);
        if shown.gone || matches!(reply.status(), 404 | 410) {
            return Stage::Over(match self.change {
                Change::Delete(_) => Done::Deleted,
                Change::Create(_) | Change::Replace(..) | Change::Patch { .. } => {
                    Done::Failed(not_found())
                }
            });
        }
        match shown.tag.filter(|tag| is_strong(tag)) {
            Some(tag)
                if tag != self.tag && etag::version(&tag).as_ref() == self.change.version() =>
            {
                self.tag = tag;
                Stage::Send
            }
            Some(_) | None => Stage::Over(Done::Failed(failure)),
        }
    }
}

impl Script for Write {
    fn next(&mut self, now: Timestamp) -> Next {
        let request = match &self.stage {
            Stage::Look | Stage::LookAgain(_) => {
                ask::propfind(self.target.clone(), Depth::Zero, &["getetag"])
            }
            Stage::Read => ask::get(self.target.clone()),
            Stage::Send => match self.request(now) {
                request if self.is_too_large(&request) => {
                    return Next::Done(Done::Failed(too_large()));
                }
                request => request,
            },
            Stage::Probe(_) => {
                ask::propfind(self.collection.clone(), Depth::Zero, &["resourcetype"])
            }
            Stage::Over(done) => return Next::Done(done.clone()),
        };
        Next::Call(Box::new(request))
    }

    fn tree(&mut self, url: &Url, tree: Element, _out: &mut Outbox) -> Result<(), Failure> {
        if let Some(member) = Member::read(url, tree) {
            self.shown.gone |= member.is_gone();
            self.shown.tag = member.text(Ns::Dav, "getetag").map(str::to_owned);
        }
        Ok(())
    }

    fn reply(&mut self, reply: Reply, _out: &mut Outbox, now: Timestamp) -> Result<(), Failure> {
        let stage = core::mem::replace(&mut self.stage, Stage::Send);
        self.stage = match stage {
            Stage::Look => self.looked(&reply, now)?,
            Stage::Read => self.read(&reply, now)?,
            Stage::Send => self.sent(&reply, now),
            Stage::LookAgain(failure) => self.looked_again(failure, &reply),
            Stage::Probe(failure) => {
                let gone = self.shown.gone || matches!(reply.status(), 404 | 410);
                Stage::Over(Done::Failed(if gone { calendar_gone() } else { failure }))
            }
            over @ Stage::Over(_) => over,
        };
        Ok(())
    }

    fn broken(&mut self, failure: Failure) -> Result<(), Failure> {
        match core::mem::replace(&mut self.stage, Stage::Send) {
            // The write itself was refused before: that stands, whatever the second look came to.
            Stage::LookAgain(refused) | Stage::Probe(refused) => Err(refused),
            Stage::Look | Stage::Read | Stage::Send | Stage::Over(_) => Err(failure),
        }
    }
}

impl Change {
    const fn version(&self) -> Option<&Version> {
        match self {
            Self::Create(_) => None,
            Self::Replace(version, _) | Self::Delete(version) | Self::Patch { version, .. } => {
                Some(version)
            }
        }
    }
}

/// Whether a tag can be a condition (RFC 9110 section 13.1.1).
fn is_strong(tag: &str) -> bool {
    tag.len() > 2 && tag.starts_with('"') && tag.ends_with('"')
}

fn not_found() -> Failure {
    fail(FailureClass::NotFound, "dav.not-found", "the object is not there any more")
}

fn stale() -> Failure {
    fail(FailureClass::Stale, "dav.changed", "the object was changed meanwhile: read it again")
}

fn too_large() -> Failure {
    fail(
        FailureClass::TooLarge,
        "caldav.octets-max",
        "the calendar stores no object as large: shorten the event",
    )
}

fn unsupported() -> Failure {
    fail(FailureClass::Unsupported, "caldav.operation", "start this another way")
}
