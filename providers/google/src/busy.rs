//! When others have time. An error of one calendar makes it unknown, never free.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use kalends_core::availability::{Availability, Schedule, Taken};
use kalends_core::event::Busy;
use kalends_core::provider::{Done, Failure, Output};
use kalends_core::time::Timestamp;
use kalends_kit::{Intent, Next, Outbox, Reply, Script};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::ask;
use crate::context::Context;
use crate::list::not_json;
use crate::trouble;

/// Calendars of one question (`calendarExpansionMax`).
const CALENDARS_MAX: usize = 50;
/// The longest time of one question; Google refuses some 90 days.
const SPAN_MS_MAX: i64 = 60 * 24 * 3_600 * 1_000;
/// Questions that are asked; what lies beyond stays unknown.
const QUESTIONS_MAX: usize = 200;

/// Asks for the time of calendars, some at a time.
#[derive(Debug)]
pub(crate) struct FreeBusy {
    context: Arc<Context>,
    /// Who is still to be told of.
    of: VecDeque<String>,
    questions: VecDeque<Question>,
    found: BTreeMap<String, Availability>,
}

#[derive(Debug)]
struct Question {
    of: Vec<String>,
    from: Timestamp,
    to: Timestamp,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    calendars: BTreeMap<String, One>,
}

#[derive(Deserialize)]
struct One {
    #[serde(default)]
    busy: Vec<Period>,
    #[serde(default)]
    errors: Vec<Problem>,
}

#[derive(Deserialize)]
struct Period {
    start: String,
    end: String,
}

#[derive(Deserialize)]
struct Problem {
    #[serde(default)]
    reason: String,
}

impl FreeBusy {
    pub(crate) fn new(
        context: Arc<Context>,
        of: &[String],
        (from, to): (Timestamp, Timestamp),
    ) -> Self {
        let (mut questions, mut found) = (VecDeque::new(), BTreeMap::new());
        for some in of.chunks(CALENDARS_MAX) {
            let all = pieces(some, (from, to));
            if context.grants.ask_busy && questions.len() + all.len() <= QUESTIONS_MAX {
                questions.extend(all);
                continue;
            }
            // A part of the time is none: it would look free beyond.
            let why = if context.grants.ask_busy { "too-long" } else { "not-granted" };
            found.extend(some.iter().map(|name| (name.clone(), unknown(why))));
        }
        Self { context, of: of.iter().cloned().collect(), questions, found }
    }

    fn answered(&mut self, question: &Question, answer: Answer) {
        let Answer { mut calendars } = answer;
        for name in &question.of {
            let said = calendars.remove(name).map_or_else(|| unknown("missing"), read);
            let known = self.found.remove(name);
            self.found.insert(name.clone(), together(known, said));
        }
    }

    /// What was found of one.
    fn told(&mut self, of: String) -> Schedule {
        let availability = match self.found.remove(&of) {
            Some(Availability::Known(taken)) => Availability::Known(merged(taken)),
            Some(unknown @ Availability::Unknown { .. }) => unknown,
            None => unknown("not-asked"),
        };
        Schedule { of, availability, hours: None }
    }
}

/// The questions about some calendars; one more than are asked at most, where the time is longer.
fn pieces(of: &[String], (from, to): (Timestamp, Timestamp)) -> Vec<Question> {
    let (mut all, mut at) = (Vec::new(), from);
    while at < to && all.len() <= QUESTIONS_MAX {
        let until = at.saturating_add_millis(SPAN_MS_MAX).min(to);
        all.push(Question { of: of.to_vec(), from: at, to: until });
        at = until;
    }
    all
}

fn read(one: One) -> Availability {
    if let Some(problem) = one.errors.first() {
        return unknown(&problem.reason);
    }
    let mut taken = Vec::new();
    for period in one.busy {
        let (Ok(from), Ok(to)) = (period.start.parse(), period.end.parse()) else {
            return unknown("bad-time");
        };
        taken.push(Taken { from, to, how: Busy::Busy });
    }
    Availability::Known(taken)
}

fn unknown(reason: &str) -> Availability {
    let known = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
    let reason: String = reason.chars().filter(known).take(48).collect();
    Availability::Unknown { code: format!("google.{reason}") }
}

/// What two questions about one calendar come to: half an answer is none.
fn together(before: Option<Availability>, now: Availability) -> Availability {
    match (before, now) {
        (None, now) => now,
        (Some(Availability::Known(mut all)), Availability::Known(more)) => {
            all.extend(more);
            Availability::Known(all)
        }
        (Some(unknown @ Availability::Unknown { .. }), _)
        | (Some(Availability::Known(_)), unknown @ Availability::Unknown { .. }) => unknown,
    }
}

fn merged(mut taken: Vec<Taken>) -> Vec<Taken> {
    taken.retain(|one| one.from < one.to);
    taken.sort_by_key(|one| (one.from, one.to));
    let mut all: Vec<Taken> = Vec::with_capacity(taken.len());
    for one in taken {
        match all.last_mut() {
            Some(last) if one.from <= last.to => last.to = last.to.max(one.to),
            Some(_) | None => all.push(one),
        }
    }
    all
}

impl Script for FreeBusy {
    fn next(&mut self, _now: Timestamp) -> Next {
        let Some(question) = self.questions.front() else {
            return match self.of.pop_front() {
                Some(of) => Next::Output(Output::Schedule(Box::new(self.told(of)))),
                None => Next::Done(Done::Fetched),
            };
        };
        let items: Vec<Value> = question.of.iter().map(|id| json!({ "id": id })).collect();
        let body = json!({
            "timeMin": question.from.to_string(),
            "timeMax": question.to.to_string(),
            "timeZone": "UTC",
            "calendarExpansionMax": CALENDARS_MAX,
            "items": items,
        });
        match self.context.at("freeBusy", "") {
            Ok(url) => Next::Call(Box::new(ask::question(url, &body))),
            Err(failure) => Next::Done(Done::Failed(failure)),
        }
    }

    fn reply(&mut self, reply: Reply, _out: &mut Outbox, now: Timestamp) -> Result<(), Failure> {
        if !reply.is_success() {
            return Err(trouble::failure(&reply, Intent::Read, now));
        }
        let answer: Answer = serde_json::from_slice(&reply.body).map_err(|_| not_json())?;
        if let Some(question) = self.questions.pop_front() {
            self.answered(&question, answer);
        }
        Ok(())
    }
}
