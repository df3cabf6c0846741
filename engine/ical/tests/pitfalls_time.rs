//! Every known pitfall of reading times, by its name.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that finds nothing must stop")]

use kalends_ical::{END_BEFORE_START, Reader};
use kalends_recurrence::{Gap, Length, When, Zone};

mod common;
use common::{event, exact, object, read, vtimezone};

#[test]
fn a_tzid_is_found_under_every_name_it_goes_by() {
    let cases = [
        ("Europe/Berlin", "Europe/Berlin"),
        ("\"Europe/Berlin\"", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("US/Pacific", "America/Los_Angeles"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("\"(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna\"", "Europe/Berlin"),
        ("/mozilla.org/20070129_1/Europe/Berlin", "Europe/Berlin"),
        ("/freeassociation.sourceforge.net/Tzfile/Europe/Berlin", "Europe/Berlin"),
        ("/citadel.org/20190914_1/Europe/Berlin", "Europe/Berlin"),
        ("\"tzone://Microsoft/Utc\"", "UTC"),
        ("UTC", "UTC"),
        ("GMT-0500", "-05:00"),
        ("\"UTC+02:00\"", "+02:00"),
    ];
    for (tzid, zone) in cases {
        let body = read(&event(&format!("DTSTART;TZID={tzid}:20260110T090000")));
        assert_eq!(body.content.span.start.zone().map(Zone::name), Some(zone), "{tzid}");
    }
}

#[test]
fn a_tzid_without_a_meaning_takes_it_from_its_vtimezone() {
    let cases = [
        ("X-LIC-LOCATION:Europe/Oslo\r\n", "Europe/Oslo"),
        ("X-MICROSOFT-CDO-TZID:13\r\n", "America/Los_Angeles"),
        ("", "posix:STD-1DST,M3.5.0,M10.5.0/3"),
    ];
    for (said, name) in cases {
        let text = format!(
            "{}{}",
            vtimezone("Customized Time Zone", said),
            event("DTSTART;TZID=Customized Time Zone:20260710T090000")
        );
        let start = read(&text).content.span.start;
        assert_eq!(
            start.zone().map(Zone::name),
            Zone::parse(name).as_ref().map(Zone::name),
            "{said}"
        );
    }
}

#[test]
fn embedded_rules_beat_a_bare_offset_in_the_name() {
    let text = vtimezone("GMT+0100", "") + &event("DTSTART;TZID=GMT+0100:20260710T090000");
    let start = read(&text).content.span.start;
    assert_eq!(start.instant(&Zone::utc(), Gap::Shift).to_string(), "2026-07-10T07:00:00Z");
}

#[test]
fn an_iana_name_beats_the_rules_of_its_vtimezone() {
    let stale = vtimezone("America/New_York", "");
    let text = stale + &event("DTSTART;TZID=America/New_York:20260110T090000");
    assert_eq!(read(&text).content.span.start.zone().map(Zone::name), Some("America/New_York"));
}

#[test]
fn onsets_one_by_one_give_the_offset_that_holds() {
    let zone = "BEGIN:VTIMEZONE\r\nTZID:Odd\r\nBEGIN:STANDARD\r\nDTSTART:16010101T000000\r\n\
        TZOFFSETFROM:+0300\r\nTZOFFSETTO:+0300\r\nEND:STANDARD\r\nBEGIN:DAYLIGHT\r\n\
        DTSTART:20260601T000000\r\nTZOFFSETFROM:+0300\r\nTZOFFSETTO:+0430\r\nEND:DAYLIGHT\r\n\
        END:VTIMEZONE\r\n";
    for (start, instant) in [
        ("20260510T090000", "2026-05-10T06:00:00Z"),
        ("20260601T003000", "2026-05-31T21:30:00Z"),
        ("20260710T090000", "2026-07-10T04:30:00Z"),
    ] {
        let body = read(&format!("{zone}{}", event(&format!("DTSTART;TZID=Odd:{start}"))));
        let start = body.content.span.start;
        assert_eq!(start.instant(&Zone::utc(), Gap::Shift).to_string(), instant);
    }
    let settled = read(&format!("{zone}{}", event("DTSTART;TZID=Odd:20260710T090000")));
    assert_eq!(settled.content.span.start.zone().map(Zone::name), Some("+04:30"));
}

/// Catches a zone whose rules POSIX cannot say, read at the one offset that holds at the start.
#[test]
fn rules_that_posix_cannot_say_hold_all_the_same() {
    // As in Cairo: on the last Friday of April, and on the Friday after the last Thursday of October.
    let cairo = "BEGIN:DAYLIGHT\r\nDTSTART:20230428T000000\r\nTZOFFSETFROM:+0200\r\n\
        TZOFFSETTO:+0300\r\nRRULE:FREQ=YEARLY;BYMONTH=4;BYDAY=-1FR\r\nEND:DAYLIGHT\r\n\
        BEGIN:STANDARD\r\nDTSTART:20231027T000000\r\nTZOFFSETFROM:+0300\r\nTZOFFSETTO:+0200\r\n\
        RRULE:FREQ=YEARLY;BYMONTH=10,11;BYYEARDAY=299,300,301,302,303,304,305;BYDAY=FR\r\n\
        END:STANDARD\r\n";
    // Until 2026 as it was, from 2027 on an hour more all year: by rules that end, and one by one.
    let ending = "BEGIN:STANDARD\r\nDTSTART:20001029T030000\r\nTZOFFSETFROM:+0200\r\n\
        TZOFFSETTO:+0100\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU;UNTIL=20261025T010000Z\r\n\
        END:STANDARD\r\nBEGIN:DAYLIGHT\r\nDTSTART:20000326T020000\r\nTZOFFSETFROM:+0100\r\n\
        TZOFFSETTO:+0200\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU;UNTIL=20270328T010000Z\r\n\
        END:DAYLIGHT\r\n";
    let single = "BEGIN:STANDARD\r\nDTSTART:20251026T030000\r\nRDATE:20261025T030000\r\n\
        TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nBEGIN:DAYLIGHT\r\n\
        DTSTART:20260329T020000\r\nRDATE:20270328T020000\r\nTZOFFSETFROM:+0100\r\n\
        TZOFFSETTO:+0200\r\nEND:DAYLIGHT\r\n";
    // As vzic and others write it: the first onset among the dates again, with a rule and without.
    let repeated = single
        .replace("RDATE:20261025", "RDATE:20251026T030000,20261025")
        .replace("RDATE:20270328", "RDATE:20260329T020000\r\nRDATE:20270328");
    let again = |text: &str, first: &str| {
        text.replace(&format!("DTSTART:{first}"), &format!("DTSTART:{first}\r\nRDATE:{first}"))
    };
    let cairo_again = again(&again(cairo, "20230428T000000"), "20231027T000000");
    let (repeated, cairo_again) = (repeated.as_str(), cairo_again.as_str());
    let cases = [
        (cairo, [("20260110T090000", 2), ("20260710T090000", 3), ("20301101T090000", 2)]),
        (ending, [("20260710T090000", 2), ("20261210T090000", 1), ("20271210T090000", 2)]),
        (cairo_again, [("20260110T090000", 2), ("20260710T090000", 3), ("20301101T090000", 2)]),
        (single, [("20260710T090000", 2), ("20261210T090000", 1), ("20271210T090000", 2)]),
        (repeated, [("20260710T090000", 2), ("20261210T090000", 1), ("20271210T090000", 2)]),
    ];
    for (rules, times) in cases {
        let zone = format!("BEGIN:VTIMEZONE\r\nTZID:Ours\r\n{rules}END:VTIMEZONE\r\n");
        let first = read(&(zone.clone() + &event("DTSTART;TZID=Ours:20260110T090000")));
        let known = first.content.span.start.zone().cloned().unwrap();
        assert_eq!(Zone::parse(known.name()).as_ref(), Some(&known), "it is stored by its name");
        for (start, hours) in times {
            let event = event(&format!("DTSTART;TZID=Ours:{start}"));
            let start = read(&(zone.clone() + &event)).content.span.start;
            let instant = start.instant(&Zone::utc(), Gap::Shift);
            let offset = start.civil().seconds() - instant.as_seconds();
            assert_eq!(offset, hours * 3_600, "{start:?}");
            assert_eq!(known.instant(start.civil(), Gap::Shift), instant, "{start:?} in a series");
        }
    }
}

/// Catches a hang, and rows without an end, over what is no zone.
#[test]
fn rules_that_no_zone_has_leave_the_offset_at_the_start() {
    let rule = |rule: &str| {
        format!(
            "BEGIN:VTIMEZONE\r\nTZID:Ours\r\nBEGIN:STANDARD\r\nDTSTART:20200101T000000\r\n\
             TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nRRULE:{rule}\r\nEND:STANDARD\r\n\
             END:VTIMEZONE\r\n"
        )
    };
    for bomb in
        ["FREQ=SECONDLY", "FREQ=DAILY", "FREQ=YEARLY;BYDAY=MO,TU,WE", "FREQ=HOURLY;COUNT=999"]
    {
        let text = rule(bomb) + &event("DTSTART;TZID=Ours:20260110T090000");
        let zone = read(&text).content.span.start.zone().map(|zone| zone.name().to_owned());
        assert_eq!(zone.as_deref(), Some("+01:00"), "{bomb}");
    }
}

#[test]
fn a_tzid_that_nothing_explains_sets_the_event_aside() {
    let zoned = "DTSTART;TZID=Europe/Berlin:20260110T090000\r\n";
    for lines in [
        "DTSTART;TZID=Nowhere at all:20260110T090000".to_owned(),
        format!("{zoned}DTEND;TZID=Nowhere at all:20260110T100000"),
        format!("{zoned}RDATE;TZID=Nowhere at all:20260111T090000"),
        format!("{zoned}RRULE:FREQ=DAILY\r\nEXDATE;TZID=Nowhere at all:20260111T090000"),
        format!("{zoned}RECURRENCE-ID;TZID=Nowhere at all:20260111T090000"),
    ] {
        let text = object(&event(&lines));
        let error = Reader::default().object(text.as_bytes()).unwrap_err();
        assert_eq!(error.code, "ical.unknown-zone", "{lines}");
        assert!(!error.reason.contains("Nowhere"), "{error}");
    }
    for floating in ["DTSTART:20260110T090000", "DTSTART;TZID=:20260110T090000"] {
        let start = read(&event(floating)).content.span.start;
        assert!(matches!(start, When::Floating(_)), "{floating}");
    }
}

#[test]
fn an_end_before_the_start_is_none_and_is_told() {
    let day = Length::Nominal { days: 1, seconds: 0 };
    for (lines, length, told) in [
        ("DTSTART:20260110T090000Z\r\nDTEND:20260110T080000Z", exact(0), true),
        ("DTSTART:20260110T090000\r\nDTEND:20260110T080000", exact(0), true),
        ("DTSTART;VALUE=DATE:20260110\r\nDTEND;VALUE=DATE:20260108", day, true),
        ("DTSTART:20260110T090000Z\r\nDTEND:20260110T090000Z", exact(0), false),
        ("DTSTART;VALUE=DATE:20260110\r\nDTEND;VALUE=DATE:20260110", day, false),
        ("DTSTART:20260110T090000Z", exact(0), false),
        (
            "DTSTART;TZID=Europe/Berlin:20260110T090000\r\n\
             DTEND;TZID=America/New_York:20260110T033000",
            exact(1_800),
            false,
        ),
    ] {
        let decoded = Reader::default().object(object(&event(lines)).as_bytes()).unwrap();
        assert_eq!(decoded.body.content.span.length, length, "{lines}");
        assert_eq!(decoded.doubts == [END_BEFORE_START], told, "{lines}");
    }
}

#[test]
fn kinds_of_starts() {
    let cases = [
        ("DTSTART:20260110T090000", "floating"),
        ("DTSTART:20260110T090000Z", "UTC"),
        ("DTSTART;TZID=UTC:20260110T090000", "UTC"),
        ("DTSTART;TZID=Europe/Berlin:20260110T090000Z", "UTC"),
        ("DTSTART;VALUE=DATE:20260110", "date"),
        ("DTSTART;VALUE=DATE;TZID=Europe/Berlin:20260110", "date"),
        ("DTSTART:20260110", "date"),
        ("DTSTART;VALUE=DATE:20260110T000000", "date"),
        ("DTSTART:20260110T090000+0200", "+02:00"),
        ("dtstart;tzid=Europe/Berlin:20260110T090000", "Europe/Berlin"),
    ];
    for (line, kind) in cases {
        let found = match read(&event(line)).content.span.start {
            When::Zoned(_, zone) => zone.name().to_owned(),
            When::Floating(_) => "floating".to_owned(),
            When::Date(_) => "date".to_owned(),
        };
        assert_eq!(found, kind, "{line}");
    }
}

#[test]
fn lengths_of_zoned_times() {
    let berlin = ";TZID=Europe/Berlin:";
    let day = |days| Length::Nominal { days, seconds: 0 };
    let cases = [
        (format!("DTSTART{berlin}20260110T090000\r\nDTEND{berlin}20260110T100000"), exact(3_600)),
        (format!("DTSTART{berlin}20260110T090000"), exact(0)),
        (format!("DTSTART{berlin}20260110T090000\r\nDTEND{berlin}20260110T080000"), exact(0)),
        (format!("DTSTART{berlin}20260328T120000\r\nDTEND{berlin}20260329T120000"), exact(82_800)),
        (format!("DTSTART{berlin}20260328T120000\r\nDURATION:P1D"), day(1)),
        (format!("DTSTART{berlin}20260328T120000\r\nDURATION:PT24H"), exact(86_400)),
        (format!("DTSTART{berlin}20260328T120000\r\nDURATION:P1W"), day(7)),
        (format!("DTSTART{berlin}20260328T120000\r\nDURATION:-PT1H"), exact(0)),
    ];
    for (lines, length) in cases {
        assert_eq!(read(&event(&lines)).content.span.length, length, "{lines}");
    }
}

#[test]
fn lengths_of_days_and_of_times_without_a_zone() {
    let day = |days| Length::Nominal { days, seconds: 0 };
    let cases = [
        ("DTSTART:20260110T090000\r\nDTEND:20260110T093000", exact(1_800)),
        ("DTSTART;VALUE=DATE:20260110", day(1)),
        ("DTSTART;VALUE=DATE:20260110\r\nDTEND;VALUE=DATE:20260110", day(1)),
        ("DTSTART;VALUE=DATE:20260110\r\nDTEND;VALUE=DATE:20260108", day(1)),
        ("DTSTART;VALUE=DATE:20260110\r\nDTEND;VALUE=DATE:20260113", day(3)),
        ("DTSTART;VALUE=DATE:20260110\r\nDTEND:20260112T000000", day(2)),
        ("DTSTART;VALUE=DATE:20260110\r\nDURATION:PT48H", day(2)),
        ("DTSTART:20260110T090000Z\r\nDTEND;VALUE=DATE:20260111", exact(54_000)),
        ("DTSTART:16010101T000000Z\r\nDTEND:99991231T235959Z", exact(265_046_774_399)),
        ("DTSTART:20260110T090000Z\r\nDTEND:20260110T100000Z\r\nDURATION:PT5H", exact(3_600)),
    ];
    for (lines, length) in cases {
        assert_eq!(read(&event(lines)).content.span.length, length, "{lines}");
    }
}

#[test]
fn a_flight_keeps_both_zones() {
    let lines = "DTSTART;TZID=Europe/Berlin:20260110T090000\r\n\
        DTEND;TZID=America/New_York:20260110T110000";
    let span = read(&event(lines)).content.span;
    assert_eq!(span.length, exact(8 * 3_600));
    assert_eq!(span.end_zone.as_ref().map(Zone::name), Some("America/New_York"));
}

#[test]
fn exdates_keep_every_form() {
    let lines = "DTSTART;TZID=Europe/Berlin:20260105T090000\r\nRRULE:FREQ=DAILY\r\n\
        EXDATE;TZID=Europe/Berlin:20260106T090000,20260107T090000\r\n\
        EXDATE:20260108T080000Z\r\nEXDATE;VALUE=DATE:20260109\r\n\
        EXDATE;TZID=America/New_York:20260110T030000\r\nEXDATE:";
    let excluded = read(&event(lines)).recurrence.unwrap().excluded;
    assert_eq!(excluded.len(), 5);
    let zones: Vec<_> = excluded.iter().map(|gone| gone.zone().map(Zone::name)).collect();
    let all = [Some("America/New_York"), Some("Europe/Berlin"), Some("UTC"), None];
    assert!(all.iter().all(|zone| zones.contains(zone)), "{zones:?}");
}

#[test]
fn rdates_are_starts_and_periods() {
    let lines = "DTSTART:20260105T090000Z\r\nRDATE:20260106T090000Z\r\n\
        RDATE;VALUE=PERIOD:20260107T090000Z/PT2H,20260108T090000Z/20260108T093000Z\r\n\
        RDATE;VALUE=DATE:20260109";
    let extras = read(&event(lines)).recurrence.unwrap().extras;
    let shown: Vec<String> = extras.iter().map(|extra| format!("{extra:?}")).collect();
    assert_eq!(extras.len(), 4, "{shown:?}");
    assert!(shown.iter().any(|one| one.contains("Exact(7200)")), "{shown:?}");
    assert!(shown.iter().any(|one| one.contains("Exact(1800)")), "{shown:?}");
}
