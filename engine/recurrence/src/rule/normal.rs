//! One text for all spellings of a rule.

use std::fmt::Write as _;

use super::parse::FREQUENCIES;
use super::parts::{ByDay, Frequency, Parts, Rule, Until};
use crate::{Civil, Gap, Timestamp, When, Zone};

impl Rule {
    /// The canonical text: parts in a fixed order, lists sorted, each value once, defaults and a
    /// WKST without effect left out, and `BYDAY=TU;BYSETPOS=2` of a month written as `BYDAY=2TU`.
    ///
    /// UNTIL keeps its kind; [`Rule::normalized_for`] brings it to the one its start asks for.
    #[must_use]
    pub fn normalized(&self) -> String {
        write(&self.parts, &canonical_days(&self.parts))
    }

    /// As [`Rule::normalized`] for a known start: UNTIL as RFC 5545 3.3.10 wants it there (UTC for a
    /// zoned start, local for a floating one, a day for a day), and without the parts that only say
    /// what the start says too (`BYDAY=MO` under WEEKLY from a Monday).
    #[must_use]
    pub fn normalized_for(&self, start: &When) -> String {
        let mut parts = self.parts.clone();
        parts.until = parts.until.map(|until| coerced(until, start));
        drop_implied(&mut parts, start);
        write(&parts, &canonical_days(&parts))
    }
}

/// UNTIL in the form that belongs to the start; the same instances end up before it.
fn coerced(until: Until, start: &When) -> Until {
    let end_of_day = |date| Civil::new(date, 86_399);
    match (start, until) {
        (When::Zoned(_, zone), Until::Date(date)) => {
            Until::Utc(zone.instant(end_of_day(date), Gap::Shift))
        }
        (When::Zoned(_, zone), Until::Local(civil)) => Until::Utc(zone.instant(civil, Gap::Shift)),
        (When::Zoned(..), Until::Utc(_)) => until,
        (When::Floating(_), Until::Date(date)) => Until::Local(end_of_day(date)),
        (When::Floating(_), Until::Local(_)) => until,
        (When::Floating(_), Until::Utc(instant)) => Until::Local(utc_wall(instant)),
        (When::Date(_), Until::Date(_)) => until,
        (When::Date(_), Until::Local(civil)) => Until::Date(civil.date()),
        (When::Date(_), Until::Utc(instant)) => Until::Date(utc_wall(instant).date()),
    }
}

fn utc_wall(instant: Timestamp) -> Civil {
    Zone::utc().civil(instant)
}

/// Leaves out what an absent part would take from the start anyway.
fn drop_implied(parts: &mut Parts, start: &When) {
    let civil = start.civil();
    let (_, month, day) = civil.date().ymd();
    let time = civil.seconds_of_day();
    let only_days = parts.year_days.is_empty() && parts.week_numbers.is_empty();
    if parts.freq > Frequency::Secondly && parts.seconds == 1 << (time % 60) {
        parts.seconds = 0;
    }
    if parts.freq > Frequency::Minutely && parts.minutes == 1 << (time / 60 % 60) {
        parts.minutes = 0;
    }
    if parts.freq > Frequency::Hourly && parts.hours == 1 << (time / 3_600) {
        parts.hours = 0;
    }
    let month_days = parts.month_days | parts.month_days_back;
    if parts.freq == Frequency::Weekly
        && only_days
        && month_days == 0
        && parts.weekdays == 1 << civil.date().weekday().index()
    {
        parts.by_day.clear();
    }
    if parts.freq >= Frequency::Monthly && only_days && parts.by_day.is_empty() {
        // Without a month, a day of the month means that day of every month of the year.
        let of_months = parts.freq == Frequency::Monthly || parts.months != 0;
        if of_months && parts.month_days == 1 << day && parts.month_days_back == 0 {
            parts.month_days = 0;
        }
        let no_days = parts.month_days | parts.month_days_back == 0;
        if parts.freq == Frequency::Yearly && no_days && parts.months == 1 << month {
            parts.months = 0;
        }
    }
}

/// BYDAY, and BYSETPOS unless BYDAY can say it: the nth of the only weekday of a month.
fn canonical_days(parts: &Parts) -> (Vec<ByDay>, &[i16]) {
    let one_time = parts.seconds.count_ones() < 2
        && parts.minutes.count_ones() < 2
        && parts.hours.count_ones() < 2;
    let in_a_month = parts.freq == Frequency::Monthly
        || (parts.freq == Frequency::Yearly && parts.months.count_ones() == 1);
    let only_weekday = parts.month_days | parts.month_days_back == 0
        && parts.year_days.is_empty()
        && parts.week_numbers.is_empty();
    match (parts.by_day.as_slice(), parts.positions.as_slice()) {
        ([ByDay { ordinal: 0, weekday }], [position])
            if one_time && in_a_month && only_weekday && position.abs() <= 5 =>
        {
            (vec![ByDay { ordinal: *position as i8, weekday: *weekday }], &[])
        }
        (days, positions) => (days.to_vec(), positions),
    }
}

fn write(parts: &Parts, (by_day, positions): &(Vec<ByDay>, &[i16])) -> String {
    let rule = Rule { text: "".into(), parts: parts.clone() };
    let mut out = format!("FREQ={}", FREQUENCIES[parts.freq as usize].1);
    if parts.interval != 1 {
        push(&mut out, "INTERVAL", [parts.interval]);
    }
    push(&mut out, "COUNT", parts.count);
    push(&mut out, "UNTIL", parts.until.map(until_text));
    push(&mut out, "BYMONTH", rule.by_month());
    push(&mut out, "BYWEEKNO", &parts.week_numbers);
    push(&mut out, "BYYEARDAY", &parts.year_days);
    push(&mut out, "BYMONTHDAY", rule.by_month_day());
    push(&mut out, "BYDAY", by_day.iter().map(day_text));
    push(&mut out, "BYHOUR", rule.by_hour());
    push(&mut out, "BYMINUTE", rule.by_minute());
    push(&mut out, "BYSECOND", rule.by_second());
    push(&mut out, "BYSETPOS", *positions);
    if parts.week_start.index() != 0 && week_start_matters(parts, positions) {
        push(&mut out, "WKST", [parts.week_start.code()]);
    }
    out
}

/// Where weeks are cut decides only over whole weeks left out, places in a week and week numbers.
fn week_start_matters(parts: &Parts, positions: &[i16]) -> bool {
    let several_days = parts.by_day.len() > 1;
    let weekly = parts.freq == Frequency::Weekly;
    (weekly && several_days && (parts.interval > 1 || !positions.is_empty()))
        || !parts.week_numbers.is_empty()
}

/// Appends `;NAME=a,b`, or nothing for an empty list.
fn push<T: std::fmt::Display>(out: &mut String, name: &str, values: impl IntoIterator<Item = T>) {
    for (index, value) in values.into_iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = match index {
            0 => write!(out, ";{name}={value}"),
            _ => write!(out, ",{value}"),
        };
    }
}

fn day_text(entry: &ByDay) -> String {
    match entry.ordinal {
        0 => entry.weekday.code().to_owned(),
        ordinal => format!("{ordinal}{}", entry.weekday.code()),
    }
}

fn until_text(until: Until) -> String {
    let compact = |civil: Civil| civil.to_string().replace(['-', ':'], "");
    match until {
        Until::Date(date) => date.to_string().replace('-', ""),
        Until::Local(civil) => compact(civil),
        Until::Utc(instant) => format!("{}Z", compact(utc_wall(instant))),
    }
}
