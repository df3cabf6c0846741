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
    of: Vec<String>,
    questions: VecDeque<Question>,
    found: BTreeMap<String, Availability>,
    told: bool,
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
        let mut questions = VecDeque::new();
        for some in of.chunks(CALENDARS_MAX) {
            let mut at = from;
            while at < to && questions.len() < QUESTIONS_MAX {
                let until = at.saturating_add_millis(SPAN_MS_MAX).min(to);
                questions.push_back(Question { of: some.to_vec(), from: at, to: until });
                at = until;
            }
        }
        let found = BTreeMap::new();
        Self { context, of: of.to_vec(), questions, found, told: false }
    }

    fn answered(&mut self, question: &Question, answer: Answer) {
        let Answer { mut calendars } = answer;
        for name in &question.of {
            let said = calendars.remove(name).map_or_else(|| unknown("missing"), read);
            let known = self.found.remove(name);
            self.found.insert(name.clone(), together(known, said));
        }
    }

    fn tell(&mut self, out: &mut Outbox) {
        self.told = true;
        for of in &self.of {
            let availability = match self.found.get(of).cloned() {
                Some(Availability::Known(taken)) => Availability::Known(merged(taken)),
                Some(unknown @ Availability::Unknown { .. }) => unknown,
                None => unknown("not-asked"),
            };
            let schedule = Schedule { of: of.clone(), availability, hours: None };
            out.push_back(Output::Schedule(Box::new(schedule)));
        }
    }
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
            return Next::Done(Done::Fetched);
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

    fn reply(&mut self, reply: Reply, out: &mut Outbox, now: Timestamp) -> Result<(), Failure> {
        if !reply.is_success() {
            return Err(trouble::failure(&reply, Intent::Read, now));
        }
        let answer: Answer = serde_json::from_slice(&reply.body).map_err(|_| not_json())?;
        if let Some(question) = self.questions.pop_front() {
            self.answered(&question, answer);
        }
        if self.questions.is_empty() {
            self.tell(out);
        }
        Ok(())
    }
}
