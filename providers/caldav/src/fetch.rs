//! Reading objects by name: many at once, and alone those that the server would not give so.
//!
//! One bad object makes some servers refuse the whole report: then the batch is halved until the bad
//! one stands alone. What is not there, or cannot be read, counts only once the collection itself
//! has answered.

use std::collections::VecDeque;
use std::sync::Arc;

use kalends_core::ids::ProviderId;
use kalends_core::presence::Evidence;
use kalends_core::provider::{Done, Failure, FailureClass, Item, ObjectName, Output};
use kalends_core::time::Timestamp;
use kalends_ical::Reader;
use kalends_kit::{
    Element, Intent, Next, Ns, Outbox, Reply, Script, Url, is_web_page, normal_path, same_path,
};

use crate::ask::{self, Depth};
use crate::condition;
use crate::context::{Context, fail};
use crate::dav::Member;
use crate::etag;
use crate::item::{Object, item, unreadable};
use crate::list::calendar_gone;

/// Objects asked for in one report.
const BATCH_MAX: usize = 50;

/// Reads objects of one calendar.
#[derive(Debug)]
pub(crate) struct Fetch {
    collection: Url,
    reader: Reader,
    wanted: Vec<Wanted>,
    work: VecDeque<Work>,
    /// What is said only once the collection itself has answered.
    held: Vec<Item>,
    collection_answered: bool,
    collection_gone: bool,
}

/// An object, and the paths it may be under, the likeliest first.
#[derive(Debug)]
struct Wanted {
    id: ProviderId,
    paths: Vec<String>,
    /// How many of the paths the server said nothing is under.
    missing: usize,
    done: bool,
}

#[derive(Debug, Clone)]
enum Work {
    /// These of the wanted, in one report.
    Together(Vec<usize>),
    /// One of the wanted, under one of its paths.
    Alone(usize, usize),
    /// The collection.
    Probe,
}

impl Fetch {
    pub(crate) fn new(context: &Arc<Context>, calendar: &ProviderId, names: &[ObjectName]) -> Self {
        let collection = context.collection(calendar);
        let wanted: Vec<Wanted> = names.iter().map(|name| Wanted::new(&collection, name)).collect();
        let all: Vec<usize> = (0..wanted.len()).collect();
        let work = all.chunks(BATCH_MAX).map(|some| Work::Together(some.to_vec())).collect();
        Self {
            collection,
            reader: context.reader(),
            wanted,
            work,
            held: Vec::new(),
            collection_answered: false,
            collection_gone: false,
        }
    }

    fn member(&mut self, member: &Member, out: &mut Outbox) {
        let Some(Work::Together(batch)) = self.work.front() else {
            return;
        };
        let wanted = &mut self.wanted;
        let exact = batch.iter().find(|at| wanted[**at].paths.contains(&member.path));
        let found = exact.or_else(|| batch.iter().find(|at| wanted[**at].is_under(&member.path)));
        let Some(wanted) = found.and_then(|at| wanted.get_mut(*at)) else {
            return;
        };
        if member.is_gone() {
            wanted.missing += 1;
            return;
        }
        let text = member.property(Ns::CalDav, "calendar-data").map(|data| data.text.as_bytes());
        let whole = |text: &&[u8]| member.is_there() && !member.damaged && !text.is_empty();
        let Some(text) = text.filter(whole) else {
            return;
        };
        if wanted.done {
            return;
        }
        wanted.done = true;
        self.collection_answered = true;
        let version = member.text(Ns::Dav, "getetag").and_then(etag::version);
        let version = version.or_else(|| Some(etag::of_body(text)));
        let id = wanted.id_under(&member.path);
        let object = Object { id, version, text, fresh: true };
        out.push_back(Output::Item(item(&self.reader, object)));
    }

    /// A report that was answered: what it left out is read alone.
    fn settle_batch(&mut self, batch: &[usize]) {
        let mut alone = Vec::new();
        for at in batch {
            let wanted = &mut self.wanted[*at];
            if wanted.done {
                continue;
            }
            if wanted.missing >= wanted.paths.len() {
                wanted.done = true;
                self.held.push(removed(wanted.id.clone()));
            } else {
                alone.push(Work::Alone(*at, 0));
            }
        }
        self.work.extend(alone);
    }

    /// A report that was refused: halves, and single reads where there is nothing to halve.
    fn divide(&mut self, batch: &[usize]) {
        let batch: Vec<usize> = batch.iter().copied().filter(|at| !self.wanted[*at].done).collect();
        if batch.len() <= 1 {
            self.work.extend(batch.into_iter().map(|at| Work::Alone(at, 0)));
            return;
        }
        let (first, second) = batch.split_at(batch.len() / 2);
        self.work.push_front(Work::Together(second.to_vec()));
        self.work.push_front(Work::Together(first.to_vec()));
    }

    fn together(&mut self, batch: &[usize], reply: &Reply, now: Timestamp) -> Result<(), Failure> {
        match reply.status() {
            207 => self.settle_batch(batch),
            // Reports are not offered, or one missing object makes all of it missing.
            404 | 405 | 410 | 501 => {
                self.work.extend(batch.iter().map(|at| Work::Alone(*at, 0)));
            }
            400 | 403 | 406 | 409 | 412 | 413 | 414 | 415 | 418 | 422 | 500 | 507 => {
                self.divide(batch);
            }
            _ => return Err(condition::failure(reply, Intent::Read, now)),
        }
        Ok(())
    }

    fn alone(
        &mut self,
        (at, path): (usize, usize),
        reply: &Reply,
        out: &mut Outbox,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let wanted = &mut self.wanted[at];
        match reply.status() {
            200 if is_web_page(&reply.head, &reply.body) => Err(login_page()),
            200 => {
                self.collection_answered = true;
                let version = etag::of_head(&reply.head);
                let version = version.or_else(|| Some(etag::of_body(&reply.body)));
                let id = wanted.id_under(&wanted.paths[path]);
                let object = Object { id, version, text: &reply.body, fresh: true };
                out.push_back(Output::Item(item(&self.reader, object)));
                Ok(())
            }
            404 | 410 if path + 1 < wanted.paths.len() => {
                self.work.push_front(Work::Alone(at, path + 1));
                Ok(())
            }
            404 | 410 => {
                self.held.push(removed(wanted.id.clone()));
                Ok(())
            }
            408 | 423 | 425 | 429 | 502 | 503 | 504 => {
                Err(condition::failure(reply, Intent::Read, now))
            }
            status => {
                let reason = "the server does not give this object: open it there and save it anew";
                self.held.push(unreadable(wanted.id.clone(), format!("http.{status}"), reason));
                Ok(())
            }
        }
    }

    fn probed(&mut self, reply: &Reply, now: Timestamp) -> Result<(), Failure> {
        if self.collection_gone || matches!(reply.status(), 404 | 410) {
            return Err(calendar_gone());
        }
        if reply.status() != 207 {
            return Err(condition::failure(reply, Intent::Read, now));
        }
        self.collection_answered = true;
        Ok(())
    }
}

impl Script for Fetch {
    fn next(&mut self, _now: Timestamp) -> Next {
        if self.work.is_empty() && !self.held.is_empty() {
            self.work.push_back(Work::Probe);
        }
        let request = match self.work.front() {
            Some(Work::Together(batch)) => {
                let paths = batch.iter().flat_map(|at| &self.wanted[*at].paths);
                ask::multiget(self.collection.clone(), paths.map(String::as_str))
            }
            Some(Work::Alone(at, path)) => {
                ask::get(self.collection.with_path(&self.wanted[*at].paths[*path]))
            }
            Some(Work::Probe) => {
                ask::propfind(self.collection.clone(), Depth::Zero, &["resourcetype"])
            }
            None => return Next::Done(Done::Fetched),
        };
        Next::Call(Box::new(request))
    }

    fn tree(&mut self, url: &Url, tree: Element, out: &mut Outbox) -> Result<(), Failure> {
        let Some(member) = Member::read(url, tree) else {
            return Ok(());
        };
        match self.work.front() {
            Some(Work::Together(_)) => self.member(&member, out),
            Some(Work::Probe) => self.collection_gone |= member.is_gone(),
            Some(Work::Alone(..)) | None => {}
        }
        Ok(())
    }

    fn reply(&mut self, reply: Reply, out: &mut Outbox, now: Timestamp) -> Result<(), Failure> {
        match self.work.pop_front() {
            Some(Work::Together(batch)) => self.together(&batch, &reply, now)?,
            Some(Work::Alone(at, path)) => self.alone((at, path), &reply, out, now)?,
            Some(Work::Probe) => self.probed(&reply, now)?,
            None => {}
        }
        if self.work.is_empty() && self.collection_answered {
            out.extend(self.held.drain(..).map(Output::Item));
        }
        Ok(())
    }

    fn broken(&mut self, failure: Failure) -> Result<(), Failure> {
        match self.work.pop_front() {
            Some(Work::Together(batch)) if failure.code.starts_with("xml.") => {
                self.divide(&batch);
                Ok(())
            }
            Some(Work::Alone(at, _)) if failure.code == "net.too-large" => {
                let reason = "the object is too large to be read: take its attachments out";
                self.held.push(unreadable(self.wanted[at].id.clone(), failure.code, reason));
                Ok(())
            }
            Some(Work::Together(_) | Work::Alone(..) | Work::Probe) | None => Err(failure),
        }
    }
}

impl Wanted {
    fn new(collection: &Url, name: &ObjectName) -> Self {
        let paths = match name {
            ObjectName::Known(id) => {
                let mut paths = vec![id.0.clone()];
                // Some servers encode what is encoded already.
                let decoded = normal_path(&id.0.replace("%25", "%"));
                if decoded != id.0 {
                    paths.push(decoded);
                }
                paths
            }
            // Some servers store under the UID instead of the name they were given.
            ObjectName::Derived(derived) => vec![
                normal_path(&format!("{}{derived}.ics", collection.path())),
                normal_path(&format!("{}{derived}@kalends.ics", collection.path())),
            ],
        };
        Self { id: ProviderId(paths[0].clone()), paths, missing: 0, done: false }
    }

    fn is_under(&self, path: &str) -> bool {
        self.paths.iter().any(|known| same_path(known, path))
    }

    /// What an object found under a path goes by from now on.
    fn id_under(&self, path: &str) -> ProviderId {
        if same_path(&self.id.0, path) { self.id.clone() } else { ProviderId(path.to_owned()) }
    }
}

fn removed(id: ProviderId) -> Item {
    Item::Removed { id, evidence: Evidence::ReadAlone }
}

fn login_page() -> Failure {
    fail(
        FailureClass::Protocol,
        "http.not-calendar-data",
        "the server answered with a web page where an event was expected: sign in there",
    )
}
