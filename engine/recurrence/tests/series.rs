//! What a series means: rules, extra dates, exclusions, overrides, gaps and folds.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use kalends_recurrence::{
    Change, Civil, Date, Extra, Gap, Instance, Length, Options, Override, Rule, Series, Timestamp,
    When, Zone,
};

const HOUR: Length = Length::Exact(3_600);

fn civil(text: &str) -> Civil {
    text.parse().unwrap()
}

fn zone(name: &str) -> Zone {
    Zone::parse(name).unwrap()
}

fn at(text: &str, name: &str) -> When {
    When::Zoned(civil(text), zone(name))
}

fn day(text: &str) -> When {
    When::Date(text.parse().unwrap())
}

/// A series with its parts owned.
struct Event {
    start: When,
    length: Length,
    rules: Vec<Rule>,
    extras: Vec<Extra>,
    excluded: Vec<When>,
    overrides: Vec<Override>,
    gap: Gap,
    floating: Zone,
}

impl Event {
    fn new(start: When, rules: &[&str]) -> Self {
        Self {
            start,
            length: HOUR,
            rules: rules.iter().map(|rule| Rule::parse(rule).unwrap()).collect(),
            extras: Vec::new(),
            excluded: Vec::new(),
            overrides: Vec::new(),
            gap: Gap::Shift,
            floating: zone("Europe/Berlin"),
        }
    }

    fn series(&self) -> Series<'_> {
        Series {
            start: &self.start,
            length: self.length,
            rules: &self.rules,
            extras: &self.extras,
            excluded: &self.excluded,
            overrides: &self.overrides,
        }
    }

    fn options(&self) -> Options<'_> {
        Options { gap: self.gap, floating: &self.floating, budget: 100_000 }
    }

    fn within(&self, from: &str, to: &str) -> Vec<Instance> {
        let window = from.parse().unwrap()..to.parse().unwrap();
        let found = self.series().instances(window, &self.options());
        assert!(!found.exhausted());
        found.collect()
    }

    /// The starts from 1990 to 2100 in UTC.
    fn starts(&self) -> Vec<String> {
        let found = self.within("1990-01-01T00:00:00Z", "2100-01-01T00:00:00Z");
        found.iter().map(|instance| instance.start.to_string()).collect()
    }
}

fn moved(original: When, this_and_future: bool, start: When) -> Override {
    Override { original, this_and_future, change: Change::Moved { start, length: HOUR } }
}

#[test]
fn a_time_in_the_gap_shifts_forward_or_is_skipped_uncounted() {
    let mut event =
        Event::new(at("2026-03-07T02:30:00", "America/New_York"), &["FREQ=DAILY;COUNT=3"]);
    assert_eq!(
        event.starts(),
        ["2026-03-07T07:30:00Z", "2026-03-08T07:30:00Z", "2026-03-09T06:30:00Z"]
    );
    event.gap = Gap::Skip;
    assert_eq!(
        event.starts(),
        ["2026-03-07T07:30:00Z", "2026-03-09T06:30:00Z", "2026-03-10T06:30:00Z"]
    );
}

#[test]
fn a_time_that_comes_twice_is_the_first() {
    let event = Event::new(at("2026-10-31T01:30:00", "America/New_York"), &["FREQ=DAILY;COUNT=2"]);
    assert_eq!(event.starts(), ["2026-10-31T05:30:00Z", "2026-11-01T05:30:00Z"]);
}

#[test]
fn hours_that_a_gap_shifts_onto_the_next_hour_come_once() {
    let event = Event::new(at("2026-03-29T00:00:00", "Europe/London"), &["FREQ=HOURLY;COUNT=4"]);
    assert_eq!(
        event.starts(),
        ["2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"]
    );
}

#[test]
fn a_start_in_a_gap_keeps_its_series() {
    let event = Event::new(at("2026-03-29T02:30:00", "Europe/Berlin"), &["FREQ=WEEKLY;COUNT=2"]);
    assert_eq!(event.starts(), ["2026-03-29T01:30:00Z", "2026-04-05T00:30:00Z"]);
}

#[test]
fn a_start_off_the_rule_is_the_first_that_count_counts() {
    let event = Event::new(at("2026-01-01T09:00:00", "UTC"), &["FREQ=WEEKLY;BYDAY=MO;COUNT=3"]);
    assert_eq!(
        event.starts(),
        ["2026-01-01T09:00:00Z", "2026-01-05T09:00:00Z", "2026-01-12T09:00:00Z"]
    );
    assert!(!event.rules[0].gives_start(event.start.civil()));
}

#[test]
fn until_is_coerced_to_the_kind_of_the_start() {
    let count = |start: When, until: &str| {
        Event::new(start, &[&format!("FREQ=DAILY;UNTIL={until}")]).starts().len()
    };
    let new_york = || at("2026-01-01T20:00:00", "America/New_York");
    assert_eq!(count(new_york(), "20260103"), 3, "the whole local day");
    assert_eq!(count(new_york(), "20260103T200000"), 3, "local");
    assert_eq!(count(new_york(), "20260104T010000Z"), 3, "the instant itself");
    assert_eq!(count(new_york(), "20260104T005959Z"), 2, "before the instant");
    assert_eq!(count(day("2026-01-01"), "20260103T000000Z"), 3, "a day");
    assert_eq!(count(When::Floating(civil("2026-01-01T09:00:00")), "20260103T090000Z"), 3);
    assert_eq!(count(new_york(), "20250101"), 1, "the start itself stays");
}

#[test]
fn count_and_until_together_both_hold() {
    let start = || at("2026-01-01T09:00:00", "UTC");
    let count = |rule: &str| Event::new(start(), &[rule]).starts().len();
    assert_eq!(count("FREQ=DAILY;COUNT=10;UNTIL=20260103"), 3);
    assert_eq!(count("FREQ=DAILY;COUNT=2;UNTIL=20260131"), 2);
}

#[test]
fn exclusions_match_by_instant_and_by_local_day() {
    let forms = [
        at("2026-01-02T20:00:00", "America/New_York"),
        at("2026-01-03T01:00:00", "UTC"),
        When::Floating(civil("2026-01-02T20:00:00")),
        day("2026-01-02"),
    ];
    for form in forms {
        let mut event =
            Event::new(at("2026-01-01T20:00:00", "America/New_York"), &["FREQ=DAILY;COUNT=3"]);
        event.excluded.push(form.clone());
        assert_eq!(event.starts(), ["2026-01-02T01:00:00Z", "2026-01-04T01:00:00Z"], "{form:?}");
    }
    for form in
        [day("2026-01-02"), at("2026-01-02T00:00:00", "UTC"), at("2026-01-01T23:00:00", "UTC")]
    {
        let mut event = Event::new(day("2026-01-01"), &["FREQ=DAILY;COUNT=3"]);
        event.excluded.push(form.clone());
        assert_eq!(event.starts(), ["2025-12-31T23:00:00Z", "2026-01-02T23:00:00Z"], "{form:?}");
    }
}

#[test]
fn extra_dates_and_second_rules_come_once_each() {
    let mut event = Event::new(
        at("2026-01-01T09:00:00", "UTC"),
        &["FREQ=DAILY;COUNT=2", "FREQ=WEEKLY;COUNT=2", "FREQ=DAILY;COUNT=2"],
    );
    event.extras = vec![
        Extra::At(at("2026-01-02T04:00:00", "America/New_York")),
        Extra::Period { start: at("2026-01-05T09:00:00", "UTC"), length: Length::Exact(60) },
        Extra::At(day("2026-01-06")),
    ];
    let found = event.within("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z");
    let starts: Vec<String> = found.iter().map(|instance| instance.start.to_string()).collect();
    let days: Vec<&str> = starts.iter().map(|start| &start[8..10]).collect();
    assert_eq!(days, ["01", "02", "05", "06", "08"]);
    assert_eq!(found[2].end.to_string(), "2026-01-05T09:01:00Z");
}

#[test]
fn overrides_match_in_any_form_and_move_in_and_out_of_the_window() {
    let originals = [
        at("2026-01-02T20:00:00", "America/New_York"),
        at("2026-01-03T01:00:00", "UTC"),
        day("2026-01-02"),
    ];
    for original in originals {
        let mut event =
            Event::new(at("2026-01-01T20:00:00", "America/New_York"), &["FREQ=DAILY;COUNT=3"]);
        event.overrides = vec![moved(original, false, at("2026-06-01T12:00:00", "UTC"))];
        assert_eq!(event.starts().len(), 3);
        assert!(event.within("2026-01-02T12:00:00Z", "2026-01-03T12:00:00Z").is_empty());
        let found = event.within("2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].original.to_string(), "2026-01-03T01:00:00Z");
        assert_eq!(found[0].overridden, Some(0));
    }
}

#[test]
fn an_exclusion_wins_over_an_override_and_cancelled_is_gone() {
    let mut event = Event::new(at("2026-01-01T09:00:00", "UTC"), &["FREQ=DAILY;COUNT=3"]);
    event.excluded = vec![at("2026-01-02T09:00:00", "UTC")];
    event.overrides = vec![
        moved(at("2026-01-02T09:00:00", "UTC"), false, at("2026-01-02T10:00:00", "UTC")),
        Override {
            original: at("2026-01-03T09:00:00", "UTC"),
            this_and_future: false,
            change: Change::Cancelled,
        },
    ];
    assert_eq!(event.starts(), ["2026-01-01T09:00:00Z"]);
}

#[test]
fn this_and_future_moves_the_followers_on_the_wall() {
    let mut event = Event::new(at("2026-03-26T09:00:00", "Europe/Berlin"), &["FREQ=DAILY;COUNT=5"]);
    event.overrides = vec![
        moved(
            at("2026-03-28T09:00:00", "Europe/Berlin"),
            true,
            at("2026-03-28T11:00:00", "Europe/Berlin"),
        ),
        moved(
            at("2026-03-30T09:00:00", "Europe/Berlin"),
            false,
            at("2026-03-30T20:00:00", "Europe/Berlin"),
        ),
    ];
    assert_eq!(
        event.starts(),
        [
            "2026-03-26T08:00:00Z",
            "2026-03-27T08:00:00Z",
            "2026-03-28T10:00:00Z",
            "2026-03-29T09:00:00Z",
            "2026-03-30T18:00:00Z",
        ]
    );
    event.overrides[0].change = Change::Cancelled;
    event.overrides.truncate(1);
    assert_eq!(event.starts().len(), 2);
    event.rules = vec![Rule::parse("FREQ=DAILY").unwrap()];
    let last = event.series().last(&event.options()).unwrap();
    assert_eq!(last.to_string(), "2026-03-27T09:00:00Z");
}

#[test]
fn lengths_are_exact_from_an_end_and_nominal_from_a_duration() {
    let mut event = Event::new(at("2026-03-28T12:00:00", "Europe/Berlin"), &[]);
    let end = |event: &Event| event.within("2026-03-28T00:00:00Z", "2026-03-29T00:00:00Z")[0].end;
    event.length = Length::Exact(86_400);
    assert_eq!(end(&event).to_string(), "2026-03-29T11:00:00Z");
    event.length = Length::Nominal { days: 1, seconds: 0 };
    assert_eq!(end(&event).to_string(), "2026-03-29T10:00:00Z");
    event.start = day("2026-03-29");
    event.length = Length::Exact(0);
    let found = event.within("2026-03-29T00:00:00Z", "2026-03-30T00:00:00Z");
    assert_eq!(found[0].end.to_string(), "2026-03-29T22:00:00Z", "a day of 23 hours");
}

#[test]
fn a_rule_bomb_ends_with_the_budget() {
    let mut event = Event::new(
        at("2026-01-01T00:00:00", "UTC"),
        &["FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30;BYSECOND=1,2,3"],
    );
    let window = || Timestamp::from_seconds(0)..Timestamp::MAX;
    assert!(event.series().instances(window(), &event.options()).exhausted());
    event.rules = vec![Rule::parse("FREQ=SECONDLY").unwrap()];
    assert!(event.series().instances(window(), &event.options()).exhausted());
    assert!(event.series().any_in(window(), &event.options()));
}

#[test]
fn a_window_gives_what_the_whole_gives_there() {
    let rules = [
        "FREQ=DAILY;INTERVAL=3;COUNT=400",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU;COUNT=99",
        "FREQ=MONTHLY;BYMONTHDAY=31;COUNT=40",
        "FREQ=MONTHLY;BYDAY=-1FR;COUNT=90",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=80",
        "FREQ=YEARLY;BYDAY=20MO",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
        "FREQ=HOURLY;INTERVAL=31;BYDAY=MO,TH",
        "FREQ=YEARLY;INTERVAL=2;BYWEEKNO=1,53;BYDAY=MO",
        "FREQ=DAILY;BYDAY=MO,WE;COUNT=150",
        "FREQ=MONTHLY;BYMONTHDAY=15,-1;BYHOUR=2,3;BYMINUTE=30;COUNT=100",
    ];
    for rule in rules {
        for gap in [Gap::Shift, Gap::Skip] {
            let mut event = Event::new(at("2019-03-31T02:30:00", "Europe/Berlin"), &[rule]);
            event.gap = gap;
            let all = event.within("2019-01-01T00:00:00Z", "2031-01-01T00:00:00Z");
            for week in 0..620 {
                let from = Timestamp::from_seconds(1_546_300_800 + week * 604_800);
                let to = from.saturating_add_millis(604_800_000);
                let found: Vec<Instance> =
                    event.series().instances(from..to, &event.options()).collect();
                let wanted: Vec<Instance> =
                    all.iter().filter(|i| i.start < to && i.end > from).copied().collect();
                assert_eq!(found, wanted, "{rule} {gap:?} {from}");
                let any = event.series().any_in(from..to, &event.options());
                assert_eq!(any, !wanted.is_empty());
            }
        }
    }
}

#[test]
fn both_gap_policies_equal_a_walk_over_every_day() {
    for name in [
        "Europe/Berlin",
        "America/New_York",
        "America/Havana",
        "Australia/Lord_Howe",
        "Asia/Kolkata",
    ] {
        for (time, interval) in [(0, 1), (1_800, 3), (2 * 3_600 + 900, 1), (2 * 3_600 + 1_800, 7)] {
            for gap in [Gap::Shift, Gap::Skip] {
                let first = Date::new(2020, 1, 1).unwrap();
                let zone = zone(name);
                let rule = format!("FREQ=DAILY;INTERVAL={interval};COUNT=700");
                let mut event =
                    Event::new(When::Zoned(Civil::new(first, time), zone.clone()), &[&rule]);
                event.gap = gap;
                let days = (0..).map(|n| Civil::new(first.add_days(n * interval), time));
                let kept = days.filter(|civil| gap == Gap::Shift || shows(&zone, *civil));
                let wanted: Vec<Timestamp> = kept.take(700).map(|c| walked(&zone, c)).collect();
                let found = event.within("2019-01-01T00:00:00Z", "2099-01-01T00:00:00Z");
                let found: Vec<Timestamp> = found.iter().map(|instance| instance.start).collect();
                assert_eq!(found, wanted, "{name} {time} {interval} {gap:?}");
            }
        }
    }
}

/// Whether some minute of two days around shows this time: a search without any table.
fn shows(zone: &Zone, civil: Civil) -> bool {
    instants(civil).any(|instant| zone.civil(instant) == civil)
}

/// The first instant that shows the time, else the one as far after the gap as the time is in it.
fn walked(zone: &Zone, civil: Civil) -> Timestamp {
    if let Some(found) = instants(civil).find(|instant| zone.civil(*instant) == civil) {
        return found;
    }
    let last_before = instants(civil).take_while(|instant| zone.civil(*instant) < civil).last();
    let before = last_before.unwrap();
    before.saturating_add_millis((civil.seconds() - zone.civil(before).seconds()) * 1_000)
}

fn instants(civil: Civil) -> impl Iterator<Item = Timestamp> {
    let noon = civil.seconds();
    (noon - 50_400..noon + 50_400).step_by(300).map(Timestamp::from_seconds)
}
