//! L6: at busy, what is not declassified changes no byte of a mirror.

use std::collections::BTreeMap;

use kalends_core::compile::Compiled;
use kalends_core::event::{Body, Busy, Content, Exception, Person, Privacy, Response, Status};
use kalends_core::graph::{Capabilities, DetailLevel, EdgeOptions, Filters, SeriesShape};
use kalends_core::ids::{CalendarId, ProviderId};
use kalends_core::mirror::PartKey;
use kalends_core::presence::Presence;
use kalends_core::read::{Offer, offered};
use kalends_core::slice::{Bundle, Config};
use kalends_core::time::{Rule, When};
use proptest::prelude::*;

use crate::support::{at, compiled, content, daily, edge_with};

/// The declassified facts of one content, and whether a person changed it.
#[derive(Debug, Clone)]
struct Facts {
    moved_hours: i64,
    seconds: i64,
    busy: Busy,
    status: Status,
    private: bool,
    declined: bool,
}

/// What must not show.
#[derive(Debug, Clone)]
struct Secret {
    title: String,
    description: String,
    location: String,
    categories: Vec<String>,
    people: usize,
    public: bool,
}

#[derive(Debug, Clone)]
struct Shape {
    master: Facts,
    changed: Vec<(u8, bool, Option<Facts>)>,
    excluded: Vec<u8>,
    rule: &'static str,
}

fn facts() -> impl Strategy<Value = Facts> {
    (
        -3_i64..4,
        prop_oneof![Just(1_800_i64), Just(3_600)],
        prop_oneof![4 => Just(Busy::Busy), 1 => Just(Busy::Free), 1 => Just(Busy::OutOfOffice)],
        prop_oneof![4 => Just(Status::Confirmed), 1 => Just(Status::Tentative)],
        any::<bool>(),
        proptest::bool::weighted(0.2),
    )
        .prop_map(|(moved_hours, seconds, busy, status, private, declined)| Facts {
            moved_hours,
            seconds,
            busy,
            status,
            private,
            declined,
        })
}

fn secret() -> impl Strategy<Value = Secret> {
    (
        "[a-z{}]{0,12}",
        "[a-z \n]{0,30}",
        "[a-z]{0,9}",
        proptest::collection::vec("[a-z]{1,6}", 0..3),
        0_usize..3,
        any::<bool>(),
    )
        .prop_map(|(title, description, location, categories, people, public)| Secret {
            title,
            description,
            location,
            categories,
            people,
            public,
        })
}

fn shape() -> impl Strategy<Value = Shape> {
    let changed = (11_u8..20, proptest::bool::weighted(0.15), proptest::option::of(facts()));
    (
        facts(),
        proptest::collection::btree_map(11_u8..20, changed, 0..4),
        proptest::collection::vec(11_u8..20, 0..3),
        prop_oneof![
            Just("FREQ=DAILY;COUNT=10"),
            Just("FREQ=DAILY"),
            Just("FREQ=WEEKLY;BYDAY=TU,FR")
        ],
    )
        .prop_map(|(master, changed, excluded, rule)| Shape {
            master,
            changed: changed
                .into_iter()
                .map(|(day, (_, tail, facts))| (day, tail, facts))
                .collect(),
            excluded,
            rule,
        })
}

fn start(day: u8) -> When {
    at(&format!("2026-03-{day}T09:00:00"))
}

fn said(facts: &Facts, secret: &Secret, day: u8) -> Content {
    let civil = start(day).civil().add_seconds(facts.moved_hours * 3_600);
    let mut said = content(&secret.title, at(&civil.to_string()));
    said.span.length = kalends_core::time::Length::Exact(facts.seconds);
    said.description.clone_from(&secret.description);
    said.location.clone_from(&secret.location);
    said.categories.clone_from(&secret.categories);
    said.attendees =
        vec![Person { name: secret.title.clone(), email: String::new() }; secret.people];
    said.organizer = said.attendees.first().cloned();
    said.organized = secret.public;
    said.meeting.clone_from(&secret.location);
    said.busy = facts.busy;
    said.status = facts.status;
    said.privacy = match (facts.private, secret.public) {
        (true, true) => Privacy::Confidential,
        (true, false) => Privacy::Private,
        (false, true) => Privacy::Public,
        (false, false) => Privacy::Default,
    };
    said.response = if facts.declined { Response::Declined } else { Response::None };
    said
}

/// The series with these facts and secrets. An instance without facts of its own was changed in
/// secrets only: such an instance must not show at all.
fn body(shape: &Shape, secrets: &[Secret], show_secret_changes: bool) -> Body {
    let mut body = daily();
    let master = Facts { moved_hours: 0, ..shape.master.clone() };
    body.content = said(&master, &secrets[0], 10);
    let recurrence = body.recurrence.as_mut().unwrap();
    recurrence.rules = vec![Rule::parse(shape.rule).unwrap()];
    recurrence.excluded = shape.excluded.iter().map(|day| start(*day)).collect();
    for (n, (day, tail, facts)) in shape.changed.iter().enumerate() {
        if facts.is_none() && !show_secret_changes {
            continue;
        }
        let secret = &secrets[(n + 1) % secrets.len()];
        body.exceptions.push(Exception {
            original: start(*day),
            this_and_future: *tail && facts.is_some(),
            content: said(facts.as_ref().unwrap_or(&master), secret, *day),
        });
    }
    body
}

/// What somebody outside is shown of an event that one calendar holds.
fn offer(body: Body, options: &EdgeOptions) -> BTreeMap<PartKey, Body> {
    let (object, calendar) = (ProviderId("o".to_owned()), CalendarId::from_bytes([1; 16]));
    let presence = Presence {
        object,
        version: None,
        body,
        doubts: Vec::new(),
        instances: Vec::new(),
        gone: None,
        pending: None,
    };
    let bundle = Bundle { presences: BTreeMap::from([(calendar, presence)]), ..Bundle::default() };
    let now = "2026-03-10T00:00:00Z".parse().unwrap();
    offered(&Config::default(), &bundle, Offer { options, calendars: None, now })
}

fn target() -> impl Strategy<Value = Capabilities> {
    prop_oneof![Just(SeriesShape::Whole), Just(SeriesShape::Parts), Just(SeriesShape::Singles)]
        .prop_map(|series| Capabilities { series, ..Capabilities::default() })
}

fn options(level: DetailLevel) -> impl Strategy<Value = EdgeOptions> {
    (
        proptest::option::of(prop_oneof![Just("Away"), Just("[w] {title}"), Just("{title}")]),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(move |(title, with_free, with_declined)| EdgeOptions {
            level,
            title: title.map(str::to_owned),
            people: true,
            meeting: true,
            private_grant: level == DetailLevel::Busy,
            filters: Filters { with_free, with_declined, ..Filters::default() },
            ..EdgeOptions::default()
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn at_busy_secrets_change_nothing(
        shape in shape(),
        one in proptest::collection::vec(secret(), 1..4),
        two in proptest::collection::vec(secret(), 1..4),
        options in options(DetailLevel::Busy),
        target in target(),
    ) {
        let edge = edge_with(options);
        let first = compiled(&body(&shape, &one, true), &edge, &target);
        // That an instance was changed in secrets alone is a secret too, where there is one
        // anyway: the rule gives every day, and no earlier change holds for all later ones.
        let tails = shape.changed.iter().any(|(_, tail, facts)| *tail && facts.is_some());
        let needed = tails || !shape.rule.starts_with("FREQ=DAILY");
        let second = compiled(&body(&shape, &two, needed), &edge, &target);
        prop_assert!(first == second, "the mirrors differ");
    }

    #[test]
    fn at_busy_an_offer_to_somebody_outside_tells_no_secret(
        shape in shape(),
        one in proptest::collection::vec(secret(), 1..4),
        two in proptest::collection::vec(secret(), 1..4),
        options in options(DetailLevel::Busy),
    ) {
        let tails = shape.changed.iter().any(|(_, tail, facts)| *tail && facts.is_some());
        let needed = tails || !shape.rule.starts_with("FREQ=DAILY");
        let first = offer(body(&shape, &one, true), &options);
        let second = offer(body(&shape, &two, needed), &options);
        prop_assert!(first == second, "the offers differ");
        let passes = shape.master.busy == Busy::Busy && !shape.master.declined;
        prop_assert!(!passes || !first.is_empty(), "something is shown at all");
    }

    #[test]
    fn private_contents_show_no_secret_at_any_level(
        shape in shape(),
        one in secret(),
        two in secret(),
        options in options(DetailLevel::Full),
        target in target(),
    ) {
        let all_private = |facts: &mut Facts| facts.private = true;
        let mut shape = shape;
        all_private(&mut shape.master);
        shape.changed.iter_mut().filter_map(|(_, _, facts)| facts.as_mut()).for_each(all_private);
        let edge = edge_with(options);
        let first = compiled(&body(&shape, &[one], true), &edge, &target);
        let second = compiled(&body(&shape, &[two], true), &edge, &target);
        prop_assert!(first == second, "the mirrors differ");
    }

    #[test]
    fn lowering_the_level_clears_what_was_shown(shape in shape(), target in target()) {
        let canary = Secret {
            title: "canary".into(), description: "canary".into(), location: "canary".into(),
            categories: vec!["canary".into()], people: 2, public: true,
        };
        let body = body(&shape, &[canary], true);
        let options = EdgeOptions { people: true, meeting: true, ..EdgeOptions::default() };
        let busy = compiled(&body, &edge_with(options.clone()), &target);
        let text = format!("{busy:?}");
        prop_assert!(!text.contains("canary"));
        if let (Compiled::Parts(_), false) = (&busy, shape.master.private) {
            let full = EdgeOptions { level: DetailLevel::Full, ..options };
            let full = compiled(&body, &edge_with(full), &target);
            // The check above can fail: at full the word is there, unless only private
            // instances are left.
            let all_private = shape.changed.iter().all(|(_, _, f)| f.as_ref().is_some_and(|f| f.private));
            if !all_private && shape.changed.is_empty() {
                let text = format!("{full:?}");
                prop_assert!(text.contains("canary"));
            }
        }
    }
}
