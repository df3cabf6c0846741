//! A week's availability over ten full calendars, and candidates for ten people.
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark, not an interface")]

mod crowded;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use kalends_core::ids::EventId;
use kalends_core::schedule::propose::{Role, Seat, Taste, Wish, propose};
use kalends_core::schedule::{Hours, Limits, Rules, Stretch, Trip, Weekdays, availability, reach};
use kalends_core::slice::Bundle;
use kalends_core::time::Date;

use crowded::{CALENDARS, MONDAY, at, calendar, graph, inquiry, near, zone};

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
