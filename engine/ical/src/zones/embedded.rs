//! VTIMEZONE as rules: RFC 5545 section 3.6.5.

use std::collections::BTreeMap;

use kalends_recurrence::{Civil, Frequency, Observance as Change, Rule, Until, Zone};

use super::posix::{self, Onset};
use crate::syntax::{Clock, Component, Kind, clock, offset_seconds};

/// What a VTIMEZONE says, where its name means nothing.
#[derive(Debug, Clone)]
pub(super) struct Embedded {
    observances: Vec<Observance>,
    /// What came of following all changes, by the last single one that was followed: that is dear,
    /// and every time of an object may ask for it.
    followed: BTreeMap<Option<Civil>, Option<Zone>>,
}

/// One STANDARD or DAYLIGHT.
#[derive(Debug, Clone)]
struct Observance {
    daylight: bool,
    /// Its first onset, on the wall before the change.
    first: Civil,
    before: i32,
    after: i32,
    /// When it comes again.
    rule: Option<Rule>,
    /// Every year from the first on.
    yearly: Option<Onset>,
    /// The last year of the rule.
    last_year: Option<i32>,
    /// Onsets one by one, the first and those of RDATE.
    dates: Vec<Civil>,
}

impl Embedded {
    /// Reads the observances that can be read; `None` if there are none.
    pub(super) fn read(component: &Component<'_>) -> Option<Self> {
        let children = component.children.iter();
        let observances: Vec<Observance> = children.filter_map(Observance::read).collect();
        (!observances.is_empty()).then_some(Self { observances, followed: BTreeMap::new() })
    }

    /// The zone as it is from a wall-clock time on: two yearly rules where they hold for ever, the
    /// offset that holds then where it never changes again, else all its changes.
    pub(super) fn zone(&mut self, civil: Civil) -> Option<Zone> {
        if !self.observances.iter().any(|one| one.comes_after(civil)) {
            return self.fixed(civil);
        }
        self.ruled(civil).or_else(|| self.changing(civil)).or_else(|| self.fixed(civil))
    }

    /// As two yearly rules without an end, and nothing beside them.
    fn ruled(&self, civil: Civil) -> Option<Zone> {
        let year = civil.date().ymd().0;
        let yearly = |daylight: bool| {
            let all = self.observances.iter().filter(|one| one.daylight == daylight);
            all.filter(|one| one.holds_in(year)).max_by_key(|one| one.first)
        };
        let both = [yearly(false)?, yearly(true)?];
        let others = self.observances.iter().filter(|one| !both.iter().any(|b| b.is(one)));
        let last = both.iter().all(|one| one.last_year.is_none());
        let alone = others.into_iter().all(|one| !one.comes_after(civil));
        if last && alone { two_rules(both[0], both[1]) } else { None }
    }

    /// As every rule, and every single change from a year before a time on and the one before those.
    fn changing(&mut self, civil: Civil) -> Option<Zone> {
        let from = civil.add_seconds(-366 * 86_400);
        let mut changes = Vec::new();
        for one in &self.observances {
            let (before, after) = (one.before, one.after);
            let change = |first: Civil, rule| Change { first, before, after, rule };
            changes.extend(one.rule.iter().map(|rule| change(one.first, Some(rule.clone()))));
            let single = one.dates.iter().filter(|at| one.rule.is_none() || **at != one.first);
            changes.extend(single.map(|date| change(*date, None)));
        }
        changes.sort_by_key(|change| change.first);
        let is_past = |change: &Change| change.rule.is_none() && change.first < from;
        let last_past = changes.iter().filter(|change| is_past(change)).map(|c| c.first).max();
        changes.retain(|change| !is_past(change) || Some(change.first) == last_past);
        changes.dedup();
        self.followed.entry(last_past).or_insert_with(|| Zone::observed(&changes)).clone()
    }

    /// How many times all changes were followed.
    #[cfg(test)]
    pub(super) fn followed(&self) -> usize {
        self.followed.len()
    }

    fn fixed(&self, civil: Civil) -> Option<Zone> {
        let onsets = self.observances.iter().flat_map(|one| {
            let onsets = one.dates.iter().copied().chain(one.onset_before(civil));
            onsets.map(move |onset| (onset, one))
        });
        let last = onsets.clone().filter(|(onset, _)| *onset <= civil).max_by_key(|(at, _)| *at);
        let seconds = match last {
            Some((_, one)) => one.after,
            None => onsets.min_by_key(|(at, _)| *at)?.1.before,
        };
        offset_zone(seconds)
    }
}

impl Observance {
    fn read(component: &Component<'_>) -> Option<Self> {
        let daylight = match component.kind {
            Kind::Standard => false,
            Kind::Daylight => true,
            Kind::Calendar | Kind::Event | Kind::Zone | Kind::FreeBusy | Kind::Other => {
                return None;
            }
        };
        let offset = |name| offset_seconds(&component.property(name)?.value());
        let after = offset("TZOFFSETTO")?;
        let first = civil(&component.property("DTSTART")?.value())?;
        let rule = component.property("RRULE").and_then(|line| Rule::parse(&line.value()).ok());
        let plain = |rule: &&Rule| rule.freq() == Frequency::Yearly && rule.interval() == 1;
        let yearly = rule.as_ref().filter(plain).and_then(|rule| Onset::of_rule(rule, first));
        let last_year = rule.as_ref().and_then(|rule| last_year(rule, first, plain(&rule)));
        let extra = component.all("RDATE").map(|line| line.value());
        let extra = extra.flat_map(|list| list.split(',').filter_map(civil).collect::<Vec<_>>());
        Some(Self {
            daylight,
            first,
            before: offset("TZOFFSETFROM").unwrap_or(after),
            after,
            rule,
            yearly,
            last_year,
            dates: std::iter::once(first).chain(extra).collect(),
        })
    }

    /// Whether it changes the offset after a time, or so shortly before that the time may be left
    /// out by it.
    fn comes_after(&self, civil: Civil) -> bool {
        let civil = civil.add_seconds(-86_400);
        let year = civil.date().ymd().0;
        let ruled = self.rule.is_some() && self.last_year.is_none_or(|last| year <= last);
        self.before != self.after && (ruled || self.dates.iter().any(|date| *date > civil))
    }

    fn is(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }

    fn holds_in(&self, year: i32) -> bool {
        let begun = self.first.date().ymd().0 <= year;
        self.yearly.is_some() && begun && self.last_year.is_none_or(|last| year <= last)
    }

    /// The last onset of the yearly rule at or before a time.
    fn onset_before(&self, civil: Civil) -> Option<Civil> {
        let onset = self.yearly.as_ref()?;
        let year = civil.date().ymd().0.min(self.last_year.unwrap_or(i32::MAX));
        let years = [year, year.saturating_sub(1)].into_iter();
        let mut onsets = years.filter_map(|year| onset.in_year(year));
        onsets.find(|at| *at <= civil && *at >= self.first)
    }
}

fn two_rules(standard: &Observance, daylight: &Observance) -> Option<Zone> {
    let (Some(to_standard), Some(to_daylight)) = (&standard.yearly, &daylight.yearly) else {
        return None;
    };
    if standard.after == daylight.after {
        return offset_zone(standard.after);
    }
    let rules = posix::rules(standard.after, daylight.after, to_daylight, to_standard)?;
    Zone::parse(&rules)
}

/// The last year of a rule that has one; of one that counts, only where it counts years.
fn last_year(rule: &Rule, first: Civil, yearly: bool) -> Option<i32> {
    let until = rule.until().map(|until| match until {
        Until::Date(date) => date.ymd().0,
        Until::Local(civil) => civil.date().ymd().0,
        Until::Utc(at) => Zone::utc().civil(at).date().ymd().0,
    });
    let count = rule.count().filter(|_| yearly).and_then(|count| i32::try_from(count).ok());
    let counted = count.map(|count| first.date().ymd().0.saturating_add(count - 1));
    until.into_iter().chain(counted).min()
}

fn civil(text: &str) -> Option<Civil> {
    match clock(text.split('/').next()?)? {
        Clock::Local(civil) | Clock::Utc(civil) | Clock::Offset(civil, _) => Some(civil),
        Clock::Date(date) => Some(Civil::from(date)),
    }
}

/// The zone that is always so many seconds east of UTC.
pub(super) fn offset_zone(seconds: i32) -> Option<Zone> {
    let sign = if seconds < 0 { '-' } else { '+' };
    let all = seconds.unsigned_abs();
    let (hours, minutes, rest) = (all / 3_600, all / 60 % 60, all % 60);
    Zone::resolve(&format!("{sign}{hours:02}{minutes:02}{rest:02}"))
}
