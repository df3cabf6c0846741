//! Availability by looking at every minute by itself, with another library's zones and nothing of
//! the engine's.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use crate::draw::{Drawn, Event, Minute, Shift, ZONES};

/// The codes of all reasons, in the order of their strength, and how likely one is free.
pub(crate) type Seen = (Vec<&'static str>, u16);

pub(crate) fn minutes(drawn: &Drawn) -> Vec<Seen> {
    let grid = Grid::new(drawn);
    (drawn.start..drawn.end).map(|minute| grid.at(minute)).collect()
}

type FromTo = (Minute, Minute);

struct Grid<'a> {
    drawn: &'a Drawn,
    zones: Vec<TimeZone>,
    /// Of each event: its minutes, how likely it takes them, and whether it is a meeting.
    taken: Vec<(Vec<FromTo>, u32, bool)>,
    /// Minutes of meetings by local day.
    spent: BTreeMap<i32, Minute>,
}

impl<'a> Grid<'a> {
    fn new(drawn: &'a Drawn) -> Self {
        let zones: Vec<TimeZone> = ZONES.iter().map(|name| TimeZone::get(name).unwrap()).collect();
        let says_none = ZONES[drawn.calendar_zone] == "UTC";
        let day_zone = if says_none { drawn.zone } else { drawn.calendar_zone };
        let taken = drawn
            .events
            .iter()
            .map(|event| {
                let (weight, kind_meets) = weight(event.sort);
                (instances(event, &zones, day_zone), weight, kind_meets && event.days.is_none())
            })
            .collect();
        let mut grid = Self { drawn, zones, taken, spent: BTreeMap::new() };
        if drawn.day_max.is_some() || drawn.week_max.is_some() {
            for minute in drawn.start - 9 * 1_440..drawn.end + 9 * 1_440 {
                if grid.sure_meetings().any(|(from, to)| from <= minute && minute < to) {
                    *grid.spent.entry(grid.local(drawn.zone, minute).0).or_default() += 1;
                }
            }
        }
        grid
    }

    fn sure_meetings(&self) -> impl Iterator<Item = (Minute, Minute)> {
        let sure = self.taken.iter().filter(|(_, weight, meets)| *weight == 1_000 && *meets);
        sure.flat_map(|(spans, ..)| spans.iter().copied())
    }

    fn at(&self, minute: Minute) -> Seen {
        let drawn = self.drawn;
        let inside = |from: Minute, to: Minute| from <= minute && minute < to;
        let takes = |spans: &[(Minute, Minute)]| spans.iter().any(|(from, to)| inside(*from, *to));
        let mut weights: Vec<u32> = self
            .taken
            .iter()
            .filter(|(spans, weight, _)| *weight > 0 && takes(spans))
            .map(|(_, weight, _)| *weight)
            .collect();
        weights.sort_unstable();
        let by_hand = |open: bool| {
            drawn.overrides.iter().any(|(from, to, opens)| *opens == open && inside(*from, *to))
        };
        let (closed, opened) = (by_hand(false), by_hand(true) && !by_hand(false));
        let day = self.local(drawn.zone, minute).0;
        let near = |(from, to): (Minute, Minute)| {
            inside(from - drawn.before, from) || inside(to, to + drawn.after)
        };
        let week: Minute =
            (0..7).map(|n| self.spent.get(&(monday(day) + n)).copied().unwrap_or(0)).sum();
        let today = self.spent.get(&day).copied().unwrap_or(0);
        let blocked = drawn.trips.iter().any(|(from, to, _, blocks)| *blocks && inside(*from, *to));
        let rules = [
            ("closed", closed, false, false),
            ("trip", blocked, false, true),
            ("notice", minute < drawn.now + drawn.notice, false, true),
            ("horizon", drawn.horizon.is_some_and(|h| minute >= drawn.now + h), false, true),
            ("milestone", drawn.milestones.contains(&day), true, true),
            ("outside-hours", !self.works(minute), true, true),
            ("focus", drawn.focus.iter().any(|shift| self.on(shift, minute, false)), true, true),
            ("buffer", self.sure_meetings().any(near), true, true),
            ("daily-limit", drawn.day_max.is_some_and(|max| today >= max), true, true),
            ("weekly-limit", drawn.week_max.is_some_and(|max| week >= max), true, true),
        ];
        let mut why = Vec::new();
        why.extend(weights.contains(&1_000).then_some("busy"));
        why.extend(weights.iter().any(|weight| *weight < 1_000).then_some("perhaps"));
        let events = why.len();
        let waived = |code: &str| drawn.waived.iter().any(|why| why.code() == code);
        why.extend(rules.iter().filter_map(|(code, holds, opens, waives)| {
            (*holds && !(*opens && opened) && !(*waives && waived(code))).then_some(*code)
        }));
        let chance = weights.iter().fold(1_000, |free, weight| free * (1_000 - weight) / 1_000);
        let free = if why.len() > events { 0 } else { chance };
        (why, free as u16)
    }

    /// The day and minute that a clock shows.
    fn local(&self, zone: usize, minute: Minute) -> (i32, Minute) {
        let at = Timestamp::from_second(minute * 60).unwrap();
        let shown = self.zones[zone].to_datetime(at);
        (days(shown.date()), Minute::from(shown.hour()) * 60 + Minute::from(shown.minute()))
    }

    fn place(&self, minute: Minute) -> usize {
        let away =
            |(from, to, ..): &&(Minute, Minute, usize, bool)| *from <= minute && minute < *to;
        self.drawn.trips.iter().rev().find(away).map_or(self.drawn.zone, |(_, _, zone, _)| *zone)
    }

    fn works(&self, minute: Minute) -> bool {
        let drawn = self.drawn;
        let (day, of_day) = self.local(self.place(minute), minute);
        let elsewhere = (0..3).any(|ago| {
            let list = drawn.other_days.get(&(day - ago)).map_or(&[][..], Vec::as_slice);
            let shown = of_day + Minute::from(ago) * 1_440;
            list.iter().any(|(from, to)| Minute::from(*from) <= shown && shown < Minute::from(*to))
        });
        let any_time = drawn.hours.is_empty() && !drawn.other_days.contains_key(&day);
        elsewhere || any_time || drawn.hours.iter().any(|shift| self.on(shift, minute, true))
    }

    fn on(&self, shift: &Shift, minute: Minute, heeds_other_days: bool) -> bool {
        let (day, of_day) = self.local(shift.zone.unwrap_or_else(|| self.place(minute)), minute);
        (0..3).any(|ago| {
            let (begun, shown) = (day - ago, of_day + Minute::from(ago) * 1_440);
            let other = heeds_other_days && self.drawn.other_days.contains_key(&begun);
            let weekday = (begun + 3).rem_euclid(7);
            !other
                && shift.days >> weekday & 1 == 1
                && Minute::from(shift.from) <= shown
                && shown < Minute::from(shift.to)
        })
    }
}

/// How likely each sort of event takes its time, and whether it is a meeting by its kind.
const fn weight(sort: u64) -> (u32, bool) {
    match sort {
        0 | 7 => (500, true),
        3 => (750, true),
        1 | 2 | 6 | 8 => (0, false),
        4 | 5 => (1_000, false),
        _ => (1_000, true),
    }
}

fn instances(event: &Event, zones: &[TimeZone], calendar: usize) -> Vec<(Minute, Minute)> {
    let epoch = Date::new(1970, 1, 1).unwrap();
    let instant = |zone: &TimeZone, civil: DateTime| {
        zone.to_ambiguous_timestamp(civil).compatible().unwrap().as_second().div_euclid(60)
    };
    let start = |n: i32| epoch.checked_add((event.day + n * event.every).days()).unwrap();
    (0..event.count)
        .map(|n| match event.days {
            Some(days) => {
                let zone = &zones[calendar];
                let end = start(n).checked_add(days.days()).unwrap();
                let midnight = |date: Date| instant(zone, date.at(0, 0, 0, 0));
                (midnight(start(n)), midnight(end))
            }
            None => {
                let (hour, minute) = (event.minute / 60, event.minute % 60);
                let civil = start(n).at(hour as i8, minute as i8, 0, 0);
                let from = instant(&zones[event.zone], civil);
                (from, from + event.length)
            }
        })
        .collect()
}

fn days(date: Date) -> i32 {
    let epoch = Date::new(1970, 1, 1).unwrap();
    epoch.until(date).unwrap().get_days()
}

const fn monday(day: i32) -> i32 {
    day - (day + 3).rem_euclid(7)
}
