//! Rules as patterns: a pattern gives the very instances of its rule, and reads back.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use kalends_recurrence::{
    Civil, Date, Every, Gap, Length, Nth, Options, Pattern, PatternEnd, Rule, Series, Timestamp,
    Weekday, When, Zone,
};
use proptest::prelude::*;

/// Runs kept as seeds stand in the tests above.
fn bare() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

fn rome(text: &str) -> When {
    When::Zoned(text.parse().unwrap(), Zone::parse("Europe/Rome").unwrap())
}

fn of(start: &When, rule: &str) -> Option<Pattern> {
    Pattern::of(start, &Rule::parse(rule).unwrap())
}

fn starts(start: &When, rule: &Rule) -> Vec<Civil> {
    let rules = [rule.clone()];
    let series = Series {
        start,
        length: Length::Exact(60),
        rules: &rules,
        extras: &[],
        excluded: &[],
        overrides: &[],
    };
    let utc = Zone::utc();
    let options = Options { gap: Gap::Shift, floating: &utc, budget: 100_000 };
    let first = start.instant(&utc, Gap::Shift);
    let range = first..first.saturating_add_millis(12 * 366 * 86_400_000);
    series.instances(range, &options).map(|one| one.original_civil).collect()
}

/// The start is Wednesday, 4 March 2026.
#[test]
fn rules_of_one_meaning_are_one_pattern() {
    let start = rome("2026-03-04T09:00:00");
    let every = |rule: &str| of(&start, rule).map(|pattern| (pattern.every, pattern.interval));
    let week = |days: &[Weekday]| Every::Week { days: days.to_vec(), first: Weekday::Monday };
    let weekdays = &Weekday::ALL[..5];
    assert_eq!(every("FREQ=DAILY;INTERVAL=3"), Some((Every::Day, 3)));
    assert_eq!(every("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR"), Some((week(weekdays), 1)));
    assert_eq!(every("FREQ=WEEKLY"), Some((week(&[Weekday::Wednesday]), 1)));
    assert_eq!(every("FREQ=WEEKLY;INTERVAL=2;BYDAY=FR,WE;WKST=SU"), {
        let days = vec![Weekday::Wednesday, Weekday::Friday];
        Some((Every::Week { days, first: Weekday::Sunday }, 2))
    });
    assert_eq!(every("FREQ=MONTHLY"), Some((Every::MonthDay(4), 1)));
    assert_eq!(every("FREQ=MONTHLY;BYMONTHDAY=4"), Some((Every::MonthDay(4), 1)));
    let first = Every::MonthWeekday(Nth::First, vec![Weekday::Wednesday]);
    assert_eq!(every("FREQ=MONTHLY;BYDAY=1WE"), Some((first.clone(), 1)));
    assert_eq!(every("FREQ=MONTHLY;BYDAY=WE;BYSETPOS=1"), Some((first, 1)));
    let third = Every::MonthWeekday(Nth::Third, weekdays.to_vec());
    assert_eq!(every("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=3"), Some((third, 1)));
    let day = Every::YearDay { month: 3, day: 4 };
    assert_eq!(every("FREQ=YEARLY"), Some((day.clone(), 1)));
    assert_eq!(every("FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=4"), Some((day, 1)));
    let nth = Every::YearWeekday { month: 3, nth: Nth::First, days: vec![Weekday::Wednesday] };
    assert_eq!(every("FREQ=YEARLY;BYMONTH=3;BYDAY=1WE"), Some((nth, 1)));
    let last = Every::MonthWeekday(Nth::Last, Weekday::ALL.to_vec());
    let end = rome("2026-03-31T09:00:00");
    let pattern = of(&end, "FREQ=MONTHLY;BYMONTHDAY=-1").unwrap();
    assert_eq!((&pattern.every, pattern.interval), (&last, 1));
    // The last day of each month, however it is said: no day that some months lack is named.
    let run = of(&end, "FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1").unwrap();
    assert_eq!((run.every.long_day(), run.every), (None, last));
    let leap = rome("2028-02-29T09:00:00");
    let last = Every::YearWeekday { month: 2, nth: Nth::Last, days: Weekday::ALL.to_vec() };
    for rule in ["BYMONTHDAY=-1", "BYMONTHDAY=28,29;BYSETPOS=-1"] {
        let pattern = of(&leap, &format!("FREQ=YEARLY;BYMONTH=2;{rule}")).unwrap();
        assert_eq!((pattern.every.long_day(), &pattern.every), (None, &last), "{rule}");
    }
}

#[test]
fn what_no_pattern_says_is_none() {
    let start = rome("2026-03-04T09:00:00");
    for rule in [
        "FREQ=DAILY;INTERVAL=2;BYDAY=WE,FR",
        "FREQ=DAILY;BYMONTH=3",
        "FREQ=HOURLY",
        "FREQ=DAILY;BYHOUR=9,15",
        "FREQ=WEEKLY;BYDAY=WE,FR;BYSETPOS=1",
        "FREQ=MONTHLY;BYMONTHDAY=4,18",
        "FREQ=MONTHLY;BYDAY=1WE,3FR",
        "FREQ=MONTHLY;BYDAY=-4WE",
        "FREQ=MONTHLY;BYDAY=WE",
        "FREQ=MONTHLY;BYMONTH=3,6;BYMONTHDAY=4",
        "FREQ=YEARLY;BYMONTH=3,9;BYMONTHDAY=4",
        "FREQ=YEARLY;BYMONTHDAY=4",
        "FREQ=YEARLY;BYDAY=9WE",
        "FREQ=YEARLY;BYYEARDAY=63",
        "FREQ=YEARLY;BYWEEKNO=10",
        // The start is no instance of these.
        "FREQ=WEEKLY;BYDAY=TH",
        "FREQ=MONTHLY;BYMONTHDAY=5",
        "FREQ=MONTHLY;BYDAY=2WE",
        "FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=4",
    ] {
        assert_eq!(of(&start, rule), None, "{rule}");
    }
    // Short months have no such day: the rule leaves them out, and a pattern takes their last day.
    assert_eq!(of(&rome("2026-03-31T09:00:00"), "FREQ=MONTHLY"), None);
    assert_eq!(of(&rome("2028-02-29T09:00:00"), "FREQ=YEARLY"), None);
}

#[test]
fn the_end_is_the_day_of_the_last_instance() {
    let start = rome("2026-03-04T00:30:00");
    let end = |rule: &str| of(&start, rule).unwrap().end;
    let on = |text: &str| PatternEnd::On(text.parse().unwrap());
    // The last one starts at half past midnight in Rome, the day before by UTC.
    assert_eq!(end("FREQ=DAILY;UNTIL=20260309T233000Z"), on("2026-03-10"));
    assert_eq!(end("FREQ=DAILY;UNTIL=20260309T232959Z"), on("2026-03-09"));
    assert_eq!(end("FREQ=WEEKLY;UNTIL=20260330"), on("2026-03-25"));
    assert_eq!(end("FREQ=DAILY;COUNT=5"), PatternEnd::After(5));
    assert_eq!(end("FREQ=DAILY;COUNT=1000"), on("2028-11-27"));
    let day = When::Date(Date::new(2026, 3, 4).unwrap());
    assert_eq!(of(&day, "FREQ=DAILY;UNTIL=20260306").unwrap().end, on("2026-03-06"));
}

#[test]
fn a_day_beyond_the_end_of_a_month_means_its_last_one() {
    let start = rome("2026-01-31T09:00:00");
    let pattern = |every: Every| Pattern { every, interval: 1, end: PatternEnd::After(5) };
    let days = |every: Every| -> Vec<String> {
        let rule = pattern(every).rule(&start).unwrap();
        starts(&start, &rule).iter().map(|civil| civil.date().to_string()[5..].to_owned()).collect()
    };
    assert_eq!(days(Every::MonthDay(31)), ["01-31", "02-28", "03-31", "04-30", "05-31"]);
    let start = rome("2026-01-30T09:00:00");
    let rule = pattern(Every::MonthDay(30)).rule(&start).unwrap();
    let days: Vec<u8> = starts(&start, &rule).iter().map(|civil| civil.date().ymd().2).collect();
    assert_eq!(days, [30, 28, 30, 30, 30]);
    assert_eq!(Every::MonthDay(30).long_day(), Some(30));
    assert_eq!(Every::YearDay { month: 2, day: 29 }.long_day(), Some(29));
    assert_eq!(Every::YearDay { month: 4, day: 30 }.long_day(), None);
    assert_eq!(Pattern::of(&start, &rule), Some(pattern(Every::MonthDay(30))));
    let leap = rome("2028-02-29T09:00:00");
    let rule = pattern(Every::YearDay { month: 2, day: 29 }).rule(&leap).unwrap();
    let days: Vec<u8> = starts(&leap, &rule).iter().map(|civil| civil.date().ymd().2).collect();
    assert_eq!(days, [29, 28, 28, 28, 29]);
    for every in [Every::MonthDay(0), Every::MonthDay(32), Every::YearDay { month: 13, day: 1 }] {
        assert_eq!(pattern(every).rule(&start), None);
    }
}

fn start() -> impl Strategy<Value = When> {
    let zones = ["Europe/Rome", "America/Lima", "Pacific/Auckland", "UTC"];
    (20_000..21_500_i32, 0..1_440_u32, 0..zones.len() + 1).prop_map(move |(day, minute, zone)| {
        let date = Date::from_days(day);
        match zones.get(zone) {
            Some(zone) => When::Zoned(Civil::new(date, minute * 60), Zone::parse(zone).unwrap()),
            None => When::Date(date),
        }
    })
}

fn rule() -> impl Strategy<Value = String> {
    let days = prop::sample::subsequence(vec!["MO", "TU", "WE", "TH", "FR", "SA", "SU"], 1..=7);
    let days = days.prop_map(|days| days.join(","));
    let of_month = prop_oneof![
        Just(String::new()),
        (-3..=31_i8).prop_filter("no day 0", |d| *d != 0).prop_map(|d| format!(";BYMONTHDAY={d}")),
        (days.clone(), -2..=5_i8)
            .prop_filter("no place 0", |(_, k)| *k != 0)
            .prop_map(|(days, k)| format!(";BYDAY={days};BYSETPOS={k}")),
        (-2..=5_i8).prop_filter("no place 0", |k| *k != 0).prop_map(|k| format!(";BYDAY={k}WE")),
    ];
    let every = prop_oneof![
        Just("DAILY".to_owned()),
        days.clone().prop_map(|days| format!("DAILY;BYDAY={days}")),
        (days, 0..7_usize)
            .prop_map(|(days, k)| format!("WEEKLY;BYDAY={days};WKST={}", Weekday::ALL[k].code())),
        of_month.clone().prop_map(|of| format!("MONTHLY{of}")),
        (of_month, 1..=12_u8).prop_map(|(of, month)| format!("YEARLY;BYMONTH={month}{of}")),
    ];
    let end = prop_oneof![
        Just(String::new()),
        (1..30_u32).prop_map(|count| format!(";COUNT={count}")),
        (0..900_i32).prop_map(|days| {
            let day = Date::from_days(20_600 + days).to_string().replace('-', "");
            format!(";UNTIL={day}T100000Z")
        }),
    ];
    (every, 1..5_u32, end).prop_map(|(every, n, end)| format!("FREQ={every};INTERVAL={n}{end}"))
}

proptest! {
    #![proptest_config(bare())]

    /// Of starts moved onto the rule's first instance, so that most rules have a pattern.
    #[test]
    fn a_pattern_gives_the_very_instances_of_its_rule(start in start(), rule in rule()) {
        let rule = Rule::parse(&rule).unwrap();
        let moved = starts(&start, &rule).get(1).copied().unwrap_or(start.civil());
        for civil in [start.civil(), moved] {
            let start = match &start {
                When::Zoned(_, zone) => When::Zoned(civil, zone.clone()),
                When::Floating(_) => When::Floating(civil),
                When::Date(_) => When::Date(civil.date()),
            };
            let Some(pattern) = Pattern::of(&start, &rule) else { continue };
            let again = pattern.rule(&start).unwrap();
            prop_assert_eq!(starts(&start, &rule), starts(&start, &again), "{:?}", pattern);
            prop_assert_eq!(Pattern::of(&start, &again), Some(pattern));
        }
    }

    #[test]
    fn instances_of_a_pattern_lie_as_far_apart_as_it_says(start in start(), rule in rule()) {
        let Some(pattern) = of(&start, &rule) else { return Ok(()) };
        let all = starts(&start, &Rule::parse(&rule).unwrap());
        let near = all.windows(2).map(|pair| pair[1].date().days() - pair[0].date().days()).min();
        prop_assert!(near.is_none_or(|days| i64::from(days) >= pattern.gap_days_min()));
    }
}

#[test]
fn every_zone_that_windows_knows_is_told_by_a_name_of_the_same_clock() {
    let (from, to) =
        (Timestamp::from_seconds(1_704_067_200), Timestamp::from_seconds(1_924_992_000));
    let mut unknown = Vec::new();
    for line in include_str!("outsiders/zones.txt").lines().skip(1) {
        let zone = Zone::resolve(line.split(' ').next().unwrap()).unwrap();
        let Some(name) = zone.windows_name() else {
            unknown.push(zone.name().to_owned());
            continue;
        };
        let again = Zone::resolve(name).unwrap();
        assert_eq!(again.offset_seconds(from), zone.offset_seconds(from), "{zone} {name}");
        assert_eq!(again.transitions(from, to), zone.transitions(from, to), "{zone} {name}");
    }
    // Neither does CLDR know them.
    assert!(unknown.len() < 40, "{unknown:?}");
    assert_eq!(
        Zone::parse("Europe/Berlin").unwrap().windows_name(),
        Some("W. Europe Standard Time")
    );
    assert_eq!(Zone::parse("Europe/Rome").unwrap().windows_name(), Some("W. Europe Standard Time"));
    assert_eq!(Zone::parse("Asia/Kamchatka").unwrap().windows_name(), Some("Russia Time Zone 11"));
    assert_eq!(Zone::utc().windows_name(), Some("UTC"));
}
