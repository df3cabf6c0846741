//! Random graphs and rules, as numbers that both sides read.

use std::collections::BTreeMap;

use kalends_core::event::{Body, Busy, Content, Kind, Recurrence, Response, Span, Status};
use kalends_core::ids::EventId;
use kalends_core::schedule::{Hours, Inquiry, Limits, Override, Rules, Trip, Weekdays, Why};
use kalends_core::slice::{Bundle, Config};
use kalends_core::time::{Civil, Date, Length, Rule, Timestamp, When};

use crate::support;

/// Zones with every sort of change: by an hour, by half an hour, at midnight, none, and odd offsets.
pub(crate) const ZONES: [&str; 9] = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Beirut",
    "Africa/Cairo",
    "Asia/Kathmandu",
    "America/St_Johns",
    "Pacific/Auckland",
    "UTC",
];
/// Days at which some of them change in 2026, as days since 1970.
const CHANGES: [i32; 8] = [20_519, 20_540, 20_541, 20_568, 20_730, 20_747, 20_751, 20_758];

/// Minutes since 1970, or of a day.
pub(crate) type Minute = i64;

#[derive(Debug, Clone)]
pub(crate) struct Drawn {
    pub(crate) zone: usize,
    pub(crate) calendar_zone: usize,
    pub(crate) start: Minute,
    pub(crate) end: Minute,
    pub(crate) now: Minute,
    pub(crate) events: Vec<Event>,
    pub(crate) hours: Vec<Shift>,
    pub(crate) other_days: BTreeMap<i32, Vec<(u16, u16)>>,
    pub(crate) focus: Vec<Shift>,
    pub(crate) trips: Vec<(Minute, Minute, usize, bool)>,
    pub(crate) before: Minute,
    pub(crate) after: Minute,
    pub(crate) notice: Minute,
    pub(crate) horizon: Option<Minute>,
    pub(crate) day_max: Option<Minute>,
    pub(crate) week_max: Option<Minute>,
    pub(crate) milestones: Vec<i32>,
    pub(crate) overrides: Vec<(Minute, Minute, bool)>,
    pub(crate) waived: Vec<Why>,
}

#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) zone: usize,
    pub(crate) day: i32,
    pub(crate) minute: Minute,
    pub(crate) length: Minute,
    /// Days between instances, and how many there are.
    pub(crate) every: i32,
    pub(crate) count: i32,
    /// Whole days instead.
    pub(crate) days: Option<i32>,
    pub(crate) sort: u64,
}

#[derive(Debug, Clone)]
pub(crate) struct Shift {
    pub(crate) zone: Option<usize>,
    pub(crate) days: u8,
    pub(crate) from: u16,
    pub(crate) to: u16,
}

pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x0123_4567_89ab_cdef))
    }

    pub(crate) fn below(&mut self, n: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as i64
    }

    pub(crate) fn one_in(&mut self, n: i64) -> bool {
        self.below(n) == 0
    }

    pub(crate) fn maybe<T>(&mut self, n: i64, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.one_in(n).then(|| make(self))
    }

    pub(crate) fn some<T>(&mut self, below: i64, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.below(below)).map(|_| make(self)).collect()
    }

    pub(crate) fn zone(&mut self) -> usize {
        self.below(ZONES.len() as i64) as usize
    }
}

pub(crate) fn draw(seed: u64) -> Drawn {
    let dice = &mut Dice::new(seed);
    let near = CHANGES[dice.below(CHANGES.len() as i64) as usize] + dice.below(3) as i32 - 1;
    let start = i64::from(near) * 1_440 - dice.below(1_440);
    let end = start + 60 + dice.below(2 * 1_440);
    let span = |dice: &mut Dice| {
        let from = start - 1_000 + dice.below(3_000);
        (from, from + 30 + dice.below(2_000))
    };
    let days = |dice: &mut Dice| near + dice.below(5) as i32 - 2;
    Drawn {
        zone: dice.zone(),
        calendar_zone: dice.zone(),
        start,
        end,
        now: start - 1_000 + dice.below(1_500),
        events: dice.some(9, |dice| event(dice, near)),
        hours: dice.some(4, shift),
        other_days: dice.some(3, |dice| (days(dice), dice.some(3, part))).into_iter().collect(),
        focus: dice.some(2, shift),
        trips: dice.some(3, |dice| {
            let (from, to) = span(dice);
            (from, to, dice.zone(), dice.one_in(4))
        }),
        before: dice.below(2) * dice.below(90),
        after: dice.below(2) * dice.below(90),
        notice: dice.below(2) * dice.below(1_000),
        horizon: dice.maybe(4, |dice| dice.below(4_000)),
        day_max: dice.maybe(4, |dice| 30 + dice.below(400)),
        week_max: dice.maybe(6, |dice| 60 + dice.below(2_000)),
        milestones: dice.maybe(5, days).into_iter().collect(),
        overrides: dice.some(4, |dice| {
            let (from, to) = span(dice);
            (from, to, dice.one_in(2))
        }),
        waived: dice.some(3, |dice| Why::ALL[dice.below(12) as usize]),
    }
}

fn event(dice: &mut Dice, near: i32) -> Event {
    let every = if dice.one_in(2) { 1 } else { 7 };
    let count = if dice.one_in(2) { 1 } else { 2 + dice.below(9) as i32 };
    Event {
        zone: dice.zone(),
        day: near - dice.below(i64::from(every * count.min(4)) + 3) as i32 + 2,
        minute: dice.below(1_440),
        length: 15 + dice.below(2) * dice.below(900) + dice.below(90),
        every,
        count,
        days: dice.maybe(6, |dice| 1 + dice.below(2) as i32),
        sort: dice.below(14) as u64,
    }
}

fn shift(dice: &mut Dice) -> Shift {
    let (from, to) = part(dice);
    Shift { zone: dice.maybe(3, Dice::zone), days: (dice.below(127) + 1) as u8, from, to }
}

fn part(dice: &mut Dice) -> (u16, u16) {
    let from = dice.below(1_440);
    (from as u16, (from + 30 + dice.below(1_400)) as u16)
}

impl Drawn {
    /// The instant of a minute of the range.
    pub(crate) fn minute(&self, n: Minute) -> Timestamp {
        minute(self.start + n)
    }

    /// The same as the engine is asked it.
    pub(crate) fn asked(&self) -> (Config, BTreeMap<EventId, Bundle>, Rules, Inquiry) {
        let bodies = self.events.iter().map(body).collect();
        let inquiry = Inquiry {
            now: minute(self.now),
            range: minute(self.start)..minute(self.end),
            waived: self.waived.iter().copied().collect(),
        };
        let config = support::config(ZONES[self.calendar_zone]);
        (config, support::events(bodies), self.rules(), inquiry)
    }

    fn rules(&self) -> Rules {
        let ms = |minutes: Minute| minutes * 60_000;
        let parts = |parts: &Vec<(u16, u16)>| parts.iter().map(|(from, to)| *from..*to).collect();
        Rules {
            hours: self.hours.iter().map(hours).collect(),
            other_days: self
                .other_days
                .iter()
                .map(|(day, list)| (Date::from_days(*day), parts(list)))
                .collect(),
            trips: self
                .trips
                .iter()
                .map(|(from, to, zone, blocks)| Trip {
                    range: minute(*from)..minute(*to),
                    zone: support::zone(ZONES[*zone]),
                    blocks: *blocks,
                })
                .collect(),
            before_ms: ms(self.before),
            after_ms: ms(self.after),
            notice_ms: ms(self.notice),
            horizon_ms: self.horizon.map(ms),
            focus: self.focus.iter().map(hours).collect(),
            limits: Limits { day_ms: self.day_max.map(ms), week_ms: self.week_max.map(ms) },
            milestones: self.milestones.iter().map(|day| Date::from_days(*day)).collect(),
            overrides: self
                .overrides
                .iter()
                .map(|(from, to, open)| Override { range: minute(*from)..minute(*to), open: *open })
                .collect(),
            ..Rules::none(support::zone(ZONES[self.zone]))
        }
    }
}

fn minute(at: Minute) -> Timestamp {
    Timestamp::from_seconds(at * 60)
}

fn hours(shift: &Shift) -> Hours {
    Hours {
        zone: shift.zone.map(|zone| support::zone(ZONES[zone])),
        days: Weekdays(shift.days),
        minutes: shift.from..shift.to,
    }
}

fn body(event: &Event) -> Body {
    let date = Date::from_days(event.day);
    let (start, length) = match event.days {
        Some(days) => (When::Date(date), Length::Nominal { days, seconds: 0 }),
        None => {
            let civil = Civil::new(date, event.minute as u32 * 60);
            let start = When::Zoned(civil, support::zone(ZONES[event.zone]));
            (start, Length::Exact(event.length * 60))
        }
    };
    let content = dressed(Content::at(Span { start, length, end_zone: None }), event.sort);
    let every = if event.every == 1 { "DAILY" } else { "WEEKLY" };
    let rule = Rule::parse(&format!("FREQ={every};COUNT={}", event.count)).unwrap();
    let recurrence = Recurrence { rules: vec![rule], ..Recurrence::default() };
    let recurrence = (event.count > 1).then_some(recurrence);
    Body { recurrence, ..Body::single(content) }
}

/// Sorts of events; see `grid::weight` for what each takes.
fn dressed(content: Content, sort: u64) -> Content {
    match sort {
        0 => Content { status: Status::Tentative, ..content },
        1 => Content { response: Response::Declined, ..content },
        2 => Content { busy: Busy::Free, ..content },
        3 => Content { response: Response::Pending, ..content },
        4 => Content { kind: Kind::Focus, ..content },
        5 => Content { kind: Kind::OutOfOffice, busy: Busy::OutOfOffice, ..content },
        6 => Content { status: Status::Cancelled, ..content },
        7 => Content { response: Response::Tentative, ..content },
        8 => Content { kind: Kind::Birthday, ..content },
        9 => Content { busy: Busy::Elsewhere, ..content },
        _ => Content { response: Response::Accepted, ..content },
    }
}
