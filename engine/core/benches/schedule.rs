//! A week's availability over ten full calendars, and candidates for ten people.
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark, not an interface")]

use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use kalends_core::event::{Body, Content, Recurrence, Span};
use kalends_core::graph::{Calendar, CalendarRole, Capabilities, ScopeKind};
use kalends_core::ids::{AccountId, CalendarId, EventId, ProviderId};
use kalends_core::presence::{Event, Presence};
use kalends_core::schedule::propose::{Role, Seat, Taste, Wish, propose};
use kalends_core::schedule::{
    Hours, Inquiry, Limits, Rules, Stretch, Trip, Weekdays, availability, reach,
};
use kalends_core::slice::{Bundle, Config};
use kalends_core::time::{Civil, Date, Gap, Length, Rule, Timestamp, When, Zone};

const CALENDARS: u8 = 10;
const EVENTS: u32 = 5_000;
const SERIES: u32 = 200;
const DAY_SECONDS: i64 = 86_400;
/// Monday, 2026-03-02.
const MONDAY: i32 = 20_514;

fn zone(name: &str) -> Zone {
    Zone::resolve(name).unwrap()
}

fn at(day: i64, minute: i64) -> Timestamp {
    Timestamp::from_seconds((i64::from(MONDAY) + day) * DAY_SECONDS + minute * 60)
}

fn calendar(n: u8) -> CalendarId {
    CalendarId::from_bytes([n + 1; 16])
}

/// xorshift, so that every run has the same calendars.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % bound
    }
}

fn body(dice: &mut Dice, is_series: bool) -> Body {
    // Two years back and one ahead; series began in the two years.
    let day = MONDAY - 730 + dice.below(if is_series { 730 } else { 1_095 }) as i32;
    let minute = 420 + 15 * dice.below(48) as u32;
    let start = When::Zoned(Civil::new(Date::from_days(day), minute * 60), zone("Europe/Berlin"));
    let length = Length::Exact(900 * (1 + dice.below(6) as i64));
    let content = Content::at(Span { start, length, end_zone: None });
    let rules = ["FREQ=WEEKLY", "FREQ=WEEKLY;INTERVAL=2", "FREQ=MONTHLY", "FREQ=DAILY;INTERVAL=3"];
    let rule = rules[dice.below(4) as usize];
    let recurrence = is_series
        .then(|| Recurrence { rules: vec![Rule::parse(rule).unwrap()], ..Recurrence::default() });
    Body { recurrence, ..Body::single(content) }
}

/// Ten calendars with 5,000 events each, 200 of them series.
fn graph() -> (Config, BTreeMap<EventId, Bundle>) {
    let mut dice = Dice(0x2026);
    let (mut config, mut events) = (Config::default(), BTreeMap::new());
    for n in 0..CALENDARS {
        let row = Calendar {
            id: calendar(n),
            account: AccountId::from_bytes([1; 16]),
            provider_id: Some(ProviderId("/cal/".into())),
            name: "cal".into(),
            kind: ScopeKind::Calendar,
            on: true,
            capabilities: Capabilities::default(),
            role: CalendarRole::Theirs,
        };
        config.calendars.insert(row.id, row);
        for number in 0..EVENTS {
            let mut id = [n; 16];
            id[..4].copy_from_slice(&number.to_be_bytes());
            let id = EventId::from_bytes(id);
            let presence = Presence {
                object: ProviderId(format!("/cal/{number}.ics")),
                version: None,
                body: body(&mut dice, number < SERIES),
                doubts: Vec::new(),
                instances: Vec::new(),
                gone: None,
                pending: None,
            };
            let bundle = Bundle {
                event: Some(Event { id, uid: id.to_string() }),
                presences: [(calendar(n), presence)].into(),
                ..Bundle::default()
            };
            events.insert(id, bundle);
        }
    }
    (config, events)
}

/// Twenty constraints: ten of them as rules that must hold, ten as tastes.
fn rules() -> Rules {
    let hours = |days, minutes| Hours { zone: None, days: Weekdays(days), minutes };
    Rules {
        hours: vec![hours(0b1_1111, 540..1_050), hours(0b10_0000, 600..720)],
        trips: vec![Trip { range: at(8, 0)..at(10, 0), zone: zone("Asia/Tokyo"), blocks: false }],
        before_ms: 600_000,
        after_ms: 300_000,
        notice_ms: 14_400_000,
        horizon_ms: Some(60 * 86_400_000),
        focus: vec![hours(0b10, 540..690)],
        limits: Limits { day_ms: Some(6 * 3_600_000), week_ms: Some(24 * 3_600_000) },
        milestones: [Date::from_days(MONDAY + 9)].into(),
        ..Rules::none(zone("Europe/Berlin"))
    }
}

fn tastes(n: u16) -> Vec<Taste> {
    let taste = |k: u16| Taste {
        days: Weekdays(0b1_1111),
        minutes: 540 + 30 * k..600 + 30 * k + 10 * n,
        points: if k.is_multiple_of(2) { 15 } else { -10 },
    };
    (0..10).map(taste).collect()
}

/// From a Monday on, in Berlin.
fn inquiry(days: i64) -> Inquiry {
    let range = at(0, -60)..at(days, -60);
    Inquiry { now: at(-1, 0), range, waived: BTreeSet::new() }
}

/// What a store gives: events whose span overlaps the time asked for, and all series.
fn near(
    events: &BTreeMap<EventId, Bundle>,
    range: &core::ops::Range<Timestamp>,
) -> BTreeMap<EventId, Bundle> {
    let is_near = |bundle: &Bundle| {
        bundle.presences.values().any(|presence| {
            let start = presence.body.content.span.start.instant(&Zone::utc(), Gap::Shift);
            presence.body.recurrence.is_some()
                || (start < range.end && start.saturating_add_millis(86_400_000) > range.start)
        })
    };
    events
        .iter()
        .filter(|(_, bundle)| is_near(bundle))
        .map(|(id, one)| (*id, one.clone()))
        .collect()
}

fn a_week(c: &mut Criterion) {
    let (config, events) = graph();
    let (none, all, asked) = (Rules::none(zone("Europe/Berlin")), rules(), inquiry(7));
    let loaded = near(&events, &reach(&all, &asked.range));
    let mut group = c.benchmark_group("availability of a week");
    group.bench_function("no rules, what a store gives", |b| {
        b.iter(|| availability(black_box(&config), &loaded, &none, &asked));
    });
    group.bench_function("ten rules, what a store gives", |b| {
        b.iter(|| availability(black_box(&config), &loaded, &all, &asked));
    });
    group.bench_function("no rules, all 50,000 events in memory", |b| {
        b.iter(|| availability(black_box(&config), &events, &none, &asked));
    });
    group.finish();
}

fn ten_people(c: &mut Criterion) {
    let (config, events) = graph();
    let rules = rules();
    let mut times: Vec<Vec<Stretch>> = Vec::new();
    for n in 0..CALENDARS {
        // One in twenty, so that there are times to choose from.
        let few = |id: &EventId| id.as_bytes()[3].is_multiple_of(20);
        let of_one = |bundle: &Bundle| bundle.presences.contains_key(&calendar(n));
        let own = events.iter().filter(|(id, one)| few(id) && of_one(one));
        let own = own.map(|(id, one)| (*id, one.clone()));
        times.push(availability(&config, &own.collect(), &rules, &inquiry(14)));
    }
    let seats: Vec<Seat<'_>> = times
        .iter()
        .enumerate()
        .map(|(n, time)| Seat {
            time,
            zone: zone("Europe/Berlin"),
            tastes: tastes(n as u16),
            burden: 0,
        })
        .collect();
    let wish = Wish {
        range: at(0, -60)..at(14, -60),
        length_ms: 1_800_000,
        grid_minutes: 15,
        zone: zone("Europe/Berlin"),
        repeat: None,
        points_a_day: 10,
        proposals_max: 10,
        steps_max: 200_000,
    };
    let everyone = |pick| vec![Role { of: (0..10).collect(), pick, optional: None }];
    for pick in [6, 10] {
        assert!(!propose(&wish, &seats, &everyone(pick)).list.is_empty(), "nothing to choose from");
    }
    let mut group = c.benchmark_group("candidates for ten people in two weeks");
    group
        .bench_function("all ten", |b| b.iter(|| propose(black_box(&wish), &seats, &everyone(10))));
    group.bench_function("any six", |b| b.iter(|| propose(black_box(&wish), &seats, &everyone(6))));
    group.finish();
}

criterion_group!(benches, a_week, ten_people);
criterion_main!(benches);
