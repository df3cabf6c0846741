//! 2,000 everyday rules in three zones: a week of them, and two years, beside the rrule crate.

#![allow(missing_docs, reason = "criterion's macros make undocumented items")]
#![allow(clippy::unwrap_used, reason = "a bench may fail by panicking")]

use std::hint::black_box;
use std::ops::Range;

use criterion::{Criterion, criterion_group, criterion_main};
use kalends_recurrence::{Civil, Date, Gap, Length, Options, Rule, Series, Timestamp, When, Zone};

const ZONES: [&str; 3] = ["America/New_York", "Europe/Berlin", "Asia/Kolkata"];
const DAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

struct Event {
    start: When,
    rules: [Rule; 1],
    excluded: Vec<When>,
    /// The same as the rrule crate reads it.
    text: String,
}

/// A small generator of numbers, always the same ones.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// The rules, each with a bound of its own: nothing, or a COUNT.
fn events(bound: &str) -> Vec<Event> {
    let mut dice = Dice(5545);
    (0..2_000).map(|index| event(index, bound, &mut dice)).collect()
}

fn event(index: u64, bound: &str, dice: &mut Dice) -> Event {
    let zone_name = ZONES[dice.below(3) as usize];
    let zone = Zone::parse(zone_name).unwrap();
    let year = match index {
        1_460..1_760 => 1950 + dice.below(70) as i32,
        _ => 2005 + dice.below(21) as i32,
    };
    let date = Date::new(year, 1 + dice.below(12) as u8, 1 + dice.below(28) as u8).unwrap();
    let weekday = DAYS[dice.below(7) as usize];
    let (time, rule) = match index {
        0..500 => {
            (9 * 3_600, format!("FREQ=WEEKLY;BYDAY={weekday},{}", DAYS[dice.below(7) as usize]))
        }
        500..700 => (14 * 3_600, format!("FREQ=WEEKLY;INTERVAL=2;BYDAY={weekday}")),
        700..1_000 => (8 * 3_600 + 1_800, "FREQ=DAILY".to_owned()),
        1_000..1_300 => (10 * 3_600, format!("FREQ=MONTHLY;BYDAY={}{weekday}", 1 + dice.below(4))),
        1_300..1_460 => (12 * 3_600, format!("FREQ=MONTHLY;BYMONTHDAY={}", 1 + dice.below(31))),
        1_460..1_760 => (0, "FREQ=YEARLY".to_owned()),
        1_760..1_840 => (0, format!("FREQ=YEARLY;BYMONTH={};BYDAY=2{weekday}", 1 + dice.below(12))),
        1_840..1_940 => (2 * 3_600 + 1_800, "FREQ=DAILY;INTERVAL=3".to_owned()),
        _ => (0, "FREQ=DAILY;BYHOUR=0,12".to_owned()),
    };
    let rule = rule + bound;
    let civil = Civil::new(date, time);
    let stamp = |civil: Civil| civil.to_string().replace(['-', ':'], "");
    let mut text = format!("DTSTART;TZID={zone_name}:{}\nRRULE:{rule}", stamp(civil));
    let mut excluded = Vec::new();
    if index.is_multiple_of(6) {
        let day = Civil::new(Date::new(2026, 3, 4).unwrap(), time);
        text.push_str(&format!("\nEXDATE;TZID={zone_name}:{}", stamp(day)));
        excluded.push(When::Zoned(day, zone.clone()));
    }
    let rules = [Rule::parse(&rule).unwrap()];
    Event { start: When::Zoned(civil, zone), rules, excluded, text }
}

fn window(from: (i32, u8, u8), to: (i32, u8, u8)) -> Range<Timestamp> {
    let at =
        |(y, m, d)| Timestamp::from_seconds(i64::from(Date::new(y, m, d).unwrap().days()) * 86_400);
    at(from)..at(to)
}

fn ours(events: &[Event], window: &Range<Timestamp>) -> usize {
    let floating = Zone::utc();
    let options = Options { gap: Gap::Shift, floating: &floating, budget: 100_000 };
    let expand = |event: &Event| {
        let series = Series {
            start: &event.start,
            length: Length::Exact(3_600),
            rules: &event.rules,
            extras: &[],
            excluded: &event.excluded,
            overrides: &[],
        };
        series.instances(window.clone(), &options).count()
    };
    events.iter().map(expand).sum()
}

fn theirs(sets: &[rrule::RRuleSet], window: &Range<Timestamp>) -> usize {
    let from = window.start.as_seconds() - 3_600;
    let to = window.end.as_seconds();
    let expand = |set: &rrule::RRuleSet| {
        let times = set.into_iter().map(|time| time.timestamp());
        times.skip_while(|time| *time <= from).take_while(|time| *time < to).count()
    };
    sets.iter().map(expand).sum()
}

fn benches(criterion: &mut Criterion) {
    let events = events("");
    beside(criterion, "", &events);
    // Where the window lies in the count is known only from the start; none ends before it.
    beside(criterion, "_counted", &self::events(";COUNT=20000"));
    criterion.bench_function("parse_2000", |bench| {
        bench.iter(|| {
            let texts = events.iter().map(|event| event.rules[0].text());
            texts.filter(|text| Rule::parse(black_box(text)).is_ok()).count()
        });
    });
}

/// Both over a week and over two years; `kind` ends the names.
fn beside(criterion: &mut Criterion, kind: &str, events: &[Event]) {
    let sets: Vec<rrule::RRuleSet> =
        events.iter().filter_map(|event| event.text.parse().ok()).collect();
    let windows = [
        ("week", window((2026, 3, 2), (2026, 3, 9))),
        ("two_years", window((2026, 1, 1), (2028, 1, 1))),
    ];
    for (name, window) in windows {
        assert_eq!(ours(events, &window), theirs(&sets, &window), "the same work");
        let mut group = criterion.benchmark_group(format!("{name}{kind}"));
        group.sample_size(10);
        group.bench_function("kalends", |bench| bench.iter(|| ours(black_box(events), &window)));
        group.bench_function("rrule", |bench| bench.iter(|| theirs(black_box(&sets), &window)));
    }
}

criterion_group!(expand, benches);
criterion_main!(expand);
