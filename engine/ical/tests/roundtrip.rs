//! What is written reads back equal.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that finds nothing must stop")]

use std::collections::BTreeMap;

use kalends_core::event::{Body, Content, Span};
use kalends_core::ids::ProviderId;
use kalends_core::provider::{MirrorDoc, ObjectName};
use kalends_ical::{Reader, export, mirror};
use kalends_recurrence::{Gap, Length, Timestamp, When, Zone};
use proptest::prelude::*;

mod common;
use common::bodies::{body, content};

/// The names of all zones, with what PyPI's tzdata has of them.
const ZONES: &str = include_str!("../../recurrence/tests/outsiders/zones.txt");

const STAMP: Timestamp = Timestamp::from_millis(1_800_000_000_000);

fn doc(body: Body) -> MirrorDoc {
    MirrorDoc {
        derived: "0123456789abcdefghijklmnop".into(),
        mark: "k1.token".into(),
        body,
        instance: None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_mirror_reads_back_as_its_body(body in body()) {
        let bytes = mirror(&doc(body.clone()), STAMP);
        let decoded = Reader::default().object(&bytes).map_err(|error| TestCaseError::fail(format!("{error}")))?;
        prop_assert_eq!(&decoded.body, &body, "{}", String::from_utf8_lossy(&bytes));
        prop_assert_eq!(decoded.uid, "0123456789abcdefghijklmnop@kalends");
        prop_assert_eq!(decoded.mark.as_deref(), Some("k1.token"));
        prop_assert_eq!(decoded.foreign, None);
    }

    #[test]
    fn a_mirror_of_one_instance_reads_back_under_its_recurrence_id(content in content(), key in content()) {
        let original: When = key.span.start;
        let mut body = Body::single(content);
        body.instance_of = Some(original.clone());
        let mut doc = doc(body.clone());
        doc.instance = Some((ObjectName::Known(ProviderId("series.ics".into())), original));
        let bytes = mirror(&doc, STAMP);
        prop_assert_eq!(Reader::default().object(&bytes).unwrap().body, body);
    }

    #[test]
    fn an_export_reads_back_as_a_feed(bodies in prop::collection::vec(body(), 0..4)) {
        let list: Vec<(String, Body)> =
            bodies.into_iter().enumerate().map(|(at, body)| (format!("u{at}"), body)).collect();
        let mut feed = Reader::default().feed(export(&list, STAMP)).unwrap();
        prop_assert!(feed.complete);
        let found: Vec<(String, Body)> =
            feed.events().map(|event| (event.uid, event.decoded.unwrap().body)).collect();
        prop_assert_eq!(&found, &list);
        for event in feed.events() {
            let alone = Reader::default().object(&event.raw);
            prop_assert_eq!(&alone, &event.decoded, "{}", String::from_utf8_lossy(&event.raw));
        }
    }

    #[test]
    fn a_mirror_is_folded_and_names_nobody(body in body()) {
        let text = String::from_utf8(mirror(&doc(body), STAMP)).unwrap();
        prop_assert!(text.ends_with("END:VCALENDAR\r\n"));
        for line in text.split_terminator("\r\n") {
            prop_assert!(line.len() <= 75 && !line.contains(['\r', '\n']), "{line}");
            let name = line.split([':', ';']).next().unwrap_or_default();
            for banned in ["ATTENDEE", "ORGANIZER", "CONFERENCE"] {
                prop_assert_ne!(name, banned);
            }
        }
        prop_assert!(!text.contains("BEGIN:VALARM"));
    }
}

/// The instants of a VTIMEZONE, read as rules, against the database they were written from.
#[test]
fn written_time_zones_say_what_the_database_says() {
    let names = [
        "Europe/Berlin",
        "America/New_York",
        "Asia/Kolkata",
        "Africa/Casablanca",
        "Australia/Sydney",
        "Asia/Jerusalem",
        "America/Nuuk",
        "Europe/Dublin",
        "America/Sao_Paulo",
        "+05:30",
        "Australia/Lord_Howe",
        "Asia/Gaza",
        "Africa/Cairo",
        "Pacific/Apia",
    ];
    for name in names {
        let zone = Zone::parse(name).expect(name);
        let starts: Vec<When> = (0..1_100)
            .map(|step| Timestamp::from_seconds(1_600_000_000 + step * 144_000))
            .map(|at| When::Zoned(zone.civil(at), zone.clone()))
            .collect();
        hold_in_their_own_words(name, &starts);
    }
}

/// Row 12 of the pitfalls. Catches a VTIMEZONE that says another time than its zone has, in an hour
/// that a clock skips or lives twice, before or after it, for any zone and change from 2024 to 2030.
#[test]
fn pitfall_12_written_time_zones_hold_around_every_change_of_every_clock() {
    let names = ZONES.lines().skip(1).filter_map(|line| line.split(' ').next());
    let zones: BTreeMap<String, Zone> = names
        .filter_map(|name| Zone::resolve(name).map(|zone| (zone.name().to_owned(), zone)))
        .collect();
    let (from, to) =
        ("2024-01-01T00:00:00Z".parse().unwrap(), "2031-01-01T00:00:00Z".parse().unwrap());
    let mut changes = 0;
    for (name, zone) in &zones {
        let starts: Vec<When> = zone
            .transitions(from, to)
            .iter()
            .flat_map(|(at, _)| {
                let before = zone.civil(at.saturating_add_millis(-1_000)).add_seconds(1);
                [-90, -30, 0, 30, 90].map(|minutes| before.add_seconds(minutes * 60))
            })
            .map(|civil| When::Zoned(civil, zone.clone()))
            .collect();
        changes += starts.len() / 5;
        if !starts.is_empty() {
            hold_in_their_own_words(name, &starts);
        }
    }
    assert!(zones.len() > 300 && changes > 1_000, "{} {changes}", zones.len());
}

/// Holds that starts are read at their instants by whoever knows their zone by its VTIMEZONE alone.
fn hold_in_their_own_words(name: &str, starts: &[When]) {
    let text = String::from_utf8(export(&instants(starts), STAMP)).unwrap();
    let tzid = text.split("TZID:").nth(1).unwrap();
    let tzid = tzid.split("\r\n").next().unwrap().to_owned();
    let renamed = text
        .replace(&format!("TZID:{tzid}"), "TZID:Nobody knows")
        .replace(&format!("TZID={tzid}"), "TZID=Nobody knows");
    let mut feed = Reader::default().feed(renamed.as_bytes()).unwrap();
    let mut read = 0;
    for (event, start) in feed.events().zip(starts) {
        let found = &event.decoded.as_ref().unwrap().body.content.span.start;
        let (found, meant) = (instant(found), instant(start));
        assert_eq!(found, meant, "{name} {start:?}\n{}", &renamed[..2_000]);
        read += 1;
    }
    assert_eq!(read, starts.len(), "{name}");
}

fn instant(when: &When) -> Timestamp {
    when.instant(&Zone::utc(), Gap::Shift)
}

fn instants(starts: &[When]) -> Vec<(String, Body)> {
    let body = |start: &When| {
        let (length, end_zone) = (Length::Exact(0), None);
        Body::single(Content::at(Span { start: start.clone(), length, end_zone }))
    };
    starts.iter().enumerate().map(|(at, start)| (format!("u{at}"), body(start))).collect()
}

#[test]
fn an_end_in_the_hour_that_comes_twice_keeps_its_length() {
    for seconds in [5_400, 9_000] {
        let start = "DTSTART;TZID=Europe/Berlin:20261025T010000";
        let body = common::read(&common::event(&format!("{start}\r\nDURATION:PT{seconds}S")));
        let read = Reader::default().object(&mirror(&doc(body.clone()), STAMP)).unwrap().body;
        assert_eq!(read, body);
        assert_eq!(read.content.span.length, Length::Exact(seconds));
    }
}

#[test]
fn the_same_document_gives_the_same_bytes() {
    let body = common::read(&common::event("DTSTART;TZID=Europe/Berlin:20260110T090000"));
    assert_eq!(mirror(&doc(body.clone()), STAMP), mirror(&doc(body), STAMP));
}
