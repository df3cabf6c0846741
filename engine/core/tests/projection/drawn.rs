//! Random events in two halves: what may show at busy, and what must not.

use kalends_core::event::{
    Body, Busy, Content, Exception, Kind, Person, Privacy, Response, Status,
};
use kalends_core::graph::{Capabilities, DetailLevel, EdgeOptions, Filters, SeriesShape};
use kalends_core::time::{Length, Rule, When};
use proptest::prelude::*;

use crate::support::{at, content, daily, day};

/// No drawn text holds one of these by chance: none has a digit.
const SKIPPED: &str = "hush9";
const ASKED_FOR: &str = "loud9";

/// The declassified facts of one content, and whether a person changed it.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    moved_hours: i64,
    seconds: i64,
    all_day: bool,
    pub(crate) busy: Busy,
    status: Status,
    pub(crate) private: bool,
    declined: bool,
    /// A kind that is left out unless it is asked for.
    apart: bool,
    /// A filter by words leaves it out. By which, and where the word stands, must not show.
    left_out: bool,
}

/// What must not show.
#[derive(Debug, Clone)]
pub(crate) struct Secret {
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) location: String,
    pub(crate) categories: Vec<String>,
    pub(crate) people: usize,
    pub(crate) public: bool,
    /// Chooses the kind, and the filter that leaves it out.
    pub(crate) choice: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub(crate) master: Facts,
    /// By the day of March; without facts of its own a person changed secrets only.
    pub(crate) changed: Vec<(u8, bool, Option<Facts>)>,
    excluded: Vec<u8>,
    rule: &'static str,
}

impl Facts {
    /// Whether the filters let it pass, whatever its secrets.
    pub(crate) fn passes(&self, filters: &Filters) -> bool {
        !self.left_out
            && (self.busy != Busy::Free || filters.with_free)
            && (!self.declined || filters.with_declined)
            && (!self.apart || !filters.with_kinds.is_empty())
            && (!self.all_day || !filters.skip_all_day)
            && (self.status != Status::Tentative || !filters.skip_tentative)
    }
}

impl Shape {
    /// Whether an instance changed in secrets alone may show: where no rule gives every day, or an
    /// earlier change holds for all later ones.
    pub(crate) fn shows_secret_changes(&self) -> bool {
        let tails = self.changed.iter().any(|(_, tail, facts)| *tail && facts.is_some());
        tails || !self.rule.starts_with("FREQ=DAILY")
    }

    /// The facts of the master, which is where its rule has it.
    pub(crate) fn master(&self) -> Facts {
        Facts { moved_hours: 0, ..self.master.clone() }
    }

    fn start(&self, day_of_march: u8) -> When {
        if self.master.all_day {
            return day(&format!("2026-03-{day_of_march}"));
        }
        at(&format!("2026-03-{day_of_march}T09:00:00"))
    }
}

fn facts() -> impl Strategy<Value = Facts> {
    let rarely = proptest::bool::weighted;
    (
        (-3_i64..4, prop_oneof![Just(1_800_i64), Just(3_600)], rarely(0.1)),
        prop_oneof![4 => Just(Busy::Busy), 1 => Just(Busy::Free), 1 => Just(Busy::OutOfOffice)],
        prop_oneof![4 => Just(Status::Confirmed), 1 => Just(Status::Tentative)],
        any::<bool>(),
        (rarely(0.2), rarely(0.1), rarely(0.2)),
    )
        .prop_map(|((moved_hours, seconds, all_day), busy, status, private, rest)| {
            let (declined, apart, left_out) = rest;
            Facts {
                moved_hours,
                seconds,
                all_day,
                busy,
                status,
                private,
                declined,
                apart,
                left_out,
            }
        })
}

pub(crate) fn secret() -> impl Strategy<Value = Secret> {
    (
        "[a-z{}]{0,12}",
        "[a-z \n]{0,30}",
        "[a-z]{0,9}",
        proptest::collection::vec("[a-z]{1,6}", 0..3),
        0_usize..3,
        any::<bool>(),
        0_usize..12,
    )
        .prop_map(|(title, description, location, categories, people, public, choice)| {
            Secret { title, description, location, categories, people, public, choice }
        })
}

pub(crate) fn secrets() -> impl Strategy<Value = Vec<Secret>> {
    proptest::collection::vec(secret(), 1..4)
}

pub(crate) fn shape() -> impl Strategy<Value = Shape> {
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

pub(crate) fn target() -> impl Strategy<Value = Capabilities> {
    prop_oneof![Just(SeriesShape::Whole), Just(SeriesShape::Parts), Just(SeriesShape::Singles)]
        .prop_map(|series| Capabilities { series, ..Capabilities::default() })
}

fn filters() -> impl Strategy<Value = Filters> {
    (any::<[bool; 4]>(), any::<[bool; 5]>()).prop_map(|(by_words, by_facts)| {
        let words = |on: bool, word: &str| on.then(|| word.to_owned()).into_iter().collect();
        let [skip_all_day, with_free, with_declined, skip_tentative, with_kinds] = by_facts;
        Filters {
            skip_all_day,
            with_free,
            with_declined,
            skip_tentative,
            with_kinds: if with_kinds {
                vec![Kind::Birthday, Kind::WorkingLocation]
            } else {
                Vec::new()
            },
            only_categories: words(by_words[0], ASKED_FOR),
            skip_categories: words(by_words[1], SKIPPED),
            only_keywords: words(by_words[2], ASKED_FOR),
            skip_keywords: words(by_words[3], SKIPPED),
        }
    })
}

pub(crate) fn options(level: DetailLevel) -> impl Strategy<Value = EdgeOptions> {
    (
        proptest::option::of(prop_oneof![Just("Away"), Just("[w] {title}"), Just("{title}")]),
        filters(),
    )
        .prop_map(move |(title, filters)| EdgeOptions {
            level,
            title: title.map(str::to_owned),
            people: true,
            meeting: true,
            private_grant: level == DetailLevel::Busy,
            filters,
            ..EdgeOptions::default()
        })
}

/// The series with these facts and secrets, before an edge with these filters. An instance without
/// facts of its own was changed in secrets only.
pub(crate) fn body(
    shape: &Shape,
    secrets: &[Secret],
    filters: &Filters,
    show_secret_changes: bool,
) -> Body {
    let mut body = daily();
    let master = shape.master();
    body.content = said(&master, &secrets[0], filters, shape.start(10));
    let recurrence = body.recurrence.as_mut().unwrap();
    recurrence.rules = vec![Rule::parse(shape.rule).unwrap()];
    recurrence.excluded = shape.excluded.iter().map(|day| shape.start(*day)).collect();
    for (n, (day, tail, facts)) in shape.changed.iter().enumerate() {
        if facts.is_none() && !show_secret_changes {
            continue;
        }
        let secret = &secrets[(n + 1) % secrets.len()];
        let original = shape.start(*day);
        body.exceptions.push(Exception {
            this_and_future: *tail && facts.is_some(),
            content: said(facts.as_ref().unwrap_or(&master), secret, filters, original.clone()),
            original,
        });
    }
    body
}

fn said(facts: &Facts, secret: &Secret, filters: &Filters, original: When) -> Content {
    let civil = original.civil().add_seconds(facts.moved_hours * 3_600);
    let start = match (&original, facts.all_day) {
        (When::Date(_), true) => original,
        (_, true) => When::Date(civil.date()),
        (_, false) => at(&civil.to_string()),
    };
    let mut said = content(&secret.title, start);
    if !facts.all_day {
        said.span.length = Length::Exact(facts.seconds);
    }
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
    let kinds: &[Kind] = if facts.apart {
        &[Kind::Birthday, Kind::WorkingLocation]
    } else {
        &[Kind::Event, Kind::Focus, Kind::OutOfOffice]
    };
    said.kind = kinds[secret.choice % kinds.len()];
    word(&mut said, facts.left_out, secret.choice, filters);
    said
}

/// Gives a content the words for which the filters ask, or takes one way out of all that they offer.
fn word(said: &mut Content, left_out: bool, choice: usize, filters: &Filters) {
    let by_category = !filters.skip_categories.is_empty();
    let by_keyword = !filters.skip_keywords.is_empty();
    let (one, other) = (!filters.only_categories.is_empty(), !filters.only_keywords.is_empty());
    let ways: Vec<u8> =
        [(true, 0), (by_keyword, 1), (by_keyword, 2), (by_category, 3), (one, 4), (other, 5)]
            .into_iter()
            .filter_map(|(offered, way)| offered.then_some(way))
            .collect();
    let way = left_out.then(|| ways[choice % ways.len()]);
    match way {
        Some(0) => said.description.push_str(" #NoSync"),
        Some(1) => said.description.push_str(SKIPPED),
        Some(2) => said.title.push_str(&SKIPPED.to_uppercase()),
        Some(3) => said.categories.push(SKIPPED.to_owned()),
        Some(_) | None => {}
    }
    if one && way != Some(4) {
        said.categories.push(ASKED_FOR.to_uppercase());
    }
    if other && way != Some(5) {
        said.title.push_str(ASKED_FOR);
    }
}
