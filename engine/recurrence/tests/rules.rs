//! Rules: the examples of RFC 5545 3.8.5.3, and how rules are read and written.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use kalends_recurrence::{
    Civil, Gap, Length, Options, Rule, RuleError, Series, Timestamp, When, Zone,
};

/// The first starts of a rule in New York, as `month-day hour` of the local wall.
fn first(start: &str, rule: &str, count: usize) -> Vec<String> {
    let zone = Zone::parse("America/New_York").unwrap();
    let start = When::Zoned(start.parse().unwrap(), zone.clone());
    let rules = [Rule::parse(rule).unwrap()];
    let series = Series {
        start: &start,
        length: Length::Exact(0),
        rules: &rules,
        extras: &[],
        excluded: &[],
        overrides: &[],
    };
    let options = Options { gap: Gap::Shift, floating: &zone, budget: 2_000_000 };
    let window = Timestamp::from_seconds(0)..Timestamp::from_seconds(2_000_000_000);
    let found = series.instances(window, &options);
    found.take(count).map(|i| zone.civil(i.start).to_string()[2..16].to_owned()).collect()
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn the_examples_of_the_rfc_give_what_it_says() {
    let nine = "1997-09-02T09:00:00";
    let table: &[(&str, &str, &str)] = &[
        (nine, "FREQ=DAILY;INTERVAL=10;COUNT=5", "97-09-02 97-09-12 97-09-22 97-10-02 97-10-12"),
        (nine, "FREQ=WEEKLY;INTERVAL=2;WKST=SU", "97-09-02 97-09-16 97-09-30 97-10-14"),
        (
            nine,
            "FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH",
            "97-09-02 97-09-04 97-09-09 97-09-11 97-09-16 97-09-18 97-09-23 97-09-25 97-09-30 97-10-02",
        ),
        (
            nine,
            "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH",
            "97-09-02 97-09-04 97-09-16 97-09-18 97-09-30 97-10-02 97-10-14 97-10-16",
        ),
        (
            "1997-09-05T09:00:00",
            "FREQ=MONTHLY;COUNT=10;BYDAY=1FR",
            "97-09-05 97-10-03 97-11-07 97-12-05 98-01-02 98-02-06 98-03-06 98-04-03 98-05-01 98-06-05",
        ),
        (
            "1997-09-07T09:00:00",
            "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU",
            "97-09-07 97-09-28 97-11-02 97-11-30 98-01-04 98-01-25 98-03-01 98-03-29 98-05-03 98-05-31",
        ),
        (
            "1997-09-22T09:00:00",
            "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO",
            "97-09-22 97-10-20 97-11-17 97-12-22 98-01-19 98-02-16",
        ),
        (
            "1997-09-28T09:00:00",
            "FREQ=MONTHLY;BYMONTHDAY=-3",
            "97-09-28 97-10-29 97-11-28 97-12-29 98-01-29 98-02-26",
        ),
        (
            "1997-09-30T09:00:00",
            "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1",
            "97-09-30 97-10-01 97-10-31 97-11-01 97-11-30 97-12-01 97-12-31 98-01-01 98-01-31 98-02-01",
        ),
        (
            "1997-06-10T09:00:00",
            "FREQ=YEARLY;COUNT=4;BYMONTH=6,7",
            "97-06-10 97-07-10 98-06-10 98-07-10",
        ),
        (
            "1997-01-01T09:00:00",
            "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200",
            "97-01-01 97-04-10 97-07-19 00-01-01 00-04-09 00-07-18 03-01-01 03-04-10 03-07-19 06-01-01",
        ),
        ("1997-05-19T09:00:00", "FREQ=YEARLY;BYDAY=20MO", "97-05-19 98-05-18 99-05-17"),
        ("1997-05-12T09:00:00", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "97-05-12 98-05-11 99-05-17"),
        (
            "1998-02-13T09:00:00",
            "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
            "98-02-13 98-03-13 98-11-13 99-08-13 00-10-13",
        ),
        (
            "1996-11-05T09:00:00",
            "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
            "96-11-05 00-11-07 04-11-02",
        ),
        (
            "1997-09-04T09:00:00",
            "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3",
            "97-09-04 97-10-07 97-11-06",
        ),
        (
            "1997-09-29T09:00:00",
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
            "97-09-29 97-10-30 97-11-27 97-12-30 98-01-29",
        ),
        (
            "1997-08-05T09:00:00",
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
            "97-08-05 97-08-10 97-08-19 97-08-24",
        ),
        (
            "1997-08-05T09:00:00",
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
            "97-08-05 97-08-17 97-08-19 97-08-31",
        ),
        (
            "2007-01-15T09:00:00",
            "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5",
            "07-01-15 07-01-30 07-02-15 07-03-15 07-03-30",
        ),
    ];
    for (start, rule, wanted) in table {
        let wanted: Vec<String> = wanted.split(' ').map(|day| format!("{day}T09:00")).collect();
        assert_eq!(first(start, rule, wanted.len()), wanted, "{rule}");
    }
    let hours = first(nine, "FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T170000Z", 9);
    assert_eq!(hours, ["97-09-02T09:00", "97-09-02T12:00"]);
    let minutes = first(nine, "FREQ=MINUTELY;INTERVAL=90;COUNT=4", 9);
    assert_eq!(minutes[3], "97-09-02T13:30");
    let daily = "FREQ=DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40";
    let minutely = "FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,10,11,12,13,14,15,16";
    assert_eq!(first(nine, daily, 100), first(nine, minutely, 100));
}

#[test]
fn leap_seconds_and_far_ordinals_are_read() {
    assert_eq!(first("1997-09-02T09:00:59", "FREQ=DAILY;BYSECOND=60;COUNT=2", 9).len(), 2);
    let found = first("1997-01-06T09:00:00", "FREQ=YEARLY;BYDAY=-53MO;COUNT=3", 9);
    assert_eq!(found[1], "01-01-01T09:00", "only years with 53 Mondays");
}

#[test]
fn one_text_for_all_spellings() {
    let same = [
        ["RRULE:freq=weekly;wkst=mo;interval=1;byday=TU,MO", "FREQ=WEEKLY;BYDAY=MO,TU"],
        ["BYDAY=MO;FREQ=WEEKLY;WKST=SU", "FREQ=WEEKLY;BYDAY=MO"],
        ["FREQ=MONTHLY;BYDAY=TU;BYSETPOS=2", "FREQ=MONTHLY;BYDAY=2TU"],
        ["FREQ=DAILY;UNTIL=2026-01-31", "FREQ=DAILY;UNTIL=20260131"],
    ];
    for [text, wanted] in same {
        let rule = Rule::parse(text).unwrap();
        assert_eq!(rule.normalized(), wanted);
        assert_eq!(rule.text(), text, "the text itself is kept");
        assert_eq!(Rule::parse(wanted).unwrap().normalized(), wanted);
    }
    let weeks = "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU";
    assert_eq!(Rule::parse(weeks).unwrap().normalized(), weeks);
}

#[test]
fn a_known_start_settles_until_and_what_it_says_itself() {
    let zone = Zone::parse("America/New_York").unwrap();
    let civil: Civil = "2026-01-05T09:00:00".parse().unwrap();
    let rule = Rule::parse("FREQ=WEEKLY;BYDAY=MO;UNTIL=20260131").unwrap();
    let table = [
        (When::Zoned(civil, zone), "FREQ=WEEKLY;UNTIL=20260201T045959Z"),
        (When::Floating(civil), "FREQ=WEEKLY;UNTIL=20260131T235959"),
        (When::Date(civil.date()), "FREQ=WEEKLY;UNTIL=20260131"),
    ];
    for (start, wanted) in table {
        assert_eq!(rule.normalized_for(&start), wanted);
    }
}

#[test]
fn a_day_of_every_month_of_the_year_is_not_one_day_of_the_year() {
    let start = When::Floating("2026-03-04T09:00:00".parse().unwrap());
    let table = [
        ("FREQ=YEARLY;BYMONTHDAY=4", "FREQ=YEARLY;BYMONTHDAY=4"),
        ("FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=4", "FREQ=YEARLY"),
        ("FREQ=YEARLY;BYMONTH=3,9;BYMONTHDAY=4", "FREQ=YEARLY;BYMONTH=3,9"),
        ("FREQ=MONTHLY;BYMONTHDAY=4", "FREQ=MONTHLY"),
    ];
    for (rule, wanted) in table {
        assert_eq!(Rule::parse(rule).unwrap().normalized_for(&start), wanted);
    }
}

#[test]
fn what_is_no_rule_says_why() {
    assert_eq!(Rule::parse("COUNT=3"), Err(RuleError::NoFrequency));
    assert_eq!(Rule::parse("FREQ=DAILY;COUNT=1;COUNT=2"), Err(RuleError::Twice("COUNT")));
    let texts = [
        "FREQ=FORTNIGHTLY",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;BYDAY=0MO",
        "FREQ=DAILY;BYMONTH=13",
        "FREQ=DAILY;UNTIL=20260230",
        "FREQ=YEARLY;RSCALE=HEBREW",
        "FREQ=MONTHLY;SKIP=FORWARD",
        "FREQ=DAILY;BYHOUR=",
        "FREQ=DAILY;BYEASTER=1",
        "FREQ=DAILY;BYDAY=\u{e9}",
    ];
    for text in texts {
        assert!(Rule::parse(text).is_err(), "{text}");
    }
    assert!(Rule::parse("RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=OMIT").is_ok());
}
