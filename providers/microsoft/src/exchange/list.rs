//! Listing a calendar: a round of the delta of its view.
//!
//! Graph names what left the window as removed, be it deleted or moved out of it, and be it known
//! here or not: only a read of it alone tells. A window does not move; after some days its link is
//! given up, and a new round compares everything by name.

use std::collections::VecDeque;
use std::sync::Arc;

use kalends_core::ids::ProviderId;
use kalends_core::presence::Evidence;
use kalends_core::provider::{Done, Failure, FailureClass, Item, Listed, Listing, Output};
use kalends_core::time::Timestamp;
use kalends_kit::{Intent, Next, Outbox, Reply, Script};

use super::batch::{self, READS_MAX};
use super::parse;
use super::round::{After, Round};
use crate::ask;
use crate::context::{Context, calendar_path, event_path, fail};
use crate::fault;
use crate::token::{Token, Window};
use crate::version::Held;
use crate::wire::event::{EventJson, EventKind};
use crate::wire::page::PageJson;

/// Pages of one round that are followed.
const PAGES_MAX: u32 = 10_000;
/// Entries of one page.
const PAGE: u32 = 200;

/// Lists one calendar.
#[derive(Debug)]
pub(crate) struct List {
    context: Arc<Context>,
    calendar: ProviderId,
    /// Whether it began without a token.
    whole: bool,
    window: Option<Window>,
    stage: Stage,
    round: Round,
    /// Whether a round of everything was begun anew already.
    again: bool,
}

#[derive(Debug)]
enum Stage {
    /// Go on from what the engine kept.
    Token(String),
    /// The first page of everything.
    First,
    /// Another page.
    Page(String),
    /// What left the window, some at a time; the link of the end.
    Left(VecDeque<String>, String),
    Over(Done),
}

impl List {
    pub(crate) fn new(context: &Arc<Context>, calendar: &ProviderId, listing: &Listing) -> Self {
        let (stage, whole) = match listing {
            Listing::Since(token) => (Stage::Token(token.clone()), false),
            Listing::Names | Listing::Contents => (Stage::First, true),
        };
        Self {
            context: Arc::clone(context),
            calendar: calendar.clone(),
            whole,
            window: None,
            stage,
            round: Round::default(),
            again: false,
        }
    }

    /// Goes on from a token, where it is ours and its window is still good.
    fn resume(&mut self, text: &str, now: Timestamp) -> Stage {
        match Token::from_text(text) {
            Some(token) if token.window.holds(now) => {
                self.window = Some(token.window);
                Stage::Page(token.link)
            }
            Some(_) => Stage::Over(Done::Failed(cursor_lost("graph.window"))),
            None => Stage::Over(Done::Failed(cursor_lost("graph.token"))),
        }
    }

    fn first(&mut self, now: Timestamp) -> Result<kalends_kit::Url, Failure> {
        let window = Window::at(now);
        self.window = Some(window);
        let day = |day| format!("{day}T00:00:00Z");
        let query = ask::between(&day(window.from), &day(window.to));
        self.context.at(&format!("{}/calendarView/delta{query}", calendar_path(&self.calendar)))
    }

    fn page(&mut self, reply: &Reply, out: &mut Outbox, now: Timestamp) -> Result<Stage, Failure> {
        if !reply.is_success() {
            return self.refused(reply, now);
        }
        let page: PageJson = parse::read(reply, now)?;
        match self.round.take(page) {
            Some(After::Page(link)) if self.round.pages() < PAGES_MAX => Ok(Stage::Page(link)),
            Some(After::Page(_)) => Err(super::discover::endless()),
            Some(After::End(link)) => {
                // In a round of everything, nothing has left.
                let left = if self.whole { Vec::new() } else { self.round.left() };
                Ok(self.settled(left.into(), link, out))
            }
            None => Err(fail(
                FailureClass::Transient,
                "graph.no-link",
                "the server's list breaks off: try later",
            )),
        }
    }

    /// The link is spent, in any spelling; what else is wrong is wrong with the calendar.
    fn refused(&mut self, reply: &Reply, now: Timestamp) -> Result<Stage, Failure> {
        let failure = fault::failure(reply, Intent::Read, now);
        let spent = failure.class == FailureClass::CursorLost || reply.status() == 410;
        if spent && !self.whole {
            return Err(cursor_lost(&failure.code));
        }
        if spent && !self.again {
            self.again = true;
            self.round = Round::default();
            return Ok(Stage::First);
        }
        if failure.class == FailureClass::NotFound {
            return Err(calendar_gone());
        }
        let lost = failure.class == FailureClass::CursorLost;
        Err(if lost { Failure { class: FailureClass::Transient, ..failure } } else { failure })
    }

    fn settled(&mut self, left: VecDeque<String>, link: String, out: &mut Outbox) -> Stage {
        if !left.is_empty() {
            return Stage::Left(left, link);
        }
        out.extend(core::mem::take(&mut self.round).names());
        let token = self.window.map(|window| Token { window, link }.to_text());
        Stage::Over(Done::Listed(Listed { token, tag: None, whole: self.whole }))
    }

    /// Some of those that left, read alone: deleted, or somewhere else in time.
    fn confirmed(
        &mut self,
        (mut left, link): (VecDeque<String>, String),
        reply: &Reply,
        out: &mut Outbox,
        now: Timestamp,
    ) -> Result<Stage, Failure> {
        let asked: Vec<String> = left.iter().take(READS_MAX).cloned().collect();
        let answers = match asked.len() {
            1 => vec![Some(reply.clone())],
            count => batch::answers(reply, count, now)?,
        };
        for (id, answer) in asked.into_iter().zip(answers) {
            left.pop_front();
            let id = ProviderId(id);
            out.push_back(match answer {
                Some(answer) if answer.status() == 404 => {
                    Output::Item(Item::Removed { id, evidence: Evidence::ReadAlone })
                }
                Some(answer) => Output::Name { id, version: version(&answer, now)? },
                None => Output::Name { id, version: None },
            });
        }
        Ok(self.settled(left, link, out))
    }

    fn request(&mut self, now: Timestamp) -> Result<Option<kalends_kit::Request>, Failure> {
        if let Stage::Token(token) = &self.stage {
            let token = token.clone();
            self.stage = self.resume(&token, now);
        }
        let url = match &self.stage {
            Stage::First => self.first(now)?,
            Stage::Page(link) => self.context.link(link)?,
            Stage::Left(left, _) => {
                let path = |id: &String| {
                    let path = event_path(&self.calendar, id);
                    format!("{path}?$select=id,changeKey,type,seriesMasterId")
                };
                let paths: Vec<String> = left.iter().take(READS_MAX).map(path).collect();
                return Ok(Some(match paths.as_slice() {
                    [path] => ask::get(self.context.at(path)?),
                    paths => batch::reads(&self.context, paths)?,
                }));
            }
            Stage::Token(_) | Stage::Over(_) => return Ok(None),
        };
        Ok(Some(ask::page(url, PAGE)))
    }
}

impl Script for List {
    fn next(&mut self, now: Timestamp) -> Next {
        match (self.request(now), &self.stage) {
            (Ok(Some(request)), _) => Next::Call(Box::new(request)),
            (Ok(None), Stage::Over(done)) => Next::Done(done.clone()),
            (Ok(None), _) => Next::Done(Done::Failed(cursor_lost("graph.token"))),
            (Err(failure), _) => Next::Done(Done::Failed(failure)),
        }
    }

    fn reply(&mut self, reply: Reply, out: &mut Outbox, now: Timestamp) -> Result<(), Failure> {
        let stage = core::mem::replace(&mut self.stage, Stage::First);
        self.stage = match stage {
            Stage::Token(_) | Stage::First | Stage::Page(_) => self.page(&reply, out, now)?,
            Stage::Left(left, link) => self.confirmed((left, link), &reply, out, now)?,
            Stage::Over(done) => Stage::Over(done),
        };
        Ok(())
    }
}

/// The version of what is there all the same; of a series it is to be read.
fn version(reply: &Reply, now: Timestamp) -> Result<Option<kalends_core::ids::Version>, Failure> {
    let event: EventJson = match reply.status() {
        429 | 502..=504 => return Err(fault::failure(reply, Intent::Read, now)),
        200 => parse::read(reply, now)?,
        _ => return Ok(None),
    };
    let held = match event.event_kind() {
        EventKind::Single => event.tag().map(Held::single),
        EventKind::Exception => event.tag().map(Held::instance),
        EventKind::Master | EventKind::Occurrence => None,
    };
    Ok(held.map(|held| held.version()))
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
        "graph.calendar-gone",
        "the calendar is not there: look for the account's calendars again",
    )
}
