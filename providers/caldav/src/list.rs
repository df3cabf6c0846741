//! Listing a calendar: what changed since a token, everything by name, everything with content.
//!
//! Names come from a PROPFIND and not from a report with an empty token: the report of some servers
//! lists what was deleted long ago, and of some leaves out what is there. The collection's own entry
//! comes first in a PROPFIND and carries the token from which changes are asked afterwards.

use std::sync::Arc;

use kalends_core::ids::{ProviderId, Version};
use kalends_core::presence::Evidence;
use kalends_core::provider::{Done, Failure, FailureClass, Item, Listed, Listing, Output};
use kalends_core::time::Timestamp;
use kalends_ical::Reader;
use kalends_kit::{Element, Intent, Next, Ns, Outbox, Reply, Script, Url, same_path};

use crate::ask::{self, Depth};
use crate::condition;
use crate::context::{Context, fail};
use crate::dav::Member;
use crate::etag;
use crate::item::{Object, item};
use crate::seconds;

/// Pages of one report that are followed.
const PAGES_MAX: u32 = 10_000;

/// Lists one calendar.
#[derive(Debug)]
pub(crate) struct List {
    collection: Url,
    reader: Reader,
    can_sync: bool,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    Report(Report),
    Names(Names),
    Over(Done),
}

#[derive(Debug, Default)]
struct Report {
    /// The token asked with; empty for everything.
    token: String,
    /// The one that this conversation began with.
    first: String,
    /// Whether this conversation began without a token.
    initial: bool,
    /// Whether the objects' texts are asked for.
    data: bool,
    pages: u32,
    next_token: Option<String>,
    truncated: bool,
    gone: bool,
    /// Whether it named any object.
    any: bool,
    /// Whether it spoke of objects that are not there, or of some that it did not name.
    doubtful: bool,
}

#[derive(Debug, Default)]
struct Names {
    token: Option<String>,
    tag: Option<String>,
    any: bool,
    gone: bool,
    /// Whether the collection itself was shown to be there: it comes with every complete answer
    /// (RFC 4918 section 9.1).
    own: bool,
    /// Whether it spoke of something that it did not name.
    doubtful: bool,
}

impl Report {
    /// Whether it asks for all texts at once: what a server, or a proxy before it, may be too slow
    /// for every time. Names are little, and texts are then read some at a time.
    const fn is_heavy(&self) -> bool {
        self.initial && self.data
    }

    /// Whether its token moved, and it names nothing that moved it. Some servers answer a token that
    /// they lost with all that is there, and say nothing of it: of a calendar that was emptied since,
    /// that is nothing at all.
    fn is_unexplained(&self) -> bool {
        let has_moved = self.next_token.as_ref().is_some_and(|next| *next != self.first);
        !self.initial && !self.any && !self.truncated && has_moved
    }
}

impl List {
    pub(crate) fn new(context: &Arc<Context>, calendar: &ProviderId, listing: &Listing) -> Self {
        let collection = context.collection(calendar);
        let can_sync = context.can_sync(&collection);
        let report = |token: &str| {
            Phase::Report(Report {
                token: token.to_owned(),
                first: token.to_owned(),
                initial: token.is_empty(),
                data: true,
                ..Report::default()
            })
        };
        let phase = match listing {
            Listing::Since(token) if can_sync && !token.is_empty() => report(token),
            Listing::Since(_) => Phase::Over(Done::Failed(cursor_lost("dav.no-sync"))),
            Listing::Contents if can_sync => report(""),
            Listing::Contents | Listing::Names => Phase::Names(Names::default()),
        };
        Self { collection, reader: context.reader(), can_sync, phase }
    }

    fn changed(
        reader: &Reader,
        collection: &Url,
        report: &mut Report,
        member: &Member,
        out: &mut Outbox,
    ) {
        if same_path(&member.path, collection.path()) {
            report.truncated |= member.status == Some(507);
            report.gone |= member.is_gone();
            report.doubtful |= !member.is_there() && member.status != Some(507);
            return;
        }
        if member.is_type(Ns::Dav, "collection") {
            return;
        }
        report.any = true;
        let id = ProviderId(member.path.clone());
        if member.is_gone() {
            // With an empty token these are deletions of long ago, or objects that went just now:
            // what was left out then is not to be judged by this listing.
            if report.initial {
                report.doubtful = true;
            } else {
                let evidence = Evidence::Tombstone;
                out.push_back(Output::Item(Item::Removed { id, evidence }));
            }
            return;
        }
        let version = version(member);
        let text = member.property(Ns::CalDav, "calendar-data").map(|data| data.text.as_bytes());
        match text.filter(|text| member.is_there() && !member.damaged && !text.is_empty()) {
            Some(text) => {
                let version = version.or_else(|| Some(etag::of_body(text)));
                let object = Object { id, version, text, fresh: false };
                out.push_back(Output::Item(item(reader, object)));
            }
            // Named without content, or not to be read just now: the caller reads it alone.
            None => out.push_back(Output::Name { id, version }),
        }
    }

    fn named(collection: &Url, names: &mut Names, member: &Member, out: &mut Outbox) {
        if same_path(&member.path, collection.path()) {
            names.gone |= member.is_gone();
            names.own |= member.is_there();
            names.doubtful |= !member.is_there();
            // A token or tag that was read after a name may be newer than that name.
            if !names.any {
                names.token = member.text(Ns::Dav, "sync-token").map(str::to_owned);
                names.tag = member.text(Ns::CalendarServer, "getctag").map(str::to_owned);
            }
            return;
        }
        names.any = true;
        if !member.is_type(Ns::Dav, "collection") {
            let id = ProviderId(member.path.clone());
            out.push_back(Output::Name { id, version: version(member) });
        }
    }

    fn reported(&mut self, reply: &Reply, now: Timestamp) -> Result<(), Failure> {
        let Phase::Report(report) = &mut self.phase else {
            return Ok(());
        };
        if reply.status() != 207 {
            let failure = condition::failure(reply, Intent::Read, now);
            return self.report_refused(failure, reply.status());
        }
        if report.gone {
            return Err(calendar_gone());
        }
        if report.doubtful && !report.initial {
            // The next token would pass over a change that nobody could name: all are compared.
            return Err(cursor_lost("dav.unnamed"));
        }
        if report.is_unexplained() {
            return Err(cursor_lost("dav.unexplained"));
        }
        if !report.truncated {
            let listed = Listed {
                tag: None,
                whole: report.initial && !report.doubtful && report.next_token.is_some(),
                token: report.next_token.take().map(|token| seconds::settled(token, reply)),
            };
            if listed.token.is_none() && !report.initial {
                return Err(cursor_lost("dav.no-token"));
            }
            self.phase = Phase::Over(Done::Listed(listed));
            return Ok(());
        }
        report.pages += 1;
        report.truncated = false;
        match report.next_token.take() {
            Some(next) if next != report.token && report.pages < PAGES_MAX => {
                report.token = next;
                Ok(())
            }
            // It goes round in circles: only a whole comparison ends it.
            Some(_) | None if report.initial => {
                self.phase = Phase::Names(Names::default());
                Ok(())
            }
            Some(_) | None => Err(cursor_lost("dav.pages")),
        }
    }

    /// What the server will not tell as changes is compared by name; servers say so with any of a
    /// dozen statuses.
    fn report_refused(&mut self, failure: Failure, status: u16) -> Result<(), Failure> {
        let Phase::Report(report) = &mut self.phase else {
            return Err(failure);
        };
        if failure.class == FailureClass::CursorLost {
            return Err(failure);
        }
        if status == 404 {
            return Err(calendar_gone());
        }
        let late = matches!(status, 502..=504) && failure.class == FailureClass::Transient;
        if late && report.is_heavy() {
            self.phase = Phase::Names(Names::default());
            return Ok(());
        }
        let unable = matches!(
            status,
            400 | 403 | 405 | 406 | 409 | 410 | 412 | 413 | 415 | 418 | 422 | 500 | 501 | 507
        );
        if !unable {
            return Err(failure);
        }
        if report.data && matches!(status, 400 | 413 | 500 | 507) {
            // One object may be poison to the whole report: without texts it is not looked at.
            report.data = false;
        } else if report.initial {
            self.phase = Phase::Names(Names::default());
        } else {
            return Err(cursor_lost(&failure.code));
        }
        Ok(())
    }
}

impl Script for List {
    fn next(&mut self, _now: Timestamp) -> Next {
        let url = self.collection.clone();
        match &self.phase {
            Phase::Report(Report { token, data: true, .. }) => {
                let properties = ["getetag", "resourcetype", "C:calendar-data"];
                Next::Call(Box::new(ask::sync(url, token, &properties)))
            }
            Phase::Report(Report { token, .. }) => {
                Next::Call(Box::new(ask::sync(url, token, &["getetag", "resourcetype"])))
            }
            Phase::Names(_) => {
                let mut properties = vec!["getetag", "resourcetype", "S:getctag"];
                if self.can_sync {
                    properties.push("sync-token");
                }
                Next::Call(Box::new(ask::propfind(url, Depth::One, &properties)))
            }
            Phase::Over(done) => Next::Done(done.clone()),
        }
    }

    fn tree(&mut self, url: &Url, tree: Element, out: &mut Outbox) -> Result<(), Failure> {
        if let Phase::Report(report) = &mut self.phase
            && tree.is(Ns::Dav, "sync-token")
        {
            report.next_token = Some(tree.trimmed().to_owned()).filter(|token| !token.is_empty());
            return Ok(());
        }
        let is_response = tree.is(Ns::Dav, "response");
        let Some(member) = Member::read(url, tree) else {
            match &mut self.phase {
                Phase::Report(report) => report.doubtful |= is_response,
                Phase::Names(names) => names.doubtful |= is_response,
                Phase::Over(_) => {}
            }
            return Ok(());
        };
        match &mut self.phase {
            Phase::Report(report) => {
                Self::changed(&self.reader, &self.collection, report, &member, out);
            }
            Phase::Names(names) => Self::named(&self.collection, names, &member, out),
            Phase::Over(_) => {}
        }
        Ok(())
    }

    fn reply(&mut self, reply: Reply, _out: &mut Outbox, now: Timestamp) -> Result<(), Failure> {
        let names = match &mut self.phase {
            Phase::Report(_) => return self.reported(&reply, now),
            Phase::Names(names) => names,
            Phase::Over(_) => return Ok(()),
        };
        if names.gone || matches!(reply.status(), 404 | 410) {
            return Err(calendar_gone());
        }
        if reply.status() != 207 {
            return Err(condition::failure(&reply, Intent::Read, now));
        }
        let whole = names.own && !names.doubtful;
        // From an answer that may lack something, no later one may go on.
        let token = names.token.take().filter(|_| whole);
        let token = token.map(|token| seconds::settled(token, &reply));
        let tag = names.tag.take().filter(|_| whole && token.is_none());
        self.phase = Phase::Over(Done::Listed(Listed { token, tag, whole }));
        Ok(())
    }

    fn broken(&mut self, failure: Failure) -> Result<(), Failure> {
        let readable = ["xml.large", "xml.syntax", "xml.entity", "xml.encoding"];
        let late = ["net.deadline", "net.cut", "net.reset"];
        match &mut self.phase {
            Phase::Report(report) if report.is_heavy() && late.contains(&failure.code.as_str()) => {
                self.phase = Phase::Names(Names::default());
                Ok(())
            }
            // One object that cannot be read is read alone, later.
            Phase::Report(report) if report.data && readable.contains(&failure.code.as_str()) => {
                report.data = false;
                report.next_token = None;
                report.truncated = false;
                Ok(())
            }
            Phase::Report(_) | Phase::Names(_) | Phase::Over(_) => Err(failure),
        }
    }
}

fn version(member: &Member) -> Option<Version> {
    member.text(Ns::Dav, "getetag").and_then(etag::version).filter(|_| member.is_there())
}

fn cursor_lost(code: &str) -> Failure {
    fail(
        FailureClass::CursorLost,
        code,
        "the server cannot say what changed since: compare everything",
    )
}

pub(crate) fn calendar_gone() -> Failure {
    fail(
        FailureClass::CalendarGone,
        "dav.calendar-gone",
        "the calendar is not there: look for the account's calendars again",
    )
}
