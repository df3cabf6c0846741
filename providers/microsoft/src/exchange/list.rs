//! Listing a calendar: a round of the delta of its view.
//!
//! Graph names what left the window as removed, be it deleted or moved out of it, and be it known
//! here or not: only a read of it alone tells. A window does not move; after some days its link is
//! given up, and a new round compares everything by name.

use std::collections::VecDeque;
use std::sync::Arc;

use kalends_core::ids::{ProviderId, Version};
use kalends_core::provider::{Done, Failure, FailureClass, Listed, Listing, Output};
use kalends_core::time::Timestamp;
use kalends_kit::{Intent, Next, Outbox, Reply, Script, came_in_part};

use super::batch::{self, READS_MAX};
use super::parse::{self, Lack};
use super::round::{After, Round};
use crate::ask;
use crate::context::{Context, calendar_path, event_path, fail};
use crate::fault;
use crate::item;
use crate::token::{Token, Window};
use crate::version::Held;
use crate::wire::event::{EventJson, EventKind};
use crate::wire::page::PageJson;

/// Entries of one page.
const PAGE: u32 = 200;
/// How often something is read alone whose answer breaks off.
const TRIES_MAX: u32 = 3;
/// After so many that were given up, and no answer that came whole meanwhile, it is the way that is ill; else
/// each of the others is asked for once.
const GIVEN_UP_MAX: u32 = 3;

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
    /// Whether an answer to several reads at once broke off: from then on each is asked for alone.
    one_by_one: bool,
    /// How often in a row the answer to the next read alone broke off.
    cuts: u32,
    /// How many were given up because all of theirs did.
    given_up: u32,
    /// Whether an answer to one read alone came whole since one broke off.
    came_whole: bool,
    /// What is to be said before anything else is asked.
    said: Outbox,
}

#[derive(Debug)]
enum Stage {
    /// Go on from what the engine kept.
    Token(String),
    /// The first page of everything.
    First,
    /// Another page.
    Page(String),
    /// What is read alone before anything is said of it, some at a time; the link of the end.
    Alone(VecDeque<Alone>, String),
    Over(Done),
}

/// What a round leaves open, by its id.
#[derive(Debug, Clone)]
enum Alone {
    /// It left the window, or was deleted.
    Left(String),
    /// An instance of this series is there, of which the round says nothing.
    Untold(String),
}

impl Alone {
    fn id(&self) -> &str {
        match self {
            Self::Left(id) | Self::Untold(id) => id,
        }
    }
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
            one_by_one: false,
            cuts: 0,
            given_up: 0,
            came_whole: false,
            said: Outbox::new(),
        }
    }

    /// Goes on from a token, where it is ours and its window is still good.
    fn resume(&mut self, text: &str, now: Timestamp) -> Stage {
        match Token::from_text(text) {
            Some(token) if token.window.holds(now, self.context.wanted) => {
                self.window = Some(token.window);
                Stage::Page(token.link)
            }
            Some(_) => Stage::Over(Done::Failed(cursor_lost("graph.window"))),
            None => Stage::Over(Done::Failed(cursor_lost("graph.token"))),
        }
    }

    fn first(&mut self, now: Timestamp) -> Result<kalends_kit::Url, Failure> {
        let window = Window::at(now, self.context.wanted);
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
            Some(After::Page(link)) if self.round.goes_on(&link) => Ok(Stage::Page(link)),
            Some(After::Page(_)) => Err(super::discover::endless()),
            Some(After::End(link)) => {
                // In a round of everything, nothing has left.
                let left = if self.whole { Vec::new() } else { self.round.left() };
                let untold = self.round.untold().into_iter().map(Alone::Untold);
                Ok(self.settled(
                    left.into_iter().map(Alone::Left).chain(untold).collect(),
                    link,
                    out,
                ))
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

    fn settled(&mut self, open: VecDeque<Alone>, link: String, out: &mut Outbox) -> Stage {
        if !open.is_empty() {
            return Stage::Alone(open, link);
        }
        let round = core::mem::take(&mut self.round);
        let doubtful = round.is_doubtful();
        out.extend(round.names());
        // After a round that may lack something, everything is compared.
        let window = self.window.filter(|_| !doubtful);
        let token = window.map(|window| Token { window, link }.to_text());
        Stage::Over(Done::Listed(Listed { token, tag: None, whole: self.whole && !doubtful }))
    }

    /// Some of what was left open, read alone: what left the window was deleted, or is somewhere else
    /// in time; a series is there, or only its instances are.
    fn confirmed(
        &mut self,
        (mut open, link): (VecDeque<Alone>, String),
        reply: &Reply,
        out: &mut Outbox,
        now: Timestamp,
    ) -> Result<Stage, Failure> {
        self.came_whole |= self.one_by_one;
        let asked: Vec<Alone> = open.iter().take(self.at_once()).cloned().collect();
        let answers = match asked.len() {
            1 => vec![Some(reply.clone())],
            count => batch::answers(reply, count, now)?,
        };
        for (alone, answer) in asked.into_iter().zip(answers) {
            open.pop_front();
            self.cuts = 0;
            let found = answer.as_ref().map_or(Ok(Found::Unsaid), |answer| found(answer, now))?;
            self.tell(alone, found, out);
        }
        Ok(self.settled(open, link, out))
    }

    fn tell(&mut self, alone: Alone, found: Found, out: &mut Outbox) {
        match (alone, found) {
            (Alone::Left(id), Found::Gone) => {
                self.round.leave_out(&id);
                out.push_back(Output::Item(item::removed(&id)));
            }
            (Alone::Left(id), Found::There(version)) => {
                out.push_back(Output::Name { id: ProviderId(id), version });
            }
            (Alone::Left(id), Found::Unsaid) => {
                out.push_back(Output::Name { id: ProviderId(id), version: None });
            }
            (Alone::Untold(id), Found::Gone) => {
                self.round.leave_out(&id);
                out.push_back(Output::Item(item::masterless(&id)));
            }
            (Alone::Untold(_), Found::There(_) | Found::Unsaid) => {}
        }
    }

    /// How many are read alone in one call.
    const fn at_once(&self) -> usize {
        if self.one_by_one { 1 } else { READS_MAX }
    }

    /// A read alone whose answer broke off: each is asked for by itself, a few times, and then says
    /// nothing of what it was asked for. That is read by its name with all else, and set aside where its
    /// answer breaks off there too.
    fn cut(
        &mut self,
        (mut open, link): (VecDeque<Alone>, String),
        failure: Failure,
    ) -> Result<Stage, Failure> {
        if open.len() > 1 && !self.one_by_one {
            self.one_by_one = true;
            return Ok(Stage::Alone(open, link));
        }
        if self.given_up >= GIVEN_UP_MAX && !self.came_whole {
            return Err(failure);
        }
        self.cuts += 1;
        if self.cuts < TRIES_MAX && self.given_up < GIVEN_UP_MAX {
            return Ok(Stage::Alone(open, link));
        }
        (self.cuts, self.given_up) = (0, self.given_up + 1);
        let mut said = Outbox::new();
        if let Some(alone) = open.pop_front() {
            self.tell(alone, Found::Unsaid, &mut said);
        }
        let stage = self.settled(open, link, &mut said);
        self.said.extend(said);
        Ok(stage)
    }

    fn request(&mut self, now: Timestamp) -> Result<Option<kalends_kit::Request>, Failure> {
        if let Stage::Token(token) = &self.stage {
            let token = token.clone();
            self.stage = self.resume(&token, now);
        }
        let url = match &self.stage {
            Stage::First => self.first(now)?,
            Stage::Page(link) => self.context.link(link)?,
            Stage::Alone(open, _) => {
                let path = |alone: &Alone| {
                    let path = event_path(&self.calendar, alone.id());
                    format!("{path}{}", ask::TAG_QUERY)
                };
                let paths: Vec<String> = open.iter().take(self.at_once()).map(path).collect();
                return Ok(Some(match paths.as_slice() {
                    [path] => ask::one(self.context.at(path)?),
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
        if let Some(output) = self.said.pop_front() {
            return Next::Output(output);
        }
        match (self.request(now), &self.stage) {
            (Ok(Some(request)), _) => Next::Call(Box::new(request)),
            (Ok(None), Stage::Over(done)) => Next::Done(done.clone()),
            (Ok(None), _) => Next::Done(Done::Failed(cursor_lost("graph.token"))),
            (Err(failure), _) => Next::Done(Done::Failed(failure)),
        }
    }

    fn counts(&self) -> u32 {
        match &self.stage {
            Stage::Alone(open, _) => u32::try_from(open.len().min(self.at_once())).unwrap_or(1),
            Stage::Token(_) | Stage::First | Stage::Page(_) | Stage::Over(_) => 1,
        }
    }

    fn reply(&mut self, reply: Reply, out: &mut Outbox, now: Timestamp) -> Result<(), Failure> {
        let stage = core::mem::replace(&mut self.stage, Stage::First);
        self.stage = match stage {
            Stage::Token(_) | Stage::First | Stage::Page(_) => self.page(&reply, out, now)?,
            Stage::Alone(open, link) => self.confirmed((open, link), &reply, out, now)?,
            Stage::Over(done) => Stage::Over(done),
        };
        Ok(())
    }

    fn broken(&mut self, failure: Failure) -> Result<(), Failure> {
        match core::mem::replace(&mut self.stage, Stage::First) {
            Stage::Alone(open, link) if came_in_part(&failure) => {
                self.stage = self.cut((open, link), failure)?;
                Ok(())
            }
            Stage::Token(_) | Stage::First | Stage::Page(_) | Stage::Alone(..) | Stage::Over(_) => {
                Err(failure)
            }
        }
    }
}

/// What a read alone says.
enum Found {
    Gone,
    /// It is there all the same, at this version; a series is to be read.
    There(Option<Version>),
    /// Neither: it is to be read.
    Unsaid,
}

fn found(reply: &Reply, now: Timestamp) -> Result<Found, Failure> {
    if !reply.is_success() {
        return Ok(match parse::lack(reply, now)? {
            Lack::Gone => Found::Gone,
            Lack::Ill(_) | Lack::Refused(_) => Found::Unsaid,
        });
    }
    let Ok(event) = parse::read::<EventJson>(reply, now) else {
        return Ok(Found::Unsaid);
    };
    let held = match event.event_kind() {
        EventKind::Single => event.tag().map(Held::single),
        EventKind::Exception => event.tag().map(Held::instance),
        EventKind::Master | EventKind::Occurrence => None,
    };
    Ok(Found::There(held.map(|held| held.version())))
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
