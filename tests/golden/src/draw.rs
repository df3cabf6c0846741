//! Graphs, rules and meetings by a number.

use core::ops::Range;
use std::collections::{BTreeMap, BTreeSet};

use kalends_core::event::{
    Body, Busy, Content, Exception, Person, Privacy, Recurrence, Response, Span, Status,
};
use kalends_core::graph::{Calendar, CalendarRole, Capabilities, Filters, ScopeKind};
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
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self((seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    pub(crate) fn below(&mut self, bound: u32) -> u32 {
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

    pub(crate) fn one_in(&mut self, n: u32) -> bool {
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

/// An event, where its floating times are seen, and a part of time.
pub(crate) fn seen(seed: u64) -> (Body, Zone, Range<Timestamp>) {
    let dice = &mut Dice::new(seed ^ 0x0cc0_0000);
    let mut body = body(dice);
    change(dice, &mut body);
    let from = i64::from(dice.below(400)) - 60;
    let days = 1 + i64::from(dice.below(400));
    (body, dice.zone(), at(from * DAY_MINUTES)..at((from + days) * DAY_MINUTES))
}

/// An event that says something, the strictest privacy of its presences, and a time at which a
/// mirror of it is made.
pub(crate) fn mirrored(seed: u64) -> (Body, Privacy, Timestamp) {
    let dice = &mut Dice::new(seed ^ 0x5400_0000);
    let mut body = body(dice);
    say(dice, &mut body.content);
    change(dice, &mut body);
    let privacy = [Privacy::Default, Privacy::Public, Privacy::Private, Privacy::Confidential];
    (body, privacy[dice.below(4) as usize], at(i64::from(dice.below(60 * 1_440))))
}

/// What an edge leaves out.
pub(crate) fn filters(seed: u64) -> Filters {
    let dice = &mut Dice::new(seed ^ 0xf117_0000);
    Filters {
        skip_all_day: dice.one_in(6),
        with_free: dice.one_in(2),
        with_declined: dice.one_in(3),
        skip_tentative: dice.one_in(6),
        skip_keywords: dice.one_in(5).then(|| "STRASSE".to_owned()).into_iter().collect(),
        ..Filters::default()
    }
}

/// Texts that fold, break and are cut at more than ASCII.
const TEXTS: [&str; 5] = [
    "Quarterly planning",
    "Straße \u{2013} a\u{308}\u{e4}, \u{130}stanbul",
    " two  spaces\r\nand a line\t",
    "\u{1f469}\u{200d}\u{1f4bb} at home #nosync?",
    "",
];

pub(crate) fn say(dice: &mut Dice, content: &mut Content) {
    let text = |dice: &mut Dice| TEXTS[dice.below(TEXTS.len() as u32) as usize].to_owned();
    content.title = text(dice);
    content.description = text(dice).repeat(1 + dice.below(40) as usize);
    content.location = text(dice);
    content.meeting = if dice.one_in(2) { "https://meet.example/a?b=c".into() } else { "".into() };
    content.privacy = if dice.one_in(4) { Privacy::Private } else { Privacy::Default };
    content.busy = if dice.one_in(6) { Busy::Free } else { Busy::Busy };
    let person = Person { name: "Zo\u{eb}".to_owned(), email: "zoe@example.org".to_owned() };
    content.attendees = dice.one_in(3).then_some(person).into_iter().collect();
    content.response = if dice.one_in(8) { Response::Declined } else { Response::None };
}

/// Leaves one instance of a series out, and moves another.
fn change(dice: &mut Dice, body: &mut Body) {
    let start = body.content.span.start.clone();
    let Some(recurrence) = &mut body.recurrence else { return };
    let days_later = |days: i32| match &start {
        When::Date(day) => When::Date(Date::from_days(day.days() + days)),
        When::Floating(civil) => {
            When::Floating(Civil::from_seconds(civil.seconds() + 86_400 * i64::from(days)))
        }
        When::Zoned(civil, zone) => When::Zoned(
            Civil::from_seconds(civil.seconds() + 86_400 * i64::from(days)),
            zone.clone(),
        ),
    };
    if dice.one_in(3) {
        recurrence.excluded.push(days_later(3));
    }
    if dice.one_in(2) {
        let mut content = body.content.clone();
        content.span.start = days_later(6 + dice.below(3) as i32);
        say(dice, &mut content);
        let this_and_future = dice.one_in(4);
        let original = days_later(7);
        body.exceptions.push(Exception { original, this_and_future, content });
    }
}

pub(crate) fn body(dice: &mut Dice) -> Body {
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
