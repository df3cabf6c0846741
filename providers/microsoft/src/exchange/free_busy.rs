//! When others have time (`getSchedule`). What cannot be found out is unknown, never free.

use std::collections::VecDeque;
use std::sync::Arc;

use kalends_core::availability::{Availability, Schedule, Taken, WorkingHours};
use kalends_core::event::Busy;
use kalends_core::provider::{Done, Failure, Output};
use kalends_core::time::{Timestamp, Zone};
use kalends_kit::{Next, Outbox, Reply, Script};
use serde_json::json;

use super::create::call;
use super::parse;
use crate::ask;
use crate::context::Context;
use crate::mapping;
use crate::recurrence::weekday;
use crate::time;
use crate::wire::event::TimeJson;
use crate::wire::schedule::{HoursJson, ScheduleJson, SchedulesJson};

/// Schedules of one call.
const SCHEDULES_MAX: usize = 20;
/// The longest part of time of one call: 42 days.
const SPAN_MILLIS: i64 = 42 * 86_400_000;
/// What takes time, what takes most last.
const HEAVIEST_LAST: [Busy; 4] = [Busy::Elsewhere, Busy::Tentative, Busy::Busy, Busy::OutOfOffice];
/// Minutes of one slot.
const SLOT_MINUTES: i64 = 30;

/// Asks when these have time.
#[derive(Debug)]
pub(crate) struct FreeBusy {
    context: Arc<Context>,
    /// Who is asked for together, and what is known of them so far.
    groups: VecDeque<Vec<Person>>,
    /// From where on the first group is yet to be asked for.
    at: Timestamp,
    from: Timestamp,
    to: Timestamp,
}

#[derive(Debug)]
struct Person {
    of: String,
    taken: Vec<Taken>,
    hours: Option<WorkingHours>,
    /// Why it is not known.
    unknown: Option<String>,
}

impl FreeBusy {
    pub(crate) fn new(
        context: Arc<Context>,
        of: &[String],
        (from, to): (Timestamp, Timestamp),
    ) -> Self {
        let person =
            |of: &String| Person { of: of.clone(), taken: Vec::new(), hours: None, unknown: None };
        let groups = of.chunks(SCHEDULES_MAX).map(|some| some.iter().map(person).collect());
        Self { context, groups: groups.collect(), at: from, from, to }
    }

    fn until(&self) -> Timestamp {
        self.at.saturating_add_millis(SPAN_MILLIS).min(self.to)
    }
}

impl Script for FreeBusy {
    fn next(&mut self, _now: Timestamp) -> Next {
        let Some(group) = self.groups.front().filter(|_| self.from < self.to) else {
            return Next::Done(Done::Fetched);
        };
        let schedules: Vec<&str> = group.iter().map(|person| person.of.as_str()).collect();
        let time = |at| json!({ "dateTime": Zone::utc().civil(at).to_string(), "timeZone": "UTC" });
        let body = json!({
            "schedules": schedules,
            "startTime": time(self.at),
            "endTime": time(self.until()),
            "availabilityViewInterval": SLOT_MINUTES,
        });
        call(self.context.at("/me/calendar/getSchedule").map(|url| ask::ask(url, &body)))
    }

    fn reply(&mut self, reply: Reply, out: &mut Outbox, now: Timestamp) -> Result<(), Failure> {
        let json: SchedulesJson = parse::read(&reply, now)?;
        let (at, until) = (self.at, self.until());
        for person in self.groups.front_mut().into_iter().flatten() {
            let same = |schedule: &&ScheduleJson| {
                let id = schedule.schedule_id.as_deref();
                id.is_some_and(|id| id.eq_ignore_ascii_case(&person.of))
            };
            match json.value.iter().find(same) {
                Some(schedule) => person.take(schedule, at..until),
                None => person.unknown = Some("graph.no-answer".to_owned()),
            }
        }
        self.at = until;
        if self.at >= self.to {
            self.at = self.from;
            let group = self.groups.pop_front().unwrap_or_default();
            let told = group.into_iter().map(|person| Box::new(person.told()));
            out.extend(told.map(Output::Schedule));
        }
        Ok(())
    }
}

impl Person {
    fn take(&mut self, schedule: &ScheduleJson, range: core::ops::Range<Timestamp>) {
        if let Some(error) = &schedule.error {
            let code = error.response_code.as_deref().unwrap_or("error");
            self.unknown = Some(format!("graph.{code}"));
            return;
        }
        if self.hours.is_none() {
            self.hours = schedule.working_hours.as_ref().and_then(hours);
        }
        let items = schedule.schedule_items.as_deref().unwrap_or_default();
        let read = items.iter().map(|item| {
            let at = |time: Option<&TimeJson>| time::moment(time?);
            let how = mapping::busy(item.status.as_deref());
            Some(Taken { from: at(item.start.as_ref())?, to: at(item.end.as_ref())?, how })
        });
        match (read.collect::<Option<Vec<Taken>>>(), schedule.availability_view.as_deref()) {
            (Some(items), _) if !items.is_empty() => self.taken.extend(items),
            (_, Some(view)) if covers(view, &range) => self.taken.extend(slots(view, range)),
            // It says nothing, or not of all the time: not known to be free.
            (_, _) => self.unknown = Some("graph.no-view".to_owned()),
        }
    }

    fn told(self) -> Schedule {
        let availability = match self.unknown {
            Some(code) => Availability::Unknown { code },
            None => Availability::Known(disjoint(self.taken)),
        };
        Schedule { of: self.of, availability, hours: self.hours }
    }
}

/// Whether a row of digits has one for each slot of the time that was asked for.
fn covers(view: &str, range: &core::ops::Range<Timestamp>) -> bool {
    let slot = SLOT_MINUTES * 60_000;
    let slots = (range.end.millis_since(range.start).max(0) + slot - 1) / slot;
    usize::try_from(slots).is_ok_and(|slots| view.len() >= slots)
}

/// What a row of digits says, one for each slot from the start on.
fn slots(view: &str, range: core::ops::Range<Timestamp>) -> impl Iterator<Item = Taken> {
    let slot = SLOT_MINUTES * 60_000;
    (0_i64..).zip(view.chars().collect::<Vec<_>>()).filter_map(move |(n, digit)| {
        let how = match digit {
            '0' => return None,
            '1' => Busy::Tentative,
            '3' => Busy::OutOfOffice,
            '4' => Busy::Elsewhere,
            _ => Busy::Busy,
        };
        let from = range.start.saturating_add_millis(n * slot);
        let to = from.saturating_add_millis(slot).min(range.end);
        (from < to).then_some(Taken { from, to, how })
    })
}

/// Times that do not overlap, sorted: where several hold, the one that takes most.
fn disjoint(taken: Vec<Taken>) -> Vec<Taken> {
    let real = |one: &Taken| one.how != Busy::Free && one.from < one.to;
    // Where each begins and ends, and how many of each kind hold from there on.
    let ends = |one: Taken| [(one.from, 1_i64, one.how), (one.to, -1, one.how)];
    let mut edges: Vec<(Timestamp, i64, Busy)> =
        taken.into_iter().filter(real).flat_map(ends).collect();
    edges.sort_unstable_by_key(|(at, ..)| *at);
    let mut holding = [0_i64; HEAVIEST_LAST.len()];
    let mut all: Vec<Taken> = Vec::new();
    let mut before = None;
    for (at, more, how) in edges {
        let heaviest = HEAVIEST_LAST.iter().zip(&holding).rev().find(|(_, count)| **count > 0);
        if let Some((from, (held, _))) = before.zip(heaviest).filter(|(from, _)| *from < at) {
            match all.last_mut() {
                Some(last) if last.to == from && last.how == *held => last.to = at,
                Some(_) | None => all.push(Taken { from, to: at, how: *held }),
            }
        }
        let place = HEAVIEST_LAST.iter().position(|known| *known == how);
        if let Some(count) = place.and_then(|place| holding.get_mut(place)) {
            *count += more;
        }
        before = Some(at);
    }
    all
}

fn hours(json: &HoursJson) -> Option<WorkingHours> {
    let minute = |text: &Option<String>| {
        let (hour, rest) = text.as_deref()?.split_once(':')?;
        let of_hour = rest.get(..2)?.parse::<u16>().ok().filter(|minute| *minute < 60)?;
        let minutes = hour.parse::<u16>().ok()?.checked_mul(60)?.checked_add(of_hour)?;
        (minutes <= 24 * 60).then_some(minutes)
    };
    let days = json.days_of_week.as_deref()?.iter().filter_map(|word| weekday(word)).collect();
    let zone = json.time_zone.as_ref()?;
    let fixed = |bias: i64| {
        // Minutes to add for UTC: west of it.
        let sign = if bias > 0 { '-' } else { '+' };
        let minutes = bias.unsigned_abs();
        let is_sound = minutes < 24 * 60;
        let text = || format!("UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60);
        is_sound.then(text).as_deref().and_then(Zone::resolve)
    };
    let named = zone.name.as_deref().and_then(Zone::resolve);
    Some(WorkingHours {
        days,
        from_minute: minute(&json.start_time)?,
        to_minute: minute(&json.end_time)?,
        zone: named.or_else(|| fixed(zone.bias?))?,
    })
}
