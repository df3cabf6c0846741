//! What is written reads back as it was.

#![allow(clippy::unwrap_used, reason = "what is not as expected ends a test")]

use kalends_core::event::{Body, Busy, Content, Privacy, Recurrence, Span, Status};
use kalends_core::provider::{Done, Payload, ProviderOp, Stored};
use kalends_core::time::{Civil, Date, Extra, Gap, Length, Rule, When, Zone};
use proptest::prelude::*;
use serde_json::json;

mod common;
use common::*;

fn zone() -> impl Strategy<Value = Zone> {
    prop::sample::select(vec![
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",
        "Africa/Casablanca",
        "Pacific/Apia",
    ])
    .prop_map(|name| Zone::parse(name).unwrap())
}

/// A time that exists, once.
fn timed() -> impl Strategy<Value = When> {
    (zone(), 0_i64..4_000_000_000).prop_map(|(zone, seconds)| {
        let instant = kalends_core::time::Timestamp::from_seconds(seconds);
        let civil = zone.civil(instant);
        When::Zoned(zone.civil(zone.instant(civil, Gap::Shift)), zone)
    })
}

fn span() -> impl Strategy<Value = Span> {
    let days = (0_i32..80_000, 1_i32..40).prop_map(|(day, days)| Span {
        start: When::Date(Date::from_days(day)),
        length: Length::Nominal { days, seconds: 0 },
        end_zone: None,
    });
    let times = (timed(), 0_i64..400_000, prop::option::of(zone())).prop_map(
        |(start, seconds, end_zone)| {
            let end_zone = end_zone.filter(|zone| start.zone() != Some(zone));
            Span { start, length: Length::Exact(seconds), end_zone }
        },
    );
    prop_oneof![days, times]
}

fn content() -> impl Strategy<Value = Content> {
    let text = "[a-zé<>&;#/ \n]{0,20}";
    let words = (
        prop::sample::select(vec![Status::Confirmed, Status::Tentative]),
        prop::sample::select(vec![Busy::Free, Busy::Busy, Busy::OutOfOffice, Busy::Elsewhere]),
        prop::sample::select(vec![
            Privacy::Default,
            Privacy::Public,
            Privacy::Private,
            Privacy::Confidential,
        ]),
    );
    ("[a-z ]{0,9}", text, "[a-z ]{0,9}", span(), words).prop_map(
        |(title, description, location, span, (status, busy, privacy))| Content {
            title,
            description,
            location,
            status,
            busy,
            privacy,
            ..Content::at(span)
        },
    )
}

fn series() -> impl Strategy<Value = Body> {
    let rules = prop::sample::select(vec![
        "FREQ=DAILY;COUNT=30",
        "FREQ=WEEKLY;BYDAY=MO,WE;INTERVAL=2",
        "FREQ=MONTHLY;BYDAY=-1FR;COUNT=9",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
    ]);
    let days = || prop::collection::btree_set(1_i64..400, 0..4);
    (content(), rules, days(), days()).prop_map(|(content, rule, extras, excluded)| {
        let start = content.span.start.clone();
        let after = |days: i64| match &start {
            When::Date(date) => When::Date(date.add_days(days as i32)),
            When::Zoned(civil, zone) => When::Zoned(civil.add_seconds(days * 86_400), zone.clone()),
            When::Floating(civil) => When::Floating(Civil::from_seconds(civil.seconds())),
        };
        let recurrence = Recurrence {
            rules: vec![Rule::parse(rule).unwrap()],
            extras: extras.into_iter().map(|days| Extra::At(after(days))).collect(),
            excluded: excluded.into_iter().map(after).collect(),
        };
        Body { recurrence: Some(recurrence), ..Body::single(content) }
    })
}

fn body() -> impl Strategy<Value = Body> {
    prop_oneof![content().prop_map(Body::single), series()]
}

/// What is read of a body after it was written, in the answer and by a read of it alone.
fn written_and_read(body: &Body) -> (Body, Body) {
    let mut kept = json!(null);
    let create = ProviderOp::Create { calendar: calendar(), doc: doc_of(body.clone()) };
    let heard = run(&create, |asked| {
        kept = asked.body.clone();
        kept["etag"] = json!("\"1\"");
        json(&kept)
    });
    let Done::Stored(Stored { body: Some(answered), .. }) = heard.done else {
        unreachable!("{heard:?}")
    };
    let heard = read(&kept);
    let item = heard.event();
    assert_eq!((item.mark.as_deref(), item.native.as_str()), (Some("mark0123"), DERIVED));
    match &item.payload {
        Payload::Whole(body) => (*answered, body.clone()),
        Payload::Instance { .. } => unreachable!("an event of its own"),
    }
}

proptest! {
    #[test]
    fn a_body_reads_back_as_it_was_written(body in body()) {
        let (answered, read) = written_and_read(&body);
        prop_assert_eq!(&answered, &body);
        prop_assert_eq!(&read, &body);
    }

    /// L13, L15: whatever is written says of everything what it should be, and nothing of people.
    #[test]
    fn a_document_speaks_of_all_that_a_mirror_has(body in body()) {
        let create = ProviderOp::Create { calendar: calendar(), doc: doc_of(body) };
        let heard = run(&create, |_| error(409, "duplicate"));
        let document = heard.asked[0].body.as_object().unwrap();
        for said in [
            "summary", "description", "location", "start", "end", "status", "transparency",
            "visibility", "reminders", "extendedProperties",
        ] {
            prop_assert!(document.contains_key(said), "{}", said);
        }
        for unsaid in ["attendees", "organizer", "conferenceData", "attachments", "source"] {
            prop_assert!(!document.contains_key(unsaid), "{}", unsaid);
        }
    }

    #[test]
    fn any_json_is_read_as_something(name in "[a-z]{1,6}", value in "[a-z0-9\\[\\]{}\":,]{0,30}") {
        let mut odd = event("e1", "One");
        odd[name] = serde_json::from_str(&value).unwrap_or(json!(value));
        let heard = read(&odd);
        prop_assert!(matches!(heard.done, Done::Fetched | Done::Failed(_)));
    }
}
