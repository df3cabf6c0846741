//! Bodies in the form that the reader gives, drawn at random.

use kalends_core::event::{Body, Busy, Content, Exception, Privacy, Recurrence, Span, Status};
use kalends_recurrence::{Civil, Extra, Gap, Length, Rule, When, Zone};
use proptest::prelude::*;

const ZONES: [&str; 10] = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Africa/Casablanca",
    "Australia/Lord_Howe",
    "America/Nuuk",
    "Asia/Jerusalem",
    "+05:30",
    "posix:STD-1DST,M3.5.0,M10.5.0/3",
];

const RULES: [&str; 5] = [
    "FREQ=DAILY",
    "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10",
    "freq=monthly;byday=-1FR",
    "FREQ=YEARLY;UNTIL=20401231T000000Z",
    "FREQ=DAILY;INTERVAL=2;UNTIL=20401231",
];

fn zone() -> impl Strategy<Value = Zone> {
    prop::sample::select(&ZONES[..]).prop_map(|name| Zone::parse(name).expect(name))
}

fn start() -> impl Strategy<Value = When> {
    let civil =
        (788_918_400_i64 / 60..3_786_912_000 / 60).prop_map(|m| Civil::from_seconds(m * 60));
    prop_oneof![
        4 => (civil.clone(), zone()).prop_map(|(civil, zone)| When::Zoned(civil, zone)),
        1 => civil.clone().prop_map(When::Floating),
        1 => civil.prop_map(|civil| When::Date(civil.date())),
    ]
}

pub(crate) fn span() -> impl Strategy<Value = Span> {
    let length = prop_oneof![
        (0_i64..200_000).prop_map(Length::Exact),
        Just(Length::Exact(0)),
        (1_i32..9, prop_oneof![Just(0_i64), 0_i64..90_000])
            .prop_map(|(days, seconds)| Length::Nominal { days, seconds }),
    ];
    (start(), length, prop::option::weighted(0.2, zone())).prop_map(|(start, length, end)| {
        if start.is_date() {
            let days = match length {
                Length::Exact(seconds) => seconds as i32 / 86_400 + 1,
                Length::Nominal { days, .. } => days,
            };
            let length = Length::Nominal { days, seconds: 0 };
            return Span { start, length, end_zone: None };
        }
        let end_zone = end.filter(|end| says(&start, length, end));
        Span { start, length, end_zone }
    })
}

/// Whether DTEND in this zone can say the end.
fn says(start: &When, length: Length, end: &Zone) -> bool {
    let (When::Zoned(civil, zone), Length::Exact(seconds)) = (start, length) else {
        return false;
    };
    let at = zone.instant(*civil, Gap::Shift).saturating_add_millis(seconds * 1_000);
    end != zone && end.instant(end.civil(at), Gap::Shift) == at
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[ -~äß€😀\n\t,;:\\\\^\"]{0,120}"]
}

pub(crate) fn content() -> impl Strategy<Value = Content> {
    let status = prop_oneof![4 => Just(Status::Confirmed), 1 => Just(Status::Tentative)];
    let busy = prop::sample::select(vec![
        Busy::Free,
        Busy::Tentative,
        Busy::Busy,
        Busy::OutOfOffice,
        Busy::Elsewhere,
    ]);
    let privacy = prop::sample::select(vec![
        Privacy::Default,
        Privacy::Public,
        Privacy::Private,
        Privacy::Confidential,
    ]);
    let categories = prop::collection::vec("[a-zß,;\\\\]{1,9}", 0..3);
    (span(), text(), text(), text(), status, busy, privacy, categories).prop_map(
        |(span, title, description, location, status, busy, privacy, categories)| {
            let mut content = Content::at(span);
            (content.title, content.description, content.location) = (title, description, location);
            (content.status, content.busy, content.privacy) = (status, busy, privacy);
            content.categories = categories;
            content
        },
    )
}

fn later(start: &When, days: i32) -> When {
    let civil = start.civil().add_seconds(i64::from(days) * 86_400);
    match start {
        When::Zoned(_, zone) => When::Zoned(civil, zone.clone()),
        When::Floating(_) => When::Floating(civil),
        When::Date(_) => When::Date(civil.date()),
    }
}

/// A single event or a series.
pub(crate) fn body() -> impl Strategy<Value = Body> {
    let rules = prop::collection::vec(prop::sample::select(&RULES[..]), 0..3);
    let days = prop::collection::btree_set(1_i32..40, 0..4);
    let gone = prop::collection::btree_set(40_i32..60, 0..3);
    let changed =
        prop::collection::btree_map(60_i32..90, (content(), prop::bool::weighted(0.2)), 0..3);
    let single = content().prop_map(Body::single);
    let series = (content(), rules, days, gone, changed).prop_map(
        |(content, rules, days, gone, changed)| series(content, &rules, (days, gone), changed),
    );
    prop_oneof![1 => single, 2 => series]
}

type Days = std::collections::BTreeSet<i32>;

fn series(
    content: Content,
    rules: &[&str],
    (days, gone): (Days, Days),
    changed: std::collections::BTreeMap<i32, (Content, bool)>,
) -> Body {
    let start = content.span.start.clone();
    let extra = |day: i32| match (&start, day % 3) {
        (When::Zoned(..) | When::Floating(_), 0) => {
            Extra::Period { start: later(&start, day), length: Length::Exact(i64::from(day)) }
        }
        _ => Extra::At(later(&start, day)),
    };
    let mut extras: Vec<Extra> = days.into_iter().map(extra).collect();
    extras.sort();
    let mut excluded: Vec<When> = gone
        .into_iter()
        .map(|day| match day % 4 {
            0 => When::Date(later(&start, day).civil().date()),
            _ => later(&start, day),
        })
        .collect();
    excluded.sort();
    let rules: Vec<Rule> = rules.iter().map(|text| Rule::parse(text).expect(text)).collect();
    let exceptions: Vec<Exception> = changed
        .into_iter()
        .map(|(day, (content, this_and_future))| Exception {
            original: later(&start, day),
            this_and_future,
            content,
        })
        .collect();
    let empty = rules.is_empty() && extras.is_empty() && excluded.is_empty();
    let recurrence = Recurrence { rules, extras, excluded };
    let recurrence = (!empty || !exceptions.is_empty()).then_some(recurrence);
    Body { content, recurrence, exceptions, instance_of: None }
}
