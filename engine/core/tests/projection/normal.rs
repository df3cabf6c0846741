//! Equal meaning, equal hash; another meaning, another hash.

use kalends_core::event::{Body, Busy, Content, Privacy, Status};
use kalends_core::graph::Capabilities;
use kalends_core::normalize::hash;
use kalends_core::time::{Extra, Length, Rule, When, Zone};
use proptest::prelude::*;

use crate::support::{at, content, daily, day, exception, floating, single, utc};

fn same(a: &Body, b: &Body) -> bool {
    let caps = Capabilities::default();
    hash(a, &caps) == hash(b, &caps)
}

/// Each change makes another hash.
fn all_differ(base: &Body, changes: &[fn(&mut Body)]) {
    for (at, change) in changes.iter().enumerate() {
        let mut changed = base.clone();
        change(&mut changed);
        assert!(!same(base, &changed), "change {at} is not seen");
    }
}

/// No change makes another hash.
fn none_differ(base: &Body, changes: &[fn(&mut Body)]) {
    for (at, change) in changes.iter().enumerate() {
        let mut changed = base.clone();
        change(&mut changed);
        assert!(same(base, &changed), "change {at} is seen");
    }
}

fn recurrence(body: &mut Body) -> &mut kalends_core::event::Recurrence {
    body.recurrence.as_mut().unwrap()
}

#[test]
fn a_single_counts_by_its_instants() {
    none_differ(
        &single("x", at("2026-03-10T09:00:00")),
        &[
            |b| b.content.span.start = utc("2026-03-10T08:00:00"),
            |b| b.content.span.length = Length::Nominal { days: 0, seconds: 3_600 },
            |b| b.content.span.end_zone = Some(Zone::utc()),
        ],
    );
    all_differ(
        &single("x", at("2026-03-10T09:00:00")),
        &[
            |b| b.content.span.start = utc("2026-03-10T08:00:01"),
            |b| b.content.span.start = floating("2026-03-10T09:00:00"),
            |b| b.content.span.length = Length::Exact(3_601),
        ],
    );
    none_differ(
        &single("x", day("2026-03-10")),
        &[
            |b| b.content.span.length = Length::Exact(86_400),
            |b| b.content.span.length = Length::Exact(0),
        ],
    );
    all_differ(
        &single("x", day("2026-03-10")),
        &[
            |b| b.content.span.start = day("2026-03-11"),
            |b| b.content.span.start = floating("2026-03-10T00:00:00"),
            |b| b.content.span.length = Length::Nominal { days: 2, seconds: 0 },
        ],
    );
    all_differ(
        &single("x", floating("2026-03-10T09:00:00")),
        &[
            |b| b.content.span.start = utc("2026-03-10T09:00:00"),
            |b| b.content.span.start = floating("2026-03-10T10:00:00"),
        ],
    );
}

#[test]
fn what_servers_do_to_text_does_not_count() {
    let mut base = single("a b", at("2026-03-10T09:00:00"));
    base.content.description = "one\n\n  two".into();
    none_differ(
        &base,
        &[
            |b| b.content.title = " a \t\u{a0}b\r\n".into(),
            |b| b.content.description = "\r\none \r\n\r\n  two\r\n\r\n".into(),
            |b| b.content.location = "Room\r\n 9".into(),
        ],
    );
    all_differ(
        &base,
        &[
            |b| b.content.title = "ab".into(),
            |b| b.content.title = "A b".into(),
            |b| b.content.description = "one\n  two".into(),
            |b| b.content.description = "one\n\ntwo".into(),
            |b| b.content.location.clear(),
            |b| {
                b.content.description.clear();
                b.content.location = "one two Room 9".into();
            },
        ],
    );
}

#[test]
fn what_a_mirror_does_not_carry_does_not_count() {
    none_differ(
        &single("x", at("2026-03-10T09:00:00")),
        &[
            |b| b.content.meeting = "https://meet.example".into(),
            |b| b.content.categories = vec!["c".into()],
            |b| b.content.organized = false,
            |b| b.content.attendees = vec![kalends_core::event::Person::default()],
            |b| b.content.privacy = Privacy::Public,
            |b| b.instance_of = Some(at("2026-03-10T09:00:00")),
        ],
    );
    all_differ(
        &single("x", at("2026-03-10T09:00:00")),
        &[
            |b| b.content.privacy = Privacy::Private,
            |b| b.content.status = Status::Tentative,
            |b| b.content.status = Status::Cancelled,
            |b| b.content.busy = Busy::Free,
            |b| b.content.busy = Busy::OutOfOffice,
            |b| b.content.busy = Busy::Elsewhere,
            |b| b.content.busy = Busy::Tentative,
        ],
    );
    let caps = Capabilities { title_chars_max: Some(3), ..Capabilities::default() };
    let (long, cut) =
        (single("abcdef", at("2026-03-10T09:00:00")), single("abc", at("2026-03-10T09:00:00")));
    assert_eq!(hash(&long, &caps), hash(&cut, &caps));
}

#[test]
fn a_series_counts_by_civil_start_zone_and_rules() {
    none_differ(
        &daily(),
        &[
            |b| recurrence(b).rules = vec![Rule::parse("COUNT=10;INTERVAL=1;FREQ=DAILY").unwrap()],
            |b| {
                let rule = recurrence(b).rules[0].clone();
                recurrence(b).rules.push(rule);
            },
        ],
    );
    all_differ(
        &daily(),
        &[
            |b| b.content.span.start = utc("2026-03-10T08:00:00"),
            |b| {
                let paris = Zone::resolve("Europe/Paris").unwrap();
                b.content.span.start = When::Zoned(b.content.span.start.civil(), paris);
            },
            |b| b.recurrence = None,
            |b| recurrence(b).rules = vec![Rule::parse("FREQ=DAILY;COUNT=11").unwrap()],
            |b| recurrence(b).excluded.push(at("2026-03-11T09:00:00")),
            |b| recurrence(b).extras.push(Extra::At(at("2026-03-25T09:00:00"))),
            |b| b.content.span.length = Length::Nominal { days: 1, seconds: 0 },
        ],
    );
}

#[test]
fn exclusions_and_extras_count_as_sets_in_any_form() {
    let mut base = daily();
    recurrence(&mut base).excluded = vec![at("2026-03-11T09:00:00"), at("2026-03-12T09:00:00")];
    recurrence(&mut base).extras = vec![Extra::At(at("2026-03-25T09:00:00"))];
    none_differ(
        &base,
        &[
            |b| recurrence(b).excluded.reverse(),
            |b| recurrence(b).excluded.push(utc("2026-03-11T08:00:00")),
            |b| recurrence(b).excluded[0] = day("2026-03-11"),
            |b| recurrence(b).excluded[0] = When::Floating("2026-03-11T09:00:00".parse().unwrap()),
            |b| recurrence(b).extras.push(Extra::At(utc("2026-03-25T08:00:00"))),
        ],
    );
    all_differ(
        &base,
        &[
            |b| recurrence(b).excluded.clear(),
            |b| {
                let start = at("2026-03-25T09:00:00");
                recurrence(b).extras = vec![Extra::Period { start, length: Length::Exact(60) }];
            },
        ],
    );
}

#[test]
fn changed_instances_count_where_they_differ() {
    let same_as_master = |b: &mut Body| {
        let original = at("2026-03-11T09:00:00");
        b.exceptions.push(exception(original, content("Standup", utc("2026-03-11T08:00:00"))));
    };
    none_differ(&daily(), &[same_as_master]);
    all_differ(
        &daily(),
        &[
            |b| {
                let moved = content("Standup", at("2026-03-11T10:00:00"));
                b.exceptions.push(exception(at("2026-03-11T09:00:00"), moved));
            },
            |b| {
                let retitled = content("Other", at("2026-03-11T09:00:00"));
                b.exceptions.push(exception(at("2026-03-11T09:00:00"), retitled));
            },
        ],
    );
    let mut base = daily();
    for day in [11, 12] {
        let original = at(&format!("2026-03-{day}T09:00:00"));
        base.exceptions.push(exception(original.clone(), content("Other", original)));
    }
    none_differ(
        &base,
        &[|b| b.exceptions.reverse(), |b| b.exceptions[0].original = utc("2026-03-11T08:00:00")],
    );
    all_differ(
        &base,
        &[
            |b| b.exceptions[0].original = at("2026-03-13T09:00:00"),
            |b| b.exceptions[0].this_and_future = true,
        ],
    );
}

#[test]
fn the_hash_of_this_version_stays_what_it_is() {
    let hex = |body: &Body| -> String {
        hash(body, &Capabilities::default()).0[..8].iter().map(|b| format!("{b:02x}")).collect()
    };
    assert_eq!(hex(&single("x", at("2026-03-10T09:00:00"))), "c0d5ea0b4d513ddc");
    assert_eq!(hex(&daily()), "48697d411b106d69");
}

proptest! {
    #[test]
    fn equal_instants_in_any_zone_hash_equal(
        seconds in 1_500_000_000_i64..2_000_000_000,
        length in 0_i64..200_000,
        zone in prop_oneof![
            Just("America/New_York"), Just("Asia/Kolkata"), Just("Pacific/Apia"), Just("UTC"),
        ],
    ) {
        let instant = kalends_core::time::Timestamp::from_seconds(seconds);
        let zone = Zone::resolve(zone).unwrap();
        let here = When::Zoned(zone.civil(instant), zone.clone());
        let there = When::Zoned(Zone::utc().civil(instant), Zone::utc());
        // The second showing of a time that comes twice cannot be written in the zone.
        prop_assume!(here.instant(&zone, kalends_core::time::Gap::Shift) == instant);
        let body = |start| {
            let mut content = Content::at(crate::support::span(start));
            content.span.length = Length::Exact(length);
            Body::single(content)
        };
        prop_assert!(same(&body(here), &body(there)));
    }

    #[test]
    fn white_space_at_the_ends_of_lines_never_counts(
        lines in proptest::collection::vec("[a-z ]{0,8}", 1..5),
    ) {
        let with = |end: &str| {
            let mut body = single("x", at("2026-03-10T09:00:00"));
            body.content.description = lines.join(end);
            body
        };
        prop_assert!(same(&with("\n"), &with(" \r\n")));
    }
}
