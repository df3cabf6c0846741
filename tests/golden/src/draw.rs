//! Graphs, rules and meetings by a number.

use core::ops::Range;
use std::collections::{BTreeMap, BTreeSet};

use kalends_core::event::{Body, Content, Recurrence, Span, Status};
use kalends_core::graph::{Calendar, CalendarRole, Capabilities, ScopeKind};
use kalends_core::ids::{AccountId, CalendarId, EventId, ProviderId};
use kalends_core::presence::Presence;
use kalends_core::schedule::propose::{Repeat, Role, Seat, Taste, Wish};
use kalends_core::schedule::{
    Hours, Inquiry, Limits, Override, Rules, Stretch, Trip, Weekdays, Why,
};
use kalends_core::slice::{Bundle, Config};
use kalends_core::time::{Civil, Date, Length, Rule, Timestamp, When, Zone};

const ZONES: [&str; 6] = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Beirut",
    "America/St_Johns",
    "Asia/Kathmandu",
];
const RULES: [&str; 6] = [
    "FREQ=DAILY;INTERVAL=3",
    "FREQ=WEEKLY;BYDAY=MO,TH",
    "FREQ=MONTHLY;BYDAY=-1SU",
    "FREQ=YEARLY;BYMONTHDAY=29",
    "FREQ=DAILY;COUNT=40",
    "FREQ=HOURLY;INTERVAL=31",
];
/// 2026-03-27, two days before clocks change in Europe.
const FRIDAY: i32 = 20_539;
const DAY_MINUTES: i64 = 1_440;
const CALENDAR: CalendarId = CalendarId::from_bytes([2; 16]);

/// xorshift: every machine draws the same.
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self((seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn below(&mut self, bound: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) % u64::from(bound)) as u32
    }

    fn zone(&mut self) -> Zone {
        zone(ZONES[self.below(ZONES.len() as u32) as usize])
    }

    fn part(&mut self) -> Range<u16> {
        let from = self.below(1_440) as u16;
        from..from + 30 + self.below(900) as u16
    }

    fn span(&mut self) -> Range<Timestamp> {
        let from = i64::from(self.below(8 * 1_440));
        at(from)..at(from + 15 + i64::from(self.below(1_500)))
    }

    fn one_in(&mut self, n: u32) -> bool {
        self.below(n) == 0
    }
}

fn zone(name: &str) -> Zone {
    Zone::parse(name).unwrap_or(Zone::utc())
}

/// So many minutes after the Friday began in UTC.
fn at(minute: i64) -> Timestamp {
    Timestamp::from_seconds((i64::from(FRIDAY) * DAY_MINUTES + minute) * 60)
}

fn week() -> Range<Timestamp> {
    at(0)..at(7 * DAY_MINUTES)
}

/// What a person's time is worked out from.
pub(crate) fn graph(seed: u64) -> (Config, BTreeMap<EventId, Bundle>, Rules, Inquiry) {
    let dice = &mut Dice::new(seed);
    let calendar = Calendar {
        id: CALENDAR,
        account: AccountId::from_bytes([1; 16]),
        provider_id: None,
        name: String::new(),
        kind: ScopeKind::Calendar,
        on: true,
        capabilities: Capabilities { zone: dice.zone(), ..Capabilities::default() },
        role: CalendarRole::Theirs,
    };
    let config = Config { calendars: [(CALENDAR, calendar)].into(), ..Config::default() };
    let events = (1..2 + dice.below(12) as u8).map(|n| {
        let presence = Presence {
            object: ProviderId(String::new()),
            version: None,
            body: body(dice),
            doubts: Vec::new(),
            instances: Vec::new(),
            gone: None,
            pending: None,
        };
        let presences = [(CALENDAR, presence)].into();
        (EventId::from_bytes([n; 16]), Bundle { presences, ..Bundle::default() })
    });
    let events = events.collect();
    let waived = if dice.one_in(4) { BTreeSet::from(Why::ALL) } else { BTreeSet::new() };
    let inquiry = Inquiry { now: at(i64::from(dice.below(600)) - 300), range: week(), waived };
    (config, events, rules(dice), inquiry)
}

fn body(dice: &mut Dice) -> Body {
    let day = Date::from_days(FRIDAY - dice.below(40) as i32 + 8);
    let (start, length) = match dice.below(6) {
        0 => (When::Date(day), Length::Nominal { days: 1 + dice.below(2) as i32, seconds: 0 }),
        1 => (When::Floating(civil(dice, day)), Length::Nominal { days: 0, seconds: 5_400 }),
        _ => {
            let zoned = When::Zoned(civil(dice, day), dice.zone());
            (zoned, Length::Exact(900 * (1 + i64::from(dice.below(12)))))
        }
    };
    let mut content = Content::at(Span { start, length, end_zone: None });
    if dice.one_in(5) {
        content.status = Status::Tentative;
    }
    let rule = RULES[dice.below(RULES.len() as u32) as usize];
    let rules = Rule::parse(rule).into_iter().collect();
    let recurrence = dice.one_in(2).then_some(Recurrence { rules, ..Recurrence::default() });
    Body { recurrence, ..Body::single(content) }
}

fn civil(dice: &mut Dice, day: Date) -> Civil {
    Civil::new(day, 300 * dice.below(288))
}

fn hours(dice: &mut Dice) -> Hours {
    let zone = dice.one_in(3).then(|| dice.zone());
    Hours { zone, days: Weekdays(1 + dice.below(127) as u8), minutes: dice.part() }
}

fn rules(dice: &mut Dice) -> Rules {
    let trip = Trip { range: dice.span(), zone: dice.zone(), blocks: dice.one_in(3) };
    let limit = |dice: &mut Dice, n| dice.one_in(n).then(|| 60_000 * i64::from(dice.below(900)));
    Rules {
        hours: (0..dice.below(3)).map(|_| hours(dice)).collect(),
        other_days: [(Date::from_days(FRIDAY + 3), vec![dice.part()])].into(),
        trips: dice.one_in(2).then_some(trip).into_iter().collect(),
        before_ms: 60_000 * i64::from(dice.below(40)),
        after_ms: 60_000 * i64::from(dice.below(40)),
        notice_ms: 60_000 * i64::from(dice.below(500)),
        horizon_ms: limit(dice, 4).map(|ms| 8 * ms),
        focus: (0..dice.below(2)).map(|_| hours(dice)).collect(),
        limits: Limits { day_ms: limit(dice, 3), week_ms: limit(dice, 5) },
        milestones: dice.one_in(4).then(|| Date::from_days(FRIDAY + 2)).into_iter().collect(),
        overrides: vec![Override { range: dice.span(), open: dice.one_in(2) }],
        ..Rules::none(dice.zone())
    }
}

/// What three people want of each other.
pub(crate) fn meeting(seed: u64, times: &[Vec<Stretch>]) -> (Wish, Vec<Seat<'_>>, Vec<Role>) {
    let dice = &mut Dice::new(seed ^ 0xffff_0000);
    let seats = times.iter().map(|time| {
        let tastes = (0..dice.below(3)).map(|_| Taste {
            days: Weekdays(1 + dice.below(127) as u8),
            minutes: dice.part(),
            points: dice.below(80) as i32 - 40,
        });
        let tastes = tastes.collect();
        Seat { time, zone: dice.zone(), tastes, burden: dice.below(30) as u16 }
    });
    let seats = seats.collect();
    let wish = Wish {
        range: week(),
        length_ms: 60_000 * (15 + i64::from(dice.below(90))),
        grid_minutes: [15, 30, 60][dice.below(3) as usize],
        zone: dice.zone(),
        repeat: dice.one_in(6).then_some(Repeat { times: 2 }),
        points_a_day: dice.below(5) as i32,
        proposals_max: 5,
        steps_max: 10_000,
    };
    let host = Role { of: vec![0, 1, 2], pick: 1 + dice.below(2) as usize, optional: None };
    let more = Role { of: vec![1, 2], pick: 1, optional: Some(20) };
    (wish, seats, vec![host, more])
}
