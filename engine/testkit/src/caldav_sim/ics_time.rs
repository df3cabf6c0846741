//! When a stored object takes place, as roughly as time-range filters of real servers do it:
//! simple rules exactly, all others as "at any time until UNTIL".

use super::ics::{Component, Line};
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};

/// Most instances looked at in one series.
const INSTANCES_MAX: usize = 4_000;

/// One instance: start and end, UTC milliseconds, end exclusive.
pub(crate) type Busy = (i64, i64);

/// The instances that overlap `[from, to)`; a rule that is not simple gives the whole range.
pub(crate) fn instances(calendar: &Component, from: i64, to: i64) -> Vec<Busy> {
    let mut out = Vec::new();
    let overridden: Vec<i64> = calendar
        .objects()
        .filter_map(|object| object.line("RECURRENCE-ID"))
        .filter_map(|line| moment(line).map(|when| when.ms()))
        .collect();
    for object in calendar.objects() {
        let Some(start) = object.line("DTSTART").and_then(moment) else {
            continue;
        };
        let length = length_ms(object, &start);
        match object.value("RRULE") {
            Some(rule) if object.line("RECURRENCE-ID").is_none() => {
                let excluded = excluded(object);
                let Some(series) = series(&start, rule, to) else {
                    out.push((start.ms().max(from), to));
                    continue;
                };
                out.extend(
                    series
                        .into_iter()
                        .filter(|at| !excluded.contains(at) && !overridden.contains(at))
                        .map(|at| (at, at + length)),
                );
            }
            Some(_) | None => out.push((start.ms(), start.ms() + length)),
        }
    }
    out.retain(|(start, end)| *start < to && (*end > from || (start == end && *start >= from)));
    out.sort_unstable();
    out
}

/// Reads `20260102T030405Z` as UTC milliseconds.
pub(crate) fn utc(text: &str) -> Option<i64> {
    text.ends_with('Z').then(|| moment(&Line::new("X", text)).map(|when| when.ms())).flatten()
}

#[derive(Clone, Debug)]
struct Moment {
    civil: DateTime,
    zone: TimeZone,
    date: bool,
}

impl Moment {
    fn ms(&self) -> i64 {
        at(self.civil, &self.zone)
    }
}

fn at(civil: DateTime, zone: &TimeZone) -> i64 {
    zone.to_ambiguous_zoned(civil)
        .compatible()
        .map_or(0, |zoned| zoned.timestamp().as_millisecond())
}

fn moment(line: &Line) -> Option<Moment> {
    moment_of(line.value.trim(), line.param("TZID"))
}

fn moment_of(value: &str, tzid: Option<&str>) -> Option<Moment> {
    let number = |from: usize, to: usize| value.get(from..to)?.parse::<i16>().ok();
    let small = |from, to| number(from, to).and_then(|value| i8::try_from(value).ok());
    let date = Date::new(number(0, 4)?, small(4, 6)?, small(6, 8)?).ok()?;
    if value.len() == 8 {
        return Some(Moment { civil: date.at(0, 0, 0, 0), zone: TimeZone::UTC, date: true });
    }
    let time = jiff::civil::Time::new(small(9, 11)?, small(11, 13)?, small(13, 15)?, 0).ok()?;
    let zone = match tzid {
        Some(name) if !value.ends_with('Z') => TimeZone::get(name).unwrap_or(TimeZone::UTC),
        Some(_) | None => TimeZone::UTC,
    };
    Some(Moment { civil: date.to_datetime(time), zone, date: false })
}

fn length_ms(object: &Component, start: &Moment) -> i64 {
    if let Some(end) = object.line("DTEND").and_then(moment) {
        return (end.ms() - start.ms()).max(0);
    }
    match object.value("DURATION").and_then(|value| value.parse::<Span>().ok()) {
        Some(span) => start
            .civil
            .checked_add(span)
            .map_or(0, |end| (at(end, &start.zone) - start.ms()).max(0)),
        None if start.date => 86_400_000,
        None => 0,
    }
}

fn excluded(object: &Component) -> Vec<i64> {
    object
        .lines_named("EXDATE")
        .flat_map(|line| {
            let tzid = line.param("TZID");
            line.value.split(',').filter_map(move |value| moment_of(value, tzid))
        })
        .map(|when| when.ms())
        .collect()
}

fn part<'a>(rule: &'a str, name: &str) -> Option<&'a str> {
    rule.split(';').find_map(|part| {
        let (known, value) = part.split_once('=')?;
        known.eq_ignore_ascii_case(name).then_some(value)
    })
}

/// Starts before `to`; `None` for a rule that is not simple.
fn series(start: &Moment, rule: &str, to: i64) -> Option<Vec<i64>> {
    let known = ["FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "WKST"];
    let simple = rule
        .split(';')
        .all(|part| part.split_once('=').is_some_and(|(name, _)| known.contains(&name)));
    let freq = part(rule, "FREQ")?;
    let days = match part(rule, "BYDAY") {
        Some(days) if freq == "WEEKLY" => days.split(',').map(weekday).collect::<Option<_>>()?,
        Some(_) => return None,
        None => vec![start.civil.weekday()],
    };
    if !simple {
        return None;
    }
    let interval = part(rule, "INTERVAL").map_or(Some(1), |value| value.parse::<i32>().ok())?;
    let count = part(rule, "COUNT").and_then(|value| value.parse::<usize>().ok());
    let until = part(rule, "UNTIL")
        .and_then(|value| moment_of(value, None))
        .map_or(i64::MAX, |when| when.ms() + if when.date { 86_399_000 } else { 0 });
    let mut out = Vec::new();
    for turn in 0..i32::try_from(INSTANCES_MAX).unwrap_or(i32::MAX) {
        for civil in turn_starts(start.civil, freq, turn * interval.max(1), &days)? {
            let ms = at(civil, &start.zone);
            if ms > until || ms >= to || count.is_some_and(|count| out.len() >= count) {
                return Some(out);
            }
            if civil >= start.civil {
                out.push(ms);
            }
        }
    }
    Some(out)
}

fn turn_starts(start: DateTime, freq: &str, steps: i32, days: &[Weekday]) -> Option<Vec<DateTime>> {
    let moved = match freq {
        "DAILY" => start.checked_add(steps.days()),
        "WEEKLY" => {
            let monday = start.weekday().to_monday_zero_offset();
            let week = start.checked_add((steps * 7 - i32::from(monday)).days()).ok()?;
            let mut starts: Vec<DateTime> = days
                .iter()
                .filter_map(|day| week.checked_add(day.to_monday_zero_offset().days()).ok())
                .collect();
            starts.sort_unstable();
            return Some(starts);
        }
        "MONTHLY" => start.checked_add(steps.months()),
        "YEARLY" => start.checked_add(steps.years()),
        _ => return None,
    };
    let moved = moved.ok()?;
    let kept = freq == "DAILY" || moved.day() == start.day();
    Some(if kept { vec![moved] } else { Vec::new() })
}

fn weekday(text: &str) -> Option<Weekday> {
    match text {
        "MO" => Some(Weekday::Monday),
        "TU" => Some(Weekday::Tuesday),
        "WE" => Some(Weekday::Wednesday),
        "TH" => Some(Weekday::Thursday),
        "FR" => Some(Weekday::Friday),
        "SA" => Some(Weekday::Saturday),
        "SU" => Some(Weekday::Sunday),
        _ => None,
    }
}
