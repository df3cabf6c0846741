//! Edits of mirrors, taken back to their origins.

use kalends_core::compile::{Projected, propagate, propagate_removal, writable_fields};
use kalends_core::event::{Body, Busy, Content, Exception, Person, Privacy, Status};
use kalends_core::fields::Field;
use kalends_core::graph::{Capabilities, DetailLevel, Edge, EdgeOptions, SeriesShape};
use kalends_core::mirror::PartKey;
use kalends_core::time::{Length, Rule};

use crate::support::{
    at, berlin, content, daily, edge, edge_with, exception, instant, parts, single, utc, whole,
    with_compile,
};

fn back_from(
    origin: &Body,
    edge: &Edge,
    target: &Capabilities,
    projected: &Projected,
    edit: impl FnOnce(&mut Body),
) -> Option<Body> {
    let mut edited = projected.body.clone();
    edit(&mut edited);
    let fields = with_compile(origin, edge, target, |c| writable_fields(c, projected));
    propagate(origin, projected, &edited, fields)
}

/// What becomes of the origin when its whole mirror is edited.
fn back(origin: &Body, edge: &Edge, edit: impl FnOnce(&mut Body)) -> Option<Body> {
    back_from(origin, edge, &Capabilities::default(), &whole(origin, edge), edit)
}

fn writable(origin: &Body, edge: &Edge) -> Vec<Field> {
    let fields = with_compile(origin, edge, &Capabilities::default(), |c| {
        writable_fields(c, &whole(origin, edge))
    });
    Field::ALL.into_iter().filter(|field| fields.contains(*field, &origin.content)).collect()
}

fn meeting() -> Body {
    let mut body = single("Therapy", at("2026-03-10T09:00:00"));
    body.content.attendees = vec![Person { name: "Ann".into(), email: String::new() }];
    body
}

#[test]
fn only_what_was_copied_unchanged_may_flow_back() {
    let times = [Field::When, Field::Busy];
    assert_eq!(writable(&meeting(), &edge(DetailLevel::Busy)), times);
    assert_eq!(
        writable(&meeting(), &edge(DetailLevel::Title)),
        [Field::Title, Field::When, Field::Busy]
    );
    assert_eq!(writable(&meeting(), &edge(DetailLevel::Full)), Field::ALL);
    let full = EdgeOptions { level: DetailLevel::Full, ..EdgeOptions::default() };
    let people = edge_with(EdgeOptions { people: true, ..full.clone() });
    assert!(!writable(&meeting(), &people).contains(&Field::Description));
    let template = edge_with(EdgeOptions { title: Some("{title}".into()), ..full });
    assert!(!writable(&meeting(), &template).contains(&Field::Title));
    let private = Body::single(Content { privacy: Privacy::Private, ..meeting().content });
    assert_eq!(writable(&private, &edge(DetailLevel::Full)), times);
    // That the origin is called Busy too does not make its title one that was shown.
    let busy = single("Busy", at("2026-03-10T09:00:00"));
    assert_eq!(writable(&busy, &edge(DetailLevel::Busy)), times);
    let mut long = meeting();
    long.content.title = "x".repeat(10_000);
    assert!(!writable(&long, &edge(DetailLevel::Full)).contains(&Field::Title));
}

#[test]
fn moving_a_busy_mirror_moves_the_origin_and_nothing_else() {
    let moved = back(&meeting(), &edge(DetailLevel::Busy), |mirror| {
        mirror.content.title = "my title".into();
        mirror.content.description = "my notes".into();
        mirror.content.span.start = utc("2026-03-10T10:00:00");
    });
    let mut want = meeting();
    want.content.span.start = at("2026-03-10T11:00:00");
    assert_eq!(moved, Some(want));
}

#[test]
fn an_edit_of_hidden_fields_alone_changes_nothing() {
    let edit = |mirror: &mut Body| {
        mirror.content.title = "my title".into();
        mirror.content.privacy = Privacy::Default;
    };
    assert_eq!(back(&meeting(), &edge(DetailLevel::Busy), edit), None);
    assert_eq!(back(&meeting(), &edge(DetailLevel::Full), |_| {}), None);
}

#[test]
fn each_field_of_a_full_mirror_flows_back() {
    let edited = back(&meeting(), &edge(DetailLevel::Full), |mirror| {
        mirror.content.title = "Therapy!".into();
        mirror.content.description = "new".into();
        mirror.content.location = String::new();
        mirror.content.status = Status::Tentative;
        mirror.content.span.length = Length::Exact(7_200);
    })
    .unwrap();
    let mut want = meeting();
    want.content.title = "Therapy!".into();
    want.content.description = "new".into();
    want.content.location = String::new();
    want.content.status = Status::Tentative;
    want.content.span.length = Length::Exact(7_200);
    assert_eq!(edited, want);
}

#[test]
fn a_chosen_zone_is_kept() {
    let new_york = kalends_core::time::Zone::resolve("America/New_York").unwrap();
    let start = kalends_core::time::When::Zoned("2026-03-10T09:00:00".parse().unwrap(), new_york);
    let edited = back(&meeting(), &edge(DetailLevel::Busy), |mirror| {
        mirror.content.span.start = start.clone();
    });
    assert_eq!(edited.unwrap().content.span.start, start);
}

#[test]
fn a_moved_instance_becomes_a_changed_instance_of_the_origin() {
    let original = at("2026-03-12T09:00:00");
    let edited = back(&daily(), &edge(DetailLevel::Busy), |mirror| {
        let mut moved = mirror.content.clone();
        moved.span.start = at("2026-03-12T14:00:00");
        moved.title = "not this".into();
        mirror.exceptions.push(exception(original.clone(), moved));
    });
    let mut want = daily();
    want.exceptions.push(exception(original, content("Standup", at("2026-03-12T14:00:00"))));
    assert_eq!(edited, Some(want));
}

#[test]
fn a_cancelled_instance_becomes_an_exclusion_of_the_origin() {
    let mut origin = daily();
    let original = at("2026-03-12T09:00:00");
    origin.exceptions.push(exception(original.clone(), content("Guests", original.clone())));
    let edited = back(&origin, &edge(DetailLevel::Busy), |mirror| {
        mirror.recurrence.as_mut().unwrap().excluded.push(utc("2026-03-12T08:00:00"));
    });
    let mut want = daily();
    want.recurrence.as_mut().unwrap().excluded.push(original.clone());
    assert_eq!(edited, Some(want.clone()));
    assert_eq!(propagate_removal(&origin, &original), want);
    // And back again.
    let restored = back(&want, &edge(DetailLevel::Busy), |mirror| {
        mirror.recurrence.as_mut().unwrap().excluded.clear();
    });
    assert_eq!(restored, Some(daily()));
}

#[test]
fn a_hidden_instance_stays_hidden_when_the_series_is_edited() {
    let mut origin = daily();
    let secret = |busy| Content {
        busy,
        privacy: Privacy::Private,
        ..content("Secret", at("2026-03-12T10:00:00"))
    };
    origin.exceptions = vec![
        exception(at("2026-03-11T09:00:00"), secret(Busy::Free)),
        exception(at("2026-03-12T09:00:00"), secret(Busy::Busy)),
    ];
    let edited = back(&origin, &edge(DetailLevel::Full), |mirror| {
        mirror.content.title = "Daily".into();
        assert_eq!(mirror.exceptions[0].content.title, "Busy");
        mirror.exceptions[0].content.title = "my title".into();
    });
    let mut want = origin.clone();
    want.content.title = "Daily".into();
    assert_eq!(edited, Some(want));
}

#[test]
fn a_series_that_moves_takes_its_instances_along() {
    let mut origin = daily();
    origin.recurrence.as_mut().unwrap().excluded = vec![at("2026-03-13T09:00:00")];
    let guests = content("Guests", at("2026-03-12T09:00:00"));
    origin.exceptions = vec![exception(at("2026-03-12T09:00:00"), guests.clone())];
    let edited = back(&origin, &edge(DetailLevel::Busy), |mirror| {
        mirror.content.span.start = at("2026-03-10T10:00:00");
        mirror.recurrence.as_mut().unwrap().excluded = vec![at("2026-03-13T10:00:00")];
    })
    .unwrap();
    assert_eq!(edited.content.span.start, at("2026-03-10T10:00:00"));
    assert_eq!(edited.recurrence.unwrap().excluded, [at("2026-03-13T10:00:00")]);
    assert_eq!(edited.exceptions[0].original, at("2026-03-12T10:00:00"));
    assert_eq!(edited.exceptions[0].content.title, "Guests");
    assert_eq!(edited.exceptions[0].content.span.start, at("2026-03-12T10:00:00"));
}

#[test]
fn a_changed_rule_replaces_the_rules() {
    let edited = back(&daily(), &edge(DetailLevel::Busy), |mirror| {
        let rules = vec![Rule::parse("FREQ=DAILY;UNTIL=20260314T080000Z").unwrap()];
        mirror.recurrence.as_mut().unwrap().rules = rules;
    })
    .unwrap();
    assert_eq!(edited.recurrence.unwrap().rules[0].text(), "FREQ=DAILY;UNTIL=20260314T080000Z");
}

#[test]
fn a_part_of_a_series_flows_back_to_its_instance() {
    let target =
        Capabilities { series: SeriesShape::Singles, zone: berlin(), ..Capabilities::default() };
    let title = edge(DetailLevel::Title);
    let all = parts(&daily(), &title, &target);
    let part = &all[&PartKey::Single(instant("2026-03-12T08:00:00Z"))];
    let edited = back_from(&daily(), &title, &target, part, |mirror| {
        mirror.content.title = "Guests".into();
    });
    let original = at("2026-03-12T09:00:00");
    let changed = Content { title: "Guests".into(), ..content("Standup", original.clone()) };
    let exceptions = vec![Exception { original, this_and_future: false, content: changed }];
    assert_eq!(edited, Some(Body { exceptions, ..daily() }));
}

#[test]
fn what_changed_of_an_instance_flows_back_with_the_times_of_the_series() {
    let mut origin = daily();
    let original = at("2026-03-12T09:00:00");
    origin.exceptions = vec![exception(original.clone(), content("Guests", original.clone()))];
    let title = edge(DetailLevel::Title);
    let shown = whole(&origin, &title);
    let mut edited = shown.body.clone();
    edited.content.title = "Daily".into();
    edited.exceptions[0].content.title = "More guests".into();
    let fields =
        with_compile(&origin, &title, &Capabilities::default(), |c| writable_fields(c, &shown));
    let times = propagate(&origin, &shown, &edited, fields.only(&[Field::When])).unwrap();
    assert_eq!(times.content.title, "Standup");
    assert_eq!(times.exceptions[0].content.title, "More guests");
    let titles = propagate(&origin, &shown, &edited, fields.only(&[Field::Title])).unwrap();
    assert_eq!(titles.content.title, "Daily");
    assert_eq!(titles.exceptions[0].content.title, "Guests");
    assert!(fields.only(&[]).is_empty());
}

#[test]
fn a_title_that_was_not_shown_stays_even_if_it_reads_the_same() {
    let origin = single("Busy", at("2026-03-10T09:00:00"));
    let rename = |mirror: &mut Body| mirror.content.title = "mine".into();
    assert_eq!(back(&origin, &edge(DetailLevel::Busy), rename), None);
    assert!(back(&origin, &edge(DetailLevel::Title), rename).is_some());
}

#[test]
fn the_title_of_a_private_instance_that_reads_as_shown_stays() {
    let mut origin = daily();
    let original = at("2026-03-12T09:00:00");
    let busy = Content { privacy: Privacy::Private, ..content("Busy", at("2026-03-12T10:00:00")) };
    origin.exceptions = vec![exception(original, busy)];
    let rename = |mirror: &mut Body| mirror.exceptions[0].content.title = "mine".into();
    assert_eq!(back(&origin, &edge(DetailLevel::Full), rename), None);
}

#[test]
fn an_instance_changed_in_a_mirror_after_its_origin_cancelled_it_takes_place() {
    let original = at("2026-03-12T09:00:00");
    let mut origin = daily();
    origin.recurrence.as_mut().unwrap().excluded.push(original.clone());
    let moved = back(&origin, &edge(DetailLevel::Title), |mirror| {
        mirror.recurrence.as_mut().unwrap().excluded.clear();
        let mut moved = mirror.content.clone();
        moved.span.start = at("2026-03-12T14:00:00");
        mirror.exceptions = vec![exception(utc("2026-03-12T08:00:00"), moved)];
    });
    let mut want = daily();
    want.exceptions = vec![exception(original, content("Standup", at("2026-03-12T14:00:00")))];
    assert_eq!(moved, Some(want.clone()));
    // One that was read before the cancellation does not know of it.
    let mut shown = whole(&daily(), &edge(DetailLevel::Title));
    shown.body.recurrence.as_mut().unwrap().excluded.clear();
    let mut edited = shown.body.clone();
    let mut instance = edited.content.clone();
    instance.span.start = at("2026-03-12T14:00:00");
    edited.exceptions = vec![exception(utc("2026-03-12T08:00:00"), instance)];
    let fields = with_compile(&daily(), &edge(DetailLevel::Title), &Capabilities::default(), |c| {
        writable_fields(c, &shown)
    });
    assert_eq!(propagate(&origin, &shown, &edited, fields), Some(want));
}
